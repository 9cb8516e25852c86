"""The installation's own book-keeping: leases, runs and heartbeats. These rows belong to no site."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from reporter.store.tables.base import instant, metadata

lease = Table(
    "lease",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("held_by", String(80), nullable=False),
    instant("held_until", required=True),
)

job_run = Table(
    "job_run",
    metadata,
    Column("job", String(60), primary_key=True),
    Column("period", String(40), primary_key=True),
    Column("held_by", String(80), nullable=False),
    instant("started_at", required=True),
    instant("ended_at"),
    Column("words", String(500)),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("held_by", String(80), nullable=False),
    instant("at", required=True),
)
