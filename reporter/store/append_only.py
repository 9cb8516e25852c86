"""What may only be added to, and whether the database still says so."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

#: Tables whose rows are never changed nor deleted. The triggers are made by the migrations.
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
#: Tables of which only some columns are frozen, and rows are never deleted: what came in stays as it came.
FROZEN_COLUMNS = {"inbox": ("raw", "sha256")}


class Unguarded(RuntimeError):
    """A trigger that keeps signed content safe is missing; nothing should be written until it is back."""


def expected_triggers() -> frozenset[str]:
    """The names of the triggers that must be there, on either database (PostgreSQL has a third for TRUNCATE)."""
    tables = (*APPEND_ONLY, *FROZEN_COLUMNS)
    return frozenset(f"{table}_no_{verb}" for table in tables for verb in ("update", "delete"))


def missing_triggers(session: Session) -> tuple[str, ...]:
    """The triggers that should be in the database and aren't, or are switched off."""
    if session.get_bind().dialect.name == "sqlite":
        wanted, found = expected_triggers(), "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        wanted = expected_triggers() | {f"{table}_no_truncate" for table in (*APPEND_ONLY, *FROZEN_COLUMNS)}
        # 'O' fires for every ordinary session; 'D' is disabled, 'R' fires only for replicas.
        found = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    there = set(session.execute(text(found)).scalars())
    return tuple(sorted(wanted - there))


def check(session: Session) -> None:
    """Raises Unguarded with the names of missing triggers. Called when a process starts."""
    if gone := missing_triggers(session):
        raise Unguarded(
            f"The database does not protect what was signed: {', '.join(gone)} missing or disabled. "
            "Stop, find out who removed it, restore from a verified backup or run the migrations on a copy."
        )
