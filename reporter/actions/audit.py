"""The audit log: verifying that nothing was changed, and what was done with one study."""

from __future__ import annotations

from reporter.actions.actor import Actor, must_be
from reporter.actions.refusals import NotFound
from reporter.store import audit_log, integrity, studies
from reporter.store.audit_log import Event, Verified
from reporter.store.database import Database
from reporter.store.integrity import SignedVerified

__all__ = ["Event", "SignedVerified", "Verified", "history_of", "verify", "verify_signed"]


def verify(db: Database) -> tuple[Verified, ...]:
    """Walks every chain, a site each and the installation's own. `str()` of each is the line that scripts read."""
    with db.read() as session:
        return tuple(audit_log.verify(session, code) for code in audit_log.heads(session))


def verify_signed(db: Database) -> SignedVerified:
    """Compares every signed version with its signature, its PDF and the audit line of its signing."""
    with db.read() as session:
        return integrity.verify_signed(session)


def history_of(db: Database, actor: Actor, study_id: str) -> tuple[Event, ...]:
    """Everything that was done with a study, oldest first."""
    must_be(actor, "consultant", "clinical_lead", "auditor", to="read the audit log")
    with db.read() as session:
        study = studies.get(session, study_id)
        if study is None or (not actor.is_system and study.site_code not in actor.sites):
            raise NotFound("There is no such study here.")
        return audit_log.history_of(session, study_id)
