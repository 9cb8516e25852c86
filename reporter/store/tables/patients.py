"""Patients as the hospital's feed knows them, and what was changed about them."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, String, Table, UniqueConstraint

from reporter.store.tables.base import instant, key, metadata, reference, site_code
from reporter.store.types import JsonText

patient = Table(
    "patient",
    metadata,
    key(),
    site_code(),
    Column("family", String(200), nullable=False),
    Column("given", String(200), nullable=False),
    Column("title", String(40)),
    Column("birth_date", Date),
    Column("sex", String(10), nullable=False),
    Column("nhs_number", String(20)),
    # A number that fails modulus 11 is carried and flagged, never dropped, and never used to find a patient.
    Column("nhs_number_valid", Boolean, nullable=False),
    # Set when a merge (ADT^A40) found this record to be the same person as another.
    reference("merged_into", "patient.id", nullable=True),
    instant("created_at", required=True),
    instant("updated_at", required=True),
    CheckConstraint("sex IN ('male', 'female', 'other', 'unknown')", name="sex"),
    Index("ix_patient_site_code_nhs_number", "site_code", "nhs_number"),
)

patient_identifier = Table(
    "patient_identifier",
    metadata,
    key(),
    site_code(),
    reference("patient_id", "patient.id"),
    Column("authority", String(60), nullable=False),
    Column("value", String(60), nullable=False),
    UniqueConstraint("site_code", "authority", "value"),
    Index("ix_patient_identifier_patient_id", "patient_id"),
)

patient_change = Table(
    "patient_change",
    metadata,
    key(),
    site_code(),
    reference("patient_id", "patient.id"),
    Column("kind", String(20), nullable=False),
    Column("before", JsonText, nullable=False),
    Column("after", JsonText, nullable=False),
    Column("inbox_id", String(36)),
    instant("at", required=True),
    CheckConstraint("kind IN ('updated', 'merged')", name="kind"),
    Index("ix_patient_change_patient_id", "patient_id"),
)
