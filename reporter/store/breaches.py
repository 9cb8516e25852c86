"""Breaches of turnaround targets, each written down once, and the facts that the board is counted from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reporter.store.rows import as_value, columns
from reporter.store.studies import ClassChange
from reporter.store.tables.orders import breach, class_change, study
from reporter.store.tables.reports import report


@dataclass(frozen=True, slots=True)
class Breach:
    """A study missed a target. `closed_at` is set when it was reported at last."""

    study_id: str
    target_id: str
    site_code: str
    due_at: datetime
    found_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """What a study's clock is worked out from."""

    study_id: str
    site_code: str
    accession: str
    procedure: str
    patient_class: str
    class_at_start: str | None
    status: str
    completed_at: datetime | None
    images_available_at: datetime | None
    first_seen_at: datetime
    state: str
    assigned_to: str | None
    first_signed_at: datetime | None
    signed_by: str | None
    available_at: datetime | None
    #: Where the worklist has the study: worked out when it was scanned.
    queue_at: datetime
    due_at: datetime | None
    class_changes: tuple[ClassChange, ...] = ()


def add_once(session: Session, found: Breach) -> bool:
    """Writes a breach down unless it is there already. True when it is new."""
    dialect = session.get_bind().dialect.name
    make: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    values = {column.name: getattr(found, column.name) for column in columns(breach, Breach)}
    added = session.execute(make(breach).values(**values).on_conflict_do_nothing())
    return bool(added.rowcount)  # type: ignore[attr-defined]


def known(session: Session, site_codes: Iterable[str]) -> frozenset[tuple[str, str]]:
    """The breaches that are written down, as study and target."""
    query = select(breach.c.study_id, breach.c.target_id).where(breach.c.site_code.in_(tuple(site_codes)))
    return frozenset((row.study_id, row.target_id) for row in session.execute(query))


def close_ended(session: Session, signed_targets: Iterable[str], available_targets: Iterable[str]) -> int:
    """Marks open breaches as ended whose clock has stopped since. Returns how many."""
    closed = 0
    for targets, ended in ((signed_targets, report.c.first_signed_at), (available_targets, report.c.available_at)):
        at = select(ended).where(report.c.study_id == breach.c.study_id, ended.is_not(None)).scalar_subquery()
        open_ones = breach.c.closed_at.is_(None) & breach.c.target_id.in_(tuple(targets)) & at.is_not(None)
        closed += session.execute(update(breach).where(open_ones).values(closed_at=at)).rowcount  # type: ignore[attr-defined]
    return closed


def count_open(session: Session) -> int:
    """How many breaches have not ended."""
    return int(
        session.execute(select(func.count()).select_from(breach).where(breach.c.closed_at.is_(None))).scalar_one()
    )


def of_study(session: Session, study_id: str) -> tuple[Breach, ...]:
    """The breaches of one study."""
    query = select(*columns(breach, Breach)).where(breach.c.study_id == study_id).order_by(breach.c.due_at)
    return tuple(as_value(Breach, row) for row in session.execute(query))


def count(session: Session, site_codes: Iterable[str]) -> int:
    """How many breaches were ever found at these sites."""
    query = select(func.count()).select_from(breach).where(breach.c.site_code.in_(tuple(site_codes)))
    return int(session.execute(query).scalar_one())


def timings(
    session: Session,
    site_codes: Iterable[str],
    *,
    since: datetime | None = None,
    only_running: bool = False,
    study_id: str | None = None,
) -> tuple[Timing, ...]:
    """The clocks of completed studies: those scanned since a moment; with `only_running` those not settled.

    Cancelled studies and studies not yet scanned have no clock. Nothing else is left out.
    """
    there = (
        select(
            study.c.id.label("study_id"),
            *[study.c[f] for f in Timing.__dataclass_fields__ if f in study.c and f != "site_code"],
            study.c.site_code,
            *[report.c[f] for f in Timing.__dataclass_fields__ if f in report.c and f not in ("study_id", "site_code")],
        )
        .join(report, report.c.study_id == study.c.id)
        .where(study.c.site_code.in_(tuple(site_codes)), study.c.status == "completed")
    )
    if since is not None:
        there = there.where(study.c.completed_at >= since)
    if only_running:
        there = there.where(~report.c.settled)
    if study_id is not None:
        there = there.where(study.c.id == study_id)
    rows = session.execute(there.order_by(study.c.completed_at)).all()
    changed: dict[str, list[ClassChange]] = {}
    for row in session.execute(
        select(*columns(class_change, ClassChange))
        .where(class_change.c.site_code.in_(tuple(site_codes)))
        .order_by(class_change.c.at)
    ):
        changed.setdefault(row.study_id, []).append(as_value(ClassChange, row))
    return tuple(as_value(Timing, row, class_changes=tuple(changed.get(row.study_id, ()))) for row in rows)
