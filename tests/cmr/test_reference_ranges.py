"""Grades: both directions, both sexes, every band and every edge; and each reason not to grade."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.cmr.reference_ranges import (
    MEASURES,
    Graded,
    Limits,
    NotGraded,
    bse_2020_lvef,
    grade,
    reference_sets,
)
from tests.counts import count

EDGE = Decimal("0.0001")
ALL = [(set_id, limits) for set_id, chosen in reference_sets().items() for limits in chosen.limits.values()]
NAMES = [f"{set_id}-{limits.measure}-{limits.sex}" for set_id, limits in ALL]


def graded(set_id: str, measure: str, value: Decimal, sex: str, **more: Any) -> Graded:
    """The grade for a person of 60 years, with the set's own papillary convention."""
    papillary = reference_sets()[set_id].papillary_convention
    found = grade(measure, value, **{"sex": sex, "set_id": set_id, "papillary": papillary, "age_years": 60, **more})
    assert isinstance(found, Graded), found
    return found


def reason(**changed: Any) -> str:
    """Why a man's LVEF of 60 is not graded when something about him is changed."""
    usual = {
        "measure": "lv_ef",
        "value": Decimal(60),
        "sex": "male",
        "set_id": "kawel_boehm_2015",
        "papillary": "in_mass",
        "age_years": 60,
    } | changed
    found = grade(usual.pop("measure"), usual.pop("value"), **usual)
    assert isinstance(found, NotGraded), found
    return found.reason


@pytest.mark.parametrize(("set_id", "limits"), ALL, ids=NAMES)
def test_both_limits_are_within_and_a_hair_beyond_them_is_not(set_id: str, limits: Limits) -> None:
    for value, side in (
        (limits.lower - EDGE, "below"),
        (limits.lower, "within"),
        (limits.upper, "within"),
        (limits.upper + EDGE, "above"),
    ):
        assert graded(set_id, limits.measure, value, limits.sex).side == side


@pytest.mark.parametrize(("set_id", "limits"), ALL, ids=NAMES)
def test_the_words_fit_the_direction(set_id: str, limits: Limits) -> None:
    below = graded(set_id, limits.measure, limits.lower / 2, limits.sex).word
    above = graded(set_id, limits.measure, limits.upper * 2, limits.sex).word
    if limits.measure == "lv_ef":
        assert (below, above) == (
            "moderately impaired" if limits.lower / 2 >= 30 else "severely impaired",
            "above the reference range",
        )
    elif limits.measure == "rv_ef":
        assert (below, above) == ("reduced", "above the reference range")
    elif limits.severity == "rising":
        assert (below, above) == ("below the reference range", "severely increased")
    else:
        assert (below, above) == ("below the reference range", "above the reference range")


@pytest.mark.parametrize(("set_id", "limits"), [pair for pair in ALL if pair[1].severity == "rising"])
def test_rising_bands_are_half_open_without_gap(set_id: str, limits: Limits) -> None:
    assert limits.mild_to is not None
    assert limits.moderate_to is not None
    for value, word in (
        (limits.upper + EDGE, "mildly increased"),
        (limits.mild_to, "mildly increased"),
        (limits.mild_to + EDGE, "moderately increased"),
        (limits.moderate_to, "moderately increased"),
        (limits.moderate_to + EDGE, "severely increased"),
    ):
        assert graded(set_id, limits.measure, value, limits.sex).word == word


@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize(
    ("ef", "word"),
    [
        ("29.99", "severely impaired"),
        ("30", "moderately impaired"),
        ("40.99", "moderately impaired"),
        ("41", "mildly impaired"),
        ("56.99", "mildly impaired"),
        ("57", "normal"),
        ("77", "normal"),
        ("77.01", "above the reference range"),
    ],
)
def test_a_low_ejection_fraction_is_impaired_in_both_sexes(sex: str, ef: str, word: str) -> None:
    assert graded("kawel_boehm_2015", "lv_ef", Decimal(ef), sex).word == word


def test_men_and_women_have_different_limits() -> None:
    assert graded("kawel_boehm_2015", "lv_edvi", Decimal(100), "male").word == "normal"
    assert graded("kawel_boehm_2015", "lv_edvi", Decimal(100), "female").word == "mildly increased"


