"""The verdicts of 1,000,000 studies under all targets, against numpy doing the same dates in vectors.

Both are measured in one run, on the same studies, as the least of several repetitions, and every verdict of the one is
compared with the other; a sample is compared with the path that judges one study at a time. The denominator of
`classify_1m_vs_numpy` is the sternest one: a single call of `numpy.busday_offset` for each group, which gives the due
day of one target and not a verdict. What numpy takes for all targets and verdicts, from instants in UTC to a status a
study, is `classify_1m_vs_numpy_same_job`.
"""

from __future__ import annotations

import random
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from reporter.governance.calendar import bank_holidays
from reporter.governance.classify import NOT_YET, STATUSES, Studies, classify
from reporter.governance.clock import ExamClock
from reporter.governance.times import LONDON
from reporter.governance.turnaround import Stops, verdicts

STUDIES = 1_000_000
REPEATS = 7
SAMPLE = 2_000
DAY = 1_440  # minutes
FIRST, NOW = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)
GROUPS = [
    (nation, cohort)
    for nation in ("england", "wales", "scotland", "northern_ireland")
    for cohort in ("inpatient", "outpatient")
]


def measure() -> dict[str, float]:
    """The figures by name: ratios without a unit, seconds for the rest."""
    groups = _invented(STUDIES)
    vectors = [_Vectors.of(studies) for studies in groups]
    began = time.perf_counter()
    ours = [classify(studies, NOW) for studies in groups]
    first = time.perf_counter() - began
    _verify_against_numpy(groups, ours, vectors)
    _verify_against_single_cases(groups, ours)
    seconds = _least(
        ours=lambda: [classify(studies, NOW) for studies in groups],
        one_call=lambda: [vector.one_busday_offset() for vector in vectors],
        same_job=lambda: [vector.statuses() for vector in vectors],
        checked=lambda: [_again(studies) for studies in groups],
    )
    return {
        "classify_1m_vs_numpy": seconds["ours"] / seconds["one_call"],
        "classify_1m_vs_numpy_same_job": seconds["ours"] / seconds["same_job"],
        "classify_1m_s": seconds["ours"],
        "classify_1m_first_time_s": first,
        "classify_1m_checking_the_columns_s": seconds["checked"],
        "numpy_one_busday_offset_s": seconds["one_call"],
        "numpy_same_job_s": seconds["same_job"],
    }


def _least(**runs: Callable[[], object]) -> dict[str, float]:
    """The least seconds of each run; the runs take turns, so that a busy moment of the machine meets all of them."""
    least = dict.fromkeys(runs, float("inf"))
    for _ in range(REPEATS):
        for name, run in runs.items():
            began = time.perf_counter()
            run()
            least[name] = min(least[name], time.perf_counter() - began)
    return least


