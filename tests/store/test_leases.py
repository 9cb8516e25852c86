"""Leases and periods: one at a time, and what a dead process held falls free by itself."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from reporter.store import jobs, leases
from reporter.store.database import AlreadyThere
from tests.counts import count

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def take(db, holder, now=NOW, name="sweep"):
    with db.begin() as session:
        return leases.take(session, name, holder, now, MINUTE)


def test_a_lease_is_held_by_one_until_it_ends(db):
    assert take(db, "a")
    assert not take(db, "b", NOW + timedelta(seconds=59))
    assert take(db, "b", NOW + MINUTE)
    assert not take(db, "a", NOW + MINUTE)


def test_its_holder_prolongs_it(db):
    take(db, "a")
    assert take(db, "a", NOW + timedelta(seconds=50))
    assert not take(db, "b", NOW + timedelta(seconds=100))


def test_given_back_it_is_free_at_once(db):
    take(db, "a")
    with db.begin() as session:
        leases.give_back(session, "sweep", "b")
        assert leases.holder_of(session, "sweep", NOW) == "a"
        leases.give_back(session, "sweep", "a")
    assert take(db, "b")


def test_eight_workers_run_each_period_once(db):
    periods, ran = count(200, ci=200, quick=20), []

    def work(holder):
        for period in range(periods):
            try:
                with db.begin() as session:
                    mine = jobs.start_run(session, "verify", str(period), holder, NOW)
            except AlreadyThere:
                mine = False  # this one's transaction was undone: another has the period
            if mine:
                ran.append(period)

    threads = [threading.Thread(target=work, args=(f"worker {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran) == list(range(periods))


def test_a_heartbeat_says_when_a_process_last_lived(db):
    with db.begin() as session:
        jobs.beat(session, "worker", "a", NOW)
        jobs.beat(session, "worker", "a", NOW + MINUTE)
    with db.read() as session:
        assert [(b.name, b.at) for b in jobs.heartbeats(session)] == [("worker", NOW + MINUTE)]
