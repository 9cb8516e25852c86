"""Control characters that come in: none may make a report that nobody can sign."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from reporter.actions import inbound, orders
from reporter.actions.refusals import NotReady
from reporter.integration.wires import Destination, Source
from tests import hl7_messages
from tests.builders import NOW, SYSTEM, a_draft, a_person, a_site, a_study, signs

WIRES = (Destination("EHR", "mllp"), Destination("FHIR", "fhir", url="http://127.0.0.1:1/fhir"))


@pytest.mark.parametrize("odd", ["\x07", "\x1b[31m", "\ufffe", "\x85", "\u2028", "\x7f", "\\X07\\", "\\X00\\"])
def test_an_order_with_a_control_character_in_it_can_be_reported_and_sent(sqlite_db, odd):
    # given
    a_site(sqlite_db)
    raw = hl7_messages.an_orm(message_id="X1", question="Pain @@ here").replace(b"@@", odd.encode())
    raw = raw.replace(b"O'Brien", b"O'Brien" + odd.encode())
    # when
    answer = inbound.receive(sqlite_db, raw, Source("ris"), NOW)
    # then
    assert b"MSA|AA" in answer
    with sqlite_db.read() as session:
        study_id = session.execute(text("SELECT id FROM study")).scalar_one()
        assert session.execute(text("SELECT raw FROM inbox")).scalar_one() == raw
    orders.complete_exam(sqlite_db, SYSTEM, study_id, NOW - timedelta(hours=1), NOW)
    consultant = a_person(sqlite_db)
    a_draft(sqlite_db, consultant, study_id=study_id)
    assert signs(sqlite_db, consultant, study_id, WIRES).held_back == {}


def test_what_can_not_be_said_on_a_wire_stops_signing_with_a_sentence(sqlite_db):
    a_site(sqlite_db)
    consultant = a_person(sqlite_db)
    study_id = a_study(sqlite_db, family="Test\x07patient")
    a_draft(sqlite_db, consultant, study_id=study_id)
    with pytest.raises(NotReady, match=r"The message to FHIR can't be made.*U\+0007"):
        signs(sqlite_db, consultant, study_id, WIRES)
