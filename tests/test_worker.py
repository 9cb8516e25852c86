"""The worker: its clock, its standby, and that a real process of it delivers and stops when asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from reporter import worker
from reporter.integration.wires import Destination, Wires
from reporter.store import jobs
from reporter.worker import Job, Worker
from tests.builders import NOW, a_person, a_signed_report, a_site, a_study
from tests.mllp_receiver import a_receiver

ROOT = Path(__file__).resolve().parent.parent


def a_worker(db, holder="a", now=NOW, wires=None):
    return Worker(db, wires or Wires(), holder, lambda: now)


def named(of, name):
    return next(job for job in of.jobs() if job.name == name)


def test_no_late_run_is_dropped_and_no_job_runs_beside_itself(sqlite_db):
    wires = Wires(destinations=(Destination("EHR", "mllp"), Destination("FHIR", "fhir", url="http://x")))
    clock = worker.scheduler(a_worker(sqlite_db, wires=wires))
    assert clock.timezone == UTC
    assert clock._job_defaults == {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    assert [job.id for job in clock.get_jobs()] == [
        "deliver to EHR", "deliver to FHIR", "sweep for breaches", "heartbeat", "verify the audit log", "tidy sessions",
    ]  # fmt: skip


def test_while_one_worker_is_at_a_job_another_leaves_it(sqlite_db):
    first, second, ran = a_worker(sqlite_db, "a"), a_worker(sqlite_db, "b"), []
    inner = Job("sweep", timedelta(minutes=1), timedelta(minutes=5), lambda: ran.append("b"))

    def outer_work():
        ran.append("a")
        second.run(inner)

    first.run(Job("sweep", timedelta(minutes=1), timedelta(minutes=5), outer_work))
    assert ran == ["a"]
    second.run(inner)
    assert ran == ["a", "b"]


def test_a_job_that_fails_is_logged_without_what_it_was_about_and_runs_again_after_its_lease(sqlite_db, caplog):
    def fails():
        raise ValueError("Testpatient")

    job = Job("sweep", timedelta(minutes=1), timedelta(minutes=5), fails)
    a_worker(sqlite_db).run(job)
    assert "The job sweep failed with ValueError at tests.test_worker" in caplog.text
    assert "Testpatient" not in caplog.text


def test_the_audit_log_is_verified_once_a_day(db):
    a_site(db)
    for holder, hours in (("a", 0), ("b", 1), ("a", 24)):
        at = a_worker(db, holder, NOW + timedelta(hours=hours))
        at.run(named(at, "verify the audit log"))
    with db.read() as session:
        runs = session.execute(text("SELECT period, words FROM job_run ORDER BY period")).all()
    assert [run.period for run in runs] == ["2026-11-23", "2026-11-24"]
    assert all("RXX01: OK seq=1..1 head=" in run.words for run in runs)


def test_a_log_that_was_changed_is_shouted_about(sqlite_db, caplog):
    a_site(sqlite_db)
    with sqlite_db.begin() as session:
        session.execute(text("DROP TRIGGER audit_event_no_update"))
        session.execute(text("UPDATE audit_event SET action = 'nothing'"))
    at = a_worker(sqlite_db)
    at.run(named(at, "verify the audit log"))
    assert "TAMPERED first_bad_seq=1 kind=content" in caplog.text


def test_the_sweep_and_the_tidying_run_from_the_table(db):
    a_site(db)
    a_study(db, completed_at=NOW - timedelta(days=60))
    at = a_worker(db)
    for name in ("sweep for breaches", "tidy sessions", "heartbeat"):
        at.run(named(at, name))
    with db.read() as session:
        assert session.execute(text("SELECT count(*) FROM breach")).scalar_one() == 3
        assert [beat.name for beat in jobs.heartbeats(session)] == ["worker"]


@pytest.mark.slow
def test_a_real_worker_delivers_says_that_it_lives_and_stops_when_asked(db, tmp_path):
    a_site(db)
    with a_receiver() as ehr:
        wires = tmp_path / "wires.toml"
        wires.write_text(f'[[destination]]\nname = "EHR"\nkind = "mllp"\nport = {ehr.port}\n', encoding="utf-8")
        a_signed_report(db, a_person(db), (Destination("EHR", "mllp"),), datetime.now(UTC) - timedelta(seconds=5))
        process = subprocess.Popen(
            [sys.executable, "-c", "from reporter.cli import main; main(['worker'])"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "REPORTER_DATABASE_URL": db.url.render_as_string(hide_password=False),
                "REPORTER_WIRES": str(wires),
            },
        )
        try:
            until = time.monotonic() + 30
            while not ehr.messages and time.monotonic() < until:
                time.sleep(0.1)
            time.sleep(1)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
    assert len(ehr.messages) == 1
    with db.read() as session:
        assert session.execute(text("SELECT state FROM delivery")).scalar_one() == "acknowledged"
        (beat,) = jobs.heartbeats(session)
    assert datetime.now(UTC) - beat.at < timedelta(minutes=1)
