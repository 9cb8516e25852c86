"""Planted patient data is looked for in every log line, address, error page and audit line of a whole journey.

Everything that can fail is made to fail with the patient in the exception's text, at log level DEBUG.
"""

from __future__ import annotations

import io
import logging
import random
import socket
import sys
from dataclasses import replace

import pytest
import structlog
from sqlalchemy import inspect, text

from reporter.actions import orders as order_actions
from reporter.actions import reporting, signing
from reporter.cli.common import set_up_logging
from reporter.integration.hl7v2 import nhs_number
from reporter.integration.hl7v2.mllp import frame
from reporter.settings import Settings
from reporter.web.app import create_app
from reporter.worker import Worker
from tests import builders, hl7_messages
from tests.examples import answers_7_1_raw
from tests.fhir_receiver import receiving
from tests.journeys.journey import Department, a_department, now
from tests.mllp_receiver import a_receiver, accept, refuse
from tests.mutations import mutated
from tests.web.browsing import Browser

#: Every planted text holds this; no identifier of ours can.
MARK = "qzcanary"
NHS_NUMBER = next(n for n in (f"99974318{tail:02}" for tail in range(100)) if nhs_number.is_valid(n))
PLANTED = (MARK, NHS_NUMBER, f"{NHS_NUMBER[:3]} {NHS_NUMBER[3:6]} {NHS_NUMBER[6:]}")
PATIENT = {
    "family": "Qzcanary-Family",
    "given": "Qzcanarygiven",
    "mrn": "QZCANARY1",
    "nhs_number": NHS_NUMBER,
    "question": "Qzcanary question: is there ischaemia?",
}
NARRATIVE = "Qzcanary narrative of the impression."
#: Where a patient's data belong. Everything else, the audit log first of all, must know nothing of them.
CLINICAL_TABLES = {
    "patient", "patient_identifier", "patient_change", "study", "inbox", "draft", "draft_submission", "report_version",
    "rendition", "outbox_message", "delivery", "delivery_attempt",
}  # fmt: skip


@pytest.fixture
def logged(monkeypatch):
    """Everything that the processes write, in the format that they write it in, at DEBUG."""
    written = io.StringIO()
    before = structlog.get_config()
    level = logging.root.level
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(sys, "stderr", written)
    set_up_logging("DEBUG")
    yield written
    logging.root.setLevel(level)
    structlog.configure(**before)


class Visitor(Browser):
    """A browser that remembers every address it saw, and every page that told of a refusal or a fault."""

    def __init__(self, app, who):
        self.addresses, self.faults = [], []
        super().__init__(app, who)

    def _look_for_token(self, answer):
        self.addresses += [answer.request.url, answer.headers.get("Location", "")]
        if answer.status_code in {400, 403, 404, 405, 413, 500, 503}:
            self.faults.append(answer.text)
        super()._look_for_token(answer)


def planted_in(words):
    lowered = str(words).lower()
    return [one for one in PLANTED if one in lowered]


def failing(*_args, **_more):
    """A fault of ours whose text quotes what it was at, with another behind it."""
    raise ValueError(f"could not handle {PATIENT} {NARRATIVE}") from KeyError(str(PATIENT))


def test_planted_patient_data_are_in_no_log_address_error_page_or_audit_line(db, logged, capfd, monkeypatch):
    with (
        a_receiver(refuse("AE", "Qzcanary-Family is not known here"), accept) as ehr,
        receiving("500", "accept") as fhir,
        a_department(db, ehr.port, fhir.url) as department,
    ):
        app = create_app(db, Settings(secret_key="x" * 40, cookie_secure=False), department.wires, now)
        author, signer = (Visitor(app, who.username) for who in (department.trainee, department.consultant))
        the_feed_sends_good_and_bad(department)
        study_id = the_study(db)
        the_report_is_written_and_signed(author, signer, study_id)
        every_page_fails(signer, study_id, monkeypatch)
        the_database_fails(db, department, signer, study_id)
        the_worker_fails_and_delivers(department, monkeypatch)
        # then
        spoken = capfd.readouterr()
        assert "ValueError" in logged.getvalue()
        assert "RuleBroken" in logged.getvalue()
        lines = (logged.getvalue() + spoken.out + spoken.err).splitlines()
        assert [line for line in lines if planted_in(line)] == []
        assert planted_in(author.addresses + signer.addresses) == []
        assert len(signer.faults) > 8
        assert planted_in(author.faults + signer.faults) == []
        assert tables_with_plants(db) <= CLINICAL_TABLES


def the_feed_sends_good_and_bad(department: Department) -> None:
    order = hl7_messages.an_exam_completed(message_id="C-1", **PATIENT)
    assert department.sends(order, "C-1").code == "AA"
    rolled = random.Random(20261122)
    bad = [mutated(rolled, order.replace(b"C-1", f"C-{n}".encode())) for n in range(2, 30)]
    wrong = {"message_id": PATIENT["family"], "site": "QZCANARY", "accession": "QZCANARY-2", **PATIENT}
    numbered = order.replace(b"|C-1|", f"|{NHS_NUMBER}|".encode())
    for raw in (*bad, numbered, hl7_messages.an_orm(**wrong), order.replace(b"MSH|", b"MSH|Qzcanary"), b"Qzcanary"):
        sends_whatever(department, raw)


