"""What a template is: sections of fields, each saying what it asks, what it takes and what it says on the report.

A template is read from YAML by `reporter.form.reading`; nothing here knows where it came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from reporter.form.kinds import Kind

#: SCMR 2022 reporting guideline (Hundley, JCMR 24:29): recommended, recommended if acquired or present, optional.
#: Only `required` stops a signature; none of the three stops a draft.
Level = Literal["required", "if_present", "optional"]

#: What a computed field gives: one number, one of its choices, or a word for each segment.
Gives = Literal["number", "choice", "segments16", "segments17"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that can be given: its code as stored and its words as shown and printed."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A field is asked only when an earlier field has one of these answers."""

    field: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits for a number, in the field's unit. `help` is said when a value falls outside."""

    low: Decimal | None
    high: Decimal | None
    #: True when `low` itself is outside: an ejection fraction of exactly 1 % is a fraction typed as per cent.
    low_is_outside: bool = False
    help: str = ""

    def holds(self, value: Decimal) -> bool:
        """Does the value lie inside?"""
        if self.low is not None and (value < self.low or (self.low_is_outside and value == self.low)):
            return False
        return self.high is None or value <= self.high

    def in_words(self) -> str:
        """The limits as a reader says them: "60 to 350", "above 1 and up to 95"."""
        if self.low is not None and self.high is not None:
            if self.low_is_outside:
                return f"above {self.low} and up to {self.high}"
            return f"{self.low} to {self.high}"
        if self.low is not None:
            return f"above {self.low}" if self.low_is_outside else f"{self.low} or more"
        return f"up to {self.high}"


@dataclass(frozen=True, slots=True)
class Compute:
    """A named formula of `reporter.cmr.quantities` and the field that stands in for each of its inputs."""

    formula: str
    #: (name of the formula's argument, id of the field), in the order in which they are shown.
    inputs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. `id` is what is stored; `ask` is what is shown."""

    id: str
    kind: Kind
    ask: str
    level: Level = "optional"
    #: The level is `required` when all of these hold, whatever it is otherwise.
    required_when: tuple[Condition, ...] = ()
    #: UCUM; None where the answer has no unit.
    unit: str | None = None
    choices: tuple[Choice, ...] = ()
    when: tuple[Condition, ...] = ()
    hard: Bounds | None = None
    soft: Bounds | None = None
    #: How many decimals a typed number may have, and how many a computed one is printed with.
    decimals: int | None = None
    gives: Gives = "number"
    #: For a computed field: one formula, or one for each answer of `compute_by`.
    compute: Mapping[str, Compute] = field(default_factory=dict)
    compute_by: str | None = None
    #: A computed opinion that a person confirms by answering this field themselves.
    suggest: Compute | None = None
    #: The name in the form's context whose value stands until somebody answers: `site` settings, the order.
    default_from: str | None = None
    #: The measure in the reference sets that grades this number.
    grade: str | None = None
    help: str = ""
    #: A sentence, or one sentence for each choice. `$value` and `$other_field` stand for answers in words.
    say: str | Mapping[str, str] | None = None
    #: Set where the choices or limits are not published ones.
    provenance: str | None = None
    #: False for a number that is told in the technique and is no measurement of the heart: a dose, a duration.
    measured: bool = True
    #: Where the field stands, for messages: file name and line.
    file: str = ""
    line: int = 0

    @property
    def is_computed(self) -> bool:
        """Is this worked out by the machine rather than typed?"""
        return bool(self.compute)

    @property
    def segments(self) -> Literal[16, 17] | None:
        """How many segments its map has; None when it is no map."""
        name = self.gives if self.is_computed else self.kind.name
        return 16 if name == "segments16" else 17 if name == "segments17" else None

    def words_for(self, code: str) -> str | None:
        """The words of one of its choices; None when there is no such choice."""
        return next((c.words for c in self.choices if c.code == code), None)


@dataclass(frozen=True, slots=True)
class Section:
    """A group of fields under one title, as one screen of the form and one heading of the findings."""

    id: str
    title: str
    fields: tuple[Field, ...]
    #: The heading of its sentences on the report; the title unless the template says otherwise.
    heading: str
    #: Named phrases of `reporter.cmr.words` that speak for the section, before the fields' own sentences.
    phrases: tuple[str, ...] = ()
    #: "lv.v1" when the section came from a shared block.
    block: str | None = None
    help: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A form by indication, at one version. Released versions never change: `sha256` is over file and blocks."""

    id: str
    version: int
    title: str
    indication: str
    sections: tuple[Section, ...]
    #: Names in `reporter.cmr.checks`, in the order in which they are run.
    checks: tuple[str, ...]
    #: Named phrases whose lines make the impression's draft, most important first.
    impression: tuple[str, ...]
    sha256: str
    #: The files it was read from, the template's own first.
    files: tuple[str, ...]
    by_id: Mapping[str, Field] = field(default_factory=dict, repr=False, compare=False)
    section_of: Mapping[str, Section] = field(default_factory=dict, repr=False, compare=False)

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every field, in reading order."""
        return tuple(self.by_id.values())
