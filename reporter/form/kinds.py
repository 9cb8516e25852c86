"""The kinds of answer a field can take: each reads what a person sent, and says in words what is stored.

A kind looks at the shape of one answer only. Whether the form is complete and makes sense is not its business.
"""
# ruff: noqa: ARG002  # every kind has the same three verbs with the same arguments; not every kind needs them all

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from reporter.cmr.numbers import NotANumber, read_number
from reporter.cmr.segments import in_words, listed
from reporter.cmr.units import with_unit

if TYPE_CHECKING:
    from reporter.form.definition import Field

#: An answer as stored: text (numbers are decimal text), a list of codes, or segment number to code.
Stored = str | Sequence[str] | Mapping[str, str]
#: What a page sends: each control's name and its values.
Sent = Mapping[str, Sequence[str]]

_LONDON = ZoneInfo("Europe/London")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LONGEST = {"text": 500, "long_text": 20_000}


class Refused(ValueError):
    """The value cannot be stored; its text is a sentence for the person who typed it."""


class Kind:
    """One kind of answer. `name` is how YAML and pages call it."""

    name = ""

    def read(self, field: Field, sent: Sent, kept: Stored | None) -> Stored | None:
        """What to store for the controls that were sent; None for a blank. Raises Refused with a sentence."""
        values = [v for v in (value.strip() for value in sent.get(field.id, ())) if v]
        if not values:
            return None
        if len(set(values)) > 1:
            raise Refused(f"{field.ask} was sent more than once with different values. Give it once.")
        return self.one(field, values[0])

    def one(self, field: Field, text: str) -> str:
        """What to store for a text that is not blank. Raises Refused with a sentence."""
        raise NotImplementedError

    def write(self, field: Field, stored: Stored) -> dict[str, tuple[str, ...]]:
        """The controls that would send this stored value: the inverse of `read`."""
        return {field.id: (str(stored),)}

    def words(self, field: Field, stored: Stored) -> str:
        """The stored value as a person reads it, without its unit."""
        return str(stored)


class Text(Kind):
    """One line of words."""

    name = "text"

    def one(self, field: Field, text: str) -> str:
        """The line as typed; a line break becomes a space."""
        return _clean(field, re.sub(r"[\r\n]+", " ", text), _LONGEST["text"])


class LongText(Kind):
    """Words in paragraphs; line breaks are kept."""

    name = "long_text"

    def one(self, field: Field, text: str) -> str:
        """The text as typed with one kind of line break."""
        return _clean(field, text.replace("\r\n", "\n").replace("\r", "\n"), _LONGEST["long_text"])


def _clean(field: Field, text: str, longest: int) -> str:
    if _UNPRINTABLE.search(text):
        raise Refused(f"{field.ask} has a character that cannot be printed. Delete it, or type the text again.")
    if len(text) > longest:
        raise Refused(f"{field.ask} has {len(text)} characters; at most {longest} can be kept. Shorten it.")
    return text


class Number(Kind):
    """A decimal number, kept as the text that was typed: never a binary fraction."""

    name = "number"

    def one(self, field: Field, text: str) -> str:
        """Decimal text inside the hard bounds. Raises Refused outside them or for anything but a number."""
        value = _decimal(field, text)
        places = self.places(field)
        exponent = value.as_tuple().exponent
        if places is not None and isinstance(exponent, int) and -exponent > places:
            raise Refused(_too_fine(field, places))
        if field.hard and not field.hard.holds(value):
            remedy = field.hard.help or "Check the value and its unit."
            limits = with_unit(field.hard.in_words(), field.unit or "")
            raise Refused(f"{field.ask} must be {limits}; {value} was typed. {remedy}")
        return str(value)

    def places(self, field: Field) -> int | None:
        """How many decimals may be typed; None for as many as one likes."""
        return field.decimals


class Integer(Number):
    """A whole number."""

    name = "integer"

    def places(self, field: Field) -> int | None:
        """None may be typed."""
        return 0


