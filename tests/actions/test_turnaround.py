"""Turnaround on the board and in the breaches: counted from the data, each breach once, nothing hidden in a backlog."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reporter.actions import people, reporting, turnaround
from reporter.actions.refusals import NotFound, NotPermitted
from reporter.actions.views import BoardFilters
from reporter.store import breaches, reports
from tests.builders import NOW, a_draft, a_person, a_signed_report, a_site, a_study, signs

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def site(db):
    a_site(db)


@pytest.fixture
def lead(db):
    return a_person(db, "clinical_lead", 3)


def found(db, study_id):
    with db.read() as session:
        return breaches.of_study(session, study_id)


def test_each_breach_is_written_down_once(db):
    study_id = a_study(db)
    assert turnaround.sweep(db, NOW).new_breaches == 0
    at = NOW + 3 * DAY  # past two working days
    assert turnaround.sweep(db, at).new_breaches == 1
    assert turnaround.sweep(db, at + timedelta(minutes=1)).new_breaches == 0
    assert [(b.target_id, b.found_at, b.closed_at) for b in found(db, study_id)] == [
        ("bscmr_outpatient_ideal", at, None)
    ]
    assert turnaround.sweep(db, NOW + 40 * DAY).new_breaches == 2


def test_a_missed_run_loses_nothing(db):
    study_id = a_study(db, patient_class="inpatient")
    turnaround.sweep(db, NOW + 400 * DAY)
    assert {b.target_id for b in found(db, study_id)} == {"bscmr_inpatient", "nhse_28_days"}


def test_a_report_signed_late_between_two_sweeps_is_a_breach_all_the_same(db):
    consultant = a_person(db)
    study_id = a_draft(db, consultant)
    signs(db, consultant, study_id, now=NOW + 3 * DAY)
    turnaround.sweep(db, NOW + 4 * DAY)
    assert [(b.target_id, b.closed_at) for b in found(db, study_id)] == [("bscmr_outpatient_ideal", NOW + 3 * DAY)]


def test_a_day_closed_after_the_scan_moves_the_due_time_of_what_is_open(db, lead):
    study_id = a_study(db)
    with db.read() as session:
        before = reports.of_study(session, study_id).queue_at
    people.close_site_on(db, lead, "RXX01", date(2026, 11, 25), reason="Local holiday", now=NOW)
    turnaround.sweep(db, NOW)
    with db.read() as session:
        assert reports.of_study(session, study_id).queue_at == before + DAY


def test_where_nothing_is_sent_on_the_referrer_reads_it_here(db):
    consultant = a_person(db)
    study_id = a_signed_report(db, consultant)
    assert reporting.study_view(db, consultant, study_id, NOW).report.available_at == NOW


def test_a_breach_ends_with_the_signature(db):
    consultant = a_person(db)
    study_id = a_draft(db, consultant)
    turnaround.sweep(db, NOW + 3 * DAY)
    signs(db, consultant, study_id, now=NOW + 4 * DAY)
    turnaround.sweep(db, NOW + 5 * DAY)
    assert [b.closed_at for b in found(db, study_id)] == [NOW + 4 * DAY]


def test_the_board_counts_open_overdue_studies_as_missed(db, lead):
    signed = a_signed_report(db, lead)
    overdue = a_study(db, completed_at=NOW - 20 * DAY)
    due_today = a_study(db, patient_class="inpatient", completed_at=NOW - 3 * DAY)
    cancelled_or_planned = a_study(db, completed_at=None)
    board = turnaround.board(db, lead, NOW)
    lines = {line.study_id for line in board.lines}
    assert lines == {signed, overdue, due_today}
    assert cancelled_or_planned not in lines
    assert [line.study_id for line in board.due_today] == [due_today]
    assert [line.study_id for line in board.overdue_open] == [overdue]
    assert board.oldest_open.study_id == overdue
    maximum = next(t for t in board.targets if t.target_id == "bscmr_outpatient_max")
    # Reported after an hour, and yet not counted: a slow one of the same day could not count before its due time.
    assert (maximum.met, maximum.missed, maximum.open, maximum.percent) == (0, 1, 1, 0.0)
    later = turnaround.board(db, lead, NOW + 16 * DAY)
    maximum = next(t for t in later.targets if t.target_id == "bscmr_outpatient_max")
    assert (maximum.met, maximum.missed, maximum.open, maximum.percent) == (1, 1, 0, 50.0)
    assert board.median == timedelta(hours=1)


def test_a_study_past_the_ideal_is_late_and_one_past_a_limit_is_overdue(db, lead):
    late = a_study(db, completed_at=NOW - 7 * DAY)
    overdue = a_study(db, completed_at=NOW - 15 * DAY)
    board = turnaround.board(db, lead, NOW)
    assert [line.study_id for line in board.late_open] == [late]
    assert [line.study_id for line in board.overdue_open] == [overdue]


def test_an_open_study_is_on_the_board_however_old(db, lead):
    ancient = a_study(db, completed_at=NOW - 400 * DAY)
    assert turnaround.board(db, lead, NOW).oldest_open.study_id == ancient


def test_the_board_is_of_ones_own_sites_and_can_be_narrowed(db, lead):
    a_site(db, "RYY01")
    a_study(db, "RYY01")
    outpatient, inpatient = a_study(db), a_study(db, patient_class="emergency")
    assert {line.study_id for line in turnaround.board(db, lead, NOW).lines} == {outpatient, inpatient}
    narrowed = turnaround.board(db, lead, NOW, BoardFilters(cohort="inpatient"))
    assert [line.study_id for line in narrowed.lines] == [inpatient]
    empty = turnaround.board(db, lead, NOW, BoardFilters(scanned_to=(NOW - DAY).date()))
    assert empty.lines == ()
    assert empty.oldest_open is None
    with pytest.raises(NotFound):
        turnaround.board(db, lead, NOW, BoardFilters(site_code="RYY01"))


def test_an_administrator_does_not_see_the_board(db):
    with pytest.raises(NotPermitted):
        turnaround.board(db, a_person(db, "admin", None), NOW)


def test_each_due_time_is_explained_in_words(db, lead):
    view = reporting.study_view(db, lead, a_study(db), NOW)
    words = turnaround.explain(view)
    assert len(words) == 3
    assert "Scanned Mon 23 Nov 2026 at 13:00 as an outpatient." in words[0]
    assert "Wed 25 Nov 2026" in words[0]
