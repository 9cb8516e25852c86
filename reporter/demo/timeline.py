"""Forty invented studies of the last weeks, in every state, told as events in the order in which they happened."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from reporter.demo.cast import SITES, DemoPatient, DemoSite, patients

Step = Literal["order", "complete", "cancel", "draft", "submit", "return", "resubmit", "sign", "amend", "addendum"]
Story = Literal["stress_positive", "stress_normal", "viability"]

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class DemoStudy:
    """One invented study: who, where, why, and what it will show."""

    serial: int
    site: DemoSite
    patient: DemoPatient
    accession: str
    story: Story
    patient_class: str
    requested_at: datetime
    scanned_at: datetime

    @property
    def template(self) -> str:
        """The template that its reporter chooses."""
        return "viability" if self.story == "viability" else "stress_perfusion"

    @property
    def procedure(self) -> str:
        """What was asked of the department."""
        return "MRI cardiac viability" if self.story == "viability" else "MRI cardiac stress perfusion"

    @property
    def question(self) -> str:
        """The clinical question."""
        if self.story == "viability":
            return "Previous anterior infarct, breathless: which segments are viable?"
        return "Exertional chest pain: is there inducible ischaemia?"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to a study at an instant."""

    at: datetime
    step: Step
    study: DemoStudy


#: (how many, class, days since the scan, story of steps, hours from the scan to the last step). Together forty.
_PLAN: tuple[tuple[int, str, int, str, float], ...] = (
    (3, "outpatient", 24, "signed", 30), (3, "outpatient", 20, "signed", 70), (2, "outpatient", 19, "signed", 150),
    (1, "outpatient", 26, "signed", 420), (2, "outpatient", 13, "signed", 44), (2, "outpatient", 9, "signed", 26),
    (1, "outpatient", 8, "amended", 50), (1, "outpatient", 7, "added to", 45), (2, "inpatient", 15, "signed", 20),
    (1, "inpatient", 11, "signed", 75), (2, "inpatient", 6, "signed", 18), (2, "outpatient", 3, "signed", 24),
    (1, "outpatient", 17, "submitted", 200), (2, "outpatient", 4, "submitted", 30), (1, "inpatient", 2, "submitted", 8),
    (1, "outpatient", 5, "returned", 60), (1, "inpatient", 3, "returned", 20),
    (2, "outpatient", 2, "drafted", 6), (1, "inpatient", 1, "drafted", 3),
    (3, "outpatient", 1, "completed", 0), (2, "inpatient", 1, "completed", 0), (1, "emergency", 0, "completed", 0),
    (1, "outpatient", 16, "completed", 0), (1, "outpatient", 30, "completed", 0), (1, "outpatient", 0, "ordered", 0),
)  # fmt: skip


def studies(now: datetime) -> Iterator[tuple[DemoStudy, str, float]]:
    """The forty studies with how far each one got and how long that took, in hours."""
    chance = random.Random(42)
    people = iter(patients(sum(row[0] for row in _PLAN), now.date()))
    serial = 0
    for number, patient_class, days_ago, outcome, hours in _PLAN:
        for _ in range(number):
            serial += 1
            day = (now - timedelta(days=days_ago)).astimezone(LONDON)
            scanned = day.replace(hour=chance.randint(8, 16), minute=chance.choice((5, 20, 35, 50)), second=0)
            scanned = min(scanned.replace(microsecond=0), now.astimezone(LONDON) - timedelta(minutes=40))
            site = SITES[serial % 3 == 0]
            yield (
                DemoStudy(
                    serial,
                    site,
                    next(people),
                    f"{site.code}-26-{4100 + serial:06d}",
                    chance.choice(("stress_positive", "stress_normal", "stress_normal", "viability")),
                    patient_class,
                    scanned - timedelta(days=2 if patient_class != "outpatient" else 30),
                    scanned,
                ),
                outcome,
                hours * chance.uniform(0.8, 1.1),
            )


def events(now: datetime) -> list[Event]:
    """Everything that happened up to `now`, oldest first."""
    told = []
    for study, outcome, hours in studies(now):
        told.append(Event(study.requested_at, "order", study))
        if outcome != "ordered":
            told.append(Event(study.scanned_at, "complete", study))
        told += [Event(at, step, study) for at, step in _steps(study, outcome, hours)]
    return sorted((event for event in told if event.at <= now), key=lambda event: event.at)


def _steps(study: DemoStudy, outcome: str, hours: float) -> list[tuple[datetime, Step]]:
    """What the reporters did, spread over the hours that it took."""
    span = timedelta(hours=hours)
    start = study.scanned_at
    if outcome in ("completed", "ordered"):
        return []
    steps: list[tuple[datetime, Step]] = [(start + span * 0.4, "draft")]
    if outcome == "drafted":
        return steps
    steps.append((start + span * 0.5, "submit"))
    if outcome == "submitted":
        return steps
    if outcome == "returned":
        return [*steps, (start + span, "return")]
    if study.serial % 4 == 0:
        steps += [(start + span * 0.6, "return"), (start + span * 0.8, "resubmit")]
    steps.append((start + span, "sign"))
    if outcome == "amended":
        steps += [(start + span + timedelta(hours=20), "amend")]
    if outcome == "added to":
        steps += [(start + span + timedelta(hours=26), "addendum")]
    return steps
