"""What an order does to the studies: adding, changing, cancelling one, and starting its clock when the scan is over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reporter.actions import patient_records
from reporter.actions.actor import Actor, note
from reporter.actions.clocks import queue_times
from reporter.governance.times import say_instant
from reporter.integration.hl7v2.events import (
    NewOrder,
    OrderCancelled,
    OrderFacts,
    PatientUpdated,
    PersonFacts,
    StatusChanged,
    Unusable,
)
from reporter.report.document import PersonOnReport
from reporter.store import reports, sites, studies
from reporter.store.database import Session
from reporter.store.reports import Report
from reporter.store.rows import new_id
from reporter.store.sites import Site
from reporter.store.studies import Study

NO_ACCESSION = "The order has no accession number."
#: Where a study may go from where; a feed's late "scheduled" doesn't undo "completed".
_RANK = {"ordered": 0, "on_hold": 0, "scheduled": 1, "in_progress": 2, "completed": 3}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a change comes from: who acts, the feed's or form's name, and the message that is kept."""

    actor: Actor
    source: str
    inbox_id: str | None
    #: When it happened as the sender says; the message's own time.
    at: datetime
    now: datetime


def apply_order(session: Session, event: NewOrder | StatusChanged, origin: Origin) -> Study:
    """Adds or changes the study that an order or a status change is about."""
    site = site_of(session, event.order)
    known = _find(session, site, event.order)
    if known is None:
        return _add(session, site, event, origin)
    studies.lock(session, known.id)
    if not patient_records.is_whose(session, known, event.patient):
        raise Unusable("AE", "The order is known here for another patient. Nothing was changed.", "204")
    return _change(session, site, known, event, origin)


def cancel_order(session: Session, event: OrderCancelled, origin: Origin) -> Study:
    """Cancels a study that was not scanned. One that was scanned keeps its clock until a person closes it."""
    site = site_of(session, event.order)
    known = _find(session, site, event.order)
    if known is None:
        raise Unusable("AE", "The cancelled order is not known here.", "204")
    studies.lock(session, known.id)
    if not patient_records.is_whose(session, known, event.patient):
        raise Unusable("AE", "The order is known here for another patient. Nothing was changed.", "204")
    if known.status == "completed":
        raise Unusable("AE", "The examination is completed and needs a report; its order can't be cancelled.", "207")
    if known.status != "cancelled":
        reason = event.reason or "No reason given by the sender."
        studies.change(session, known.id, {"status": "cancelled", "cancelled_reason": reason[:300]})
        _line(session, origin, "cancelled order", known)
    return replace(known, status="cancelled")


def complete(session: Session, study: Study, at: datetime, origin: Origin) -> None:
    """The scan is over: the clock starts, and the study is listed to be reported."""
    site = sites.get(session, study.site_code)
    report = reports.of_study(session, study.id)
    if site is None or report is None:
        raise LookupError("A study has a site and a report.")
    was = study.completed_at
    started = study.class_at_start or study.patient_class
    after = replace(study, status="completed", completed_at=at, class_at_start=started)
    studies.change(session, study.id, {"status": "completed", "completed_at": at, "class_at_start": started})
    reclock(session, site, after, report, origin.now)
    if report.settled:
        reports.change(session, report.id, {"settled": False}, origin.now)  # its verdicts have to be looked at again
    corrected = f", before: {say_instant(was)}" if was and was != at else ""
    _line(session, origin, "completed examination", study, words=f"ended {say_instant(at)}{corrected}")


def reclock(session: Session, site: Site, study: Study, report: Report, now: datetime) -> None:
    """Works out anew when a study is due, and where it stands in the worklist."""
    times = queue_times(study, studies.class_changes(session, study.id), site, now)
    listed = study.status == "completed"
    if (times.queue_at, times.due_at, listed) != (report.queue_at, report.due_at, report.listed):
        changes = {"queue_at": times.queue_at, "due_at": times.due_at, "listed": listed}
        reports.change(session, report.id, changes, now)


def change_class(session: Session, study: Study, to: str, origin: Origin) -> None:
    """The patient was admitted or discharged. Before the scan only the class changes; after it, the due time may."""
    if to in ("unknown", study.patient_class):
        return
    changes: dict[str, Any] = {"patient_class": to}
    after = replace(study, patient_class=to)
    if study.status == "completed" and study.class_at_start == "unknown":
        # Nobody knew it then: this is what it was, not a change of it.
        changes["class_at_start"], after = to, replace(after, class_at_start=to)
    elif study.status == "completed":
        studies.add_class_change(session, study, to, at=origin.at, inbox_id=origin.inbox_id, now=origin.now)
    studies.change(session, study.id, changes)
    site, report = sites.get(session, study.site_code), reports.of_study(session, study.id)
    if site is not None and report is not None:
        reclock(session, site, after, report, origin.now)
    _line(session, origin, "changed patient class", study, words=f"{study.patient_class} to {to}")


def change_class_everywhere(session: Session, event: PatientUpdated, about: tuple[Study, ...], origin: Origin) -> None:
    """An admission or discharge told by a demographic message concerns every study that is not reported yet."""
    for study in about:
        report = reports.of_study(session, study.id)
        if report is not None and report.first_signed_at is None:
            change_class(session, study, event.patient_class, origin)


