"""What counts as a number when a person types it, and what is said when it does not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.cmr.numbers import NotANumber, read_number
from tests.counts import count


@settings(max_examples=count(5000, ci=1000, quick=300), deadline=None)
@given(st.decimals(-99999, 99999, places=3, allow_nan=False, allow_infinity=False))
def test_a_plain_decimal_is_read_as_it_stands(value: Decimal) -> None:
    assert read_number(f" {value:f} ") == value


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "Enter a number."),
        ("   ", "Enter a number."),
        ("5,5", "for example 5.5"),
        ("1,000", "without a comma"),
        ("1_000", "without spaces or underscores"),
        ("1 000", "without spaces or underscores"),
        ("１２", "with the digits 0 to 9"),
        ("١٢", "with the digits 0 to 9"),
        (".5", "for example 0.5"),
        ("5.", "leave the point out: 5"),
        ("1e400", "without an exponent"),
        ("1E3", "without an exponent"),
        ("NaN", "Enter a number"),
        ("inf", "Enter a number"),
        ("-Infinity", "Enter a number"),
        ("0x1F", "without a unit"),
        ("−5", "as a hyphen"),
        ("+5", "without a plus sign"),
        ("118 mL", "without a unit"),
        ("44%", "without a unit"),
        ("1.2.3", "without a unit"),
        (">90", "Enter a number"),
        ("--5", "Enter a number"),
        ("1" * 40, "at most 18 characters"),
    ],
)
def test_what_is_not_a_plain_number_is_refused_with_how_to_write_it(text: str, hint: str) -> None:
    with pytest.raises(NotANumber) as refused:
        read_number(text)
    assert hint in str(refused.value)


@settings(max_examples=count(20_000, ci=4000, quick=500), deadline=None)
@given(st.text(max_size=25))
def test_any_text_is_either_a_finite_number_or_a_sentence(text: str) -> None:
    try:
        value = read_number(text)
    except NotANumber as refused:
        sentence = str(refused)
    else:
        assert value.is_finite()
        assert Decimal(text.strip(" \t\r\n")) == value
        return
    assert sentence.endswith(".")
