"""The process that takes HL7 messages in: MLLP in front, and an answer only after the commit."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import re
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from reporter.actions import orders
from reporter.integration.hl7v2.message import header_only
from reporter.integration.hl7v2.mllp import Limits, Server
from reporter.integration.wires import Source, Wires
from reporter.settings import Settings
from reporter.store.database import Database

_KIND = re.compile(r"[A-Z]{3}(\^[A-Z0-9]{3})?")
#: With a digit, as every counter has and a name has not, and not ten digits alone, which may be an NHS number.
_MESSAGE_ID = re.compile(r"(?=.*\d)(?!\d{10}$)[\w.:-]{1,60}", re.ASCII)

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
    desk = Desk(db, wires)
    try:
        server = Server(desk.take, settings.listen_host, settings.listen_port, limits or Limits())
        asyncio.run(_listen(server, stop or threading.Event(), ready or (lambda _port: None)))
    finally:
        desk.close()


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


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A message that came, its feed, and where its answer goes."""

    raw: bytes
    source: Source
    answer: Future[bytes]


class Desk:
    """Takes what has come in meanwhile in one transaction, and then answers each: one commit for many connections.

    A commit waits for the disk; eight senders that each wait for their own are four times slower than eight that
    share one. Nobody waits longer for it: what comes while the desk works is the next transaction.
    """

    #: So many at most, so that a stalled transaction holds up no more than these.
    most_together = 32

    def __init__(self, db: Database, wires: Wires) -> None:
        self._db = db
        self._wires = wires
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="desk")
        self._thread.start()

    def take(self, raw: bytes) -> bytes:
        """One message; returns its answer after the commit. Raises what the action raised. For any thread."""
        started = time.perf_counter()
        header = header_only(raw)
        application, facility = (header.msh.get(3), header.msh.get(4)) if header else ("", "")
        waiting = _Waiting(raw, self._wires.source_for(application, facility), Future())
        self._waiting.put(waiting)
        answer = waiting.answer.result()
        log.info(
            "message",
            source=waiting.source.name,
            kind=_named(header.kind, _KIND) if header else None,
            message_id=_named(header.control_id, _MESSAGE_ID) if header else None,
            size=len(raw),
            answer=_code(answer),
            milliseconds=round((time.perf_counter() - started) * 1000, 1),
        )
        return answer

    def close(self) -> None:
        """Takes what is waiting and ends."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        going = True
        while going:
            together = [self._waiting.get()]
            while len(together) < self.most_together:
                try:
                    together.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            going = None not in together
            messages = [waiting for waiting in together if waiting is not None]
            if messages:
                self._answer(messages)

    def _answer(self, messages: list[_Waiting]) -> None:
        try:
            answers = orders.receive_all(self._db, [(one.raw, one.source) for one in messages], datetime.now(UTC))
        except Exception as why:
            # The server answers AE for each: its sender sends it again. The desk goes on.
            for one in messages:
                one.answer.set_exception(why)
            return
        for one, answer in zip(messages, answers, strict=True):
            one.answer.set_result(answer)


def _named(text: str, shape: re.Pattern[str]) -> str:
    """A header value for the log when it has the shape of one; a mangled header could hold anything."""
    return text if shape.fullmatch(text) else "(unreadable)"


def _code(answer: bytes) -> str:
    """MSA-1 of our own answer, which has one."""
    return answer.split(b"\rMSA|", 1)[1][:2].decode("ascii")
