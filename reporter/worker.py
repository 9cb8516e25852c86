"""The process that runs jobs on a clock: delivery, breaches, heartbeat, verification, tidying.

Nothing here has to be the only one. Each job takes a lease in the database, each message has its own, and what a job
finds it finds from the data: a second worker is a standby, and a missed run loses nothing.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BlockingScheduler

from reporter.actions import audit, delivery, turnaround
from reporter.integration.wires import Destination, Wires
from reporter.settings import Settings
from reporter.store import jobs, leases, sessions
from reporter.store.database import AlreadyThere, Busy, Database

log = logging.getLogger(__name__)

#: What the heartbeat is called; `/health` looks at it.
NAME = "worker"
#: A session or a failed sign-in is of no use after this long.
KEEP_SESSIONS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work: what it is called, how often it runs, how long it may take before a standby may start."""

    name: str
    every: timedelta
    lease: timedelta
    work: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Worker:
    """What the jobs work with."""

    db: Database
    wires: Wires
    holder: str
    now: Callable[[], datetime]

    def jobs(self) -> tuple[Job, ...]:
        """The table of jobs. Each destination has its own, so that one that hangs keeps no other waiting."""
        second, minute = timedelta(seconds=1), timedelta(minutes=1)
        return (
            *(self._delivery(destination) for destination in self.wires.destinations),
            Job("sweep for breaches", minute, 5 * minute, self.sweep),
            Job("heartbeat", 10 * second, timedelta(0), self.beat),
            Job("verify the audit log", 10 * minute, 60 * minute, self.verify),
            Job("tidy sessions", 60 * minute, 5 * minute, self.tidy),
        )

    def run(self, job: Job) -> None:
        """Runs a job if nobody else is at it. A fault is written to the log and the next run tries again."""
        try:
            if job.lease and not self._takes(job):
                return
            job.work()
            if job.lease:
                with self.db.begin() as session:
                    leases.give_back(session, _lease(job), self.holder)
        except (AlreadyThere, Busy) as why:
            log.warning("The job %s could not run now: %s", job.name, why)
        except Exception as fault:
            # The text of a fault may hold patient data: its kind and place are enough to start from.
            log.error("The job %s failed with %s at %s.", job.name, type(fault).__name__, _place(fault))  # noqa: TRY400

    def sweep(self) -> None:
        """Writes down the breaches that are not written down yet."""
        found = turnaround.sweep(self.db, self.now())
        if found.new_breaches:
            log.info("%s new breaches among %s running clocks.", found.new_breaches, found.looked_at)

    def beat(self) -> None:
        """Says that this process lives."""
        with self.db.begin() as session:
            jobs.beat(session, NAME, self.holder, self.now())

    def verify(self) -> None:
        """Walks the audit chains and every signed version once a day, and shouts when one is not as it was written."""
        now = self.now()
        period = now.date().isoformat()
        with self.db.begin() as session:
            if not jobs.start_run(session, "verify the audit log", period, self.holder, now):
                return
        found = audit.verify(self.db)
        for chain in found:
            if not chain.ok:
                log.critical("The audit log of %s was tampered with: %s", chain.site_code, chain)
        signed = audit.verify_signed(self.db)
        for fault in signed.faults:
            log.critical("A signed report was tampered with: %s", fault)
        words = "; ".join([*(f"{chain.site_code}: {chain}" for chain in found), f"signed: {signed}"])
        with self.db.begin() as session:
            jobs.end_run(session, "verify the audit log", period, self.now(), words)

    def tidy(self) -> None:
        """Deletes sessions that ended long ago."""
        with self.db.begin() as session:
            sessions.clean_up(session, self.now() - KEEP_SESSIONS)

    def _delivery(self, destination: Destination) -> Job:
        def deliver() -> None:
            done = delivery.deliver_due(self.db, (destination,), self.holder, self.now)
            if done.sent:
                log.info("%s: %s accepted, %s refused, %s to try again.",
                         destination.name, done.accepted, done.refused, done.retried)  # fmt: skip

        # No lease of its own: each message has one, and taking one every two seconds would only write for nothing.
        return Job(f"deliver to {destination.name}", timedelta(seconds=2), timedelta(0), deliver)

    def _takes(self, job: Job) -> bool:
        with self.db.begin() as session:
            return leases.take(session, _lease(job), self.holder, self.now(), job.lease)


def scheduler(worker: Worker) -> BlockingScheduler:
    """The clock, with every job on it. Times are UTC: a London clock has an hour twice and an hour never."""
    jobs_of_it = worker.jobs()
    clock = BlockingScheduler(
        timezone=UTC,
        # A thread for each job: with fewer, destinations that hang would together keep the others waiting.
        executors={"default": ThreadPoolExecutor(len(jobs_of_it))},
        # The library's default grace is one second, after which a late run is dropped without a word.
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job in jobs_of_it:
        first = worker.now() + min(job.every, timedelta(seconds=1))
        clock.add_job(
            worker.run,
            "interval",
            args=[job],
            id=job.name,
            name=job.name,
            seconds=job.every.total_seconds(),
            next_run_time=first,
        )
    return clock


def run(db: Database, wires: Wires, _settings: Settings) -> None:
    """Runs jobs until SIGTERM or SIGINT; what is being sent is finished first."""
    worker = Worker(db, wires, a_holder(), lambda: datetime.now(UTC))
    # Else two lines for every run of every job, and one every two seconds while a destination takes its time.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    worker.beat()
    for sentence in delivery.without_destination(db, wires.destinations):
        log.warning("%s", sentence)
    clock = scheduler(worker)

    def stop(_signal: int, _frame: Any) -> None:
        clock.shutdown(wait=False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("The worker %s runs %s jobs.", worker.holder, len(worker.jobs()))
    clock.start()
    db.close()


def a_holder() -> str:
    """A name for this process that no other has, on this machine or another."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


def _lease(job: Job) -> str:
    return f"job: {job.name}"


def _place(fault: BaseException) -> str:
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
