"""The facts that an inbound message can carry, as frozen values: what `orders_in.read_events` gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


class Unusable(Exception):
    """A message that can't be acted on: the acknowledgement code, the HL7 table 0357 condition, and a sentence."""

    def __init__(self, code: str, sentence: str, condition: str = "207") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.condition = condition


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sent it and under which id. `sent_at` is None when MSH-7 holds no time."""

    application: str
    facility: str
    message_id: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Identifier:
    """A hospital number and the authority that gave it."""

    value: str
    authority: str


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """A patient as the sender knows them. A field in `withdrawn` was sent as HL7's null: its old value is not true."""

    nhs_number: str | None
    nhs_number_valid: bool
    identifiers: tuple[Identifier, ...]
    family: str
    given: str
    title: str | None
    birth_date: date | None
    sex: str
    withdrawn: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A clinician as the sender names them (XCN)."""

    name: str
    family: str
    given: str
    title: str | None
    #: "GMC", "NMC", "HCPC" where the sender says so; None for a local number.
    registration_body: str | None
    number: str | None


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """One ordered examination. At least one of accession, placer_order and filler_order is not None."""

    accession: str | None
    placer_order: str | None
    filler_order: str | None
    procedure: str
    procedure_code: str | None
    clinical_question: str
    requester: PersonFacts | None
    requested_at: datetime | None
    #: "inpatient", "outpatient", "emergency" or "unknown".
    patient_class: str
    #: "ordered", "scheduled", "in_progress", "completed", "cancelled" or "on_hold"; None when the feed says nothing.
    status: str | None
    #: When the examination ended; only with status "completed".
    completed_at: datetime | None
    #: True when the feed gave no usable end and the message's own time stands in for it.
    completed_at_imputed: bool
    #: Urgency as sent (HL7 table 0078/0485: S stat, A asap, R routine), or "".
    priority: str
    #: ODS site code; None when no place of the message names one and the feed has no default.
    site: str | None


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An examination was ordered. Sent again under another message id it is an update of the same order."""

    envelope: Envelope
    patient: PatientFacts
    order: OrderFacts
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """An order was cancelled or discontinued. `control` is ORC-1."""

    envelope: Envelope
    patient: PatientFacts
    order: OrderFacts
    control: str
    reason: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """An order changed: its state (`order.status`, with completed_at when the scan is over) or what it says."""

    envelope: Envelope
    patient: PatientFacts
    order: OrderFacts
    control: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PatientUpdated:
    """Demographics changed (ADT^A08, A31). An empty field means nothing was said; see PatientFacts.withdrawn."""

    envelope: Envelope
    patient: PatientFacts
    #: The class of the current visit, or "unknown".
    patient_class: str = "unknown"
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PatientMerged:
    """Two records are one person (ADT^A40): what hung on the retired identifiers now belongs to `patient`."""

    envelope: Envelope
    patient: PatientFacts
    retired: tuple[Identifier, ...]
    retired_nhs_number: str | None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that is right but asks for nothing here; it is acknowledged AA and kept."""

    envelope: Envelope
    why: str
    flags: tuple[str, ...] = ()


Event = NewOrder | OrderCancelled | StatusChanged | PatientUpdated | PatientMerged | Ignored
