"""MLLP, the frame that HL7 v2 travels in (VT … FS CR): a server that takes messages in, and a client that sends one.

The server answers everything that is a frame, in the order it came, and closes on everything that is not. It keeps
connections open, never waits for one peer at the expense of another, and holds no more of a message than it allows.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from reporter.integration.answer import Answer
from reporter.integration.hl7v2 import ack
from reporter.integration.hl7v2.message import Malformed, header_only

START = 0x0B
END = 0x1C
_CHUNK = 256 * 1024

log = logging.getLogger(__name__)

#: Takes the bytes of one message and gives the bytes of its answer. It runs in a thread of its own.
Handler = Callable[[bytes], bytes]


class _Refuse(Exception):
    """The connection can't go on; `code` and `sentence` are the last answer, and `head` is what was read of it."""

    def __init__(self, code: str, sentence: str, head: bytes = b"") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.head = head


@dataclass(frozen=True, slots=True)
class Limits:
    """What one peer may ask of the server."""

    largest_message_bytes: int = 20 * 1024 * 1024
    #: From the first byte of a frame to its last, and for a peer to take its answer.
    whole_frame_seconds: float = 60.0
    #: A connection on which nothing comes for this long is closed; an engine opens it again when it needs it.
    idle_seconds: float = 1800.0
    most_connections: int = 512
    #: How many messages are worked on at once.
    most_at_once: int = 32
    #: How long a last answer waits for the peer to read it before the connection is cut.
    linger_seconds: float = 1.0


def frame(payload: bytes) -> bytes:
    """A message in its frame."""
    return b"\x0b" + payload + b"\x1c\r"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Server:
    """An MLLP server on one address. `start`, then `stop`; `port` is the bound one."""

    handler: Handler
    host: str = "127.0.0.1"
    port: int = 2575
    limits: Limits = field(default_factory=Limits)

    async def start(self) -> None:
        """Binds and listens. Raises OSError when the address can't be had."""
        self._stopping = False
        self._connections: set[asyncio.Task[None]] = set()
        #: Those that wait for a message and may be ended at once when the service stops.
        self._reading: set[asyncio.Task[None]] = set()
        self._working = ThreadPoolExecutor(self.limits.most_at_once, thread_name_prefix="hl7")
        # The reader's own limit bounds what is buffered while a handler works: the peer's socket is paused beyond it.
        self._server = await asyncio.start_server(self._serve, self.host, self.port, limit=_CHUNK, backlog=256)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self, grace_seconds: float = 20.0) -> None:
        """Takes no new message, answers those that were taken, and closes."""
        self._server.close()
        self._stopping = True
        for connection in self._reading:
            connection.cancel()
        if self._connections:
            _, late = await asyncio.wait(self._connections, timeout=grace_seconds)
            for connection in late:
                connection.cancel()
        self._working.shutdown(wait=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= self.limits.most_connections or self._stopping:
            log.warning("connection refused: %s are open", len(self._connections))
            writer.close()
            return
        self._connections.add(task)
        try:
            await self._converse(_Frames(reader, self.limits), writer)
        except (ConnectionError, TimeoutError):
            pass  # the peer left or stopped reading; what it sent was committed, and it will send it again
        except asyncio.CancelledError:
            log.warning("a connection was cut at the stop")
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(writer.wait_closed(), self.limits.linger_seconds)

    async def _converse(self, frames: _Frames, writer: asyncio.StreamWriter) -> None:
        try:
            while (payload := await self._next(frames)) is not None:
                answer = await self._answer(payload)
                writer.write(frame(answer))
                await asyncio.wait_for(writer.drain(), self.limits.whole_frame_seconds)
        except _Refuse as refusal:
            log.warning("connection closed: %s", refusal.sentence)
            answer = ack.build(header_only(refusal.head), refusal.code, refusal.sentence, now=_now())
            writer.write(frame(answer))
            await asyncio.wait_for(writer.drain(), self.limits.linger_seconds)
            with contextlib.suppress(OSError):  # the peer may have left already
                writer.write_eof()
            await frames.drop_the_rest(self.limits.linger_seconds)

    async def _next(self, frames: _Frames) -> bytes | None:
        """The next message, or None at the end of the connection or of the service."""
        if self._stopping:
            return None
        task = asyncio.current_task()
        assert task is not None
        self._reading.add(task)
        try:
            return await frames.next()
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            task.uncancel()
            return None  # what is half there was promised nothing; its sender will send it again
        finally:
            self._reading.discard(task)

    async def _answer(self, payload: bytes) -> bytes:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._working, self.handler, payload)
        except Exception as why:
            # The text of an exception can hold what was in the message; its type and place can't.
            log.error("a message could not be handled: %s at %s", type(why).__name__, _place(why))  # noqa: TRY400
            return ack.build(
                header_only(payload), "AE", "The message could not be handled here. Send it again later.", now=_now()
            )


