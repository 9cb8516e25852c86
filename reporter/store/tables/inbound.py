"""The inbox: every message that came in, byte for byte, what was answered, and what a person did about it."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, LargeBinary, String, Table, Text, text

from reporter.store.tables.base import instant, key, metadata

inbox = Table(
    "inbox",
    metadata,
    key(),
    # NULL when the message could not even be read, or named a place that is no site of ours.
    Column("site_code", String(20), ForeignKey("site.code")),
    Column("source", String(60), nullable=False),
    Column("sender_application", String(200), nullable=False),
    Column("sender_facility", String(200), nullable=False),
    Column("control_id", String(200), nullable=False),
    # The first message with this sender and id; what comes later with the same id is a duplicate or a mistake.
    Column("owns_id", Boolean, nullable=False),
    Column("message_type", String(40), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("exception", Text),
    Column("resolution", Text),
    Column("resolved_by", String(36)),
    instant("resolved_at"),
    Column("study_id", String(36)),
    Column("patient_id", String(36)),
    instant("received_at", required=True),
    CheckConstraint("outcome IN ('applied', 'exception', 'reprocessed', 'closed')", name="outcome"),
    Index(
        "one_owner_of_an_id",
        "sender_application",
        "sender_facility",
        "control_id",
        unique=True,
        sqlite_where=text("owns_id"),
        postgresql_where=text("owns_id"),
    ),
    Index("ix_inbox_site_code_outcome", "site_code", "outcome", "received_at"),
    Index("ix_inbox_study_id", "study_id"),
)
