"""Patients: finding one by what a feed knows, changing what is known, and joining two records of one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Session

from reporter.report.document import LocalIdentifier, PatientOnReport
from reporter.store.rows import as_value, columns, new_id
from reporter.store.tables.orders import study
from reporter.store.tables.patients import patient, patient_change, patient_identifier


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as one site knows them."""

    id: str
    site_code: str
    family: str
    given: str
    title: str | None
    birth_date: date | None
    sex: str
    nhs_number: str | None
    nhs_number_valid: bool
    merged_into: str | None = None
    identifiers: tuple[LocalIdentifier, ...] = ()

    def on_report(self) -> PatientOnReport:
        """The patient as they stand on a report signed now."""
        return PatientOnReport(
            patient_id=self.id,
            family=self.family,
            given=self.given,
            title=self.title,
            birth_date=self.birth_date,
            sex=self.sex,  # type: ignore[arg-type]
            nhs_number=self.nhs_number,
            nhs_number_valid=self.nhs_number_valid,
            local_identifiers=self.identifiers,
        )


def get(session: Session, patient_id: str) -> Patient | None:
    """A patient by key, as recorded (a merged record is not followed)."""
    row = session.execute(select(*columns(patient, Patient)).where(patient.c.id == patient_id)).first()
    return None if row is None else _with_identifiers(session, row)


def by_identifiers(session: Session, site_code: str, identifiers: Iterable[LocalIdentifier]) -> Patient | None:
    """The patient who has the first of these hospital numbers that is known at the site; merges are followed."""
    for one in identifiers:
        query = select(patient_identifier.c.patient_id).where(
            patient_identifier.c.site_code == site_code,
            patient_identifier.c.authority == one.authority,
            patient_identifier.c.value == one.value,
        )
        found = session.execute(query).scalar()
        if found is not None:
            return _survivor(session, found)
    return None


def by_nhs_number(session: Session, site_code: str, number: str) -> Patient | None:
    """The patient with this NHS number, if exactly one living record of the site has it as valid."""
    query = select(patient.c.id).where(
        patient.c.site_code == site_code,
        patient.c.nhs_number == number,
        patient.c.nhs_number_valid,
        patient.c.merged_into.is_(None),
    )
    found = session.execute(query.limit(2)).scalars().all()
    return get(session, found[0]) if len(found) == 1 else None


def sites_knowing(session: Session, identifiers: Iterable[LocalIdentifier], nhs_number: str | None) -> tuple[str, ...]:
    """The sites that have a record with one of these numbers: demographics come without a site."""
    found: set[str] = set()
    for one in identifiers:
        same = (patient_identifier.c.authority == one.authority) & (patient_identifier.c.value == one.value)
        found.update(session.execute(select(patient_identifier.c.site_code).where(same)).scalars())
    if nhs_number is not None:
        same = (patient.c.nhs_number == nhs_number) & patient.c.nhs_number_valid
        found.update(session.execute(select(patient.c.site_code).where(same)).scalars())
    return tuple(sorted(found))


def add(session: Session, new: Patient, now: datetime) -> None:
    """Adds a patient with their hospital numbers."""
    fields = {column.name: getattr(new, column.name) for column in columns(patient, Patient)}
    session.execute(insert(patient), {**fields, "created_at": now, "updated_at": now})
    add_identifiers(session, new.id, new.site_code, new.identifiers)


def add_identifiers(session: Session, patient_id: str, site_code: str, new: Iterable[LocalIdentifier]) -> None:
    """Adds hospital numbers that the site doesn't know yet; one that it knows stays with whom it has."""
    for one in new:
        known = select(patient_identifier.c.id).where(
            patient_identifier.c.site_code == site_code,
            patient_identifier.c.authority == one.authority,
            patient_identifier.c.value == one.value,
        )
        if session.execute(known).first() is None:
            session.execute(
                insert(patient_identifier).values(
                    id=new_id(), site_code=site_code, patient_id=patient_id, authority=one.authority, value=one.value
                )
            )


def change(
    session: Session, before: Patient, changes: Mapping[str, Any], *, inbox_id: str | None, now: datetime
) -> None:
    """Changes what is known about a patient and keeps what was known before."""
    session.execute(update(patient).where(patient.c.id == before.id).values(**changes, updated_at=now))
    was = {name: _text(getattr(before, name)) for name in changes}
    becomes = {name: _text(value) for name, value in changes.items()}
    _remember(session, before, "updated", was, becomes, inbox_id=inbox_id, now=now)


def merge(session: Session, retired: Patient, survivor: Patient, *, inbox_id: str | None, now: datetime) -> int:
    """Makes two records one person: what hung on the retired one now hangs on the survivor. Returns the studies moved.

    Both rows stay, so that a report signed before still shows the patient as they were identified then.
    """
    session.execute(update(patient).where(patient.c.id == retired.id).values(merged_into=survivor.id, updated_at=now))
    moved = session.execute(update(study).where(study.c.patient_id == retired.id).values(patient_id=survivor.id))
    _remember(
        session, retired, "merged", {"patient_id": retired.id}, {"patient_id": survivor.id}, inbox_id=inbox_id, now=now
    )
    return int(moved.rowcount)  # type: ignore[attr-defined]


def _remember(
    session: Session,
    about: Patient,
    kind: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    inbox_id: str | None,
    now: datetime,
) -> None:
    session.execute(
        insert(patient_change).values(
            id=new_id(),
            site_code=about.site_code,
            patient_id=about.id,
            kind=kind,
            before=dict(before),
            after=dict(after),
            inbox_id=inbox_id,
            at=now,
        )
    )


def _survivor(session: Session, patient_id: str) -> Patient | None:
    found = get(session, patient_id)
    seen = {patient_id}
    # A feed may merge A into B and B into A; the first record seen twice is where we stop.
    while found is not None and found.merged_into is not None and found.merged_into not in seen:
        seen.add(found.merged_into)
        found = get(session, found.merged_into)
    return found


def _with_identifiers(session: Session, row: Any) -> Patient:
    table: Table = patient_identifier
    query = select(table.c.value, table.c.authority).where(table.c.patient_id == row.id)
    found = session.execute(query.order_by(table.c.authority, table.c.value))
    return as_value(Patient, row, identifiers=tuple(LocalIdentifier(one.value, one.authority) for one in found))


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
