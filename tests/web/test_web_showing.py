"""How things are written: times in London, names, numbers, and where a value stands in its limits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.cmr.segments import SEGMENTS
from reporter.web import bullseye, rangebar, showing

SUMMER = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)


def test_times_are_londons():
    assert showing.moment(SUMMER) == "Thu 2 Jul 2026, 00:30"
    assert showing.day(SUMMER) == "2 Jul 2026"
    assert showing.moment(None) == "–"


def test_a_birthday_counts_from_its_own_day():
    assert showing.age(date(1962, 7, 2), SUMMER) == 64
    assert showing.age(date(1962, 7, 3), SUMMER) == 63
    assert showing.age(None, SUMMER) is None


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000)))
def test_a_span_is_at_most_two_units_and_never_empty(length):
    said = showing.span(length)
    assert said
    assert len(said.split()) in {2, 4}


def test_a_due_instant_at_midnight_belongs_to_the_day_before():
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    assert showing.last_day(midnight) == "Mon 30 Nov"
    assert showing.same_day(midnight, datetime(2026, 11, 30, 9, tzinfo=UTC))


def test_nhs_numbers_are_grouped_as_they_are_read_out():
    assert showing.nhs_number("9990001234") == "999 000 1234"
    assert showing.nhs_tail("9990001234") == "…1234"
    assert showing.nhs_number(None) == "–"


@pytest.mark.parametrize(
    ("value", "limits", "x"),
    [
        ("67", "57–77 %, men", 48),
        ("57", "57–77 %", 24),
        ("77", "57–77 %", 72),
        ("10", "57–77 %", 4),
        ("500", "57 to 77", 92),
    ],
)
def test_a_value_stands_in_its_place_on_the_bar(value, limits, x):
    assert rangebar.bar(value, limits).x == x


@pytest.mark.parametrize(("value", "limits"), [("67", "≥ 57 %"), ("67", None), ("x", "57–77"), ("67", "77–57")])
def test_without_two_limits_there_is_no_bar(value, limits):
    assert rangebar.bar(value, limits) is None


@pytest.mark.parametrize("count", [16, 17])
def test_the_bulls_eye_has_each_segment_once_where_it_belongs(count):
    shapes = bullseye.shapes(count)
    assert [shape.number for shape in shapes] == list(range(1, count + 1))
    for shape, segment in zip(shapes, SEGMENTS, strict=False):
        assert shape.name == segment.name
        # Anterior up, septum left, as seen from the apex.
        if "anterior" in shape.name.split():
            assert shape.y < bullseye.CENTRE
        if "inferior" in shape.name.split():
            assert shape.y > bullseye.CENTRE
        if "sept" in shape.name:
            assert shape.x < bullseye.CENTRE
        if "lateral" in shape.name:
            assert shape.x > bullseye.CENTRE


def test_every_look_of_the_palette_differs_in_hatch_and_symbol():
    codes = ("normal", "mild_hypokinesis", "hypokinesis", "severe_hypokinesis", "akinesis", "dyskinesis")
    palette = bullseye.picture(17, [bullseye.Colour(code, code) for code in codes], {}).palette
    assert len({paint.look for paint in palette}) == len(codes)
    assert len({paint.symbol for paint in palette}) == len(codes)
    assert len({paint.digit for paint in palette}) == len(codes)


def test_a_segment_that_was_not_assessed_is_not_normal():
    drawn = bullseye.picture(17, [bullseye.Colour("normal", "Normal")], {"1": "normal"})
    assert drawn.paint_of(1).look == "clear"
    assert drawn.paint_of(2) is None
