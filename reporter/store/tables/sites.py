"""Sites and the days on which they don't work."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, String, Table

from reporter.store.tables.base import metadata, site_code

site = Table(
    "site",
    metadata,
    Column("code", String(20), primary_key=True),  # ODS site code
    Column("name", String(200), nullable=False),
    Column("organisation_code", String(20), nullable=False),
    Column("organisation_name", String(200), nullable=False),
    # Bank holidays follow the nation, not the time zone.
    Column("nation", String(20), nullable=False),
    # What a new report starts with; the reporter may choose otherwise on the form.
    Column("reference_set", String(60), nullable=False),
    Column("papillary_convention", String(20), nullable=False),
    Column("bsa_formula", String(20), nullable=False),
    Column("active", Boolean, nullable=False),
    CheckConstraint("nation IN ('england', 'scotland', 'wales', 'northern_ireland')", name="nation"),
)

site_closure = Table(
    "site_closure",
    metadata,
    site_code(primary_key=True),
    Column("day", Date, primary_key=True),
    Column("reason", String(200), nullable=False),
)
