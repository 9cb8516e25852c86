"""What comes of a delivery by HTTP, whatever the peer does: over real sockets."""

from __future__ import annotations

import socket
import time
from datetime import timedelta

import pytest

from reporter.integration.answer import Answer
from reporter.integration.fhir import bundle, send
from reporter.integration.wires import Destination
from tests.fhir_receiver import Peer, receiving
from tests.signed_versions import a_signed_version

PDF = b"%PDF-1.7 a signed report"


def to(peer: Peer, within_s: float = 5.0) -> Destination:
    return Destination("ehr", "fhir", url=peer.url, timeout_seconds=within_s)


def delivered(peer: Peer, within_s: float = 5.0) -> Answer:
    destination = to(peer, within_s)
    payload = bundle.render(a_signed_version(), destination, "MSG-1", PDF)
    return send.send(destination, "MSG-1", payload)


def test_a_bundle_of_which_every_entry_is_taken_is_accepted() -> None:
    with receiving() as peer:
        answer = delivered(peer)
    assert (answer.kind, answer.code) == ("accepted", "200")
    assert peer.received[0].path == "/fhir"
    assert peer.received[0].headers["Content-Type"].startswith("application/fhir+json")
    assert peer.received[0].headers["X-Request-ID"] == "MSG-1"


@pytest.mark.parametrize(
    ("behaviour", "kind", "code", "words"),
    [
        ("400", "refused", "400", "The bundle is not acceptable."),
        ("404", "refused", "404", "There is nothing here."),
        ("422", "refused", "422", "Observation.code is not known here."),
        ("moved", "refused", "307", "another address"),
        ("inner 400", "refused", "200/400", "The Provenance is not acceptable."),
        ("401", "retry", "401", "credentials"),
        ("500", "retry", "500", "Out of order."),
        ("inner 500", "retry", "200/500", "Out of order."),
        ("429", "retry", "429", "Too many."),
        ("inner nothing", "retry", "200/0", "without a status"),
        ("too few", "unknown", "200", "did not say what became of each entry"),
        ("not json", "unknown", "200", "did not say what became of each entry"),
        ("empty", "unknown", "200", "did not say what became of each entry"),
        ("outcome", "unknown", "200", "did not say what became of each entry"),
        ("cut", "unknown", "", "cut the line"),
        ("cut at once", "unknown", "", "cut the line"),
    ],
)
def test_each_thing_a_server_may_answer_has_one_meaning(behaviour: str, kind: str, code: str, words: str) -> None:
    with receiving(behaviour) as peer:
        answer = delivered(peer)
        assert len(peer.received) == 1
    assert (answer.kind, answer.code) == (kind, code)
    assert words in answer.words


def test_success_outside_with_a_refusal_inside_is_never_success() -> None:
    with receiving("inner 400") as peer:
        assert delivered(peer).kind == "refused"


@pytest.mark.parametrize("behaviour", ["409", "412", "did not match"])
def test_a_conflict_is_tried_once_more_with_the_same_bytes(behaviour: str) -> None:
    with receiving(behaviour) as peer:
        answer = delivered(peer)
        first, second = peer.received
    assert answer.kind == "accepted"
    assert first.body == second.body


@pytest.mark.parametrize(("behaviour", "kind"), [("409", "retry"), ("412", "refused"), ("did not match", "retry")])
def test_a_conflict_that_stays_is_not_tried_for_ever(behaviour: str, kind: str) -> None:
    with receiving(behaviour, behaviour, behaviour) as peer:
        answer = delivered(peer)
        assert len(peer.received) == 2
    assert answer.kind == kind


def test_the_wait_that_a_server_asks_for_is_passed_on_and_has_an_upper_end() -> None:
    with receiving("429", "503") as peer:
        assert delivered(peer).retry_after == timedelta(seconds=7)
        assert delivered(peer).retry_after == send.LONGEST_WAIT


@pytest.mark.parametrize("behaviour", ["hang", "drip"])
def test_a_peer_that_hangs_or_drips_is_left_at_the_deadline(behaviour: str) -> None:
    with receiving(behaviour) as peer:
        began = time.monotonic()
        answer = delivered(peer, within_s=0.5)
        took = time.monotonic() - began
    assert answer.kind == "unknown"
    assert 0.4 < took < 2.5


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    with receiving("flood") as peer:
        answer = delivered(peer, within_s=20)
    assert answer.kind == "unknown"
    assert answer.raw == b""


def test_nobody_there_is_retried_because_nothing_can_have_arrived() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: a connection is refused
        port = taken.getsockname()[1]
        destination = Destination("ehr", "fhir", url=f"http://127.0.0.1:{port}/fhir", timeout_seconds=2)
        answer = send.send(destination, "MSG-1", bundle.render(a_signed_version(), destination, "MSG-1", PDF))
    assert answer.kind == "retry"
    assert "can't be reached" in answer.words


def test_without_its_token_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EHR_TOKEN", raising=False)
    with receiving() as peer:
        destination = Destination("ehr", "fhir", url=peer.url, timeout_seconds=2, token_variable="EHR_TOKEN")
        payload = bundle.render(a_signed_version(), destination, "MSG-1", PDF)
        assert send.send(destination, "MSG-1", payload).kind == "retry"
        assert peer.received == []
        monkeypatch.setenv("EHR_TOKEN", "not-a-secret")
        assert send.send(destination, "MSG-1", payload).kind == "accepted"
        assert peer.received[0].headers["Authorization"] == "Bearer not-a-secret"


def test_what_is_said_about_a_delivery_names_no_patient() -> None:
    for behaviour in ("accept", "500", "cut", "empty", "inner 400"):
        with receiving(behaviour) as peer:
            words = delivered(peer).words
        assert "O'Brien" not in words
        assert "9994100009" not in words
