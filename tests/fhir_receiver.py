"""A FHIR peer on loopback that does what it is told, answer by answer: accepts, refuses, hangs, drips, cuts.

    with receiving("500", "accept") as peer:
        ...send to peer.url twice...
        assert len(peer.received) == 2

When the script is at its end the peer accepts. It keeps every body that arrived whole, in order.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request: its path, headers and body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def bundle(self) -> dict[str, Any]:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Peer:
    """The running peer."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    script: list[str] = field(default_factory=list)
    #: Set to let go of everybody who hangs.
    over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Base address, as a destination's url."""
        return f"http://127.0.0.1:{self.port}/fhir"

    def will(self, *behaviours: str) -> None:
        """The next answers, in order; the names are the keys of BEHAVIOURS."""
        unknown = set(behaviours) - set(BEHAVIOURS)
        assert not unknown, f"The peer does not know {unknown}; it knows {sorted(BEHAVIOURS)}."
        with self._lock:
            self.script[:] = behaviours

    def next(self, received: Received) -> str:
        with self._lock:
            self.received.append(received)
            return self.script.pop(0) if self.script else "accept"

    def delivered(self) -> dict[str, set[bytes]]:
        """Message id (Bundle.identifier) to the different bodies that came under it."""
        found: dict[str, set[bytes]] = {}
        for each in self.received:
            found.setdefault(each.bundle["identifier"]["value"], set()).add(each.body)
        return found


def outcome(words: str) -> dict[str, Any]:
    """An OperationOutcome with one error."""
    issue = {"severity": "error", "code": "processing", "diagnostics": words}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def all_taken(bundle: Mapping[str, Any], status: str = "201 Created") -> dict[str, Any]:
    """The answer to a transaction in which every entry was taken."""
    entries = [{"response": {"status": status}} for _ in bundle["entry"]]
    return {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        got = Received(self.path, dict(self.headers.items()), body)
        BEHAVIOURS[self.server.peer.next(got)](self, got)

    def say(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(text)))
        for name, held in (headers or {}).items():
            self.send_header(name, held)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Silent: what a peer logs is not the test's output."""


def _accept(handler: _Handler, got: Received) -> None:
    handler.say(200, all_taken(got.bundle))


def _status(status: int, words: str, headers: Mapping[str, str] | None = None) -> Callable[[_Handler, Received], None]:
    return lambda handler, _got: handler.say(status, outcome(words), headers)


def _inner(status: str, words: str) -> Callable[[_Handler, Received], None]:
    def answer(handler: _Handler, got: Received) -> None:
        value = all_taken(got.bundle)
        value["entry"][-1]["response"] = {"status": status, "outcome": outcome(words)}
        handler.say(200, value)

    return answer


def _hang(handler: _Handler, _got: Received) -> None:
    handler.server.peer.over.wait(30)
    handler.close_connection = True


def _drip(handler: _Handler, _got: Received) -> None:
    """A byte now and then for ever: every silence is short, the whole never comes."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not handler.server.peer.over.wait(0.05):
            handler.wfile.write(b"X")
            handler.wfile.flush()
    except OSError:
        pass
    handler.close_connection = True


def _cut(handler: _Handler, got: Received) -> None:
    text = json.dumps(all_taken(got.bundle)).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(text)))
    handler.end_headers()
    handler.wfile.write(text[: len(text) // 2])
    handler.close_connection = True


def _cut_at_once(handler: _Handler, _got: Received) -> None:
    handler.close_connection = True


def _flood(handler: _Handler, _got: Received) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    try:
        for _ in range(400):
            handler.wfile.write(b" " * 100_000)
    except OSError:
        pass


def _too_few(handler: _Handler, got: Received) -> None:
    value = all_taken(got.bundle)
    value["entry"].pop()
    handler.say(200, value)


BEHAVIOURS: Mapping[str, Callable[[_Handler, Received], None]] = {
    "accept": _accept,
    "400": _status(400, "The bundle is not acceptable."),
    "401": _status(401, "Who are you?"),
    "404": _status(404, "There is nothing here."),
    "409": _status(409, "Another write is under way."),
    "412": _status(412, "Two patients match."),
    "422": _status(422, "Observation.code is not known here."),
    "429": _status(429, "Too many.", {"Retry-After": "7"}),
    "500": _status(500, "Out of order."),
    "503": _status(503, "Closed for maintenance.", {"Retry-After": "Wed, 21 Oct 2065 07:28:00 GMT"}),
    "moved": _status(307, "Elsewhere.", {"Location": "http://127.0.0.1:1/fhir"}),
    "did not match": _status(400, "Resource ID did not match resolved ID"),
    "inner 400": _inner("400 Bad Request", "The Provenance is not acceptable."),
    "inner 409": _inner("409 Conflict", "Another write is under way."),
    "inner 500": _inner("500 Internal Server Error", "Out of order."),
    "inner nothing": _inner("", ""),
    "too few": _too_few,
    "not json": lambda handler, _got: handler.say(200, b"<html>It works!</html>"),
    "empty": lambda handler, _got: handler.say(200, b""),
    "outcome": _status(200, "All fine, trust me."),
    "hang": _hang,
    "drip": _drip,
    "cut": _cut,
    "cut at once": _cut_at_once,
    "flood": _flood,
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    peer: Peer

    def handle_error(self, *_: Any) -> None:
        """A client that goes away in the middle is what some tests are about."""


@contextmanager
def receiving(*behaviours: str) -> Iterator[Peer]:
    """A peer on a free port of loopback, stopped when the block ends."""
    peer = Peer()
    peer.will(*behaviours)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.peer, peer.port = peer, server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        peer.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
