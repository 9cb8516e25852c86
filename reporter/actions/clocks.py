"""A study's clock: from what the store knows to when the report is due and how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reporter.governance.clock import ClassChange, ExamClock, start_of
from reporter.governance.turnaround import TARGETS, Due, StopKind, Stops, TargetVerdict, targets, verdicts
from reporter.store import studies
from reporter.store.breaches import Timing
from reporter.store.sites import Site
from reporter.store.studies import Study

__all__ = [
    "QueueTimes",
    "clock_of",
    "dues_of",
    "queue_times",
    "queue_times_of",
    "targets_that_stop_with",
    "verdicts_of",
]


@dataclass(frozen=True, slots=True)
class QueueTimes:
    """Where a study stands in the worklist: by `queue_at`, and overdue after `due_at` (None before the scan)."""

    queue_at: datetime
    due_at: datetime | None


def clock_of(
    study: Study | Timing, changes: Iterable[studies.ClassChange], site: Site, now: datetime
) -> ExamClock | None:
    """The clock of a completed examination; None while there is none."""
    if study.status != "completed":
        return None
    start = start_of(
        exam_completed_at=study.completed_at,
        images_available_at=study.images_available_at,
        first_seen_at=study.first_seen_at,
        now=now,
    )
    return ExamClock(
        started_at=start.started_at,
        class_at_start=study.class_at_start or study.patient_class,  # type: ignore[arg-type]
        class_changes=tuple(ClassChange(change.at, change.to_class) for change in changes),  # type: ignore[arg-type]
        nation=site.nation,  # type: ignore[arg-type]
        closures=frozenset(site.closures),
        imputed=start.imputed,
        first_session_at=start.first_session_at,
    )


def dues_of(study: Study, changes: Iterable[studies.ClassChange], site: Site, now: datetime) -> tuple[Due, ...]:
    """When the report is due under every target; nothing before the examination is completed."""
    clock = clock_of(study, changes, site, now)
    return () if clock is None else targets(clock)


def queue_times(study: Study, changes: Iterable[studies.ClassChange], site: Site, now: datetime) -> QueueTimes:
    """Sorted by the earliest target (the ideal); overdue after the last that a signature meets (the maximum)."""
    dues = dues_of(study, changes, site, now)
    if not dues:
        return QueueTimes(study.scheduled_at or study.requested_at or study.first_seen_at, None)
    return queue_times_of(dues)


def queue_times_of(dues: Iterable[Due]) -> QueueTimes:
    """The same from due times that are worked out already. Raises ValueError without a target that a signature ends."""
    due_at = [due.due_at for due in dues if due.stops_with == "signed"]
    return QueueTimes(min(due_at), max(due_at))


def verdicts_of(
    study: Study | Timing,
    changes: Iterable[studies.ClassChange],
    site: Site,
    *,
    signed_at: datetime | None,
    available_at: datetime | None,
    now: datetime,
) -> tuple[TargetVerdict, ...]:
    """How a study stands under every target."""
    clock = clock_of(study, changes, site, now)
    return () if clock is None else verdicts(clock, Stops(signed_at, available_at), now)


def targets_that_stop_with(kind: StopKind) -> tuple[str, ...]:
    """The targets that a signature ends, or those that the referrer's being able to read it ends."""
    return tuple(target.id for target in TARGETS if target.stops_with == kind)
