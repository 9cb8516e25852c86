"""A full outbox quickly: a report that was signed three times, and copies of it under ids of their own."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import insert, select

from reporter.actions import reporting
from reporter.actions.actor import Actor
from reporter.integration.hl7v2.oru_r01 import control_id
from reporter.integration.wires import Destination
from reporter.store.database import Database
from reporter.store.rows import new_id
from reporter.store.tables.delivery import delivery, outbox_message
from reporter.store.tables.orders import study
from reporter.store.tables.reports import report, report_version
from tests.builders import NOW, a_signed_report, signs, the_draft_number


def signed_three_times(
    db: Database, signer: Actor, destinations: tuple[Destination, ...], now: datetime = NOW, **answers: object
) -> str:
    """A report with an original and two amendments, each with a message to every destination; its study's key."""
    study_id = a_signed_report(db, signer, destinations, now, **answers)
    for minutes in (1, 2):
        amended(db, signer, study_id, destinations, now + timedelta(minutes=minutes), rv_esv=str(78 + minutes))
    return study_id


def amended(
    db: Database, signer: Actor, study_id: str, destinations: tuple[Destination, ...], now: datetime, **answers: str
) -> None:
    """One more version of a report."""
    reporting.amend(db, signer, study_id, "amendment", "A figure was mistyped.", now)
    sent = {field: [value] for field, value in answers.items()}
    reporting.save_draft(db, signer, study_id, sent, the_draft_number(db, study_id), (), now)
    signs(db, signer, study_id, destinations, now)


def copies_of_outbox(db: Database, study_id: str, many: int) -> None:
    """Copies a study with its report, versions and messages; each copied message has an id of its own in its bytes."""
    with db.begin() as session:
        of = session.execute(select(study).where(study.c.id == study_id)).one()._asdict()
        its = session.execute(select(report).where(report.c.study_id == study_id)).one()._asdict()
        here = {"report_id": its["id"]}
        versions, messages, deliveries = (
            [row._asdict() for row in session.execute(select(table).filter_by(**here).order_by(table.c.version))]
            for table in (report_version, outbox_message, delivery)
        )
        for _ in range(many):
            new_study, new_report = new_id(), new_id()
            fresh = {message["id"]: new_id() for message in messages}
            session.execute(insert(study).values(**{**of, "id": new_study, "accession": new_study[:20]}))
            session.execute(insert(report).values(**{**its, "id": new_report, "study_id": new_study}))
            session.execute(insert(report_version), [{**row, "report_id": new_report} for row in versions])
            session.execute(insert(outbox_message), [_copied(row, fresh[row["id"]], new_report) for row in messages])
            session.execute(
                insert(delivery),
                [{**row, "message_id": fresh[row["message_id"]], "report_id": new_report} for row in deliveries],
            )


def _copied(row: dict, key: str, report_id: str) -> dict:
    payload = row["payload"]
    for name in (lambda known: known, control_id):
        payload = payload.replace(name(row["id"]).encode(), name(key).encode())
    assert payload != row["payload"]
    digest = hashlib.sha256(payload).hexdigest()
    return {**row, "id": key, "report_id": report_id, "payload": payload, "sha256": digest}
