"""Messages that come in: kept before they are answered, applied once, and never lost when they can't be used."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from reporter.actions import orders
from reporter.actions.refusals import Conflict, Invalid, NotFound, NotPermitted
from reporter.integration.hl7v2 import ack
from reporter.integration.wires import Source, Wires
from reporter.store import inbox, patients, studies
from reporter.store import reports as report_store
from tests.builders import a_person, a_site
from tests.hl7_messages import an_adt, an_exam_completed, an_orm

SOURCE = Source("ris")
NOW = datetime(2026, 11, 20, 11, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def site(db):
    a_site(db)


def receive(db, raw, now=NOW, source=SOURCE):
    return ack.read_ack(orders.receive(db, raw, source, now))


def the_study(db, accession="RXX01-26-004711"):
    with db.read() as session:
        return studies.find(session, "RXX01", accession, None, None)


def the_report(db):
    with db.read() as session:
        return report_store.of_study(session, the_study(db).id)


def the_patient(db):
    with db.read() as session:
        return patients.get(session, the_study(db).patient_id)


def waiting(db):
    return orders.list_exceptions(db, _handler(db))


def _handler(db):
    with db.read() as session:
        found = session.execute(text("SELECT id FROM person WHERE username = 'handler'")).scalar()
    if found is None:
        return a_person(db, "radiographer", None, username="handler")
    from tests.builders import an_actor

    return an_actor(db, found)


def count(db, table):
    with db.read() as session:
        return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


@pytest.mark.parametrize("kind", ["ORM^O01^ORM_O01", "OMI^O23^OMI_O23"])
def test_an_order_becomes_a_study_that_waits_for_its_scan(db, kind):
    said = receive(db, an_orm(kind=kind))
    study, patient = the_study(db), the_patient(db)
    assert said.code == "AA"
    assert study.status == "ordered"
    assert study.clinical_question == "Exertional chest pain: is there inducible ischaemia?"
    assert (study.requester.family, study.requester.registration_number) == ("Price", "C7654321")
    assert (patient.family, patient.nhs_number, patient.nhs_number_valid) == ("O'Brien-Hughes", "9994100009", True)
    assert the_report(db).listed is False


def test_the_bytes_are_kept_as_they_came(db):
    raw = an_orm()
    receive(db, raw)
    with db.read() as session:
        assert session.execute(text("SELECT raw FROM inbox")).scalar_one() == raw


def test_the_end_of_the_scan_starts_the_clock(db):
    receive(db, an_orm())
    receive(db, an_exam_completed())
    study, report = the_study(db), the_report(db)
    assert study.completed_at == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    assert study.class_at_start == "outpatient"
    assert report.listed
    # Friday: ideal is the end of Tuesday, the maximum the end of Friday two weeks on.
    assert report.queue_at == datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    assert report.due_at == datetime(2026, 12, 5, 0, 0, tzinfo=UTC)


def test_a_repeat_gets_the_same_bytes_and_has_no_second_effect(db):
    first = orders.receive(db, an_orm(), SOURCE, NOW)
    again = orders.receive(db, an_orm(), SOURCE, NOW + timedelta(minutes=1))
    assert again == first
    assert (count(db, "study"), count(db, "inbox")) == (1, 1)


def test_the_same_id_with_other_content_is_refused_and_kept(db):
    receive(db, an_orm())
    said = receive(db, an_orm(accession="OTHER"))
    assert said.code == "AE"
    assert "other content" in said.words
    assert the_study(db, "OTHER") is None
    assert [line.sentence for line in waiting(db)] == [
        "Another message with the same sender and control id (MSH-10) came before, with other content."
    ]


def test_the_same_id_from_another_sender_is_another_message(db):
    receive(db, an_orm())
    assert receive(db, an_orm(accession="OTHER", application="RIS2")).code == "AA"


def test_a_refused_repeat_is_kept_once(db):
    receive(db, an_orm(site="NOWHERE"))
    receive(db, an_orm(site="NOWHERE"))
    assert count(db, "inbox") == 1


def test_junk_is_answered_and_kept_byte_for_byte(db):
    raw = b"hello \xff\x00 world"
    said = receive(db, raw)
    assert (said.code, said.control_id) == ("AR", "")
    assert waiting(db)[0].received.raw == raw


def test_a_failing_nhs_number_is_taken_and_flagged(db):
    receive(db, an_orm(nhs_number="9994100008"))
    assert the_patient(db).nhs_number == "9994100008"
    assert the_patient(db).nhs_number_valid is False
    assert any("NHS number" in flag for flag in the_study(db).flags)


def test_an_update_of_an_order_changes_it_and_keeps_its_patient(db):
    receive(db, an_orm())
    receive(db, an_orm(control="XO", question="Also: viability?", message_id="RIS-2"))
    assert the_study(db).clinical_question == "Also: viability?"
    assert (count(db, "study"), count(db, "patient")) == (1, 1)


def test_an_order_for_a_known_accession_and_another_patient_is_refused(db):
    receive(db, an_orm())
    receive(db, an_orm(mrn="XX999", nhs_number="", family="Else", accession="A2", placer="P2", message_id="2"))
    said = receive(db, an_orm(control="XO", mrn="XX999", nhs_number="", family="Else", message_id="3"))
    assert said.code == "AE"
    assert "another patient" in said.words
    assert the_patient(db).family == "O'Brien-Hughes"


def test_a_cancelled_order_is_no_longer_expected(db):
    receive(db, an_orm())
    assert receive(db, an_orm(control="CA", message_id="RIS-2")).code == "AA"
    assert the_study(db).status == "cancelled"


def test_a_scanned_study_can_not_be_cancelled_away(db):
    receive(db, an_orm())
    receive(db, an_exam_completed())
    said = receive(db, an_orm(control="CA", message_id="RIS-3"))
    assert said.code == "AE"
    assert "needs a report" in said.words
    assert the_study(db).status == "completed"


def test_cancelling_what_is_not_known_waits_for_a_person(db):
    assert receive(db, an_orm(control="CA")).code == "AE"
    assert len(waiting(db)) == 1


def test_a_status_change_of_an_unknown_order_is_taken_and_flagged(db):
    receive(db, an_exam_completed())
    assert the_study(db).status == "completed"
    assert "First heard of through a change, not through an order." in the_study(db).flags


def test_a_late_scheduled_does_not_undo_completed(db):
    receive(db, an_exam_completed())
    receive(db, an_orm(control="SC", status="SC", message_id="RIS-9"))
    assert the_study(db).status == "completed"


def test_an_update_of_demographics_changes_the_record_and_remembers(db):
    receive(db, an_orm())
    assert receive(db, an_adt("A08", family="Jones")).code == "AA"
    assert the_patient(db).family == "Jones"
    with db.read() as session:
        before, after = session.execute(text("SELECT before, after FROM patient_change")).one()
    assert ("O'Brien-Hughes" in before, "Jones" in after) == (True, True)


def test_other_name_and_other_birth_date_are_somebody_else(db):
    receive(db, an_orm())
    receive(db, an_orm(control="XO", family="Jones", message_id="RIS-5").replace(b"19620309", b"19900101"))
    assert any("both differ" in flag for flag in the_study(db).flags)
    assert the_patient(db).family == "O'Brien-Hughes"


def test_a_merge_joins_two_records_and_keeps_both_histories(db):
    receive(db, an_orm(mrn="OLD1", nhs_number=""))
    receive(db, an_orm(mrn="NEW1", accession="A2", placer="P2", message_id="RIS-2"))
    old = the_patient(db)
    assert receive(db, an_adt("A40", mrn="NEW1", retired="OLD1")).code == "AA"
    with db.read() as session:
        survivor = studies.find(session, "RXX01", "A2", None, None).patient_id
        assert studies.find(session, "RXX01", "RXX01-26-004711", None, None).patient_id == survivor
        assert patients.get(session, old.id).merged_into == survivor
        # and an order with the old number goes to the survivor
    receive(db, an_orm(mrn="OLD1", nhs_number="", accession="A3", placer="P3", message_id="RIS-3"))
    with db.read() as session:
        assert studies.find(session, "RXX01", "A3", None, None).patient_id == survivor


def test_two_records_merged_into_each_other_do_not_go_round_for_ever(db):
    receive(db, an_orm(mrn="OLD1", nhs_number=""))
    receive(db, an_orm(mrn="NEW1", nhs_number="", accession="A2", placer="P2", message_id="RIS-2"))
    receive(db, an_adt("A40", mrn="NEW1", nhs_number="", retired="OLD1"))
    receive(db, an_adt("A40", mrn="OLD1", nhs_number="", retired="NEW1", message_id="PAS-2"))
    assert receive(db, an_orm(mrn="OLD1", nhs_number="", accession="A3", placer="P3", message_id="RIS-3")).code == "AA"


def test_an_admission_after_the_scan_shortens_the_due_time_and_is_recorded(db):
    receive(db, an_orm())
    receive(db, an_exam_completed())
    receive(db, an_adt("A08", patient_class="I"), now=NOW + timedelta(days=1))
    assert the_study(db).patient_class == "inpatient"
    assert the_study(db).class_at_start == "outpatient"
    assert count(db, "class_change") == 1
    assert the_report(db).due_at == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


def test_a_class_that_was_unknown_at_the_scan_is_filled_in_not_changed(db):
    receive(db, an_exam_completed(patient_class=""))
    receive(db, an_adt("A08", patient_class="O"), now=NOW + timedelta(hours=1))
    assert the_study(db).class_at_start == "outpatient"
    assert count(db, "class_change") == 0


def test_two_sites_know_the_same_person_apart(db):
    a_site(db, "RYY01")
    receive(db, an_orm())
    receive(db, an_orm(site="RYY01", accession="A2", message_id="RIS-2"))
    assert count(db, "patient") == 2
    receive(db, an_adt("A08", family="Jones"))
    with db.read() as session:
        assert set(session.execute(text("SELECT family FROM patient")).scalars()) == {"Jones"}


def test_the_same_message_on_four_connections_has_one_effect_and_one_answer(db):
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(orders.receive(db, an_orm(), SOURCE, NOW))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert (count(db, "study"), count(db, "patient"), count(db, "inbox")) == (1, 1, 1)


def test_a_fault_of_ours_keeps_the_message_and_half_stores_nothing(db, monkeypatch, caplog):
    monkeypatch.setattr(report_store, "add", lambda *_: 1 / 0)
    said = receive(db, an_orm())
    assert said.code == "AE"
    assert "kept" in said.words
    assert (count(db, "study"), count(db, "patient"), count(db, "inbox")) == (0, 0, 1)
    assert "ZeroDivisionError" in caplog.text
    assert "Hughes" not in caplog.text


def test_once_the_reason_is_mended_the_message_is_tried_again(db):
    receive(db, an_orm(site="RZZ01"))
    handler = _handler(db)
    line = waiting(db)[0]
    with pytest.raises(Invalid, match="still can't be used"):
        orders.reprocess(db, handler, line.received.id, NOW, Wires((SOURCE,)))
    a_site(db, "RZZ01")
    orders.reprocess(db, handler, line.received.id, NOW, Wires((SOURCE,)))
    with db.read() as session:
        assert studies.find(session, "RZZ01", "RXX01-26-004711", None, None) is not None
    assert waiting(db) == ()
    with pytest.raises(NotFound):  # it belongs to the new site now, which is not the handler's
        orders.reprocess(db, handler, line.received.id, NOW, Wires((SOURCE,)))


def test_an_exception_is_closed_with_a_reason_that_stays(db):
    receive(db, b"MSH|nonsense")
    handler = _handler(db)
    line = waiting(db)[0]
    with pytest.raises(Invalid, match="Say why"):
        orders.close_exception(db, handler, line.received.id, " ", NOW)
    orders.close_exception(db, handler, line.received.id, "A test of the feed.", NOW)
    with pytest.raises(Conflict, match="already"):
        orders.close_exception(db, handler, line.received.id, "Again.", NOW)
    with db.read() as session:
        assert inbox.get(session, line.received.id).resolution == "A test of the feed."


def test_an_empty_message_waits_as_an_empty_message(db):
    receive(db, b"")
    assert [line.received.raw for line in waiting(db)] == [b""]


def test_an_exception_of_another_site_is_not_found(db):
    a_site(db, "RYY01")
    receive(db, an_orm(site="NOWHERE"))
    line = waiting(db)[0]
    with db.begin() as session:
        session.execute(text("UPDATE inbox SET site_code = 'RYY01'"))
    assert waiting(db) == ()
    with pytest.raises(NotFound):
        orders.close_exception(db, _handler(db), line.received.id, "x", NOW)


def test_a_trainee_does_not_handle_messages(db):
    with pytest.raises(NotPermitted):
        orders.list_exceptions(db, a_person(db, "trainee", 2))


def test_a_file_of_messages_is_taken_one_by_one(db):
    content = b"FHS|^~\\&|x\r\n" + an_orm() + an_orm(accession="A2", placer="P2", message_id="2") + b"MSH|junk\r\n"
    result = orders.import_orders(db, _handler(db), content.replace(b"\r", b"\r\n"), SOURCE, NOW)
    assert [line.accepted for line in result.lines] == [True, True, False]
    assert result.accepted == 2


def test_a_file_without_a_message_is_refused(db):
    with pytest.raises(Invalid, match="no HL7 message"):
        orders.import_orders(db, _handler(db), b"accession,name\r\n1,2", SOURCE, NOW)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_comes_gets_an_answer_and_is_kept_as_it_came(db, data):
    raw = bytearray(an_orm(message_id=data.draw(st.text(min_size=1, max_size=8))))
    for _ in range(data.draw(st.integers(0, 8))):
        where = data.draw(st.integers(0, len(raw) - 1))
        raw[where] = data.draw(st.integers(0, 255))
    answer = orders.receive(db, bytes(raw), SOURCE, NOW)
    assert ack.read_ack(answer).code in {"AA", "AE", "AR"}
    with db.read() as session:
        kept = session.execute(text("SELECT count(*) FROM inbox WHERE raw = :raw"), {"raw": bytes(raw)}).scalar_one()
    assert kept >= 1


def test_large_messages_that_could_not_be_used_are_listed_by_their_beginning_and_kept_whole(db):
    raw = an_orm(message_id="BIG").replace(b"|ORM^O01", b"|ORU^R01", 1) + b"NTE|1||" + b"x" * 300_000 + b"\r"
    orders.receive(db, raw, Source("ris"), NOW)
    (listed,) = waiting(db)
    assert listed.received.raw == raw[:20_000]
    kept = orders.exception(db, _handler(db), listed.received.id)
    assert kept.received.raw == raw
