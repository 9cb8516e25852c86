"""Reports: their state, their drafts, and the signed versions, which are only ever added to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from reporter.report.document import (
    PersonOnReport,
    ReportDocument,
    SignatureOnReport,
    SignedVersion,
    from_canonical,
    sha256_of,
)
from reporter.store.patients import Patient
from reporter.store.rows import as_value, columns, new_id
from reporter.store.studies import Study
from reporter.store.tables.orders import study
from reporter.store.tables.patients import patient
from reporter.store.tables.reports import draft, draft_submission, rendition, report, report_version, signature
from reporter.store.types import canonical

PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Report:
    """Where a study's report stands. `state` is one of `reporter.report.report`'s."""

    id: str
    site_code: str
    study_id: str
    state: str
    listed: bool
    assigned_to: str | None
    current_version: int
    queue_at: datetime
    due_at: datetime | None
    first_signed_at: datetime | None
    signed_at: datetime | None
    signed_by: str | None
    available_at: datetime | None
    updated_at: datetime
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being written. `number` grows with every change, over all versions of the report."""

    report_id: str
    site_code: str
    number: int
    template_id: str
    template_version: int
    kind: str
    reason: str | None
    answers: Mapping[str, Any]
    sha256: str
    confirmed: Mapping[str, str]
    author_id: str
    edited_by: str
    delegation: Mapping[str, Any] | None
    return_comment: str | None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Submission:
    """A draft as it was handed in or sent back."""

    number: int
    kind: str
    answers: Mapping[str, Any]
    person_id: str
    comment: str | None
    delegation: Mapping[str, Any] | None
    at: datetime


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One signed version in a list."""

    version: int
    kind: str
    reason: str | None
    sha256: str
    signed_at: datetime
    signer: str


def add(session: Session, new: Report) -> None:
    """Adds the report of a new study."""
    session.execute(insert(report), {column.name: getattr(new, column.name) for column in report.c})


def of_study(session: Session, study_id: str) -> Report | None:
    """The report of a study."""
    row = session.execute(select(report).where(report.c.study_id == study_id)).first()
    return None if row is None else as_value(Report, row)


def change(session: Session, report_id: str, changes: Mapping[str, Any], now: datetime) -> None:
    """Changes some of a report's fields, named as on Report."""
    session.execute(update(report).where(report.c.id == report_id).values(**changes, updated_at=now))


def move(session: Session, before: Report, state: str, now: datetime, **changes: Any) -> bool:
    """Moves a report to a state if it is still where it was read. False when somebody was first: one UPDATE decides."""
    still = (
        (report.c.id == before.id)
        & (report.c.state == before.state)
        & (report.c.current_version == before.current_version)
    )
    moved = session.execute(update(report).where(still).values(state=state, updated_at=now, **changes))
    return bool(moved.rowcount)  # type: ignore[attr-defined]


def reschedule(session: Session, study_id: str, queue_at: datetime, due_at: datetime | None) -> None:
    """Moves a study in the worklist: a calendar or a closure has changed since it was scanned."""
    session.execute(update(report).where(report.c.study_id == study_id).values(queue_at=queue_at, due_at=due_at))


def settle(session: Session, study_ids: Iterable[str]) -> None:
    """Marks studies whose clocks have stopped for every target, and whose breaches are written down."""
    ids = list(study_ids)
    for start in range(0, len(ids), 500):
        some = report.c.study_id.in_(ids[start : start + 500])
        session.execute(update(report).where(some).values(settled=True))


def became_available(session: Session, report_id: str, now: datetime) -> None:
    """Notes the first time that a destination acknowledged any version: the referrer can read it."""
    first = (report.c.id == report_id) & report.c.available_at.is_(None)
    session.execute(update(report).where(first).values(available_at=now))


def draft_of(session: Session, report_id: str) -> Draft | None:
    """The draft of a report."""
    row = session.execute(select(draft).where(draft.c.report_id == report_id)).first()
    return None if row is None else as_value(Draft, row, answers=json.loads(row.answers))


