"""What comes out of the form: what was read from a person, and the whole form as filled, ready to be shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from reporter.form.definition import Field, Section, Template
from reporter.form.printed import CodedFinding, Communication, Computation, Grade, Heading, Measurement, SegmentMap

#: An answer as stored: text (numbers are decimal text), a list of codes, or segment number to code.
Answer = str | Sequence[str] | Mapping[str, str]

SectionState = Literal["empty", "partial", "complete", "problem"]


@dataclass(frozen=True, slots=True)
class FormContext:
    """What the form needs to know and nobody types: the patient's dates and sex, and the site's settings."""

    reference_set: str | None = "kawel_boehm_2015"
    papillary: str | None = None
    bsa_formula: str | None = "mosteller"
    birth_date: date | None = None
    study_date: date | None = None
    #: Administrative sex. It is offered as the reference sex only when it is male or female.
    sex: str | None = None
    scanner: str | None = None
    field_strength: str | None = None
    #: What a person has confirmed as meant: `Problem.key` to `Problem.about`. See `reporter.form.answers.agreed`.
    confirmed: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def age_years(self) -> int | None:
        """Age in whole years on the day of the study; None when either date is not known."""
        if self.birth_date is None or self.study_date is None:
            return None
        had_birthday = (self.study_date.month, self.study_date.day) >= (self.birth_date.month, self.birth_date.day)
        return self.study_date.year - self.birth_date.year - (0 if had_birthday else 1)

    def default(self, name: str) -> str | None:
        """The value that stands for a field until somebody answers it; None when there is none."""
        if name == "sex":
            return self.sex if self.sex in ("male", "female") else None
        known = {
            "papillary": self.papillary,
            "bsa_formula": self.bsa_formula,
            "scanner": self.scanner,
            "field_strength": self.field_strength,
        }
        return known[name]


#: The names that a field may take its default from, and how the form says where the value came from.
DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "sex": "Taken from the patient's record; change it if the reference limits of another sex apply.",
        "papillary": "Taken from the site's settings; change it if this study was contoured differently.",
        "bsa_formula": "Taken from the site's settings.",
        "scanner": "Taken from the site's settings.",
        "field_strength": "Taken from the site's settings.",
    }
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from a submitted form. `answers` can always be stored: what was refused is not in it."""

    answers: Mapping[str, Answer]
    #: Field id (or the unknown name that was sent) to a sentence: the value was refused, the rest was kept.
    errors: Mapping[str, str]
    #: Field id to a question about an unlikely value. The value is kept; a person should confirm it.
    questions: Mapping[str, str]
    #: What was sent, so that a refused value can be shown to the person who typed it.
    raw: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps a report from being signed, or wants a look: a sentence and where to mend it."""

    field_ids: tuple[str, ...]
    sentence: str
    #: True when it stops a signature; False when it asks whether something is meant.
    stops: bool = True
    #: What a person ticks to confirm it: the field's id, or the check with its fields. "" where nothing can be ticked.
    key: str = ""
    #: What exactly is confirmed, so that a tick does not outlive it: the value asked about, or the sentence.
    about: str = ""


@dataclass(frozen=True, slots=True)
class FilledField:
    """One field with its answer: all that a page needs to draw it."""

    field: Field
    #: False when an earlier answer makes the question moot. Its stored value is kept and not reported.
    asked: bool
    #: As stored, or as computed, or the default that stands. None when there is none.
    value: Answer | None
    #: The value in words with no unit: "inferior", "44.3", "basal inferior and mid inferior".
    words: str | None
    #: The unit as printed: "mL/m²". None where there is none.
    unit: str | None
    computation: Computation | None = None
    grade: Grade | None = None
    #: Why there is no value or no grade, or where a default came from.
    note: str | None = None
    #: Why what was just typed was refused.
    error: str | None = None
    #: An unlikely value that nobody has confirmed yet.
    question: str | None = None
    #: HTML control name to what stands in it, the refused text included: `lv_edv`, `lge_segments.4`.
    inputs: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    #: True when the value is a default that nobody has touched.
    defaulted: bool = False
    #: True when the report cannot be signed without an answer to this.
    required: bool = False

    @property
    def text(self) -> str:
        """What stands in a single text box or is the chosen option: "" when nothing."""
        given = self.inputs.get(self.field.id, ())
        return given[0] if given else ""

    @property
    def answered(self) -> bool:
        """Is there a value to report?"""
        return self.asked and self.value is not None


@dataclass(frozen=True, slots=True)
class FilledSection:
    """One section with its fields and how far it is."""

    section: Section
    fields: tuple[FilledField, ...]
    state: SectionState

    @property
    def id(self) -> str:
        """The section's id."""
        return self.section.id

    @property
    def title(self) -> str:
        """The section's title."""
        return self.section.title


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A template with answers: what is shown, what is still missing, and what the report would say."""

    template: Template
    #: As stored, the answers of questions that are no longer asked included.
    answers: Mapping[str, Answer]
    sections: tuple[FilledSection, ...]
    missing: tuple[Problem, ...]
    contradictions: tuple[Problem, ...]
    questions: tuple[Problem, ...]
    findings: tuple[Heading, ...]
    impression_draft: tuple[str, ...]
    measurements: tuple[Measurement, ...]
    segment_maps: tuple[SegmentMap, ...]
    coded_findings: tuple[CodedFinding, ...]
    communications: tuple[Communication, ...]
    #: The answers that are reported: asked, with the defaults that stand; what `ReportDocument.answers` holds.
    reported: Mapping[str, Answer] = dataclasses.field(default_factory=dict)
    #: The same and the computed values, parsed: numbers as Decimal. What checks and phrases see.
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)
    context: FormContext = dataclasses.field(default_factory=FormContext)

    def __getitem__(self, field_id: str) -> FilledField:
        """The filled field with this id; raises KeyError when the form has none."""
        for section in self.sections:
            for filled in section.fields:
                if filled.field.id == field_id:
                    return filled
        raise KeyError(field_id)

    def number(self, field_id: str) -> Decimal | None:
        """A reported or computed number by its field id; None when there is none."""
        value = self.values.get(field_id)
        return value if isinstance(value, Decimal) else None
