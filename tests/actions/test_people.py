"""People: who may add whom, and who may say that they can be asked about cases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from reporter.actions import people
from reporter.actions.people import NewCredential, NewPerson
from reporter.actions.refusals import Invalid, NotFound, NotPermitted
from tests.builders import CHEAP, NOW, PASSWORD, a_person, a_site


@pytest.fixture(autouse=True)
def site(sqlite_db):
    a_site(sqlite_db)


def somebody(**fields):
    return NewPerson(
        **{"site_code": "RXX01", "username": "new", "password": PASSWORD, "name": "N", "role": "trainee"} | fields
    )


def test_an_administrator_adds_people_at_their_own_sites_only(sqlite_db):
    a_site(sqlite_db, "RYY01")
    admin = a_person(sqlite_db, "admin", None)
    people.add_person(sqlite_db, admin, somebody(), NOW, hasher=CHEAP)
    with pytest.raises(NotFound):
        people.add_person(sqlite_db, admin, somebody(username="other", sites=("RYY01",)), NOW, hasher=CHEAP)


@pytest.mark.parametrize("role", ["trainee", "consultant", "clinical_lead", "radiographer", "auditor"])
def test_nobody_else_adds_people(sqlite_db, role):
    with pytest.raises(NotPermitted, match="Only an admin"):
        people.add_person(sqlite_db, a_person(sqlite_db, role, 3), somebody(), NOW, hasher=CHEAP)


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "king"},
        {"password": "short"},
        {"username": " "},
        {"credentials": (NewCredential("SCMR", 4, date(2024, 1, 1)),)},
    ],
)
def test_a_person_that_can_not_be_is_refused_with_a_sentence(sqlite_db, wrong):
    with pytest.raises(Invalid) as caught:
        people.add_person(sqlite_db, a_person(sqlite_db, "admin", None), somebody(**wrong), NOW, hasher=CHEAP)
    assert all(sentence.endswith(".") for sentence in caught.value.reasons)


def test_a_user_name_is_given_once(sqlite_db):
    admin = a_person(sqlite_db, "admin", None)
    people.add_person(sqlite_db, admin, somebody(), NOW, hasher=CHEAP)
    with pytest.raises(Invalid, match="taken"):
        people.add_person(sqlite_db, admin, somebody(username="NEW"), NOW, hasher=CHEAP)


def test_nobody_records_their_own_accreditation(sqlite_db):
    lead = a_person(sqlite_db, "clinical_lead", 2)
    with pytest.raises(NotPermitted, match="Nobody records their own"):
        people.add_credential(sqlite_db, lead, lead.person_id, NewCredential("SCMR", 3, date(2026, 1, 1)), NOW)


def test_a_level_3_physician_can_be_asked_until_they_said(sqlite_db):
    expert = a_person(sqlite_db, "consultant", 3)
    people.set_availability(sqlite_db, expert, NOW + timedelta(hours=2), NOW)
    page = people.people_page(sqlite_db, expert, NOW + timedelta(hours=1))
    assert page.mine_until == NOW + timedelta(hours=2)
    assert [entry.level for entry in page.available] == [3]
    assert people.people_page(sqlite_db, expert, NOW + timedelta(hours=2)).available == ()


def test_being_available_can_be_ended(sqlite_db):
    expert = a_person(sqlite_db, "consultant", 3)
    people.set_availability(sqlite_db, expert, NOW + timedelta(hours=2), NOW)
    people.set_availability(sqlite_db, expert, None, NOW + timedelta(minutes=5))
    assert people.people_page(sqlite_db, expert, NOW + timedelta(minutes=6)).mine_until is None


@pytest.mark.parametrize(("level", "expires"), [(2, None), (None, None), (3, date(2026, 1, 1))])
def test_without_level_3_in_date_nobody_is_available(sqlite_db, level, expires):
    other = a_person(sqlite_db, "consultant", level, expires=expires)
    with pytest.raises(NotPermitted, match="level 3 in date"):
        people.set_availability(sqlite_db, other, NOW + timedelta(hours=2), NOW)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=8)])
def test_availability_lies_in_the_near_future(sqlite_db, ahead):
    with pytest.raises(Invalid):
        people.set_availability(sqlite_db, a_person(sqlite_db), NOW + ahead, NOW)


def test_the_people_page_shows_ones_own_sites_only(sqlite_db):
    a_site(sqlite_db, "RYY01")
    a_person(sqlite_db, name="Dr Elsewhere", site="RYY01")
    here = a_person(sqlite_db, name="Dr Here")
    assert [line.person.name for line in people.people_page(sqlite_db, here, NOW).people] == ["Dr Here"]
