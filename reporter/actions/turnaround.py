"""Turnaround: the sweep that writes breaches down once, and the board that shows how every target stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from reporter.actions.actor import Actor, must_be
from reporter.actions.clocks import queue_times_of, targets_that_stop_with, verdicts_of
from reporter.actions.refusals import NotFound
from reporter.actions.views import BoardFilters, BoardLine, StudyView, TargetLine, TurnaroundBoard
from reporter.governance import audit
from reporter.governance.clock import cohort_of
from reporter.governance.times import local_date
from reporter.governance.turnaround import IDEALS, TARGETS, TargetVerdict
from reporter.store import breaches, people, reports, sites
from reporter.store.breaches import Breach, Timing
from reporter.store.database import Database
from reporter.store.sites import Site

#: The board looks back this far unless asked otherwise.
WINDOW = timedelta(days=92)
READERS = ("trainee", "consultant", "clinical_lead", "radiographer", "auditor")


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What one sweep found."""

    looked_at: int
    new_breaches: int


def sweep(db: Database, now: datetime) -> SweepResult:
    """Writes down every breach that is not written down yet, and the end of those that have ended since.

    It looks at the data, so a missed run loses nothing. An open study whose due time has moved, because a closure was
    entered or a bank holiday proclaimed after its scan, moves in the worklist.
    """
    with db.read() as session:
        codes = sites.codes(session)
        by_code = {site.code: site for site in sites.among(session, codes)}
        running = breaches.timings(session, codes, only_running=True)
    verdicts = [(timing, _verdicts(timing, by_code[timing.site_code], now)) for timing in running]
    found = [
        Breach(timing.study_id, one.due.target_id, timing.site_code, one.due.due_at, now, _stopped(timing, one))
        for timing, under in verdicts
        for one in under
        if one.is_breach
    ]
    still_open = [(t, queue_times_of(v.due for v in under)) for t, under in verdicts if t.first_signed_at is None]
    moved = [(t, times) for t, times in still_open if (t.queue_at, t.due_at) != (times.queue_at, times.due_at)]
    with db.read() as session:
        known = breaches.known(session, codes)
        any_open = breaches.count_open(session) > 0
    missing = [one for one in found if (one.study_id, one.target_id) not in known]
    new = 0
    ended = [t.study_id for t in running if t.first_signed_at is not None and t.available_at is not None]
    if missing or any_open or moved or ended:
        with db.begin() as session:
            new = sum(breaches.add_once(session, one) for one in missing)
            breaches.close_ended(session, targets_that_stop_with("signed"), targets_that_stop_with("available"))
            reports.settle(session, ended)
            for timing, times in moved:
                reports.reschedule(session, timing.study_id, times.queue_at, times.due_at)
    return SweepResult(len(running), new)


def board(db: Database, actor: Actor, now: datetime, filters: BoardFilters | None = None) -> TurnaroundBoard:
    """The board for one's sites. An open study past its due time counts as missed: nothing can hide in a backlog."""
    must_be(actor, *READERS, to="see the turnaround board")
    asked = filters or BoardFilters()
    if asked.site_code is not None and asked.site_code not in actor.sites:
        raise NotFound("There is no such site among yours.")
    codes = (asked.site_code,) if asked.site_code else actor.sites
    since = now - WINDOW
    with db.read() as session:
        by_code = {site.code: site for site in sites.among(session, codes)}
        recent = breaches.timings(session, codes, since=since)
        # What is still open is shown however old it is.
        still_open = [t for t in breaches.timings(session, codes, only_running=True) if t.first_signed_at is None]
        recorded = breaches.count(session, codes)
        timings = {timing.study_id: timing for timing in (*recent, *still_open)}
        names = people.named(session, [timing.assigned_to or timing.signed_by for timing in timings.values()])
    wanted = [timing for timing in timings.values() if _is_asked_for(timing, asked)]
    lines = tuple(_line(timing, by_code[timing.site_code], names, now) for timing in wanted)
    open_lines = [line for line in lines if line.signed_at is None]
    spans = [line.signed_at - line.completed_at for line in lines if line.signed_at is not None]
    return TurnaroundBoard(
        at=now,
        since=since,
        due_today=tuple(line for line in open_lines if any(v.status == "due_today" for v in line.verdicts)),
        overdue_open=_most_overdue_first(line for line in open_lines if _is_past(line, limit=True)),
        late_open=_most_overdue_first(
            line for line in open_lines if _is_past(line, limit=False) and not _is_past(line, limit=True)
        ),
        oldest_open=min(open_lines, key=lambda line: line.completed_at, default=None),
        targets=targets_of(lines, now),
        lines=tuple(sorted(lines, key=lambda line: line.completed_at, reverse=True)),
        median=audit.centile(spans, 50),
        p95=audit.centile(spans, 95),
        breaches_recorded=recorded,
    )


