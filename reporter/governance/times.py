"""London's days and UTC's instants: where one becomes the other, and how both are said.

Instants are kept in UTC and days are London's. The four nations share one civil time, so there is one zone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

DAY = timedelta(days=1)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Oddity = Literal["nonexistent", "ambiguous"]


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for a time without a zone: nobody can say which instant it is."""
    if instant.tzinfo is None:
        raise ValueError("A time without a zone was given where an instant is needed; give it in UTC.")
    return instant.astimezone(UTC)


def local_date(instant: datetime) -> date:
    """The London date on which an instant falls."""
    return in_utc(instant).astimezone(LONDON).date()


@lru_cache(maxsize=8192)
def midnight(day: date) -> datetime:
    """The instant, in UTC, at which a London day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


@lru_cache(maxsize=8192)
def midnight_minutes(day: date) -> int:
    """`midnight` in minutes since 1970, for comparing very many."""
    return int(midnight(day).timestamp()) // 60


def end_of(day: date) -> datetime:
    """The first instant after a London day, in UTC. A day is over *at* it, so "before it" means "within the day"."""
    return midnight(day + DAY)


def from_wall_clock(stamp: datetime) -> tuple[datetime, Oddity | None]:
    """The instant that a London wall clock without a zone shows (an HL7 stamp, say), in UTC, and what is odd about it.

    A time that the spring change skips is taken as the instant at which the clocks went forward. One that the autumn
    change repeats is taken as its first occurrence. Neither changes a due day; both are to be flagged.
    Raises ValueError when the stamp has a zone already.
    """
    if stamp.tzinfo is not None:
        raise ValueError("This time has a zone; only a wall-clock time without one needs to be placed in London.")
    first = stamp.replace(tzinfo=LONDON, fold=0)
    second = stamp.replace(tzinfo=LONDON, fold=1)
    instant = first.astimezone(UTC)
    if first.utcoffset() == second.utcoffset():
        return instant, None
    if instant.astimezone(LONDON).replace(tzinfo=None) == stamp:
        return instant, "ambiguous"
    # In the gap, fold=0 reads the clock with the offset from before the change, which overshoots the gap by just as
    # much as the stamp lies inside it: 01:20 becomes 02:20 BST. The gap itself ends on the full hour.
    return instant.replace(minute=0, second=0, microsecond=0), "nonexistent"


def say_day(day: date) -> str:
    """A day as people say it: `Mon 30 Nov 2026`."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def say_short_day(day: date) -> str:
    """A day where the year is plain from the context: `Mon 30 Nov`."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def say_instant(instant: datetime) -> str:
    """An instant as a London clock shows it: `Mon 30 Nov 2026 at 16:30`."""
    local = in_utc(instant).astimezone(LONDON)
    return f"{say_day(local.date())} at {local:%H:%M}"


def say_span(span: timedelta) -> str:
    """A length of time in its two largest units, rounded down: `2 days 3 hours`, `1 hour 20 minutes`, `4 minutes`."""
    seconds = int(abs(span).total_seconds())
    days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
    if days:
        return " ".join(filter(None, (_count(days, "day"), _count(hours, "hour"))))
    if hours:
        return " ".join(filter(None, (_count(hours, "hour"), _count(minutes, "minute"))))
    return _count(minutes, "minute") or "less than a minute"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}" if number else ""
