"""Taking messages in over real sockets: every frame is answered, in order, whatever the peer is like."""

from __future__ import annotations

import asyncio
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from reporter.integration.hl7v2 import ack
from reporter.integration.hl7v2.message import Malformed, parse
from reporter.integration.hl7v2.mllp import Limits, Server, frame
from reporter.integration.hl7v2.orders_in import Unusable, read_events
from reporter.integration.wires import Source
from tests.counts import count
from tests.hl7_messages import an_adt, an_exam_completed, an_orm
from tests.mutations import mutated

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


def take(raw: bytes) -> bytes:
    """What the listener does, without the database: read, and answer what came of it."""
    try:
        message = parse(raw)
    except Malformed as why:
        return ack.build(None, "AR", str(why), now=NOW, condition="100")
    try:
        read_events(message, Source("any"), NOW)
    except Unusable as why:
        return ack.build(message, why.code, why.sentence, now=NOW, condition=why.condition)
    return ack.build(message, "AA", now=NOW)


class Listening:
    """A server in a thread of its own, and the messages that reached its handler."""

    def __init__(self, handler: Callable[[bytes], bytes], limits: Limits) -> None:
        self.taken: list[bytes] = []
        self._handler = handler
        self.server = Server(self._take, "127.0.0.1", 0, limits)

    def _take(self, raw: bytes) -> bytes:
        self.taken.append(raw)
        return self._handler(raw)

    def connect(self) -> socket.socket:
        peer = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return peer


