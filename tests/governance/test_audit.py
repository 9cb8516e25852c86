"""Audit figures: the backlog counts, centiles are real cases, and few cases publish nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.governance import audit, turnaround
from reporter.governance.audit import AGE_BANDS, Case
from reporter.governance.turnaround import ExamClock, Stops

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
hours_ago = st.integers(0, 24 * 60)


def a_case(scanned_hours_ago, took_hours=None, number="1", class_at_start="inpatient"):
    started = NOW - timedelta(hours=scanned_hours_ago)
    signed = None if took_hours is None else started + timedelta(hours=took_hours)
    return Case(number, ExamClock(started, class_at_start), Stops(signed, signed))


def share_of(cases, target="bscmr_inpatient"):
    found = [v for c in cases for v in turnaround.verdicts(c.clock, c.stops, NOW) if v.due.target_id == target]
    return audit.share(found, NOW)


def test_hiding_the_backlog_would_flatter_and_cannot():
    signed_in_time = [a_case(24 * 10, 2) for _ in range(6)]
    backlog = [a_case(24 * 10) for _ in range(4)]

    assert share_of(signed_in_time).percent == 100
    assert share_of(signed_in_time + backlog).percent == 60


@given(signed=st.lists(st.tuples(hours_ago, st.integers(0, 400)), max_size=20), backlog=st.integers(1, 20))
def test_every_open_overdue_case_lowers_the_figure_or_leaves_it_at_nothing(signed, backlog):
    cases = [a_case(ago, took) for ago, took in signed]
    with_backlog = share_of(cases + [a_case(24 * 30) for _ in range(backlog)])
    without = share_of(cases)

    assert with_backlog.counted == without.counted + backlog
    assert with_backlog.percent <= (without.percent if without.percent is not None else 0)


def test_a_quick_report_does_not_count_before_its_due_instant():
    share = share_of([a_case(2, 1), a_case(2), a_case(24 * 10)])

    assert (share.counted, share.not_due_yet, share.percent) == (1, 2, 0)


def test_nothing_due_has_no_percentage():
    assert share_of([a_case(1)]).percent is None


def test_fewer_than_five_cases_publish_no_percentage():
    four = [a_case(24 * 10, 2)] * 4

    assert share_of(four).percent == 100
    assert share_of(four).percent_to_publish() is None
    assert share_of([*four, four[0]]).percent_to_publish() == 100


@pytest.mark.parametrize(("percent", "expected"), [(1, 15), (30, 20), (40, 20), (50, 35), (100, 50)])
def test_a_centile_is_the_nearest_rank(percent, expected):
    assert audit.centile([15, 20, 35, 40, 50], percent) == expected


@given(st.lists(st.integers(), min_size=1), st.integers(1, 100))
def test_a_centile_is_always_one_of_the_cases_with_enough_at_or_below_it(values, percent):
    found = audit.centile(values, percent)

    assert found in values
    assert 100 * sum(value <= found for value in values) >= percent * len(values)
    assert 100 * sum(value < found for value in values) < percent * len(values)


def test_there_is_no_centile_of_nothing_and_none_beyond_100():
    assert audit.centile([], 50) is None
    with pytest.raises(ValueError, match="between 1 and 100"):
        audit.centile([1], 101)


@pytest.mark.parametrize(
    ("cases", "p90", "p95"), [(9, False, False), (10, True, False), (19, True, False), (20, True, True)]
)
def test_high_centiles_wait_for_enough_cases(cases, p90, p95):
    figures = audit.centiles([a_case(500, n) for n in range(cases)])

    assert figures.median is not None
    assert (figures.p90 is not None, figures.p95 is not None) == (p90, p95)


def test_centiles_are_of_signed_cases_and_say_how_many():
    figures = audit.centiles([a_case(500, 10), a_case(500)])

    assert (figures.cases, figures.median) == (1, timedelta(hours=10))


def test_the_oldest_open_case_is_the_one_scanned_first():
    oldest = a_case(900, number="oldest")

    assert audit.oldest_open([a_case(1000, 2), a_case(30), oldest, a_case(40)]) is oldest
    assert audit.oldest_open([a_case(1000, 2)]) is None


@pytest.mark.parametrize(
    ("scanned", "band"),
    [
        ("2026-11-24", AGE_BANDS[0]),
        ("2026-11-20", AGE_BANDS[0]),
        ("2026-11-19", AGE_BANDS[1]),
        ("2026-11-10", AGE_BANDS[1]),
        ("2026-11-09", AGE_BANDS[2]),
        ("2026-10-27", AGE_BANDS[2]),
        ("2026-10-26", AGE_BANDS[3]),
    ],
)
def test_an_open_case_has_an_age_band(scanned, band):
    clock = ExamClock(datetime.fromisoformat(scanned).replace(hour=9, tzinfo=UTC), "outpatient")

    assert audit.age_band(clock, NOW) == band


def test_the_backlog_names_every_band_and_counts_no_signed_case():
    bands = audit.age_bands([a_case(1), a_case(24 * 60), a_case(24 * 60, 2)], NOW)

    assert bands == dict(zip(AGE_BANDS, (1, 0, 0, 1), strict=True))


def test_a_cohort_is_what_was_scanned_on_these_london_days():
    just_before_midnight = Case("a", ExamClock(datetime(2026, 7, 1, 22, 59, tzinfo=UTC)))
    at_midnight = Case("b", ExamClock(datetime(2026, 7, 1, 23, 0, tzinfo=UTC)))

    july_first = audit.scanned_between([just_before_midnight, at_midnight], date(2026, 7, 1), date(2026, 7, 1))

    assert july_first == (just_before_midnight,)