def _decimal(field: Field, text: str) -> Decimal:
    try:
        value = read_number(text)
    except NotANumber as error:
        raise Refused(f"{field.ask}: {error}") from None
    return value if value else abs(value)


def _too_fine(field: Field, places: int) -> str:
    if places == 0:
        return f"{field.ask} must be a whole number."
    return f"{field.ask} takes at most {places} decimal{'s' if places > 1 else ''}."


class OneChoice(Kind):
    """One of the field's choices, kept as its code."""

    name = "choice"

    def one(self, field: Field, text: str) -> str:
        """The code. Raises Refused for a code that the field does not offer."""
        if field.words_for(text) is None:
            raise Refused(_not_offered(field))
        return text

    def words(self, field: Field, stored: Stored) -> str:
        """The words of the choice."""
        return field.words_for(str(stored)) or str(stored)


class ManyChoices(Kind):
    """Any number of the field's choices, kept as a list of codes in the template's order."""

    name = "choices"

    def read(self, field: Field, sent: Sent, kept: Stored | None) -> Stored | None:
        """The codes that were ticked. A page sends one blank besides, so that unticking all is heard."""
        ticked = {v for v in (value.strip() for value in sent.get(field.id, ())) if v}
        if any(field.words_for(code) is None for code in ticked):
            raise Refused(_not_offered(field))
        return [choice.code for choice in field.choices if choice.code in ticked] or None

    def write(self, field: Field, stored: Stored) -> dict[str, tuple[str, ...]]:
        """One value for each tick."""
        return {field.id: tuple(stored)}

    def words(self, field: Field, stored: Stored) -> str:
        """The words of the choices: "arrhythmia, motion and other"."""
        return listed(field.words_for(code) or code for code in stored)


def _not_offered(field: Field) -> str:
    offered = ", ".join(choice.words for choice in field.choices)
    return f"{field.ask}: choose one of those offered ({offered})."


