"""Receivers at their worst: nothing is lost, nothing is out of order for a report, a repeat is the same bytes again."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from reporter.actions import delivery, reporting
from reporter.actions.refusals import Conflict
from reporter.integration import outgoing
from reporter.integration.hl7v2 import mllp
from reporter.integration.hl7v2.message import header_only
from reporter.integration.hl7v2.oru_r01 import control_id
from reporter.integration.wires import Destination
from reporter.store.database import Database
from tests import fhir_receiver
from tests.builders import NOW, a_person, a_signed_report, a_site
from tests.counts import count
from tests.fhir_receiver import receiving
from tests.journeys import delivering_process
from tests.mllp_receiver import (
    a_receiver,
    accept,
    an_ack,
    answer_another,
    close_at_once,
    close_mid_answer,
    garbage,
    hang,
    refuse,
)
from tests.outboxes import amended, copies_of_outbox, signed_three_times

ROOT = Path(__file__).resolve().parents[2]
HL7_TRICKS = (accept, answer_another, garbage, close_at_once, close_mid_answer, hang)
FHIR_TRICKS = ("accept", "409", "429", "500", "inner 500", "too few", "not json", "cut", "cut at once", "hang")


@pytest.fixture
def consultant(db):
    a_site(db)
    return a_person(db, "consultant", 3)


def an_hl7(receiver_or_port, name="EHR", seconds=0.3):
    return Destination(name, "mllp", port=getattr(receiver_or_port, "port", receiver_or_port), timeout_seconds=seconds)


def a_fhir(peer, name="FHIR", seconds=0.5):
    return Destination(name, "fhir", url=peer.url, timeout_seconds=seconds)


def seen_by_hl7(receiver):
    """What arrived, in order: the id that the receiver reads and the bytes."""
    return [(header_only(raw).control_id, raw) for raw in receiver.messages]


def seen_by_fhir(peer):
    return [(json.loads(each.body)["identifier"]["value"], each.body) for each in peer.received]


def everything_arrived(db, destination, seen):
    """The promise, from the receiver's side and the table's; returns how many arrivals were repeats."""
    query = text("SELECT id, report_id, version, payload FROM outbox_message WHERE destination = :d")
    with db.read() as session:
        sent = session.execute(query, {"d": destination.name}).all()
        states = session.execute(
            text("SELECT DISTINCT state FROM delivery WHERE destination = :d"), {"d": destination.name}
        )
        assert list(states.scalars()) == ["acknowledged"]
    named = {control_id(row.id) if destination.kind == "mllp" else row.id: row for row in sent}
    assert {key for key, _ in seen} == set(named), "each message arrived, and nothing else"
    assert all(bytes(named[key].payload) == raw for key, raw in seen), "a repeat is the same bytes"
    order = defaultdict(list)
    for key, _ in seen:
        order[named[key].report_id].append(named[key].version)
    assert [versions for versions in order.values() if versions != sorted(versions)] == [], "in order, for each report"
    return len(seen) - len(sent)


def deliver_until_nothing_waits(db, destinations, at=NOW + timedelta(minutes=3)):
    for _ in range(400):
        delivery.deliver_due(db, destinations, "worker", lambda now=at: now)
        at += timedelta(minutes=6)
        with db.read() as session:
            if not session.execute(text("SELECT count(*) FROM delivery WHERE state = 'waiting'")).scalar_one():
                return
    raise AssertionError("something still waits")


@pytest.mark.slow
def test_over_lines_that_fail_in_every_way_each_version_arrives_in_order(db, consultant):
    # given
    chance = random.Random(7)
    hl7_will = [chance.choice(HL7_TRICKS) for _ in range(40)]
    fhir_will = [chance.choice(FHIR_TRICKS) for _ in range(40)]
    with a_receiver(*hl7_will, accept) as ehr, receiving(*fhir_will) as peer:
        wires = (an_hl7(ehr), a_fhir(peer))
        copies_of_outbox(db, signed_three_times(db, consultant, wires), 5)
        # when
        deliver_until_nothing_waits(db, wires)
        # then
        repeats = everything_arrived(db, wires[0], seen_by_hl7(ehr))
        repeats += everything_arrived(db, wires[1], seen_by_fhir(peer))
    assert repeats > 10


def test_a_receiver_that_is_down_for_hours_gets_everything_in_order_when_it_is_back(db, consultant):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    away = an_hl7(port)
    copies_of_outbox(db, signed_three_times(db, consultant, (away,)), 4)
    for hours in range(12):
        assert delivery.deliver_due(db, (away,), "worker", lambda h=hours: NOW + timedelta(hours=h)).accepted == 0
    board = delivery.board(db, consultant, NOW + timedelta(hours=12))
    assert board.alarms == ("EHR: the oldest message has waited 12 hours.",)
    with a_receiver() as ehr:
        back = an_hl7(ehr)
        deliver_until_nothing_waits(db, (back,), NOW + timedelta(hours=13))
        assert everything_arrived(db, back, seen_by_hl7(ehr)) == 0


@pytest.mark.parametrize("said", ["AE", "AR", "400", "422", "inner 400"])
def test_a_refused_version_is_shown_and_holds_its_later_versions_alone_until_a_person_decides(db, consultant, said):
    # given
    with (
        a_receiver(refuse(said, "Not like this."), accept) as ehr,
        receiving(said if said[0] != "A" else "accept") as p,
    ):
        wire = an_hl7(ehr) if said[0] == "A" else a_fhir(p)
        first = signed_three_times(db, consultant, (wire,))
        other = signed_three_times(db, consultant, (wire,), NOW + timedelta(hours=1))
        at = NOW + timedelta(hours=2)
        # when
        for _ in range(4):
            delivery.deliver_due(db, (wire,), "worker", lambda now=at: now)
            at += timedelta(hours=1)
        # then: shown with the receiver's words; the rest of the report waits, the other report does not
        (shown,) = delivery.board(db, consultant, at).troubled
        assert (shown.state, shown.version, shown.study_id) == ("refused", 1, first)
        assert shown.words
        assert states(db, consultant, first) == {1: "refused", 2: "waiting", 3: "waiting"}
        assert set(states(db, consultant, other).values()) == {"acknowledged"}
        # and when a person decides, the later ones go in their order
        delivery.set_aside(db, consultant, shown.message_id, "The ward was phoned.", at)
        deliver_until_nothing_waits(db, (wire,), at)
        assert states(db, consultant, first) == {1: "set_aside", 2: "acknowledged", 3: "acknowledged"}
        with pytest.raises(Conflict):
            delivery.resend(db, consultant, shown.message_id, at)
        seen = [key for key, _ in (seen_by_hl7(ehr) if said[0] == "A" else seen_by_fhir(p))]
    assert len(seen) == len(set(seen)) == 6
    ids = {d.version: d.message_id for d in reporting.study_view(db, consultant, first, NOW).deliveries}
    last_two = [control_id(ids[n]) if said[0] == "A" else ids[n] for n in (2, 3)]
    assert seen[-2:] == last_two


def states(db, actor, study_id):
    return {d.version: d.state for d in reporting.study_view(db, actor, study_id, NOW).deliveries}


def test_a_refusal_said_in_the_middle_of_a_large_message_is_heard():
    """A receiver with a size limit answers and closes before it has read everything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        port = listening.getsockname()[1]

        def small() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"\x0b" + an_ack("BIG", "AR", "Too large.") + b"\x1c\r")
                time.sleep(0.2)

        thread = threading.Thread(target=small)
        thread.start()
        answer = mllp.send("127.0.0.1", port, "BIG", b"MSH|^~\\&|" + b"x" * 30_000_000, 10)
        thread.join()
    assert (answer.kind, answer.code, answer.words) == ("refused", "AR", "Too large.")


