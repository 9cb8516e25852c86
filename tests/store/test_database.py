"""The database underneath: durable, one writer at a time, no lost update, no patient data in an exception."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from reporter.store.database import AlreadyThere, Busy, Database, RuleBroken
from reporter.store.tables.jobs import lease
from reporter.store.tables.sites import site

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def put_lease(session, name, until=NOON, by="somebody"):
    session.execute(insert(lease).values(name=name, held_by=by, held_until=until))


def test_sqlite_syncs_every_commit_and_keeps_foreign_keys(sqlite_db):
    with sqlite_db.begin() as session:
        pragmas = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}


def test_a_database_in_memory_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="between processes"):
        Database("sqlite://")


def test_what_is_written_in_a_block_that_raises_is_not_there(db):
    def fail_half_way():
        with db.begin() as session:
            put_lease(session, "gone")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with db.read() as session:
        assert session.execute(select(lease.c.name)).all() == []


def test_a_key_that_is_taken_is_said_in_our_words(db):
    with db.begin() as session:
        put_lease(session, "taken")
    with pytest.raises(AlreadyThere), db.begin() as session:
        put_lease(session, "taken")


def test_a_broken_rule_is_named_without_the_row(db):
    with pytest.raises(RuleBroken) as caught, db.begin() as session:
        session.execute(
            insert(site).values(
                code="X",
                name="Secretname",
                organisation_code="X",
                organisation_name="X",
                nation="atlantis",
                reference_set="x",
                papillary_convention="x",
                bsa_formula="x",
                active=True,
            )
        )
    assert "Secretname" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_bind_values_are_not_in_exceptions(db):
    with pytest.raises((DBAPIError, Busy)) as caught, db.begin() as session:
        session.execute(text("SELECT * FROM nowhere WHERE a = :name"), {"name": "Secretname"})
    assert "Secretname" not in str(caught.value)


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-5))])
def test_an_instant_comes_back_aware_and_in_utc(db, zone):
    with db.begin() as session:
        put_lease(session, "when", until=NOON.astimezone(zone))
    with db.read() as session:
        found = session.execute(select(lease.c.held_until)).scalar_one()
    assert found == NOON
    assert found.tzinfo == UTC


def test_a_time_without_its_zone_is_refused(db):
    with pytest.raises(Exception, match="without its zone"), db.begin() as session:
        put_lease(session, "naive", until=datetime(2026, 11, 24, 12, 0))  # noqa: DTZ001


def test_a_read_then_write_loses_no_update(db):
    # given: the trap of SQLAlchemy on sqlite3, where no BEGIN is sent before a SELECT
    with db.begin() as session:
        put_lease(session, "counter", by="0")

    def add():
        for _ in range(25):
            with db.begin() as session:
                query = select(lease.c.held_by).where(lease.c.name == "counter")
                was = session.execute(query if db.is_sqlite else query.with_for_update()).scalar_one()
                session.execute(update(lease).where(lease.c.name == "counter").values(held_by=str(int(was) + 1)))

    # when
    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # then
    with db.read() as session:
        assert session.execute(select(lease.c.held_by)).scalar_one() == "100"


def test_two_processes_that_read_and_then_write_follow_each_other(db):
    # given: two pools, as two processes have them; on SQLite they share nothing but the file
    with db.begin() as session:
        put_lease(session, "counter", by="0")
    url = db.url.render_as_string(hide_password=False)
    failed = []

    def add():
        mine = Database(url)
        try:
            for _ in range(20):
                with mine.begin() as session:
                    query = select(lease.c.held_by).where(lease.c.name == "counter")
                    was = session.execute(query if db.is_sqlite else query.with_for_update()).scalar_one()
                    session.execute(update(lease).where(lease.c.name == "counter").values(held_by=str(int(was) + 1)))
        except Busy as why:
            failed.append(why)
        finally:
            mine.close()

    # when
    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # then: nobody is turned away, and nothing is lost
    assert failed == []
    with db.read() as session:
        assert session.execute(select(lease.c.held_by)).scalar_one() == "60"
