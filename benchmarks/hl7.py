"""HL7: rendering a result, and how many orders a second are durably taken in over eight connections.

An order counts when its acknowledgement has come back, which is after the commit (SQLite, synchronous=FULL).
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from reporter.integration.hl7v2 import oru_r01
from reporter.integration.hl7v2.mllp import frame
from reporter.integration.wires import Destination
from reporter.store import sites
from reporter.store.database import Database, migrate
from tests.hl7_messages import an_orm
from tests.signed_versions import a_signed_version

CONNECTIONS = 8
ORDERS_A_CONNECTION = 75
#: The best round is reported: what else runs on the machine only ever makes it slower.
ROUNDS = 4


def measure() -> dict[str, float]:
    """`oru_render_ms`: one ORU^R01 with a 300 kB PDF, median. `hl7_in_per_s`: orders a second."""
    return {"oru_render_ms": _render_ms(), "hl7_in_per_s": _orders_per_second()}


def _render_ms() -> float:
    version, destination, pdf = a_signed_version(), Destination("ehr", "mllp"), b"x" * 300_000
    taken = []
    for _ in range(50):
        started = time.perf_counter()
        oru_r01.render(version, destination, "CMR-1", pdf)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


#: The listener runs as it does in a hospital, in a process of its own; the senders do not share its interpreter.
_LISTENER = """
import logging, sys, dataclasses
import structlog
from reporter import listener, settings
from reporter.integration.wires import Wires
from reporter.store.database import Database
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
db = Database(sys.argv[1])
told = lambda port: print(port, flush=True)
listener.run(db, Wires(), dataclasses.replace(settings.Settings(), listen_port=0), ready=told)
"""


def _orders_per_second() -> float:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        migrate(url)
        db = Database(url)
        with db.begin() as session:
            sites.add(session, sites.Site("RXX01", "Northfield General Hospital", "RXX", "Northfield NHS Trust"))
        db.close()
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
        process = subprocess.Popen(
            [sys.executable, "-c", _LISTENER, url], stdout=subprocess.PIPE, text=True, env=environment
        )
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            _send_all(port, "warm", 5)
            return max(_round(port, number) for number in range(ROUNDS))
        finally:
            process.terminate()
            process.wait(20)


def _round(port: int, number: int) -> float:
    started = time.perf_counter()
    _send_all(port, f"round{number}-", ORDERS_A_CONNECTION)
    return CONNECTIONS * ORDERS_A_CONNECTION / (time.perf_counter() - started)


def _send_all(port: int, name: str, orders: int) -> None:
    senders = [threading.Thread(target=_send, args=(port, f"{name}{n}", orders)) for n in range(CONNECTIONS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()


def _send(port: int, name: str, orders: int) -> None:
    messages = [
        an_orm(
            message_id=f"{name}-{n}", accession=f"{name}-{n}", placer=f"P-{name}-{n}", nhs_number="", mrn=f"{name}-{n}"
        )
        for n in range(orders)
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for message in messages:
            peer.sendall(frame(message))
            held = b""
            while b"\x1c\r" not in held:
                held += peer.recv(65536)
            if b"\rMSA|AA|" not in held:
                raise RuntimeError(f"The listener answered {held[:400]!r}")
