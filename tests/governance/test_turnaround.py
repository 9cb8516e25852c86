"""Targets and verdicts: every minute of the clock-change nights, class changes, and what is said about it all."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reporter.governance import standards, turnaround
from reporter.governance.calendar import NATIONS, Calendar
from reporter.governance.times import LONDON, end_of, from_wall_clock, local_date
from reporter.governance.turnaround import ClassChange, ExamClock, Stops

seconds = st.integers(
    int(datetime(2024, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
)
instants = seconds.map(lambda second: datetime.fromtimestamp(second, UTC))
classes = st.sampled_from(["inpatient", "outpatient", "emergency", "unknown"])
clocks = st.builds(ExamClock, started_at=instants, class_at_start=classes, nation=st.sampled_from(NATIONS))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def a_clock(started="2026-11-27 16:30", class_at_start="inpatient", *changes, **more):
    moves = tuple(ClassChange(at(when), to) for when, to in changes)
    return ExamClock(at(started), class_at_start, moves, **more)


def due_days(clock, **more):
    return {due.target_id: due.due_day for due in turnaround.targets(clock, **more)}


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_every_minute_of_a_clock_change_night_keeps_its_due_day(day):
    """From two hours before midnight until six in the morning after, in UTC, minute by minute."""
    first = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=2)
    calendar = Calendar("england")
    for minute in range(27 * 60):
        started_at = first + timedelta(minutes=minute)
        (due, _) = turnaround.targets(ExamClock(started_at, "inpatient"))
        local_day = started_at.astimezone(LONDON).date()
        assert due.due_day == calendar.next_working_day(local_day)
        assert due.due_at.astimezone(LONDON).strftime("%H:%M") == "00:00"
        assert (due.due_at.astimezone(LONDON).date() - due.due_day).days == 1


@given(clock=clocks)
def test_a_due_instant_is_the_midnight_that_ends_the_due_day(clock):
    for due in turnaround.targets(clock):
        local = due.due_at.astimezone(LONDON)
        assert (local.hour, local.minute, local.second) == (0, 0, 0)
        assert local.date() == due.due_day + timedelta(days=1)
        assert due.due_at == end_of(due.due_day)
        assert due.due_at > clock.started_at


@given(clock=clocks)
def test_an_outpatient_has_three_targets_and_everybody_else_two(clock):
    ids = tuple(due_days(clock))

    if clock.class_at_start == "outpatient":
        assert ids == ("bscmr_outpatient_ideal", "bscmr_outpatient_max", "nhse_28_days")
    else:
        assert ids == ("bscmr_inpatient", "nhse_28_days")


@given(clock=clocks, stop=st.none() | instants, now=instants)
def test_a_verdict_is_a_breach_exactly_when_the_due_instant_came_first(clock, stop, now):
    for due in turnaround.targets(clock):
        said = turnaround.verdict(due, stop, now)

        assert said.is_breach == ((stop or now) >= due.due_at)
        assert (said.status in ("on_time", "breached_closed")) == (stop is not None)
        if said.status == "due_today":
            assert local_date(now) == due.due_day
        assert (said.margin <= timedelta(0)) == said.is_breach
        assert said.words.endswith(".")


@given(clock=clocks)
def test_the_warning_comes_on_a_working_day_or_the_day_of_the_scan(clock):
    for due in turnaround.targets(clock):
        assert clock.start_day <= due.warn_day <= due.due_day
        assert clock.calendar.is_working_day(due.warn_day) or due.warn_day == clock.start_day


class ClassChangesOnlyTighten(RuleBasedStateMachine):
    """A patient is admitted and discharged over and over after the scan; somebody may sign in between."""

    def __init__(self):
        super().__init__()
        self.clock = a_clock("2026-12-18 10:00", "outpatient")
        self.now = self.clock.started_at
        self.dues = {due.target_id: due.due_at for due in turnaround.targets(self.clock)}
        self.stops = Stops()
        self.at_signing = ()

    def move(self, to, hours):
        self.now += timedelta(hours=hours)
        before = self.clock
        self.clock = ExamClock(
            before.started_at, before.class_at_start, (*before.class_changes, ClassChange(self.now, to))
        )

    @rule(hours=st.integers(1, 60))
    def admit(self, hours):
        self.move("inpatient", hours)

    @rule(hours=st.integers(1, 60))
    def discharge(self, hours):
        self.move("outpatient", hours)

    @precondition(lambda self: self.stops.signed_at is None)
    @rule(hours=st.integers(1, 60))
    def sign(self, hours):
        self.now += timedelta(hours=hours)
        self.stops = Stops(self.now, self.now)
        self.at_signing = self.statuses()

    def statuses(self):
        return tuple(each.status for each in turnaround.verdicts(self.clock, self.stops, self.now))

    @invariant()
    def no_due_instant_ever_moves_back(self):
        for due in turnaround.targets(self.clock):
            assert due.due_at <= self.dues[due.target_id]
            self.dues[due.target_id] = due.due_at

    @invariant()
    def the_cohort_and_the_national_limit_stay(self):
        assert self.clock.cohort == "outpatient"
        assert self.dues["nhse_28_days"] == end_of(self.clock.start_day + timedelta(days=28))

    @invariant()
    def a_report_that_was_on_time_is_never_made_late_by_an_admission_afterwards(self):
        if self.at_signing:
            assert self.statuses() == self.at_signing


TestClassChangesOnlyTighten = ClassChangesOnlyTighten.TestCase


def test_an_admission_before_the_scan_ended_changes_nothing():
    plain = a_clock("2026-11-25 10:00", "outpatient")
    moved = a_clock("2026-11-25 10:00", "outpatient", ("2026-11-25 09:00", "inpatient"))

    assert due_days(moved) == due_days(plain)


def test_an_unknown_class_counts_as_an_inpatient_and_is_flagged():
    clock = a_clock(class_at_start="unknown")

    assert clock.cohort == "inpatient"
    assert "not known" in turnaround.targets(clock)[0].words


def test_the_words_say_which_days_did_not_count_and_why():
    words = turnaround.targets(a_clock("2026-12-24 12:00"))[0].words

    assert words == (
        "Scanned Thu 24 Dec 2026 at 12:00 as an inpatient. The next working day after Thu 24 Dec in England (not "
        "counted: Fri 25 Dec Christmas Day, Sat 26 Dec, Sun 27 Dec, Mon 28 Dec Boxing Day substitute day): to be signed "
        "by the end of Tue 29 Dec 2026."
    )


def test_the_words_of_a_tightened_target_say_the_admission():
    ideal, most, nhse = turnaround.targets(a_clock("2026-11-25 10:00", "outpatient", ("2026-11-27 20:00", "inpatient")))

    assert "admitted on Fri 27 Nov" in most.words
    assert "by the end of Mon 30 Nov 2026" in most.words
    assert "admitted" not in ideal.words
    assert "admitted" not in nhse.words


@pytest.mark.parametrize(
    ("started", "signed", "expected"),
    [
        ("2026-11-26 10:00", "2026-11-30 23:59", "ideal"),
        ("2026-11-26 10:00", "2026-12-01 00:00", "late"),
        ("2026-11-26 10:00", "2026-12-10 23:59", "late"),
        ("2026-11-26 10:00", "2026-12-11 00:00", "breach"),
    ],
)
def test_an_outpatient_is_ideal_late_or_a_breach(started, signed, expected):
    assert turnaround.band(a_clock(started, "outpatient"), at(signed), now=at(signed)) == expected
    assert turnaround.band(a_clock(started, "outpatient"), None, now=at(signed)) == expected


def test_an_inpatient_is_never_merely_late():
    assert turnaround.band(a_clock(), at("2026-11-30 23:59"), at("2026-12-02 00:00")) == "ideal"
    assert turnaround.band(a_clock(), at("2026-12-01 00:00"), at("2026-12-02 00:00")) == "breach"


def test_the_two_ends_of_the_clock_are_never_mixed():
    clock = a_clock("2026-11-24 10:00", "outpatient")
    stops = Stops(signed_at=at("2026-11-25 10:00"), available_at=None)

    said = {v.due.target_id: v.status for v in turnaround.verdicts(clock, stops, now=at("2026-12-23 00:00"))}

    assert said == {
        "bscmr_outpatient_ideal": "on_time",
        "bscmr_outpatient_max": "on_time",
        "nhse_28_days": "overdue_open",
    }


def test_a_department_that_changes_a_number_loses_the_sources_name_for_it():
    own = standards.changed(
        "inpatient_working_days: {value: 2, published: 1, unit: working days, says: x, source: x, owner: x, "
        "since: 2026-11-01, next_review: 2027-11-01}"
    )

    (due, _) = turnaround.targets(a_clock(), own)

    assert due.title == "Inpatient: local limit of 2 working days"
    assert due.due_day.isoformat() == "2026-12-01"


def a_start(**given):
    now = at("2026-11-30 12:00")
    plain = {"exam_completed_at": None, "images_available_at": None, "first_seen_at": now, "now": now}
    return turnaround.start_of(**{**plain, **given})


def test_the_clock_starts_at_the_end_of_the_examination_when_it_is_known():
    start = a_start(exam_completed_at=at("2026-11-27 17:50"), images_available_at=at("2026-11-30 08:10"))

    assert (start.started_at, start.imputed) == (at("2026-11-27 17:50"), None)
    assert start.transfer_delay == timedelta(hours=62, minutes=20)


def test_without_it_the_clock_starts_with_the_images_and_then_with_the_first_sight_and_says_so():
    images = a_start(images_available_at=at("2026-11-30 08:10"))
    seen = a_start()

    assert (images.started_at, images.imputed) == (at("2026-11-30 08:10"), "images_available")
    assert (seen.started_at, seen.imputed) == (at("2026-11-30 12:00"), "first_seen")
    assert "clock starts at" in turnaround.targets(a_clock(imputed="first_seen"))[0].words


def test_several_sessions_start_the_clock_with_the_last_and_show_the_first():
    start = a_start(exam_completed_at=[at("2026-11-27 17:50"), at("2026-11-26 10:00")])
    clock = a_clock(first_session_at=start.first_session_at)

    assert start.started_at == at("2026-11-27 17:50")
    assert "the first on Thu 26 Nov 2026 at 10:00" in turnaround.targets(clock)[0].words


def test_a_start_in_the_future_is_set_apart_after_five_minutes():
    assert a_start(exam_completed_at=at("2026-11-30 12:05")).quarantine is None
    assert "in the future" in a_start(exam_completed_at=at("2026-11-30 12:06")).quarantine


@pytest.mark.parametrize(
    ("stamp", "instant", "odd"),
    [
        ("2026-03-29 00:59", "2026-03-29 00:59", None),
        ("2026-03-29 01:00", "2026-03-29 01:00", "nonexistent"),
        ("2026-03-29 01:59", "2026-03-29 01:00", "nonexistent"),
        ("2026-03-29 02:00", "2026-03-29 01:00", None),
        ("2026-10-25 00:59", "2026-10-24 23:59", None),
        ("2026-10-25 01:00", "2026-10-25 00:00", "ambiguous"),
        ("2026-10-25 01:59", "2026-10-25 00:59", "ambiguous"),
        ("2026-10-25 02:00", "2026-10-25 02:00", None),
        ("2026-07-01 12:00", "2026-07-01 11:00", None),
    ],
)
def test_a_wall_clock_stamp_is_placed_and_an_odd_one_is_flagged(stamp, instant, odd):
    placed = from_wall_clock(datetime.fromisoformat(stamp))

    assert placed == (datetime.fromisoformat(instant).replace(tzinfo=UTC), odd)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_no_odd_stamp_changes_a_due_day(day):
    for minute in range(24 * 60):
        stamp = datetime.fromisoformat(day) + timedelta(minutes=minute)
        instant, _ = from_wall_clock(stamp)
        assert local_date(instant) == stamp.date()


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        local_date(datetime(2026, 1, 1))  # noqa: DTZ001
