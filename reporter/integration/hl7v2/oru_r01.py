"""A signed version as ORU^R01 (HL7 v2.5.1 chapter 7): the whole report every time, so that a receiver replaces.

The order of the OBX segments is the order of the report: what it is, the answer, the impression, urgent findings,
advice, findings, numbers, segment maps, choices, signature, PDF. Every text passes `text.escape`, to arrive as signed.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reporter.cmr.segments import SEGMENTS
from reporter.integration import wording
from reporter.integration.hl7v2.message import write
from reporter.integration.hl7v2.stamps import stamp
from reporter.integration.hl7v2.text import STANDARD, escape
from reporter.integration.wires import Destination
from reporter.report.document import Code, CodedFinding, Measurement, PersonOnReport, SegmentMap, SignedVersion

#: HL7 table 0396. Anything else is local to this product.
_SYSTEMS = {
    "http://loinc.org": "LN",
    "http://snomed.info/sct": "SCT",
    "http://dicom.nema.org/resources/ontology/DCM": "DCM",
    "http://unitsofmeasure.org": "UCUM",
}
_LOCAL = "99CMR"
#: LOINC document sections as listed in DICOM PS3.16 CID 7001.
_CLINICAL_QUESTION = "55752-0^Clinical information^LN"
_IMPRESSION = "19005-8^Impressions^LN"
_FINDINGS = "59776-5^Findings^LN"
_RECOMMENDATIONS = "18783-1^Recommendations^LN"

_SEXES = {"male": "M", "female": "F", "other": "O", "unknown": "U"}  # HL7 table 0001
_CLASSES = {"inpatient": "I", "outpatient": "O", "emergency": "E", "unknown": "U"}  # HL7 table 0004
_SIDES = {"below": "L", "within": "N", "above": "H"}  # HL7 table 0078
#: What NM holds (HL7 v2.5.1 chapter 2A.47). A value such as "<5" is text.
_NUMERIC = re.compile(r"[+-]?\d+(\.\d+)?\Z")
_LIMITS = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(?:to|–|-)\s*([+-]?\d+(?:\.\d+)?)\b")
#: The longest OBR-13 that HL7 v2.5.1 foresees; a longer question stands in its OBX only, never cut.
_LONGEST_OBR_13 = 300


@dataclass(frozen=True, slots=True)
class _Observation:
    """One OBX before it has its number: value type, OBX-3 and OBX-5 as field content, and what goes with them."""

    kind: str
    what: str
    value: str
    sub_id: str = ""
    units: str = ""
    limits: str = ""
    flag: str = ""
    notes: tuple[str, ...] = ()


def render(
    version: SignedVersion,
    destination: Destination,
    message_id: str,
    pdf: bytes,
    earlier: Sequence[SignedVersion] = (),
) -> bytes:
    """The message in UTF-8. Pure: the same arguments give the same bytes. MSH-10 is `control_id(message_id)`.

    `earlier` are the versions before this one, oldest first. With them an amendment says which observations it
    corrects (C), which stand (F) and which it withdraws (D); without them every observation of it is a correction.
    """
    document = version.document
    obr_25, obx_11 = {
        "original": ("F", "F"),
        "amendment": (destination.amended_status, "C"),
        "addendum": (destination.addendum_status, "F"),
    }[document.kind]
    performed = stamp(document.study.performed_at) if document.study.performed_at else ""
    numbers = _order_numbers(version, earlier[0] if earlier else version, destination)
    segments = [
        _msh(version, destination, message_id),
        _pid(version),
        *_pid_notes(version),
        _pv1(version),
        _orc(version, numbers),
        _obr(version, numbers, obr_25),
    ]
    before = _told_apart(_observations(earlier[-1], destination, b"")) if earlier and obx_11 == "C" else []
    said = {(old.what, old.sub_id): old for old in before}
    observations = _told_apart(_observations(version, destination, pdf))
    for number, observation in enumerate(observations, start=1):
        stands = said.pop((observation.what, observation.sub_id), None) == observation
        segments += _obx(number, observation, "F" if stands else obx_11, performed)
    for number, gone in enumerate(said.values(), start=len(observations) + 1):
        segments += _obx(number, replace(gone, value="", limits="", flag="", notes=()), "D", performed)
    return write(segments)


def control_id(message_id: str) -> str:
    """MSH-10 of a message: its id, or the first 20 hex digits of a longer one.

    HL7 v2.5.1 gives MSH-10 twenty characters. A receiver that cuts a longer one answers another message's id.
    """
    return message_id if len(message_id) <= 20 else message_id.replace("-", "")[:20]


def _obx(number: int, observation: _Observation, status: str, performed: str) -> list[list[str]]:
    """An observation with its notes. OBX-11, HL7 table 0085: F final, C corrects a final result, D deletes one."""
    obx = [
        "OBX", str(number), observation.kind, observation.what, observation.sub_id, observation.value,
        observation.units, observation.limits, observation.flag, "", "", status, "", "", performed,
    ]  # fmt: skip
    notes = [["NTE", str(place), "", escape(note)] for place, note in enumerate(observation.notes, start=1)]
    return [obx, *notes]


def _msh(version: SignedVersion, destination: Destination, message_id: str) -> list[str]:
    facility = destination.sending_facility or version.document.site.organisation_code
    return [
        "MSH", STANDARD.msh_2,
        escape(destination.sending_application), escape(facility),
        escape(destination.receiving_application), escape(destination.receiving_facility),
        stamp(version.signature.signed_at), "", "ORU^R01^ORU_R01", escape(control_id(message_id)),
        destination.processing_id, "2.5.1", "", "", "", "", "GBR", "UNICODE UTF-8",
    ]  # fmt: skip


def _pid(version: SignedVersion) -> list[str]:
    patient = version.document.patient
    identifiers = [f"{escape(patient.nhs_number)}^^^NHS^NH"] if patient.nhs_number else []
    identifiers += [f"{escape(local.value)}^^^{escape(local.authority)}^MR" for local in patient.local_identifiers]
    name = _components(patient.family, patient.given, "", "", patient.title or "")
    born = patient.birth_date.strftime("%Y%m%d") if patient.birth_date else ""
    return ["PID", "1", "", "~".join(identifiers), "", name, "", born, _SEXES[patient.sex]]


def _pid_notes(version: SignedVersion) -> list[list[str]]:
    patient = version.document.patient
    if patient.nhs_number is None or patient.nhs_number_valid:
        return []
    return [["NTE", "1", "", "The NHS number fails its modulus-11 check; use the other identifiers."]]


def _pv1(version: SignedVersion) -> list[str]:
    study = version.document.study
    return ["PV1", "1", _CLASSES[study.patient_class], f"^^^{escape(version.document.site.code)}"]


def _orc(version: SignedVersion, numbers: tuple[str, str]) -> list[str]:
    placer, filler = numbers
    signed = stamp(version.signature.signed_at)
    return ["ORC", "RE", placer, filler, "", "CM", "", "", "", signed, "", "", _requester(version)]


def _obr(version: SignedVersion, numbers: tuple[str, str], status: str) -> list[str]:
    document = version.document
    study = document.study
    placer, filler = numbers
    performed = stamp(study.performed_at) if study.performed_at else ""
    obr = [""] * 34
    obr[0:5] = ["OBR", "1", placer, filler, _components(study.procedure_code or "CMR", study.procedure, _LOCAL)]
    obr[7] = performed
    if len(study.clinical_question) <= _LONGEST_OBR_13 and "\n" not in study.clinical_question:
        obr[13] = escape(study.clinical_question)
    obr[16] = _requester(version)
    obr[18] = escape(study.accession)
    # OBR-22 rises with every version: a receiver that keeps the latest by time keeps the right one.
    obr[22] = stamp(version.signature.signed_at)
    obr[24] = "RAD"
    obr[25] = status
    obr[32] = _interpreter(version.signature.signer)
    obr[33] = _interpreter(document.drafted_by) if document.drafted_by else ""
    return obr


def _order_numbers(version: SignedVersion, first: SignedVersion, destination: Destination) -> tuple[str, str]:
    """ORC-2/OBR-2 and ORC-3/OBR-3.

    Receivers replace by the filler number, so that it is the first version's in every later one, even where the RIS
    has given the order another number since: else a correction would stand beside what it corrects.
    """
    study, was = version.document.study, first.document.study
    placer = _components(study.placer_order or "", destination.placer_authority if study.placer_order else "")
    return placer, _components(was.filler_order or was.accession, destination.filler_authority)


def _requester(version: SignedVersion) -> str:
    person = version.document.study.requester
    return "^".join(_name_parts(person)) if person else ""


def _interpreter(person: PersonOnReport) -> str:
    """NDL: one component (the name) whose parts are subcomponents."""
    return "&".join(_name_parts(person))


def _name_parts(person: PersonOnReport) -> list[str]:
    """XCN and CNN alike: id, family, given, -, -, prefix, -, -, authority. A GMC number is written with its C."""
    number = person.registration_number or ""
    if person.registration_body == "GMC" and re.fullmatch(r"\d{7}", number):
        number = f"C{number}"
    if person.family is None:
        parts = [number, person.name]
    else:
        parts = [number, person.family, person.given or "", "", "", person.title or ""]
    if number and person.registration_body:
        parts += [""] * (8 - len(parts)) + [person.registration_body]
    while parts and not parts[-1]:
        parts.pop()
    return [escape(part) for part in parts]


def _components(*parts: str) -> str:
    return "^".join(escape(part) for part in parts).rstrip("^")


# --- observations ---------------------------------------------------------------------------------------------------


def _observations(version: SignedVersion, destination: Destination, pdf: bytes) -> Iterator[_Observation]:
    document = version.document
    yield _text(_local("report_status", "Report status"), wording.status(version))
    yield _Observation("NM", _local("report_version", "Report version"), str(document.version))
    if changed := wording.amendment(version):
        yield _text(_local("amendment", "What this version changes"), changed)
    yield from _lines(_CLINICAL_QUESTION, [document.study.clinical_question])
    yield _text(_local("answer", "Answer to the clinical question"), document.answer)
    yield from _lines(_IMPRESSION, document.impression)
    told = [wording.communication(one) for one in document.communications]
    yield from _lines(_local("urgent_finding", "Urgent finding and its communication"), told)
    yield from _lines(_RECOMMENDATIONS, document.recommendations)
    yield from _lines(_FINDINGS, ["\n".join((heading.title, *heading.sentences)) for heading in document.findings])
    for measurement in document.measurements:
        yield _measurement(measurement)
    for bulls_eye in document.segment_maps:
        yield _text(_local(bulls_eye.id, bulls_eye.label), _segment_lines(bulls_eye))
    for finding in document.coded_findings:
        yield _finding(finding)
    yield _text(
        _local("template", "Report template"), f"{document.template.title}, version {document.template.version}"
    )
    yield _text(_local("signature", "Signature"), "\n".join(wording.signature(version)))
    yield _text(_local("content_sha256", "SHA-256 of the signed content"), version.signature.content_sha256)
    if destination.include_pdf and pdf:
        # OBX-5 ED: source ^ type (table 0191) ^ subtype (table 0291) ^ encoding (table 0299) ^ data, as in UK feeds.
        content = f"^AP^PDF^Base64^{base64.b64encode(pdf).decode('ascii')}"
        yield _Observation("ED", _local("pdf", "Report as PDF"), content)


def _told_apart(observations: Iterable[_Observation]) -> list[_Observation]:
    """OBX-3 with OBX-4 must be unique in a report: what is said several times (two LGE patterns) is numbered."""
    made = list(observations)
    times = Counter(observation.what for observation in made if not observation.sub_id)
    so_far: Counter[str] = Counter()
    told: list[_Observation] = []
    for observation in made:
        so_far[observation.what] += 1
        number = str(so_far[observation.what])
        repeated = not observation.sub_id and times[observation.what] > 1
        told.append(replace(observation, sub_id=number) if repeated else observation)
    return told


def _text(what: str, value: str, sub_id: str = "") -> _Observation:
    """Formatted text where it has line breaks, which are a command of FT; plain text otherwise."""
    return _Observation("FT" if "\n" in value else "TX", what, escape(value), sub_id)


def _lines(what: str, lines: Iterable[str]) -> Iterator[_Observation]:
    """One OBX a line, numbered in OBX-4, because OBX-3 and OBX-4 together must be unique in a report."""
    for number, line in enumerate(lines, start=1):
        if line:
            yield _text(what, line, str(number))


def _measurement(measurement: Measurement) -> _Observation:
    grade, computed = measurement.grade, measurement.computation
    notes = []
    if grade:
        notes.append(f"{grade.word} (limits {grade.limits}; {grade.reference_set}; {grade.source})")
    if computed:
        inputs = ", ".join(f"{name} {value}" for name, value in computed.inputs)
        notes.append(f"Computed: {computed.formula}" + (f"; {inputs}" if inputs else ""))
    return _Observation(
        kind="NM" if _NUMERIC.match(measurement.value) else "ST",
        what=_identified(measurement.code, measurement.id, measurement.label),
        value=escape(measurement.value),
        units=_components(measurement.unit, wording.unit(measurement.unit), "UCUM") if measurement.unit else "",
        limits=_limits(grade.limits) if grade else "",
        flag=_SIDES[grade.side] if grade else "",
        notes=tuple(notes),
    )


def _limits(said: str) -> str:
    """OBX-7: `57-77` where the limits are two numbers, else the words of the reference set."""
    found = _LIMITS.match(said)
    return f"{found[1]}-{found[2]}" if found and not found[2].startswith("-") else escape(said)


def _segment_lines(bulls_eye: SegmentMap) -> str:
    """A line each assessed segment, and the others by name: a segment that is left out would read as normal."""
    lines, blank = [], []
    for segment in SEGMENTS:
        if segment.number > bulls_eye.segments:
            continue
        answer = bulls_eye.values.get(str(segment.number))
        if answer is None:
            blank.append(str(segment.number))
        else:
            name = segment.name if segment.wall == "apex" else f"{segment.ring} {segment.wall}"
            lines.append(f"{segment.number} {name}: {bulls_eye.words.get(answer, answer)}")
    if blank:
        lines.append(f"Not assessed: segment {', '.join(blank)}")
    return "\n".join(lines)


def _finding(finding: CodedFinding) -> _Observation:
    return _Observation(
        "CE",
        _identified(finding.code, finding.id, finding.label),
        _identified(finding.answer_code, finding.answer, finding.words),
    )


def _identified(code: Code | None, id_: str, label: str) -> str:
    """CE with the standard code first and our own id as the alternate; or our own id alone."""
    if code is None:
        return _local(id_, label)
    return _components(code.code, code.display, _SYSTEMS.get(code.system, _LOCAL), id_, label, _LOCAL)


def _local(id_: str, label: str) -> str:
    return _components(id_, label, _LOCAL)