#: What a document takes from the order and from the patient, and whatever else would change what may be signed.
_OF_STUDY = (
    "patient_id",
    "accession",
    "placer_order",
    "filler_order",
    "procedure",
    "procedure_code",
    "clinical_question",
    "requester",
    "patient_class",
    "class_at_start",
    "requested_at",
    "completed_at",
    "status",
)
_OF_PATIENT = ("family", "given", "title", "birth_date", "sex", "nhs_number", "nhs_number_valid", "merged_into")
#: Built once: it is asked inside the signing transaction, where nobody should wait for SQL to be put together.
_AS_IT_STANDS = (
    select(
        report.c.state,
        report.c.current_version,
        draft.c.number,
        draft.c.sha256,
        *(study.c[name] for name in _OF_STUDY),
        *(patient.c[name] for name in _OF_PATIENT),
    )
    .join(draft, draft.c.report_id == report.c.id)
    .join(study, study.c.id == report.c.study_id)
    .join(patient, patient.c.id == study.c.patient_id)
    .where(report.c.id == bindparam("key"))
    .with_for_update(of=(report, study))
)


def is_still(session: Session, before: Report, seen: Draft, ordered: Study, whose: Patient) -> bool:
    """Is everything that a document is made of as it was read? Holds study and report until the transaction ends."""
    requester = None if ordered.requester is None else asdict(ordered.requester)
    expected = (
        before.state,
        before.current_version,
        seen.number,
        seen.sha256,
        *(requester if name == "requester" else getattr(ordered, name) for name in _OF_STUDY),
        *(getattr(whose, name) for name in _OF_PATIENT),
    )
    row = session.execute(_AS_IT_STANDS, {"key": before.id}).first()
    return row is not None and tuple(row) == expected


def add_draft(session: Session, new: Draft) -> None:
    """Starts the first draft of a report. AlreadyThere when somebody else has just started it."""
    values = {column.name: getattr(new, column.name) for column in draft.c}
    session.execute(insert(draft).values({**values, "answers": canonical(new.answers)}))


def change_draft(session: Session, before: Draft, now: datetime, **changes: Any) -> int | None:
    """Changes a draft if nobody has since it was read, and returns its new number; None when somebody has."""
    values = {**changes, "number": before.number + 1, "updated_at": now}
    if "answers" in changes:
        values["answers"] = canonical(changes["answers"])
        values["sha256"] = sha256_of(values["answers"])
    still = (draft.c.report_id == before.report_id) & (draft.c.number == before.number)
    changed = session.execute(update(draft).where(still).values(**values))
    return before.number + 1 if changed.rowcount else None  # type: ignore[attr-defined]


def answers_sha256(answers: Mapping[str, Any]) -> str:
    """The hash under which answers are kept."""
    return sha256_of(canonical(answers))


def add_submission(
    session: Session, of: Draft, kind: str, *, person_id: str, comment: str | None, now: datetime
) -> None:
    """Keeps the draft as it was handed in or sent back, for ever."""
    session.execute(
        insert(draft_submission).values(
            id=new_id(),
            site_code=of.site_code,
            report_id=of.report_id,
            number=of.number,
            kind=kind,
            answers=canonical(of.answers),
            sha256=of.sha256,
            person_id=person_id,
            comment=comment,
            delegation=of.delegation,
            at=now,
        )
    )


def submissions(session: Session, report_id: str) -> tuple[Submission, ...]:
    """Every handing-in and sending-back, oldest first."""
    query = select(*columns(draft_submission, Submission)).where(draft_submission.c.report_id == report_id)
    rows = session.execute(query.order_by(draft_submission.c.at, draft_submission.c.number))
    return tuple(as_value(Submission, row, answers=json.loads(row.answers)) for row in rows)


def add_version(
    session: Session,
    signed: SignedVersion,
    *,
    content: str,
    pdf: bytes,
    pdf_sha256: str,
    evidence: Mapping[str, Any] | None,
) -> None:
    """Adds a signed version with its signature and its PDF. AlreadyThere when the version is signed already."""
    document, mark = signed.document, signed.signature
    where = {"report_id": document.report_id, "version": document.version, "site_code": document.site.code}
    # Values as parameters, not in the statement: there is nothing to compile while others wait for the lock.
    session.execute(
        insert(report_version),
        {
            **where,
            **_searchable(document),
            "study_id": document.study.study_id,
            "patient_id": document.patient.patient_id,
            "kind": document.kind,
            "reason": document.reason,
            "content": content,
            "sha256": mark.content_sha256,
            "template_id": document.template.id,
            "template_version": document.template.version,
            "signed_at": mark.signed_at,
        },
    )
    session.execute(
        insert(signature),
        {
            **where,
            "id": new_id(),
            "signer_id": mark.signer.person_id,
            "signer": {f: getattr(mark.signer, f) for f in PersonOnReport.__dataclass_fields__},
            "role": mark.signer.role,
            "meaning": mark.meaning,
            "statement": mark.statement,
            "content_sha256": mark.content_sha256,
            "evidence": evidence,
            "authentication": "password",
            "signed_at": mark.signed_at,
        },
    )
    session.execute(insert(rendition), {**where, "media_type": PDF, "content": pdf, "sha256": pdf_sha256})


