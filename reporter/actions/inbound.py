"""Messages that come in: each is kept, has its effect and gets its answer in one transaction, or waits for a person.

A repeat (same sender, same id, same bytes) gets the same answer and has no second effect. What can't be used, for
whatever reason, is kept byte for byte with a sentence, and answered AE or AR; it never stops the listener.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reporter.actions import ordering, patient_records
from reporter.actions.actor import CLINICAL, Actor, must_be, note, system
from reporter.actions.ordering import Origin
from reporter.actions.refusals import Conflict, Invalid, NotFound
from reporter.actions.views import ExceptionLine, ImportLine, ImportResult
from reporter.integration.hl7v2 import ack
from reporter.integration.hl7v2.events import (
    Event,
    Ignored,
    NewOrder,
    OrderCancelled,
    PatientMerged,
    PatientUpdated,
    StatusChanged,
    Unusable,
)
from reporter.integration.hl7v2.message import Malformed, Message, header_only, parse
from reporter.integration.hl7v2.orders_in import read_events
from reporter.integration.wires import Source, Wires
from reporter.store import audit_log, inbox, sites
from reporter.store.database import AlreadyThere, Busy, Database, Session
from reporter.store.inbox import Received
from reporter.store.rows import new_id

log = logging.getLogger(__name__)

#: Who looks after messages that could not be used.
HANDLERS = ("radiographer", "consultant", "clinical_lead", "admin")
_ORDERS = (NewOrder, StatusChanged, OrderCancelled)
_TRIES = 4
_ID_REUSED = "Another message with the same sender and control id (MSH-10) came before, with other content."
_NOT_YOURS = (
    "This message is about another site, or about a patient whom other sites may know. Nothing was changed. "
    "Somebody who works at all sites can import it, or the command line."
)
_UNEXPECTED = (
    "The message could not be applied because of a fault in this system. It is kept; a person will look at it."
)


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a message touched."""

    site_code: str | None = None
    study_id: str | None = None
    patient_id: str | None = None


def receive(db: Database, raw: bytes, source: Source, now: datetime) -> bytes:
    """Takes one HL7 message and returns the acknowledgement; everything is committed before it is returned."""
    message: Message | None = None
    try:
        message = parse(raw, source.charset)
        events = read_events(message, source, now)
    except Malformed as why:
        return _keep(db, raw, None, source, Unusable("AR", str(why), "100"), now=now)
    except Unusable as why:
        return _keep(db, raw, message, source, why, now=now)
    site_code = _site_named(events)
    for left in reversed(range(_TRIES)):
        try:
            return _apply_and_answer(db, message, events, source, now)
        except Unusable as why:
            return _keep(db, raw, message, source, why, now=now, site_code=site_code)
        except (AlreadyThere, Busy):
            if left:
                continue  # the same message, patient or study on another connection, or a deadlock: look again
            log.warning("An inbound message met others of its kind %s times; it is kept as an exception.", _TRIES)
        except Exception as fault:
            # Only the kind of fault is written down: its text may hold what the message said about a patient.
            log.error("A message could not be applied: %s. It is kept.", type(fault).__name__)  # noqa: TRY400
            break
    return _keep(db, raw, message, source, Unusable("AE", _UNEXPECTED), now=now, site_code=site_code)


def receive_all(db: Database, messages: Sequence[tuple[bytes, Source]], now: datetime) -> list[bytes]:
    """Takes messages that came at the same time in one transaction: one commit for all of them, then every answer.

    The effect is that of `receive` one after the other. Where one of them can't be used, nothing of the common
    transaction stays and each is taken on its own.
    """
    if len(messages) > 1:
        try:
            return _all_at_once(db, messages, now)
        except Exception as why:
            log.debug("Messages are taken one by one: %s.", type(why).__name__)
    return [receive(db, raw, source, now) for raw, source in messages]


def list_exceptions(db: Database, actor: Actor) -> tuple[ExceptionLine, ...]:
    """The messages that wait for a person at one's sites, oldest first; a page of them, each with its beginning."""
    must_be(actor, *HANDLERS, "auditor", to="see messages that could not be used")
    with db.read() as session:
        return tuple(_as_line(session, actor, one) for one in inbox.exceptions(session, actor.sites))


