"""Patient, Practitioner and Organization: created where the receiver has none, never overwriting whom it knows."""

from __future__ import annotations

from reporter.integration.fhir import systems
from reporter.integration.fhir.systems import Resource
from reporter.integration.fhir.text import narrative, paragraph, said
from reporter.integration.wording import patient_name, person
from reporter.report.document import PatientOnReport, PersonOnReport, SiteOnReport


def patient(who: PatientOnReport, organisation: str) -> Resource:
    """The patient under the identifiers the report was signed with."""
    name: Resource = {"use": "official", "family": said(who.family)}
    if who.given:
        name["given"] = [said(who.given)]
    if who.title:
        name["prefix"] = [said(who.title)]
    made: Resource = {
        "resourceType": "Patient",
        "meta": {"profile": [systems.PROFILE + "Patient"]},
        "text": narrative(paragraph(patient_name(who))),
        "identifier": patient_identifiers(who, organisation),
        "name": [name],
        "gender": who.sex,
    }
    if who.birth_date is not None:
        made["birthDate"] = who.birth_date.isoformat()
    return made


def patient_identifiers(who: PatientOnReport, organisation: str) -> list[Resource]:
    """The first one is what the patient is looked up by. An NHS number that fails its check never poses as one."""
    made = []
    if who.nhs_number and who.nhs_number_valid:
        made.append(systems.identifier(systems.NHS_NUMBER, who.nhs_number))
    for local in who.local_identifiers:
        system = systems.local(local.authority or organisation, "patient")
        made.append(systems.identifier(system, said(local.value), "MR"))
    if not made:
        made.append(systems.identifier(systems.local(organisation, "reporter-patient"), who.patient_id))
    if who.nhs_number and not who.nhs_number_valid:
        flagged = systems.identifier(systems.local(organisation, "nhs-number-failing-check"), said(who.nhs_number))
        made.append({"use": "old", "type": {"text": "NHS number as received; it fails its check digit"}, **flagged})
    return made


def practitioner(who: PersonOnReport, organisation: str) -> Resource | None:
    """A professional we can identify; None for a name without any identifier, which is sent as a name only."""
    identified = practitioner_identifier(who, organisation)
    if identified is None:
        return None
    name: Resource = {"text": said(who.name)}
    if who.family:
        name["family"] = said(who.family)
    if who.given:
        name["given"] = [said(who.given)]
    if who.title:
        name["prefix"] = [said(who.title)]
    return {
        "resourceType": "Practitioner",
        "meta": {"profile": [systems.PROFILE + "Practitioner"]},
        "text": narrative(paragraph(person(who))),
        "identifier": [identified],
        "name": [name],
    }


def practitioner_identifier(who: PersonOnReport, organisation: str) -> Resource | None:
    """The registration where there is one, else our own id of the person."""
    if who.registration_number:
        body = who.registration_body or "registration"
        system = systems.REGISTERS.get(body, systems.local(organisation, body.lower()))
        return systems.identifier(system, said(who.registration_number))
    if who.person_id:
        return systems.identifier(systems.local(organisation, "person"), who.person_id)
    return None


def trust(site: SiteOnReport) -> Resource:
    return _organisation(
        systems.identifier(systems.ODS_ORGANISATION, said(site.organisation_code)), site.organisation_name
    )


def scanning_site(site: SiteOnReport, trust_reference: str) -> Resource:
    """The site that scanned, as a part of its trust."""
    made = _organisation(systems.identifier(systems.ODS_SITE, said(site.code)), site.name)
    return {**made, "partOf": {"reference": trust_reference}}


def _organisation(identified: Resource, name: str) -> Resource:
    return {
        "resourceType": "Organization",
        "meta": {"profile": [systems.PROFILE + "Organization"]},
        "text": narrative(paragraph(name)),
        "identifier": [identified],
        "name": said(name),
    }
