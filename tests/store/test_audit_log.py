"""The audit chain: every edit, deletion, swap and cut is found, and the first bad line is named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from reporter.store import audit_log
from reporter.store.database import AppendOnly

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def write(db, lines=5, site="RXX01"):
    for number in range(lines):
        with db.begin() as session:
            audit_log.record(
                session, site_code=site, at=NOW, actor_id=None, actor_name="Tests", action="did",
                object_type="thing", object_id=str(number), words=f"line {number}",
            )  # fmt: skip


def verified(db, site="RXX01"):
    with db.read() as session:
        return audit_log.verify(session, site)


def behind_our_back(db, *statements):
    """What somebody with the file, or PostgreSQL's superuser, can do."""
    with db.begin() as session:
        if db.is_sqlite:
            for verb in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER audit_event_no_{verb}"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            session.execute(text(statement))


def test_an_untouched_chain_verifies_and_says_its_head(db):
    write(db)
    found = verified(db)
    assert found.ok
    assert str(found) == f"OK seq=1..5 head={found.head}"


def test_each_site_has_its_own_chain_from_one_on(db):
    write(db, 2)
    write(db, 3, "RYY01")
    with db.read() as session:
        assert audit_log.heads(session) == ("RXX01", "RYY01")
        assert [audit_log.verify(session, code).count for code in audit_log.heads(session)] == [2, 3]


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET words = 'x'", "DELETE FROM audit_event"])
def test_the_log_can_not_be_changed_through_sql(db, statement):
    write(db, 1)
    with pytest.raises(AppendOnly, match="append-only"), db.begin() as session:
        session.execute(text(statement))


def test_replacing_a_row_does_not_get_past_the_triggers(sqlite_db):
    write(sqlite_db, 1)
    with pytest.raises(AppendOnly, match="append-only"), sqlite_db.begin() as session:
        session.execute(text("INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event"))


@pytest.mark.parametrize(
    ("statement", "first_bad", "kind"),
    [
        ("UPDATE audit_event SET words = 'other' WHERE seq = 3", 3, "content"),
        ("UPDATE audit_event SET actor_name = 'Somebody' WHERE seq = 1", 1, "content"),
        ("UPDATE audit_event SET at = '2026-11-24 14:00:00' WHERE seq = 2", 2, "content"),
        ("DELETE FROM audit_event WHERE seq = 2", 2, "gap"),
        ("DELETE FROM audit_event WHERE seq = 1", 1, "gap"),
        ("DELETE FROM audit_event WHERE seq = 5", 5, "truncated"),
        ("DELETE FROM audit_event", 1, "truncated"),
        ("UPDATE audit_event SET hash = previous WHERE seq = 4", 4, "link"),
    ],
)
def test_what_was_done_behind_our_back_is_found(db, statement, first_bad, kind):
    write(db)
    behind_our_back(db, statement)
    assert str(verified(db)) == f"TAMPERED first_bad_seq={first_bad} kind={kind}"


def test_two_lines_that_changed_places_are_found(db):
    write(db)
    behind_our_back(
        db,
        "UPDATE audit_event SET seq = 99 WHERE seq = 2",
        "UPDATE audit_event SET seq = 2 WHERE seq = 3",
        "UPDATE audit_event SET seq = 3 WHERE seq = 99",
    )
    found = verified(db)
    assert (found.ok, found.first_bad_seq) == (False, 2)


def test_a_line_that_is_rolled_back_leaves_no_hole(db):
    write(db, 2)

    def fail():
        with db.begin() as session:
            audit_log.record(
                session, site_code="RXX01", at=NOW, actor_id=None, actor_name="T", action="did", object_type="t",
                object_id="x",
            )  # fmt: skip
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    write(db, 1)
    assert str(verified(db)).startswith("OK seq=1..3 ")
