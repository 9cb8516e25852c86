"""What may only be added to: neither UPDATE, DELETE, REPLACE nor TRUNCATE gets past, and no second approval."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from reporter.actions import audit
from reporter.cli import main
from reporter.store import append_only
from reporter.store.database import AlreadyThere, AppendOnly, RuleBroken
from tests.actions.test_attacks import unguarded
from tests.builders import NOW, a_person, a_signed_report, a_site
from tests.mllp_receiver import a_receiver
from tests.web.world import WIRES

TABLES = (*append_only.APPEND_ONLY, *append_only.FROZEN_COLUMNS)


@pytest.fixture
def signed(db):
    """A report that was handed in, signed and tried to be sent: a row in almost every append-only table."""
    a_site(db)
    signer = a_person(db, "consultant", 3)
    return a_signed_report(db, signer, WIRES.destinations)


def test_rows_of_a_signed_report_are_not_changed_deleted_or_replaced(db, signed):
    for table in ("audit_event", "rendition", "report_version", "signature", "outbox_message"):
        with db.read() as session:
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() > 0
        statements = [f"UPDATE {table} SET site_code = site_code", f"DELETE FROM {table}"]
        statements += [f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"] if db.is_sqlite else []
        for statement in statements:
            with pytest.raises(AppendOnly, match=table), db.begin() as session:
                session.execute(text(statement))


@pytest.mark.parametrize("table", TABLES)
def test_no_table_is_truncated(db, table):
    if db.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE; its DELETE without a condition fires the row trigger")
    with pytest.raises(AppendOnly, match=table), db.begin() as session:
        session.execute(text(f"TRUNCATE {table} CASCADE"))


@pytest.mark.parametrize("how", ["DISABLE TRIGGER", "ENABLE REPLICA TRIGGER"])
def test_a_trigger_that_is_switched_off_stops_the_start(db, how):
    if db.is_sqlite:
        pytest.skip("SQLite can't switch a trigger off; one that is gone is tested with the migrations")
    with db.begin() as session:
        session.execute(text(f"ALTER TABLE signature {how} signature_no_update"))
    with pytest.raises(append_only.Unguarded, match="signature_no_update"):
        db.check()


def copy_of_the_signature(session, **changes):
    row = dict(session.execute(text("SELECT * FROM signature")).one()._mapping) | {"id": "another"} | changes
    names = ", ".join(row)
    session.execute(text(f"INSERT INTO signature ({names}) VALUES ({', '.join(f':{n}' for n in row)})"), row)


def test_a_version_has_one_approving_signature_whoever_writes_it(db, signed):
    with pytest.raises(AlreadyThere), db.begin() as session:
        copy_of_the_signature(session)
    with db.begin() as session:
        copy_of_the_signature(session, meaning="countersigned")


@pytest.mark.parametrize("role", ["trainee", "radiographer", "auditor", "admin"])
def test_the_database_takes_no_approval_from_who_is_no_consultant(db, signed, role):
    with pytest.raises((RuleBroken, AlreadyThere)) as refused, db.begin() as session:
        copy_of_the_signature(session, role=role)
    assert refused.type is RuleBroken


def verified_by_the_command(db, monkeypatch):
    monkeypatch.setenv("REPORTER_DATABASE_URL", db.url.render_as_string(hide_password=False))
    return CliRunner().invoke(main, ["audit", "verify"])


def test_the_command_says_that_all_is_as_it_was_written(db, signed, monkeypatch):
    done = verified_by_the_command(db, monkeypatch)
    assert done.exit_code == 0, done.output
    assert "signed: OK versions=1" in done.output
    assert "RXX01: OK seq=1.." in done.output


@pytest.mark.parametrize(
    ("table", "statement", "said"),
    [
        ("report_version", "UPDATE report_version SET content = replace(content, 'a', 'b')", "words"),
        ("signature", f"UPDATE signature SET content_sha256 = '{'0' * 64}'", "signature"),
        ("signature", "DELETE FROM signature", "signature"),
        ("rendition", f"UPDATE rendition SET sha256 = '{'0' * 64}'", "PDF"),
        ("audit_event", "UPDATE audit_event SET words = 'sha256 other' WHERE action = 'signed'", "audit log"),
    ],
)
def test_a_forged_version_is_found_by_whichever_witness_is_left(db, signed, table, statement, said):
    unguarded(db, table, statement)
    found = audit.verify_signed(db)
    assert not found.ok
    assert said in found.faults[0]
    assert str(found) == "TAMPERED versions=1 faults=1"


def test_words_and_hashes_forged_together_still_contradict_the_audit_log(db, signed):
    forged = f"'{'{}'}'", "'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'"
    unguarded(db, "report_version", f"UPDATE report_version SET content = {forged[0]}, sha256 = {forged[1]}")
    unguarded(db, "signature", f"UPDATE signature SET content_sha256 = {forged[1]}")
    assert "audit log" in audit.verify_signed(db).faults[0]


def test_the_command_ends_with_2_when_something_was_tampered_with(db, signed, monkeypatch):
    # given: somebody put the guards back after a forgery
    if db.is_sqlite:
        with db.begin() as session:
            made = session.execute(text("SELECT sql FROM sqlite_master WHERE name LIKE 'audit_event_no_%'")).scalars()
            again = list(made)
        unguarded(db, "audit_event", "UPDATE audit_event SET actor_name = 'Nobody' WHERE seq = 2", *again)
    else:
        unguarded(db, "audit_event", "UPDATE audit_event SET actor_name = 'Nobody' WHERE seq = 2")
    done = verified_by_the_command(db, monkeypatch)
    assert done.exit_code == 2, done.output
    assert "TAMPERED first_bad_seq=2 kind=content" in done.output


def test_an_answer_of_a_receiver_can_not_be_changed(db, signed):
    from datetime import timedelta

    from reporter.actions import delivery
    from reporter.integration.wires import Destination

    with a_receiver() as ehr:
        there = Destination("EHR", "mllp", port=ehr.port)
        delivery.deliver_due(db, (there,), "test", lambda: NOW + timedelta(minutes=1))
    with pytest.raises(AppendOnly), db.begin() as session:
        session.execute(text("UPDATE delivery_attempt SET code = 'AA'"))
