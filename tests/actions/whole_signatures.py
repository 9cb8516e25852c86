"""What must hold after any attack on signing: every signature is whole, and what was acknowledged is there."""

from __future__ import annotations

from sqlalchemy import text

from reporter.store import audit_log
from tests.actions import signing_process


def number_of(db, query):
    with db.read() as session:
        return session.execute(text(query)).scalar_one()


def nothing_is_half_written(db, signed_reports):
    """Version, signature, rendition, messages, deliveries, state and audit line are there together or not at all."""
    wires = len(signing_process.WIRES)
    assert number_of(db, "SELECT count(*) FROM report_version") == signed_reports
    assert number_of(db, "SELECT count(*) FROM signature") == signed_reports
    assert number_of(db, "SELECT count(*) FROM rendition") == signed_reports
    assert number_of(db, "SELECT count(*) FROM report WHERE state = 'signed' AND current_version = 1") == signed_reports
    assert number_of(db, "SELECT count(*) FROM audit_event WHERE action = 'signed'") == signed_reports
    assert number_of(db, "SELECT count(*) FROM outbox_message") == signed_reports * wires
    assert number_of(db, "SELECT count(*) FROM delivery WHERE state = 'waiting'") == signed_reports * wires
    with db.read() as session:
        assert all(audit_log.verify(session, code).ok for code in audit_log.heads(session))


def signed_in(db):
    signed = "SELECT r.study_id, s.content_sha256 FROM signature s JOIN report r ON r.id = s.report_id"
    with db.read() as session:
        return {row.study_id: row.content_sha256 for row in session.execute(text(signed))}
