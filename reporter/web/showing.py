"""How things are written on a page: times in London, names, NHS numbers, ages, how long until. Pure functions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
#: What stands where there is nothing to say: not a zero, not "normal".
BLANK = "–"


def moment(when: datetime | None) -> str:
    """`Mon 30 Nov 2026, 17:05`, London time."""
    if when is None:
        return BLANK
    local = when.astimezone(LONDON)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def short_moment(when: datetime | None) -> str:
    """`30 Nov 17:05`, London time, for tables."""
    if when is None:
        return BLANK
    local = when.astimezone(LONDON)
    return f"{local.day} {local:%b %H:%M}"


def day(when: date | datetime | None) -> str:
    """`30 Nov 2026`; a datetime is taken to its London day."""
    if when is None:
        return BLANK
    if isinstance(when, datetime):
        when = when.astimezone(LONDON).date()
    return f"{when.day} {when:%b %Y}"


def birth(when: date | None) -> str:
    """`07-Mar-1962`: the date format of the NHS patient banner, which can't be read the other way round."""
    return BLANK if when is None else f"{when:%d-%b-%Y}"


def clock_time(when: datetime) -> str:
    """`17:05:09`, London time, for "saved at"."""
    return f"{when.astimezone(LONDON):%H:%M:%S}"


def age(born: date | None, on: datetime) -> int | None:
    """Completed years on the London day of `on`."""
    if born is None:
        return None
    today = on.astimezone(LONDON).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def nhs_number(number: str | None) -> str:
    """`999 123 4567`: grouped as it is read out."""
    if not number:
        return BLANK
    digits = number.replace(" ", "")
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}" if len(digits) == 10 else number


def nhs_tail(number: str | None) -> str:
    """The last four digits, for lists: enough to tell two patients of one name apart."""
    return BLANK if not number else f"…{number.replace(' ', '')[-4:]}"


def person(family: str | None, given: str | None, title: str | None = None) -> str:
    """`MARSH, Ada (Ms)`: family name in capitals first, as on the NHS patient banner."""
    name = (family or "").upper()
    if given:
        name = f"{name}, {given}" if name else given
    return f"{name} ({title})" if title and name else name or "Name not given"


def span(length: timedelta) -> str:
    """A length of time in its two largest units: `3 d 4 h`, `2 h 10 min`, `45 min`, `20 s`."""
    seconds = int(abs(length).total_seconds())
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{left} s"


def until(when: datetime | None, now: datetime) -> str:
    """`in 3 d 4 h` or `2 h 10 min over`."""
    if when is None:
        return BLANK
    left = when - now
    return f"in {span(left)}" if left >= timedelta(0) else f"{span(left)} over"


def ago(when: datetime | None, now: datetime) -> str:
    """`4 min ago`; `just now` inside a minute."""
    if when is None:
        return "never"
    gone = now - when
    return "just now" if gone < timedelta(minutes=1) else f"{span(gone)} ago"


def words_of(code: str | None) -> str:
    """A code such as `due_today` as words: `due today`."""
    return BLANK if code is None else str(code).replace("_", " ")


def sex(code: str | None) -> str:
    """The administrative sex as a word with a capital."""
    return {"male": "Male", "female": "Female", "other": "Other", "unknown": "Sex not known"}.get(code or "", BLANK)


def iso(when: datetime | date | None) -> str:
    """For the `datetime` attribute of `<time>`."""
    if when is None:
        return ""
    return when.astimezone(UTC).isoformat(timespec="seconds") if isinstance(when, datetime) else when.isoformat()


def same_day(one: datetime, other: datetime) -> bool:
    """Whether two instants fall on one London day; a due instant at midnight belongs to the day before it."""
    return (one - timedelta(microseconds=1)).astimezone(LONDON).date() == other.astimezone(LONDON).date()


def last_day(due_at: datetime) -> str:
    """`Mon 30 Nov`: the last day that is in time, for a due instant that is itself too late."""
    local = (due_at - timedelta(microseconds=1)).astimezone(LONDON)
    return f"{local:%a} {local.day} {local:%b}"


def state_words(state: str) -> str:
    """A report's state as people here say it."""
    return {"unreported": "unreported", "submitted": "to sign", "amending": "being amended"}.get(state, words_of(state))


FILTERS = {
    "moment": moment,
    "short_moment": short_moment,
    "day": day,
    "birth": birth,
    "clock_time": clock_time,
    "nhs_number": nhs_number,
    "nhs_tail": nhs_tail,
    "span": span,
    "words_of": words_of,
    "sex": sex,
    "iso": iso,
}
FUNCTIONS = {
    "age": age,
    "until": until,
    "ago": ago,
    "person_name": person,
    "same_day": same_day,
    "last_day": last_day,
    "state_words": state_words,
}