def _invented(number: int) -> list[Studies]:
    """Invented studies over nearly three years: most signed within days, some late, one in fifty recent ones open."""
    chance = random.Random(2026)
    first, now = _minutes(FIRST), _minutes(NOW)
    groups = []
    for nation, cohort in GROUPS:
        started = array("I", sorted(chance.randrange(first, now) for _ in range(number // len(GROUPS))))
        signed, available = array("I"), array("I")
        for start in started:
            signed_at = start + int(chance.expovariate(1 / (DAY * (1 if cohort == "inpatient" else 4))))
            signed.append(signed_at if signed_at <= now and chance.random() > 0.002 else NOT_YET)
            available_at = signed_at + chance.randrange(1, DAY)
            available.append(available_at if signed[-1] != NOT_YET and available_at <= now else NOT_YET)
        groups.append(Studies(cohort, nation, frozenset(), started, signed, available))
    return groups


def _again(studies: Studies) -> Studies:
    return Studies(studies.cohort, studies.nation, studies.closures, studies.started, studies.signed, studies.available)


@dataclass(frozen=True)
class _Vectors:
    """The same studies as numpy has them: the baseline."""

    cohort: str
    started: Any
    signed: Any
    available: Any
    calendar: Any
    changes: Any
    offsets: Any

    @classmethod
    def of(cls, studies: Studies) -> _Vectors:
        years = range(FIRST.year, NOW.year + 2)
        holidays = [day for year in years for day in bank_holidays(studies.nation, year)]
        changes, offsets = _london_offsets()
        return cls(
            studies.cohort,
            *(np.array(column, dtype=np.int64) for column in (studies.started, studies.signed, studies.available)),
            np.busdaycalendar(holidays=np.array(holidays, dtype="datetime64[D]")),
            changes,
            offsets,
        )

    def one_busday_offset(self) -> Any:
        """One due day: the first working day after the UTC date. Not even London's dates, and no verdict."""
        days = self.started.astype("datetime64[m]").astype("datetime64[D]")
        return np.busday_offset(days, 1, roll="backward", busdaycal=self.calendar)

    def statuses(self) -> dict[str, Any]:
        """The status of every study under every target, with London's dates."""
        today = self.london_days(np.array([_minutes(NOW)]))[0]
        start = self.london_days(self.started)
        signed, available = self.london_days(self.signed), self.london_days(self.available)
        if self.cohort == "inpatient":
            dues = {"bscmr_inpatient": (self.working_day(start, 1), signed)}
        else:
            ideal = self.working_day(start, 2)
            dues = {"bscmr_outpatient_ideal": (ideal, signed), "bscmr_outpatient_max": (start + 14, signed)}
        dues["nhse_28_days"] = (start + 28, available)
        return {name: self.status(due, stop, today) for name, (due, stop) in dues.items()}

    def working_day(self, days: Any, n: int) -> Any:
        dates = days.astype("datetime64[D]")
        return np.busday_offset(dates, n, roll="backward", busdaycal=self.calendar).astype(np.int64)

    def london_days(self, instants: Any) -> Any:
        return (instants + self.offsets[np.searchsorted(self.changes, instants, side="right")]) // DAY

    @staticmethod
    def status(due: Any, stop: Any, today: Any) -> Any:
        running = stop >= NOT_YET // DAY
        done = np.where(stop <= due, STATUSES.index("on_time"), STATUSES.index("breached_closed"))
        ahead = np.where(due == today, STATUSES.index("due_today"), STATUSES.index("open"))
        still = np.where(due < today, STATUSES.index("overdue_open"), ahead)
        return np.where(running, still, done).astype(np.uint8)


def _london_offsets() -> tuple[Any, Any]:
    """The instants at which London's clocks change over the years in question, and the offset after each."""
    hour, changes, offsets = timedelta(hours=1), [], [0]
    instant = FIRST
    while instant.year < NOW.year + 2:
        offset = (instant + hour).astimezone(LONDON).utcoffset() or timedelta()
        if offset.total_seconds() // 60 != offsets[-1]:
            changes.append(_minutes(instant + hour))
            offsets.append(int(offset.total_seconds()) // 60)
        instant += hour
    return np.array(changes, dtype=np.int64), np.array(offsets, dtype=np.int64)


def _verify_against_numpy(groups: list[Studies], ours: list[dict[str, bytes]], vectors: list[_Vectors]) -> None:
    for studies, said, vector in zip(groups, ours, vectors, strict=True):
        for target, statuses in vector.statuses().items():
            if said[target] != statuses.tobytes():
                raise AssertionError(f"{studies.nation} {studies.cohort} {target}: numpy says something else.")


def _verify_against_single_cases(groups: list[Studies], ours: list[dict[str, bytes]]) -> None:
    chance = random.Random(28)
    for _ in range(SAMPLE):
        which = chance.randrange(len(groups))
        studies, said = groups[which], ours[which]
        n = chance.randrange(len(studies.started))
        clock = ExamClock(_instant(studies.started[n]), studies.cohort, nation=studies.nation)
        stops = Stops(_stop(studies.signed[n]), _stop(studies.available[n]))
        for verdict in verdicts(clock, stops, NOW):
            if STATUSES[said[verdict.due.target_id][n]] != verdict.status:
                raise AssertionError(f"{verdict.due.target_id}: one by one the verdict is {verdict.status}.")


def _minutes(instant: datetime) -> int:
    return int(instant.timestamp()) // 60


def _instant(minutes: int) -> datetime:
    return datetime.fromtimestamp(minutes * 60, UTC)


def _stop(minutes: int) -> datetime | None:
    return None if minutes == NOT_YET else _instant(minutes)


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name}: {value:.3f}")
