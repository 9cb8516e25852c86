"""The demo does what the README says: one command, the whole main job, and Ctrl-C stops everything."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from reporter.demo.cast import nhs_number, patients
from reporter.demo.timeline import events, studies
from tests.builders import NOW


def environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("REPORTER_")}


def test_the_main_job_runs_once_without_a_browser():
    ran = subprocess.run(
        [sys.executable, "-m", "reporter.cli", "demo", "--once", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["ok"] is True
    assert told["order_ack"] == ["AA", "AA"]
    assert {name: one["state"] for name, one in told["results"].items()} == {
        "ehr-hl7": "acknowledged",
        "ehr-fhir": "acknowledged",
    }
    assert told["lv_ef_percent"] == "44.3"
    assert told["inducible_segments"] == "4"
    assert set(told["turnaround"].values()) == {"on_time"}
    assert re.fullmatch("[0-9a-f]{64}", told["sha256"])


@pytest.mark.slow
def test_the_demo_serves_its_pages_and_stops_everything(tmp_path):
    command = [sys.executable, "-u", "-m", "reporter.cli", "demo", "--folder", str(tmp_path / "demo")]
    demo = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(), start_new_session=True
    )
    said = []
    try:
        for line in demo.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        text = "".join(said)
        address = re.search(r"Open +(http://127\.0\.0\.1:\d+)", text)[1]
        for who in ("trainee", "consultant", "lead", "radiographer", "auditor", "admin"):
            assert re.search(rf"^ +{who} ", text, re.MULTILINE)
        with urllib.request.urlopen(f"{address}/sign-in", timeout=10) as page:
            assert b"Sign in" in page.read()
        until = time.monotonic() + 40
        while json.load(urllib.request.urlopen(f"{address}/health", timeout=10))["status"] != "ok":
            assert time.monotonic() < until, "the worker's heartbeat never came"
            time.sleep(0.5)
    finally:
        os.kill(demo.pid, signal.SIGINT)
        rest = demo.communicate(timeout=60)[0]
    assert "Everything is stopped" in rest
    assert demo.returncode == 0
    with pytest.raises(OSError):
        urllib.request.urlopen(f"{address}/health", timeout=5)


def test_there_are_forty_studies_in_every_state():
    told = list(studies(NOW))
    assert len(told) == 40
    outcomes = {outcome for _, outcome, _ in told}
    assert outcomes == {
        "signed", "amended", "added to", "submitted", "returned", "drafted", "completed", "ordered",
    }  # fmt: skip
    assert len({study.site.code for study, _, _ in told}) == 2
    assert {study.patient_class for study, _, _ in told} == {"inpatient", "outpatient", "emergency"}
    happened = events(NOW)
    assert [e.at for e in happened] == sorted(e.at for e in happened)
    assert all(e.at <= NOW for e in happened)


def test_the_patients_are_invented():
    numbers = [patient.nhs_number for patient in patients(40, NOW.date())]
    assert len(set(numbers)) == 40
    for number in [*numbers, *(nhs_number(serial) for serial in range(500))]:
        assert number.startswith("999")
        check = 11 - sum(int(d) * w for d, w in zip(number[:9], range(10, 1, -1), strict=True)) % 11
        assert int(number[9]) == check % 11
