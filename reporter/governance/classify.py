"""The verdicts of very many studies at once, for a board or an audit over years; the same as one by one, only quicker.

Studies of one cohort that were scanned on one London day at sites with one calendar share their due instants, so that
these are worked out once a day by `turnaround.targets` and only compared here.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import pairwise, repeat
from operator import mul, sub
from typing import NamedTuple, get_args

from reporter.governance.calendar import Calendar, Nation, calendar_of
from reporter.governance.clock import Cohort
from reporter.governance.standards import Standards, packaged
from reporter.governance.times import DAY, end_of, local_date, midnight_minutes
from reporter.governance.turnaround import Status, Target, due_day_of, status_of, targets_of

#: The order in which the statuses are numbered in a result.
STATUSES: tuple[Status, ...] = get_args(Status)

#: The instant of what has not happened yet: later than every due instant.
NOT_YET = 2**30

#: Each study has this many bytes of its own in the very large integers of `_past`.
_LANE = 4
_TOP_BYTE = _LANE - 1 if sys.byteorder == "little" else 0
_SIGN = 2**31
#: The first 500 years: enough, and far from `NOT_YET`.
_INSTANTS = range(2**28)

#: What the top byte of `stop + 2**31 - due` says. Stopped before it was due: below 2**31. At the due instant or later:
#: 2**31 and less than 2**28 above it. Not stopped: 2**31 + 2**30 less a due instant, which is less than 2**28.
_STATUS_OF_TOP_BYTE = bytes(
    STATUSES.index("on_time" if top < 0x80 else "breached_closed" if top < 0xA0 else "overdue_open")
    for top in range(256)
)


@dataclass(frozen=True, slots=True)
class Studies:
    """Studies of one cohort under one calendar, in the order in which their clocks started.

    Each column holds whole minutes since 1970 in UTC, one value a study; `NOT_YET` where a clock has not stopped. What
    happened within a minute counts as at its beginning, which never changes a verdict: every due instant, and every
    beginning of a London day, is a full minute.
    A study with a class change does not belong here; its due instants are its own.
    Raises ValueError when the columns differ in length or the starts are not in order.
    """

    cohort: Cohort
    nation: Nation
    closures: frozenset[date]
    started: array[int]
    signed: array[int]
    available: array[int]

    def __post_init__(self) -> None:
        columns = (self.started, self.signed, self.available)
        if any(
            column.typecode != "I" or column.itemsize != _LANE or len(column) != len(self.started) for column in columns
        ):
            raise ValueError("Give started, signed and available as 32-bit columns (array 'I') of the same length.")
        if any(later < earlier for earlier, later in pairwise(self.started)):
            raise ValueError("Give the studies in the order in which their clocks started.")
        for column in columns:
            if any(instant not in _INSTANTS and instant != NOT_YET for instant in column):
                raise ValueError("Give every instant in minutes since 1970, and NOT_YET for what has not happened.")


def classify(studies: Studies, now: datetime, standards: Standards | None = None) -> dict[str, bytes]:
    """The status of every study under every target of its cohort: one byte a study, a number in `STATUSES`."""
    started = studies.started
    if not started:
        return {target.id: b"" for target in targets_of(studies.cohort)}
    numbers = standards or packaged()
    first, last = _day_of(started[0]), _day_of(started[-1])
    ends = list(map(bisect_left, repeat(started), _midnights(first + DAY, last + DAY)))
    said: dict[str, bytes] = {}
    for target in targets_of(studies.cohort):
        limit = numbers[target.standard]
        dues = _dues(target, calendar_of(studies.nation, studies.closures), limit, first, last)
        stops = studies.signed if target.stops_with == "signed" else studies.available
        past = bisect_right(dues.instants, now.timestamp() / 60)
        said[target.id] = _past(dues.lanes[:past], ends[:past], stops) + b"".join(
            _recent(stops[begin:end], due_day, now)
            for begin, end, due_day in zip([0, *ends][past:], ends[past:], dues.days[past:], strict=False)
        )
    return said


class _Dues(NamedTuple):
    """The due days for clocks that start on consecutive London days, and their due instants in two shapes."""

    days: tuple[date, ...]
    instants: tuple[int, ...]
    #: 2**31 - due, as one lane of a very large integer.
    lanes: tuple[bytes, ...]


@lru_cache(maxsize=128)
def _dues(target: Target, calendar: Calendar, limit: int, first: date, last: date) -> _Dues:
    days = tuple(due_day_of(target, calendar, day, limit) for day in _each_day(first, last))
    instants = tuple(midnight_minutes(day + DAY) for day in days)
    return _Dues(days, instants, tuple((_SIGN - due).to_bytes(_LANE, sys.byteorder) for due in instants))


@lru_cache(maxsize=16)
def _midnights(first: date, last: date) -> tuple[int, ...]:
    return tuple(map(midnight_minutes, _each_day(first, last)))


def _each_day(first: date, last: date) -> Iterator[date]:
    return (first + n * DAY for n in range((last - first).days + 1))


def _day_of(minutes: int) -> date:
    return local_date(datetime.fromtimestamp(minutes * 60, UTC))


def _past(lanes: Sequence[bytes], ends: list[int], stops: array[int]) -> bytes:
    """The statuses where the due instant lies behind us: on time, late, or overdue.

    Every stop is compared with its due instant in one addition of two very large integers, in which each study has 32
    bits of its own. No carry crosses from one study to the next, since stop + 2**31 - due stays below 2**32.
    """
    if not ends:
        return b""
    dues = b"".join(map(mul, lanes, map(sub, ends, [0, *ends])))
    sums = int.from_bytes(dues, sys.byteorder) + int.from_bytes(memoryview(stops)[: ends[-1]].tobytes(), sys.byteorder)
    return sums.to_bytes(len(dues), sys.byteorder)[_TOP_BYTE::_LANE].translate(_STATUS_OF_TOP_BYTE)


def _recent(stops: array[int], due_day: date, now: datetime) -> bytes:
    """The statuses of one day's studies whose due instant lies ahead."""
    due_at = midnight_minutes(due_day + DAY)
    still_running = STATUSES.index(status_of(end_of(due_day), due_day, None, now))
    in_time, late = STATUSES.index("on_time"), STATUSES.index("breached_closed")
    return bytes([still_running if stop == NOT_YET else in_time if stop < due_at else late for stop in stops])
