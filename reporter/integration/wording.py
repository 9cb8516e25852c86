"""How a signed version is said in lines of text: the same words on the PDF, in FHIR and in HTML. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from reporter.report.document import Communication, Measurement, PatientOnReport, PersonOnReport, SignedVersion

LONDON = ZoneInfo("Europe/London")

#: UCUM to what is printed, for the units whose code is not what a clinician reads.
PRINTED_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "1": "",
        "{ratio}": "",
        "m2": "m²",
        "cm2": "cm²",
        "mL/m2": "mL/m²",
        "g/m2": "g/m²",
        "cm2/m2": "cm²/m²",
        "L/min/m2": "L/min/m²",
        "mm[Hg]": "mmHg",
        "ug/kg/min": "µg/kg/min",
        "umol/L": "µmol/L",
        "mL/min/{1.73_m2}": "mL/min/1.73 m²",
        "{score}": "",
    }
)


def unit(ucum: str) -> str:
    """The unit as printed; empty for a bare number."""
    return PRINTED_UNITS.get(ucum, ucum)


def quantity(measurement: Measurement) -> str:
    """ "212 mL", "102.9 mL/m²", "1.29": the value exactly as stored, and its printed unit."""
    return f"{measurement.value} {unit(measurement.unit)}".strip()


def day(value: date) -> str:
    """ "9 March 1962"."""
    return f"{value.day} {value:%B %Y}"


def instant(value: datetime) -> str:
    """ "23 November 2026, 15:42": the time on the clock in London."""
    local = value.astimezone(LONDON)
    return f"{day(local.date())}, {local:%H:%M}"


def patient_name(patient: PatientOnReport) -> str:
    """ "O'BRIEN-HUGHES, Siôn (Mr)", the order of the NHS common user interface guidance for patient banners."""
    name = f"{patient.family.upper()}, {patient.given}" if patient.given else patient.family.upper()
    return f"{name} ({patient.title})" if patient.title else name


def nhs_number(patient: PatientOnReport) -> str | None:
    """The NHS number in threes and fours; one that fails its check digit says so."""
    number = patient.nhs_number
    if number is None:
        return None
    if not patient.nhs_number_valid:
        return f"{number} (fails its check digit)"
    return f"{number[:3]} {number[3:6]} {number[6:]}"


def person(someone: PersonOnReport) -> str:
    """ "Dr Anjali Shah, Consultant cardiologist, GMC 6012345"."""
    return ", ".join(part for part in (someone.name, someone.grade, registration(someone)) if part)


def registration(someone: PersonOnReport) -> str | None:
    """ "GMC 6012345", or None for somebody whose registration the sender did not give."""
    if not someone.registration_number:
        return None
    return f"{someone.registration_body or 'Registration'} {someone.registration_number}"


def status(version: SignedVersion) -> str:
    """ "Final report", "Corrected report, version 2", "Report with addendum, version 2"."""
    document = version.document
    named = {"original": "Final report", "amendment": "Corrected report", "addendum": "Report with addendum"}
    words = named[document.kind]
    return words if document.version == 1 else f"{words}, version {document.version}"


def amendment(version: SignedVersion) -> str | None:
    """What replaced what, when and why; None on an original."""
    document = version.document
    if document.kind == "original":
        return None
    what = "corrects and replaces" if document.kind == "amendment" else "adds to and replaces"
    since = instant(version.first_signed_at)
    reason = document.reason or "not given"
    return (
        f"This is version {document.version}. It {what} every earlier version (first signed {since}). Reason: {reason}"
    )


def communication(told: Communication) -> str:
    """How an urgent finding reached somebody, or why it did not."""
    what = f"{told.level.capitalize()} finding: {told.finding}."
    if told.told_to is None:
        return f"{what} Not told before signing: {told.reason_not_told or 'no reason given'}."
    when = f" on {instant(told.told_at)}" if told.told_at else ""
    how = f" by {told.how}" if told.how else ""
    return f"{what} Told to {told.told_to}{how}{when}."


def conclusion(version: SignedVersion) -> str:
    """The answer, the numbered impression, advice and urgent findings: what a reader must have if only one text."""
    document = version.document
    lines = [statement] if (statement := amendment(version)) else []
    lines.append(document.answer)
    lines += [f"{number}. {line}" for number, line in enumerate(document.impression, start=1)]
    if document.recommendations:
        lines += ["Recommendations:", *document.recommendations]
    lines += [communication(told) for told in document.communications]
    return "\n".join(lines)


def signature(version: SignedVersion) -> tuple[str, ...]:
    """The signature block, line by line: who, when, with which words, who drafted under whom."""
    signed, document = version.signature, version.document
    lines = [
        f"Signed by {person(signed.signer)} on {instant(signed.signed_at)}",
        signed.statement,
        document.delegation,
    ]
    if document.drafted_by is not None:
        lines.append(f"Drafted by {person(document.drafted_by)}")
    return tuple(line for line in lines if line)
