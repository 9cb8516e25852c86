"""The audit log: one hash chain for each site, and one for the installation."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from reporter.store.tables.base import instant, metadata

#: The chain of what belongs to no site: failed sign-ins of unknown names, the worker's own acts.
INSTALLATION = "-"

audit_head = Table(
    "audit_head",
    metadata,
    Column("site_code", String(20), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

audit_event = Table(
    "audit_event",
    metadata,
    Column("site_code", String(20), primary_key=True),
    Column("seq", Integer, primary_key=True),
    instant("at", required=True),
    Column("actor_id", String(36)),
    Column("actor_name", String(200), nullable=False),
    Column("action", String(60), nullable=False),
    Column("object_type", String(40), nullable=False),
    Column("object_id", String(80), nullable=False),
    Column("version", Integer),
    Column("outcome", String(20), nullable=False),
    Column("address", String(60)),
    Column("request_id", String(60)),
    Column("words", Text),
    # The chain holds the hash of salt and content, never the content: what must be erased can be, and still verifies.
    Column("salt", String(32), nullable=False),
    Column("content_sha256", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_event_object_id_at", "object_id", "at"),
    Index("ix_audit_event_actor_id_at", "actor_id", "at"),
)
