"""Studies: the order and the examination that one report answers, and changes of the patient's class."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, String, Table, Text, UniqueConstraint

from reporter.store.tables.base import instant, key, metadata, reference, site_code
from reporter.store.types import JsonText

study = Table(
    "study",
    metadata,
    key(),
    site_code(),
    reference("patient_id", "patient.id"),
    Column("accession", String(60), nullable=False),
    Column("placer_order", String(80)),
    Column("filler_order", String(80)),
    Column("procedure", String(300), nullable=False),
    Column("procedure_code", String(60)),
    Column("clinical_question", Text, nullable=False),
    Column("requester", JsonText),  # a PersonOnReport
    Column("priority", String(20), nullable=False),
    # The class now, and the class when the examination was completed: the audit cohort is the latter.
    Column("patient_class", String(20), nullable=False),
    Column("class_at_start", String(20)),
    Column("status", String(20), nullable=False),
    Column("cancelled_reason", String(300)),
    instant("requested_at"),
    instant("scheduled_at"),
    instant("completed_at"),
    instant("images_available_at"),
    instant("first_seen_at", required=True),
    Column("source", String(60), nullable=False),
    Column("inbox_id", String(36)),  # the message that ordered it
    Column("flags", JsonText, nullable=False),  # list of sentences, e.g. "The NHS number fails its check."
    UniqueConstraint("site_code", "accession"),
    CheckConstraint(
        "status IN ('ordered', 'scheduled', 'in_progress', 'on_hold', 'completed', 'cancelled')", name="status"
    ),
    CheckConstraint("patient_class IN ('inpatient', 'outpatient', 'emergency', 'unknown')", name="patient_class"),
    Index("ix_study_patient_id", "patient_id"),
    Index("ix_study_site_code_placer_order", "site_code", "placer_order"),
    Index("ix_study_site_code_completed_at", "site_code", "completed_at"),
)

class_change = Table(
    "class_change",
    metadata,
    key(),
    site_code(),
    reference("study_id", "study.id"),
    Column("from_class", String(20), nullable=False),
    Column("to_class", String(20), nullable=False),
    instant("at", required=True),
    instant("recorded_at", required=True),
    Column("inbox_id", String(36)),
    Index("ix_class_change_study_id", "study_id"),
)

breach = Table(
    "breach",
    metadata,
    reference("study_id", "study.id", primary_key=True),
    Column("target_id", String(60), primary_key=True),
    site_code(),
    instant("due_at", required=True),
    instant("found_at", required=True),
    instant("closed_at"),
    Index("ix_breach_site_code_due_at", "site_code", "due_at"),
)
