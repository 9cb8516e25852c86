"""Is a value what its FHIR data type says? Each function gives what is wrong in words, or None. Pure.

No sentence repeats a value: it may be a patient's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from xml.etree import ElementTree

from reporter.integration.fhir import systems, tables
from reporter.integration.hl7v2 import nhs_number

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)")
_ODS = re.compile(r"[A-Z0-9]{3,10}")
_GMC = re.compile(r"C?\d{7}")
_UCUM = re.compile(r"[!-~]+")
#: More than any heart holds; also refuses an infinity that slipped through.
_TOO_MUCH = 10**18

_XHTML = "http://www.w3.org/1999/xhtml"
# One paragraph of text and line breaks, which is most of what is sent: nothing in it needs a parser.
_PLAIN = re.compile(
    f'<div xmlns="{_XHTML}"><p>'
    r"(?:[^<>&\s]|&(?:amp|lt|gt|quot|#x27);)(?:[^<>&]|&(?:amp|lt|gt|quot|#x27);|<br/>)*</p></div>"
)

STATUS_EXTENSION = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"


def date_fault(text: str) -> str | None:
    """A `date`: a year, a month or a day that exists."""
    found = _DATE.fullmatch(text)
    return None if found and _exists(found) else "is not a date of the calendar"


def moment_fault(text: str) -> str | None:
    """A `dateTime`: a date, or a date with a time and its zone."""
    day, mark, clock = text.partition("T")
    if mark and (len(day) != 10 or not _TIME.fullmatch(clock)):
        return "is not a time with its zone"
    return date_fault(day)


def instant_fault(text: str) -> str | None:
    """An `instant`: a moment to the second with its zone."""
    return moment_fault(text) if "T" in text else "is not an instant with its zone"


def _exists(found: re.Match[str]) -> bool:
    year, month, day = (int(part) if part else 1 for part in found.groups())
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def identifier_fault(value: Mapping[str, Any]) -> str | None:
    """An identifier of ours names its system and its value; the UK ones look like what they say they are."""
    system, text = value.get("system"), value.get("value")
    if not isinstance(system, str) or not isinstance(text, str) or not text.strip():
        return "has no system or no value"
    if ":" not in system:
        return "has a system that is not an absolute URI"
    if system == systems.NHS_NUMBER:
        return _nhs_fault(value, text)
    if system in (systems.ODS_ORGANISATION, systems.ODS_SITE) and not _ODS.fullmatch(text):
        return "is not an ODS code"
    if system == systems.REGISTERS["GMC"] and not _GMC.fullmatch(text):
        return "is not a GMC number"
    if "nhs-number" in system.lower() and system.startswith(("http://fhir.", "https://fhir.")):
        return "has an NHS number under a system that is not https://fhir.nhs.uk/Id/nhs-number"
    return None


def _nhs_fault(value: Mapping[str, Any], text: str) -> str | None:
    if not nhs_number.is_valid(text) or not text.isdigit():
        return "is not a valid NHS number"
    for extension in value.get("extension", ()):
        if extension.get("url") == STATUS_EXTENSION:
            codings = extension.get("valueCodeableConcept", {}).get("coding", [])
            if not codings or any(each.get("code") not in tables.NHS_NUMBER_STATUS for each in codings):
                return "has a verification status that UK Core does not know"
    return None


def coding_fault(value: Mapping[str, Any]) -> str | None:
    """A code stands in a system; check digits are the business of `cmr.codes` and its tests."""
    system, code = value.get("system"), value.get("code")
    if isinstance(system, str) and ":" not in system:
        return "has a system that is not an absolute URI"
    if isinstance(code, str) and code != " ".join(code.split()):
        return "has a code with spaces where none may be"
    return None


def quantity_fault(value: Mapping[str, Any]) -> str | None:
    """qty-3: a coded unit names its system; ours are UCUM. A value is a number, never text."""
    number = value.get("value")
    if number is not None and (isinstance(number, str | bool | float) or abs(number) >= _TOO_MUCH):
        return "has a value that is not a decimal number"
    code = value.get("code")
    if code is not None and not value.get("system"):
        return "has a coded unit without its system (qty-3)"
    if value.get("system") == systems.UCUM and not (isinstance(code, str) and _UCUM.fullmatch(code)):
        return "has no UCUM code"
    return None


def period_fault(value: Mapping[str, Any]) -> str | None:
    """per-1: what ends has begun. Compared only where both are written alike."""
    start, end = value.get("start"), value.get("end")
    if isinstance(start, str) and isinstance(end, str) and start[:10] > end[:10]:
        return "ends before it starts (per-1)"
    return None


def attachment_fault(value: Mapping[str, Any]) -> str | None:
    """att-1, and that data, size, hash and type agree: half a PDF is worse than none."""
    data = value.get("data")
    if data is None:
        return None if value.get("url") else "has neither data nor an address"
    if not value.get("contentType"):
        return "has data without a content type (att-1)"
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return "has data that is not base64"
    if "size" in value and value["size"] != len(content):
        return "has a size that is not that of its data"
    digest = hashlib.sha1(content, usedforsecurity=False).digest()
    if "hash" in value and value["hash"] != base64.b64encode(digest).decode():
        return "has a hash that is not that of its data"
    if value["contentType"] == "application/pdf" and "hash" in value and not content.startswith(b"%PDF-"):
        return "says that it is a PDF and is none"
    return None


def extension_fault(value: Mapping[str, Any]) -> str | None:
    """ext-1: a value or extensions of its own, and one of the two."""
    values = sum(key.startswith("value") for key in value)
    if not isinstance(value.get("url"), str):
        return "has no url"
    return None if values + ("extension" in value) == 1 else "has not exactly one value (ext-1)"


def narrative_fault(div: str) -> str | None:
    """txt-1 and txt-2: a well-formed XHTML div that says something and can do nothing."""
    if _PLAIN.fullmatch(div):
        return None
    if "<!" in div or "<?" in div:  # nothing that declares an entity reaches the parser
        return "holds a declaration or a comment"
    try:
        root = ElementTree.fromstring(div)  # noqa: S314
    except ElementTree.ParseError:
        return "is not well-formed XHTML"
    space = f"{{{_XHTML}}}"
    if root.tag != f"{space}div":
        return "is not a div of XHTML"
    for element in root.iter():
        if element.tag.removeprefix(space) not in tables.XHTML_ELEMENTS or not element.tag.startswith(space):
            return "holds an element that a narrative may not hold (txt-1)"
        for name, text in element.attrib.items():
            if name not in tables.XHTML_ATTRIBUTES or text.strip().lower().startswith(("javascript:", "data:text")):
                return "holds an attribute that a narrative may not hold (txt-1)"
    has_words = any(text.strip() for text in root.itertext()) or root.find(f".//{space}img") is not None
    return None if has_words else "says nothing (txt-2)"
