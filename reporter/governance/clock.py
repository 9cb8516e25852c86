"""When a study's clock started, and as what: the facts from which every target is worked out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from reporter.governance.calendar import Calendar, Nation, calendar_of
from reporter.governance.standards import Standards, packaged
from reporter.governance.times import in_utc, local_date, say_instant, say_span
from reporter.report.document import PatientClass

#: Where a start came from when the end of the examination is not known.
Imputed = Literal["images_available", "first_seen"]

#: The cohort that a study is audited in. It never changes, whatever happens to the patient afterwards.
Cohort = Literal["inpatient", "outpatient"]

_IMPUTED_IN_WORDS = {
    "images_available": "the time at which its images became available",
    "first_seen": "the time at which this system first heard of it",
}


@dataclass(frozen=True, slots=True)
class ClassChange:
    """The patient was admitted or discharged after the scan."""

    at: datetime
    to: PatientClass


@dataclass(frozen=True, slots=True)
class ExamClock:
    """What is needed to say when a report is due: when the clock started, for whom, and under which calendar."""

    #: The end of the examination, as an instant; of the last session when there were several.
    started_at: datetime
    #: At the end of the examination. An emergency patient counts as an inpatient, and so does an unknown class.
    class_at_start: PatientClass = "unknown"
    class_changes: tuple[ClassChange, ...] = ()
    nation: Nation = "england"
    closures: frozenset[date] = frozenset()
    imputed: Imputed | None = None
    #: The end of the first session, when the examination took several.
    first_session_at: datetime | None = None

    @property
    def cohort(self) -> Cohort:
        """As what the study is audited."""
        return cohort_of(self.class_at_start)

    @property
    def calendar(self) -> Calendar:
        """The site's working days."""
        return calendar_of(self.nation, self.closures)

    @property
    def start_day(self) -> date:
        """The London date on which the clock started."""
        return local_date(self.started_at)

    def admitted_on(self) -> date | None:
        """The London date of the first admission after the scan, for a study that started as an outpatient's."""
        if self.cohort == "inpatient":
            return None
        admissions = [
            in_utc(change.at)
            for change in self.class_changes
            if change.to in ("inpatient", "emergency") and in_utc(change.at) > in_utc(self.started_at)
        ]
        return local_date(min(admissions)) if admissions else None

    def flags(self) -> tuple[str, ...]:
        """What is not as it should be with this clock, in sentences. None of it takes the study out of the figures."""
        found = []
        if self.imputed is not None:
            found.append(
                "The time at which the examination ended is not known; "
                f"its clock starts at {_IMPUTED_IN_WORDS[self.imputed]}."
            )
        if self.class_at_start == "unknown":
            found.append("The patient class is not known, so the shorter inpatient target applies.")
        if self.first_session_at is not None:
            found.append(
                f"The examination took several sessions, the first on {say_instant(self.first_session_at)}; "
                "its clock starts at the end of the last one."
            )
        return tuple(found)


def cohort_of(patient_class: PatientClass) -> Cohort:
    """The cohort of a patient class: only a known outpatient has the longer targets."""
    return "outpatient" if patient_class == "outpatient" else "inpatient"


@dataclass(frozen=True, slots=True)
class Start:
    """The instant at which a clock starts, and what was said about it."""

    started_at: datetime
    imputed: Imputed | None
    first_session_at: datetime | None
    #: From the end of the examination until the images were available; None unless both are known.
    transfer_delay: timedelta | None
    #: Why a person has to look at this study before its clock counts; None when all is well.
    quarantine: str | None


def start_of(
    *,
    exam_completed_at: datetime | Iterable[datetime] | None,
    images_available_at: datetime | None,
    first_seen_at: datetime,
    now: datetime,
    standards: Standards | None = None,
) -> Start:
    """Choose the instant at which a study's clock starts.

    The end of the examination counts (of the last session, when several are given); without it the arrival of the
    images; without that the time at which we first heard of the study. The last two are flagged as imputed. A start
    that lies ahead of `now` by more than the standard `future_start_minutes` is set apart for a person.
    """
    limit = timedelta(minutes=(standards or packaged())["future_start_minutes"])
    sessions = sorted(map(in_utc, _as_sessions(exam_completed_at)))
    imputed: Imputed | None = None
    if sessions:
        started_at = sessions[-1]
    elif images_available_at is not None:
        started_at, imputed = in_utc(images_available_at), "images_available"
    else:
        started_at, imputed = in_utc(first_seen_at), "first_seen"
    ahead = started_at - in_utc(now)
    return Start(
        started_at=started_at,
        imputed=imputed,
        first_session_at=sessions[0] if len(sessions) > 1 else None,
        transfer_delay=in_utc(images_available_at) - started_at if sessions and images_available_at else None,
        quarantine=_too_far_ahead(started_at, ahead) if ahead > limit else None,
    )


def _as_sessions(completed: datetime | Iterable[datetime] | None) -> Iterable[datetime]:
    if completed is None:
        return ()
    return (completed,) if isinstance(completed, datetime) else completed


def _too_far_ahead(started_at: datetime, ahead: timedelta) -> str:
    return (
        f"The examination is said to end on {say_instant(started_at)}, which is {say_span(ahead)} in the future. "
        "Correct the time at its source, or enter the right one here."
    )
