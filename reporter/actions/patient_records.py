"""Whose order it is: finding or adding the patient that a feed names, changing what is known, joining two records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reporter.actions.actor import Actor, note
from reporter.integration.hl7v2.events import PatientFacts, PatientMerged, PatientUpdated
from reporter.report.document import LocalIdentifier
from reporter.store import patients, studies
from reporter.store.database import Session
from reporter.store.patients import Patient
from reporter.store.rows import new_id
from reporter.store.studies import Study

#: Said on the study, so that the person who reports it looks.
NHS_NUMBER_FAILS = "The NHS number fails its check. Confirm who the patient is before reporting."
OTHER_NUMBER = "The NHS number belongs to another record of this site. Confirm who the patient is before reporting."
OTHER_PERSON = (
    "The family name and the date of birth of this message both differ from the record with the same hospital number. "
    "The record was not changed. Confirm who the patient is before reporting."
)


@dataclass(frozen=True, slots=True)
class Named:
    """The patient that was named, and what is doubtful about it."""

    patient: Patient
    flags: tuple[str, ...]


def find(session: Session, site_code: str, facts: PatientFacts) -> Patient | None:
    """The site's patient with one of these hospital numbers, else with this valid NHS number."""
    known = patients.by_identifiers(session, site_code, _numbers(facts))
    if known is None and facts.nhs_number and facts.nhs_number_valid:
        known = patients.by_nhs_number(session, site_code, facts.nhs_number)
    return known


def find_or_add(session: Session, site_code: str, facts: PatientFacts, inbox_id: str | None, now: datetime) -> Named:
    """The patient of an order. An order is never refused for a doubtful number: it is taken and flagged."""
    flags = [NHS_NUMBER_FAILS] if facts.nhs_number and not facts.nhs_number_valid else []
    known = find(session, site_code, facts)
    if known is None:
        added = Patient(
            id=new_id(),
            site_code=site_code,
            family=facts.family,
            given=facts.given,
            title=facts.title,
            birth_date=facts.birth_date,
            sex=_sex(facts.sex),
            nhs_number=facts.nhs_number,
            nhs_number_valid=facts.nhs_number_valid,
            identifiers=_numbers(facts),
        )
        patients.add(session, added, now)
        return Named(added, tuple(flags))
    return _brought_up_to_date(session, known, facts, flags, inbox_id=inbox_id, now=now)


def bring_up_to_date(
    session: Session, patient_id: str, facts: PatientFacts, inbox_id: str | None, now: datetime
) -> Named:
    """What a message about a known order says of its patient."""
    known = patients.get(session, patient_id)
    if known is None:
        raise LookupError("A study has a patient.")
    flags = [NHS_NUMBER_FAILS] if facts.nhs_number and not facts.nhs_number_valid else []
    return _brought_up_to_date(session, known, facts, flags, inbox_id=inbox_id, now=now)


def _brought_up_to_date(
    session: Session, known: Patient, facts: PatientFacts, flags: list[str], *, inbox_id: str | None, now: datetime
) -> Named:
    if _is_another_person(known, facts):
        return Named(known, (*flags, OTHER_PERSON))
    if facts.nhs_number and facts.nhs_number_valid and known.nhs_number != facts.nhs_number:
        other = patients.by_nhs_number(session, known.site_code, facts.nhs_number)
        if other is not None and other.id != known.id:
            return Named(known, (*flags, OTHER_NUMBER))
    _write_differences(session, known, facts, inbox_id, now)
    return Named(patients.get(session, known.id) or known, tuple(flags))


def update_everywhere(
    session: Session, actor: Actor, event: PatientUpdated, inbox_id: str | None, now: datetime
) -> tuple[Patient, ...]:
    """Changes a patient's record at every site that has one. Returns the records found, changed or not.

    A demographic message names no site; a hospital number and its authority are the same wherever they are known.
    """
    found = []
    for site_code in patients.sites_knowing(session, _numbers(event.patient), _valid_number(event.patient)):
        known = find(session, site_code, event.patient)
        if known is None:
            continue
        found.append(known)
        if changed := _write_differences(session, known, event.patient, inbox_id, now):
            note(
                session, actor, "updated patient", "patient", known.id,
                site_code=site_code, now=now, words="changed: " + ", ".join(sorted(changed)),
            )  # fmt: skip
    return tuple(found)