class _Frames:
    """The messages on one connection, one after the other."""

    def __init__(self, reader: asyncio.StreamReader, limits: Limits) -> None:
        self._reader = reader
        self._limits = limits
        self._held = bytearray()

    async def next(self) -> bytes | None:
        """The next whole message, without its frame; None when the peer closed between two messages."""
        if not await self._at_a_start():
            return None
        try:
            async with asyncio.timeout(self._limits.whole_frame_seconds):
                return await self._until_the_end()
        except TimeoutError:
            seconds = f"{self._limits.whole_frame_seconds:g}"
            raise _Refuse("AE", f"The message did not arrive whole within {seconds} seconds.", self._head()) from None

    async def drop_the_rest(self, seconds: float) -> None:
        """Reads on without keeping, so that closing does not destroy the answer on its way (TCP reset)."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(seconds):
                while await self._reader.read(_CHUNK):
                    pass

    async def _at_a_start(self) -> bool:
        """Goes past line ends up to a start block. False at the end of the connection."""
        while True:
            between = self._held.lstrip(b"\r\n")
            if between[:1] == bytes([START]):
                self._held = between
                return True
            if between:
                raise _Refuse("AR", "Bytes stand outside of an MLLP frame; a message starts with 0x0B.", bytes(between))
            self._held.clear()
            try:
                more = await asyncio.wait_for(self._reader.read(_CHUNK), self._limits.idle_seconds)
            except TimeoutError:
                return False
            if not more:
                return False
            self._held += more

    async def _until_the_end(self) -> bytes | None:
        looked_at = 1
        while True:
            end = self._held.find(END, looked_at)
            if end >= 0:
                if end + 1 == len(self._held):
                    await self._one_byte_more()
                # FS ends a message only before CR, as the frame says, or where a peer forgot the CR: nothing follows,
                # or the next start block does. An FS inside text must not cut a message in two.
                if bytes(self._held[end + 1 : end + 2]) in {b"\r", b"\n", b"", b"\x0b"}:
                    payload = bytes(self._held[1:end])
                    del self._held[: end + 1]
                    return payload
                looked_at = end + 1
                continue
            looked_at = len(self._held)
            if looked_at > self._limits.largest_message_bytes:
                most = self._limits.largest_message_bytes // 1024
                raise _Refuse("AR", f"The message is larger than the {most} KiB that are taken here.", self._head())
            more = await self._reader.read(_CHUNK)
            if not more:
                return None  # half a message; its sender has no answer and will send it again
            self._held += more

    async def _one_byte_more(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                self._held += await self._reader.read(_CHUNK)

    def _head(self) -> bytes:
        return bytes(self._held[1:8192])


def _place(why: BaseException) -> str:
    """File and line where an exception came from."""
    trace = why.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"


# --- the client -----------------------------------------------------------------------------------------------------


def send(host: str, port: int, message_id: str, payload: bytes, timeout_seconds: float) -> Answer:
    """Sends one message on its own connection and waits for its answer.

    One message a connection and one at a time: an answer that is late can't be taken for the next message's. It counts
    only when MSA-2 is our MSH-10 to the letter; otherwise the connection is dropped and the outcome is unknown.
    """
    deadline = time.monotonic() + timeout_seconds
    try:
        peer = socket.create_connection((host, port), timeout=timeout_seconds)
    except OSError as why:
        return Answer("retry", "", f"No connection to {host}:{port}: {why.strerror or type(why).__name__}.")
    if time.monotonic() >= deadline:
        # A name with several dead addresses takes its time for each. The lease on the message may have passed to
        # another sender by now, and what went after theirs could stand after a later version.
        peer.close()
        return Answer("retry", "", f"No connection to {host}:{port} within {timeout_seconds:g} seconds.")
    with peer:
        try:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.settimeout(max(0.001, deadline - time.monotonic()))
            raw = _said_early(peer, payload) or _one_frame(peer, deadline)
        except TimeoutError:
            return Answer("unknown", "", f"No whole answer within {timeout_seconds:g} seconds.")
        except OSError as why:
            return Answer("unknown", "", f"The connection broke: {why.strerror or type(why).__name__}.")
    return judge(message_id, raw)


def _said_early(peer: socket.socket, payload: bytes) -> bytes | None:
    """Sends; gives what a receiver said that closed in the middle, as one does that refuses so large a message."""
    try:
        peer.sendall(frame(payload))
    except TimeoutError:
        raise
    except OSError:
        # What it wrote before it closed is still there to be read; without it the refusal would look like a bad line.
        with contextlib.suppress(OSError):
            peer.settimeout(1.0)
            if said := _one_frame(peer, time.monotonic() + 1.0):
                return said
        raise
    return None


def judge(message_id: str, raw: bytes | None) -> Answer:
    """What an answer means for the message with this id."""
    if raw is None:
        return Answer("unknown", "", "The receiver closed the connection before a whole answer.")
    try:
        said = ack.read_ack(raw)
    except Malformed as why:
        return Answer("unknown", "", f"The receiver's answer can't be read. {why}", raw)
    if said.control_id != message_id:
        return Answer("unknown", said.code, "The receiver answered another message's id (MSA-2).", raw)
    if said.code in ack.POSITIVE:
        return Answer("accepted", said.code, said.words, raw)
    return Answer("refused", said.code, said.words or "The receiver gives no reason.", raw)


def _one_frame(peer: socket.socket, deadline: float, most: int = 1024 * 1024) -> bytes | None:
    """The first frame that comes; None when the peer closes first. Raises TimeoutError at the deadline."""
    held = bytearray()
    while len(held) <= most:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        peer.settimeout(left)
        more = peer.recv(65536)
        if not more:
            return None
        held += more
        start = held.find(START)
        end = held.find(END, start + 1) if start >= 0 else -1
        if end >= 0:
            return bytes(held[start + 1 : end])
    return None
