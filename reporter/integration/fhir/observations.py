"""Observations: every number, every bull's-eye and every coded answer of a report, each under its own identifier."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from reporter.cmr import codes
from reporter.cmr.segments import BY_NUMBER
from reporter.integration.fhir import systems
from reporter.integration.fhir.systems import Resource
from reporter.integration.fhir.text import narrative, paragraph, said
from reporter.integration.wording import quantity, unit
from reporter.report.document import Code, CodedFinding, Measurement, SegmentMap

# FHIR R4, datatypes, decimal, without the exponent that nobody prints on a report.
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_SIDE = {"below": ("L", "Low"), "within": ("N", "Normal"), "above": ("H", "High")}


@dataclass(frozen=True, slots=True)
class Around:
    """What all observations of one report share."""

    report_id: str
    organisation: str
    subject: Resource
    based_on: Resource
    performers: tuple[Resource, ...]
    effective: str | None
    issued: str
    #: Measurement id to the reference of its Observation in this bundle.
    references: Mapping[str, str]


def observation_identifier(around: Around, id_: str) -> Resource:
    return systems.identifier(systems.local(around.organisation, "observation"), f"{around.report_id}/{id_}")


def measurement(number: Measurement, around: Around, status: str) -> Resource:
    """One number: its digits exactly as printed, how it was computed, and where it lies in its reference set."""
    made = _observation(number, around, status, quantity(number))
    made["valueQuantity"] = _quantity(number)
    if number.grade is not None:
        code, display = _SIDE[number.grade.side]
        made["interpretation"] = [
            systems.concept(said(number.grade.word), systems.coding(systems.INTERPRETATION, code, display))
        ]
        made["referenceRange"] = [{"text": said(f"{number.grade.limits} ({number.grade.reference_set})")}]
    if number.computation is not None:
        made["method"] = {"text": said(number.computation.formula)}
        inputs = [around.references[id_] for id_, _ in number.computation.inputs if id_ in around.references]
        if inputs:
            made["derivedFrom"] = [{"reference": reference} for reference in inputs]
    return made


def segment_map(bullseye: SegmentMap, around: Around, status: str) -> Resource:
    """One bull's-eye as one Observation with a component a segment; a segment not assessed says that it was not."""
    components = [_component(bullseye, number) for number in range(1, bullseye.segments + 1)]
    lines = [
        f"{number} {BY_NUMBER[number].name}: {_answer(bullseye, number)}" for number in range(1, bullseye.segments + 1)
    ]
    made = _observation(bullseye, around, status, "; ".join(lines))
    return {**made, "component": components}


def _answer(bullseye: SegmentMap, number: int) -> str:
    answer = bullseye.values.get(str(number))
    return "not assessed" if answer is None else bullseye.words.get(answer, answer)


def _component(bullseye: SegmentMap, number: int) -> Resource:
    words, place = said(_answer(bullseye, number)), _coding(codes.for_segment(number))
    made: Resource = {"code": systems.concept(f"Segment {number}, {BY_NUMBER[number].name}", place)}
    answer = bullseye.values.get(str(number))
    if answer is None:
        absent = systems.coding(systems.ABSENT, "not-performed", "Not Performed")
        return {**made, "dataAbsentReason": systems.concept(words, absent)}
    coded = _coding(codes.for_answer(bullseye.id, answer))
    return {**made, "valueCodeableConcept": systems.concept(words, coded)}


def coded_finding(finding: CodedFinding, around: Around, status: str) -> Resource:
    """A choice of the form: the code where there is one, always the words that were signed."""
    made = _observation(finding, around, status, finding.words)
    answers = [_coding(finding.answer_code)] if finding.answer_code else []
    if not finding.answer_code or finding.answer_code.system != codes.LOCAL:
        answers.append(systems.coding(codes.LOCAL, f"{finding.id}.{finding.answer}"))
    return {**made, "valueCodeableConcept": systems.concept(said(finding.words), *answers)}


def withdrawn(observation: Resource) -> Resource:
    """An observation of an earlier version that this version no longer holds: entered in error, without its value."""
    emptied = {key: value for key, value in observation.items() if key not in _VALUE and key != "text"}
    emptied["status"] = "entered-in-error"
    emptied["text"] = narrative(paragraph(f"{observation['code']['text']}: withdrawn"))
    return emptied


_VALUE = {
    "valueQuantity",
    "valueCodeableConcept",
    "component",
    "interpretation",
    "referenceRange",
    "method",
    "derivedFrom",
}


def _observation(statement: Any, around: Around, status: str, words: str) -> Resource:
    id_, label = statement.id, statement.label
    code: Code | None = getattr(statement, "code", None)  # a bull's-eye has none
    named = [_coding(code)] if code else []
    if not code or code.system != codes.LOCAL:  # our own id too, which tells apart what one LOINC code calls the same
        named.append(systems.coding(codes.LOCAL, id_, said(label)))
    made: Resource = {
        "resourceType": "Observation",
        "meta": {"profile": [systems.PROFILE + "Observation"]},
        "text": narrative(paragraph(f"{label}: {words}")),
        "identifier": [observation_identifier(around, id_)],
        "basedOn": [around.based_on],
        "status": status,
        "category": [{"coding": [systems.coding(systems.CATEGORY, "imaging", "Imaging")]}],
        "code": systems.concept(said(label), *named),
        "subject": around.subject,
    }
    if around.effective is not None:
        made["effectiveDateTime"] = around.effective
    return {**made, "issued": around.issued, "performer": list(around.performers)}


def _quantity(number: Measurement) -> Resource:
    if not _DECIMAL.fullmatch(number.value):
        raise ValueError(f"{number.label} has a value that is not a decimal number; it can't be sent as a quantity.")
    made: Resource = {"value": Decimal(number.value)}
    if printed := unit(number.unit):
        made["unit"] = printed
    return {**made, "system": systems.UCUM, "code": number.unit}


def _coding(code: Code | codes.Code) -> Resource:
    return systems.coding(code.system, code.code, code.display)
