"""The outbox: what is to be sent (never changed), and how far each sending has come."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from reporter.store.tables.base import instant, key, metadata, reference, site_code

STATES = ("waiting", "held", "leased", "acknowledged", "refused", "set_aside")

outbox_message = Table(
    "outbox_message",
    metadata,
    key(),  # MSH-10 and the Bundle's identifier: the same on every retry
    site_code(),
    Column("destination", String(60), nullable=False),
    Column("report_id", String(36), nullable=False),
    Column("version", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    instant("created_at", required=True),
    # Only a version that exists, and so was signed in the same transaction, can be sent.
    ForeignKeyConstraint(["report_id", "version"], ["report_version.report_id", "report_version.version"]),
    UniqueConstraint("destination", "report_id", "version"),
)

delivery = Table(
    "delivery",
    metadata,
    reference("message_id", "outbox_message.id", primary_key=True),
    site_code(),
    Column("destination", String(60), nullable=False),
    Column("report_id", String(36), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    instant("next_at", required=True),
    instant("held_until"),
    Column("held_by", String(80)),
    Column("words", Text),  # the receiver's words, or why it is held back
    Column("code", String(40)),
    Column("acknowledgement", LargeBinary),
    instant("acknowledged_at"),
    instant("created_at", required=True),
    CheckConstraint("state IN ('waiting', 'held', 'leased', 'acknowledged', 'refused', 'set_aside')", name="state"),
    UniqueConstraint("destination", "report_id", "version"),
    Index("ix_delivery_report_id", "report_id"),
    Index("ix_delivery_destination_state", "destination", "state"),
    Index(
        "ix_delivery_unsent",
        "destination",
        "next_at",
        sqlite_where=text("state IN ('waiting', 'leased')"),
        postgresql_where=text("state IN ('waiting', 'leased')"),
    ),
)

delivery_attempt = Table(
    "delivery_attempt",
    metadata,
    key(),
    site_code(),
    reference("message_id", "outbox_message.id"),
    Column("attempt", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("code", String(40)),
    Column("words", Text),
    Column("acknowledgement", LargeBinary),
    instant("at", required=True),
    Index("ix_delivery_attempt_message_id", "message_id"),
)
