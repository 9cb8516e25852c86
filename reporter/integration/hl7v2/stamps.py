"""HL7 time stamps (TS) to instants. A stamp without an offset is on the clock of the sender's wall."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from reporter.governance.times import LONDON, from_wall_clock

_STAMP = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?)?)?)?([+-]\d{4})?\Z"
)


@dataclass(frozen=True, slots=True)
class Instant:
    """A time in UTC, and what was not certain about it (None where nothing)."""

    at: datetime
    flag: str | None = None


_ODD = {
    "nonexistent": "stands in the hour that the clock skipped; the instant after the gap was taken",
    "ambiguous": "stands in the hour that the clock repeated; the first of the two was taken",
}


def instant(text: str, zone: str) -> Instant | None:
    """The instant of a stamp; None for one that is no stamp. `zone` is Europe/London or UTC.

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
        at, odd = from_wall_clock(wall) if zone == "Europe/London" else (wall.replace(tzinfo=UTC), None)
    except (ValueError, OverflowError):
        return None
    return Instant(at, _ODD[odd] if odd else flag)


def day(text: str) -> date | None:
    """The date of a stamp (its first eight digits), as for a date of birth; None for one that is no date."""
    found = re.match(r"(\d{4})(\d{2})(\d{2})", text.strip())
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def stamp(at: datetime) -> str:
    """An instant as an HL7 stamp to the second, London time with its offset: `20261130101500+0000`."""
    return at.astimezone(LONDON).strftime("%Y%m%d%H%M%S%z")


def _offset(text: str) -> timezone:
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[3:5])))
