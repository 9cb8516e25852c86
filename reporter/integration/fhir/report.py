"""DiagnosticReport and Provenance: the report as one resource, and who answers for this version of it."""

from __future__ import annotations

import base64
import hashlib

from reporter.integration import wording
from reporter.integration.fhir import systems
from reporter.integration.fhir.order import accession
from reporter.integration.fhir.page import blocks, page
from reporter.integration.fhir.systems import Resource
from reporter.integration.fhir.text import narrative, paragraph, said
from reporter.report.document import SignedVersion

#: FHIR R4 DiagnosticReport.status. Nothing unsigned reaches this room, so there is no word for it here.
STATUS = {"original": "final", "amendment": "corrected", "addendum": "appended"}


def report_identifier(version: SignedVersion) -> Resource:
    """The same for every version: a correction replaces what it corrects."""
    document = version.document
    return systems.identifier(systems.local(document.site.organisation_code, "report"), document.report_id)


def diagnostic_report(
    version: SignedVersion, *, subject: Resource, order: Resource, site: Resource, reader: Resource, pdf: bytes | None
) -> Resource:
    """The signed version without its results; `bundle` adds the references to them."""
    document = version.document
    title = f"{document.template.title} report"
    body = blocks(version)
    made: Resource = {
        "resourceType": "DiagnosticReport",
        "meta": {"profile": [systems.PROFILE + "DiagnosticReport"]},
        "language": "en-GB",
        "text": narrative(*body),
        "identifier": [report_identifier(version), accession(document.study, document.site.organisation_code)],
        "basedOn": [order],
        "status": STATUS[document.kind],
        "category": [{"coding": [systems.coding(systems.V2_0074, "RAD", "Radiology")]}],
        # SNOMED CT 722124004 is what UK Core's own imaging example reports under; LOINC 24748-6 is MR Heart.
        "code": systems.concept(
            said(title),
            systems.coding(systems.SNOMED, "722124004"),
            systems.coding(systems.LOINC, "24748-6", "MR Heart"),
        ),
        "subject": subject,
    }
    if document.study.performed_at is not None:
        made["effectiveDateTime"] = document.study.performed_at.isoformat()
    made["issued"] = version.signature.signed_at.isoformat()
    made["performer"] = [site]
    made["resultsInterpreter"] = [reader]
    made["conclusion"] = said(wording.conclusion(version))
    made["presentedForm"] = [_attachment("text/html; charset=utf-8", page(version, body).encode(), title)]
    if pdf is not None:
        made["presentedForm"].append(_attachment("application/pdf", pdf, title))
    return made


def _attachment(content_type: str, content: bytes, title: str) -> Resource:
    # FHIR R4 Attachment.hash is the SHA-1 of the data, in base64; IHE IMR asks for it and for the size.
    digest = hashlib.sha1(content, usedforsecurity=False).digest()
    return {
        "contentType": content_type,
        "language": "en-GB",
        "data": base64.b64encode(content).decode("ascii"),
        "size": len(content),
        "hash": base64.b64encode(digest).decode("ascii"),
        "title": said(title),
    }


def provenance(
    version: SignedVersion, *, target: Resource, site: Resource, signer: Resource, drafter: Resource | None
) -> Resource:
    """Who signed and who drafted this version. R4 gives Provenance no identifier: its id is made from the version."""
    document, signed = version.document, version.signature
    activity = ("CREATE", "create") if document.version == 1 else ("UPDATE", "revise")
    agents = [_agent("verifier", "Verifier", signer, site)]
    agents.append(_agent("author", "Author", drafter or signer, site))
    made: Resource = {
        "resourceType": "Provenance",
        "id": systems.id_for(document.report_id, str(document.version), "Provenance"),
        "text": narrative(*(paragraph(line) for line in wording.signature(version))),
        "target": [target],
        "recorded": signed.signed_at.isoformat(),
    }
    if document.reason:
        made["reason"] = [{"text": said(document.reason)}]
    return {
        **made,
        "activity": {"coding": [systems.coding(systems.OPERATION, *activity)]},
        "agent": agents,
        "entity": [{"role": "source", "what": _content(version)}],
        "signature": [_signature(version, signer)],
    }


def _agent(code: str, display: str, who: Resource, site: Resource) -> Resource:
    kind = {"coding": [systems.coding(systems.PARTICIPANT, code, display)]}
    return {"type": kind, "who": who, "onBehalfOf": site}


def _content(version: SignedVersion) -> Resource:
    """The signed content by its SHA-256: what the hospital can recompute from the version it keeps."""
    system = systems.local(version.document.site.organisation_code, "content-sha256")
    return {"identifier": systems.identifier(system, version.signature.content_sha256)}


def _signature(version: SignedVersion, signer: Resource) -> Resource:
    # ASTM E1762, verification signature: the signer has read what somebody (or the signer) wrote and approves it.
    # There is no cryptographic data: the hash of the content stands in Provenance.entity.
    verified = systems.coding("urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.5", "Verification Signature")
    return {"type": [verified], "when": version.signature.signed_at.isoformat(), "who": signer}