def targets_of(lines: Iterable[BoardLine], now: datetime) -> tuple[TargetLine, ...]:
    """Every target over some studies, in the order of the published list.

    The share is of the studies whose due time has passed: a quick report does not count before a slow one could.
    """
    under: dict[str, list[TargetVerdict]] = defaultdict(list)
    for line in lines:
        for one in line.verdicts:
            under[one.due.target_id].append(one)
    found = []
    for target in TARGETS:
        if verdicts := under.get(target.id):
            of_it = audit.share(verdicts, now)
            found.append(
                TargetLine(
                    target_id=target.id,
                    title=verdicts[0].due.title,
                    profile=target.profile,
                    counted=of_it.counted,
                    met=of_it.met,
                    missed=of_it.late + of_it.overdue,
                    open=of_it.not_due_yet,
                )
            )
    return tuple(found)


def stands(one: TargetVerdict, now: datetime) -> str:
    """Where a study is counted under a target: "met", "missed", or "open" while its due time has not passed."""
    if one.due.due_at > now:
        return "open"
    return "met" if one.status == "on_time" else "missed"


def explain(view: StudyView) -> tuple[str, ...]:
    """How each due time of a study came about, in words."""
    return tuple(f"{one.due.title}. {one.due.words} {one.words}" for one in view.due)


def _verdicts(timing: Timing, site: Site, now: datetime) -> tuple[TargetVerdict, ...]:
    return verdicts_of(
        timing,
        timing.class_changes,
        site,
        signed_at=timing.first_signed_at,
        available_at=timing.available_at,
        now=now,
    )


def _stopped(timing: Timing, one: TargetVerdict) -> datetime | None:
    return timing.first_signed_at if one.due.stops_with == "signed" else timing.available_at


def _line(timing: Timing, site: Site, names: dict[str, str], now: datetime) -> BoardLine:
    return BoardLine(
        study_id=timing.study_id,
        site_code=timing.site_code,
        accession=timing.accession,
        procedure=timing.procedure,
        state=timing.state,
        completed_at=timing.completed_at or timing.images_available_at or timing.first_seen_at,
        signed_at=timing.first_signed_at,
        available_at=timing.available_at,
        verdicts=_verdicts(timing, site, now),
        holder=names.get(timing.assigned_to or timing.signed_by or ""),
    )


def _is_asked_for(timing: Timing, asked: BoardFilters) -> bool:
    day = local_date(timing.completed_at or timing.first_seen_at)
    cohort = cohort_of(timing.class_at_start or timing.patient_class)  # type: ignore[arg-type]
    return (
        (asked.scanned_from is None or day >= asked.scanned_from)
        and (asked.scanned_to is None or day <= asked.scanned_to)
        and (asked.cohort is None or cohort == asked.cohort)
    )


def _is_past(line: BoardLine, *, limit: bool) -> bool:
    """Open past a limit, or past what is only wished for."""
    return any(v.status == "overdue_open" and (v.due.target_id not in IDEALS) == limit for v in line.verdicts)


def _most_overdue_first(lines: Iterable[BoardLine]) -> tuple[BoardLine, ...]:
    return tuple(sorted(lines, key=lambda line: line.worst.margin))
