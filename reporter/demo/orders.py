"""The demo's RIS: order messages as a UK feed writes them, for invented patients."""

from __future__ import annotations

from datetime import UTC, datetime

from reporter.demo.cast import DemoPatient, DemoSite
from reporter.integration.hl7v2.message import write
from reporter.integration.hl7v2.text import escape

_REQUESTER = "C9990101^Bennett^Rosalind^^^Dr^^^GMC"
_CLASSES = {"inpatient": "I", "outpatient": "O", "emergency": "E"}


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")


def order(
    site: DemoSite,
    patient: DemoPatient,
    *,
    accession: str,
    procedure: str,
    question: str,
    patient_class: str,
    requested_at: datetime,
    message_id: str,
    completed_at: datetime | None = None,
    cancel: bool = False,
) -> bytes:
    """A new order (ORM^O01, ORC-1 NW); with `completed_at` the status change at the end of the scan; or a cancel."""
    control, status = ("CA", "CA") if cancel else ("SC", "CM") if completed_at else ("NW", "")
    sent = completed_at or requested_at
    sex = {"male": "M", "female": "F"}[patient.sex]
    placer = f"PL{accession[-6:]}"
    return write(
        [
            ["MSH", "^~\\&", "DEMO-RIS", site.organisation_code, "CMR-REPORTER", site.organisation_code, _stamp(sent),
             "", "ORM^O01^ORM_O01", message_id, "P", "2.5.1", "", "", "", "", "GBR", "UNICODE UTF-8"],
            ["PID", "1", "", f"{patient.nhs_number}^^^NHS^NH~{patient.hospital_number}^^^{site.organisation_code}^MR",
             "", f"{escape(patient.family)}^{escape(patient.given)}", "", patient.birth_date.strftime("%Y%m%d"), sex],
            ["PV1", "1", _CLASSES[patient_class], f"^^^{site.code}"],
            ["ORC", control, placer, "", "", status, "", "", "", _stamp(requested_at), "", "", _REQUESTER],
            ["OBR", "1", placer, "", f"{_code(procedure)}^{escape(procedure)}^99DEMO", "", "", "",
             _stamp(completed_at) if completed_at else "", "", "", "", "", escape(question), "", "", _REQUESTER, "",
             accession],
        ]
    )  # fmt: skip


def _code(procedure: str) -> str:
    """A local code made of the procedure's initials; the national codes need a licence and are not invented here."""
    return "CMR" + "".join(word[0].upper() for word in procedure.split() if word[0].isalpha())[:5]
