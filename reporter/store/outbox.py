"""The outbox: messages to send, who is sending each, and what the receivers said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from reporter.store.rows import as_value, columns, new_id
from reporter.store.tables.delivery import delivery, delivery_attempt, outbox_message
from reporter.store.tables.orders import study
from reporter.store.tables.reports import report

_ALTERED = "The stored message is no longer what was signed, so it was not sent. Restore it from a verified backup."
#: States from which a later version of the same report may go to the same destination.
DONE = ("acknowledged", "set_aside")


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to one destination for one version: rendered when it was signed, never again."""

    id: str
    site_code: str
    destination: str
    report_id: str
    version: int
    payload: bytes
    sha256: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a message has come. `words` are the receiver's, or say why it is held back."""

    message_id: str
    site_code: str
    destination: str
    report_id: str
    version: int
    state: str
    attempts: int
    next_at: datetime
    held_until: datetime | None
    words: str | None
    code: str | None
    acknowledged_at: datetime | None
    created_at: datetime
    acknowledgement: bytes | None
    #: For links: URLs use the study.
    study_id: str
    accession: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending and what came of it."""

    attempt: int
    kind: str
    code: str | None
    words: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """One destination at a glance."""

    destination: str
    waiting: int
    held: int
    refused: int
    acknowledged: int
    set_aside: int
    oldest_unsent_at: datetime | None
    last_acknowledged_at: datetime | None


def put_all(session: Session, new: Iterable[tuple[Message, str | None]]) -> None:
    """Puts messages out to be sent; one that comes with a reason is held back, with that reason."""
    messages = list(new)
    if not messages:
        return
    session.execute(
        insert(outbox_message), [{c.name: getattr(m, c.name) for c in outbox_message.c} for m, _ in messages]
    )
    session.execute(
        insert(delivery),
        [
            {
                "message_id": m.id,
                "site_code": m.site_code,
                "destination": m.destination,
                "report_id": m.report_id,
                "version": m.version,
                "state": "waiting" if why is None else "held",
                "attempts": 0,
                "next_at": m.created_at,
                "words": why,
                "created_at": m.created_at,
            }
            for m, why in messages
        ],
    )


def message(session: Session, message_id: str) -> Message | None:
    """A message with its bytes."""
    row = session.execute(select(outbox_message).where(outbox_message.c.id == message_id)).first()
    return None if row is None else as_value(Message, row)


def destinations_with_due(session: Session, now: datetime) -> frozenset[str]:
    """The destinations that have something to be sent now: a look that takes no lock."""
    ready = or_(
        and_(delivery.c.state == "waiting", delivery.c.next_at <= now),
        and_(delivery.c.state == "leased", delivery.c.held_until <= now),
    )
    unfinished = delivery.c.state.in_(("waiting", "leased"))
    return frozenset(session.execute(select(delivery.c.destination).where(unfinished, ready).distinct()).scalars())


def take_next(
    session: Session, destination: str, holder: str, now: datetime, lease: timedelta
) -> tuple[Message, int] | None:
    """Leases the oldest message that may go now, and says which attempt this is; None when there is nothing.

    A version waits until every earlier version of its report is acknowledged there or set aside. A message whose
    holder died comes back when its lease ends: the same bytes with the same id, so that the receiver can tell.
    """
    earlier = delivery.alias()
    blocked = exists().where(
        earlier.c.destination == delivery.c.destination,
        earlier.c.report_id == delivery.c.report_id,
        earlier.c.version < delivery.c.version,
        earlier.c.state.not_in(DONE),
    )
    ready = or_(
        and_(delivery.c.state == "waiting", delivery.c.next_at <= now),
        and_(delivery.c.state == "leased", delivery.c.held_until <= now),
    )
    candidates = (
        select(delivery.c.message_id, delivery.c.attempts)
        .where(delivery.c.state.in_(("waiting", "leased")), delivery.c.destination == destination, ready, ~blocked)
        .order_by(delivery.c.next_at, delivery.c.created_at, delivery.c.version)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    chosen = session.execute(candidates).first()
    if chosen is None:
        return None
    taken = session.execute(
        update(delivery)
        .where(delivery.c.message_id == chosen.message_id, ready)
        .values(state="leased", held_by=holder, held_until=now + lease, attempts=chosen.attempts + 1)
    )
    found = message(session, chosen.message_id) if taken.rowcount else None  # type: ignore[attr-defined]
    if found is None:
        return None
    if hashlib.sha256(found.payload).hexdigest() != found.sha256:
        # It never leaves, a person is told, and the messages behind it don't wait for it.
        held = {"state": "held", "held_by": None, "held_until": None, "attempts": chosen.attempts, "words": _ALTERED}
        session.execute(update(delivery).where(delivery.c.message_id == found.id).values(**held))
        return take_next(session, destination, holder, now, lease)
    return found, chosen.attempts + 1


def settle(
    session: Session,
    sent: Message,
    holder: str,
    *,
    attempt: int,
    state: str,
    kind: str,
    code: str,
    words: str,
    raw: bytes,
    next_at: datetime,
    now: datetime,
) -> bool:
    """Writes down what came of an attempt. False when the lease had passed to another: then their word counts.

    An acknowledgement counts whoever holds the lease: the receiver has the message.
    """
    accepted = state == "acknowledged"
    this = (delivery.c.message_id == sent.id) & delivery.c.state.in_(("leased", "waiting") if accepted else ("leased",))
    if not accepted:
        this &= delivery.c.held_by == holder
    settled = session.execute(
        update(delivery)
        .where(this)
        .values(
            state=state,
            words=words,
            code=code,
            acknowledgement=raw or None,
            next_at=next_at,
            acknowledged_at=now if accepted else None,
            held_by=None,
            held_until=None,
        )
    )
    values = {"attempt": attempt, "kind": kind, "code": code, "words": words, "acknowledgement": raw or None, "at": now}
    session.execute(
        insert(delivery_attempt).values(id=new_id(), site_code=sent.site_code, message_id=sent.id, **values)
    )
    return bool(settled.rowcount)  # type: ignore[attr-defined]


def release(session: Session, message_id: str, now: datetime) -> bool:
    """Lets a held or refused message go again, at once. False when it was not held or refused."""
    this = (delivery.c.message_id == message_id) & delivery.c.state.in_(("held", "refused", "waiting"))
    released = session.execute(update(delivery).where(this).values(state="waiting", next_at=now))
    return bool(released.rowcount)  # type: ignore[attr-defined]


def set_aside(session: Session, message_id: str, words: str) -> bool:
    """Ends the tries for a message, so that later versions may go. False when it was acknowledged or being sent."""
    this = (delivery.c.message_id == message_id) & delivery.c.state.in_(("waiting", "held", "refused"))
    put_aside = session.execute(update(delivery).where(this).values(state="set_aside", words=words))
    return bool(put_aside.rowcount)  # type: ignore[attr-defined]


def get(session: Session, message_id: str) -> Delivery | None:
    """One delivery."""
    return next(iter(_deliveries(session, delivery.c.message_id == message_id)), None)


def of_report(session: Session, report_id: str) -> tuple[Delivery, ...]:
    """Every delivery of a report, newest version first."""
    return _deliveries(session, delivery.c.report_id == report_id)


def troubled(session: Session, site_codes: Iterable[str], limit: int = 200) -> tuple[Delivery, ...]:
    """What was refused, is held back, or has failed at least once and still waits.

    What only a person can move comes first, and the oldest first: a receiver that is away for a night must not push
    a refused report off the list.
    """
    stuck = case((delivery.c.state.in_(("held", "refused")), 0), else_=1)
    order = (stuck, delivery.c.created_at, delivery.c.version, delivery.c.destination)
    return _deliveries(session, _in_trouble(site_codes), limit, order)


def count_troubled(session: Session, site_codes: Iterable[str]) -> int:
    """How many `troubled` would list without its limit."""
    query = select(func.count()).select_from(delivery).where(_in_trouble(site_codes))
    return int(session.execute(query).scalar_one())


def unsent_destinations(session: Session, site_codes: Iterable[str] | None = None) -> frozenset[str]:
    """The names of the destinations that something still waits for; None looks at every site."""
    query = select(delivery.c.destination).where(delivery.c.state.in_(("waiting", "leased"))).distinct()
    if site_codes is not None:
        query = query.where(delivery.c.site_code.in_(tuple(site_codes)))
    return frozenset(session.execute(query).scalars())


def attempts(session: Session, message_id: str) -> tuple[Attempt, ...]:
    """The attempts of one message, oldest first."""
    query = select(*columns(delivery_attempt, Attempt)).where(delivery_attempt.c.message_id == message_id)
    return tuple(as_value(Attempt, row) for row in session.execute(query.order_by(delivery_attempt.c.at)))


def unsent(session: Session) -> int:
    """How many messages are still to be sent."""
    query = select(func.count()).select_from(delivery).where(delivery.c.state.in_(("waiting", "leased")))
    return int(session.execute(query).scalar_one())


def standings(session: Session, site_codes: Iterable[str]) -> tuple[Standing, ...]:
    """Every destination at a glance, by name."""
    here = delivery.c.site_code.in_(tuple(site_codes))
    counts: dict[str, dict[str, int]] = {}
    for row in session.execute(
        select(delivery.c.destination, delivery.c.state, func.count().label("n"))
        .where(here)
        .group_by(delivery.c.destination, delivery.c.state)
    ):
        counts.setdefault(row.destination, {})[row.state] = row.n
    unfinished = delivery.c.state.in_(("waiting", "leased", "held", "refused"))
    oldest = _by_destination(session, func.min(delivery.c.created_at), and_(here, unfinished))
    newest = _by_destination(session, func.max(delivery.c.acknowledged_at), here)
    return tuple(
        Standing(
            name,
            n.get("waiting", 0) + n.get("leased", 0),
            n.get("held", 0),
            n.get("refused", 0),
            n.get("acknowledged", 0),
            n.get("set_aside", 0),
            oldest.get(name),
            newest.get(name),
        )
        for name, n in sorted(counts.items())
    )


def _by_destination(session: Session, what, where):  # type: ignore[no-untyped-def]
    query = select(delivery.c.destination, what.label("at")).where(where).group_by(delivery.c.destination)
    return {row.destination: row.at for row in session.execute(query)}


def _in_trouble(site_codes: Iterable[str]):  # type: ignore[no-untyped-def]
    failed = and_(delivery.c.state.in_(("waiting", "leased")), delivery.c.attempts > 0)
    bad = or_(delivery.c.state.in_(("held", "refused")), failed)
    return and_(delivery.c.site_code.in_(tuple(site_codes)), bad)


_NEWEST_FIRST = (delivery.c.version.desc(), delivery.c.created_at.desc(), delivery.c.destination)


def _deliveries(session: Session, where, limit: int = 1000, order=_NEWEST_FIRST) -> tuple[Delivery, ...]:  # type: ignore[no-untyped-def]
    query = (
        select(*columns(delivery, Delivery), report.c.study_id, study.c.accession)
        .join(report, report.c.id == delivery.c.report_id)
        .join(study, study.c.id == report.c.study_id)
        .where(where)
        .order_by(*order)
        .limit(limit)
    )
    return tuple(as_value(Delivery, row) for row in session.execute(query))
