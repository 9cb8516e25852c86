"""Reports: the state of each, its draft, and what was signed, which is only ever added to."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    Text,
    text,
)

from reporter.store.tables.base import instant, key, metadata, reference, site_code
from reporter.store.types import JsonText

#: A report row is there from the order on, so that the worklist is one index away from its 25 rows.
report = Table(
    "report",
    metadata,
    key(),
    site_code(),
    reference("study_id", "study.id", unique=True),
    Column("state", String(20), nullable=False),
    # True once the examination is completed and not cancelled: before that there is nothing to report.
    Column("listed", Boolean, nullable=False),
    reference("assigned_to", "person.id", nullable=True),
    Column("current_version", Integer, nullable=False),
    # What the worklist is ordered by: the earliest due instant, or the scheduled time before the scan.
    instant("queue_at", required=True),
    # After this the study is overdue (the binding target, not the ideal). None before the clock has started.
    instant("due_at"),
    instant("first_signed_at"),
    instant("signed_at"),
    reference("signed_by", "person.id", nullable=True),
    # The first acknowledgement of version 1 by a destination: "available to the referrer".
    instant("available_at"),
    # True once the clock has stopped for every target and the sweep has seen it: nothing about it can change any more.
    Column("settled", Boolean, nullable=False),
    instant("updated_at", required=True),
    CheckConstraint(
        "state IN ('unreported', 'draft', 'submitted', 'returned', 'signed', 'amending', 'withdrawn')", name="state"
    ),
    Index("ix_report_site_code_queue_at", "site_code", "queue_at", "id"),
    Index("ix_report_site_code_state_queue_at", "site_code", "state", "listed", "queue_at", "id"),
    Index("ix_report_assigned_to_queue_at", "assigned_to", "site_code", "queue_at", "id"),
    Index(
        "ix_report_open_due_at",
        "site_code",
        "due_at",
        sqlite_where=text("first_signed_at IS NULL"),
        postgresql_where=text("first_signed_at IS NULL"),
    ),
    Index("ix_report_unsettled", "site_code", sqlite_where=text("NOT settled"), postgresql_where=text("NOT settled")),
)

draft = Table(
    "draft",
    metadata,
    reference("report_id", "report.id", primary_key=True),
    site_code(),
    # Counts every change, over all versions of the report: what a form or a signing page says it has seen.
    Column("number", Integer, nullable=False),
    Column("template_id", String(60), nullable=False),
    Column("template_version", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("reason", Text),
    Column("answers", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    # Unlikely values that a person has confirmed: field id to the value as it was then.
    Column("confirmed", JsonText, nullable=False),
    reference("author_id", "person.id"),
    reference("edited_by", "person.id"),
    Column("delegation", JsonText),  # the certificate under which it was submitted
    Column("return_comment", Text),
    instant("created_at", required=True),
    instant("updated_at", required=True),
    instant("submitted_at"),
    CheckConstraint("kind IN ('original', 'amendment', 'addendum')", name="kind"),
)

draft_submission = Table(
    "draft_submission",
    metadata,
    key(),
    site_code(),
    reference("report_id", "report.id"),
    Column("number", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("answers", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    reference("person_id", "person.id"),
    Column("comment", Text),
    Column("delegation", JsonText),
    instant("at", required=True),
    CheckConstraint("kind IN ('submitted', 'returned')", name="kind"),
    Index("ix_draft_submission_report_id", "report_id"),
)

report_version = Table(
    "report_version",
    metadata,
    reference("report_id", "report.id", primary_key=True),
    Column("version", Integer, primary_key=True),
    site_code(),
    reference("study_id", "study.id"),
    reference("patient_id", "patient.id"),
    Column("kind", String(20), nullable=False),
    Column("reason", Text),
    Column("content", Text, nullable=False),  # ReportDocument.canonical()
    Column("sha256", String(64), nullable=False),
    Column("template_id", String(60), nullable=False),
    Column("template_version", Integer, nullable=False),
    # Searched by; the report itself is `content`.
    Column("lv_ef", Numeric(6, 2)),
    Column("rv_ef", Numeric(6, 2)),
    Column("lv_edvi", Numeric(7, 2)),
    instant("signed_at", required=True),
    CheckConstraint("version >= 1", name="version"),
    CheckConstraint("kind = 'original' OR reason IS NOT NULL", name="reason"),
    Index("ix_report_version_study_id", "study_id"),
    Index("ix_report_version_patient_id", "patient_id"),
)

signature = Table(
    "signature",
    metadata,
    key(),
    site_code(),
    Column("report_id", String(36), nullable=False),
    Column("version", Integer, nullable=False),
    reference("signer_id", "person.id"),
    Column("signer", JsonText, nullable=False),  # a PersonOnReport: name and registration as they were then
    Column("role", String(20), nullable=False),
    Column("meaning", String(30), nullable=False),
    Column("statement", Text, nullable=False),
    Column("content_sha256", String(64), nullable=False),
    Column("evidence", JsonText),  # the permission as it was decided
    Column("authentication", String(30), nullable=False),
    instant("signed_at", required=True),
    ForeignKeyConstraint(["report_id", "version"], ["report_version.report_id", "report_version.version"]),
    # Responsibility always lies with a consultant (BSCMR); a clinical lead is one.
    CheckConstraint(
        "meaning <> 'reviewed-and-approved' OR role IN ('consultant', 'clinical_lead')", name="consultant_approves"
    ),
    Index(
        "one_approval",
        "report_id",
        "version",
        unique=True,
        sqlite_where=text("meaning = 'reviewed-and-approved'"),
        postgresql_where=text("meaning = 'reviewed-and-approved'"),
    ),
)

rendition = Table(
    "rendition",
    metadata,
    Column("report_id", String(36), primary_key=True),
    Column("version", Integer, primary_key=True),
    site_code(),
    Column("media_type", String(60), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    ForeignKeyConstraint(["report_id", "version"], ["report_version.report_id", "report_version.version"]),
)
