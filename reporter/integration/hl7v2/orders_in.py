"""What an inbound message says, as plain facts: an order, a cancellation, a change, an update, a merge.

Handled are ORM^O01 and OMI^O23 (HL7 v2.5.1 chapter 4) and ADT^A08, A31 and A40 (chapter 3). Where a fact stands is
the `Source`'s business. What looks wrong but harms nobody is accepted and flagged in words; an order is never refused
for a doubtful NHS number. Sentences here go to logs and to the sender, so they hold no patient data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from reporter.integration.hl7v2 import stamps
from reporter.integration.hl7v2.events import (
    Envelope,
    Event,
    Identifier,
    Ignored,
    NewOrder,
    OrderCancelled,
    OrderFacts,
    PatientFacts,
    PatientMerged,
    PatientUpdated,
    PersonFacts,
    StatusChanged,
    Unusable,
)
from reporter.integration.hl7v2.message import Message, Repetition, Segment, split_path
from reporter.integration.hl7v2.patients_in import patient_events, patient_facts
from reporter.integration.wires import Source

__all__ = [
    "Envelope",
    "Event",
    "Identifier",
    "Ignored",
    "NewOrder",
    "OrderCancelled",
    "OrderFacts",
    "PatientFacts",
    "PatientMerged",
    "PatientUpdated",
    "PersonFacts",
    "StatusChanged",
    "Unusable",
    "read_event",
    "read_events",
]

_NEW = {"NW", "SN", "RO"}  # SN: a department's own order (IHE Scheduled Workflow); RO: the order that replaces another
_CANCELLED = {"CA", "DC", "OC", "OD", "CR", "DR", "RP", "RU"}  # RP, RU: replaced; the order that follows is RO
_CHANGED = {"SC", "XO", "XX", "XR"}
#: The longest MSH-10 of any HL7 version (2.6 and later).
_LONGEST_NAME = 199


def read_event(message: Message, source: Source, received_at: datetime) -> Event:
    """The one event of a message. Raises Unusable, also when the message holds several (see `read_events`)."""
    events = read_events(message, source, received_at)
    if len(events) > 1:
        raise Unusable("AE", f"The message holds {len(events)} orders or merges; send one in a message.", "100")
    return events[0]


def read_events(message: Message, source: Source, received_at: datetime) -> tuple[Event, ...]:
    """Everything a message says, in its order: an ORM may hold several orders, an A40 several merges.

    `received_at` stands in where the message has no time of its own. Raises Unusable, only.
    """
    envelope = _envelope(message, source)
    if not source.takes(envelope.application, envelope.facility):
        raise Unusable("AR", "MSH-3 and MSH-4, the sender, are on no feed of this system.", "103")
    if not envelope.message_id:
        raise Unusable("AE", "MSH-10, the message control id, is empty; without it a repeat can't be told.", "101")
    if max(len(envelope.message_id), len(envelope.application), len(envelope.facility)) > _LONGEST_NAME:
        raise Unusable("AE", f"MSH-3, MSH-4 or MSH-10 is longer than {_LONGEST_NAME} characters.", "102")
    kind, event = message.msh.get(9, 1), message.msh.get(9, 2)
    if (kind, event) in {("ORM", "O01"), ("OMI", "O23")}:
        return _orders(message, source, envelope, received_at)
    if kind == "ADT":
        return patient_events(message, source, envelope, event)
    if not kind:
        raise Unusable("AR", "MSH-9, the message type, is empty.", "200")
    raise Unusable("AR", "This system takes ORM^O01, OMI^O23 and ADT; MSH-9 names another message type.", "200")


def _orders(message: Message, source: Source, envelope: Envelope, received_at: datetime) -> tuple[Event, ...]:
    flags = list(message.flags)
    patient = patient_facts(message.first("PID"), source, envelope, flags)
    before, groups = _by_order(message.segments)
    if not groups:
        raise Unusable("AE", "The message has no ORC segment, so it does not say what to do.", "100")
    return tuple(
        _order_event(Places((*group, *before)), source, envelope, patient, shared_flags=flags, received_at=received_at)
        for group in groups
    )


def _by_order(segments: Sequence[Segment]) -> tuple[list[Segment], list[list[Segment]]]:
    """What stands before the first ORC (the patient's part), and each ORC with what follows it."""
    before: list[Segment] = []
    groups: list[list[Segment]] = []
    for segment in segments:
        if segment.name == "ORC":
            groups.append([segment])
        elif groups:
            groups[-1].append(segment)
        elif segment.name != "NTE":  # notes on the patient are no clinical question
            before.append(segment)
    return before, groups


class Places:
    """The segments that one order may look into, its own before the patient's."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments

    def all(self, name: str) -> list[Segment]:
        """Segments of that name."""
        return [segment for segment in self._segments if segment.name == name]

    def text(self, paths: Iterable[str]) -> str:
        """The first text among the places; a place without component means its first component."""
        for path in paths:
            name, number, component, subcomponent = split_path(path)
            for segment in self.all(name):
                found = segment.get(number, component or 1, subcomponent)
                if found:
                    return found
        return ""

    def repetition(self, paths: Iterable[str]) -> Repetition | None:
        """The first repetition among the places that holds anything."""
        for path in paths:
            name, number, _, _ = split_path(path)
            for segment in self.all(name):
                for repetition in segment.repetitions(number):
                    if repetition.get(1) or repetition.get(2):
                        return repetition
        return None

    def lines(self, paths: Iterable[str]) -> str:
        """Everything that the places say, a line each, without repeating a line."""
        said: list[str] = []
        for path in paths:
            name, number, component, _ = split_path(path)
            for segment in self.all(name):
                said += [_words(repetition, number, name, component) for repetition in segment.repetitions(number)]
        return "\n".join(dict.fromkeys(line for line in said if line and line != '""'))


def _words(repetition: Repetition, number: int, name: str, component: int | None) -> str:
    if component is not None:
        return repetition.get(component).strip()
    if (name, number) == ("OBR", 31):  # coded: the words, or the code where there are no words
        return (repetition.get(2) or repetition.get(1) or repetition.get(5)).strip()
    return repetition.text.strip()


def _order_event(
    places: Places,
    source: Source,
    envelope: Envelope,
    patient: PatientFacts,
    *,
    shared_flags: list[str],
    received_at: datetime,
) -> Event:
    flags = list(shared_flags)
    control = places.text(["ORC-1"])
    order = _order(places, source, envelope, flags, received_at)
    if control in _NEW:
        return NewOrder(envelope, patient, order, tuple(flags))
    if control in _CANCELLED:
        return OrderCancelled(envelope, patient, order, control, places.text(["ORC-16.2", "ORC-16"]), tuple(flags))
    if control in _CHANGED:
        if order.status == "cancelled":
            return OrderCancelled(envelope, patient, order, control, places.text(["ORC-16.2", "ORC-16"]), tuple(flags))
        return StatusChanged(envelope, patient, order, control, tuple(flags))
    if not control:
        raise Unusable("AE", "ORC-1, the order control code, is empty.", "101")
    acted_on = ", ".join(sorted(_NEW | _CANCELLED | _CHANGED))
    raise Unusable("AE", f"ORC-1 holds an order control code that is not acted on here; these are: {acted_on}.", "103")


def _order(places: Places, source: Source, envelope: Envelope, flags: list[str], received_at: datetime) -> OrderFacts:
    accession, placer, filler = (
        places.text(paths) or None for paths in (source.accession, source.placer_order, source.filler_order)
    )
    if accession is None and placer is None and filler is None:
        raise Unusable("AE", "No accession, placer or filler number: the order can't be told from others.", "101")
    if accession is None:
        flags.append("The order has no accession number.")
    procedure = places.repetition(source.procedure)
    patient_class = source.patient_classes.get(places.text(source.patient_class).upper(), "unknown")
    if patient_class == "unknown":
        flags.append("The patient class is missing or not known; the study is timed as an inpatient's.")
    said = [places.text([path]).upper() for path in source.status]
    status = next((source.exam_states[code] for code in said if code in source.exam_states), None)
    completed_at, imputed = None, False
    if status == "completed":
        completed_at, imputed = _completed(places, source, envelope, flags, received_at)
    return OrderFacts(
        accession=accession,
        placer_order=placer,
        filler_order=filler,
        procedure=(procedure.get(2) or procedure.get(5) or procedure.get(1)) if procedure else "",
        procedure_code=(procedure.get(1) or None) if procedure else None,
        clinical_question=places.lines(source.clinical_question),
        requester=_person(places.repetition(source.requester)),
        requested_at=_time(places.text(source.requested_at), source, "The time of the request", flags),
        patient_class=patient_class,
        status=status,
        completed_at=completed_at,
        completed_at_imputed=imputed,
        priority=places.text(source.priority),
        site=_site(places, source, envelope, flags),
    )


def _completed(
    places: Places, source: Source, envelope: Envelope, flags: list[str], received_at: datetime
) -> tuple[datetime, bool]:
    """The end of the examination: the first place that holds a time that has been; else the message's own time."""
    for path in source.completed_at:
        at = _time(places.text([path]), source, "The time at which the examination ended", flags)
        if at is None:
            continue
        if at > received_at + timedelta(minutes=5):
            flags.append(f"The end of the examination ({path}) lies in the future; it was not taken.")
            continue
        return at, False
    flags.append("The message gives no time at which the examination ended; the time of the message stands in for it.")
    sent_at = envelope.sent_at
    return (sent_at, True) if sent_at and sent_at <= received_at + timedelta(minutes=5) else (received_at, True)


def _time(text: str, source: Source, what: str, flags: list[str]) -> datetime | None:
    if not text:
        return None
    found = stamps.instant(text, source.time_zone)
    if found is None:
        flags.append(f"{what} can't be read as an HL7 time.")
        return None
    if found.flag:
        flags.append(f"{what} {found.flag}.")
    return found.at


def _site(places: Places, source: Source, envelope: Envelope, flags: list[str]) -> str | None:
    for path in source.site:
        code = {"MSH-4": envelope.facility}.get(path) or places.text([path])
        if source.sites:
            code = source.sites.get(code, "")
        if code:
            return code
    if source.default_site is None:
        flags.append("The message names no site that is known on this feed.")
    return source.default_site


def _person(found: Repetition | None) -> PersonFacts | None:
    """XCN: id ^ family ^ given ^ … ^ prefix(6) … ^ assigning authority(9) … ^ type(13)."""
    if found is None:
        return None
    number, family, given, title = found.get(1), found.get(2), found.get(3), found.get(6)
    words = " ".join(part for part in (title, given, family) if part)
    body = next(
        (said for said in (found.get(place).upper() for place in (8, 9, 13)) if said in {"GMC", "NMC", "HCPC"}), None
    )
    return PersonFacts(
        name=words or number,
        family=family,
        given=given,
        title=title or None,
        registration_body=body,
        number=number or None,
    )


def _envelope(message: Message, source: Source) -> Envelope:
    sent = stamps.instant(message.msh.get(7), source.time_zone)
    return Envelope(
        application=message.msh.get(3),
        facility=message.msh.get(4),
        message_id=message.control_id,
        sent_at=sent.at if sent else None,
    )
