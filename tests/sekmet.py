"""A real FHIR R4 server (sekmet-fhir) on loopback, for as long as a test wants it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

_SETTINGS = """\
base_url: http://127.0.0.1:{port}/fhir
host: 127.0.0.1
port: {port}
data_dir: {folder}/data
own_private_key_path: {folder}/keys/private.pem
validation:
  inbound: strict
simulator:
  enabled: false
"""


@contextmanager
def serving(folder: Path, patience_s: float = 60) -> Iterator[str]:
    """The base address of an empty server that keeps its data under `folder`; stopped when the block ends.

    Raises RuntimeError with the server's last words when it does not start.
    """
    port = _free_port()
    settings, log = folder / "sekmet.yaml", folder / "sekmet.log"
    settings.write_text(_SETTINGS.format(port=port, folder=folder))
    command = [sys.executable, "-m", "sekmet.cli", "serve", "--config", str(settings)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out)
    try:
        base = f"http://127.0.0.1:{port}/fhir"
        _wait(base, process, log, patience_s)
        yield base
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(base: str, process: subprocess.Popen[bytes], log: Path, patience_s: float) -> None:
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            if requests.get(f"{base}/metadata", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.2)
    raise RuntimeError(f"The FHIR server did not start: {log.read_text(errors='replace')[-2000:]}")
