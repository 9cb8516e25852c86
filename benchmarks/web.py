"""What the pages cost: the largest form, the worklist as it grows, a fresh process until it answers, and its memory.

`form_page_ms` is the whole answer to `GET /study/…` for a complete stress perfusion draft: the session looked up, the
study read from SQLite, 120 fields computed, graded and drawn. `worklist_100k_vs_1k` is the same page of the same tabs
over 100,000 studies against 1,000, in interleaved rounds. `cold_start_s` and `web_rss_mb` are of a fresh process.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import insert, select

from reporter.store.database import Database
from reporter.store.tables.orders import study
from reporter.store.tables.patients import patient
from reporter.store.tables.reports import report
from tests import builders, databases
from tests.web import world as worlds
from tests.web.browsing import TOKEN, Browser

FEW, MANY = 1_000, 100_000
ROUNDS = 30
#: Forms opened before the memory is read.
PAGES = 100
STATES = ("unreported", "unreported", "submitted", "returned", "draft") + 5 * ("signed",)


def measure() -> dict[str, float]:
    """Every figure of the pages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return _form(folder) | _worklist(folder) | _process(folder)


def _form(folder: Path) -> dict[str, float]:
    with databases.a_database("sqlite", folder) as db:
        world = worlds.a_department(db)
        browser = Browser(world.app(), "consultant")
        path = f"/study/{world.studies['draft']}"
        assert browser.get(path).status_code == 200
        return {"form_page_ms": 1000 * min(_took(lambda: browser.client.get(path)) for _ in range(ROUNDS))}


def _worklist(folder: Path) -> dict[str, float]:
    with databases.a_database("sqlite", folder) as small, databases.a_database("sqlite", folder) as large:
        pages = [_page_over(small, FEW), _page_over(large, MANY)]
        times: list[list[float]] = [[], []]
        for _ in range(ROUNDS):
            for place, page in enumerate(pages):
                times[place].append(_took(page))
        few, many = (statistics.median(taken) for taken in times)
        return {"worklist_100k_vs_1k": many / few, "worklist_1k_ms": 1000 * few, "worklist_100k_ms": 1000 * many}


def _page_over(db: Database, number: int) -> Callable[[], object]:
    """Every tab's page, as a browser asks for it, over a database with so many studies."""
    fill(db, number)
    world = worlds.World(db)
    builders.a_person(db, "clinical_lead", 3, username="lead")
    browser = Browser(world.app(), "lead")
    tabs = ("to_sign", "unassigned", "overdue", "all")
    assert all(browser.get(f"/?tab={tab}").status_code == 200 for tab in tabs)
    return lambda: [browser.client.get(f"/?tab={tab}") for tab in tabs]


def fill(db: Database, number: int) -> None:
    """So many studies in every state over the last years: copies of one that was entered properly."""
    builders.a_site(db)
    builders.a_study(db)
    with db.begin() as session:
        one = {table: dict(session.execute(select(table)).mappings().one()) for table in (patient, study, report)}
        rows: dict[Any, list[dict[str, Any]]] = {patient: [], study: [], report: []}
        for place in range(number):
            ids = [str(uuid.UUID(int=place * 4 + offset + 1)) for offset in range(3)]
            then = builders.NOW - timedelta(minutes=20 * place)
            state = STATES[place % len(STATES)]
            done = state == "signed"
            rows[patient].append(one[patient] | {"id": ids[0], "family": f"Person{place}"})
            rows[study].append(
                one[study] | {"id": ids[1], "patient_id": ids[0], "accession": f"B{place:07}", "completed_at": then}
            )
            rows[report].append(
                one[report]
                | {"id": ids[2], "study_id": ids[1], "state": state, "queue_at": then + timedelta(days=2)}
                | {"due_at": None if done else then + timedelta(days=2), "first_signed_at": then if done else None}
            )
        for table, copies in rows.items():
            for start in range(0, number, 5_000):
                session.execute(insert(table), copies[start : start + 5_000])


def _process(folder: Path) -> dict[str, float]:
    """A fresh `reporter web`: seconds to its first answer, and its memory after a hundred forms."""
    with databases.a_database("sqlite", folder) as db:
        world = worlds.a_department(db)
        address = db.url.render_as_string(hide_password=False)
        starts = []
        rss = 0.0
        for _ in range(3):
            seconds, rss = _one_process(address, f"/study/{world.studies['draft']}")
            starts.append(seconds)
        return {"cold_start_s": min(starts), "web_rss_mb": rss}


def _one_process(url: str, path: str) -> tuple[float, float]:
    port = _free_port()
    settings = {
        "REPORTER_DATABASE_URL": url, "REPORTER_SECRET_KEY": "benchmark-" + "x" * 32,
        "REPORTER_COOKIE_SECURE": "0", "REPORTER_WEB_PORT": str(port),
    }  # fmt: skip
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    command = [sys.executable, "-c", "from reporter.cli import main; main()", "web"]
    process = subprocess.Popen(command, env=clean | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _until_it_answers(port, process)
        seconds = time.perf_counter() - began
        _read_often(f"http://127.0.0.1:{port}", path)
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        kilobytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        return seconds, kilobytes / 1024
    finally:
        process.terminate()
        process.wait(timeout=10)


def _read_often(home: str, path: str) -> None:
    """Sign in and open the largest page, as a busy day does."""
    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with visitor.open(f"{home}/sign-in") as page:
        token = TOKEN.search(page.read().decode())
    assert token is not None
    form = {"username": "consultant", "password": builders.PASSWORD, "next": path, "csrf_token": token[1]}
    visitor.open(f"{home}/sign-in", urlencode(form).encode()).close()
    for _ in range(PAGES):
        with visitor.open(home + path) as page:
            assert b"f-lv_edv" in page.read()


def _until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(2_000):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=5) as answer:
                answer.read()
                return
        except OSError:
            assert process.poll() is None, "The web process ended before it answered."
            time.sleep(0.01)
    raise TimeoutError("The web process did not answer.")


def _took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
