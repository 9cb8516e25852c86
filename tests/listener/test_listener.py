"""The listener as a hospital runs it: a process, real sockets, a real database, and an end at any moment."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select

from reporter import listener
from reporter.integration.hl7v2 import ack
from reporter.integration.hl7v2.mllp import Limits, frame
from reporter.integration.wires import Wires
from reporter.settings import Settings
from reporter.store import sites
from reporter.store.database import Database
from reporter.store.tables.inbound import inbox
from tests.counts import count
from tests.hl7_messages import an_adt, an_exam_completed, an_orm
from tests.integration.test_hl7_message import need_foreign_samples
from tests.mutations import mutated

ROOT = Path(__file__).resolve().parents[2]
SITE = sites.Site("RXX01", "Northfield General Hospital", "RXX", "Northfield University Hospitals NHS Trust")

_PROCESS = """
import dataclasses, sys
from reporter import listener, settings
from reporter.integration.wires import Wires
from reporter.store.database import Database
told = lambda port: print("PORT", port, flush=True)
listener.run(Database(sys.argv[1]), Wires(), dataclasses.replace(settings.Settings(), listen_port=0), ready=told)
"""


@contextlib.contextmanager
def a_listener(db: Database, limits: Limits | None = None) -> Iterator[int]:
    """The listener in a thread; gives its port."""
    ready, stop = threading.Event(), threading.Event()
    ports: list[int] = []

    def told(port: int) -> None:
        ports.append(port)
        ready.set()

    settings = dataclasses.replace(Settings(), listen_port=0)
    thread = threading.Thread(
        target=listener.run, args=(db, Wires(), settings), kwargs={"limits": limits, "stop": stop, "ready": told}
    )
    thread.start()
    assert ready.wait(10)
    try:
        yield ports[0]
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


@contextlib.contextmanager
def a_process(url: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The listener in a process of its own; gives it and its port."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PROCESS, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    line = ""
    try:
        for line in process.stdout:
            if line.startswith("PORT"):
                break
        assert line.startswith("PORT"), "the listener did not start"
        reading = threading.Thread(target=process.stdout.read, daemon=True)  # else its log fills the pipe
        reading.start()
        yield process, int(line.split()[1])
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def connect(port: int) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", port), timeout=15)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer


def ask(peer: socket.socket, raw: bytes) -> ack.Ack | None:
    """Sends a message; its answer, or None when the connection ends without one."""
    try:
        peer.sendall(frame(raw))
        held = b""
        while b"\x1c\r" not in held:
            more = peer.recv(65536)
            if not more:
                return None
            held += more
    except OSError:
        return None
    return ack.read_ack(held.split(b"\x1c\r")[0].removeprefix(b"\x0b"))


def kept(db: Database) -> dict[bytes, str]:
    """The bytes of every message in the inbox, and what became of it."""
    with db.read() as session:
        return {bytes(row.raw): row.outcome for row in session.execute(select(inbox.c.raw, inbox.c.outcome))}


@pytest.fixture
def site(db: Database) -> Database:
    with db.begin() as session:
        sites.add(session, SITE)
    return db


def an_order(name: str) -> bytes:
    """An order of a patient and an examination of its own."""
    return an_orm(message_id=name, accession=name, placer=name, nhs_number="", mrn=name)


def send_many(port: int, name: str, answered: list[bytes], *, orders: int = 10_000) -> None:
    """Sends orders one after the other until the connection ends, and notes which were acknowledged."""
    with contextlib.suppress(OSError), connect(port) as peer:
        for number in range(orders):
            raw = an_order(f"{name}-{number}")
            said = ask(peer, raw)
            if said is None:
                return
            assert (said.code, said.control_id) == ("AA", f"{name}-{number}")
            answered.append(raw)


def all_at_once(*work: threading.Thread) -> None:
    for one in work:
        one.start()
    for one in work:
        one.join(60)


def test_an_order_is_kept_before_it_is_acknowledged(site):
    with a_listener(site) as port, connect(port) as peer:
        said = ask(peer, an_orm())

        assert said == ack.Ack("AA", "RIS-000001", "")
        assert kept(site) == {an_orm(): "applied"}


def test_orders_of_eight_connections_are_each_applied_and_answered(site):
    answered: list[bytes] = []
    with a_listener(site) as port:
        all_at_once(
            *(
                threading.Thread(target=send_many, args=(port, f"S{n}", answered), kwargs={"orders": 6})
                for n in range(8)
            )
        )

    assert len(answered) == 48
    assert set(kept(site)) == set(answered)


def test_one_bad_message_among_good_ones_that_come_together_spoils_none(site):
    good = [an_order(f"G{n}") for n in range(6)]
    bad = an_orm(message_id="BAD", control="ZZ")
    answers: dict[bytes, str] = {}

    def one(raw: bytes) -> None:
        with connect(port) as peer:
            said = ask(peer, raw)
            answers[raw] = said.code if said else "closed"

    with a_listener(site) as port:
        all_at_once(*(threading.Thread(target=one, args=(raw,)) for raw in (*good[:3], bad, *good[3:])))

    assert answers == {**dict.fromkeys(good, "AA"), bad: "AE"}
    assert kept(site) == {**dict.fromkeys(good, "applied"), bad: "exception"}


def test_the_same_message_on_eight_connections_at_once_has_one_effect_and_one_answer(site):
    answers = []

    def one() -> None:
        with connect(port) as peer:
            answers.append(ask(peer, an_orm()))

    with a_listener(site) as port:
        all_at_once(*(threading.Thread(target=one) for _ in range(8)))

    assert answers == [ack.Ack("AA", "RIS-000001", "")] * 8
    with site.read() as session:
        assert len(session.execute(select(inbox.c.id)).all()) == 1


def test_mutated_messages_are_kept_byte_for_byte_or_get_no_answer_at_all(site):
    seeds = [an_orm(), an_exam_completed(), an_adt("A08"), an_adt("A40", retired="NF1")]
    source = random.Random(20261121)
    answered = []
    with a_listener(site, Limits(whole_frame_seconds=2, linger_seconds=0.2)) as port:
        peer = connect(port)
        for _ in range(count(5000, ci=400, quick=60)):
            raw = mutated(source, source.choice(seeds))
            if b"\x1c" in raw:
                continue  # a frame's end inside it makes two messages of it; the MLLP tests have those
            if ask(peer, raw) is None:
                peer.close()
                peer = connect(port)
            else:
                answered.append(raw)
        assert ask(peer, an_orm(message_id="STILL-HERE")) is not None
        peer.close()

    stored = kept(site)
    assert len(answered) > 40
    assert [raw for raw in answered if raw not in stored] == []


def test_foreign_messages_are_answered_and_kept_byte_for_byte(sqlite_db):
    with sqlite_db.begin() as session:
        sites.add(session, SITE)
    samples = [path.read_bytes() for path in need_foreign_samples()]
    with a_listener(sqlite_db) as port, connect(port) as peer:
        codes = {ask(peer, raw).code for raw in samples}

    assert codes <= {"AA", "AE", "AR"}
    assert set(kept(sqlite_db)) == set(samples)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_that_was_acknowledged_is_lost_when_the_process_ends(sqlite_db, number):
    with sqlite_db.begin() as session:
        sites.add(session, SITE)
    answered: list[bytes] = []
    url = sqlite_db.url.render_as_string(False)
    for turn in range(count(20, ci=6, quick=2)):
        with a_process(url) as (process, port):
            senders = [threading.Thread(target=send_many, args=(port, f"R{turn}S{n}", answered)) for n in range(4)]
            for sender in senders:
                sender.start()
            time.sleep(random.Random(turn).uniform(0.2, 0.6))
            process.send_signal(number)
            assert process.wait(20) == (0 if number == signal.SIGTERM else -signal.SIGKILL)
            for sender in senders:
                sender.join(20)

    stored = set(kept(sqlite_db))
    assert answered
    if number == signal.SIGTERM:
        assert stored == set(answered)  # an orderly stop answers what it took, so nothing has to come twice
    else:
        assert stored >= set(answered)


def test_the_log_says_how_it_went_and_nothing_about_the_patient(sqlite_db):
    with sqlite_db.begin() as session:
        sites.add(session, SITE)
    with structlog.testing.capture_logs() as lines, a_listener(sqlite_db) as port, connect(port) as peer:
        ask(peer, an_orm(question="Secret question"))
        ask(peer, an_orm(message_id="Hughes, Sion", control="ZZ"))
        ask(peer, b"Hughes")

    said = [line for line in lines if line["event"] == "message"]
    assert [line["answer"] for line in said] == ["AA", "AE", "AR"]
    assert said[0]["message_id"] == "RIS-000001"
    assert not any(word in str(lines) for word in ("Hughes", "Secret", "9994100009", "NF204518"))
