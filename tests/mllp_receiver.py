"""A real MLLP peer on loopback that behaves as it is told: accepts, refuses, lies, hangs, cuts in the middle."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from reporter.integration.hl7v2.message import header_only
from reporter.integration.hl7v2.mllp import frame


def an_ack(message_id: str, code: str = "AA", words: str = "") -> bytes:
    """An answer as a receiver writes it."""
    return f"MSH|^~\\&|EPR|RXX|CMR-REPORTER|RXX|20261123154300||ACK^R01^ACK|A1|P|2.5.1\rMSA|{code}|{message_id}|{words}\r".encode()


#: What the peer does with one message: bytes to write, None to close at once, a number to wait so many seconds.
Behaviour = Callable[[str], "list[bytes | float | None]"]


def accept(message_id: str) -> list[bytes | float | None]:
    """AA with the right id."""
    return [frame(an_ack(message_id))]


def refuse(code: str, words: str = "") -> Behaviour:
    """AE or AR with the right id."""
    return lambda message_id: [frame(an_ack(message_id, code, words))]


def answer_another(message_id: str) -> list[bytes | float | None]:
    """AA for a message that we did not send now."""
    return [frame(an_ack(message_id + "9"))]


def garbage(_message_id: str) -> list[bytes | float | None]:
    """What an engine was seen to answer to what it could not read."""
    return [frame(b"MSAlAAl1\r")]


def hang(_message_id: str) -> list[bytes | float | None]:
    """Never answers."""
    return [30.0]


def close_at_once(_message_id: str) -> list[bytes | float | None]:
    """Takes the message and closes."""
    return [None]


def close_mid_answer(message_id: str) -> list[bytes | float | None]:
    """Half an answer, then the end."""
    return [frame(an_ack(message_id))[:40], None]


def drip(message_id: str) -> list[bytes | float | None]:
    """The right answer, a byte at a time."""
    steps: list[bytes | float | None] = []
    for byte in frame(an_ack(message_id)):
        steps += [bytes([byte]), 0.05]
    return steps


@dataclass
class Receiver:
    """What the peer saw. `behaviours` are used in turn, the last one for ever."""

    behaviours: list[Behaviour] = field(default_factory=lambda: [accept])
    messages: list[bytes] = field(default_factory=list)
    port: int = 0

    def by_id(self) -> dict[str, bytes]:
        """Messages without repeats, as a receiver that looks at MSH-10 keeps them."""
        kept = {}
        for raw in self.messages:
            header = header_only(raw)
            kept[header.control_id if header else ""] = raw
        return kept


@contextmanager
def a_receiver(*behaviours: Behaviour) -> Iterator[Receiver]:
    """A peer that listens on a free port until the block ends."""
    receiver = Receiver(list(behaviours) or [accept])
    listening = socket.create_server(("127.0.0.1", 0))
    receiver.port = listening.getsockname()[1]
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                peer, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=_talk, args=(receiver, peer, over), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def _talk(receiver: Receiver, peer: socket.socket, over: threading.Event) -> None:
    held = b""
    with peer:
        while not over.is_set():
            while b"\x1c" not in held:
                try:
                    more = peer.recv(65536)
                except OSError:
                    return
                if not more:
                    return
                held += more
            payload, held = held.split(b"\x1c", 1)
            payload, held = payload.lstrip(b"\r\n").removeprefix(b"\x0b"), held.removeprefix(b"\r")
            turn = min(len(receiver.messages), len(receiver.behaviours) - 1)
            receiver.messages.append(payload)
            header = header_only(payload)
            for step in receiver.behaviours[turn](header.control_id if header else ""):
                if step is None:
                    return
                if isinstance(step, float):
                    until = time.monotonic() + step
                    while time.monotonic() < until and not over.is_set():
                        time.sleep(0.02)
                    continue
                try:
                    peer.sendall(step)
                except OSError:
                    return
