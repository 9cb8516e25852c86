"""When each report is due under every target, whether it was on time, and how that came about in words.

Targets: BSCMR (inpatients by the next working day; outpatients ideally within 2 working days, at most 2 weeks) and
NHS England (28 days). The first three end with the consultant's signature, the last when the referrer can read the
report; the two ends are both reported and never mixed. There are no pauses, a draft stops nothing, and an addendum
or an amendment leaves the first signature's time as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from reporter.governance.calendar import Calendar, say_nation
from reporter.governance.clock import ClassChange, Cohort, ExamClock, Imputed, Start, cohort_of, start_of
from reporter.governance.standards import Standards, packaged
from reporter.governance.times import DAY, end_of, in_utc, local_date, say_day, say_instant, say_short_day, say_span

__all__ = [
    "IDEALS",
    "TARGETS",
    "Band",
    "ClassChange",
    "Due",
    "ExamClock",
    "Imputed",
    "Start",
    "Status",
    "Stops",
    "Target",
    "TargetVerdict",
    "band",
    "cohort_of",
    "due_day_of",
    "missed_on_receipt",
    "start_of",
    "targets",
    "targets_of",
    "verdict",
    "verdicts",
]

Status = Literal["on_time", "due_today", "open", "overdue_open", "breached_closed"]
#: A case past its due instant counts as a breach whether or not it was reported since.
BREACHES: frozenset[Status] = frozenset({"overdue_open", "breached_closed"})
#: Targets that are wished for and not a limit: past one of them a report is late, not overdue (BSCMR: "ideally").
IDEALS = frozenset({"bscmr_outpatient_ideal"})

StopKind = Literal["signed", "available"]
Band = Literal["ideal", "late", "breach"]


@dataclass(frozen=True, slots=True)
class Target:
    """A published limit on how long a report may take."""

    id: str
    profile: str
    name: str
    #: The patients it is for; None for everybody.
    cohort: Cohort | None
    #: The name of its number in `standards.yaml`.
    standard: str
    #: Working days skip weekends and bank holidays; calendar days don't, and a limit in them doesn't move for one.
    counts: Literal["working", "calendar"]
    stops_with: StopKind


TARGETS: tuple[Target, ...] = (
    Target(
        "bscmr_inpatient",
        "BSCMR",
        "Inpatient: next working day",
        "inpatient",
        "inpatient_working_days",
        "working",
        "signed",
    ),
    Target(
        "bscmr_outpatient_ideal",
        "BSCMR",
        "Outpatient ideal: 2 working days",
        "outpatient",
        "outpatient_ideal_working_days",
        "working",
        "signed",
    ),
    Target(
        "bscmr_outpatient_max",
        "BSCMR",
        "Outpatient maximum: 2 weeks",
        "outpatient",
        "outpatient_max_days",
        "calendar",
        "signed",
    ),
    Target(
        "nhse_28_days",
        "NHS England",
        "Available to the referrer: 28 days",
        None,
        "nhse_max_days",
        "calendar",
        "available",
    ),
)


@dataclass(frozen=True, slots=True)
class Due:
    """When a report is due under one target. The whole of `due_day` is allowed."""

    target_id: str
    title: str
    profile: str
    #: The first instant that is too late, in UTC: met means stopped *before* it.
    due_at: datetime
    #: The last London day that is in time.
    due_day: date
    #: How the due day came about.
    words: str
    #: The last working day on which the target can still be met: when to warn.
    warn_day: date
    stops_with: StopKind


def targets(clock: ExamClock, standards: Standards | None = None) -> tuple[Due, ...]:
    """Every due instant of a study, in the order of `TARGETS`: two for an inpatient, three for an outpatient."""
    numbers = standards or packaged()
    return tuple(_due(target, clock, numbers) for target in targets_of(clock.cohort))


def targets_of(cohort: Cohort) -> tuple[Target, ...]:
    """The targets that a cohort is held to, in the order of `TARGETS`."""
    return tuple(target for target in TARGETS if target.cohort in (None, cohort))


def due_day_of(target: Target, calendar: Calendar, start_day: date, limit: int) -> date:
    """The last day that is in time under a target, for a clock that started on a London day.

    Working days are counted strictly after that day, whatever the hour; calendar days don't move for a holiday.
    """
    if target.counts == "working":
        return calendar.next_working_day(start_day, limit)
    return start_day + limit * DAY


def _due(target: Target, clock: ExamClock, standards: Standards) -> Due:
    limit = standards[target.standard]
    calendar = clock.calendar
    start = clock.start_day
    due_day = due_day_of(target, calendar, start, limit)
    words = [_how_it_started(clock), _how_it_is_counted(target, clock, limit, due_day)]
    tightened = _tightened(target, clock, standards)
    if tightened is not None and tightened < due_day:
        due_day = tightened
        words.append(
            f"The patient was admitted on {say_short_day(clock.admitted_on() or start)}, so it is due by the inpatient "
            f"target counted from that day: by the end of {say_day(due_day)}."
        )
    return Due(
        target_id=target.id,
        title=_title(target, standards),
        profile=target.profile,
        due_at=end_of(due_day),
        due_day=due_day,
        words=" ".join((*words, *clock.flags())),
        warn_day=max(start, calendar.last_working_day(due_day)),
        stops_with=target.stops_with,
    )


def _tightened(target: Target, clock: ExamClock, standards: Standards) -> date | None:
    """The due day that an admission after the scan brings: an admission can only shorten, a discharge changes nothing.

    The national limit is not touched; it is the same for everybody.
    """
    admitted = clock.admitted_on() if target.cohort == "outpatient" else None
    if admitted is None:
        return None
    return clock.calendar.next_working_day(admitted, standards["inpatient_working_days"])


def _title(target: Target, standards: Standards) -> str:
    if not standards.is_local(target.standard):
        return target.name
    number = standards.numbers[target.standard]
    return f"{target.name.partition(':')[0]}: local limit of {number.value} {number.unit}"


def _how_it_started(clock: ExamClock) -> str:
    as_whom = {"inpatient": "an inpatient", "outpatient": "an outpatient", "emergency": "an emergency patient"}
    patient = as_whom.get(clock.class_at_start)
    return f"Scanned {say_instant(clock.started_at)}" + (f" as {patient}." if patient else ".")


def _how_it_is_counted(target: Target, clock: ExamClock, limit: int, due_day: date) -> str:
    scan_day = say_short_day(clock.start_day)
    to_be = "to be signed" if target.stops_with == "signed" else "to be available to the referrer"
    until = f"{to_be} by the end of {say_day(due_day)}"
    if target.counts == "calendar":
        return f"{limit} calendar days after {scan_day}, weekends and holidays included: {until}."
    first = "The next working day" if limit == 1 else f"Working day {limit}"
    skipped = clock.calendar.say_skipped(clock.start_day, due_day)
    not_counted = f" (not counted: {skipped})" if skipped else ""
    return f"{first} after {scan_day} in {say_nation(clock.nation)}{not_counted}: {until}."


@dataclass(frozen=True, slots=True)
class Stops:
    """The two ends of a study's clock; None while it has not ended."""

    #: The first consultant-approved version that was not withdrawn.
    signed_at: datetime | None = None
    #: The first positive acknowledgement from a destination that referrers read.
    available_at: datetime | None = None

    def of(self, kind: StopKind) -> datetime | None:
        """The end that a target counts to."""
        return self.signed_at if kind == "signed" else self.available_at


