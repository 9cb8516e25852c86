"""Delivery: sending what was signed, byte for byte, until each destination has acknowledged it or a person decides."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from reporter.actions.actor import Actor, must_be, must_see, note
from reporter.actions.refusals import Conflict, Invalid, NotFound
from reporter.actions.views import DeliveryBoard, DeliveryView
from reporter.governance.times import say_span
from reporter.integration import outgoing
from reporter.integration.answer import Answer
from reporter.integration.wires import Destination
from reporter.store import outbox, reports
from reporter.store.database import Database, Session
from reporter.store.outbox import Delivery, Message

log = logging.getLogger(__name__)

#: Five seconds, doubled each time, never more than this: a receiver that comes back is not kept waiting.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=5)
#: After this the tries end and a person must look; until then nobody needs to.
GIVE_UP_AFTER = timedelta(hours=72)
#: A lease is longer than the longest time a sending may take, so that no second sender starts beside a slow one.
LEASE_BEYOND_TIMEOUT = timedelta(seconds=60)
#: Unsent for longer than this is an alarm.
ALARM_AFTER = timedelta(minutes=15)
#: One run of the job sends at most this much to one destination before the next has its turn.
AT_A_TIME = 50

#: A receiver's words go to a page and into a column: no more than this of them.
MOST_WORDS = 1000

HANDLERS = ("consultant", "clinical_lead", "radiographer", "admin")


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one run of the delivery job did."""

    accepted: int = 0
    refused: int = 0
    retried: int = 0

    @property
    def sent(self) -> int:
        """How many messages were tried."""
        return self.accepted + self.refused + self.retried

    def __add__(self, other: Delivered) -> Delivered:
        return Delivered(self.accepted + other.accepted, self.refused + other.refused, self.retried + other.retried)


def deliver_due(
    db: Database, destinations: Iterable[Destination], holder: str, now_fn: Callable[[], datetime]
) -> Delivered:
    """Sends everything that is due, one message at a time to each destination.

    Between taking a message and settling it nothing is held in the database but a lease: when this process dies, the
    lease ends and the same bytes go again with the same id.
    """
    total = Delivered()
    with db.read() as session:
        due = outbox.destinations_with_due(session, now_fn())
    for destination in destinations:
        if destination.name not in due:
            continue
        for _ in range(AT_A_TIME):
            one = _deliver_one(db, destination, holder, now_fn)
            if one is None:
                break
            total += one
            if one.retried:
                break  # the line is down: what else waits for it would only wait longer
    return total


def board(
    db: Database, actor: Actor, now: datetime, destinations: Iterable[Destination] | None = None
) -> DeliveryBoard:
    """Every destination at a glance, and each message that needs a person.

    With the `destinations` of the wires file, one that messages wait for and that is no longer in it is an alarm.
    """
    with db.read() as session:
        standings = outbox.standings(session, actor.sites)
        troubled = outbox.troubled(session, actor.sites)
        in_trouble = outbox.count_troubled(session, actor.sites)
        waited_for = outbox.unsent_destinations(session, actor.sites)
    alarms = []
    if destinations is not None:
        alarms += [_nowhere(name) for name in sorted(waited_for - {one.name for one in destinations})]
    if in_trouble > len(troubled):
        alarms.append(f"{in_trouble} messages need a look; the {len(troubled)} most pressing are listed.")
    for one in standings:
        if one.refused or one.held:
            alarms.append(f"{one.destination}: {one.refused} refused, {one.held} held back. A person has to decide.")
        if one.oldest_unsent_at is not None and now - one.oldest_unsent_at > ALARM_AFTER:
            alarms.append(f"{one.destination}: the oldest message has waited {say_span(now - one.oldest_unsent_at)}.")
    return DeliveryBoard(standings, troubled, tuple(alarms), may_act=actor.role in HANDLERS)


def without_destination(db: Database, destinations: Iterable[Destination]) -> tuple[str, ...]:
    """A sentence for each destination that messages wait for although the wires file no longer names it."""
    with db.read() as session:
        waited_for = outbox.unsent_destinations(session)
    return tuple(_nowhere(name) for name in sorted(waited_for - {one.name for one in destinations}))


def show(db: Database, actor: Actor, message_id: str) -> DeliveryView:
    """One message with its attempts."""
    with db.read() as session:
        return DeliveryView(_seen(session, actor, message_id), outbox.attempts(session, message_id))


