"""Rounding is for print: what is graded and computed further is the value itself."""

from __future__ import annotations

from datetime import date

import pytest

from reporter import templates
from reporter.form.answers import fill
from reporter.form.filled import FormContext
from tests.examples import answers_7_1

CONTEXT = FormContext(birth_date=date(1962, 3, 9), study_date=date(2026, 11, 20), sex="male")


def filled(**changes):
    return fill(templates.current("stress_perfusion"), answers_7_1(**changes), CONTEXT)


def test_a_value_just_above_a_limit_is_above_it_however_it_prints():
    # 178 cm and 86 kg give 2.06 m²; 216.4 / 2.06 = 105.0485…, printed 105.0; the set's limit is 105.
    form = filled(lv_edv="216.4")
    assert form["lv_edvi"].value == "105.0"
    assert form["lv_edvi"].grade is not None
    assert form["lv_edvi"].grade.word == "mildly increased"


def test_a_value_on_the_limit_is_within_it():
    form = filled(lv_edv="216.3")  # 216.3 / 2.06 = 105 exactly
    assert form["lv_edvi"].grade.word == "normal"


@pytest.mark.parametrize(("hr", "output"), [("100", "9.45"), ("66", "6.24")])
def test_cardiac_output_takes_the_stroke_volume_and_not_its_print(hr, output):
    # 212.5 − 118 = 94.5 mL, which prints as 95 where no decimals are printed.
    form = filled(lv_edv="212.5", heart_rate=hr)
    assert form["lv_co"].value == output


def test_the_sentences_print_what_the_table_prints():
    form = filled(lv_edv="216.4")
    said = " ".join(sentence for heading in form.findings for sentence in heading.sentences)
    assert "105.0485" not in said
    assert "45.4713" not in said
