"""What an inbound message says: orders, cancellations, changes, updates and merges, from standard and other feeds."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import pytest

from reporter.integration.hl7v2 import nhs_number, stamps
from reporter.integration.hl7v2.message import parse
from reporter.integration.hl7v2.orders_in import (
    Identifier,
    Ignored,
    NewOrder,
    OrderCancelled,
    PatientMerged,
    PatientUpdated,
    StatusChanged,
    Unusable,
    read_event,
    read_events,
)
from reporter.integration.wires import Source
from tests.hl7_messages import NHS_NUMBER, an_adt, an_exam_completed, an_orm

RECEIVED = datetime(2026, 11, 20, 11, 0, 5, tzinfo=UTC)
STANDARD = Source("ris")


def event_of(raw, source=STANDARD):
    return read_event(parse(raw, source.charset), source, RECEIVED)


def test_a_new_order_says_everything_that_the_report_needs():
    event = event_of(an_orm())

    assert isinstance(event, NewOrder)
    assert event.flags == ()
    assert event.envelope.application == "RIS"
    assert event.envelope.message_id == "RIS-000001"
    assert event.envelope.sent_at == datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
    assert event.patient.nhs_number == NHS_NUMBER
    assert event.patient.nhs_number_valid
    assert event.patient.identifiers == (Identifier("NF204518", "RXX"),)
    assert (event.patient.family, event.patient.given, event.patient.title) == ("O'Brien-Hughes", "Siôn", "Mr")
    assert event.patient.birth_date == date(1962, 3, 9)
    assert event.patient.sex == "male"
    assert event.order.accession == "RXX01-26-004711"
    assert event.order.placer_order == "PL-883120"
    assert event.order.procedure == "MRI cardiac stress perfusion with contrast"
    assert event.order.procedure_code == "CMRSP"
    assert event.order.clinical_question == "Exertional chest pain: is there inducible ischaemia?"
    assert event.order.requester.name == "Dr Bronwen Price"
    assert (event.order.requester.registration_body, event.order.requester.number) == ("GMC", "C7654321")
    assert event.order.requested_at == datetime(2026, 11, 9, 8, 15, tzinfo=UTC)
    assert event.order.patient_class == "outpatient"
    assert event.order.site == "RXX01"
    assert event.order.status is None
    assert event.order.completed_at is None


def test_an_imaging_order_of_2_5_1_is_read_like_an_order():
    raw = an_orm(kind="OMI^O23^OMI_O23", accession="").replace(b"\rOBR|", b"\rTQ1|1||||||||S\rOBR|")
    event = event_of(raw + b"IPC|RXX01-26-004712|RP1|1.2.3|SPS1|MR\r")

    assert isinstance(event, NewOrder)
    assert event.order.accession == "RXX01-26-004712"
    assert event.order.priority == "S"


@pytest.mark.parametrize("control", ["CA", "DC", "OC"])
def test_a_cancelled_order_is_cancelled(control):
    event = event_of(an_orm(control=control))

    assert isinstance(event, OrderCancelled)
    assert event.control == control


def test_a_status_change_to_cancelled_is_a_cancellation():
    assert isinstance(event_of(an_orm(control="SC", status="CA")), OrderCancelled)


def test_a_completed_examination_carries_its_end():
    event = event_of(an_exam_completed(completed_at="20261120103000+0000"))

    assert isinstance(event, StatusChanged)
    assert event.order.status == "completed"
    assert event.order.completed_at == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    assert not event.order.completed_at_imputed


def test_a_completed_examination_without_an_end_gets_the_time_of_the_message_and_says_so():
    raw = an_exam_completed(completed_at="").replace(b"20261109081500+0000", b"")
    event = event_of(raw)

    assert event.order.completed_at == datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
    assert event.order.completed_at_imputed
    assert any("stands in for it" in flag for flag in event.flags)


def test_an_end_in_the_future_is_not_believed():
    raw = an_exam_completed(completed_at="20261121103000+0000").replace(b"20261109081500+0000", b"")
    event = event_of(raw)

    assert event.order.completed_at_imputed
    assert any("lies in the future" in flag for flag in event.flags)


def test_a_doubtful_nhs_number_is_taken_and_flagged_and_never_stops_an_order():
    event = event_of(an_orm(nhs_number="9994100008"))

    assert isinstance(event, NewOrder)
    assert event.patient.nhs_number == "9994100008"
    assert not event.patient.nhs_number_valid
    assert "The NHS number fails its modulus-11 check." in event.flags


def test_an_order_without_an_nhs_number_is_taken_on_its_hospital_number():
    event = event_of(an_orm(nhs_number=""))

    assert event.patient.nhs_number is None
    assert event.patient.identifiers == (Identifier("NF204518", "RXX"),)


@pytest.mark.parametrize(
    ("given", "meant"),
    [("I", "inpatient"), ("O", "outpatient"), ("E", "emergency"), ("D", "outpatient"), ("", "unknown")],
)
def test_the_patient_class_comes_from_the_map_of_the_feed(given, meant):
    assert event_of(an_orm(patient_class=given)).order.patient_class == meant


def test_an_unknown_patient_class_is_said():
    assert any("patient class" in flag for flag in event_of(an_orm(patient_class="Q")).flags)


def test_nothing_of_a_clinical_question_is_lost():
    raw = an_orm(question="Chest pain & breathlessness").replace(
        b"RXX01-26-004711\r",
        b"RXX01-26-004711|||||||||||||I25^Ischaemic heart disease\rNTE|1||LVEF <40 %\rNTE|2||on echo\r",
    )

    assert event_of(raw).order.clinical_question == (
        "Ischaemic heart disease\nChest pain & breathlessness\nLVEF <40 %\non echo"
    )


def test_several_orders_in_one_message_are_several_events():
    raw = an_orm()
    second = b"ORC|NW|PL-2\rOBR|1|PL-2||X^Second examination||||||||||||||RXX01-26-004799\r"
    first, other = read_events(parse(raw + second), STANDARD, RECEIVED)

    assert (first.order.accession, other.order.accession) == ("RXX01-26-004711", "RXX01-26-004799")
    assert first.patient == other.patient
    with pytest.raises(Unusable, match="2 orders"):
        event_of(raw + second)


def test_an_update_carries_demographics_and_what_was_withdrawn():
    event = event_of(an_adt("A08", birth_date='""', patient_class="I"))

    assert isinstance(event, PatientUpdated)
    assert event.patient.family == "Hughes"
    assert event.patient.birth_date is None
    assert event.patient.withdrawn == {"birth_date"}
    assert event.patient_class == "inpatient"


def test_a_merge_names_who_stays_and_which_number_ends():
    event = event_of(an_adt("A40", retired="NF200001"))

    assert isinstance(event, PatientMerged)
    assert event.patient.identifiers == (Identifier("NF204518", "RXX"),)
    assert event.retired == (Identifier("NF200001", "RXX"),)


def test_a_merge_of_nothing_is_refused():
    with pytest.raises(Unusable, match="MRG"):
        event_of(an_adt("A40"))


@pytest.mark.parametrize("event", ["A01", "A03", "A28", "A06"])
def test_other_patient_messages_are_acknowledged_and_change_nothing(event):
    assert isinstance(event_of(an_adt(event)), Ignored)


@pytest.mark.parametrize(
    ("changed", "code", "condition", "sentence"),
    [
        ({"kind": "ORU^R01^ORU_R01"}, "AR", "200", "another message type"),
        ({"kind": ""}, "AR", "200", "MSH-9"),
        ({"message_id": ""}, "AE", "101", "MSH-10"),
        ({"message_id": "x" * 250}, "AE", "102", "longer than 199"),
        ({"control": ""}, "AE", "101", "ORC-1"),
        ({"control": "ZZ"}, "AE", "103", "these are: CA"),
        ({"nhs_number": "", "mrn": ""}, "AE", "101", "PID-3"),
        ({"accession": "", "placer": ""}, "AE", "101", "accession"),
    ],
)
def test_what_can_t_be_used_is_refused_with_a_sentence(changed, code, condition, sentence):
    with pytest.raises(Unusable) as refused:
        event_of(an_orm(**changed))

    assert (refused.value.code, refused.value.condition) == (code, condition)
    assert sentence in refused.value.sentence
    assert "Hughes" not in refused.value.sentence


def test_a_message_without_a_patient_or_an_order_is_refused():
    raw = an_orm()
    with pytest.raises(Unusable, match="no PID"):
        event_of(raw.replace(b"\rPID|", b"\rZID|"))
    with pytest.raises(Unusable, match="no ORC"):
        event_of(raw.replace(b"\rORC|", b"\rZRC|"))


def test_a_sender_that_is_on_no_feed_is_refused():
    with pytest.raises(Unusable, match="on no feed"):
        event_of(an_orm(), Source("other", applications=("PACS",)))


# --- feeds that put things elsewhere --------------------------------------------------------------------------------


def test_an_nhs_number_in_pid_19_and_a_bare_hospital_number_are_found():
    raw = (
        an_orm(mrn="")
        .replace(f"{NHS_NUMBER}^^^NHS^NH".encode(), b"AH0002531|A0-B2024")
        .replace(b"|19620309|M", b"|19620309|M|||||||||||" + NHS_NUMBER.encode())
    )
    patient = event_of(raw.replace(b"PID|1||AH0002531|A0-B2024|", b"PID|1||AH0002531|A0-B2024")).patient

    assert patient.nhs_number == NHS_NUMBER
    assert patient.identifiers == (Identifier("AH0002531", "RXX"),)


@pytest.mark.parametrize("written", ["{}^^^NHS^NH", "{}^^^NHSNBR^NHSNMBR", "{}^^^^NHS", "{}^08^^^NH"])
def test_every_way_to_mark_an_nhs_number_is_known(written):
    raw = an_orm().replace(f"{NHS_NUMBER}^^^NHS^NH".encode(), written.format("999 410 0009").encode())

    assert event_of(raw).patient.nhs_number == NHS_NUMBER


def test_a_placeholder_for_the_nhs_number_makes_no_two_patients_one():
    event = event_of(an_orm(nhs_number="UNKNOWN"))

    assert event.patient.nhs_number is None
    assert event.patient.identifiers == (Identifier("NF204518", "RXX"),)
    assert any("has not ten digits" in flag for flag in event.flags)


def test_a_hospital_number_under_the_nhs_s_authority_stays_a_hospital_number():
    event = event_of(an_orm().replace(b"NF204518^^^RXX^MR", b"NF204518^^^NHS^MR"))

    assert event.patient.identifiers == (Identifier("NF204518", "NHS"),)


def test_a_site_may_be_named_by_another_code_and_have_a_default():
    mapped = dataclasses.replace(STANDARD, sites={"RXX01": "RXXA1"})
    fixed = dataclasses.replace(STANDARD, sites={"NONE": "X"}, default_site="RXX09")
    nowhere = dataclasses.replace(STANDARD, sites={"NONE": "X"})

    assert event_of(an_orm(), mapped).order.site == "RXXA1"
    assert event_of(an_orm(), fixed).order.site == "RXX09"
    assert event_of(an_orm(), nowhere).order.site is None
    assert any("names no site" in flag for flag in event_of(an_orm(), nowhere).flags)


def test_where_the_accession_number_stands_is_configuration():
    raw = an_orm(accession="").replace(b"ORC|NW|PL-883120|", b"ORC|NW|PL-883120|ACC-77")

    assert event_of(raw).order.accession == "ACC-77"
    assert event_of(raw, dataclasses.replace(STANDARD, accession=("OBR-18",))).order.accession is None


# --- times and numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "utc", "flag"),
    [
        ("20260701120000", "2026-07-01T11:00:00+00:00", None),
        ("20260101120000", "2026-01-01T12:00:00+00:00", None),
        ("20260701120000+0100", "2026-07-01T11:00:00+00:00", None),
        ("20260701120000.1234-0500", "2026-07-01T17:00:00.123400+00:00", None),
        ("202607011200", "2026-07-01T11:00:00+00:00", None),
        ("20260329013000", "2026-03-29T01:00:00+00:00", "skipped"),
        ("20261025013000", "2026-10-25T00:30:00+00:00", "repeated"),
        ("20260701", "2026-06-30T23:00:00+00:00", "no time"),
    ],
)
def test_a_stamp_without_an_offset_is_on_london_s_clock(text, utc, flag):
    found = stamps.instant(text, "Europe/London")

    assert found.at.isoformat() == utc
    assert (flag in found.flag) if flag else found.flag is None


@pytest.mark.parametrize("text", ["", "2026", "202613011200", "20260230", "noon", "20260701120000+9999", "00000101"])
def test_what_is_no_stamp_gives_no_instant(text):
    assert stamps.instant(text, "Europe/London") is None


@pytest.mark.parametrize("number", ["9999999468", "9449305552", "999 999 9468", "999-999-9468", NHS_NUMBER])
def test_right_nhs_numbers_pass(number):
    assert nhs_number.is_valid(number)


@pytest.mark.parametrize(
    "number",
    ["", "999999946", "99999994688", "9999999467", "0000000000", "1111111111", "９９９９９９９４６８", "999999946x"],
)
def test_wrong_nhs_numbers_fail(number):
    assert not nhs_number.is_valid(number)


def test_one_changed_digit_never_passes():
    for place in range(10):
        for digit in "0123456789":
            changed = NHS_NUMBER[:place] + digit + NHS_NUMBER[place + 1 :]
            assert nhs_number.is_valid(changed) == (changed == NHS_NUMBER)
