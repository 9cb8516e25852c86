"""The report document: everything clinical that a signer saw, as one frozen value with one canonical text.

The canonical text is what is hashed, stored for ever, shown on the signing page and rendered to HL7, FHIR and
PDF. Two documents are the same report exactly when their canonical texts are equal.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from reporter.form.printed import (
    Code,
    CodedFinding,
    Communication,
    Computation,
    Grade,
    Heading,
    Measurement,
    SegmentMap,
)

#: The parts of a document that the form makes are made there; they are read from here like the rest.
__all__ = [
    "SCHEMA",
    "Code",
    "CodedFinding",
    "Communication",
    "Computation",
    "Grade",
    "Heading",
    "Kind",
    "LocalIdentifier",
    "Measurement",
    "PatientClass",
    "PatientOnReport",
    "PersonOnReport",
    "ReportDocument",
    "SegmentMap",
    "Sex",
    "SignatureOnReport",
    "SignedVersion",
    "SiteOnReport",
    "StudyOnReport",
    "TemplateOnReport",
    "from_canonical",
    "sha256_of",
]

#: Bumped when the shape of the canonical text changes, so that an old version can be read as what it was.
SCHEMA = "cmr-report/1"

Kind = Literal["original", "amendment", "addendum"]
#: A patient's sex as held by the hospital. The sex used to choose reference limits is an answer on the form.
Sex = Literal["male", "female", "other", "unknown"]
PatientClass = Literal["inpatient", "outpatient", "emergency", "unknown"]


@dataclass(frozen=True, slots=True)
class LocalIdentifier:
    """A hospital number and the authority that gave it (for HL7 PID-3 components 1 and 4)."""

    value: str
    authority: str


@dataclass(frozen=True, slots=True)
class PatientOnReport:
    """The patient as identified when the report was signed."""

    patient_id: str
    family: str
    given: str
    title: str | None
    birth_date: date | None
    sex: Sex
    nhs_number: str | None
    #: False when the number fails its modulus-11 check; it is then carried and flagged, never dropped.
    nhs_number_valid: bool
    local_identifiers: tuple[LocalIdentifier, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonOnReport:
    """A named professional: who asked, who drafted, who signed. RCR asks for name, grade and registration."""

    person_id: str | None
    name: str
    family: str | None = None
    given: str | None = None
    title: str | None = None
    role: str | None = None
    grade: str | None = None
    #: "GMC", "HCPC", "NMC"; None where the sender gave no register.
    registration_body: str | None = None
    registration_number: str | None = None
    cmr_level: int | None = None


@dataclass(frozen=True, slots=True)
class SiteOnReport:
    """The scanning site (ODS site code) and the organisation it belongs to (ODS organisation code)."""

    code: str
    name: str
    organisation_code: str
    organisation_name: str


@dataclass(frozen=True, slots=True)
class StudyOnReport:
    """The order and the examination that this report answers."""

    study_id: str
    accession: str
    placer_order: str | None
    filler_order: str | None
    procedure: str
    procedure_code: str | None
    clinical_question: str
    patient_class: PatientClass
    requested_at: datetime | None
    performed_at: datetime | None
    requester: PersonOnReport | None


@dataclass(frozen=True, slots=True)
class TemplateOnReport:
    """Which form was filled in, pinned by version and by the hash of its text with its blocks."""

    id: str
    version: int
    title: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """Everything clinical on one version of a report. See the module's first paragraph."""

    report_id: str
    version: int
    kind: Kind
    #: Why an amendment or addendum was made; None on the original.
    reason: str | None
    site: SiteOnReport
    patient: PatientOnReport
    study: StudyOnReport
    template: TemplateOnReport
    reference_set: str | None
    engine_version: str
    #: The answers as stored: decimal text, choice codes, lists, segment maps. Enough to re-open the form.
    answers: Mapping[str, Any]
    #: The answer to the clinical question in one line, as the reporter wrote it.
    answer: str
    impression: tuple[str, ...]
    recommendations: tuple[str, ...]
    findings: tuple[Heading, ...]
    measurements: tuple[Measurement, ...]
    segment_maps: tuple[SegmentMap, ...]
    coded_findings: tuple[CodedFinding, ...]
    communications: tuple[Communication, ...]
    drafted_by: PersonOnReport | None
    #: One line stating who drafted under whose delegation, or that the consultant reported alone.
    delegation: str

    def canonical(self) -> str:
        """The one text of this document: sorted keys, no insignificant space, numbers only as text."""
        return json.dumps({"schema": SCHEMA, **_plain(self)}, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def sha256(self) -> str:
        """SHA-256 of the canonical text in UTF-8, as 64 lower-case hex digits."""
        return sha256_of(self.canonical())


def sha256_of(text: str) -> str:
    """SHA-256 of a text in UTF-8, as lower-case hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def from_canonical(text: str) -> ReportDocument:
    """The document that a canonical text says. Raises ValueError when the schema is not one we know."""
    raw = json.loads(text)
    schema = raw.pop("schema", None)
    if schema != SCHEMA:
        raise ValueError(f"This report's content has the schema {schema!r}; this version reads {SCHEMA!r}.")
    document: ReportDocument = _build(ReportDocument, raw)
    return document


@dataclass(frozen=True, slots=True)
class SignatureOnReport:
    """Who took responsibility for a version, when, in which role and with what meaning (21 CFR 11.50 shape)."""

    signer: PersonOnReport
    signed_at: datetime
    meaning: Literal["reviewed-and-approved"]
    statement: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class SignedVersion:
    """A signed version as the wires see it: the document, the signature, and what went before."""

    document: ReportDocument
    signature: SignatureOnReport
    #: When version 1 was signed; equals signature.signed_at on the original.
    first_signed_at: datetime


def _plain(value: Any) -> Any:
    """A dataclass tree as JSON values. Floats are refused: a number on a report is decimal text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("A time on a report must know its time zone.")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        raise TypeError("A number on a report is decimal text, never a float.")
    return value


def _build(hint: Any, raw: Any) -> Any:
    """The inverse of `_plain`, led by the type hints of the dataclasses above."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if raw is None:
            return None
        return _build(next(h for h in typing.get_args(hint) if h is not type(None)), raw)
    if origin is tuple:
        inner = typing.get_args(hint)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_build(inner[0], item) for item in raw)
        return tuple(_build(h, item) for h, item in zip(inner, raw, strict=True))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        hints = typing.get_type_hints(hint)
        return hint(**{f.name: _build(hints[f.name], raw[f.name]) for f in dataclasses.fields(hint)})
    if hint is datetime:
        return datetime.fromisoformat(raw)
    if hint is date:
        return date.fromisoformat(raw)
    return raw