def count_exceptions(db: Database, actor: Actor) -> int:
    """How many messages wait for a person at one's sites."""
    must_be(actor, *HANDLERS, "auditor", to="see messages that could not be used")
    with db.read() as session:
        return inbox.count_exceptions(session, actor.sites)


def exception(db: Database, actor: Actor, inbox_id: str) -> ExceptionLine:
    """One such message with its bytes."""
    must_be(actor, *HANDLERS, "auditor", to="see messages that could not be used")
    with db.read() as session:
        return _as_line(session, actor, _waiting(session, actor, inbox_id))


def reprocess(db: Database, actor: Actor, inbox_id: str, now: datetime, wires: Wires) -> None:
    """Tries a kept message again, once the reason is mended. Raises Invalid with the sentence when it still fails."""
    must_be(actor, *HANDLERS, to="try a message again")
    with db.read() as session:
        kept = _waiting(session, actor, inbox_id)
    source = next((s for s in wires.sources if s.name == kept.source), None)
    if source is None:
        raise Invalid(
            {"source": f"The feed {kept.source} is no longer in the wires file, so the message can't be read."}
        )
    try:
        message = parse(kept.raw, source.charset)
        events = read_events(message, source, kept.received_at)
        with db.begin() as session:
            effect = _apply(session, events, source, kept.id, received_at=kept.received_at, now=now)
            _resolve(session, kept, actor, "reprocessed", resolution="Applied on a second try.", now=now, effect=effect)
    except (Malformed, Unusable) as why:
        raise Invalid({"message": f"It still can't be used: {why}"}) from None


def close_exception(db: Database, actor: Actor, inbox_id: str, reason: str, now: datetime) -> None:
    """Closes a message that needs nothing more, with the reason."""
    must_be(actor, *HANDLERS, to="close a message")
    if not reason.strip():
        raise Invalid({"reason": "Say why nothing more is needed, so that the next person needn't ask."})
    with db.begin() as session:
        kept = _waiting(session, actor, inbox_id)
        _resolve(session, kept, actor, "closed", resolution=reason.strip(), now=now, effect=_Effect())


def import_orders(db: Database, actor: Actor, content: bytes, source: Source, now: datetime) -> ImportResult:
    """Takes a file of HL7 messages, one after the other as if they had come on the wire."""
    must_be(actor, *HANDLERS, to="import orders")
    with db.read() as session:
        everywhere = actor.is_system or set(sites.codes(session)) <= set(actor.sites)
    lines = []
    for number, raw in enumerate(split_file(content), start=1):
        if not everywhere and not _is_about(actor.sites, raw, source, now):
            header = header_only(raw)
            lines.append(ImportLine(number, header.control_id if header else "", False, _NOT_YOURS))
            continue
        said = ack.read_ack(receive(db, raw, source, now))
        lines.append(ImportLine(number, said.control_id, said.code in ack.POSITIVE, said.words or "Taken."))
    if not lines:
        raise Invalid({"file": "The file holds no HL7 message: none of its lines starts with MSH."})
    return ImportResult(tuple(lines))


def _is_about(site_codes: Sequence[str], raw: bytes, source: Source, now: datetime) -> bool:
    """Is a message only about these sites? One that can't be read has no effect, whoever brings it."""
    try:
        events = read_events(parse(raw, source.charset), source, now)
    except (Malformed, Unusable):
        return True
    # An order that names no site is refused as such; a patient may be known at sites that nobody here may see.
    orders = [event for event in events if isinstance(event, _ORDERS)]
    others = any(isinstance(event, PatientUpdated | PatientMerged) for event in events)
    return not others and all(event.order.site in (None, *site_codes) for event in orders)