@dataclass(frozen=True, slots=True)
class TargetVerdict:
    """How a study stands under one target."""

    due: Due
    status: Status
    #: Time left, or left over, before the due instant; negative when it has passed.
    margin: timedelta
    words: str

    @property
    def is_breach(self) -> bool:
        """Whether it counts against the target, reported since or not."""
        return self.status in BREACHES


def verdict(due: Due, stop_at: datetime | None, now: datetime) -> TargetVerdict:
    """How a study stands under one target at an instant, given when its clock stopped (None: still running)."""
    margin = due.due_at - in_utc(now if stop_at is None else stop_at)
    status = status_of(due.due_at, due.due_day, stop_at, now)
    return TargetVerdict(due, status, margin, _say_status(status, due, margin))


def status_of(due_at: datetime, due_day: date, stop_at: datetime | None, now: datetime) -> Status:
    """The status alone. The bound is exclusive: a signature at the due instant itself is late."""
    if stop_at is not None:
        return "on_time" if in_utc(stop_at) < due_at else "breached_closed"
    if in_utc(now) >= due_at:
        return "overdue_open"
    return "due_today" if local_date(now) == due_day else "open"


def _say_status(status: Status, due: Due, margin: timedelta) -> str:
    day, span = say_day(due.due_day), say_span(margin)
    done = "Signed" if due.stops_with == "signed" else "Available to the referrer"
    return {
        "on_time": f"On time. {done} {span} before the end of {day}.",
        "breached_closed": f"Late. {done} {span} after the end of {day}.",
        "due_today": f"Due today, by the end of {day}. {span} left.",
        "open": f"Due by the end of {day}. {span} left.",
        "overdue_open": f"Overdue. It was due by the end of {day}, {span} ago.",
    }[status]


def verdicts(
    clock: ExamClock, stops: Stops, now: datetime, standards: Standards | None = None
) -> tuple[TargetVerdict, ...]:
    """How a study stands under every target, each with the end that the target counts to."""
    return tuple(verdict(due, stops.of(due.stops_with), now) for due in targets(clock, standards))


def band(clock: ExamClock, signed_at: datetime | None, now: datetime, standards: Standards | None = None) -> Band:
    """Where a study stands under BSCMR: `ideal`, `late` (past the ideal, within the maximum) or `breach`.

    An inpatient has one limit, so it is never `late`. An open study is placed as if it were signed at `now`.
    """
    due_at = {due.target_id: due.due_at for due in targets(clock, standards)}
    at = in_utc(now if signed_at is None else signed_at)
    if clock.cohort == "inpatient":
        return "ideal" if at < due_at["bscmr_inpatient"] else "breach"
    if at < due_at["bscmr_outpatient_ideal"]:
        return "ideal"
    return "late" if at < due_at["bscmr_outpatient_max"] else "breach"


def missed_on_receipt(dues: Sequence[Due], received_at: datetime) -> tuple[str, ...]:
    """The targets that had passed when a study reached us (from another site, say). The clock is never restarted."""
    at = in_utc(received_at)
    return tuple(
        f"{due.title} (by the end of {say_day(due.due_day)}) had passed when the study was received."
        for due in dues
        if due.due_at <= at
    )
