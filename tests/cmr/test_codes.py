"""Codes that leave the house: their check digits, and what is coded locally."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.cmr import codes
from reporter.cmr.codes import DICOM, LOCAL, LOINC, SNOMED, passes_loinc_check, passes_verhoeff
from tests.counts import count


def test_every_loinc_and_snomed_code_passes_its_check_digit() -> None:
    seen = {LOINC: 0, SNOMED: 0, DICOM: 0}
    for code in codes.confirmed():
        seen[code.system] += 1
        if code.system == LOINC:
            assert passes_loinc_check(code.code), code
        elif code.system == SNOMED:
            assert passes_verhoeff(code.code), code
        else:
            assert code.code.isdigit(), code
    assert all(seen.values())


def test_a_code_with_a_wrong_digit_is_found() -> None:
    assert passes_loinc_check("24748-6")
    assert not passes_loinc_check("24627-1")  # passed around in public code as "MR Heart"
    assert passes_verhoeff("22298006")
    assert not passes_verhoeff("22298007")


@pytest.mark.parametrize("text", ["", "-", "8811", "8811-", "-2", "8811-22", "８８１１-２", "88a1-2", "8811−2"])
def test_what_has_not_the_shape_of_a_loinc_code_fails(text: str) -> None:
    assert not passes_loinc_check(text)


@settings(max_examples=count(5000, ci=1000, quick=300), deadline=None)
@given(
    st.sampled_from([c.code for c in codes.confirmed() if c.system == SNOMED]), st.integers(0, 17), st.integers(1, 9)
)
def test_one_mistyped_digit_of_a_snomed_code_is_always_found(code: str, place: int, shift: int) -> None:
    place %= len(code)
    wrong = code[:place] + str((int(code[place]) + shift) % 10) + code[place + 1 :]
    assert not passes_verhoeff(wrong)


@settings(max_examples=count(5000, ci=1000, quick=300), deadline=None)
@given(st.sampled_from([c.code for c in codes.confirmed() if c.system == SNOMED]), st.integers(0, 17))
def test_two_neighbouring_digits_of_a_snomed_code_swapped_are_always_found(code: str, place: int) -> None:
    place %= len(code) - 1
    one, other = code[place], code[place + 1]
    if one != other:
        assert not passes_verhoeff(code[:place] + other + one + code[place + 2 :])


def test_the_ejection_fractions_have_their_loinc_codes_by_mr() -> None:
    assert codes.for_measure("lv_ef") == codes.Code(LOINC, "8811-2", "Left ventricular ejection fraction by MR")
    assert codes.for_measure("rv_ef").code == "8818-7"
    assert [code.system for code in codes.all_for_measure("lv_ef")] == [LOINC, SNOMED]


@pytest.mark.parametrize("measure", ["lv_edvi", "lv_massi", "wmsi", "lge_percent", "inducible_segments", "weight"])
def test_what_has_no_confirmed_code_is_coded_locally(measure: str) -> None:
    found = codes.for_measure(measure)
    assert (found.system, found.code) == (LOCAL, measure)
    assert found.display
    assert found.display[0].isupper()


def test_late_enhancement_is_coded_locally_with_its_extent_in_words() -> None:
    assert codes.for_answer("lge_segments", "26_50") == codes.Code(
        LOCAL, "lge_segments.26_50", "Late gadolinium enhancement by segment: 26–50 %"
    )


def test_answers_carry_the_published_code_where_one_fits_exactly() -> None:
    assert codes.for_answer("perf_class", "inducible").code == "251055003"
    assert codes.for_answer("lv_thrombus", "none").code == "373140001"
    assert codes.for_answer("mr_grade", "severe").code == "24484000"
    assert codes.for_answer("stress_agent", "adenosine").code == "108502004"
    assert codes.for_answer("stress_agent", "regadenoson").system == LOCAL  # only the class is listed
    assert codes.for_answer("mr_grade", "trivial").system == LOCAL


def test_segments_arteries_documents_and_sections_have_codes() -> None:
    assert codes.for_segment(4) == codes.Code(SNOMED, "264846001", "left ventricle basal inferior segment")
    assert codes.for_segment(17).display == "Apex of left ventricle"
    assert codes.for_territory("RCA").code == "13647002"
    assert codes.for_document("diagnostic_imaging_report").code == "18748-4"
    assert codes.for_section("impression").code == "19005-8"
    with pytest.raises(KeyError):
        codes.for_section("nothing")


def test_no_code_is_listed_twice_for_the_same_thing() -> None:
    rows = codes.rows()
    assert len({(row["kind"], row["id"], row["answer"], row["system"]) for row in rows}) == len(rows)
    assert all(row["source"] for row in rows)
