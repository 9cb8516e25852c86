"""Inbound messages of invented patients, built from what a test is about."""

from __future__ import annotations

from reporter.integration.hl7v2.text import escape

NHS_NUMBER = "9994100009"


def an_orm(
    *,
    control: str = "NW",
    message_id: str = "RIS-000001",
    kind: str = "ORM^O01^ORM_O01",
    accession: str = "RXX01-26-004711",
    placer: str = "PL-883120",
    nhs_number: str = NHS_NUMBER,
    mrn: str = "NF204518",
    family: str = "O'Brien-Hughes",
    given: str = "Siôn",
    patient_class: str = "O",
    question: str = "Exertional chest pain: is there inducible ischaemia?",
    status: str = "",
    completed_at: str = "",
    sent_at: str = "20261120110000+0000",
    site: str = "RXX01",
    application: str = "RIS",
    facility: str = "RXX",
) -> bytes:
    """An order message (ORM^O01, or OMI^O23 by `kind`) as a standard 2.5.1 feed writes it."""
    identifiers = "~".join(
        part for part in (f"{nhs_number}^^^NHS^NH" if nhs_number else "", f"{mrn}^^^RXX^MR" if mrn else "") if part
    )
    segments = [
        rf"MSH|^~\&|{application}|{facility}|CMR-REPORTER|RXX|{sent_at}||{kind}|{message_id}|P|2.5.1|||||GBR|UNICODE UTF-8",
        f"PID|1||{identifiers}||{escape(family)}^{escape(given)}^^^Mr||19620309|M",
        f"PV1|1|{patient_class}|^^^{site}",
        f"ORC|{control}|{placer}|||{status}||||20261109081500+0000|||C7654321^Price^Bronwen^^^Dr^^^GMC",
        f"OBR|1|{placer}||CMRSP^MRI cardiac stress perfusion with contrast^99RIS||||{completed_at}|||||{escape(question)}|||C7654321^Price^Bronwen^^^Dr^^^GMC||{accession}",
    ]
    return ("\r".join(segments) + "\r").encode()


def an_exam_completed(
    *, completed_at: str = "20261120103000+0000", message_id: str = "RIS-000002", **order: str
) -> bytes:
    """The status change that a RIS sends when the scan is over (IHE Scheduled Workflow: ORC-1 SC, ORC-5 CM)."""
    return an_orm(control="SC", status="CM", completed_at=completed_at, message_id=message_id, **order)


def an_adt(
    event: str,
    *,
    message_id: str = "PAS-000001",
    nhs_number: str = NHS_NUMBER,
    mrn: str = "NF204518",
    family: str = "Hughes",
    given: str = "Siôn",
    birth_date: str = "19620309",
    patient_class: str = "",
    retired: str = "",
) -> bytes:
    """An update (A08) or a merge (A40, where `retired` is the hospital number that ends)."""
    structure = {"A08": "ADT_A01", "A31": "ADT_A05", "A40": "ADT_A39"}.get(event, "ADT_A01")
    segments = [
        rf"MSH|^~\&|PAS|RXX|CMR-REPORTER|RXX|20261121090000+0000||ADT^{event}^{structure}|{message_id}|P|2.5.1|||||GBR|UNICODE UTF-8",
        f"EVN|{event}|20261121090000+0000",
        f"PID|1||{nhs_number}^^^NHS^NH~{mrn}^^^RXX^MR||{escape(family)}^{escape(given)}||{birth_date}|M",
    ]
    if retired:
        segments.append(f"MRG|{retired}^^^RXX^MR")
    if patient_class:
        segments.append(f"PV1|1|{patient_class}")
    return ("\r".join(segments) + "\r").encode()
