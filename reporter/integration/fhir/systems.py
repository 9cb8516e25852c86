"""Who is who in a bundle: identifier systems, ids that a retry makes again, and search criteria. Pure.

UK systems are those of UK Core (HL7 UK, FHIR R4). What a trust numbers itself (accession, orders, hospital numbers,
our reports) is unique only inside that trust, so the trust's ODS code is part of the system.
"""

from __future__ import annotations

import re
import uuid
from functools import cache
from typing import Any
from urllib.parse import quote

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
ODS_ORGANISATION = "https://fhir.nhs.uk/Id/ods-organization-code"
ODS_SITE = "https://fhir.nhs.uk/Id/ods-site-code"
REGISTERS = {"GMC": "https://fhir.hl7.org.uk/Id/gmc-number", "NMC": "https://fhir.hl7.org.uk/Id/nmc-number"}

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
V2_0074 = "http://terminology.hl7.org/CodeSystem/v2-0074"
V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"

PROFILE = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-"

_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "https://cmr-reporter.example/fhir")

Resource = dict[str, Any]


@cache
def local(organisation: str, kind: str) -> str:
    """The system of something that one trust numbers. A site replaces the host with one that it owns."""
    return f"https://cmr-reporter.example/Id/{quote(organisation, safe='')}/{kind}"


def id_for(*parts: str) -> str:
    """A UUID that is the same whenever the same thing is named, so that a retry can't make a second one."""
    return str(uuid.uuid5(_IDS, "\x1f".join(parts)))


def identifier(system: str, value: str, kind: str | None = None) -> Resource:
    """An Identifier; `kind` is a code of HL7 table 0203 (ACSN, PLAC, FILL, MR)."""
    named: Resource = {"type": {"coding": [{"system": V2_0203, "code": kind}]}} if kind else {}
    return {**named, "system": system, "value": value}


def criteria(system: str, value: str) -> str:
    """`identifier=system|value` as a search parameter: FHIR's own escapes first, then the URL's."""
    token = re.sub(r"([\\,|$])", r"\\\1", value)
    return f"identifier={quote(system, safe=':/')}|{quote(token, safe='')}"


def coding(system: str, code: str, display: str | None = None) -> Resource:
    return {"system": system, "code": code, "display": display} if display else {"system": system, "code": code}


def concept(text: str | None, *codings: Resource) -> Resource:
    """A CodeableConcept with codings, text or both."""
    made: Resource = {"coding": list(codings)} if codings else {}
    return {**made, "text": text} if text else made