@settings(max_examples=count(10_000, ci=2000, quick=400), deadline=None)
@given(
    st.sampled_from(ALL), st.decimals(0, 900, places=4, allow_nan=False), st.decimals(0, 900, places=4, allow_nan=False)
)
def test_a_higher_value_is_never_placed_lower(pair: tuple[str, Limits], one: Decimal, other: Decimal) -> None:
    set_id, limits = pair
    order = ["below", "within", "above"]
    low, high = (order.index(graded(set_id, limits.measure, v, limits.sex).side) for v in sorted((one, other)))
    assert low <= high


def test_outer_limits_are_never_called_normal() -> None:
    found = graded("uk_biobank_2017", "lv_edv", Decimal(160), "male")
    assert found.word == "within the reference range"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sex": "unknown"}, "sex"),
        ({"sex": None}, "sex"),
        ({"age_years": 17}, "younger than 18"),
        ({"age_years": None}, "age is not known"),
        ({"papillary": "in_blood_pool"}, "counted in the blood pool"),
        ({"papillary": None}, "does not say"),
        ({"measure": "lv_sv"}, "no limits for LV stroke volume"),
        ({"measure": "la_voli", "sex": "female"}, "no limits for indexed left atrial volume in women"),
        ({"set_id": "uk_biobank_2017", "papillary": "in_blood_pool"}, "no limits for LV ejection fraction"),
        ({"set_id": "uk_biobank_2017", "age_years": 75}, "ages 45 to 74"),
        ({"set_id": "uk_biobank_2017", "age_years": 44}, "ages 45 to 74"),
    ],
)
def test_a_value_that_does_not_fit_the_set_is_not_graded_and_the_reason_is_said(
    changed: dict[str, Any], words: str
) -> None:
    assert words in reason(**changed)


def test_the_papillary_convention_does_not_matter_to_the_atria() -> None:
    assert graded("kawel_boehm_2015", "la_voli", Decimal(60), "male", papillary=None).word == "moderately increased"


def test_a_site_may_set_its_own_lower_limit_and_the_limits_say_so() -> None:
    found = graded("kawel_boehm_2015", "lv_ef", Decimal("55.3"), "male", lower_limit=Decimal(50))
    assert (found.word, found.side) == ("normal", "within")
    assert found.limits == "50–77 %, men (lower limit set by the site, 57 in Kawel-Boehm 2015 / EACVI 2019)"
    assert (
        graded("kawel_boehm_2015", "lv_ef", Decimal("49.9"), "male", lower_limit=Decimal(50)).word == "mildly impaired"
    )


def test_a_lower_limit_for_anything_but_an_ejection_fraction_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="lv_ef and rv_ef"):
        graded("kawel_boehm_2015", "lv_edv", Decimal(100), "male", lower_limit=Decimal(50))


def test_limits_are_printed_with_unit_and_sex() -> None:
    assert graded("kawel_boehm_2015", "lv_edvi", Decimal(100), "male").limits == "57–105 mL/m², men"


@pytest.mark.parametrize(
    ("ef", "word"),
    [
        ("35", "severely impaired"),
        ("35.1", "impaired"),
        ("44.3", "impaired"),
        ("49.9", "impaired"),
        ("50", "borderline low"),
        ("55", "normal"),
    ],
)
def test_the_words_of_the_british_society_of_echocardiography(ef: str, word: str) -> None:
    assert bse_2020_lvef(Decimal(ef)) == word


def test_every_row_names_its_provenance_and_a_known_measure() -> None:
    for set_id, limits in ALL:
        assert limits.measure in MEASURES, set_id
        assert "check against the paper before clinical use" in limits.provenance, (set_id, limits.measure)
        assert limits.lower < limits.upper
        assert limits.severity == "none" or (limits.mild_to is not None and limits.moderate_to is not None)
        if limits.severity == "rising" and limits.mild_to and limits.moderate_to:
            assert limits.upper < limits.mild_to < limits.moderate_to


def test_the_bands_of_volume_and_mass_are_two_three_and_four_standard_deviations() -> None:
    """The pattern by which the transcription was checked; atrial bands were published rounded up."""
    for limits in reference_sets()["kawel_boehm_2015"].limits.values():
        if limits.severity == "rising" and limits.mild_to is not None and limits.moderate_to is not None:
            sd = (limits.upper - limits.lower) / 4
            assert abs(limits.upper + sd - limits.mild_to) < 1
            assert abs(limits.upper + 2 * sd - limits.moderate_to) <= 1