def merge_everywhere(
    session: Session, actor: Actor, event: PatientMerged, inbox_id: str | None, now: datetime
) -> tuple[Patient, ...]:
    """Joins the retired record into the surviving one at every site that has the retired one."""
    retired_numbers = tuple(LocalIdentifier(one.value, one.authority) for one in event.retired)
    joined = []
    for site_code in patients.sites_knowing(session, retired_numbers, event.retired_nhs_number):
        retired = patients.by_identifiers(session, site_code, retired_numbers)
        if retired is None and event.retired_nhs_number:
            retired = patients.by_nhs_number(session, site_code, event.retired_nhs_number)
        if retired is None:
            continue
        survivor = find_or_add(session, site_code, event.patient, inbox_id, now).patient
        if survivor.id == retired.id:
            continue
        moved = patients.merge(session, retired, survivor, inbox_id=inbox_id, now=now)
        joined.append(survivor)
        note(
            session, actor, "merged patients", "patient", survivor.id,
            site_code=site_code, now=now, words=f"record {retired.id} ended; {moved} studies moved",
        )  # fmt: skip
    return tuple(joined)


def is_whose(session: Session, study: Study, facts: PatientFacts) -> bool:
    """Does a message about a known order name the order's own patient? One without any number can't contradict it."""
    if not facts.identifiers and not _valid_number(facts):
        return True
    named = find(session, study.site_code, facts)
    return named is None or named.id == study.patient_id


def _write_differences(
    session: Session, known: Patient, facts: PatientFacts, inbox_id: str | None, now: datetime
) -> tuple[str, ...]:
    """Writes down what the message says differently. Empty fields say nothing; withdrawn ones say it is not true."""
    changes = _differences(known, facts)
    patients.add_identifiers(session, known.id, known.site_code, _numbers(facts))
    if changes:
        patients.change(session, known, changes, inbox_id=inbox_id, now=now)
    return tuple(changes)


def _differences(known: Patient, facts: PatientFacts) -> Mapping[str, Any]:
    said: dict[str, Any] = {
        "family": facts.family,
        "given": facts.given,
        "title": facts.title,
        "birth_date": facts.birth_date,
        "sex": facts.sex if facts.sex != "unknown" else None,
    }
    changes = {name: value for name, value in said.items() if value and value != getattr(known, name)}
    if facts.nhs_number and (facts.nhs_number_valid or not known.nhs_number_valid):
        # A number that fails its check never takes the place of one that passes.
        if facts.nhs_number != known.nhs_number:
            changes["nhs_number"] = facts.nhs_number
        if facts.nhs_number_valid != known.nhs_number_valid:
            changes["nhs_number_valid"] = facts.nhs_number_valid
    nothing = {"title": None, "birth_date": None, "sex": "unknown", "given": "", "nhs_number": None}
    for name in facts.withdrawn & set(nothing):
        if getattr(known, name) != nothing[name]:
            changes[name] = nothing[name]
    if "nhs_number" in facts.withdrawn and known.nhs_number_valid:
        changes["nhs_number_valid"] = False
    return changes


def _is_another_person(known: Patient, facts: PatientFacts) -> bool:
    if not facts.family or facts.birth_date is None or known.birth_date is None:
        return False
    return known.family.casefold() != facts.family.casefold() and known.birth_date != facts.birth_date


def _numbers(facts: PatientFacts) -> tuple[LocalIdentifier, ...]:
    return tuple(LocalIdentifier(one.value, one.authority) for one in facts.identifiers)


def _valid_number(facts: PatientFacts) -> str | None:
    return facts.nhs_number if facts.nhs_number_valid else None


def _sex(sex: str) -> str:
    return sex if sex in ("male", "female", "other") else "unknown"


def studies_of(session: Session, found: tuple[Patient, ...]) -> tuple[Study, ...]:
    """The studies of some patients that are not cancelled."""
    return tuple(study for patient in found for study in studies.open_of_patient(session, patient.id))
