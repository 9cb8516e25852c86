"""Worked example 7.1: every computed value comes out to the digit that is printed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from reporter.cmr.checks import CHECKS
from reporter.cmr.quantities import FORMULAS, printed, read_number
from reporter.cmr.reference_ranges import MEASURES, Graded, grade
from reporter.cmr.words import PHRASES
from tests.examples import (
    EXAMPLE_7_1,
    EXAMPLE_7_1_VIABILITY,
    EXPECTED_7_1,
    EXPECTED_7_1_GRADES,
    EXPECTED_7_1_PERFUSION,
    EXPECTED_7_1_VIABILITY,
)

#: Computed field of the example: the formula, and where each input comes from.
COMPUTED: dict[str, tuple[str, dict[str, str]]] = {
    "bsa": ("bsa_mosteller", {"height": "height", "weight": "weight"}),
    "lv_sv": ("stroke_volume", {"edv": "lv_edv", "esv": "lv_esv"}),
    "lv_ef": ("ejection_fraction", {"edv": "lv_edv", "esv": "lv_esv"}),
    "lv_edvi": ("indexed_volume", {"volume": "lv_edv", "bsa": "bsa"}),
    "lv_esvi": ("indexed_volume", {"volume": "lv_esv", "bsa": "bsa"}),
    "lv_svi": ("indexed_volume", {"volume": "lv_sv", "bsa": "bsa"}),
    "lv_massi": ("indexed_mass", {"mass": "lv_mass", "bsa": "bsa"}),
    "lv_co": ("cardiac_output", {"stroke_volume": "lv_sv", "heart_rate": "heart_rate"}),
    "lv_ci": ("cardiac_index", {"cardiac_output": "lv_co", "bsa": "bsa"}),
    "rv_sv": ("stroke_volume", {"edv": "rv_edv", "esv": "rv_esv"}),
    "rv_ef": ("ejection_fraction", {"edv": "rv_edv", "esv": "rv_esv"}),
    "rv_edvi": ("indexed_volume", {"volume": "rv_edv", "bsa": "bsa"}),
    "rv_esvi": ("indexed_volume", {"volume": "rv_esv", "bsa": "bsa"}),
    "wmsi": ("wall_motion_score_index", {"segments": "lv_wall_motion"}),
    "la_voli": ("indexed", {"value": "la_vol", "bsa": "bsa"}),
    "lge_percent": ("lge_percent", {"lge_mass": "lge_mass", "lv_mass": "lv_mass"}),
    "hr_rise": ("heart_rate_rise", {"rest": "heart_rate", "stress": "stress_hr"}),
    "sbp_fall": ("sbp_fall", {"rest": "bp_sys", "stress": "stress_bp_sys"}),
    "stress_adequate": ("stress_adequate", {"heart_rate_rise": "hr_rise", "sbp_fall": "sbp_fall"}),
    "perf_class": ("perfusion_classes", {"stress": "perf_stress", "rest": "perf_rest", "lge": "lge_segments"}),
    "inducible_segments": ("inducible_segments", {"classes": "perf_class"}),
    "inducible_percent": ("inducible_percent", {"classes": "perf_class"}),
    "viability": (
        "viability_by_segment",
        {"lge": "lge_segments", "wall_motion": "lv_wall_motion", "infarct_age": "infarct_age"},
    ),
}

#: Choices whose codes look like numbers.
_CHOICES = {"field_strength", "lv_max_wt_segment"}


def parsed(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers as facts: segment maps by number, and text that is a number as a Decimal."""
    facts: dict[str, Any] = {}
    for key, value in answers.items():
        if isinstance(value, dict):
            facts[key] = {int(number): word for number, word in value.items()}
        elif isinstance(value, str) and value.replace(".", "", 1).isdigit() and key not in _CHOICES:
            facts[key] = read_number(value)
        else:
            facts[key] = value
    return facts


