"""Signing: the whole write transaction against one bare durable commit of the same bytes, in turn, on one disk.

`sign_vs_fsync` is the transaction that writes version, signature, PDF, both messages and the audit line, from BEGIN to
the end of COMMIT, over a bare SQLite transaction (same settings: WAL, synchronous=FULL) that inserts one blob of the
same size. `sign_whole_ms` is the click: password, rendering, independent checks and that transaction.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from reporter.actions import signing
from reporter.integration.wires import Destination
from reporter.store.database import Database, migrate
from tests import builders

REPORTS = 40
DESTINATIONS = (
    Destination("ehr-hl7", "mllp", port=9),
    Destination("ehr-fhir", "fhir", url="http://127.0.0.1:9/fhir"),
)


class Timed(Database):
    """A database that notes how long its last write transaction took."""

    seconds = 0.0

    @contextmanager
    def begin(self) -> Iterator[Session]:
        started = time.perf_counter()
        with super().begin() as session:
            yield session
        self.seconds = time.perf_counter() - started


def measure() -> dict[str, float]:
    """Medians over REPORTS signatures, each followed by its bare counterpart."""
    with tempfile.TemporaryDirectory(prefix="cmr-bench-") as folder:
        url = f"sqlite:///{folder}/bench.sqlite3"
        migrate(url)
        db = Timed(url)
        builders.a_site(db)
        consultant = builders.a_person(db, "consultant", 3)
        bare = _bare_database(Path(folder) / "bare.sqlite3")
        whole, transaction, commit, ratios = [], [], [], []
        for number in range(REPORTS):
            now = builders.NOW + timedelta(minutes=number)
            study = builders.a_draft(db, consultant, template="stress_perfusion", now=now)
            preview = signing.sign_preview(db, consultant, study, now, DESTINATIONS)
            started = time.perf_counter()
            signing.sign(db, consultant, study, preview.sha256, builders.PASSWORD, DESTINATIONS, now)
            whole.append(time.perf_counter() - started)
            transaction.append(db.seconds)
            commit.append(_bare_commit(bare, _bytes_of(db, study)))
            ratios.append(transaction[-1] / commit[-1])
        db.close()
        bare.close()
    return {
        "sign_vs_fsync": statistics.median(ratios),
        "sign_transaction_ms": 1000 * statistics.median(transaction),
        "sign_bare_commit_ms": 1000 * statistics.median(commit),
        "sign_whole_ms": 1000 * statistics.median(whole),
    }


def _bare_database(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE blob (id INTEGER PRIMARY KEY, content BLOB NOT NULL)")
    return connection


def _bare_commit(connection: sqlite3.Connection, size: int) -> float:
    content = os.urandom(size)
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO blob (content) VALUES (?)", (content,))
    connection.execute("COMMIT")
    return time.perf_counter() - started


def _bytes_of(db: Database, study_id: str) -> int:
    """How many bytes signing stored: canonical text, PDF and both messages."""
    from sqlalchemy import text

    question = text(
        "SELECT (SELECT length(CAST(v.content AS BLOB)) FROM report_version v WHERE v.report_id = r.id)"
        " + (SELECT length(p.content) FROM rendition p WHERE p.report_id = r.id)"
        " + (SELECT sum(length(m.payload)) FROM outbox_message m WHERE m.report_id = r.id)"
        " FROM report r WHERE r.study_id = :study"
    )
    with db.read() as session:
        return int(session.execute(question, {"study": study_id}).scalar_one())
