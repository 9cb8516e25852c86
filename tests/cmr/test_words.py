"""What is said: only what was answered. A blank is never normal, and what was not assessed is never absent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.cmr.words import PHRASES
from tests.cmr.test_example_7_1 import computed
from tests.counts import count
from tests.examples import EXAMPLE_7_1

#: Words that call something normal or absent.
REASSURING = re.compile(r"\b(normal|no|none|absent|adequate|viable|without)\b", re.IGNORECASE)

#: Field: what can be said only when it was answered.
SAID_ONLY_OF: dict[str, str] = {
    "mr_grade": r"mitral",
    "ar_grade": r"aortic",
    "tr_grade": r"tricuspid",
    "pr_grade": r"pulmonary regurgitation",
    "pericardial_effusion": r"pericardial",
    "pleural_effusion": r"pleural",
    "extracardiac": r"extracardiac",
    "mvo": r"microvascular",
    "haemorrhage": r"haemorrhage",
    "lv_thrombus": r"thrombus",
    "lv_aneurysm": r"LV (pseudo)?aneurysm",
    "rv_wall_motion": r"RV wall motion|Regional RV",
    "lv_wall_motion": r"Wall motion is|kinesis of",
    "adverse_event": r"adverse|during the study",
    "image_quality": r"image quality",
    "stress_adequate": r"Response to stress|response to stress",
    "splenic_switch_off": r"splenic",
    "device_type": r"device|pacemaker",
    "contrast_agent": r"gadobutrol|contrast agent",
    "infarct_age": r"chronic|acute infarct",
    "lge_mass": r"Enhanced mass",
    "viability": r"viab|recover",
    "stress_overall": r"Stress study",
}


def all_said(facts: Mapping[str, Any]) -> list[str]:
    """Every sentence of every phrase."""
    return [sentence for phrase in PHRASES.values() for sentence in phrase(facts)]


def everything_answered() -> dict[str, Any]:
    """Example 7.1 with the questions that it leaves open answered too."""
    return computed(EXAMPLE_7_1) | {
        "ar_grade": "none",
        "tr_grade": "trivial",
        "pr_grade": "none",
        "pleural_effusion": "none",
        "haemorrhage": "no",
        "splenic_switch_off": "present",
        "device_type": "none",
    }


@pytest.mark.parametrize("name", PHRASES)
def test_a_blank_is_never_said_as_normal(name: str) -> None:
    """Nothing answered, nothing said; and the same for answers that are there but empty."""
    phrase = PHRASES[name]
    empty: list[dict[str, Any]] = [{}, {"grades": {}}]
    empty += [dict.fromkeys(everything_answered(), blank) for blank in (None, "", [], {})]
    for facts in empty:
        assert phrase(facts) == ()


@pytest.mark.parametrize("field", SAID_ONLY_OF)
def test_nothing_is_said_of_a_field_that_was_left_blank(field: str) -> None:
    whole = everything_answered()
    assert any(re.search(SAID_ONLY_OF[field], said, re.IGNORECASE) for said in all_said(whole)), (
        "the words are never said"
    )
    without = {key: value for key, value in whole.items() if key != field}
    for said in all_said(without):
        assert not re.search(SAID_ONLY_OF[field], said, re.IGNORECASE), said


@settings(max_examples=count(3000, ci=600, quick=200), deadline=None)
@given(st.data())
def test_whatever_is_left_blank_nothing_is_said_of_it(data: st.DataObject) -> None:
    whole = everything_answered()
    kept = data.draw(st.sets(st.sampled_from(sorted(whole))))
    said = "\n".join(all_said({key: whole[key] for key in kept}))
    for field, words in SAID_ONLY_OF.items():
        if field not in kept:
            assert not re.search(words, said, re.IGNORECASE), field


NOT_ASSESSED = [
    "mr_grade",
    "ar_grade",
    "tr_grade",
    "pr_grade",
    "pericardial_effusion",
    "pleural_effusion",
    "extracardiac",
    "mvo",
    "haemorrhage",
    "lv_thrombus",
]


def test_what_was_not_assessed_is_said_as_such_and_never_as_absent() -> None:
    said = all_said(dict.fromkeys(NOT_ASSESSED, "not_assessed"))
    assert said
    for sentence in said:
        assert "not assessed" in sentence
        assert not REASSURING.search(sentence.replace("not assessed", "")), sentence


@settings(max_examples=count(3000, ci=600, quick=200), deadline=None)
@given(st.sets(st.integers(1, 17), min_size=1, max_size=16))
def test_segments_left_blank_are_never_among_the_normal_ones(scored: set[int]) -> None:
    facts: dict[str, Any] = {
        "lv_wall_motion": dict.fromkeys(scored, "normal"),
        "lge_overall": "none",
        "lge_segments": dict.fromkeys(scored, "0"),
        "perf_class": dict.fromkeys(scored - {17}, "normal"),
        "perf_stress": dict.fromkeys(scored - {17}, "normal"),
    }
    whole_perfusion = len(scored - {17}) == 16
    for sentence in all_said(facts):
        assert "17 segments" not in sentence
        assert "the other" not in sentence
        assert whole_perfusion or not re.search(r"(all|the) 16 segments(?! assessed)", sentence)
    assert any(s.startswith("Wall motion was not assessed in") for s in PHRASES["left_ventricle"](facts))
    counted = f"in the {len(scored)} segment{'s' if len(scored) > 1 else ''} assessed"
    assert any(counted in s for s in PHRASES["late_enhancement"](facts))


def test_a_study_without_stress_says_nothing_of_ischaemia() -> None:
    said = " ".join(PHRASES["impression_ischaemia"]({"stress_agent": "none"}))
    assert said == ""
    assert PHRASES["stress_test"]({"stress_agent": "none", "stress_hr": Decimal(90)}) == ("No stress was given.",)


def test_a_normal_study_says_how_many_segments_it_speaks_of() -> None:
    classes = dict.fromkeys(range(1, 17), "normal")
    assert PHRASES["impression_ischaemia"]({"perf_class": classes}) == (
        "No inducible perfusion defect in any of the 16 segments.",
    )
    del classes[3]
    assert PHRASES["impression_ischaemia"]({"perf_class": classes}) == (
        "No inducible perfusion defect in the 15 segments assessed; 1 was not assessed or not assessable.",
    )


def test_a_non_diagnostic_study_does_not_deny_ischaemia() -> None:
    facts = {"perf_class": dict.fromkeys(range(1, 17), "normal"), "stress_overall": "non_diagnostic"}
    assert PHRASES["impression_ischaemia"](facts) == ("Non-diagnostic stress perfusion study.",)


def test_an_inadequate_response_stands_beside_a_negative_result() -> None:
    facts = {"perf_class": dict.fromkeys(range(1, 17), "normal"), "stress_adequate": "no"}
    (line,) = PHRASES["impression_ischaemia"](facts)
    assert line.endswith("The response to stress was inadequate.")


def test_partially_reversible_defects_are_named_among_the_inducible() -> None:
    (line,) = PHRASES["impression_ischaemia"]({"perf_class": {7: "inducible", 8: "partially_reversible"}})
    assert line == (
        "Inducible perfusion defects in 2 of 16 segments: mid anterior and mid anteroseptal "
        "(partially reversible: mid anteroseptal); usual territory of the LAD."
    )


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (None, " (usual territory of the RCA),"),
        ("lcx", " (LCx territory),"),
        ("several", " (several coronary territories),"),
        ("uncertain", " of the basal inferior wall,"),
    ],
)
def test_the_reporters_territory_stands_before_the_usual_one(chosen: str | None, words: str) -> None:
    facts = {"lge_overall": "ischaemic", "lge_segments": {4: "26_50"}, "culprit_territory": chosen}
    (line,) = PHRASES["impression_infarct"](facts)
    assert words in line


def test_the_suspected_cause_is_restated_when_it_was_answered() -> None:
    (line,) = PHRASES["impression_ischaemia"]({"perf_class": {7: "inducible"}, "perf_aetiology": ["microvascular"]})
    assert line.endswith("Suspected cause: microvascular dysfunction.")


def test_enhancement_that_is_not_ischaemic_has_no_infarct_and_no_territory() -> None:
    facts = {
        "lge_overall": "non_ischaemic",
        "lge_pattern": ["mid_wall"],
        "lge_segments": {**dict.fromkeys(range(1, 18), "0"), 2: "26_50", 8: "26_50"},
    }
    assert PHRASES["impression_infarct"](facts) == (
        "Non-ischaemic late gadolinium enhancement (mid-wall) of the basal and mid anteroseptal walls.",
    )


def test_late_enhancement_that_was_not_performed_is_said_and_no_old_answer_with_it() -> None:
    facts = {"lge_done": "no", "lge_overall": "none"}
    for name in ("late_enhancement", "impression_infarct"):
        assert PHRASES[name](facts) == ("Late gadolinium enhancement imaging was not performed.",)


def test_volumes_without_grades_carry_no_word() -> None:
    facts = {key: value for key, value in everything_answered().items() if key != "grades"}
    for name in ("left_ventricle", "right_ventricle", "atria", "impression_lv_function", "impression_rv_function"):
        said = " ".join(PHRASES[name](facts))
        assert not re.search(r"impaired|increased|LVEF [^.]*normal|volume [^.]*normal", said), said


def test_the_worst_valve_is_said_first() -> None:
    facts = {"mr_grade": "mild", "ar_grade": "severe", "tr_grade": "none", "pr_grade": "not_assessed"}
    assert PHRASES["valves_and_pericardium"](facts) == (
        "Severe aortic regurgitation.",
        "Mild mitral regurgitation.",
        "No tricuspid regurgitation.",
        "Pulmonary regurgitation was not assessed.",
    )
    assert PHRASES["impression_other"](facts) == (
        "Severe aortic regurgitation; mild mitral regurgitation. No tricuspid regurgitation.",
    )


def test_an_urgent_finding_opens_the_impression() -> None:
    facts = {**everything_answered(), "urgent_finding": "critical", "urgent_what": "LV pseudoaneurysm"}
    assert PHRASES["impression"](facts)[0] == "Critical finding: LV pseudoaneurysm."


def test_without_ischaemia_the_scar_comes_before_the_perfusion() -> None:
    facts = everything_answered() | {
        "perf_class": {**dict.fromkeys(range(1, 17), "normal"), 4: "fixed"},
        "inducible_segments": 0,
    }
    lines = PHRASES["impression"](facts)
    assert lines[0].startswith("Chronic myocardial infarction")
    assert lines[1].startswith("No inducible perfusion defect")


def test_every_sentence_begins_and_ends_as_one() -> None:
    for said in all_said(everything_answered()):
        assert said[-1] in ".?!", said
        assert said[0].isupper() or said[0].isdigit() or said.startswith("eGFR"), said
        assert "  " not in said
        assert "None" not in said


def test_the_name_of_each_phrase_is_its_key() -> None:
    assert all(phrase.__name__ == name and phrase.__doc__ for name, phrase in PHRASES.items())
