"""The figures of a reporting-time audit, over simple rows. Open studies count; leaving them out would flatter.

Percentages are by the cohort scanned, never by the cohort reported: a month in which the backlog was ignored would
otherwise look like the best one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, TypeVar

from reporter.governance.clock import ExamClock
from reporter.governance.standards import Standards, packaged
from reporter.governance.times import DAY, in_utc, local_date
from reporter.governance.turnaround import Stops, TargetVerdict

Figure = TypeVar("Figure", int, float, timedelta)

AgeBand = Literal["0 to 2 working days", "3 to 14 days", "15 to 28 days", "more than 28 days"]
AGE_BANDS: tuple[AgeBand, ...] = ("0 to 2 working days", "3 to 14 days", "15 to 28 days", "more than 28 days")


@dataclass(frozen=True, slots=True)
class Case:
    """One study of an audit. The identifier is the study's own; no patient is named."""

    study_id: str
    clock: ExamClock
    stops: Stops = field(default_factory=Stops)

    @property
    def is_open(self) -> bool:
        """Whether nobody has signed it yet."""
        return self.stops.signed_at is None

    @property
    def to_signature(self) -> timedelta | None:
        """From the start of its clock to the signature; None while it is open."""
        signed_at = self.stops.signed_at
        return None if signed_at is None else in_utc(signed_at) - in_utc(self.clock.started_at)


@dataclass(frozen=True, slots=True)
class Share:
    """How many met a target, of all whose due instant has passed."""

    met: int
    #: Reported, and late.
    late: int
    #: Not reported, and past the due instant.
    overdue: int
    #: Left out because the due instant has not passed, whether or not they are reported: counting only the quick ones
    #: among them would flatter.
    not_due_yet: int

    @property
    def counted(self) -> int:
        """What the percentage is of."""
        return self.met + self.late + self.overdue

    @property
    def percent(self) -> float | None:
        """Per cent in target, 0 to 100; None when nothing is due yet."""
        return 100 * self.met / self.counted if self.counted else None

    def percent_to_publish(self, standards: Standards | None = None) -> float | None:
        """The percentage as it may leave the department: None below the standard `percentage_from` cases."""
        return self.percent if self.counted >= (standards or packaged())["percentage_from"] else None


def share(verdicts: Iterable[TargetVerdict], now: datetime) -> Share:
    """The share in target, over the verdicts of all studies scanned under one target."""
    met = late = overdue = not_due_yet = 0
    for each in verdicts:
        if each.due.due_at > in_utc(now):
            not_due_yet += 1
        elif each.status == "on_time":
            met += 1
        elif each.status == "breached_closed":
            late += 1
        else:
            overdue += 1
    return Share(met, late, overdue, not_due_yet)


def centile(values: Iterable[Figure], percent: int) -> Figure | None:
    """The nearest-rank centile: always one of the values, so that there is a case to look at. None of nothing.

    Raises ValueError when percent is not between 1 and 100.
    """
    if not 1 <= percent <= 100:
        raise ValueError(f"There is no {percent}th centile; a centile lies between 1 and 100.")
    ordered = sorted(values)
    return ordered[math.ceil(percent * len(ordered) / 100) - 1] if ordered else None


@dataclass(frozen=True, slots=True)
class Centiles:
    """How long reports took, from the start of the clock to the signature. None where too few cases would show one."""

    cases: int
    median: timedelta | None
    p90: timedelta | None
    p95: timedelta | None


def centiles(cases: Iterable[Case], standards: Standards | None = None) -> Centiles:
    """The centiles of the signed cases; say beside them how many are still open (`oldest_open`, `age_bands`)."""
    numbers = standards or packaged()
    took = [each for case in cases if (each := case.to_signature) is not None]
    return Centiles(
        cases=len(took),
        median=centile(took, 50),
        p90=centile(took, 90) if len(took) >= numbers["p90_from"] else None,
        p95=centile(took, 95) if len(took) >= numbers["p95_from"] else None,
    )


def oldest_open(cases: Iterable[Case]) -> Case | None:
    """The open case whose clock started first; nothing can filter it away."""
    return min((case for case in cases if case.is_open), key=lambda case: in_utc(case.clock.started_at), default=None)


def age_band(clock: ExamClock, now: datetime) -> AgeBand:
    """How old an open case is, by London days; the first band is the outpatient ideal of 2 working days."""
    today = local_date(now)
    start = clock.start_day
    if today <= clock.calendar.next_working_day(start, 2):
        return "0 to 2 working days"
    age = (today - start) // DAY
    if age <= 14:
        return "3 to 14 days"
    return "15 to 28 days" if age <= 28 else "more than 28 days"


def age_bands(cases: Iterable[Case], now: datetime) -> dict[AgeBand, int]:
    """The backlog: how many open cases are in each band, all bands named."""
    found = dict.fromkeys(AGE_BANDS, 0)
    for case in cases:
        if case.is_open:
            found[age_band(case.clock, now)] += 1
    return found


def scanned_between(cases: Sequence[Case], first: date, last: date) -> tuple[Case, ...]:
    """The cohort scanned from one London day to another, both included."""
    return tuple(case for case in cases if first <= case.clock.start_day <= last)