@contextmanager
def a_server(handler: Callable[[bytes], bytes] = take, **limits: float) -> Iterator[Listening]:
    """A server on a free port until the block ends."""
    listening = Listening(handler, Limits(**limits))  # type: ignore[arg-type]
    loop = asyncio.new_event_loop()
    started = threading.Event()

    async def start() -> None:
        await listening.server.start()
        started.set()

    def run() -> None:
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(5)
    try:
        yield listening
    finally:
        asyncio.run_coroutine_threadsafe(listening.server.stop(2), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def answers(peer: socket.socket, number: int = 1) -> list[ack.Ack]:
    """So many answers from a connection; fewer when it closes."""
    held, found = b"", []
    while len(found) < number:
        if b"\x1c\r" in held:
            one, held = held.split(b"\x1c\r", 1)
            found.append(ack.read_ack(one.removeprefix(b"\x0b")))
            continue
        try:
            more = peer.recv(65536)
        except ConnectionError:
            break
        if not more:
            break
        held += more
    return found


def is_closed(peer: socket.socket) -> bool:
    try:
        return peer.recv(1) == b""
    except ConnectionError:
        return True


def test_messages_on_one_connection_are_answered_in_their_order():
    with a_server() as listening, listening.connect() as peer:
        for number in range(50):
            peer.sendall(frame(an_orm(message_id=f"M{number}")))
            assert answers(peer)[0] == ack.Ack("AA", f"M{number}", "")

        assert len(listening.taken) == 50


def test_two_messages_in_one_write_are_two_answers_in_order_though_the_first_takes_longer():
    def slow_first(raw: bytes) -> bytes:
        time.sleep(0.3 if b"|M1|" in raw else 0)
        return take(raw)

    with a_server(slow_first) as listening, listening.connect() as peer:
        peer.sendall(frame(an_orm(message_id="M1")) + frame(an_orm(message_id="M2")))

        assert [a.control_id for a in answers(peer, 2)] == ["M1", "M2"]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_message_in_pieces_is_one_message(size):
    raw = frame(an_orm())
    with a_server() as listening, listening.connect() as peer:
        for start in range(0, len(raw), size):
            peer.sendall(raw[start : start + size])
            if size > 50:
                time.sleep(0.01)

        assert answers(peer)[0].code == "AA"
        assert listening.taken == [an_orm()]


@pytest.mark.parametrize(
    ("payload", "code", "message_id"),
    [
        (b"hello world", "AR", ""),
        (b"", "AR", ""),
        (b"MSH", "AR", ""),
        (b"\xff\xfe\x00\x01", "AR", ""),
        (an_orm(message_id=""), "AE", ""),
        (an_orm(kind="ORU^R01"), "AR", "RIS-000001"),
        (an_orm().replace(b"\r", b"\n"), "AA", "RIS-000001"),
        (an_orm(family="Müller").decode().encode("cp1252"), "AA", "RIS-000001"),
        (an_orm(family="Müller").replace(b"UNICODE UTF-8", b"8859/1"), "AA", "RIS-000001"),
        (an_adt("A40", retired="NF1", message_id="P1"), "AA", "P1"),
    ],
)
def test_whatever_stands_in_a_frame_gets_an_answer_and_the_connection_stays(payload, code, message_id):
    with a_server() as listening, listening.connect() as peer:
        peer.sendall(frame(payload))
        said = answers(peer)[0]
        peer.sendall(frame(an_orm(message_id="NEXT")))

        assert (said.code, said.control_id) == (code, message_id)
        assert said.words or code == "AA"
        assert answers(peer)[0].control_id == "NEXT"
        assert listening.taken[0] == payload


def test_five_megabytes_are_taken_within_two_seconds():
    raw = an_orm() + b"OBX|1|ED|scan||^AP^PDF^Base64^" + b"QUJD" * 1_300_000 + b"\r"
    with a_server() as listening, listening.connect() as peer:
        started = time.monotonic()
        peer.sendall(frame(raw))

        assert answers(peer)[0].code == "AA"
        assert time.monotonic() - started < 2
        assert listening.taken == [raw]


def test_a_message_beyond_the_limit_is_refused_by_its_id_and_the_connection_ends():
    with a_server(largest_message_bytes=100_000) as listening, listening.connect() as peer:
        peer.sendall(b"\x0b" + an_orm(message_id="HUGE") + b"OBX|1|TX|x||" + b"a" * 300_000)
        said = answers(peer)[0]

        assert (said.code, said.control_id) == ("AR", "HUGE")
        assert "larger than" in said.words
        assert is_closed(peer)
        assert listening.taken == []


def test_bytes_outside_of_a_frame_are_refused_and_the_connection_ends():
    with a_server() as listening, listening.connect() as peer:
        peer.sendall(b"GET / HTTP/1.1\r\n\r\n")

        assert answers(peer)[0].code == "AR"
        assert is_closed(peer)
        assert listening.taken == []


def test_a_slow_drip_ends_at_the_deadline_of_the_frame():
    with a_server(whole_frame_seconds=0.5) as listening, listening.connect() as peer:
        peer.sendall(b"\x0b" + an_orm(message_id="SLOW")[:150])
        for _ in range(4):
            time.sleep(0.1)
            peer.sendall(b"x")
        said = answers(peer)[0]

        assert (said.code, said.control_id) == ("AE", "SLOW")
        assert is_closed(peer)
        assert listening.taken == []


def test_an_idle_connection_ends_quietly():
    with a_server(idle_seconds=0.2) as listening, listening.connect() as peer:
        assert is_closed(peer)


def test_half_a_message_and_a_closed_connection_are_nothing():
    with a_server() as listening:
        with listening.connect() as peer:
            peer.sendall(b"\x0b" + an_orm()[:100])
        with listening.connect() as peer:
            peer.sendall(frame(an_orm()))
            assert answers(peer)[0].code == "AA"

        assert listening.taken == [an_orm()]


@pytest.mark.parametrize("ending", [b"\x1c\r", b"\x1c\r\n", b"\x1c"])
def test_frames_that_end_a_little_wrong_are_read(ending):
    with a_server() as listening, listening.connect() as peer:
        peer.sendall(b"\x0b" + an_orm(message_id="A") + ending + b"\x0b" + an_orm(message_id="B") + ending)

        assert [a.control_id for a in answers(peer, 2)] == ["A", "B"]


def test_a_frame_end_inside_text_does_not_cut_a_message_in_two():
    raw = an_orm(question="one").replace(b"one", b"one\x1ctwo")
    with a_server() as listening, listening.connect() as peer:
        peer.sendall(frame(raw))

        assert answers(peer)[0].code == "AR"
        assert listening.taken == [raw]


def test_a_handler_that_fails_answers_ae_without_what_was_in_the_message(caplog):
    def fail(raw: bytes) -> bytes:
        raise RuntimeError(f"failing row contains {raw!r}")

    with a_server(fail) as listening, listening.connect() as peer:
        peer.sendall(frame(an_orm()))
        said = answers(peer)[0]
        peer.sendall(frame(an_orm(message_id="SECOND")))

        assert (said.code, said.control_id) == ("AE", "RIS-000001")
        assert "Hughes" not in said.words
        assert answers(peer)[0].control_id == "SECOND"
    assert "RuntimeError" in caplog.text
    assert "Hughes" not in caplog.text


def test_two_hundred_idle_connections_do_not_hold_up_a_message():
    with a_server() as listening:
        idle = [listening.connect() for _ in range(200)]
        try:
            with listening.connect() as peer:
                peer.sendall(frame(an_orm()))
                assert answers(peer)[0].code == "AA"
        finally:
            for connection in idle:
                connection.close()


def test_connections_beyond_the_limit_are_closed_and_the_others_go_on():
    with a_server(most_connections=2) as listening, listening.connect() as one, listening.connect() as two:
        for peer in (one, two):
            peer.sendall(frame(an_orm()))
            assert answers(peer)[0].code == "AA"
        with listening.connect() as three:
            assert is_closed(three)
        one.sendall(frame(an_orm()))
        assert answers(one)[0].code == "AA"


def test_a_message_that_is_worked_on_at_the_stop_gets_its_answer():
    def slow(raw: bytes) -> bytes:
        time.sleep(0.5)
        return take(raw)

    with a_server(slow) as listening:
        peer = listening.connect()
        peer.sendall(frame(an_orm()))
        time.sleep(0.1)
    with peer:
        assert answers(peer)[0].code == "AA"


def test_mutated_messages_over_real_sockets_get_an_answer_or_a_closed_connection_and_reach_the_handler_as_sent():
    seeds = [an_orm(), an_exam_completed(), an_adt("A08"), an_adt("A40", retired="NF1")]
    random_ = random.Random(20261120)
    with a_server(idle_seconds=5, whole_frame_seconds=1.5, linger_seconds=0.2) as listening:
        peer = listening.connect()
        for _ in range(count(5000, ci=2000, quick=300)):
            raw = mutated(random_, random_.choice(seeds))
            # An FS that is followed as the end of a frame is followed, is the end of the frame.
            framed = not re.search(rb"\x1c([\r\n\x0b]|$)", raw)
            before = len(listening.taken)
            peer.sendall(frame(raw))
            said = answers(peer)
            if said and framed:
                assert raw in listening.taken[before:]
            if not said or not framed:
                peer.close()
                peer = listening.connect()
        peer.sendall(frame(an_orm(message_id="STILL-HERE")))
        assert answers(peer)[0].control_id == "STILL-HERE"
        peer.close()
