"""Fixtures that more than one room's tests use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reporter.store.database import Database
from tests import databases
from tests.browser import chromium


@pytest.fixture(params=databases.KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Both databases in turn; a test that uses this (or `db`) runs on each."""
    if request.param == "postgresql":
        databases.skip_or_fail_without_postgres()
    return request.param


@pytest.fixture
def db(database_kind: str, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database of its own, on SQLite and on PostgreSQL."""
    with databases.a_database(database_kind, tmp_path) as database:
        yield database


@pytest.fixture
def sqlite_db(tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database, for tests that are not about the database."""
    with databases.a_database("sqlite", tmp_path) as database:
        yield database


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The last lines say what this machine could not test, so that a green run can't hide a missing half."""
    missing = [reason for reason in (databases.why_no_postgres(), chromium.why_no_browser()) if reason]
    for reason in missing:
        terminalreporter.write_line(f"NOT TESTED HERE: {reason}", yellow=True)