def resend(db: Database, actor: Actor, message_id: str, now: datetime) -> None:
    """Lets a refused or waiting message go again at once: the same bytes under the same id.

    One that our own check held back stays: it would be malformed again. Amend the report, or set it aside.
    """
    must_be(actor, *HANDLERS, to="send a message again")
    with db.begin() as session:
        found = _seen(session, actor, message_id)
        if found.state == "held":
            raise Conflict(
                "This message was held back because it is malformed; sending the same bytes would not help. "
                "Set it aside and tell the supplier."
            )
        if not outbox.release(session, message_id, now):
            raise Conflict("This message is being sent now, has arrived, or was set aside.")
        _line(session, actor, "sent again", found, now=now)


def set_aside(db: Database, actor: Actor, message_id: str, reason: str, now: datetime) -> None:
    """Ends the tries for a message, with a reason, so that later versions of the report may go."""
    must_be(actor, *HANDLERS, to="set a message aside")
    if not reason.strip():
        raise Invalid({"reason": "Say why this message need not arrive, and how the referrer gets the report."})
    with db.begin() as session:
        found = _seen(session, actor, message_id)
        if not outbox.set_aside(session, message_id, reason.strip()):
            raise Conflict("This message is being sent now, has arrived, or was set aside already.")
        _line(session, actor, "set aside", found, now=now, words=reason.strip())


def _deliver_one(
    db: Database, destination: Destination, holder: str, now_fn: Callable[[], datetime]
) -> Delivered | None:
    lease = timedelta(seconds=destination.timeout_seconds) + LEASE_BEYOND_TIMEOUT
    asked_at = now_fn()
    with db.begin() as session:
        taken = outbox.take_next(session, destination.name, holder, asked_at, lease)
    if taken is None:
        return None
    message, attempt = taken
    if now_fn() - asked_at >= LEASE_BEYOND_TIMEOUT:
        # This process was asleep: its lease may end while it sends, and another may be at a later version by then.
        log.warning("Message %s was not sent: its lease was too old. It goes again when the lease ends.", message.id)
        return None
    answer = _send(destination, message)
    now = now_fn()
    state, next_at = _what_now(answer, message, attempt, now)
    with db.begin() as session:
        counted = outbox.settle(
            session, message, holder, attempt=attempt, state=state, kind=answer.kind, code=answer.code,
            words=_storable(answer.words), raw=answer.raw, next_at=next_at, now=now,
        )  # fmt: skip
        if counted and state == "acknowledged":
            reports.became_available(session, message.report_id, now)
    if state == "acknowledged":
        return Delivered(accepted=1)
    return Delivered(refused=1) if state == "refused" else Delivered(retried=1)


def _send(destination: Destination, message: Message) -> Answer:
    try:
        return outgoing.send(destination, message.id, message.payload)
    except Exception as fault:
        # A fault of ours in one message must not stop the others. Its text may hold patient data: its kind is kept.
        log.error("Sending message %s failed with %s.", message.id, type(fault).__name__)  # noqa: TRY400
        return Answer("unknown", "", f"A fault in this system while sending ({type(fault).__name__}).")


def _storable(words: str) -> str:
    """A receiver may say anything; what a database can't hold (NUL, half a surrogate pair) must not undo the rest."""
    return words[:MOST_WORDS].encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


def _nowhere(name: str) -> str:
    return f"{name}: messages wait for it, but the wires file no longer names it. Put it back, or set them aside."


def _what_now(answer: Answer, message: Message, attempt: int, now: datetime) -> tuple[str, datetime]:
    """The one table of what a receiver's answer means."""
    if answer.kind == "accepted":
        return "acknowledged", now
    if answer.kind == "refused" or now - message.created_at > GIVE_UP_AFTER:
        return "refused", now
    return "waiting", now + max(backoff(attempt), answer.retry_after or timedelta(0))


def backoff(attempt: int) -> timedelta:
    """How long to wait after the n-th try, counted from 1."""
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << min(attempt - 1, 10)))


def _seen(session: Session, actor: Actor, message_id: str) -> Delivery:
    found = outbox.get(session, message_id)
    if found is None:
        raise NotFound("There is no such message at your sites.")
    must_see(actor, found.site_code)
    return found


def _line(
    session: Session, actor: Actor, action: str, about: Delivery, *, now: datetime, words: str | None = None
) -> None:
    said = f"{about.destination}: {words}" if words else about.destination
    note(
        session, actor, action, "study", about.study_id,
        site_code=about.site_code, now=now, version=about.version, words=said,
    )  # fmt: skip