def site_of(session: Session, order: OrderFacts) -> Site:
    """The site that an order names. Raises Unusable when it names none of ours."""
    if order.site is None:
        raise Unusable("AE", "No place of the message names a site, and the feed has no default site.", "101")
    found = sites.get(session, order.site)
    if found is None:
        raise Unusable("AE", "The site that the message names is not a site of this system.", "103")
    return found


def _find(session: Session, site: Site, order: OrderFacts) -> Study | None:
    return studies.find(session, site.code, order.accession, order.filler_order, order.placer_order)


def _add(session: Session, site: Site, event: NewOrder | StatusChanged, origin: Origin) -> Study:
    order = event.order
    named = patient_records.find_or_add(session, site.code, event.patient, origin.inbox_id, origin.now)
    number = order.accession or order.filler_order or order.placer_order
    if number is None:
        raise Unusable("AE", "No accession, placer or filler number: the order can't be told from others.", "101")
    first_heard = (
        ("First heard of through a change, not through an order.",) if isinstance(event, StatusChanged) else ()
    )
    completed = order.status == "completed"
    study = Study(
        id=new_id(),
        site_code=site.code,
        patient_id=named.patient.id,
        accession=number,
        placer_order=order.placer_order,
        filler_order=order.filler_order,
        procedure=order.procedure or "Cardiac MRI",
        procedure_code=order.procedure_code,
        clinical_question=order.clinical_question,
        requester=_person(order.requester),
        priority=_priority(order.priority),
        patient_class=order.patient_class,
        class_at_start=order.patient_class if completed else None,
        status=order.status or "ordered",
        cancelled_reason=None,
        requested_at=order.requested_at,
        scheduled_at=None,
        completed_at=order.completed_at if completed else None,
        images_available_at=None,
        first_seen_at=origin.now,
        source=origin.source,
        inbox_id=origin.inbox_id,
        flags=tuple(dict.fromkeys((*event.flags, *named.flags, *first_heard))),
    )
    times = queue_times(study, (), site, origin.now)
    studies.add(session, study)
    reports.add(
        session,
        Report(
            id=new_id(), site_code=site.code, study_id=study.id, state="unreported", listed=completed,
            assigned_to=None, current_version=0, queue_at=times.queue_at, due_at=times.due_at, first_signed_at=None,
            signed_at=None, signed_by=None, available_at=None, updated_at=origin.now,
        ),
    )  # fmt: skip
    _line(session, origin, "entered order", study)
    return study


def _change(session: Session, site: Site, known: Study, event: NewOrder | StatusChanged, origin: Origin) -> Study:
    order = event.order
    named = patient_records.bring_up_to_date(session, known.patient_id, event.patient, origin.inbox_id, origin.now)
    changes = _said_differently(known, order)
    flags = list(dict.fromkeys((*known.flags, *event.flags, *named.flags)))
    if order.accession:
        flags = [f for f in flags if f != NO_ACCESSION]
    if tuple(flags) != known.flags:
        changes["flags"] = tuple(flags)
    if changes:
        studies.change(session, known.id, changes)
        _line(session, origin, "changed order", known, words="changed: " + ", ".join(sorted(changes)))
    after = replace(known, **changes)
    if order.patient_class != known.patient_class:
        change_class(session, after, order.patient_class, origin)
        after = studies.get(session, known.id) or after
    finished = order.completed_at if order.status == "completed" else None
    # A message's own time stands in for an end that it doesn't give; it never replaces one that was given.
    replaces = known.completed_at is None or not order.completed_at_imputed
    if finished is not None and finished != known.completed_at and replaces:
        complete(session, after, finished, origin)
    elif changes:
        report = reports.of_study(session, known.id)
        if report is not None:
            reclock(session, site, after, report, origin.now)
    return after


def _said_differently(known: Study, order: OrderFacts) -> dict[str, Any]:
    said: dict[str, Any] = {
        "accession": order.accession,
        "placer_order": order.placer_order,
        "filler_order": order.filler_order,
        "procedure": order.procedure,
        "procedure_code": order.procedure_code,
        "clinical_question": order.clinical_question,
        "requester": _person(order.requester),
        "requested_at": order.requested_at,
        "priority": _priority(order.priority) if order.priority else None,
    }
    changes = {name: value for name, value in said.items() if value and value != getattr(known, name)}
    forward = order.status in _RANK and order.status != "completed"
    if forward and (known.status == "cancelled" or _RANK[order.status or ""] > _RANK.get(known.status, 0)):
        changes["status"] = order.status
        if known.status == "cancelled":
            changes["cancelled_reason"] = None
    elif order.status == "on_hold" and known.status in ("ordered", "scheduled"):
        changes["status"] = "on_hold"
    return changes


def _priority(said: str) -> str:
    return {"S": "stat", "A": "urgent", "STAT": "stat", "URGENT": "urgent", "U": "urgent"}.get(said.upper(), "routine")


def _person(facts: PersonFacts | None) -> PersonOnReport | None:
    if facts is None:
        return None
    return PersonOnReport(
        person_id=None,
        name=facts.name,
        family=facts.family or None,
        given=facts.given or None,
        title=facts.title,
        registration_body=facts.registration_body,
        registration_number=facts.number,
    )


def _line(session: Session, origin: Origin, action: str, study: Study, words: str | None = None) -> None:
    note(session, origin.actor, action, "study", study.id, site_code=study.site_code, now=origin.now, words=words)
