"""Searching by a number: found exactly or not at all, written down without the number, and not by the hundred."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from reporter.actions import finding
from reporter.actions.refusals import NotPermitted, Throttled
from reporter.store.tables.audit import audit_event
from tests.builders import NOW, a_person, a_site, a_study

NUMBER = "9990000018"


@pytest.fixture
def reader(db):
    a_site(db)
    return a_person(db)


def lines(db):
    with db.read() as session:
        return session.execute(select(audit_event).where(audit_event.c.action == "searched")).mappings().all()


def test_a_study_is_found_by_its_whole_number_and_nothing_by_a_part_of_it(db, reader):
    study = a_study(db, accession="ACC-4711", nhs_number=NUMBER)
    assert [row.study_id for row in finding.by_number(db, reader, "ACC-4711", NOW)] == [study]
    assert [row.study_id for row in finding.by_number(db, reader, "999 000 0018", NOW)] == [study]
    assert finding.by_number(db, reader, "ACC-47", NOW) == ()
    assert finding.by_number(db, reader, NUMBER[:9], NOW) == ()


def test_a_study_of_another_site_is_not_found(db, reader):
    a_site(db, "RYY01")
    a_study(db, "RYY01", accession="ACC-9")
    assert finding.by_number(db, reader, "ACC-9", NOW) == ()


def test_every_search_is_written_down_without_what_was_sought(db, reader):
    a_study(db, nhs_number=NUMBER)
    finding.by_number(db, reader, NUMBER, NOW)
    [line] = lines(db)
    assert (line["object_id"], line["words"], line["actor_id"]) == ("NHS number", "1 found", reader.person_id)
    assert NUMBER not in str(dict(line))


def test_numbers_cannot_be_tried_out_by_the_hundred(db, reader):
    for second in range(30):
        finding.by_number(db, reader, f"99900{second:05d}", NOW + timedelta(seconds=second))
    with pytest.raises(Throttled):
        finding.by_number(db, reader, NUMBER, NOW + timedelta(seconds=31))
    finding.by_number(db, a_person(db), NUMBER, NOW + timedelta(seconds=31))
    finding.by_number(db, reader, NUMBER, NOW + timedelta(seconds=95))
    assert len(lines(db)) == 32


def test_an_administrator_searches_for_no_patient(db, reader):
    with pytest.raises(NotPermitted):
        finding.by_number(db, a_person(db, "admin", None), NUMBER, NOW)
