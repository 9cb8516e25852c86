"""Studies: orders and examinations, and the changes of a patient's class that came after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from reporter.report.document import PersonOnReport, StudyOnReport
from reporter.store.rows import as_value, columns, new_id
from reporter.store.tables.orders import class_change, study
from reporter.store.tables.reports import report


@dataclass(frozen=True, slots=True)
class Study:
    """One ordered examination: what one report answers."""

    id: str
    site_code: str
    patient_id: str
    accession: str
    placer_order: str | None
    filler_order: str | None
    procedure: str
    procedure_code: str | None
    clinical_question: str
    requester: PersonOnReport | None
    priority: str
    patient_class: str
    class_at_start: str | None
    status: str
    cancelled_reason: str | None
    requested_at: datetime | None
    scheduled_at: datetime | None
    completed_at: datetime | None
    images_available_at: datetime | None
    first_seen_at: datetime
    source: str
    inbox_id: str | None = None
    flags: tuple[str, ...] = ()

    def on_report(self) -> StudyOnReport:
        """The study as it stands on a report signed now."""
        return StudyOnReport(
            study_id=self.id,
            accession=self.accession,
            placer_order=self.placer_order,
            filler_order=self.filler_order,
            procedure=self.procedure,
            procedure_code=self.procedure_code,
            clinical_question=self.clinical_question,
            patient_class=self.class_at_start or self.patient_class,  # type: ignore[arg-type]
            requested_at=self.requested_at,
            performed_at=self.completed_at,
            requester=self.requester,
        )


@dataclass(frozen=True, slots=True)
class ClassChange:
    """The patient was admitted or discharged after the scan."""

    study_id: str
    from_class: str
    to_class: str
    at: datetime
    recorded_at: datetime


def get(session: Session, study_id: str) -> Study | None:
    """A study by key."""
    return _one(session, study.c.id == study_id)


def lock(session: Session, study_id: str) -> None:
    """Holds study and report until the transaction ends, so that two writers follow each other (PostgreSQL)."""
    both = select(study.c.id).join(report, report.c.study_id == study.c.id).where(study.c.id == study_id)
    session.execute(both.with_for_update(of=(study, report)))


def find(
    session: Session, site_code: str, accession: str | None, filler: str | None, placer: str | None
) -> Study | None:
    """The site's study with this accession, else filler, else placer number."""
    for column, value in (
        (study.c.accession, accession),
        (study.c.filler_order, filler),
        (study.c.placer_order, placer),
    ):
        if value is not None:
            found = _one(session, (study.c.site_code == site_code) & (column == value))
            if found is not None:
                return found
    return None


def add(session: Session, new: Study) -> None:
    """Adds a study. AlreadyThere when the site has the accession number."""
    session.execute(insert(study), _values(new))


def change(session: Session, study_id: str, changes: Mapping[str, Any]) -> None:
    """Changes some of a study's fields, named as on Study."""
    values = dict(changes)
    if isinstance(values.get("requester"), PersonOnReport):
        values["requester"] = asdict(values["requester"])
    if "flags" in values:
        values["flags"] = list(values["flags"])
    session.execute(update(study).where(study.c.id == study_id).values(**values))


def add_class_change(
    session: Session, about: Study, to: str, *, at: datetime, inbox_id: str | None, now: datetime
) -> None:
    """Notes that the patient's class changed after the scan."""
    session.execute(
        insert(class_change).values(
            id=new_id(),
            site_code=about.site_code,
            study_id=about.id,
            from_class=about.patient_class,
            to_class=to,
            at=at,
            recorded_at=now,
            inbox_id=inbox_id,
        )
    )


def class_changes(session: Session, study_id: str) -> tuple[ClassChange, ...]:
    """The changes of class after the scan, in the order in which they happened."""
    query = select(*columns(class_change, ClassChange)).where(class_change.c.study_id == study_id)
    return tuple(as_value(ClassChange, row) for row in session.execute(query.order_by(class_change.c.at)))


def open_of_patient(session: Session, patient_id: str) -> tuple[Study, ...]:
    """The patient's studies that are not cancelled, newest first."""
    query = select(*columns(study, Study)).where(study.c.patient_id == patient_id, study.c.status != "cancelled")
    return tuple(of_row(row) for row in session.execute(query.order_by(study.c.first_seen_at.desc())))


def of_row(row: Row[Any]) -> Study:
    """A study from a row that has all its columns."""
    return as_value(
        Study, row, requester=None if row.requester is None else PersonOnReport(**row.requester), flags=tuple(row.flags)
    )


def _one(session: Session, where: Any) -> Study | None:
    row = session.execute(select(*columns(study, Study)).where(where).order_by(study.c.first_seen_at.desc())).first()
    return None if row is None else of_row(row)


def _values(of: Study) -> dict[str, Any]:
    values = {column.name: getattr(of, column.name) for column in columns(study, Study)}
    values["requester"] = None if of.requester is None else asdict(of.requester)
    values["flags"] = list(of.flags)
    return values
