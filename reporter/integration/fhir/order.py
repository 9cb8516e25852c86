"""ServiceRequest: the order that a report answers, under the numbers by which its senders know it."""

from __future__ import annotations

from reporter.integration.fhir import systems
from reporter.integration.fhir.systems import Resource
from reporter.integration.fhir.text import narrative, paragraph, said
from reporter.report.document import StudyOnReport


def accession(study: StudyOnReport, organisation: str) -> Resource:
    return systems.identifier(systems.local(organisation, "accession"), said(study.accession), "ACSN")


def service_request(study: StudyOnReport, organisation: str, subject: Resource, requester: Resource | None) -> Resource:
    """The order; the accession number comes first because every study has one and it is never used again."""
    identifiers = [accession(study, organisation)]
    for value, kind, name in (
        (study.placer_order, "PLAC", "placer-order"),
        (study.filler_order, "FILL", "filler-order"),
    ):
        if value:
            identifiers.append(systems.identifier(systems.local(organisation, name), said(value), kind))
    codes = []
    if study.procedure_code:
        codes.append(systems.coding(systems.local(organisation, "procedure"), said(study.procedure_code)))
    made: Resource = {
        "resourceType": "ServiceRequest",
        "meta": {"profile": [systems.PROFILE + "ServiceRequest"]},
        "text": narrative(paragraph(study.procedure)),
        "identifier": identifiers,
        "status": "completed",
        "intent": "order",
        "category": [systems.concept("Imaging", systems.coding(systems.SNOMED, "363679005", "Imaging"))],
        "code": systems.concept(said(study.procedure), *codes),
        "subject": subject,
    }
    if study.requested_at is not None:
        made["authoredOn"] = study.requested_at.isoformat()
    if requester is not None:
        made["requester"] = requester
    if study.clinical_question:
        made["reasonCode"] = [{"text": said(study.clinical_question)}]
    return made
