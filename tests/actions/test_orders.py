"""Orders that are typed in, and the end of the examination."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reporter.actions import orders
from reporter.actions.refusals import Conflict, Invalid, NotFound, NotPermitted
from reporter.store import audit_log, reports, studies
from tests.builders import NOW, a_person, a_site, a_study, an_order_form


@pytest.fixture(autouse=True)
def site(sqlite_db):
    a_site(sqlite_db)


@pytest.mark.parametrize("role", ["consultant", "clinical_lead", "radiographer"])
def test_these_roles_enter_orders(sqlite_db, role):
    study_id = orders.enter_order(sqlite_db, a_person(sqlite_db, role, 3), an_order_form(), NOW)
    with sqlite_db.read() as session:
        study = studies.get(session, study_id)
    assert (study.status, study.source, study.requester.name) == ("completed", "form", "Dr Rana Requester")


@pytest.mark.parametrize("role", ["trainee", "auditor", "admin"])
def test_these_roles_do_not(sqlite_db, role):
    with pytest.raises(NotPermitted, match="Only a consultant or a clinical lead or a radiographer can enter an order"):
        orders.enter_order(sqlite_db, a_person(sqlite_db, role, 2), an_order_form(), NOW)


def test_an_order_for_another_site_is_not_found(sqlite_db):
    a_site(sqlite_db, "RYY01")
    with pytest.raises(NotFound):
        orders.enter_order(sqlite_db, a_person(sqlite_db), an_order_form("RYY01"), NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("family", " "), ("accession", ""), ("clinical_question", ""), ("sex", "M"), ("patient_class", "x"),
        ("priority", "now"), ("nhs_number", "12"), ("birth_date", date(2030, 1, 1)),
        ("completed_at", NOW + timedelta(hours=1)),
    ],
)  # fmt: skip
def test_each_wrong_field_has_its_sentence(sqlite_db, field, value):
    with pytest.raises(Invalid) as caught:
        orders.enter_order(sqlite_db, a_person(sqlite_db), an_order_form(**{field: value}), NOW)
    assert list(caught.value.errors) == [field]


def test_an_accession_number_is_given_once_a_site(sqlite_db):
    who = a_person(sqlite_db)
    orders.enter_order(sqlite_db, who, an_order_form(accession="A1"), NOW)
    with pytest.raises(Invalid, match="accession number already"):
        orders.enter_order(sqlite_db, who, an_order_form(accession="A1"), NOW)


def test_the_end_of_an_examination_starts_its_clock_and_a_correction_is_written_down(sqlite_db):
    who = a_person(sqlite_db, "radiographer", None)
    study_id = a_study(sqlite_db, completed_at=None)
    orders.complete_exam(sqlite_db, who, study_id, NOW - timedelta(hours=3), NOW)
    orders.complete_exam(sqlite_db, who, study_id, NOW - timedelta(hours=2), NOW)
    with sqlite_db.read() as session:
        assert studies.get(session, study_id).completed_at == NOW - timedelta(hours=2)
        assert reports.of_study(session, study_id).listed
        words = [e.words for e in audit_log.history_of(session, study_id) if e.action == "completed examination"]
    assert words == [
        "ended Mon 23 Nov 2026 at 11:00",
        "ended Mon 23 Nov 2026 at 12:00, before: Mon 23 Nov 2026 at 11:00",
    ]


def test_an_examination_does_not_end_in_the_future(sqlite_db):
    with pytest.raises(Invalid, match="future"):
        orders.complete_exam(sqlite_db, a_person(sqlite_db), a_study(sqlite_db), NOW + timedelta(hours=1), NOW)


def test_a_correction_by_more_than_a_day_is_made_at_its_source(sqlite_db):
    with pytest.raises(NotPermitted, match="RIS"):
        orders.complete_exam(sqlite_db, a_person(sqlite_db), a_study(sqlite_db), NOW - timedelta(days=3), NOW)


def test_a_cancelled_study_is_not_completed(sqlite_db):
    study_id = a_study(sqlite_db, completed_at=None)
    with sqlite_db.begin() as session:
        studies.change(session, study_id, {"status": "cancelled"})
    with pytest.raises(Conflict, match="cancelled"):
        orders.complete_exam(sqlite_db, a_person(sqlite_db), study_id, NOW, NOW)
