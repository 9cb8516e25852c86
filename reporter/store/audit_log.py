"""The audit log: one line an act, chained by hash for each site, and its verification."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from reporter.store.rows import as_value, columns
from reporter.store.tables.audit import INSTALLATION, audit_event, audit_head
from reporter.store.types import canonical

__all__ = ["INSTALLATION", "Event", "Verified", "heads", "history_of", "record", "verify", "was_done_since"]

_START = "0" * 64


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the audit log."""

    site_code: str
    seq: int
    at: datetime
    actor_id: str | None
    actor_name: str
    action: str
    object_type: str
    object_id: str
    version: int | None
    outcome: str
    address: str | None
    request_id: str | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying one chain found. `kind` is content, link, gap or truncated where `ok` is False."""

    site_code: str
    ok: bool
    count: int
    head: str
    first_bad_seq: int | None = None
    kind: str | None = None

    def __str__(self) -> str:
        """The one line that scripts read."""
        if self.ok:
            return f"OK seq=1..{self.count} head={self.head}"
        return f"TAMPERED first_bad_seq={self.first_bad_seq} kind={self.kind}"


def record(
    session: Session,
    *,
    site_code: str,
    at: datetime,
    actor_id: str | None,
    actor_name: str,
    action: str,
    object_type: str,
    object_id: str,
    version: int | None = None,
    outcome: str = "done",
    address: str | None = None,
    request_id: str | None = None,
    words: str | None = None,
) -> int:
    """Adds one line to the site's chain and returns its number. `words` never holds a patient's name.

    The head row is locked until the transaction ends, so numbers have no holes: a hole means a deletion.
    """
    content = {
        "at": at,
        "actor_id": actor_id,
        "actor_name": actor_name,
        "action": action,
        "object_type": object_type,
        "object_id": object_id,
        "version": version,
        "outcome": outcome,
        "address": address,
        "request_id": request_id,
        "words": words,
    }
    seq, previous = _next(session, site_code)
    salt = secrets.token_hex(16)
    content_sha256 = _content_sha256(salt, content)
    link = _link(previous, site_code, seq, content_sha256)
    session.execute(
        insert(audit_event),
        {
            "site_code": site_code,
            "seq": seq,
            "salt": salt,
            "content_sha256": content_sha256,
            "previous": previous,
            "hash": link,
            **content,
        },
    )
    session.execute(update(audit_head).where(audit_head.c.site_code == site_code).values(seq=seq, hash=link))
    return seq


def verify(session: Session, site_code: str) -> Verified:
    """Walks one chain from its first line. Says the first line that is not as it was written."""
    previous, expected = _START, 1
    query = select(audit_event).where(audit_event.c.site_code == site_code).order_by(audit_event.c.seq)
    for row in session.execute(query.execution_options(yield_per=1000)):
        line = row._mapping
        if line["seq"] != expected:
            return Verified(site_code, False, expected - 1, previous, expected, "gap")
        if _content_sha256(line["salt"], line) != line["content_sha256"]:
            return Verified(site_code, False, expected - 1, previous, expected, "content")
        if line["previous"] != previous or line["hash"] != _link(previous, site_code, expected, line["content_sha256"]):
            return Verified(site_code, False, expected - 1, previous, expected, "link")
        previous, expected = line["hash"], expected + 1
    head = session.execute(select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.site_code == site_code)).one()
    if (head.seq, head.hash) != (expected - 1, previous if expected > 1 else head.hash):
        return Verified(site_code, False, expected - 1, previous, expected, "truncated")
    return Verified(site_code, True, expected - 1, previous)


def heads(session: Session) -> tuple[str, ...]:
    """The sites that have a chain, the installation's own among them."""
    return tuple(session.execute(select(audit_head.c.site_code).order_by(audit_head.c.site_code)).scalars())


def history_of(session: Session, object_id: str) -> tuple[Event, ...]:
    """Everything that was done with one object, oldest first."""
    query = select(*columns(audit_event, Event)).where(audit_event.c.object_id == object_id)
    rows = session.execute(query.order_by(audit_event.c.at, audit_event.c.seq))
    return tuple(as_value(Event, row) for row in rows)


def was_done_since(session: Session, actor_id: str, action: str, object_id: str, since: datetime) -> bool:
    """Has this person done this with this object since? Then another line would tell nothing new."""
    query = select(audit_event.c.seq).where(
        audit_event.c.object_id == object_id,
        audit_event.c.at >= since,
        audit_event.c.actor_id == actor_id,
        audit_event.c.action == action,
    )
    return session.execute(query.limit(1)).first() is not None


def count_since(session: Session, actor_id: str, action: str, since: datetime) -> int:
    """How often a person has done something since, at whatever site."""
    done = audit_event.c
    query = select(func.count()).where(done.actor_id == actor_id, done.at >= since, done.action == action)
    return int(session.execute(query).scalar_one())


def _next(session: Session, site_code: str) -> tuple[int, str]:
    query = select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.site_code == site_code).with_for_update()
    head = session.execute(query).first()
    if head is None:
        session.execute(insert(audit_head).values(site_code=site_code, seq=0, hash=_START))
        return 1, _START
    return head.seq + 1, head.hash


def _content_sha256(salt: str, line: Any) -> str:
    content = {name: line[name] for name in _CHAINED}
    content["at"] = line["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256((salt + canonical(content)).encode("utf-8")).hexdigest()


def _link(previous: str, site_code: str, seq: int, content_sha256: str) -> str:
    return hashlib.sha256(f"{previous}\n{site_code}\n{seq}\n{content_sha256}".encode()).hexdigest()


#: What a line says; all of it goes into the hash.
_CHAINED = (
    "at",
    "actor_id",
    "actor_name",
    "action",
    "object_type",
    "object_id",
    "version",
    "outcome",
    "address",
    "request_id",
    "words",
)
