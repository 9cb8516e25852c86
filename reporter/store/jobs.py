"""Runs of jobs, one row for each period, and heartbeats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from reporter.store.rows import as_value, columns
from reporter.store.tables.jobs import heartbeat, job_run


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When a process last said that it lives."""

    name: str
    held_by: str
    at: datetime


def start_run(session: Session, job: str, period: str, holder: str, now: datetime) -> bool:
    """Claims a period of a job. False when it was run already; AlreadyThere when another is just claiming it."""
    there = select(job_run.c.job).where(job_run.c.job == job, job_run.c.period == period)
    if session.execute(there).first() is not None:
        return False
    session.execute(insert(job_run).values(job=job, period=period, held_by=holder, started_at=now))
    return True


def end_run(session: Session, job: str, period: str, now: datetime, words: str) -> None:
    """Writes down how a run ended."""
    this = (job_run.c.job == job) & (job_run.c.period == period)
    session.execute(update(job_run).where(this).values(ended_at=now, words=words[:500]))


def beat(session: Session, name: str, holder: str, now: datetime) -> None:
    """Says that a process lives."""
    beaten = session.execute(update(heartbeat).where(heartbeat.c.name == name).values(held_by=holder, at=now))
    if not beaten.rowcount:  # type: ignore[attr-defined]
        session.execute(insert(heartbeat).values(name=name, held_by=holder, at=now))


def heartbeats(session: Session) -> tuple[Heartbeat, ...]:
    """Every process that ever said that it lives."""
    rows = session.execute(select(*columns(heartbeat, Heartbeat)).order_by(heartbeat.c.name))
    return tuple(as_value(Heartbeat, row) for row in rows)