class Day(Kind):
    """A calendar day, kept as YYYY-MM-DD."""

    name = "date"

    def one(self, field: Field, text: str) -> str:
        """The day; day-first British writing is understood. Raises Refused for anything else."""
        british = _DAY_FIRST.fullmatch(text)
        iso = f"{british[3]}-{british[2]:0>2}-{british[1]:0>2}" if british else text
        try:
            day = date.fromisoformat(iso if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", iso) else "")
        except ValueError:
            raise Refused(f"{field.ask} must be a date that exists, as in 23/11/2026.") from None
        if not 1900 <= day.year <= 2199:
            raise Refused(f"{field.ask} must lie between 1900 and 2199; check the year.")
        return day.isoformat()

    def words(self, field: Field, stored: Stored) -> str:
        """The day in words: "23 November 2026"."""
        day = date.fromisoformat(str(stored))
        return f"{day.day} {day:%B %Y}"


class Moment(Kind):
    """An instant, typed and shown in London time, kept in UTC."""

    name = "datetime"

    def one(self, field: Field, text: str) -> str:
        """The instant in UTC. Raises Refused for what is no time, or for one that the clocks skipped."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise Refused(f"{field.ask} must be a date and a time, as in 23/11/2026 at 14:30.") from None
        if not 1900 <= moment.year <= 2199:
            raise Refused(f"{field.ask} must lie between 1900 and 2199; check the year.")
        if moment.tzinfo is None:
            local = moment.replace(tzinfo=_LONDON)
            if local.astimezone(UTC).astimezone(_LONDON).replace(tzinfo=None) != moment:
                raise Refused(f"{field.ask}: the clocks went forward over that time. Give the time shown on the clock.")
            moment = local
        return moment.astimezone(UTC).isoformat(timespec="minutes")

    def write(self, field: Field, stored: Stored) -> dict[str, tuple[str, ...]]:
        """The local time, as a date-and-time control takes it."""
        local = datetime.fromisoformat(str(stored)).astimezone(_LONDON)
        # The second pass through a repeated hour can only be told from the first with its offset.
        text = local.isoformat(timespec="minutes") if local.fold else f"{local:%Y-%m-%dT%H:%M}"
        return {field.id: (text,)}

    def words(self, field: Field, stored: Stored) -> str:
        """The instant in London time: "23 November 2026 at 14:30"."""
        local = datetime.fromisoformat(str(stored)).astimezone(_LONDON)
        return f"{local.day} {local:%B %Y at %H:%M}"


class SegmentWords(Kind):
    """A word for each segment of the left ventricle. A segment without a word was not assessed."""

    def __init__(self, segments: int) -> None:
        self.name = f"segments{segments}"
        self.segments = segments

    def read(self, field: Field, sent: Sent, kept: Stored | None) -> Stored | None:
        """The kept map with the segments that were sent put over it; a blank takes a segment's word away."""
        found = dict(kept) if isinstance(kept, Mapping) else {}
        for number in range(1, self.segments + 1):
            values = sent.get(f"{field.id}.{number}")
            if values is None:
                continue
            given = [v for v in (value.strip() for value in values) if v]
            if not given:
                found.pop(str(number), None)
            elif len(set(given)) > 1 or field.words_for(given[0]) is None:
                raise Refused(f"Segment {number}: {_not_offered(field)}")
            else:
                found[str(number)] = given[0]
        return {str(n): found[str(n)] for n in range(1, self.segments + 1) if str(n) in found} or None

    def write(self, field: Field, stored: Stored) -> dict[str, tuple[str, ...]]:
        """One control for each assessed segment: `lge_segments.4`."""
        return {f"{field.id}.{n}": (word,) for n, word in stored.items()} if isinstance(stored, Mapping) else {}

    def words(self, field: Field, stored: Stored) -> str:
        """The map in words: "akinetic: basal inferior; normal: 16 segments"."""
        return map_in_words(field, stored) if isinstance(stored, Mapping) else ""


#: What most segments are and nobody needs to hear one by one.
_UNREMARKABLE = ("normal", "0")


def map_in_words(field: Field, stored: Mapping[str, str]) -> str:
    """A segment map in words, in the order of the palette; what is unremarkable comes last and is only counted."""
    segments = field.segments or 17
    by_word: dict[str, set[int]] = {choice.code: set() for choice in field.choices}
    for number, word in stored.items():
        by_word.setdefault(word, set()).add(int(number))
    parts = [
        f"{field.words_for(w) or w}: {in_words(ns, segments)}"
        for w, ns in by_word.items()
        if ns and w not in _UNREMARKABLE
    ]
    for word in _UNREMARKABLE:
        if by_word.get(word):
            count = len(by_word[word])
            where = f"all {segments} segments" if count == segments else _counted(count)
            parts.append(f"{field.words_for(word)}: {where}")
    blank = segments - len(stored)
    if blank and not field.is_computed:
        parts.append(f"not assessed: {_counted(blank)}")
    return "; ".join(parts)


def _counted(count: int) -> str:
    return f"{count} segment{'' if count == 1 else 's'}"


class Computed(Kind):
    """A value that the machine works out. It cannot be typed."""

    name = "computed"

    def read(self, field: Field, sent: Sent, kept: Stored | None) -> Stored | None:
        """Always Refused: there is nothing to read."""
        raise Refused(f"{field.ask} is worked out from other answers and cannot be typed. Change those instead.")

    def write(self, field: Field, stored: Stored) -> dict[str, tuple[str, ...]]:
        """Nothing: it has no control."""
        return {}

    def words(self, field: Field, stored: Stored) -> str:
        """The value in words, by what the field gives."""
        if isinstance(stored, Mapping):
            return map_in_words(field, stored)
        return field.words_for(str(stored)) or str(stored)


#: Every kind by the name that YAML uses.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Text(),
            LongText(),
            Number(),
            Integer(),
            OneChoice(),
            ManyChoices(),
            Day(),
            Moment(),
            SegmentWords(17),
            SegmentWords(16),
            Computed(),
        )
    }
)
