"""People, what they are accredited for, when they are available, and their sign-ins."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, String, Table

from reporter.store.tables.base import instant, key, metadata, reference, site_code

ROLES = ("trainee", "consultant", "clinical_lead", "radiographer", "auditor", "admin")

person = Table(
    "person",
    metadata,
    key(),
    site_code(),  # the home site; where else they may work stands in person_site
    Column("username", String(80), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False),
    Column("name", String(200), nullable=False),
    Column("family", String(100)),
    Column("given", String(100)),
    Column("title", String(40)),
    Column("role", String(20), nullable=False),
    Column("grade", String(100)),
    Column("registration_body", String(20)),
    Column("registration_number", String(40)),
    Column("active", Boolean, nullable=False),
    instant("created_at", required=True),
    CheckConstraint(
        "role IN ('trainee', 'consultant', 'clinical_lead', 'radiographer', 'auditor', 'admin')", name="role"
    ),
)

person_site = Table(
    "person_site",
    metadata,
    reference("person_id", "person.id", primary_key=True),
    site_code(primary_key=True),
)

credential = Table(
    "credential",
    metadata,
    key(),
    site_code(),
    reference("person_id", "person.id"),
    Column("body", String(60), nullable=False),
    # Physicians' and technologists' levels share their numbers and are never compared.
    Column("scheme", String(20), nullable=False),
    Column("level", Integer, nullable=False),
    Column("awarded", Date, nullable=False),
    Column("expires", Date),
    Column("certificate", String(100)),
    CheckConstraint("level BETWEEN 1 AND 3", name="level"),
    CheckConstraint("scheme IN ('physician', 'technologist')", name="scheme"),
    Index("ix_credential_person_id", "person_id"),
)

availability = Table(
    "availability",
    metadata,
    key(),
    site_code(),
    reference("person_id", "person.id"),
    Column("level", Integer, nullable=False),
    # The last day on which that level counts: an entry made in advance does not outlive the accreditation.
    Column("expires", Date),
    instant("starts_at", required=True),
    instant("ends_at", required=True),
    Index("ix_availability_site_code_ends_at", "site_code", "ends_at"),
)

login_session = Table(
    "login_session",
    metadata,
    # The token itself is only in the browser: a copy of the database opens no session.
    Column("token_sha256", String(64), primary_key=True),
    site_code(),
    reference("person_id", "person.id"),
    Column("address", String(60), nullable=False),
    instant("created_at", required=True),
    instant("seen_at", required=True),
    instant("ends_at", required=True),
    instant("revoked_at"),
    Index("ix_login_session_person_id", "person_id"),
)

#: Failed sign-ins, so that the throttle is the same in every web worker. They belong to no site: the name may be
#: nobody's.
login_failure = Table(
    "login_failure",
    metadata,
    key(),
    Column("username", String(80), nullable=False),
    Column("address", String(60), nullable=False),
    instant("at", required=True),
    Index("ix_login_failure_username_at", "username", "at"),
    Index("ix_login_failure_address_at", "address", "at"),
)
