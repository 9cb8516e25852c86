"""Whether every signed version is still what was signed, by three witnesses: its words, its signature, the audit log.

A hash beside a text can be written anew with the text. The audit line of the signing holds the hash too, and stands in
a chain whose head is kept on another machine: to forge a report one has to forge that as well.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from reporter.report.document import sha256_of
from reporter.store.tables.audit import audit_event
from reporter.store.tables.reports import rendition, report_version, signature


@dataclass(frozen=True, slots=True)
class SignedVerified:
    """How many versions were looked at, and what is wrong, a sentence each; no sentence names a patient."""

    count: int
    faults: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Is every signed version what was signed?"""
        return not self.faults

    def __str__(self) -> str:
        """The one line that scripts read."""
        return f"OK versions={self.count}" if self.ok else f"TAMPERED versions={self.count} faults={len(self.faults)}"


def verify_signed(session: Session) -> SignedVerified:
    """Compares every signed version with its signature, its PDF and the audit line of its signing."""
    lines = _audited(session)
    query = (
        select(
            report_version.c.study_id,
            report_version.c.version,
            report_version.c.content,
            report_version.c.sha256,
            signature.c.content_sha256.label("mark"),
            rendition.c.content.label("paper"),
            rendition.c.sha256.label("paper_sha256"),
        )
        .outerjoin(
            signature,
            and_(
                signature.c.report_id == report_version.c.report_id,
                signature.c.version == report_version.c.version,
                signature.c.meaning == "reviewed-and-approved",
            ),
        )
        .outerjoin(
            rendition,
            and_(rendition.c.report_id == report_version.c.report_id, rendition.c.version == report_version.c.version),
        )
        .order_by(report_version.c.study_id, report_version.c.version)
    )
    count, faults = 0, []
    for row in session.execute(query.execution_options(yield_per=100)):
        count += 1
        said = lines.pop((row.study_id, row.version), None)
        what = f"version {row.version} of study {row.study_id}"
        if sha256_of(row.content) != row.sha256:
            faults.append(f"The words of {what} are not those that were signed.")
        elif row.mark != row.sha256:
            faults.append(f"The signature of {what} is missing or belongs to other words.")
        elif said != f"sha256 {row.sha256}":
            faults.append(f"The audit log knows of no signing of {what} with these words.")
        elif row.paper is None or hashlib.sha256(row.paper).hexdigest() != row.paper_sha256:
            faults.append(f"The PDF of {what} is missing or was altered.")
    faults += [f"Version {version} of study {study_id} was signed and is gone." for study_id, version in sorted(lines)]
    return SignedVerified(count, tuple(faults))


def _audited(session: Session) -> dict[tuple[str, int], str]:
    """Study and version to what the audit line of the signing says."""
    query = select(audit_event.c.object_id, audit_event.c.version, audit_event.c.words).where(
        audit_event.c.action == "signed", audit_event.c.object_type == "study"
    )
    return {(row.object_id, row.version): row.words for row in session.execute(query)}
