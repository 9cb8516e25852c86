"""Many drafts quickly: rows copied from one that was made properly, each with its own patient and study."""

from __future__ import annotations

from sqlalchemy import insert, select

from reporter.store.database import Database
from reporter.store.rows import new_id
from reporter.store.tables.orders import study
from reporter.store.tables.patients import patient
from reporter.store.tables.reports import draft, report


def copies_of(db: Database, study_id: str, many: int) -> list[str]:
    """Copies a study with its patient, report and draft; the new studies' keys."""
    with db.begin() as session:
        of = session.execute(select(study).where(study.c.id == study_id)).one()._asdict()
        whose = session.execute(select(patient).where(patient.c.id == of["patient_id"])).one()._asdict()
        its = session.execute(select(report).where(report.c.study_id == study_id)).one()._asdict()
        written = session.execute(select(draft).where(draft.c.report_id == its["id"])).one()._asdict()
        rows = [(new_id(), new_id(), new_id()) for _ in range(many)]
        session.execute(insert(patient), [{**whose, "id": p} for p, _, _ in rows])
        session.execute(insert(study), [{**of, "id": s, "patient_id": p, "accession": s[:20]} for p, s, _ in rows])
        session.execute(insert(report), [{**its, "id": r, "study_id": s} for _, s, r in rows])
        session.execute(insert(draft), [{**written, "report_id": r} for _, _, r in rows])
    return [s for _, s, _ in rows]
