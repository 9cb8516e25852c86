"""Each check finds what it is for, leaves alone what it is not for, and never falls over half-filled forms."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.cmr.checks import CHECKS, Contradiction
from tests.cmr.test_example_7_1 import computed
from tests.counts import count
from tests.examples import EXAMPLE_7_1


def found(name: str, **changed: Any) -> list[Contradiction]:
    """What one check says about example 7.1 with some facts changed; None takes a fact away."""
    facts = {**computed(EXAMPLE_7_1), **changed}
    return CHECKS[name].run({key: value for key, value in facts.items() if value is not None})


def numbers(**typed: str) -> dict[str, Any]:
    return {key: Decimal(value) for key, value in typed.items()}


ALL_ZERO = dict.fromkeys(range(1, 18), "0")
ALL_NORMAL = dict.fromkeys(range(1, 17), "normal")

#: Check, what is changed in the example, severity, and words of the sentence.
FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("lv_volumes_in_order", numbers(lv_esv="212"), "stop", "LV end-systolic volume (212 mL) is not smaller"),
    ("rv_volumes_in_order", numbers(rv_esv="200"), "stop", "RV end-systolic volume (200 mL) is not smaller"),
    ("stroke_volumes_agree", numbers(rv_esv="60"), "ask", "(94 and 108 mL) differ by 14 mL"),
    ("diastolic_below_systolic", numbers(bp_dia="138"), "stop", "at rest (138 mmHg) is not lower"),
    ("diastolic_below_systolic", numbers(stress_bp_dia="130"), "stop", "at stress (130 mmHg)"),
    ("lge_mass_within_lv_mass", numbers(lge_mass="133"), "stop", "(133 g) is more than the LV mass (132 g)"),
    ("lge_overall_agrees_with_segments", {"lge_overall": "none"}, "stop", "but it is scored in the basal inferoseptal"),
    ("lge_overall_agrees_with_segments", {"lge_segments": ALL_ZERO}, "stop", "every scored segment has 0 %"),
    ("ischaemic_lge_is_subendocardial", {"lge_pattern": ["mid_wall"]}, "stop", "needs a subendocardial"),
    (
        "transmural_lge_has_a_transmural_segment",
        {"lge_pattern": ["transmural"]},
        "ask",
        "no segment is scored 76–100 %",
    ),
    ("lge_needs_contrast", {"contrast_agent": "none"}, "stop", "no contrast agent was given"),
    ("lge_needs_contrast", {"sequences": ["cine"]}, "ask", "not among the sequences"),
    ("perfusion_needs_contrast", {"contrast_agent": "none"}, "stop", "First-pass perfusion is scored"),
    ("stress_needs_an_agent", {"stress_agent": "none"}, "stop", "no stress agent is"),
    ("stress_needs_an_agent", {"stress_agent": None}, "stop", "no stress agent is"),
    ("stress_adequacy_agrees_with_response", {"stress_adequate": "no"}, "ask", "the rule says adequate"),
    ("stress_overall_agrees_with_segments", {"stress_overall": "normal"}, "stop", "have an inducible defect"),
    ("stress_overall_agrees_with_segments", {"perf_stress": ALL_NORMAL}, "stop", "no segment has a perfusion defect"),
    (
        "perfusion_defects_can_be_classed",
        {"perf_rest": None, "lge_segments": None},
        "ask",
        "ischaemia and scar cannot be told apart",
    ),
    ("perfusion_defects_can_be_classed", {"perf_stress": ALL_NORMAL}, "ask", "at rest but not at stress"),
    ("perfusion_defects_can_be_classed", {"lge_segments": ALL_ZERO}, "ask", "counted as artefact"),
    ("mvo_lies_within_enhancement", {"mvo": "yes", "lge_overall": "none"}, "stop", "Microvascular obstruction"),
    (
        "an_aneurysm_moves_abnormally",
        {"lv_aneurysm": "true", "lv_wall_motion": dict.fromkeys(range(1, 18), "normal")},
        "ask",
        "no segment moves abnormally",
    ),
    ("an_unusable_study_is_not_normal", {"image_quality": "unusable", "stress_overall": "normal"}, "stop", "unusable"),
    ("urgent_findings_are_considered", {"lv_thrombus": "definite"}, "ask", "LV thrombus"),
    ("urgent_findings_are_considered", {"lv_aneurysm": "pseudoaneurysm"}, "ask", "pseudoaneurysm"),
    ("urgent_findings_are_considered", numbers(lv_ef="35"), "ask", "LVEF 35 %"),
    ("urgent_findings_are_considered", {"mr_grade": "severe"}, "ask", "severe mitral regurgitation"),
    ("urgent_findings_are_considered", {"extracardiac": "urgent"}, "ask", "extracardiac"),
    ("urgent_findings_are_considered", {"pericardial_effusion": "large"}, "ask", "large pericardial effusion"),
    (
        "urgent_findings_are_considered",
        {"rhythm": "af_flutter", "heart_rate": Decimal(111)},
        "ask",
        "atrial fibrillation or flutter at 111/min",
    ),
    ("urgent_findings_are_considered", {"adverse_event": "arrest"}, "ask", "cardiac arrest"),
    ("text_denies_nothing_recorded", {"impression": "No late gadolinium enhancement."}, "stop", "no late enhancement"),
    ("text_denies_nothing_recorded", {"answer": "No LGE"}, "stop", "The answer to the clinical question"),
    ("text_denies_nothing_recorded", {"impression": "Without evidence of scar."}, "stop", "no late enhancement"),
    ("text_denies_nothing_recorded", {"impression": "No infarct."}, "stop", "no infarct"),
    (
        "text_denies_nothing_recorded",
        {"impression": "No regional wall motion abnormality."},
        "stop",
        "no wall motion abnormality",
    ),
    ("text_denies_nothing_recorded", {"impression": "No RWMA"}, "stop", "no wall motion abnormality"),
    ("text_denies_nothing_recorded", {"impression": "no evidence of inducible ischemia"}, "stop", "no ischaemia"),
    ("text_denies_nothing_recorded", {"impression": "No thrombus.", "lv_thrombus": "possible"}, "stop", "no thrombus"),
    (
        "text_denies_nothing_recorded",
        {"impression": "No pericardial effusion", "pericardial_effusion": "small"},
        "stop",
        "no pericardial effusion",
    ),
    ("text_denies_nothing_recorded", {"impression": "No MVO", "mvo": "yes"}, "stop", "no microvascular obstruction"),
    (
        "text_gives_the_computed_ejection_fraction",
        {"impression": "LVEF 54 %"},
        "stop",
        "gives LVEF 54 %, but the volumes give 44.3 %",
    ),
    ("text_gives_the_computed_ejection_fraction", {"impression": "LV ejection fraction is 54%."}, "stop", "44.3"),
    ("text_gives_the_computed_ejection_fraction", {"impression": "LVEF 0.44. Scar."}, "stop", "the fraction 0.44"),
    ("text_gives_the_computed_ejection_fraction", {"impression": "Impaired, LVEF 60."}, "stop", "gives LVEF 60 %"),
    ("text_gives_the_computed_ejection_fraction", {"impression": "LVEF 60 per cent"}, "stop", "gives LVEF 60 %"),
    ("text_gives_the_computed_ejection_fraction", {"answer": "LVEF of 46 to 50 %"}, "stop", "46 to 50"),
    ("text_gives_the_computed_ejection_fraction", {"impression": "RVEF: 44 %"}, "stop", "RVEF 44 %"),
    (
        "text_counts_the_inducible_segments",
        {"impression": "Inducible ischaemia in 5 of 16 segments."},
        "stop",
        "give 4 of 16",
    ),
    (
        "text_counts_the_inducible_segments",
        {"impression": "Inducible ischaemia in 4 of 17 segments."},
        "stop",
        "4 of 17",
    ),
    ("text_calls_function_as_graded", {"impression": "Normal LV systolic function."}, "ask", "mildly impaired"),
    ("text_calls_function_as_graded", {"impression": "LV systolic function is normal."}, "ask", "mildly impaired"),
    (
        "text_leaves_out_what_was_not_assessed",
        {"impression": "Mild mitral regurgitation.", "mr_grade": "not_assessed"},
        "ask",
        "marked as not assessed",
    ),
]

#: Sentences that a check of the free text must leave alone in example 7.1.
INNOCENT = [
    "No late gadolinium enhancement elsewhere.",
    "No late gadolinium enhancement in the other segments.",
    "No scar outside the RCA territory.",
    "No inducible ischaemia in the LAD territory.",
    "No RV wall motion abnormality.",
    "No inducible wall-motion abnormality at rest.",
    "LVEF 44 % (previously 52 %).",
    "Impaired function, LVEF 44.3.",
    "LVEF 10 points lower than in 2024.",
    "Previous LVEF 52 %.",
    "Prior CMR showed LVEF 52 %, now LVEF 45 %.",
    "LVEF 40–45 %.",
    "LVEF 44.3%, RVEF 54 %",
    "Inducible ischaemia in 4 of 16 segments (25 %).",
    "Scar of 5 of 17 segments.",
    "Normal RV systolic function.",
    "No LV thrombus. No pericardial effusion. No mitral regurgitation.",
    "No aortic aneurysm.",
    "Known scar; no new findings.",
]


@pytest.mark.parametrize(("name", "changed", "severity", "words"), FAULTS)
def test_each_fault_is_found_once_and_said_in_a_sentence(
    name: str, changed: dict[str, Any], severity: str, words: str
) -> None:
    (contradiction,) = found(name, **changed)
    assert contradiction.severity == severity
    assert words in contradiction.sentence
    assert contradiction.sentence[-1] in ".?"
    assert set(contradiction.fields) <= set(CHECKS[name].fields)


def test_every_check_has_an_example_of_what_it_finds() -> None:
    assert {name for name, *_ in FAULTS} == set(CHECKS)


@pytest.mark.parametrize("text", INNOCENT)
@pytest.mark.parametrize("field", ["impression", "answer"])
def test_a_statement_that_agrees_with_the_fields_is_left_alone(field: str, text: str) -> None:
    facts = {**computed(EXAMPLE_7_1), field: text}
    assert [c for check in CHECKS.values() for c in check.run(facts)] == []


def test_stroke_volumes_may_differ_where_a_valve_leaks() -> None:
    assert found("stroke_volumes_agree", **numbers(rv_esv="60"), mr_grade="moderate") == []


def test_stroke_volumes_within_ten_per_cent_are_not_asked_about() -> None:
    large = numbers(lv_edv="300", lv_esv="100", rv_edv="320", rv_esv="138")  # 200 and 182 mL
    assert found("stroke_volumes_agree", **large) == []


def test_mid_wall_enhancement_is_not_called_an_infarct() -> None:
    changed = {"lge_overall": "non_ischaemic", "lge_pattern": ["mid_wall"], "impression": "No infarct-pattern scar."}
    assert found("text_denies_nothing_recorded", **changed) == []
    assert found("ischaemic_lge_is_subendocardial", **changed) == []


def test_not_assessed_may_be_said_of_what_was_not_assessed() -> None:
    text = "Mitral regurgitation was not assessed."
    assert found("text_leaves_out_what_was_not_assessed", impression=text, mr_grade="not_assessed") == []


def test_an_urgent_finding_that_was_recorded_is_not_asked_about() -> None:
    assert found("urgent_findings_are_considered", lv_thrombus="definite", urgent_finding="urgent") == []


def test_an_unanswered_urgent_question_is_left_to_the_form() -> None:
    assert found("urgent_findings_are_considered", lv_thrombus="definite", urgent_finding=None) == []


@settings(max_examples=count(5000, ci=1000, quick=200), deadline=None)
@given(st.data())
def test_no_check_falls_over_a_half_filled_form(data: st.DataObject) -> None:
    whole = computed(EXAMPLE_7_1)
    kept = data.draw(st.sets(st.sampled_from(sorted(whole))))
    facts = {key: whole[key] for key in kept}
    facts["impression"] = data.draw(st.text(max_size=80))
    for check in CHECKS.values():
        for contradiction in check.run(facts):
            assert contradiction.sentence


def test_each_check_says_what_it_promises() -> None:
    assert all(check.says.endswith(".") for check in CHECKS.values())
