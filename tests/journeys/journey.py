"""A department on loopback for one journey: database, listener, worker's jobs, and an EHR on both of its wires."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from reporter import listener
from reporter.actions import reporting
from reporter.actions.actor import Actor
from reporter.actions.views import StudyView
from reporter.integration.hl7v2 import ack, mllp
from reporter.integration.wires import Destination, Wires
from reporter.settings import Settings
from reporter.store import worklist
from reporter.store.database import Database
from reporter.worker import Worker
from tests import builders, hl7_messages
from tests.examples import answers_7_1_raw

ACCESSION = "RXX01-26-004711"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Department:
    """What the steps of a journey are taken with."""

    db: Database
    wires: Wires
    port: int
    trainee: Actor
    consultant: Actor
    started: datetime = field(default_factory=now)

    def sends(self, raw: bytes, message_id: str) -> ack.Ack:
        """The RIS sends a message over MLLP and reads the answer."""
        answer = mllp.send("127.0.0.1", self.port, message_id, raw, 20)
        return ack.read_ack(answer.raw)

    def an_order_arrives(self) -> str:
        """New order, then the end of its scan; gives the study."""
        asked, scanned = (self.started - timedelta(days=9), self.started - timedelta(hours=2))
        first = self.sends(hl7_messages.an_orm(message_id="RIS-1", sent_at=_stamp(asked)), "RIS-1")
        assert first.code == "AA", first.words
        done = hl7_messages.an_exam_completed(message_id="RIS-2", completed_at=_stamp(scanned), sent_at=_stamp(scanned))
        assert self.sends(done, "RIS-2").code == "AA"
        with self.db.read() as session:
            return worklist.by_accession(session, self.trainee.sites, ACCESSION)[0].study_id

    def drafts(self, who: Actor, study_id: str, **changes: object) -> int:
        """Somebody fills the form as a browser sends it; gives the draft's number."""
        reporting.open_report(self.db, who, study_id, "stress_perfusion", now())
        number = self.sees(who, study_id).draft.number
        saved = reporting.save_draft(self.db, who, study_id, answers_7_1_raw(**changes), number, set(), now())
        assert not saved.reading.errors, saved.reading.errors
        return saved.number

    def signs(self, study_id: str) -> str:
        """The consultant reads the signing page and signs it; gives the hash that was signed."""
        preview = reporting.sign_preview(self.db, self.consultant, study_id, now(), self.wires.destinations)
        assert preview.reasons == ()
        signed = reporting.sign(
            self.db, self.consultant, study_id, preview.sha256, builders.PASSWORD, self.wires.destinations, now()
        )
        assert signed.held_back == {}
        return signed.sha256

    def the_worker_delivers(self) -> None:
        """Each delivery job of a real worker runs once."""
        worker = Worker(self.db, self.wires, "journey", now)
        for job in worker.jobs():
            if job.name.startswith("deliver"):
                worker.run(job)

    def sees(self, who: Actor, study_id: str) -> StudyView:
        """The study's page."""
        return reporting.study_view(self.db, who, study_id, now())

    def deliveries(self, study_id: str) -> dict[tuple[str, int], str]:
        """(destination, version) → state."""
        return {(d.destination, d.version): d.state for d in self.sees(self.consultant, study_id).deliveries}


@contextmanager
def a_department(db: Database, hl7_port: int, fhir_url: str) -> Iterator[Department]:
    """The department at work; the listener is a real one on a free port."""
    builders.a_site(db)
    trainee = builders.a_person(db, "trainee", 2)
    consultant = builders.a_person(db, "consultant", 3)
    builders.is_available(db, consultant, now())
    wires = Wires(
        destinations=(
            Destination("ehr-hl7", "mllp", port=hl7_port, timeout_seconds=10),
            Destination("ehr-fhir", "fhir", url=fhir_url, timeout_seconds=30),
        )
    )
    stop, ready, port = threading.Event(), threading.Event(), []

    def is_ready(bound: int) -> None:
        port.append(bound)
        ready.set()

    listening = threading.Thread(
        target=listener.run, args=(db, wires, Settings(listen_port=0)), kwargs={"stop": stop, "ready": is_ready}
    )
    listening.start()
    try:
        assert ready.wait(20)
        yield Department(db, wires, port[0], trainee, consultant)
    finally:
        stop.set()
        listening.join(30)


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S+0000")