# --- what must not leave ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoilt",
    [
        ("mllp", lambda raw: raw.replace(b"|ORU^R01^ORU_R01|", b"|ORU^R01|", 1), "MSH-9"),
        ("mllp", lambda raw: raw.replace(b"\rOBR|", b"\x1c\rOBR|", 1), "control character"),
        ("fhir", lambda raw: raw.replace(b'"status":"final"', b'"status":"finished"', 1), "status"),
        ("fhir", lambda raw: raw[:-20], ""),
    ],
)
def test_what_was_made_malformed_is_held_back_and_shown_and_nothing_else_waits_for_it(
    db, consultant, monkeypatch, spoilt
):
    kind, spoil, sentence = spoilt
    made = outgoing.render

    def spoils(destination, *rest):
        raw = made(destination, *rest)
        if destination.name != "Bad":
            return raw
        changed = spoil(raw)
        assert changed != raw
        return changed

    monkeypatch.setattr(outgoing, "render", spoils)
    with a_receiver() as ehr, receiving() as peer:
        bad = an_hl7(ehr, "Bad") if kind == "mllp" else a_fhir(peer, "Bad")
        good = a_fhir(peer, "Good") if kind == "mllp" else an_hl7(ehr, "Good")
        study_id = a_signed_report(db, consultant, (bad, good))
        done = [delivery.deliver_due(db, (wire,), "worker", lambda: NOW).accepted for wire in (bad, good)]
        arrived = {"mllp": len(ehr.messages), "fhir": len(peer.received)}
        (held,) = delivery.board(db, consultant, NOW).troubled
        assert (held.destination, held.state, held.attempts) == ("Bad", "held", 0)
        assert held.words
        assert sentence in held.words
        assert done == [0, 1]
        assert arrived[kind] == 0
        # a later version waits for a person's decision about the first
        monkeypatch.setattr(outgoing, "render", made)
        amended(db, consultant, study_id, (bad,), NOW + timedelta(minutes=1), rv_esv="79")
        later = NOW + timedelta(hours=1)
        assert delivery.deliver_due(db, (bad,), "worker", lambda: later).sent == 0
        delivery.set_aside(db, consultant, held.message_id, "Sent on paper.", later)
        assert delivery.deliver_due(db, (bad,), "worker", lambda: later).accepted == 1


