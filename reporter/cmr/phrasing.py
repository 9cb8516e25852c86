"""What a phrase is: a named function from facts to sentences; and the small change of wording that all of them use.

Phrases restate fields and computed values. They infer nothing, and about a field without an answer they say nothing:
a blank is never said as normal, and "not assessed" is said as such or left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from reporter.cmr.facts import Facts, grade_of, number
from reporter.cmr.formula import printed
from reporter.cmr.segments import BY_NUMBER, listed, walls_in_words
from reporter.cmr.units import with_unit

Phrase: TypeAlias = Callable[[Facts], tuple[str, ...]]

_PHRASES: dict[str, Phrase] = {}
#: Every phrase by name, once `reporter.cmr.words` is imported.
PHRASES: Mapping[str, Phrase] = MappingProxyType(_PHRASES)

#: Transmural extent as printed.
EXTENT = {"0": "0 %", "1_25": "1–25 %", "26_50": "26–50 %", "51_75": "51–75 %", "76_100": "76–100 %"}
EXTENT_ORDER = ("76_100", "51_75", "26_50", "1_25")
PATTERN = {
    "subendocardial": "subendocardial",
    "transmural": "transmural",
    "mid_wall": "mid-wall",
    "subepicardial": "subepicardial",
    "rv_insertion": "RV insertion point",
    "patchy": "patchy",
    "diffuse": "diffuse",
}


def phrase(say: Callable[[Facts], Iterable[str | None]]) -> Phrase:
    """Register a function that yields sentences (None for nothing to say) as the phrase of its own name."""
    name = say.__name__
    if name in _PHRASES:
        raise ValueError(f"Two phrases have the name {name!r}.")

    def sentences(facts: Facts) -> tuple[str, ...]:
        return tuple(sentence for sentence in say(facts) if sentence)

    sentences.__name__, sentences.__doc__ = name, say.__doc__
    _PHRASES[name] = sentences
    return sentences


def sentence(*parts: str | None, joined_by: str = ", ") -> str | None:
    """The parts that are there, as one sentence with its capital and its full stop; None when none is there."""
    said = joined_by.join(part for part in parts if part)
    if not said:
        return None
    if not said[1:2].isupper():  # "eGFR" keeps its own
        said = said[0].upper() + said[1:]
    return said if said.endswith((".", "?", "!")) else f"{said}."


def value(facts: Facts, field: str, unit: str, places: int | None = None) -> str | None:
    """The field's number and unit, as typed or to `places` decimals; None when it has no number."""
    found = number(facts, field)
    if found is None:
        return None
    return with_unit(f"{found:f}" if places is None else printed(found, places), unit)


def graded(facts: Facts, field: str, unit: str, places: int | None = None) -> str | None:
    """ "103 mL/m², normal": the number with its grade where it has one."""
    words = value(facts, field, unit, places)
    grade = grade_of(facts, field)
    return f"{words}, {grade.word}" if words and grade else words


def with_index(facts: Facts, field: str, unit: str, index: str, index_unit: str) -> str | None:
    """ "212 mL (103 mL/m², normal)": a measurement with its index; the index is what is graded when both are."""
    whole = value(facts, field, unit)
    indexed = graded(facts, index, index_unit, 0)
    if whole and indexed:
        return f"{whole} ({indexed})"
    grade = grade_of(facts, field)
    return f"{whole} ({grade.word})" if whole and grade else whole


def rest_of(scores: Mapping[int, str], of: Literal[16, 17]) -> list[int]:
    """The segments of the model that have no score."""
    return [segment for segment in BY_NUMBER if segment <= of and segment not in scores]


def not_assessed(what: str, scores: Mapping[int, str], of: Literal[16, 17]) -> str | None:
    """ "Wall motion was not assessed in the apex.", when some segments have a score and others have none."""
    blank = rest_of(scores, of)
    return f"{what} was not assessed in {walls_in_words(blank, of)}." if scores and blank else None


def grouped(scores: Mapping[int, str], order: Iterable[str]) -> list[tuple[str, list[int]]]:
    """The segments of each score, in the given order of scores; scores that nobody has are left out."""
    found = [(score, [segment for segment, given in scores.items() if given == score]) for score in order]
    return [(score, segments) for score, segments in found if segments]


def usual_territory(arteries: Iterable[str]) -> str | None:
    """ "usual territory of the RCA and LCx": the standard assignment, said as such."""
    names = list(arteries)
    return f"usual territory of the {listed(names)}" if names else None


def count_of(segments: int, whole: Literal[16, 17]) -> str:
    """ "4 of 16 segments"."""
    return f"{segments} of {whole} segments"


def counted(segments: int) -> str:
    """ "1 segment", "12 segments"."""
    return f"{segments} segment{'' if segments == 1 else 's'}"
