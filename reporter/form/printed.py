"""What a filled form puts on paper: measurements, maps, findings and sentences, as values without behaviour.

They stand here and not beside the report document because the form makes them and the report only carries them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Code:
    """A code from `reporter.cmr.codes`: the system's URI, the code, its display."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Computation:
    """How a computed value came about, to be shown beside it: formula in words and inputs as printed."""

    formula: str
    inputs: tuple[tuple[str, str], ...]
    source: str


@dataclass(frozen=True, slots=True)
class Grade:
    """A value placed in a named reference set: the word, and the limits that gave it."""

    word: str
    #: "below", "within" or "above" the set's limits.
    side: Literal["below", "within", "above"]
    limits: str
    reference_set: str
    source: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number on the report. `value` is decimal text exactly as printed; `unit` is UCUM."""

    id: str
    label: str
    value: str
    unit: str
    code: Code | None = None
    computation: Computation | None = None
    grade: Grade | None = None


@dataclass(frozen=True, slots=True)
class SegmentMap:
    """One bull's-eye: a word for each assessed segment. A segment that is not a key was not assessed."""

    id: str
    label: str
    segments: Literal[16, 17]
    values: Mapping[str, str]
    #: The palette: answer code to the words printed for it.
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CodedFinding:
    """A choice that has a code (or a local code): what was asked and what was answered."""

    id: str
    label: str
    answer: str
    words: str
    code: Code | None = None
    answer_code: Code | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the findings with its sentences, in reading order."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Communication:
    """An urgent finding and how it reached a named human before signing."""

    finding: str
    level: str
    told_to: str | None
    told_at: datetime | None
    how: str | None
    reason_not_told: str | None = None
