"""The process that takes HL7 messages in: MLLP in front, one action a message, and an answer only after the commit."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from reporter.actions import orders
from reporter.integration.hl7v2 import ack
from reporter.integration.hl7v2.message import Malformed, header_only
from reporter.integration.hl7v2.mllp import Limits, Server
from reporter.integration.wires import Wires
from reporter.settings import Settings
from reporter.store.database import Database

_KIND = re.compile(r"[A-Z]{3}(\^[A-Z0-9]{3})?")
_MESSAGE_ID = re.compile(r"[\w.:-]{1,60}", re.ASCII)

log = structlog.get_logger("reporter.listener")


def run(
    db: Database,
    wires: Wires,
    settings: Settings,
    *,
    limits: Limits | None = None,
    stop: threading.Event | None = None,
    ready: Callable[[int], None] | None = None,
) -> None:
    """Listens until SIGTERM, SIGINT or `stop`; then answers what it has taken and ends.

    `ready` is told the port once it listens. Raises OSError when the address can't be bound.
    """
    server = Server(handler(db, wires), settings.listen_host, settings.listen_port, limits or Limits())
    asyncio.run(_listen(server, stop or threading.Event(), ready or (lambda _port: None)))


async def _listen(server: Server, stop: threading.Event, ready: Callable[[int], None]) -> None:
    await server.start()
    log.info("listening", host=server.host, port=server.port)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Only the main thread takes signals; elsewhere (a test, the demo) `stop` is how it ends.
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    ready(server.port)
    while not stop.is_set():
        await asyncio.sleep(0.1)
    log.info("stopping")
    await server.stop()
    log.info("stopped")


def handler(db: Database, wires: Wires) -> Callable[[bytes], bytes]:
    """What the server does with a message: find its feed, hand it to the action, log how it went (not what it said)."""

    def take(raw: bytes) -> bytes:
        started = time.perf_counter()
        header = header_only(raw)
        application, facility = (header.msh.get(3), header.msh.get(4)) if header else ("", "")
        source = wires.source_for(application, facility)
        answer = orders.receive(db, raw, source, datetime.now(UTC))
        log.info(
            "message",
            source=source.name,
            kind=_named(header.kind, _KIND) if header else None,
            message_id=_named(header.control_id, _MESSAGE_ID) if header else None,
            size=len(raw),
            answer=_code(answer),
            milliseconds=round((time.perf_counter() - started) * 1000, 1),
        )
        return answer

    return take


def _named(text: str, shape: re.Pattern[str]) -> str:
    """A header value for the log when it has the shape of one; a mangled header could hold anything."""
    return text if shape.fullmatch(text) else "(unreadable)"


def _code(answer: bytes) -> str:
    try:
        return ack.read_ack(answer).code
    except Malformed:
        return "?"
