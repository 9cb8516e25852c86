"""What the page says, as plain values for the Typst template: every word of the report is decided here. Pure."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from reporter.integration import wording
from reporter.report import bullseye
from reporter.report.document import (
    Measurement,
    PatientOnReport,
    ReportDocument,
    SegmentMap,
    SignedVersion,
    StudyOnReport,
)

_SIDES = {"below": "▼", "within": "", "above": "▲"}
#: The burden of wall motion, scar and ischaemia in one number each.
_SUMS = frozenset({"wmsi", "lge_percent", "inducible_segments", "inducible_percent"})
_SEXES = {"male": "Male", "female": "Female", "other": "Other", "unknown": "Not known"}
# A word of more than this many characters would run off the page; it may be broken.
_LONG_WORD = re.compile(r"(\S{40})(?=\S)")
_MAY_BREAK = "\u200b"
# Neither a page nor a screen reader has a place for these.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def content(version: SignedVersion) -> dict[str, Any]:
    """All values of the template `report.typ`, by the names that it uses."""
    document, signed = version.document, version.signature
    made: dict[str, Any] = {
        "title": document.template.title,
        "trust": document.site.organisation_name,
        "site": document.site.name,
        "patient": wording.patient_name(document.patient),
        "identity": _identity(document),
        "running": _running(document),
        "exam": _exam(document.study),
        "question": document.study.clinical_question,
        "status": wording.status(version),
        "signed": f"Signed {wording.instant(signed.signed_at)} by {signed.signer.name}",
        "amendment": wording.amendment(version),
        "urgent": [wording.communication(each) for each in document.communications],
        "answer": document.answer,
        "impression": list(document.impression),
        "recommendations": list(document.recommendations),
        "key": [_measurement(each) for each in document.measurements if _is_key(each)],
        "others": [_measurement(each) for each in document.measurements if not _is_key(each)],
        "reference": document.reference_set,
        "sources": _sources(document),
        "computed": _computed(document),
        "maps": [_map(each) for each in document.segment_maps],
        "findings": [{"title": each.title, "sentences": list(each.sentences)} for each in document.findings],
        "signature": _signature(version),
        "date": _date(signed.signed_at.astimezone(wording.LONDON).date()),
        "keywords": ["cardiovascular magnetic resonance", document.study.accession],
        "foot": f"Report {document.report_id}, version {document.version}, SHA-256 {signed.content_sha256[:16]}…",
    }
    return {name: _printable(value) for name, value in made.items()}


def _printable(value: Any) -> Any:
    """Tabs as spaces, every line break as one, no character that a page has no place for, no word wider than a line."""
    if isinstance(value, dict):
        return {key: inner if key == "svg" else _printable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_printable(inner) for inner in value]
    if not isinstance(value, str):
        return value
    text = value.replace("\t", "    ").replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\u2011", "-")  # a hyphen that does not break: it looks the same and has no glyph of its own
    text = _UNPRINTABLE.sub(lambda found: f"[U+{ord(found.group()):04X}]", text)
    return _LONG_WORD.sub(r"\1" + _MAY_BREAK, text)


def _identity(document: ReportDocument) -> list[list[str]]:
    """Label and value, in the order in which a person is identified aloud."""
    patient = document.patient
    born = wording.day(patient.birth_date) if patient.birth_date else "Not known"
    if (age := _age(patient, document.study)) is not None:
        born = f"{born} ({age} y at scan)"
    rows = [["Born", born], ["Sex", _SEXES[patient.sex]]]
    rows.append(["NHS number", wording.nhs_number(patient) or "Not known"])
    rows += [[f"Hospital number ({each.authority})", each.value] for each in patient.local_identifiers]
    return rows


def _age(patient: PatientOnReport, study: StudyOnReport) -> int | None:
    if patient.birth_date is None or study.performed_at is None:
        return None
    on = study.performed_at.astimezone(wording.LONDON).date()
    before = (on.month, on.day) < (patient.birth_date.month, patient.birth_date.day)
    return on.year - patient.birth_date.year - before


def _running(document: ReportDocument) -> str:
    """The line on top of every page: a page alone still says whose it is."""
    patient = document.patient
    parts = [wording.patient_name(patient)]
    if patient.birth_date:
        parts.append(f"born {wording.day(patient.birth_date)}")
    if (number := wording.nhs_number(patient)) is not None:
        parts.append(f"NHS {number}")
    elif patient.local_identifiers:
        parts.append(patient.local_identifiers[0].value)
    return " · ".join([*parts, f"accession {document.study.accession}"])


def _exam(study: StudyOnReport) -> list[list[str]]:
    rows = [["Examination", study.procedure], ["Accession", study.accession]]
    rows.append(["Performed", wording.instant(study.performed_at) if study.performed_at else "Not known"])
    rows.append(["Requested by", wording.person(study.requester) if study.requester else "Not known"])
    return rows


def _is_key(number: Measurement) -> bool:
    """On the first page: what was held against limits, and the few numbers that sum up a map."""
    return number.grade is not None or number.id in _SUMS


def _measurement(number: Measurement) -> dict[str, Any]:
    grade = number.grade
    return {
        "label": number.label,
        "value": number.value,
        "unit": wording.unit(number.unit),
        "computed": number.computation is not None,
        "limits": grade.limits if grade else "",
        "grade": grade.word if grade else "",
        "side": _SIDES[grade.side] if grade else "",
    }


def _sources(document: ReportDocument) -> list[str]:
    """Each reference set that gave a limit, with its source, once."""
    named = [f"{each.grade.reference_set} ({each.grade.source})" for each in document.measurements if each.grade]
    return list(dict.fromkeys(named))


def _computed(document: ReportDocument) -> list[str]:
    """How each computed value came about, from which inputs."""
    labels = {each.id: each.label for each in document.measurements}
    said = []
    for each in document.measurements:
        if each.computation is not None:
            inputs = ", ".join(f"{labels.get(name, name)} {value}" for name, value in each.computation.inputs)
            said.append(f"{each.label} = {each.computation.formula}" + (f" ({inputs})" if inputs else ""))
    return said


def _map(bull: SegmentMap) -> dict[str, Any]:
    """The drawing, its legend (the answers that occur) and the same in words."""
    swatches, used = bullseye.palette(bull.words), set(bull.values.values())
    words = bullseye.described(bull.values, swatches, bull.segments)
    legend = [{"svg": bullseye.swatch_svg(each), "words": each.words} for each in swatches if each.answer in used]
    if len(bull.values) < bull.segments:
        legend.append({"svg": bullseye.swatch_svg(None), "words": "not assessed"})
    drawn = bullseye.svg(bull.values, swatches, segments=bull.segments, title=bull.label, desc=words)
    return {"label": bull.label, "svg": drawn, "words": words, "legend": legend}


def _signature(version: SignedVersion) -> dict[str, Any]:
    signed, document = version.signature, version.document
    drafter = document.drafted_by
    return {
        "name": signed.signer.name,
        "grade": signed.signer.grade or "",
        "registration": wording.registration(signed.signer) or "",
        "at": wording.instant(signed.signed_at),
        "statement": signed.statement,
        "delegation": document.delegation,
        "drafted": wording.person(drafter) if drafter else "",
    }


def _date(day: date) -> list[int]:
    return [day.year, day.month, day.day]
