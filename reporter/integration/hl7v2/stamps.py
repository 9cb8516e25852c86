"""HL7 time stamps (TS) to instants. A stamp without an offset is on the clock of the sender's wall."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_STAMP = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?)?)?)?([+-]\d{4})?\Z"
)


@dataclass(frozen=True, slots=True)
class Instant:
    """A time in UTC, and what was not certain about it (None where nothing)."""

    at: datetime
    flag: str | None = None


def instant(text: str, zone: str) -> Instant | None:
    """The instant of a stamp; None for one that is no stamp.

    A naive stamp in the hour that the clock skips in spring is taken as the instant after the gap, and one in the hour
    that it repeats in autumn as the first of the two; both are flagged. A bare date is the beginning of that day.
    """
    found = _STAMP.match(text.strip())
    if found is None or found[2] is None or found[3] is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    micro = int((found[7] or "0").ljust(6, "0"))
    flag = None if found[4] else "has a date and no time; the beginning of that day was taken"
    try:
        wall = datetime(year, month, day, hour, minute, min(second, 59), micro)  # noqa: DTZ001 - the zone follows
        if found[8]:
            return Instant(wall.replace(tzinfo=_offset(found[8])).astimezone(UTC), flag)
        at, doubt = _local(wall, ZoneInfo(zone))
    except (ValueError, OverflowError):
        return None
    return Instant(at, doubt or flag)


def day(text: str) -> date | None:
    """The date of a stamp (its first eight digits), as for a date of birth; None for one that is no date."""
    found = re.match(r"(\d{4})(\d{2})(\d{2})", text.strip())
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def stamp(at: datetime, zone: str = "Europe/London") -> str:
    """An instant as an HL7 stamp to the second, local time with its offset: `20261130101500+0000`."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y%m%d%H%M%S%z")


def _offset(text: str) -> timezone:
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[3:5])))


def _local(wall: datetime, zone: ZoneInfo) -> tuple[datetime, str | None]:
    first = wall.replace(tzinfo=zone, fold=0)
    second = wall.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC), None
    there_and_back = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    if there_and_back != wall:
        # Spring: with the offset from before the gap the same instant reads an hour later on the wall.
        return first.astimezone(UTC), "stands in the hour that the clock skipped; the instant after the gap was taken"
    return first.astimezone(UTC), "stands in the hour that the clock repeated; the first of the two was taken"