def test_a_message_whose_bytes_were_changed_since_is_held_back_and_the_next_one_goes(db, consultant):
    with a_receiver() as ehr:
        wire = an_hl7(ehr)
        for _ in range(2):
            a_signed_report(db, consultant, (wire,))
        with db.begin() as session:
            first = session.execute(
                text("SELECT message_id FROM delivery ORDER BY next_at, created_at, version LIMIT 1")
            )
            key = first.scalar_one()
            if db.is_sqlite:
                session.execute(text("DROP TRIGGER outbox_message_no_update"))
            else:
                session.execute(text("ALTER TABLE outbox_message DISABLE TRIGGER USER"))
            session.execute(text("UPDATE outbox_message SET payload = :p WHERE id = :i"), {"p": b"MSH|x", "i": key})
        assert delivery.deliver_due(db, (wire,), "worker", lambda: NOW).accepted == 1
        (held,) = delivery.board(db, consultant, NOW).troubled
        assert (held.message_id, held.state) == (key, "held")
        assert "no longer what was signed" in held.words
    assert len(ehr.messages) == 1


def test_whatever_a_receiver_says_can_be_written_down(db, consultant):
    words = "No \\u0000 and \\ud800 " + "x" * 5000
    body = f'{{"resourceType":"OperationOutcome","issue":[{{"severity":"error","diagnostics":"{words}"}}]}}'.encode()
    with receiving() as peer, pytest.MonkeyPatch.context() as patch:
        patch.setitem(fhir_receiver.BEHAVIOURS, "odd", lambda handler, _got: handler.say(422, body))
        peer.will("odd")
        wire = a_fhir(peer, seconds=5)
        a_signed_report(db, consultant, (wire,))
        assert delivery.deliver_due(db, (wire,), "worker", lambda: NOW).refused == 1
    (shown,) = delivery.board(db, consultant, NOW).troubled
    assert shown.words.startswith("No \ufffd and ?")
    assert len(shown.words) <= delivery.MOST_WORDS


def test_the_most_pressing_is_listed_first_and_the_board_says_when_it_lists_not_all(db, consultant):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    wire = an_hl7(port)
    study_id = a_signed_report(db, consultant, (wire,))
    with a_receiver(refuse("AE", "No.")) as ehr:
        delivery.deliver_due(db, (an_hl7(ehr),), "worker", lambda: NOW)
    copies_of_outbox(db, study_id, 1)
    with db.begin() as session:
        session.execute(text("UPDATE delivery SET state = 'waiting', attempts = 1 WHERE report_id <> :r"), {"r": "x"})
        refused = session.execute(text("SELECT message_id FROM delivery LIMIT 1")).scalar_one()
        session.execute(text("UPDATE delivery SET state = 'refused' WHERE message_id = :m"), {"m": refused})
    copies_of_outbox(db, a_signed_report(db, consultant, (wire,), NOW + timedelta(hours=1)), 220)
    with db.begin() as session:
        session.execute(text("UPDATE delivery SET attempts = 1"))
    board = delivery.board(db, consultant, NOW + timedelta(hours=1), ())
    assert board.troubled[0].message_id == refused
    assert len(board.troubled) == 200
    assert "223 messages need a look; the 200 most pressing are listed." in board.alarms
    assert (
        "EHR: messages wait for it, but the wires file no longer names it. Put it back, or set them aside."
        in board.alarms
    )