def version(session: Session, report_id: str, number: int) -> SignedVersion | None:
    """A signed version, exactly as it was signed. Raises Altered when its words no longer give its hash."""
    where = (report_version.c.report_id == report_id) & (report_version.c.version == number)
    row = session.execute(select(report_version.c.content, report_version.c.sha256).where(where)).first()
    if row is None:
        return None
    mark = session.execute(
        select(signature).where(signature.c.report_id == report_id, signature.c.version == number)
    ).one()
    if sha256_of(row.content) != row.sha256 or mark.content_sha256 != row.sha256:
        raise Altered(f"Version {number} of report {report_id} is no longer what was signed. Restore it from a backup.")
    first = select(report_version.c.signed_at).where(
        report_version.c.report_id == report_id, report_version.c.version == 1
    )
    return SignedVersion(
        document=from_canonical(row.content),
        signature=SignatureOnReport(
            signer=PersonOnReport(**mark.signer),
            signed_at=mark.signed_at,
            meaning=mark.meaning,
            statement=mark.statement,
            content_sha256=mark.content_sha256,
        ),
        first_signed_at=session.execute(first).scalar_one(),
    )


def signed_versions(session: Session, report_id: str) -> tuple[SignedVersion, ...]:
    """Every signed version of a report, exactly as it was signed, oldest first. Raises Altered as `version` does."""
    of_it = select(report_version.c.version).where(report_version.c.report_id == report_id)
    numbers = session.execute(of_it.order_by(report_version.c.version)).scalars()
    return tuple(found for number in list(numbers) if (found := version(session, report_id, number)) is not None)


def versions(session: Session, report_id: str) -> tuple[VersionLine, ...]:
    """The signed versions of a report, newest first."""
    query = (
        select(
            report_version.c.version,
            report_version.c.kind,
            report_version.c.reason,
            report_version.c.sha256,
            report_version.c.signed_at,
            signature.c.signer,
        )
        .join(
            signature,
            (signature.c.report_id == report_version.c.report_id) & (signature.c.version == report_version.c.version),
        )
        .where(report_version.c.report_id == report_id, signature.c.meaning == "reviewed-and-approved")
    )
    rows = session.execute(query.order_by(report_version.c.version.desc()))
    return tuple(as_value(VersionLine, row, signer=row.signer["name"]) for row in rows)


def pdf(session: Session, report_id: str, number: int) -> bytes | None:
    """The PDF that was made when a version was signed. Raises Altered when it is no longer that one."""
    query = select(rendition.c.content, rendition.c.sha256).where(
        rendition.c.report_id == report_id, rendition.c.version == number, rendition.c.media_type == PDF
    )
    row = session.execute(query).first()
    if row is None:
        return None
    if hashlib.sha256(row.content).hexdigest() != row.sha256:
        raise Altered(f"The PDF of version {number} of report {report_id} was altered. Restore it from a backup.")
    content: bytes = row.content
    return content


def previous_of_patient(session: Session, patient_id: str, before_report: str) -> tuple[tuple[str, int], ...]:
    """The newest signed version of each other report of a patient, newest first: (study id, version)."""
    query = (
        select(report.c.study_id, report.c.current_version)
        .join(report_version, report_version.c.report_id == report.c.id)
        .where(
            report_version.c.patient_id == patient_id,
            report_version.c.version == 1,
            report.c.id != before_report,
            report.c.current_version > 0,
        )
        .order_by(report_version.c.signed_at.desc())
    )
    return tuple((row.study_id, row.current_version) for row in session.execute(query))


class Altered(RuntimeError):
    """Signed content is not what was signed: a fault of the storage or a forgery. Nothing of it may be shown."""


def _searchable(document: ReportDocument) -> dict[str, Decimal | None]:
    found = {one.id: one.value for one in document.measurements}
    values = {"lv_ef": found.get("lv_ef"), "rv_ef": found.get("rv_ef"), "lv_edvi": found.get("lv_edvi")}
    return {name: None if value is None else Decimal(value) for name, value in values.items()}
