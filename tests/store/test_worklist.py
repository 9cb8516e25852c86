"""The worklist: the right studies in the right tab, most urgent first, page by page, at the same cost however many."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, insert, select, text

from reporter.store import worklist
from reporter.store.tables.orders import study
from reporter.store.tables.patients import patient
from reporter.store.tables.reports import report
from tests.builders import NOW, a_draft, a_person, a_signed_report, a_site, a_study, is_available, the_draft_number

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def site(db):
    a_site(db)


def page(db, tab, person, **options):
    with db.read() as session:
        return worklist.page(session, tab, person.person_id, person.sites, options.pop("now", NOW), **options)


def studies_in(db, tab, person, **options):
    return [row.study_id for row in page(db, tab, person, **options).rows]


def test_each_tab_holds_what_it_says(db):
    from reporter.actions import reporting

    consultant, trainee = a_person(db, "consultant", 3), a_person(db, "trainee", 2)
    is_available(db, consultant)
    new, drafted, handed_in, returned = a_study(db), a_draft(db, trainee), a_draft(db, trainee), a_draft(db, trainee)
    planned, signed = a_study(db, completed_at=None), a_signed_report(db, consultant)
    for study_id in (handed_in, returned):
        reporting.submit(db, trainee, study_id, the_draft_number(db, study_id), NOW)
    reporting.return_draft(db, consultant, returned, "Again.", the_draft_number(db, returned), NOW)

    assert set(studies_in(db, "mine", trainee)) == {drafted, handed_in, returned}
    assert studies_in(db, "to_sign", consultant) == [handed_in]
    assert studies_in(db, "unassigned", consultant) == [new]
    assert studies_in(db, "returned", trainee) == [returned]
    assert set(studies_in(db, "all", trainee)) == {new, drafted, handed_in, returned, planned, signed}
    assert studies_in(db, "overdue", consultant) == []
    assert set(studies_in(db, "overdue", consultant, now=NOW + 20 * DAY)) == {new, drafted, handed_in, returned}
    assert page(db, "all", trainee).counts == {
        "mine": 3, "to_sign": 1, "unassigned": 1, "returned": 1, "overdue": 0, "all": 6,
    }  # fmt: skip


def test_the_most_urgent_stands_first(db):
    who = a_person(db)
    outpatient = a_study(db)
    inpatient = a_study(db, patient_class="inpatient")
    older = a_study(db, completed_at=NOW - 5 * DAY)
    assert studies_in(db, "unassigned", who) == [older, inpatient, outpatient]


def test_pages_follow_each_other_without_a_gap_or_a_repeat_over_two_sites(db):
    a_site(db, "RYY01")
    who = a_person(db, sites=("RYY01",))
    made = {a_study(db, code, completed_at=NOW - n * DAY) for n in range(4) for code in ("RXX01", "RYY01")}
    seen, after, sizes = [], None, []
    while True:
        found = page(db, "unassigned", who, after=after, size=3)
        seen += [row.study_id for row in found.rows]
        sizes.append(len(found.rows))
        after = found.after
        if after is None:
            break
    assert sizes == [3, 3, 2]
    assert len(seen) == len(set(seen))
    assert set(seen) == made


def test_another_sites_studies_are_not_there(db):
    a_site(db, "RYY01")
    study_id = a_study(db, "RYY01", accession="SECRET1", nhs_number="9994100009")
    who = a_person(db)
    assert studies_in(db, "all", who) == []
    with db.read() as session:
        assert worklist.by_accession(session, who.sites, "SECRET1") == ()
        assert worklist.by_nhs_number(session, who.sites, "9994100009") == ()
        assert [r.study_id for r in worklist.by_accession(session, ("RYY01",), "SECRET1")] == [study_id]


def test_search_is_exact(db):
    study_id = a_study(db, accession="ACC1", nhs_number="9994100009")
    with db.read() as session:
        assert [r.study_id for r in worklist.by_nhs_number(session, ("RXX01",), "9994100009")] == [study_id]
        assert worklist.by_nhs_number(session, ("RXX01",), "999410000") == ()
        assert worklist.by_accession(session, ("RXX01",), "ACC") == ()


@pytest.mark.parametrize("cursor", ["x", "eyJhIjoxfQ", "W10", "é"])
def test_a_cursor_that_we_did_not_write_is_refused(db, cursor):
    with pytest.raises(worklist.BadCursor):
        page(db, "all", a_person(db), after=cursor)


def fill(db, many: int, *, open_: bool) -> None:
    """Adds studies by copying one, quickly."""
    with db.begin() as session:
        one = session.execute(select(study)).first()._asdict()
        of = session.execute(select(report)).first()._asdict()
        who = session.execute(select(patient)).first()._asdict()
        started = count_of(session)
        numbers = range(started, started + many)
        state = {} if open_ else {"state": "signed", "first_signed_at": NOW, "signed_at": NOW, "current_version": 1}
        session.execute(insert(patient), [{**who, "id": f"p{n}", "family": f"Family{n}"} for n in numbers])
        session.execute(
            insert(study), [{**one, "id": f"s{n}", "patient_id": f"p{n}", "accession": f"A{n}"} for n in numbers]
        )
        session.execute(
            insert(report),
            [
                {
                    **of,
                    **state,
                    "id": f"r{n}",
                    "study_id": f"s{n}",
                    "queue_at": NOW - timedelta(minutes=n),
                    "due_at": at(n),
                }
                for n in numbers
            ],
        )


def at(n: int) -> datetime:
    return NOW + timedelta(minutes=30_000 - n)


def count_of(session) -> int:
    return len(session.execute(select(study.c.id)).scalars().all())


def plans_of(db, ask):
    """The plan of every statement that `ask` runs, as the database would run it now."""
    asked, plans = [], []

    def note(_connection, _cursor, statement, parameters, *_more):
        asked.append((statement, parameters))

    with db.read() as session:
        connection = session.connection()
        if not db.is_sqlite:
            # For the first thousand of many rows a walk is right; where an index could serve, it is then shown.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        event.listen(connection, "before_cursor_execute", note)
        ask(session)
        event.remove(connection, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(explain + statement, parameters).all()
            plans.append("\n".join(str(row[-1]) for row in rows))
    return plans


@pytest.mark.slow
def test_no_tab_reads_every_study_however_many_there_are(db):
    # The figure for 100,000 studies against 1,000 is in the benchmarks; here a plan that walks a whole table is caught.
    who = a_person(db)
    a_study(db)
    fill(db, 14_000, open_=True)
    fill(db, 6_000, open_=False)
    if not db.is_sqlite:
        with db.begin() as session:
            session.execute(text("ANALYZE"))
    walks = re.compile(r"\bSCAN (report|study|patient|draft)\b(?! USING)|Seq Scan on (report|study|patient|draft)\b")
    for tab in worklist.TABS:
        plans = plans_of(db, lambda session, tab=tab: worklist.page(session, tab, who.person_id, who.sites, NOW))
        assert plans
        for plan in plans:
            assert not walks.search(plan), f"{tab}: {plan}"
