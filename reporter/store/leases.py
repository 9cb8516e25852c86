"""Leases: who may do a piece of work now, and until when. What a dead process held falls free by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from reporter.store.tables.jobs import lease


def take(session: Session, name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Takes or prolongs a lease. False when somebody else holds it: one conditional UPDATE decides."""
    mine = or_(lease.c.held_by == holder, lease.c.held_until <= now)
    taken = session.execute(
        update(lease).where(lease.c.name == name, mine).values(held_by=holder, held_until=now + length)
    )
    if taken.rowcount:  # type: ignore[attr-defined]
        return True
    if session.execute(select(lease.c.name).where(lease.c.name == name)).first() is not None:
        return False
    # Two first-comers on PostgreSQL: the second's INSERT is refused by the key and its transaction is undone.
    session.execute(insert(lease).values(name=name, held_by=holder, held_until=now + length))
    return True


def give_back(session: Session, name: str, holder: str) -> None:
    """Ends a lease early, so that a standby need not wait for it to run out."""
    session.execute(delete(lease).where(lease.c.name == name, lease.c.held_by == holder))


def holder_of(session: Session, name: str, now: datetime) -> str | None:
    """Who holds a lease at this moment."""
    return session.execute(select(lease.c.held_by).where(lease.c.name == name, lease.c.held_until > now)).scalar()
