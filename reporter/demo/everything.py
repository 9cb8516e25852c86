"""The demo in a browser: web, worker, listener and an EHR that acknowledges, real processes on loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from reporter import settings
from reporter.demo.cast import PASSWORD, PEOPLE, SITES
from reporter.demo.receiver import Receiver
from reporter.demo.stage import Stage
from reporter.integration.wires import read_wires
from reporter.store.database import Database, NotMigrated, migrate

#: What is tried first; where one is taken, a free one is used and said.
PORTS = {"web": 8000, "listen": 2575, "ehr-hl7": 6661, "ehr-fhir": 8090}
PROCESSES = ("web", "worker", "listen")


def run(folder: Path, *, fresh: bool) -> int:
    """Sets the stage if need be, starts everything, says where to click, and stops everything at Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a plain `kill` ends the demo as Ctrl-C does
        signal.signal(number, signal.default_int_handler)
    ports = {name: _free(port) for name, port in PORTS.items()}
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    wires_file = folder / "wires.toml"
    wires_file.write_text(_wires(ports), "utf-8")
    url = f"sqlite:///{(folder / 'reporter.sqlite3').resolve()}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("REPORTER_")},
        "REPORTER_DATABASE_URL": url,
        "REPORTER_SECRET_KEY": settings.throwaway_secret(),
        "REPORTER_WIRES": str(wires_file.resolve()),
        "REPORTER_COOKIE_SECURE": "0",
        "REPORTER_WEB_PORT": str(ports["web"]),
        "REPORTER_LISTEN_PORT": str(ports["listen"]),
        "REPORTER_LOG_LEVEL": "WARNING",
    }
    ehr = Receiver(hl7_port=ports["ehr-hl7"], fhir_port=ports["ehr-fhir"])
    with contextlib.ExitStack() as stack:
        stack.enter_context(ehr)
        _set_stage(folder, url, wires_file)
        ehr.say = _say
        running = stack.enter_context(_processes(environment))
        address = f"http://127.0.0.1:{ports['web']}"
        if not _answers(address, running):
            _say("The pages did not come up; the lines above say why.")
            return 1
        _say(_where_to_click(address, ports, folder))
        with contextlib.suppress(KeyboardInterrupt):
            while all(process.poll() is None for process in running.values()):
                time.sleep(0.5)
            _say(f"{', '.join(n for n, p in running.items() if p.poll() is not None)} stopped; stopping the rest.")
            return 1
    _say("Everything is stopped. Start again with ./run demo; begin anew with ./run demo --fresh.")
    return 0


def _set_stage(folder: Path, url: str, wires_file: Path) -> None:
    done = folder / "stage-is-set"
    migrate(url)
    db = Database(url)
    try:
        db.check()
        if done.exists():
            _say("Using the demo's data of last time (./run demo --fresh begins anew).")
            return
        _say("Setting the stage: two sites, six people, forty invented studies ...")
        Stage(db, read_wires(wires_file), _progress).set(datetime.now(UTC))
        done.touch()
    except NotMigrated as why:
        raise SystemExit(str(why)) from None
    finally:
        db.close()


def _progress(share: float) -> None:
    if sys.stdout.isatty():
        print(f"\r  [{'#' * round(40 * share):40}] {share:4.0%}", end="\n" if share >= 1 else "", flush=True)


def _wires(ports: Mapping[str, int]) -> str:
    sites = ", ".join(f'"{site.code}"' for site in SITES)
    return f"""# Written by the demo at each start.
[[source]]
name = "ris"

[[destination]]
name = "ehr-hl7"
kind = "mllp"
port = {ports["ehr-hl7"]}
receiving_application = "DEMO-EHR"
processing_id = "T"
sites = [{sites}]

[[destination]]
name = "ehr-fhir"
kind = "fhir"
url = "http://127.0.0.1:{ports["ehr-fhir"]}/fhir"
sites = [{sites}]
"""


@contextlib.contextmanager
def _processes(environment: Mapping[str, str]) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """The product's own processes, as an installation runs them; all stopped at the end."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name in PROCESSES:
            # A process group of its own: Ctrl-C is for the demo, which then stops each in order.
            running[name] = subprocess.Popen(  # noqa: S603 (our own program)
                [sys.executable, "-m", "reporter.cli", name], env=dict(environment), start_new_session=True
            )
        yield running
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(address: str, running: Mapping[str, subprocess.Popen[bytes]], seconds: float = 30) -> bool:
    """Waits until the pages are served."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and all(process.poll() is None for process in running.values()):
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):  # noqa: S310 (our own loopback address)
                return True
        except urllib.error.HTTPError:
            return True  # it serves; the worker's first heartbeat may still be on its way
        except OSError:
            time.sleep(0.1)
    return False


def _free(wanted: int) -> int:
    """The port itself where it is free on loopback, else another that is."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise SystemExit("No free port on 127.0.0.1.")


def _where_to_click(address: str, ports: Mapping[str, int], folder: Path) -> str:
    people = "\n".join(
        f"    {person.username:13} {person.title} {person.given} {person.family}, {person.grade}: {person.try_this}"
        for person in PEOPLE
    )
    return f"""
  CMR Reporter is running, with invented patients.

  Open      {address}
  Sign in   as any of these, password  {PASSWORD}
{people}

  Orders    arrive by HL7 on 127.0.0.1:{ports["listen"]} (MLLP)
  Results   go to the demo's EHR: MLLP 127.0.0.1:{ports["ehr-hl7"]}, FHIR http://127.0.0.1:{ports["ehr-fhir"]}/fhir
  Data      {folder}

  Ctrl-C stops everything.
"""


def _say(line: str) -> None:
    print(line, flush=True)
