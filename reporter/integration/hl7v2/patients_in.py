"""The patient of an inbound message: who it is about (PID), what changed (A08, A31), which records are one (A40)."""

from __future__ import annotations

from reporter.integration.hl7v2 import nhs_number, stamps
from reporter.integration.hl7v2.events import (
    Envelope,
    Event,
    Identifier,
    Ignored,
    PatientFacts,
    PatientMerged,
    PatientUpdated,
    Unusable,
)
from reporter.integration.hl7v2.message import Message, Repetition, Segment, split_path
from reporter.integration.wires import Source

_SEXES = {"M": "male", "F": "female", "O": "other", "A": "other", "N": "other", "1": "male", "2": "female"}


def patient_events(message: Message, source: Source, envelope: Envelope, event: str) -> tuple[Event, ...]:
    flags = list(message.flags)
    if event in {"A08", "A31"}:
        patient = patient_facts(message.first("PID"), source, envelope, flags)
        patient_class = source.patient_classes.get(message.get("PV1-2").upper(), "unknown")
        return (PatientUpdated(envelope, patient, patient_class, tuple(flags)),)
    if event == "A40":
        return _merges(message, source, envelope, flags)
    return (Ignored(envelope, "Only A08, A31 and A40 of the patient administration messages change anything here."),)


def _merges(message: Message, source: Source, envelope: Envelope, flags: list[str]) -> tuple[Event, ...]:
    merges: list[Event] = []
    survivor: Segment | None = None
    for segment in message.segments:
        if segment.name == "PID":
            survivor = segment
        elif segment.name == "MRG":
            own_flags = list(flags)
            patient = patient_facts(survivor, source, envelope, own_flags)
            retired, numbers = _identifiers(segment, 1, source, envelope, own_flags)
            numbers += [n for n in (segment.get(4),) if nhs_number.looks_like_one(n)]
            if not retired and not numbers:
                raise Unusable("AE", "MRG-1 names no identifier to merge.", "101")
            merges.append(
                PatientMerged(
                    envelope, patient, retired, nhs_number.tidy(numbers[0]) if numbers else None, tuple(own_flags)
                )
            )
    if not merges:
        raise Unusable("AE", "The merge has no MRG segment, so it does not say which record ends.", "100")
    return tuple(merges)


def patient_facts(pid: Segment | None, source: Source, envelope: Envelope, flags: list[str]) -> PatientFacts:
    if pid is None:
        raise Unusable("AE", "The message has no PID segment, so it does not say which patient it is about.", "100")
    identifiers, numbers = _identifiers(pid, 3, source, envelope, flags)
    for path in source.nhs_number_also:
        name, number, component, _ = split_path(path)
        if name == "PID" and nhs_number.looks_like_one(pid.get(number, component or 1)):
            numbers.append(pid.get(number, component or 1))
    chosen = _nhs_number(numbers, flags)
    if chosen is None and not identifiers:
        raise Unusable("AE", "PID-3 holds no identifier, so the patient can't be told from others.", "101")
    person = _name(pid)
    if not person.get(1):
        flags.append("The patient has no family name.")
    birth_date = stamps.day(pid.get(7)) if pid.get(7) else None
    if pid.get(7) and birth_date is None:
        flags.append("The date of birth can't be read as an HL7 date.")
    return PatientFacts(
        nhs_number=chosen,
        nhs_number_valid=chosen is not None and nhs_number.is_valid(chosen),
        identifiers=identifiers,
        family=person.get(1),
        given=" ".join(part for part in (person.get(2), person.get(3)) if part and part != '""'),
        title=person.get(5) if person.get(5) not in {"", '""'} else None,
        birth_date=birth_date,
        sex=_SEXES.get(pid.get(8).upper(), "unknown"),
        withdrawn=frozenset(
            field for field, number in (("birth_date", 7), ("sex", 8), ("name", 5)) if pid.is_null(number)
        ),
    )


def _name(pid: Segment) -> Repetition:
    """PID-5: the legal name where several are given (XPN-7 L), else the first."""
    names = pid.repetitions(5) or [Repetition("", pid.delimiters)]
    chosen = next((name for name in names if name.get(7) == "L"), names[0])
    return Repetition("", pid.delimiters) if chosen.raw.strip() == '""' else chosen


def _identifiers(
    segment: Segment, number: int, source: Source, envelope: Envelope, flags: list[str]
) -> tuple[tuple[Identifier, ...], list[str]]:
    """Hospital numbers, and what the feed calls an NHS number, among the repetitions of a CX field."""
    local: list[Identifier] = []
    nhs: list[str] = []
    for repetition in segment.repetitions(number):
        value = repetition.get(1).strip()
        if not value or value == '""':
            continue
        authority, kind = repetition.get(4).strip(), repetition.get(5).strip()
        types = set(source.nhs_number_types)
        is_one = nhs_number.looks_like_one(value)
        if is_one and types & {authority.upper(), kind.upper()}:
            nhs.append(value)
        elif kind.upper() in types:
            # "UNKNOWN^^^NHS^NH": kept as a hospital number it would make one patient of all who have it.
            flags.append("What the message calls the NHS number has not ten digits; it was not taken.")
        else:
            home = authority if authority not in {"", '""'} else source.local_authority or envelope.facility
            local.append(Identifier(value, home))
    return tuple(dict.fromkeys(local)), nhs


def _nhs_number(found: list[str], flags: list[str]) -> str | None:
    """The first number that passes its check, else the first at all, flagged."""
    numbers = list(dict.fromkeys(nhs_number.tidy(number) for number in found))
    valid = [number for number in numbers if nhs_number.is_valid(number)]
    if len(valid) > 1:
        flags.append("The message gives two different NHS numbers; the first was taken.")
    if valid:
        return valid[0]
    if not numbers:
        flags.append("The message gives no NHS number.")
        return None
    flags.append("The NHS number fails its modulus-11 check.")
    return numbers[0]