def split_file(content: bytes) -> tuple[bytes, ...]:
    """The messages of a file: each starts at a line that starts with MSH. Batch and frame characters are dropped."""
    plain = content.removeprefix(b"\xef\xbb\xbf").replace(b"\x0b", b"").replace(b"\x1c", b"")
    lines = plain.replace(b"\r\n", b"\r").replace(b"\n", b"\r").split(b"\r")
    messages: list[list[bytes]] = []
    for line in lines:
        if line.startswith(b"MSH"):
            messages.append([line])
        elif messages and line and not line.startswith((b"FHS", b"BHS", b"BTS", b"FTS")):
            messages[-1].append(line)
    return tuple(b"\r".join(one) + b"\r" for one in messages)


def _as_line(session: Session, actor: Actor, kept: Received) -> ExceptionLine:
    """What a person sees of a kept message: everybody the reason, so that none is lost; few the bytes.

    The bytes name a patient and say why they come: an administrator has no clinical content. Where the site is not
    known it may be any, and only who works at all of them reads it.
    """
    allowed = actor.role in CLINICAL or actor.is_system
    whose = (kept.site_code,) if kept.site_code else sites.codes(session)
    readable = allowed and (actor.is_system or set(whose) <= set(actor.sites))
    return ExceptionLine(kept, kept.exception or "", readable)


def _all_at_once(db: Database, messages: Sequence[tuple[bytes, Source]], now: datetime) -> list[bytes]:
    read = [(parse(raw, source.charset), source) for raw, source in messages]
    said = [(message, read_events(message, source, now), source) for message, source in read]
    with db.begin() as session:
        return [_answer_in(session, message, events, source, now) for message, events, source in said]


def _apply_and_answer(
    db: Database, message: Message, events: tuple[Event, ...], source: Source, now: datetime
) -> bytes:
    with db.begin() as session:
        return _answer_in(session, message, events, source, now)


def _answer_in(session: Session, message: Message, events: tuple[Event, ...], source: Source, now: datetime) -> bytes:
    """Applies a message and keeps it with its answer; or gives the answer that it got before."""
    if (repeated := _earlier_answer(session, message)) is not None:
        return repeated
    inbox_id = new_id()
    effect = _apply(session, events, source, inbox_id, received_at=now, now=now)
    answer = ack.build(message, "AA", now=now, mode=source.acknowledge)
    inbox.put(session, _received(message.raw, message, source, answer, now, inbox_id=inbox_id, effect=effect))
    return answer


def _apply(
    session: Session, events: Iterable[Event], source: Source, inbox_id: str, *, received_at: datetime, now: datetime
) -> _Effect:
    effect = _Effect()
    for event in events:
        at = event.envelope.sent_at
        happened = at if at is not None and at <= received_at else received_at
        origin = Origin(system(f"Feed {source.name}"), source.name, inbox_id, happened, now)
        effect = _apply_one(session, event, origin)
    return effect


def _apply_one(session: Session, event: Event, origin: Origin) -> _Effect:
    if isinstance(event, NewOrder | StatusChanged):
        study = ordering.apply_order(session, event, origin)
        return _Effect(study.site_code, study.id, study.patient_id)
    if isinstance(event, OrderCancelled):
        study = ordering.cancel_order(session, event, origin)
        return _Effect(study.site_code, study.id, study.patient_id)
    if isinstance(event, PatientUpdated):
        found = patient_records.update_everywhere(session, origin.actor, event, origin.inbox_id, origin.now)
        ordering.change_class_everywhere(session, event, patient_records.studies_of(session, found), origin)
    elif isinstance(event, PatientMerged):
        found = patient_records.merge_everywhere(session, origin.actor, event, origin.inbox_id, origin.now)
    elif isinstance(event, Ignored):
        found = ()
    return _Effect(found[0].site_code, None, found[0].id) if found else _Effect()


def _earlier_answer(session: Session, message: Message) -> bytes | None:
    """The answer that these very bytes got before. Raises Unusable when the id was used for other content."""
    came_before = inbox.earlier(session, *_sender(message))
    digest = hashlib.sha256(message.raw).hexdigest()
    for one in came_before:
        if one.sha256 == digest:
            return one.answer
    if any(one.owns_id for one in came_before):
        raise Unusable("AE", _ID_REUSED, "205")
    return None


