"""The worklist: one page of one tab, and the tabs' counts, at the same cost for a thousand studies or a million."""

from __future__ import annotations

import base64
import heapq
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.orm import Session

from reporter.store.rows import as_value
from reporter.store.tables.orders import study
from reporter.store.tables.patients import patient
from reporter.store.tables.people import person
from reporter.store.tables.reports import draft, report

Tab = Literal["mine", "to_sign", "unassigned", "returned", "overdue", "all"]
TABS: tuple[Tab, ...] = ("mine", "to_sign", "unassigned", "returned", "overdue", "all")

PAGE = 25
#: Counting stops here: a person reads "999+" as "many", and the cost stays the same however many there are.
COUNT_UP_TO = 1000

_UNFINISHED = ("unreported", "draft", "submitted", "returned", "amending")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the worklist: a study, its patient, and where its report stands."""

    study_id: str
    report_id: str
    site_code: str
    accession: str
    procedure: str
    priority: str
    patient_class: str
    status: str
    flags: tuple[str, ...]
    completed_at: datetime | None
    family: str
    given: str
    title: str | None
    birth_date: date | None
    sex: str
    nhs_number: str | None
    nhs_number_valid: bool
    state: str
    assigned_to: str | None
    holder: str | None
    template_id: str | None
    current_version: int
    queue_at: datetime
    due_at: datetime | None
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a tab. `after` is the cursor of the next page, None on the last."""

    tab: Tab
    rows: tuple[Row, ...]
    after: str | None
    #: Each tab's count; `COUNT_UP_TO` means that many or more.
    counts: dict[str, int]


class BadCursor(ValueError):
    """A page's cursor that this program did not write."""


def page(
    session: Session,
    tab: Tab,
    person_id: str,
    site_codes: Iterable[str],
    now: datetime,
    *,
    after: str | None = None,
    size: int = PAGE,
) -> Page:
    """One page of a tab for a person at these sites, most urgent first ("all": newest first).

    Each site is asked by itself for one page and the answers are merged, so that every question is answered in the
    order of an index. Raises BadCursor.
    """
    codes = tuple(site_codes)
    newest_first = tab == "all"
    found = [_keys(session, tab, person_id, code, now, after=_read(after), size=size + 1) for code in codes]
    merged = list(heapq.merge(*found, reverse=newest_first))[: size + 1]
    ids = [report_id for _, report_id in merged[:size]]
    rows = _rows(session, ids)
    more = len(merged) > size
    return Page(
        tab=tab,
        rows=tuple(rows[report_id] for report_id in ids),
        after=_write(*merged[size - 1]) if more else None,
        counts=counts(session, person_id, codes, now),
    )


def counts(session: Session, person_id: str, site_codes: Iterable[str], now: datetime) -> dict[str, int]:
    """How many studies each tab holds, up to `COUNT_UP_TO`."""
    codes = tuple(site_codes)
    return {tab: min(COUNT_UP_TO, sum(_count(session, tab, person_id, code, now) for code in codes)) for tab in TABS}


def by_accession(session: Session, site_codes: Iterable[str], accession: str) -> tuple[Row, ...]:
    """The studies with exactly this accession number."""
    return _search(session, and_(study.c.site_code.in_(tuple(site_codes)), study.c.accession == accession))


def by_nhs_number(session: Session, site_codes: Iterable[str], number: str) -> tuple[Row, ...]:
    """The studies of the patient with exactly this NHS number, newest first."""
    return _search(session, and_(patient.c.site_code.in_(tuple(site_codes)), patient.c.nhs_number == number))


def of_patient(session: Session, patient_id: str) -> tuple[Row, ...]:
    """The studies of a patient, newest first."""
    return _search(session, study.c.patient_id == patient_id)


def _where(tab: Tab, person_id: str, site_code: str, now: datetime) -> ColumnElement[bool]:
    here = report.c.site_code == site_code
    if tab == "mine":
        # The few that one person holds come from their own index, at whatever site.
        return and_(report.c.assigned_to == person_id, here, report.c.state.in_(_UNFINISHED))
    if tab == "to_sign":
        return and_(here, report.c.state == "submitted", report.c.listed)
    if tab == "unassigned":
        return and_(here, report.c.state == "unreported", report.c.listed, report.c.assigned_to.is_(None))
    if tab == "returned":
        return and_(here, report.c.state == "returned", report.c.listed)
    if tab == "overdue":
        return and_(here, report.c.first_signed_at.is_(None), report.c.due_at <= now)
    return here


def _keys(
    session: Session,
    tab: Tab,
    person_id: str,
    site_code: str,
    now: datetime,
    *,
    after: tuple[datetime, str] | None,
    size: int,
) -> list[tuple[datetime, str]]:
    # The overdue are sorted by when they became so: that is the index that finds them.
    order = report.c.due_at if tab == "overdue" else report.c.queue_at
    query = select(order, report.c.id).where(_where(tab, person_id, site_code, now))
    keys = tuple_(order, report.c.id)
    if tab == "all":
        query = query.order_by(order.desc(), report.c.id.desc())
        query = query if after is None else query.where(keys < after)
    else:
        query = query.order_by(order, report.c.id)
        query = query if after is None else query.where(keys > after)
    return [(row[0], row[1]) for row in session.execute(query.limit(size))]


def _count(session: Session, tab: Tab, person_id: str, site_code: str, now: datetime) -> int:
    some = select(report.c.id).where(_where(tab, person_id, site_code, now)).limit(COUNT_UP_TO).subquery()
    return int(session.execute(select(func.count()).select_from(some)).scalar_one())


_COLUMNS = (
    study.c.id.label("study_id"),
    report.c.id.label("report_id"),
    study.c.site_code,
    study.c.accession,
    study.c.procedure,
    study.c.priority,
    study.c.patient_class,
    study.c.status,
    study.c.flags,
    study.c.completed_at,
    patient.c.family,
    patient.c.given,
    patient.c.title,
    patient.c.birth_date,
    patient.c.sex,
    patient.c.nhs_number,
    patient.c.nhs_number_valid,
    report.c.state,
    report.c.assigned_to,
    person.c.name.label("holder"),
    draft.c.template_id,
    report.c.current_version,
    report.c.queue_at,
    report.c.due_at,
    report.c.signed_at,
)


def _joined() -> Any:
    return (
        select(*_COLUMNS)
        .select_from(study)
        .join(report, report.c.study_id == study.c.id)
        .join(patient, patient.c.id == study.c.patient_id)
        .join(person, person.c.id == report.c.assigned_to, isouter=True)
        .join(draft, draft.c.report_id == report.c.id, isouter=True)
    )


def _rows(session: Session, report_ids: list[str]) -> dict[str, Row]:
    found = session.execute(_joined().where(report.c.id.in_(report_ids)))
    return {row.report_id: as_value(Row, row, flags=tuple(row.flags)) for row in found}


def _search(session: Session, where: ColumnElement[bool]) -> tuple[Row, ...]:
    found = session.execute(_joined().where(where).order_by(study.c.first_seen_at.desc()).limit(100))
    return tuple(as_value(Row, row, flags=tuple(row.flags)) for row in found)


def _write(at: datetime, report_id: str) -> str:
    text = json.dumps([at.astimezone(UTC).isoformat(), report_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    try:
        at, report_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return datetime.fromisoformat(at), str(report_id)
    except (ValueError, TypeError):
        raise BadCursor("This page's address is not complete. Go back to the first page of the worklist.") from None
