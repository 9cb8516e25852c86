"""The demo's EHR: a real MLLP and a real HTTP peer on loopback that take results and acknowledge them.

It keeps what it received in memory and says one line about each, as a hospital's integration engineer would see it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from reporter.integration.hl7v2 import ack, mllp
from reporter.integration.hl7v2.message import Malformed, parse


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it arrived: over which wire, with which id, and what was answered."""

    wire: str
    message_id: str
    answered: str
    payload: bytes


@dataclass
class Receiver:
    """An EHR that accepts. Use as a context manager; `hl7_port` and `fhir_url` are known inside."""

    say: Callable[[str], None] = lambda _line: None
    hl7_port: int = 0
    fhir_port: int = 0
    arrivals: list[Arrival] = field(default_factory=list)

    @property
    def fhir_url(self) -> str:
        """Base of the FHIR side."""
        return f"http://127.0.0.1:{self.fhir_port}/fhir"

    def __enter__(self) -> Receiver:
        self._loop = asyncio.new_event_loop()
        self._hl7 = mllp.Server(self._take_hl7, port=self.hl7_port)
        self._loop.run_until_complete(self._hl7.start())
        self.hl7_port = self._hl7.port
        self._http = _FhirServer(("127.0.0.1", self.fhir_port), self)
        self.fhir_port = self._http.server_address[1]
        self._threads = [
            threading.Thread(target=self._loop.run_forever, daemon=True, name="demo-ehr-hl7"),
            threading.Thread(target=self._http.serve_forever, daemon=True, name="demo-ehr-fhir"),
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        asyncio.run_coroutine_threadsafe(self._hl7.stop(grace_seconds=2), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        for thread in self._threads:
            thread.join(5)

    def keep(self, arrival: Arrival) -> None:
        """Notes one arrival and says it."""
        self.arrivals.append(arrival)
        self.say(f"EHR: {arrival.wire} {arrival.message_id} answered {arrival.answered}")

    def _take_hl7(self, payload: bytes) -> bytes:
        now = datetime.now(UTC)
        try:
            message = parse(payload)
        except Malformed as why:
            self.keep(Arrival("ORU", "", "AR", payload))
            return ack.build(None, "AR", str(why), now=now)
        self.keep(Arrival("ORU", message.control_id, "AA", payload))
        return ack.build(message, "AA", now=now)


class _FhirServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], receiver: Receiver) -> None:
        super().__init__(address, _FhirPeer)
        self.receiver = receiver


class _FhirPeer(BaseHTTPRequestHandler):
    """Takes a transaction and answers each of its entries."""

    server: _FhirServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            bundle = json.loads(body)
            entries = bundle["entry"]
        except (ValueError, KeyError, TypeError):
            self._answer(400, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid"}]})
            return
        self.server.receiver.keep(
            Arrival("FHIR", str(bundle.get("identifier", {}).get("value", "")), f"200, {len(entries)} entries", body)
        )
        entry = [{"response": {"status": "201 Created"}} for _ in entries]
        self._answer(200, {"resourceType": "Bundle", "type": "transaction-response", "entry": entry})

    def log_message(self, *_arguments: object) -> None:
        """Says nothing: an access log of a peer is not ours."""

    def _answer(self, status: int, resource: dict[str, object]) -> None:
        text = json.dumps(resource).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
