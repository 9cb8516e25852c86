"""Sending a message and believing only the answer that is meant for it."""

from __future__ import annotations

import socket
import time

import pytest

from reporter.integration import outgoing
from reporter.integration.hl7v2.mllp import judge, send
from reporter.integration.wires import Destination
from tests import mllp_receiver as peer
from tests.mllp_receiver import a_receiver, an_ack

MESSAGE = b"MSH|^~\\&|CMR-REPORTER|RXX|EPR|RXX|20261123154207+0000||ORU^R01^ORU_R01|M-1|P|2.5.1\rPID|1||1\r"


@pytest.mark.parametrize(
    ("behaviour", "kind", "code"),
    [
        (peer.accept, "accepted", "AA"),
        (peer.refuse("CA"), "accepted", "CA"),
        (peer.refuse("AE", "PID-3 unknown"), "refused", "AE"),
        (peer.refuse("AR"), "refused", "AR"),
        (peer.refuse("CR"), "refused", "CR"),
        (peer.answer_another, "unknown", "AA"),
        (peer.garbage, "unknown", ""),
        (peer.hang, "unknown", ""),
        (peer.close_at_once, "unknown", ""),
        (peer.close_mid_answer, "unknown", ""),
        (peer.drip, "unknown", ""),
    ],
)
def test_every_way_a_peer_behaves_has_one_meaning(behaviour, kind, code):
    with a_receiver(behaviour) as receiver:
        started = time.monotonic()
        answer = send("127.0.0.1", receiver.port, "M-1", MESSAGE, 0.6)

        assert (answer.kind, answer.code) == (kind, code)
        assert answer.words or kind == "accepted"
        assert receiver.messages == [MESSAGE]
        assert time.monotonic() - started < 2


def test_the_receiver_s_words_reach_the_person_who_has_to_look():
    with a_receiver(peer.refuse("AE", r"PID-3 unknown \T\ no visit")) as receiver:
        assert send("127.0.0.1", receiver.port, "M-1", MESSAGE, 2).words == "PID-3 unknown & no visit"


def test_nobody_there_is_a_reason_to_come_again():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert send("127.0.0.1", port, "M-1", MESSAGE, 1).kind == "retry"


def test_a_retry_after_every_lie_is_the_same_bytes_and_ends_in_one_message():
    lies = [peer.answer_another, peer.garbage, peer.close_mid_answer, peer.close_at_once, peer.accept]
    with a_receiver(*lies) as receiver:
        kinds = [send("127.0.0.1", receiver.port, "M-1", MESSAGE, 1).kind for _ in lies]

        assert kinds == ["unknown"] * 4 + ["accepted"]
        assert set(receiver.messages) == {MESSAGE}
        assert receiver.by_id() == {"M-1": MESSAGE}


def test_a_message_with_a_large_pdf_arrives_whole():
    large = MESSAGE + b"OBX|1|ED|pdf||^AP^PDF^Base64^" + b"QUJD" * 1_500_000 + b"\r"
    with a_receiver() as receiver:
        assert send("127.0.0.1", receiver.port, "M-1", large, 10).kind == "accepted"
        assert receiver.messages == [large]


@pytest.mark.parametrize("claimed", ["M-1 ", "m-1", "M-10", "", "M-1^x"])
def test_an_id_counts_only_to_the_letter(claimed):
    assert judge("M-1", an_ack(claimed)).kind == "unknown"


def test_an_id_with_separators_is_recognised_in_its_escaped_form():
    assert judge("M|1&2", an_ack(r"M\F\1\T\2")).kind == "accepted"


def test_the_door_out_speaks_mllp():
    with a_receiver() as receiver:
        destination = Destination("ehr", "mllp", host="127.0.0.1", port=receiver.port, timeout_seconds=2)

        assert outgoing.send(destination, "M-1", MESSAGE).kind == "accepted"


def test_a_connection_that_came_about_too_late_carries_nothing(monkeypatch):
    with a_receiver() as ehr:
        connect = socket.create_connection

        def slowly(*args, **named):
            time.sleep(0.3)
            return connect(*args, **named)

        monkeypatch.setattr(socket, "create_connection", slowly)
        answer = send("127.0.0.1", ehr.port, "M-1", MESSAGE, 0.2)
        time.sleep(0.1)
    assert (answer.kind, ehr.messages) == ("retry", [])
