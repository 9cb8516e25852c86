"""The main job once, without a browser: an order in, example 7.1 drafted, signed, delivered, acknowledged."""

from __future__ import annotations

import json
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reporter import listener
from reporter.actions import delivery, reporting, signing
from reporter.demo import answers, stage
from reporter.demo.cast import PASSWORD, SITES, DemoPatient, nhs_number
from reporter.demo.orders import order
from reporter.demo.receiver import Receiver
from reporter.integration.hl7v2 import mllp
from reporter.integration.wires import Destination, Wires
from reporter.settings import Settings
from reporter.store.database import Database, migrate

ACCESSION = "ZN101-26-000071"


def run(*, as_json: bool) -> int:
    """Runs it in a folder that is thrown away. Exit code 0 only if all is well."""
    with tempfile.TemporaryDirectory(prefix="cmr-demo-") as folder, Receiver() as ehr:
        url = f"sqlite:///{Path(folder) / 'demo.sqlite3'}"
        migrate(url)
        db = Database(url)
        try:
            told = main_job(db, ehr)
        finally:
            db.close()
    well = bool(told["ok"])
    if as_json:
        print(json.dumps(told))
    else:
        for name, value in told.items():
            print(f"{name}: {value}")
    return 0 if well else 1


def wires_to(ehr: Receiver) -> Wires:
    """The demo's wires: one open feed, and both sides of the demo's EHR."""
    return Wires(
        destinations=(
            Destination("ehr-hl7", "mllp", port=ehr.hl7_port, receiving_application="DEMO-EHR", processing_id="T"),
            Destination("ehr-fhir", "fhir", url=ehr.fhir_url),
        )
    )


def main_job(db: Database, ehr: Receiver) -> dict[str, Any]:
    """From the order to both acknowledgements, on real sockets, and what came of it."""
    now = datetime.now(UTC)
    wires = wires_to(ehr)
    cast = stage.Stage(db, wires)
    cast.add_people(now - timedelta(days=1))
    cast.announce("lead", now)
    order_ack = send_orders(db, wires, now)

    trainee, consultant = cast.actors["trainee"], cast.actors["consultant"]
    key = stage.find(db, trainee, ACCESSION)
    reporting.open_report(db, trainee, key, "stress_perfusion", now)
    saved = reporting.save_draft(db, trainee, key, answers.example_7_1(now.date()), 1, set(), now)
    if saved.reading.errors:
        raise RuntimeError(f"The example's answers were refused: {dict(saved.reading.errors)}")
    reporting.submit(db, trainee, key, saved.number, now)
    preview = signing.sign_preview(db, consultant, key, now, wires.destinations)
    signed = signing.sign(db, consultant, key, preview.sha256, PASSWORD, wires.destinations, now)
    delivery.deliver_due(db, wires.destinations, "demo", lambda: datetime.now(UTC))

    view = reporting.study_view(db, consultant, key, datetime.now(UTC))
    version = reporting.read_version(db, consultant, key, None, datetime.now(UTC))
    printed = {m.id: m.value for m in version.signed.document.measurements}
    deliveries = {d.destination: {"state": d.state, "answer": d.code or d.words} for d in view.deliveries}
    verdicts = {v.due.target_id: v.status for v in view.due}
    arrived = {arrival.wire: arrival.answered for arrival in ehr.arrivals}
    well = (
        order_ack == ["AA", "AA"]
        and len(deliveries) == 2
        and all(one["state"] == "acknowledged" for one in deliveries.values())
        and printed.get("lv_ef") == "44.3"
        and printed.get("inducible_segments") == "4"
        and version.signed.document.sha256() == signed.sha256 == version.signed.signature.content_sha256
        and bool(verdicts)
    )
    return {
        "ok": well,
        "order_ack": order_ack,
        "results": deliveries,
        "receiver_answered": arrived,
        "lv_ef_percent": printed.get("lv_ef"),
        "inducible_segments": printed.get("inducible_segments"),
        "turnaround": verdicts,
        "version": signed.version,
        "sha256": signed.sha256,
    }


def send_orders(db: Database, wires: Wires, now: datetime) -> list[str]:
    """Sends the order and the end of its scan to a listener on a free port; gives both answers' codes."""
    patient = DemoPatient(
        nhs_number(71), "N400071", "Abara", "Kofi", "male", now.date().replace(year=now.year - 64, month=3, day=9)
    )
    port: list[int] = []
    stop, ready = threading.Event(), threading.Event()

    def is_ready(bound: int) -> None:
        port.append(bound)
        ready.set()

    listening = threading.Thread(
        target=listener.run,
        args=(db, wires, Settings(listen_port=0)),
        kwargs={"stop": stop, "ready": is_ready},
        daemon=True,
    )
    listening.start()
    codes = []
    try:
        if not ready.wait(20):
            raise RuntimeError("The listener did not start within 20 seconds.")
        for number, completed_at in ((1, None), (2, now - timedelta(hours=1))):
            identity = f"ONCE-{number}"
            raw = order(
                SITES[0], patient, accession=ACCESSION, procedure="MRI cardiac stress perfusion",
                question="Known inferior infarct, exertional chest pain: is there inducible ischaemia?",
                patient_class="outpatient", requested_at=now - timedelta(days=20), message_id=identity,
                completed_at=completed_at,
            )  # fmt: skip
            codes.append(mllp.send("127.0.0.1", port[0], identity, raw, 20).code)
    finally:
        stop.set()
        listening.join(25)
    return codes