def sends_whatever(department: Department, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", department.port), 10) as line:
        line.settimeout(10)
        line.sendall(frame(raw))
        line.recv(65536)


def the_study(db) -> str:
    with db.read() as session:
        return session.execute(text("SELECT id FROM study ORDER BY first_seen_at LIMIT 1")).scalar_one()


def the_report_is_written_and_signed(author: Visitor, signer: Visitor, study_id: str) -> None:
    page = f"/study/{study_id}"
    texts = {"impression": NARRATIVE, "recommendations": NARRATIVE, "comparison": NARRATIVE}
    filled = {name: list(values) for name, values in answers_7_1_raw().items()} | {k: [v] for k, v in texts.items()}
    assert author.post(f"{page}/open", template="stress_perfusion").status_code == 303
    wrong = author.post(f"{page}/draft", seen="1", height="Qzcanary", lv_edv="Qzcanary", **texts)
    assert wrong.status_code == 422
    author.post(f"{page}/draft", seen="1", impression="Qzcanary of an old page")
    assert author.post(f"{page}/draft", seen="2", **filled).status_code == 303
    assert author.post(f"{page}/draft", seen="3", button="submit", **filled).status_code == 303
    assert signer.post("/search", q=NHS_NUMBER).status_code == 303
    assert signer.post("/search", q=PATIENT["family"]).status_code == 200
    shown = signer.get(f"{page}/sign")
    digest = shown.text.partition('name="sha256" value="')[2][:64]
    sent = {"sha256": digest}
    assert signer.post(f"{page}/sign", password=NARRATIVE, **sent).status_code == 401
    assert signer.post(f"{page}/sign", password=builders.PASSWORD, **sent).status_code == 303
    for path in (f"{page}/version/1", f"{page}/version/1/report.pdf", f"{page}/history", "/exceptions", "/deliveries"):
        assert signer.get(path).status_code == 200, path
    signer.get("/study/no-such-key")
    author.post("/sign-in", username="nobody", password=NARRATIVE, next="")


def every_page_fails(signer: Visitor, study_id: str, monkeypatch) -> None:
    with monkeypatch.context() as broken:
        for room, name in (
            (reporting, "study_view"),
            (reporting, "save_draft"),
            (reporting, "read_version"),
            (reporting, "pdf"),
            (signing, "sign_preview"),
            (signing, "sign"),
            (order_actions, "enter_order"),
        ):
            broken.setattr(room, name, failing)
        page = f"/study/{study_id}"
        for path in (page, f"{page}/sign", f"{page}/version/1", f"{page}/version/1/report.pdf"):
            assert signer.get(path).status_code == 500, path
        assert signer.post(f"{page}/draft", seen="1", impression=NARRATIVE).status_code == 500
        assert signer.post("/orders/new", **an_order()).status_code == 500


def an_order() -> dict[str, str]:
    return {
        "site_code": "RXX01",
        "family": PATIENT["family"],
        "given": PATIENT["given"],
        "accession": "A-9",
        "clinical_question": PATIENT["question"],
        "nhs_number": NHS_NUMBER,
        "birth_date": "1962-03-09",
    }


def the_database_fails(db, department: Department, signer: Visitor, study_id: str) -> None:
    """A rule is broken (PostgreSQL's message then quotes the whole row), and a table is gone."""
    refuse_patients = (
        "CREATE TRIGGER no_more BEFORE INSERT ON patient BEGIN SELECT RAISE(ABORT, 'refused'); END"
        if db.is_sqlite
        else "ALTER TABLE patient ADD CONSTRAINT no_more CHECK (family NOT LIKE 'Qz%') NOT VALID"
    )
    admit = "DROP TRIGGER no_more" if db.is_sqlite else "ALTER TABLE patient DROP CONSTRAINT no_more"
    alter(db, refuse_patients)
    assert signer.post("/orders/new", **an_order() | {"nhs_number": ""}).status_code == 500
    somebody = PATIENT | {"mrn": "QZCANARY7", "nhs_number": ""}
    sends_whatever(department, hl7_messages.an_orm(**somebody, message_id="D-1", accession="D-1"))
    alter(db, admit, "ALTER TABLE patient_identifier RENAME TO gone")
    assert signer.get(f"/study/{study_id}").status_code in {500, 503}
    sends_whatever(department, hl7_messages.an_orm(**PATIENT, message_id="D-2", accession="D-2"))
    alter(db, "ALTER TABLE gone RENAME TO patient_identifier")


def alter(db, *statements):
    with db.begin() as session:
        for statement in statements:
            session.execute(text(statement))


def the_worker_fails_and_delivers(department: Department, monkeypatch) -> None:
    later = now()
    worker = Worker(department.db, department.wires, "canaries", lambda: later)
    with monkeypatch.context() as broken:
        broken.setattr("reporter.integration.outgoing.send", failing)
        for job in worker.jobs():
            worker.run(job)
    for job in worker.jobs():
        worker.run(replace(job, work=failing))
    department.the_worker_delivers()


def tables_with_plants(db) -> set[str]:
    found = set()
    with db.read() as session:
        for table in inspect(session.get_bind()).get_table_names():
            rows = session.execute(text(f'SELECT * FROM "{table}"')).all()
            values = [value for row in rows for value in row]
            words = [bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else v for v in values]
            if planted_in(words):
                found.add(table)
    return found
