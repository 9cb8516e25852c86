"""Signed-in sessions and failed sign-ins. Only the token's hash is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from reporter.store.rows import as_value, columns, new_id
from reporter.store.tables.people import login_failure, login_session


@dataclass(frozen=True, slots=True)
class LoginSession:
    """One signed-in browser."""

    token_sha256: str
    person_id: str
    site_code: str
    address: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed sign-ins since a moment: of this name from this address, of this name, from this address."""

    of_both: int
    of_name: int
    of_address: int


def add(session: Session, new: LoginSession) -> None:
    """Opens a session."""
    fields = {column.name: getattr(new, column.name) for column in columns(login_session, LoginSession)}
    session.execute(insert(login_session).values(**fields))


def get(session: Session, token_sha256: str) -> LoginSession | None:
    """A session by the hash of its token, ended or not."""
    query = select(*columns(login_session, LoginSession)).where(login_session.c.token_sha256 == token_sha256)
    row = session.execute(query).first()
    return None if row is None else as_value(LoginSession, row)


def seen(session: Session, token_sha256: str, now: datetime) -> None:
    """Notes that the browser asked for something."""
    session.execute(update(login_session).where(login_session.c.token_sha256 == token_sha256).values(seen_at=now))


def revoke(session: Session, token_sha256: str, now: datetime) -> None:
    """Ends one session."""
    this = (login_session.c.token_sha256 == token_sha256) & login_session.c.revoked_at.is_(None)
    session.execute(update(login_session).where(this).values(revoked_at=now))


def revoke_all(session: Session, person_id: str, now: datetime, but: str | None = None) -> int:
    """Ends every session of a person, but perhaps the one they are using. Returns how many."""
    theirs = (login_session.c.person_id == person_id) & login_session.c.revoked_at.is_(None)
    if but is not None:
        theirs &= login_session.c.token_sha256 != but
    ended = session.execute(update(login_session).where(theirs).values(revoked_at=now))
    return int(ended.rowcount)  # type: ignore[attr-defined]


def add_failure(session: Session, username: str, address: str, now: datetime) -> None:
    """Notes a failed sign-in."""
    values = {"id": new_id(), "username": username[:80], "address": address[:60], "at": now}
    session.execute(insert(login_failure).values(**values))


def failures_since(session: Session, username: str, address: str, since: datetime) -> Failures:
    """How often signing in failed since a moment."""
    recent = login_failure.c.at > since
    name, place = login_failure.c.username == username[:80], login_failure.c.address == address[:60]

    def count(*where: object) -> int:
        query = select(func.count()).select_from(login_failure).where(recent, *where)  # type: ignore[arg-type]
        return int(session.execute(query).scalar_one())

    return Failures(count(name, place), count(name), count(place))


def forget_failures(session: Session, username: str, address: str) -> None:
    """A success from the same place ends that pair's count."""
    pair = (login_failure.c.username == username[:80]) & (login_failure.c.address == address[:60])
    session.execute(delete(login_failure).where(pair))


def clean_up(session: Session, before: datetime) -> int:
    """Deletes sessions that ended and failures that happened before a moment. Returns how many sessions."""
    session.execute(delete(login_failure).where(login_failure.c.at < before))
    gone = session.execute(delete(login_session).where(login_session.c.ends_at < before))
    return int(gone.rowcount)  # type: ignore[attr-defined]
