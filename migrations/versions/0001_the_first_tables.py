"""The first tables, and the triggers that make signed content append-only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: In the order in which they can be dropped.
TABLES = (
    "delivery_attempt",
    "delivery",
    "signature",
    "rendition",
    "outbox_message",
    "report_version",
    "draft_submission",
    "draft",
    "report",
    "class_change",
    "breach",
    "study",
    "person_site",
    "patient_identifier",
    "patient_change",
    "login_session",
    "credential",
    "availability",
    "site_closure",
    "person",
    "patient",
    "inbox",
    "site",
    "login_failure",
    "lease",
    "job_run",
    "heartbeat",
    "audit_head",
    "audit_event",
)

#: What may only be added to.
APPEND_ONLY = (
    "audit_event",
    "class_change",
    "delivery_attempt",
    "draft_submission",
    "outbox_message",
    "patient_change",
    "rendition",
    "report_version",
    "signature",
)


def upgrade() -> None:  # noqa: PLR0915 (one statement a table and an index)
    op.create_table(
        "audit_event",
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(36)),
        sa.Column("actor_name", sa.String(200), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("object_type", sa.String(40), nullable=False),
        sa.Column("object_id", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer()),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("address", sa.String(60)),
        sa.Column("request_id", sa.String(60)),
        sa.Column("words", sa.Text()),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("site_code", "seq", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_actor_id_at", "audit_event", ["actor_id", "at"])
    op.create_index("ix_audit_event_object_id_at", "audit_event", ["object_id", "at"])

    op.create_table(
        "audit_head",
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("site_code", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("held_by", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(60), nullable=False),
        sa.Column("period", sa.String(40), nullable=False),
        sa.Column("held_by", sa.String(80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("words", sa.String(500)),
        sa.PrimaryKeyConstraint("job", "period", name=op.f("pk_job_run")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("held_by", sa.String(80), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "login_failure",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("username", sa.String(80), nullable=False),
        sa.Column("address", sa.String(60), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
    )
    op.create_index("ix_login_failure_address_at", "login_failure", ["address", "at"])
    op.create_index("ix_login_failure_username_at", "login_failure", ["username", "at"])

    op.create_table(
        "site",
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("organisation_code", sa.String(20), nullable=False),
        sa.Column("organisation_name", sa.String(200), nullable=False),
        sa.Column("nation", sa.String(20), nullable=False),
        sa.Column("reference_set", sa.String(60), nullable=False),
        sa.Column("papillary_convention", sa.String(20), nullable=False),
        sa.Column("bsa_formula", sa.String(20), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "nation IN ('england', 'scotland', 'wales', 'northern_ireland')", name=op.f("ck_site_nation")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_site")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20)),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("sender_application", sa.String(200), nullable=False),
        sa.Column("sender_facility", sa.String(200), nullable=False),
        sa.Column("control_id", sa.String(200), nullable=False),
        sa.Column("owns_id", sa.Boolean(), nullable=False),
        sa.Column("message_type", sa.String(40), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("exception", sa.Text()),
        sa.Column("resolution", sa.Text()),
        sa.Column("resolved_by", sa.String(36)),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("study_id", sa.String(36)),
        sa.Column("patient_id", sa.String(36)),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('applied', 'exception', 'reprocessed', 'closed')", name=op.f("ck_inbox_outcome")
        ),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_inbox_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_index("ix_inbox_site_code_outcome", "inbox", ["site_code", "outcome", "received_at"])
    op.create_index("ix_inbox_study_id", "inbox", ["study_id"])
    op.create_index(
        "one_owner_of_an_id",
        "inbox",
        ["sender_application", "sender_facility", "control_id"],
        unique=True,
        sqlite_where=sa.text("owns_id"),
        postgresql_where=sa.text("owns_id"),
    )

    op.create_table(
        "patient",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("family", sa.String(200), nullable=False),
        sa.Column("given", sa.String(200), nullable=False),
        sa.Column("title", sa.String(40)),
        sa.Column("birth_date", sa.Date()),
        sa.Column("sex", sa.String(10), nullable=False),
        sa.Column("nhs_number", sa.String(20)),
        sa.Column("nhs_number_valid", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.String(36)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("sex IN ('male', 'female', 'other', 'unknown')", name=op.f("ck_patient_sex")),
        sa.ForeignKeyConstraint(["merged_into"], ["patient.id"], name=op.f("fk_patient_merged_into")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_patient_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
    )
    op.create_index("ix_patient_site_code_nhs_number", "patient", ["site_code", "nhs_number"])

    op.create_table(
        "person",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("username", sa.String(80), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("family", sa.String(100)),
        sa.Column("given", sa.String(100)),
        sa.Column("title", sa.String(40)),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("grade", sa.String(100)),
        sa.Column("registration_body", sa.String(20)),
        sa.Column("registration_number", sa.String(40)),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('trainee', 'consultant', 'clinical_lead', 'radiographer', 'auditor', 'admin')",
            name=op.f("ck_person_role"),
        ),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_person_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("username", name=op.f("uq_person_username")),
    )
    op.create_table(
        "site_closure",
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_site_closure_site_code")),
        sa.PrimaryKeyConstraint("site_code", "day", name=op.f("pk_site_closure")),
    )
    op.create_table(
        "availability",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("expires", sa.Date()),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_availability_person_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_availability_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability")),
    )
    op.create_index("ix_availability_site_code_ends_at", "availability", ["site_code", "ends_at"])

    op.create_table(
        "credential",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("body", sa.String(60), nullable=False),
        sa.Column("scheme", sa.String(20), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("awarded", sa.Date(), nullable=False),
        sa.Column("expires", sa.Date()),
        sa.Column("certificate", sa.String(100)),
        sa.CheckConstraint("scheme IN ('physician', 'technologist')", name=op.f("ck_credential_scheme")),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_credential_level")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_credential_person_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_credential_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
    )
    op.create_index("ix_credential_person_id", "credential", ["person_id"])

    op.create_table(
        "login_session",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("address", sa.String(60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_login_session_person_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_login_session_site_code")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_login_session")),
    )
    op.create_index("ix_login_session_person_id", "login_session", ["person_id"])

    op.create_table(
        "patient_change",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("patient_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("inbox_id", sa.String(36)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('updated', 'merged')", name=op.f("ck_patient_change_kind")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_change_patient_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_patient_change_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_change")),
    )
    op.create_index("ix_patient_change_patient_id", "patient_change", ["patient_id"])

    op.create_table(
        "patient_identifier",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("patient_id", sa.String(36), nullable=False),
        sa.Column("authority", sa.String(60), nullable=False),
        sa.Column("value", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_identifier_patient_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_patient_identifier_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_identifier")),
        sa.UniqueConstraint(
            "site_code", "authority", "value", name=op.f("uq_patient_identifier_site_code_authority_value")
        ),
    )
    op.create_index("ix_patient_identifier_patient_id", "patient_identifier", ["patient_id"])

    op.create_table(
        "person_site",
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_site_person_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_person_site_site_code")),
        sa.PrimaryKeyConstraint("person_id", "site_code", name=op.f("pk_person_site")),
    )
    op.create_table(
        "study",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("patient_id", sa.String(36), nullable=False),
        sa.Column("accession", sa.String(60), nullable=False),
        sa.Column("placer_order", sa.String(80)),
        sa.Column("filler_order", sa.String(80)),
        sa.Column("procedure", sa.String(300), nullable=False),
        sa.Column("procedure_code", sa.String(60)),
        sa.Column("clinical_question", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text()),
        sa.Column("priority", sa.String(20), nullable=False),
        sa.Column("patient_class", sa.String(20), nullable=False),
        sa.Column("class_at_start", sa.String(20)),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("cancelled_reason", sa.String(300)),
        sa.Column("requested_at", sa.DateTime(timezone=True)),
        sa.Column("scheduled_at", sa.DateTime(timezone=True)),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("images_available_at", sa.DateTime(timezone=True)),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("inbox_id", sa.String(36)),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "patient_class IN ('inpatient', 'outpatient', 'emergency', 'unknown')", name=op.f("ck_study_patient_class")
        ),
        sa.CheckConstraint(
            "status IN ('ordered', 'scheduled', 'in_progress', 'on_hold', 'completed', 'cancelled')",
            name=op.f("ck_study_status"),
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_study_patient_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_study_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint("site_code", "accession", name=op.f("uq_study_site_code_accession")),
    )
    op.create_index("ix_study_patient_id", "study", ["patient_id"])
    op.create_index("ix_study_site_code_completed_at", "study", ["site_code", "completed_at"])
    op.create_index("ix_study_site_code_placer_order", "study", ["site_code", "placer_order"])

    op.create_table(
        "breach",
        sa.Column("study_id", sa.String(36), nullable=False),
        sa.Column("target_id", sa.String(60), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_breach_site_code")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_breach_study_id")),
        sa.PrimaryKeyConstraint("study_id", "target_id", name=op.f("pk_breach")),
    )
    op.create_index("ix_breach_site_code_due_at", "breach", ["site_code", "due_at"])

    op.create_table(
        "class_change",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("study_id", sa.String(36), nullable=False),
        sa.Column("from_class", sa.String(20), nullable=False),
        sa.Column("to_class", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inbox_id", sa.String(36)),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_class_change_site_code")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_class_change_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_change")),
    )
    op.create_index("ix_class_change_study_id", "class_change", ["study_id"])

    op.create_table(
        "report",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("study_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("assigned_to", sa.String(36)),
        sa.Column("current_version", sa.Integer(), nullable=False),
        sa.Column("queue_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("first_signed_at", sa.DateTime(timezone=True)),
        sa.Column("signed_at", sa.DateTime(timezone=True)),
        sa.Column("signed_by", sa.String(36)),
        sa.Column("available_at", sa.DateTime(timezone=True)),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('unreported', 'draft', 'submitted', 'returned', 'signed', 'amending', 'withdrawn')",
            name=op.f("ck_report_state"),
        ),
        sa.ForeignKeyConstraint(["assigned_to"], ["person.id"], name=op.f("fk_report_assigned_to")),
        sa.ForeignKeyConstraint(["signed_by"], ["person.id"], name=op.f("fk_report_signed_by")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_report_site_code")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_report_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("study_id", name=op.f("uq_report_study_id")),
    )
    op.create_index("ix_report_assigned_to_queue_at", "report", ["assigned_to", "site_code", "queue_at", "id"])
    op.create_index(
        "ix_report_open_due_at",
        "report",
        ["site_code", "due_at"],
        sqlite_where=sa.text("first_signed_at IS NULL"),
        postgresql_where=sa.text("first_signed_at IS NULL"),
    )
    op.create_index("ix_report_site_code_queue_at", "report", ["site_code", "queue_at", "id"])
    op.create_index("ix_report_site_code_state_queue_at", "report", ["site_code", "state", "listed", "queue_at", "id"])
    op.create_index(
        "ix_report_unsettled",
        "report",
        ["site_code"],
        sqlite_where=sa.text("NOT settled"),
        postgresql_where=sa.text("NOT settled"),
    )

    op.create_table(
        "draft",
        sa.Column("report_id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.String(60), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("confirmed", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(36), nullable=False),
        sa.Column("edited_by", sa.String(36), nullable=False),
        sa.Column("delegation", sa.Text()),
        sa.Column("return_comment", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('original', 'amendment', 'addendum')", name=op.f("ck_draft_kind")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_draft_author_id")),
        sa.ForeignKeyConstraint(["edited_by"], ["person.id"], name=op.f("fk_draft_edited_by")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_draft_report_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_draft_site_code")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_draft")),
    )
    op.create_table(
        "draft_submission",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("report_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("comment", sa.Text()),
        sa.Column("delegation", sa.Text()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('submitted', 'returned')", name=op.f("ck_draft_submission_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_draft_submission_person_id")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_draft_submission_report_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_draft_submission_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_submission")),
    )
    op.create_index("ix_draft_submission_report_id", "draft_submission", ["report_id"])

    op.create_table(
        "report_version",
        sa.Column("report_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("study_id", sa.String(36), nullable=False),
        sa.Column("patient_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("template_id", sa.String(60), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("lv_ef", sa.Numeric(precision=6, scale=2)),
        sa.Column("rv_ef", sa.Numeric(precision=6, scale=2)),
        sa.Column("lv_edvi", sa.Numeric(precision=7, scale=2)),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind = 'original' OR reason IS NOT NULL", name=op.f("ck_report_version_reason")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_report_version_version")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_report_version_patient_id")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_version_report_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_report_version_site_code")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_report_version_study_id")),
        sa.PrimaryKeyConstraint("report_id", "version", name=op.f("pk_report_version")),
    )
    op.create_index("ix_report_version_patient_id", "report_version", ["patient_id"])
    op.create_index("ix_report_version_study_id", "report_version", ["study_id"])

    op.create_table(
        "outbox_message",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("destination", sa.String(60), nullable=False),
        sa.Column("report_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id", "version"],
            ["report_version.report_id", "report_version.version"],
            name=op.f("fk_outbox_message_report_id_version"),
        ),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_outbox_message_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint(
            "destination", "report_id", "version", name=op.f("uq_outbox_message_destination_report_id_version")
        ),
    )
    op.create_table(
        "rendition",
        sa.Column("report_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("media_type", sa.String(60), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id", "version"],
            ["report_version.report_id", "report_version.version"],
            name=op.f("fk_rendition_report_id_version"),
        ),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_rendition_site_code")),
        sa.PrimaryKeyConstraint("report_id", "version", "media_type", name=op.f("pk_rendition")),
    )
    op.create_table(
        "signature",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("report_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("signer_id", sa.String(36), nullable=False),
        sa.Column("signer", sa.Text(), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("meaning", sa.String(30), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("evidence", sa.Text()),
        sa.Column("authentication", sa.String(30), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "meaning <> 'reviewed-and-approved' OR role IN ('consultant', 'clinical_lead')",
            name=op.f("ck_signature_consultant_approves"),
        ),
        sa.ForeignKeyConstraint(
            ["report_id", "version"],
            ["report_version.report_id", "report_version.version"],
            name=op.f("fk_signature_report_id_version"),
        ),
        sa.ForeignKeyConstraint(["signer_id"], ["person.id"], name=op.f("fk_signature_signer_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_signature_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
    )
    op.create_index(
        "one_approval",
        "signature",
        ["report_id", "version"],
        unique=True,
        sqlite_where=sa.text("meaning = 'reviewed-and-approved'"),
        postgresql_where=sa.text("meaning = 'reviewed-and-approved'"),
    )

    op.create_table(
        "delivery",
        sa.Column("message_id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("destination", sa.String(60), nullable=False),
        sa.Column("report_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True)),
        sa.Column("held_by", sa.String(80)),
        sa.Column("words", sa.Text()),
        sa.Column("code", sa.String(40)),
        sa.Column("acknowledgement", sa.LargeBinary()),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'held', 'leased', 'acknowledged', 'refused', 'set_aside')",
            name=op.f("ck_delivery_state"),
        ),
        sa.ForeignKeyConstraint(["message_id"], ["outbox_message.id"], name=op.f("fk_delivery_message_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_delivery_site_code")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "destination", "report_id", "version", name=op.f("uq_delivery_destination_report_id_version")
        ),
    )
    op.create_index("ix_delivery_destination_state", "delivery", ["destination", "state"])
    op.create_index("ix_delivery_report_id", "delivery", ["report_id"])
    op.create_index(
        "ix_delivery_unsent",
        "delivery",
        ["destination", "next_at"],
        sqlite_where=sa.text("state IN ('waiting', 'leased')"),
        postgresql_where=sa.text("state IN ('waiting', 'leased')"),
    )

    op.create_table(
        "delivery_attempt",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("site_code", sa.String(20), nullable=False),
        sa.Column("message_id", sa.String(36), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("code", sa.String(40)),
        sa.Column("words", sa.Text()),
        sa.Column("acknowledgement", sa.LargeBinary()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["outbox_message.id"], name=op.f("fk_delivery_attempt_message_id")),
        sa.ForeignKeyConstraint(["site_code"], ["site.code"], name=op.f("fk_delivery_attempt_site_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempt")),
    )
    op.create_index("ix_delivery_attempt_message_id", "delivery_attempt", ["message_id"])

    guard(op.get_bind().dialect.name)


def guard(dialect: str) -> None:
    """The triggers. A later batch migration of one of these tables on SQLite has to make its triggers again."""
    if dialect != "sqlite":
        op.execute(
            "CREATE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'append-only: %', TG_TABLE_NAME USING ERRCODE = '42501'; END $$"
        )
    for table in APPEND_ONLY:
        forbid(dialect, table, "update", "UPDATE")
        forbid(dialect, table, "delete", "DELETE")
    # What came in stays as it came; only what a person did about it is written later.
    forbid(dialect, "inbox", "update", "UPDATE OF raw, sha256")
    forbid(dialect, "inbox", "delete", "DELETE")


def forbid(dialect: str, table: str, verb: str, event: str) -> None:
    """One trigger that refuses; on PostgreSQL also TRUNCATE, which fires no row trigger."""
    if dialect == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION forbid_change()"
    )
    if verb == "delete":
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION forbid_change()")
