"""The migrations: from nothing to head, up and down, one head, and what was signed stays as it was signed."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from reporter.store import append_only
from reporter.store.database import AppendOnly, Database, NotMigrated, _alembic, migrate, migrations_folder
from reporter.store.tables import metadata
from tests import databases

#: A site, a person, a patient, a study, a report and its signed version, as rows of revision 0001.
FILLED_AT_0001 = Path(__file__).with_name("filled_at_0001.sql")


@pytest.fixture
def empty_url(database_kind, tmp_path):
    with databases.an_empty_url(database_kind, tmp_path) as url:
        yield url


def revisions():
    return ScriptDirectory.from_config(_alembic("sqlite:///unused"))


def fill(url):
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in FILLED_AT_0001.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                connection.connection.cursor().execute(statement)  # the driver itself: a "%" is only a "%"
    engine.dispose()


def test_from_nothing_to_head_there_is_no_difference_between_the_tables_and_the_code(empty_url):
    migrate(empty_url)
    command.check(_alembic(empty_url))


def test_migrating_twice_changes_nothing(empty_url):
    migrate(empty_url)
    migrate(empty_url)
    Database(empty_url).check()


def test_every_revision_goes_up_down_and_up(empty_url):
    for script in reversed(list(revisions().walk_revisions())):
        command.upgrade(_alembic(empty_url), script.revision)
        command.downgrade(_alembic(empty_url), script.down_revision or "base")
        command.upgrade(_alembic(empty_url), script.revision)
    command.downgrade(_alembic(empty_url), "base")
    engine = create_engine(empty_url)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()


def test_there_is_one_head():
    assert len(revisions().get_heads()) == 1


def test_revisions_import_nothing_of_ours():
    for path in (migrations_folder() / "versions").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] in {"reporter", "tests"} for name in names), path.name


def test_checks_written_in_the_code_are_in_the_database(empty_url):
    # given: autogenerate leaves out a column's CHECK and still calls itself clean
    migrate(empty_url)
    engine = create_engine(empty_url)
    there = {
        constraint["name"] for table in metadata.tables for constraint in inspect(engine).get_check_constraints(table)
    }
    engine.dispose()
    # then
    wanted = {
        str(constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if constraint.__visit_name__ in ("check_constraint", "table_or_column_check_constraint")
    }
    assert wanted
    assert wanted <= there


def test_every_trigger_stands_after_head(db):
    with db.read() as session:
        assert append_only.missing_triggers(session) == ()
    db.check()


def test_a_missing_trigger_stops_the_start(db):
    with db.begin() as session:
        on = "" if db.is_sqlite else " ON signature"
        session.execute(text(f"DROP TRIGGER signature_no_update{on}"))
    with pytest.raises(append_only.Unguarded, match="signature_no_update"):
        db.check()


def test_a_database_without_tables_stops_the_start(empty_url):
    with pytest.raises(NotMigrated, match="reporter migrate"):
        Database(empty_url).check()


@pytest.mark.parametrize("table", append_only.APPEND_ONLY)
def test_every_append_only_table_has_its_triggers_by_name(sqlite_db, table):
    with sqlite_db.read() as session:
        names = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
    assert {f"{table}_no_update", f"{table}_no_delete"} <= set(names)


def test_a_report_signed_at_0001_has_the_same_words_and_hash_at_head(empty_url):
    # given
    migrate(empty_url, "0001")
    fill(empty_url)
    # when
    migrate(empty_url)
    # then
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        content, sha256 = connection.execute(text("SELECT content, sha256 FROM report_version")).one()
        signed = connection.execute(text("SELECT content_sha256 FROM signature")).scalar_one()
    engine.dispose()
    assert "No late gadolinium enhancement — LVEF 62 %" in content
    assert hashlib.sha256(content.encode("utf-8")).hexdigest() == sha256 == signed


@pytest.mark.parametrize("statement", ["UPDATE report_version SET content = 'x'", "DELETE FROM report_version"])
def test_after_head_a_report_signed_at_0001_can_still_not_be_changed(empty_url, statement):
    migrate(empty_url, "0001")
    fill(empty_url)
    migrate(empty_url)
    engine = create_engine(empty_url)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_truncating_is_refused_on_postgresql(db):
    if db.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(AppendOnly), db.begin() as session:
        session.execute(text("TRUNCATE signature"))