# --- the worker's own process ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_destinations_that_hang_keep_no_other_waiting(sqlite_db, tmp_path):
    a_site(sqlite_db)
    consultant = a_person(sqlite_db, "consultant", 3)
    with a_receiver(hang) as dead, a_receiver() as ehr:
        hanging = tuple(an_hl7(dead, f"Dead {n}", 20) for n in range(14))
        a_signed_report(sqlite_db, consultant, (*hanging, an_hl7(ehr, "Good", 5)), an_instant_ago())
        with a_worker(sqlite_db, tmp_path, (*hanging, an_hl7(ehr, "Good", 5))):
            # then: it has arrived although fourteen others are waited for
            assert seconds_until(lambda: still_waiting(sqlite_db) == 14, 15) < 15
            assert len(ehr.messages) == 1
            assert seconds_until(lambda: len(dead.messages) == 14, 5) < 5


@pytest.mark.slow
def test_two_workers_at_once_send_each_message_once_and_in_order(db, consultant):
    with a_receiver() as ehr, receiving() as peer:
        wires = (an_hl7(ehr, seconds=20), a_fhir(peer, seconds=20))
        copies_of_outbox(db, signed_three_times(db, consultant, wires, an_instant_ago()), 30)
        url = db.url.render_as_string(hide_password=False)
        context = multiprocessing.get_context("forkserver")
        processes = [
            context.Process(target=delivering_process.deliver_until_killed, args=(url, wires)) for _ in range(2)
        ]
        for process in processes:
            process.start()
        seconds_until(lambda: still_waiting(db) == 0, 60)
        for process in processes:
            os.kill(process.pid, signal.SIGTERM)
            process.join(20)
        assert [process.exitcode for process in processes] == [0, 0]
        assert everything_arrived(db, wires[0], seen_by_hl7(ehr)) == 0
        assert everything_arrived(db, wires[1], seen_by_fhir(peer)) == 0


@pytest.mark.slow
def test_however_often_the_worker_is_killed_every_version_arrives_in_order(db, consultant):
    # given
    kills = count(50, ci=15, quick=3)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.journeys.delivering_process"])
    chance = random.Random(20261123)
    url = db.url.render_as_string(hide_password=False)
    with a_receiver() as ehr, receiving() as peer:
        wires = (an_hl7(ehr, seconds=1), a_fhir(peer, seconds=1))
        copies_of_outbox(db, signed_three_times(db, consultant, wires, an_instant_ago()), 8 * kills)

        def arrivals() -> int:
            return len(ehr.messages) + len(peer.received)

        # when
        for _ in range(kills):
            before = arrivals()
            process = context.Process(target=delivering_process.deliver_until_killed, args=(url, wires))
            process.start()
            assert seconds_until(lambda b=before: arrivals() > b, 20) < 20
            time.sleep(chance.uniform(0, 0.3))
            process.kill()
            process.join(10)
        unsent = still_waiting(db)
        last = context.Process(target=delivering_process.deliver_until_killed, args=(url, wires))
        last.start()
        waited = seconds_until(lambda: still_waiting(db) == 0, 300)
        os.kill(last.pid, signal.SIGTERM)
        last.join(20)
        # then
        assert last.exitcode == 0
        repeats = [
            everything_arrived(db, wires[0], seen_by_hl7(ehr)),
            everything_arrived(db, wires[1], seen_by_fhir(peer)),
        ]
    print(
        f"{kills} kills, {(8 * kills + 1) * 6} messages, {unsent} unsent at the last, repeats {repeats}, {waited:.0f} s"
    )
    assert unsent > 0
    assert sum(repeats) <= 2 * kills, "a kill costs at most one repeat a destination"


def an_instant_ago() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=5)


def still_waiting(db: Database) -> int:
    with db.read() as session:
        return session.execute(text("SELECT count(*) FROM delivery WHERE state <> 'acknowledged'")).scalar_one()


def seconds_until(holds, most: float) -> float:
    """How long it took until something held; `most` when it did not."""
    started = time.monotonic()
    while time.monotonic() - started < most:
        if holds():
            return time.monotonic() - started
        time.sleep(0.01)
    return most


class a_worker:  # noqa: N801
    """`reporter worker` as a process of its own, with a wires file; killed at the end."""

    def __init__(self, db: Database, folder: Path, destinations: Sequence[Destination]) -> None:
        tables = [
            f'[[destination]]\nname = "{d.name}"\nkind = "mllp"\nport = {d.port}\ntimeout_seconds = {d.timeout_seconds}\n'
            for d in destinations
        ]
        wires = folder / "wires.toml"
        wires.write_text("\n".join(tables), encoding="utf-8")
        url = db.url.render_as_string(hide_password=False)
        self.environment = {
            "PATH": os.environ["PATH"], "REPORTER_DATABASE_URL": url, "REPORTER_WIRES": str(wires),
        }  # fmt: skip

    def __enter__(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "reporter.cli", "worker"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment)
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)