def _site_named(events: Iterable[Event]) -> str | None:
    """The site that a message is about; None for one about a patient, whom several sites may know."""
    return next((event.order.site for event in events if isinstance(event, _ORDERS) and event.order.site), None)


def _keep(
    db: Database,
    raw: bytes,
    message: Message | None,
    source: Source,
    why: Unusable,
    *,
    now: datetime,
    site_code: str | None = None,
) -> bytes:
    """Keeps a message that had no effect, with the sentence, and answers with it. Its site's people will look at it."""
    answer = ack.build(message, why.code, why.sentence, now=now, condition=why.condition, mode=source.acknowledge)
    for _ in range(2):
        try:
            with db.begin() as session:
                owns = False
                if message is not None and message.control_id:
                    earlier = inbox.earlier(session, *_sender(message))
                    digest = hashlib.sha256(raw).hexdigest()
                    if same := [one for one in earlier if one.sha256 == digest]:
                        return same[0].answer
                    owns = not any(one.owns_id for one in earlier)
                ours = site_code is not None and sites.get(session, site_code) is not None
                about = _Effect(site_code if ours else None)
                kept = _received(raw, message, source, answer, now, effect=about, why=why.sentence, owns=owns)
                inbox.put(session, kept)
                audit_log.record(
                    session, site_code=audit_log.INSTALLATION, at=now, actor_id=None, actor_name=f"Feed {source.name}",
                    action="could not use message", object_type="message", object_id=kept.id, outcome="refused",
                    words=why.sentence,
                )  # fmt: skip
        except AlreadyThere:
            continue
        return answer
    return answer


def _received(
    raw: bytes,
    message: Message | None,
    source: Source,
    answer: bytes,
    now: datetime,
    *,
    inbox_id: str | None = None,
    effect: _Effect | None = None,
    why: str | None = None,
    owns: bool = True,
) -> Received:
    touched = effect or _Effect()
    application, facility, control_id = _sender(message) if message else ("", "", "")
    return Received(
        id=inbox_id or new_id(),
        site_code=touched.site_code,
        source=source.name,
        sender_application=application,
        sender_facility=facility,
        control_id=control_id,
        owns_id=owns and message is not None and bool(message.control_id),
        message_type=_storable(message.kind, 40) if message else "",
        raw=raw,
        sha256=hashlib.sha256(raw).hexdigest(),
        answer=answer,
        outcome="applied" if why is None else "exception",
        exception=why,
        resolution=None,
        resolved_by=None,
        resolved_at=None,
        study_id=touched.study_id,
        patient_id=touched.patient_id,
        received_at=now,
    )


def _sender(message: Message) -> tuple[str, str, str]:
    """Sending application, facility and control id: what tells a repeat."""
    said = (message.msh.get(3), message.msh.get(4), message.control_id)
    return _storable(said[0], 200), _storable(said[1], 200), _storable(said[2], 200)


def _storable(text: str, longest: int) -> str:
    """PostgreSQL refuses a NUL in a text, and SQLite would keep it; the raw bytes have it either way."""
    return text.replace("\x00", "\ufffd")[:longest]


def _waiting(session: Session, actor: Actor, inbox_id: str) -> Received:
    found = inbox.get(session, inbox_id)
    seen = found is not None and (actor.is_system or found.site_code is None or found.site_code in actor.sites)
    if found is None or not seen:
        raise NotFound("There is no such message at your sites.")
    if found.outcome != "exception":
        raise Conflict("Somebody has dealt with this message already.", when=found.resolved_at)
    return found


def _resolve(
    session: Session, kept: Received, actor: Actor, outcome: str, *, resolution: str, now: datetime, effect: _Effect
) -> None:
    done = inbox.resolve(
        session, kept.id, outcome=outcome, resolution=resolution, by=actor.person_id, now=now,
        site_code=effect.site_code, study_id=effect.study_id, patient_id=effect.patient_id,
    )  # fmt: skip
    if not done:
        raise Conflict("Somebody has dealt with this message already.")
    site_code = kept.site_code or effect.site_code or audit_log.INSTALLATION
    note(session, actor, f"{outcome} message", "message", kept.id, site_code=site_code, now=now, words=resolution)
