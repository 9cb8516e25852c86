"""Very many studies at once get the verdicts that they get one by one."""

from array import array
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.governance.calendar import NATIONS
from reporter.governance.classify import NOT_YET, STATUSES, Studies, classify
from reporter.governance.turnaround import ExamClock, Stops, verdicts
from tests.counts import count

NOW = datetime(2026, 10, 26, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRST = datetime(2025, 1, 1, tzinfo=UTC)

#: Minutes since FIRST, drawn so that midnights and the nights of the clock changes come often.
starts = st.one_of(
    st.integers(0, 950_000),
    st.builds(
        lambda day, minute: day * 1440 + minute, st.integers(0, 660), st.integers(-61, 61).map(lambda m: m + 1440)
    ),
).map(lambda minutes: FIRST + min(minutes, int((NOW - FIRST) / MINUTE)) * MINUTE)
delays = st.none() | st.one_of(st.integers(0, 45 * 1440), st.integers(0, 30).map(lambda day: day * 1440))


def minutes(instant):
    return NOT_YET if instant is None else int(instant.timestamp()) // 60


def after(start, delay):
    return None if delay is None or start + delay * MINUTE > NOW else start + delay * MINUTE


def columns(rows, cohort="inpatient", nation="england", closures=frozenset()):
    rows = sorted(rows, key=lambda row: row[0])
    return Studies(cohort, nation, closures, *(array("I", (minutes(row[n]) for row in rows)) for n in range(3))), rows


@settings(max_examples=count(2000, ci=400, quick=100))
@given(
    drawn=st.lists(st.tuples(starts, delays, delays), max_size=25),
    cohort=st.sampled_from(["inpatient", "outpatient"]),
    nation=st.sampled_from(NATIONS),
    closures=st.frozensets(st.dates(date(2026, 10, 1), date(2026, 11, 10)), max_size=3),
)
def test_all_at_once_is_the_same_as_one_by_one(drawn, cohort, nation, closures):
    studies, rows = columns(
        [(start, after(start, sign), after(start, arrive)) for start, sign, arrive in drawn], cohort, nation, closures
    )

    said = classify(studies, NOW)

    for n, (started, signed, available) in enumerate(rows):
        clock = ExamClock(started, cohort, nation=nation, closures=closures)
        for each in verdicts(clock, Stops(signed, available), NOW):
            assert STATUSES[said[each.due.target_id][n]] == each.status


def test_seconds_within_a_minute_never_change_a_verdict():
    started = datetime(2026, 10, 20, 9, tzinfo=UTC)
    last = datetime(2026, 10, 21, 22, 59, 59, 999_999, tzinfo=UTC)
    studies, _ = columns([(started, last, last), (started, last + timedelta(microseconds=1), last)])

    statuses = [STATUSES[status] for status in classify(studies, NOW)["bscmr_inpatient"]]

    assert statuses == ["on_time", "breached_closed"]


def test_no_study_is_no_verdict():
    studies, _ = columns([])

    assert classify(studies, NOW) == {"bscmr_inpatient": b"", "nhse_28_days": b""}


def test_columns_out_of_order_are_refused():
    with pytest.raises(ValueError, match="in the order in which their clocks started"):
        Studies("inpatient", "england", frozenset(), *(array("I", [2, 1]) for _ in range(3)))


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="of the same length"):
        Studies("inpatient", "england", frozenset(), array("I", [1]), array("I"), array("I", [1]))


def test_an_instant_that_is_none_is_refused():
    with pytest.raises(ValueError, match="NOT_YET for what has not happened"):
        Studies("inpatient", "england", frozenset(), array("I", [1]), array("I", [2**29]), array("I", [1]))
