"""The inbox: messages as they came, what was answered, and the exceptions that wait for a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import LargeBinary, func, insert, or_, select, update
from sqlalchemy.orm import Session

from reporter.store.rows import as_value, columns
from reporter.store.tables.inbound import inbox


@dataclass(frozen=True, slots=True)
class Received:
    """One message that came in. `answer` is what was sent back; a repeat gets the same bytes."""

    id: str
    site_code: str | None
    source: str
    sender_application: str
    sender_facility: str
    control_id: str
    owns_id: bool
    message_type: str
    raw: bytes
    sha256: str
    answer: bytes
    outcome: str
    exception: str | None
    resolution: str | None
    resolved_by: str | None
    resolved_at: datetime | None
    study_id: str | None
    patient_id: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message with the same sender and id that came before."""

    id: str
    sha256: str
    answer: bytes
    owns_id: bool


def put(session: Session, new: Received) -> None:
    """Keeps a message. AlreadyThere when another with the same sender and id was kept meanwhile."""
    # Values as parameters, not in the statement: SQLAlchemy then has nothing to compile for each message.
    values = {column.name: getattr(new, column.name) for column in columns(inbox, Received)}
    session.execute(insert(inbox), values)


def earlier(session: Session, application: str, facility: str, control_id: str) -> tuple[Earlier, ...]:
    """What came before from this sender under this id."""
    query = select(*columns(inbox, Earlier)).where(
        inbox.c.sender_application == application,
        inbox.c.sender_facility == facility,
        inbox.c.control_id == control_id,
    )
    return tuple(as_value(Earlier, row) for row in session.execute(query))


def get(session: Session, inbox_id: str) -> Received | None:
    """A message by key."""
    row = session.execute(select(*columns(inbox, Received)).where(inbox.c.id == inbox_id)).first()
    return None if row is None else as_value(Received, row)


def exceptions(
    session: Session, site_codes: Iterable[str], limit: int = 200, most_bytes: int = 20_000
) -> tuple[Received, ...]:
    """The messages that wait for a person at these sites (and those of no known site), oldest first.

    For a list: of each only the first bytes are fetched. An engine that sends its 5 MB results to the wrong port
    must not make the page that says so too large to open.
    """
    beginning = func.substr(inbox.c.raw, 1, most_bytes, type_=LargeBinary()).label("raw")
    query = (
        select(*(beginning if column.name == "raw" else column for column in columns(inbox, Received)))
        .where(inbox.c.outcome == "exception", _seen_at(site_codes))
        .order_by(inbox.c.received_at)
    )
    # SQLite's substr of an empty message (a frame with nothing in it) is NULL.
    return tuple(as_value(Received, row, raw=row.raw or b"") for row in session.execute(query.limit(limit)))


def count_exceptions(session: Session, site_codes: Iterable[str]) -> int:
    """How many messages wait for a person."""
    query = select(func.count()).select_from(inbox).where(inbox.c.outcome == "exception", _seen_at(site_codes))
    return int(session.execute(query).scalar_one())


def resolve(
    session: Session,
    inbox_id: str,
    *,
    outcome: str,
    resolution: str,
    by: str | None,
    now: datetime,
    site_code: str | None = None,
    study_id: str | None = None,
    patient_id: str | None = None,
) -> bool:
    """Ends an exception. False when somebody else has ended it already."""
    found = {"site_code": site_code, "study_id": study_id, "patient_id": patient_id}
    done = session.execute(
        update(inbox)
        .where(inbox.c.id == inbox_id, inbox.c.outcome == "exception")
        .values(
            outcome=outcome,
            resolution=resolution,
            resolved_by=by,
            resolved_at=now,
            **{name: value for name, value in found.items() if value is not None},
        )
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _seen_at(site_codes: Iterable[str]):  # type: ignore[no-untyped-def]
    return or_(inbox.c.site_code.in_(tuple(site_codes)), inbox.c.site_code.is_(None))
