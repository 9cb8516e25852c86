"""The turnaround targets as rules on their cards. They stop nobody; they are counted, shown and alarmed on."""

from __future__ import annotations

from datetime import date, datetime

from reporter.governance.clock import ExamClock
from reporter.governance.rule import Verdict, met, not_applicable, not_met, not_yet, rule
from reporter.governance.standards import Standards
from reporter.governance.turnaround import Stops, targets, verdict

BSCMR_TIMES = "BSCMR standards for CMR in the UK, reporting times"
NHSE = "NHS England, Diagnostic imaging reporting turnaround times, 9 August 2023"


@rule(
    says="An inpatient's report is signed by the end of the next working day.",
    why="An inpatient's treatment, and often their discharge, waits for the answer.",
    source=BSCMR_TIMES,
    owner="Clinical lead",
    next_review=date(2027, 11, 1),
    standards=("inpatient_working_days",),
)
def inpatient_by_the_next_working_day(
    clock: ExamClock, stops: Stops, now: datetime, standards: Standards | None = None
) -> Verdict:
    """Emergency patients, and those whose class is not known, count as inpatients."""
    return _judge("bscmr_inpatient", clock, stops, now, standards)


@rule(
    says="An outpatient's report is ideally signed within 2 working days.",
    why="It is what a service with enough reporters achieves, and it shows early when one no longer has them.",
    source=BSCMR_TIMES,
    owner="Clinical lead",
    next_review=date(2027, 11, 1),
    standards=("outpatient_ideal_working_days", "inpatient_working_days"),
)
def outpatient_ideally_in_two_working_days(
    clock: ExamClock, stops: Stops, now: datetime, standards: Standards | None = None
) -> Verdict:
    """Missing the ideal is late and not a breach; the maximum is the limit."""
    return _judge("bscmr_outpatient_ideal", clock, stops, now, standards)


@rule(
    says="An outpatient's report is signed within 2 weeks in any case.",
    why="Beyond it, a clinic appointment is held without the result or put off.",
    source=BSCMR_TIMES,
    owner="Clinical lead",
    next_review=date(2027, 11, 1),
    standards=("outpatient_max_days", "inpatient_working_days"),
)
def outpatient_in_two_weeks_at_most(
    clock: ExamClock, stops: Stops, now: datetime, standards: Standards | None = None
) -> Verdict:
    """Fourteen calendar days. An admission in between shortens it to the inpatient's target from that day."""
    return _judge("bscmr_outpatient_max", clock, stops, now, standards)


@rule(
    says="A verified report is available to the referrer within 28 days of the scan.",
    why="A signed report that has not arrived helps nobody; so the national limit ends at the referrer's screen.",
    source=NHSE,
    owner="Clinical lead",
    next_review=date(2027, 11, 1),
    standards=("nhse_max_days",),
)
def available_within_28_days(
    clock: ExamClock, stops: Stops, now: datetime, standards: Standards | None = None
) -> Verdict:
    """Ends with the first positive acknowledgement from a destination that referrers read, not with the signature."""
    return _judge("nhse_28_days", clock, stops, now, standards)


def _judge(target_id: str, clock: ExamClock, stops: Stops, now: datetime, standards: Standards | None) -> Verdict:
    due = next((each for each in targets(clock, standards) if each.target_id == target_id), None)
    if due is None:
        return not_applicable(f"The patient was an {clock.cohort} when scanned.")
    said = verdict(due, stops.of(due.stops_with), now)
    if said.is_breach:
        return not_met(said.words)
    return met(said.words) if said.status == "on_time" else not_yet(said.words)