def computed(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers as facts, with every computed field whose inputs are there, and with grades."""
    facts = parsed(answers)
    for field, (name, sources) in COMPUTED.items():
        inputs = {key: facts[source] for key, source in sources.items() if source in facts}
        if set(FORMULAS[name].inputs) <= set(inputs):
            facts[field] = FORMULAS[name].compute(**inputs)
    return {**facts, "grades": grades(facts)}


def grades(facts: Mapping[str, Any]) -> dict[str, Graded]:
    """Every measure that the first reference set grades, for the example's patient of 64 years."""
    found = {}
    for measure in MEASURES:
        if measure in facts:
            graded = grade(
                measure,
                facts[measure],
                sex=facts.get("reference_sex"),
                set_id="kawel_boehm_2015",
                papillary=facts.get("papillary_convention"),
                age_years=64,
            )
            if isinstance(graded, Graded):
                found[measure] = graded
    return found


@pytest.mark.parametrize("field", EXPECTED_7_1)
def test_every_computed_value_is_printed_to_the_digit(field: str) -> None:
    value = computed(EXAMPLE_7_1)[field]
    places = FORMULAS[COMPUTED[field][0]].places
    assert isinstance(value, Decimal | int)
    assert places is not None
    assert printed(value, places) == EXPECTED_7_1[field]


def test_four_segments_are_inducible_and_the_scarred_one_is_fixed() -> None:
    classes = computed(EXAMPLE_7_1)["perf_class"]
    assert {number: word for number, word in classes.items() if word != "normal"} == EXPECTED_7_1_PERFUSION
    assert set(classes) == set(range(1, 17))


def test_viability_is_asked_of_dysfunctional_segments_only() -> None:
    assert computed(EXAMPLE_7_1)["viability"] == EXPECTED_7_1_VIABILITY


def test_the_response_to_adenosine_was_adequate() -> None:
    assert computed(EXAMPLE_7_1)["stress_adequate"] == "yes"


@pytest.mark.parametrize(("measure", "word"), EXPECTED_7_1_GRADES.items())
def test_each_graded_measure_earns_the_expected_word(measure: str, word: str) -> None:
    assert computed(EXAMPLE_7_1)["grades"][measure].word == word


@pytest.mark.parametrize("answers", [EXAMPLE_7_1, EXAMPLE_7_1_VIABILITY], ids=["stress", "viability"])
def test_no_check_finds_fault_with_the_example(answers: dict[str, Any]) -> None:
    facts = computed(answers)
    assert [found for check in CHECKS.values() for found in check.run(facts)] == []


@pytest.mark.parametrize("answers", [EXAMPLE_7_1, EXAMPLE_7_1_VIABILITY], ids=["stress", "viability"])
def test_the_drafted_impression_passes_the_checks_of_the_free_text(answers: dict[str, Any]) -> None:
    facts = computed(answers)
    facts["impression"] = "\n".join(PHRASES["impression"](facts))
    assert [found for check in CHECKS.values() for found in check.run(facts)] == []


def test_the_impression_of_the_example_reads_as_a_consultant_would_say_it() -> None:
    assert PHRASES["impression"](computed(EXAMPLE_7_1)) == (
        (
            "Inducible perfusion defects in 4 of 16 segments (25 %): mid inferoseptal, mid inferior, mid inferolateral and "
            "apical inferior; usual territory of the RCA and LCx. Fixed perfusion defect in the basal inferior wall."
        ),
        (
            "Chronic myocardial infarction: subendocardial late gadolinium enhancement of the basal inferoseptal, basal "
            "inferior, basal inferolateral, mid inferior and apical inferior walls (usual territory of the RCA and LCx), "
            "up to 51–75 % transmural in the basal inferior wall; 11 g (8 % of LV mass). No microvascular obstruction. "
            "No LV thrombus."
        ),
        (
            "Viability: the basal inferior wall is unlikely to recover (51–75 % transmural); the basal inferolateral, mid "
            "inferior and apical inferior walls are viable (26–50 % transmural)."
        ),
        (
            "LV systolic function mildly impaired, LVEF 44 %; end-diastolic volume normal (103 mL/m²), end-systolic volume "
            "severely increased (57 mL/m²). Akinesis of the basal inferior wall; hypokinesis of the basal inferolateral, "
            "mid inferior and apical inferior walls."
        ),
        (
            "RV systolic function normal, RVEF 54 %; end-diastolic volume normal (82 mL/m²), end-systolic volume normal "
            "(38 mL/m²)."
        ),
        "No mitral regurgitation. No pericardial effusion.",
    )
