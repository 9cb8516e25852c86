"""A signed version as ORU^R01: complete, in order, replaceable, and held back when anything is wrong with it."""

from __future__ import annotations

import base64
import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import hl7
import pytest
from hypothesis import HealthCheck, given, settings

from reporter.integration import outgoing
from reporter.integration.hl7v2 import check, oru_r01
from reporter.integration.hl7v2.message import parse
from reporter.integration.hl7v2.text import unescape
from reporter.integration.wires import Destination
from reporter.report.document import CodedFinding, Heading, Measurement, SegmentMap
from tests.counts import count
from tests.integration.test_hl7_text import TEXTS
from tests.mllp_receiver import a_receiver
from tests.signed_versions import (
    a_document,
    a_signed_version,
    an_addendum,
    an_amendment,
    an_urgent_communication,
)

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
EHR = Destination("ehr", "mllp", receiving_application="EPR", receiving_facility="RXX", placer_authority="EPR")
PDF = b"%PDF-1.7 an invented report"


def rendered(version, destination=EHR, pdf=PDF, earlier=()):
    return oru_r01.render(version, destination, "CMR-1", pdf, earlier)


def observations(payload):
    """OBX-3.1 and OBX-4 to the segment."""
    return {(s.get(3), s.get(4)): s for s in parse(payload).all("OBX")}


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("oru_r01_original", a_signed_version(communications=(an_urgent_communication(),))),
        ("oru_r01_amendment", an_amendment()),
    ],
)
def test_the_whole_message_is_the_one_that_was_read_by_eye(name, version):
    assert rendered(version).decode() == (GOLDEN / f"{name}.hl7").read_text(encoding="utf-8").replace("\n", "\r")


def test_the_same_version_gives_the_same_bytes():
    version = a_signed_version()

    assert rendered(version) == rendered(version) == outgoing.render(EHR, version, "CMR-1", PDF)


def test_the_header_names_who_sends_what_to_whom():
    message = parse(rendered(a_signed_version()))

    assert [message.msh.get(n) for n in (3, 4, 5, 6)] == ["CMR-REPORTER", "RXX", "EPR", "RXX"]
    assert message.msh.field(9) == "ORU^R01^ORU_R01"
    assert message.control_id == "CMR-1"
    assert message.get("MSH-12") == "2.5.1"
    assert message.get("MSH-18") == "UNICODE UTF-8"


def test_a_long_message_id_is_cut_to_what_every_receiver_keeps_and_its_answer_is_known():
    key = "3f7c0f0a-1c55-4f7e-8c11-5b7f8d9e0a04"
    payload = oru_r01.render(a_signed_version(), EHR, key, PDF)
    with a_receiver() as receiver:
        destination = dataclasses.replace(EHR, host="127.0.0.1", port=receiver.port)
        answer = outgoing.send(destination, key, payload)

    assert parse(payload).control_id == "3f7c0f0a1c554f7e8c11"
    assert answer.kind == "accepted"
    assert outgoing.check(EHR, payload) == ()


def test_patient_order_and_people_stand_where_uk_receivers_look():
    message = parse(rendered(a_signed_version()))
    obr = message.first("OBR")

    assert message.first("PID").field(3) == "9994100009^^^NHS^NH~NF204518^^^RXX^MR"
    assert message.get("PID-5.2") == "Siôn"
    assert (obr.field(2), obr.field(3), obr.get(18)) == ("PL-883120^EPR", "FL-004711", "RXX01-26-004711")
    assert obr.field(16) == "C7654321^Price^Bronwen^^^Dr^^^GMC"
    assert obr.field(32) == "C6012345&Shah&Anjali&&&Dr&&&GMC"
    assert obr.field(33) == "C7123456&Nowak&Tomasz&&&Dr&&&GMC"
    assert obr.get(22) == "20261123154207+0000"


def test_a_doubtful_nhs_number_leaves_with_a_warning():
    patient = dataclasses.replace(a_document().patient, nhs_number="9994100008", nhs_number_valid=False)
    message = parse(rendered(a_signed_version(patient=patient)))

    assert message.get("PID-3") == "9994100008"
    assert "fails its modulus-11 check" in message.get("NTE-3")
    assert check.faults(message.raw) == ()


def test_an_original_is_final_and_an_amendment_corrects_and_an_addendum_adds():
    def statuses(version, destination=EHR):
        message = parse(rendered(version, destination))
        return message.get("OBR-25"), {s.get(11) for s in message.all("OBX")}

    assert statuses(a_signed_version()) == ("F", {"F"})
    assert statuses(an_amendment()) == ("C", {"C"})
    assert statuses(an_addendum()) == ("C", {"F"})
    assert statuses(an_addendum(), dataclasses.replace(EHR, addendum_status="F")) == ("F", {"F"})


def test_a_later_version_replaces_the_earlier_one():
    first, second = parse(rendered(a_signed_version())), parse(rendered(an_amendment()))

    assert first.get("OBR-3") == second.get("OBR-3")
    assert first.get("OBR-22") < second.get("OBR-22")
    assert observations(second.raw)["report_version", ""].get(5) == "2"
    assert "Reason: The infarct mass was 12 g, not 11 g." in observations(second.raw)["amendment", ""].get(5)


def test_an_amendment_that_knows_the_version_before_says_what_changed_stands_and_went():
    first = a_signed_version()
    numbers = tuple(
        dataclasses.replace(m, value="12") if m.id == "lge_mass" else m
        for m in first.document.measurements
        if m.id != "la_vol"
    )
    payload = rendered(an_amendment(measurements=numbers), earlier=(first,))
    found = observations(payload)

    assert found["lge_mass", ""].get(11) == "C"
    assert found["8811-2", ""].get(11) == "F"
    assert (found["la_vol", ""].get(11), found["la_vol", ""].get(5)) == ("D", "")
    assert check.faults(payload) == ()


def test_a_number_carries_unit_limits_and_side():
    ef = observations(rendered(a_signed_version()))["8811-2", ""]

    assert (ef.get(2), ef.get(5), ef.get(6), ef.get(7), ef.get(8)) == ("NM", "44.3", "%", "57-77", "L")
    assert (ef.get(3, 3), ef.get(3, 4)) == ("LN", "lv_ef")


@pytest.mark.parametrize(
    ("value", "kind"), [("44.3", "NM"), ("10.00", "NM"), ("-18.5", "NM"), ("<5", "ST"), ("> 90", "ST"), ("1e3", "ST")]
)
def test_a_value_is_sent_as_printed_and_numeric_only_when_it_is_a_number(value, kind):
    payload = rendered(a_signed_version(measurements=(Measurement("x", "X", value, "mL"),)))

    assert (observations(payload)["x", ""].get(2), observations(payload)["x", ""].get(5)) == (kind, value)
    assert check.faults(payload) == ()


def test_a_segment_that_was_not_assessed_is_said_and_not_left_out():
    words = {"akinesis": "akinetic", "normal": "normal"}
    partial = SegmentMap("lv_wall_motion", "Wall motion", 17, {"4": "akinesis", "17": "normal"}, words)
    text = (
        observations(rendered(a_signed_version(segment_maps=(partial,))))["lv_wall_motion", ""].repetitions(5)[0].text
    )

    assert text.splitlines() == [
        "4 basal inferior: akinetic",
        "17 apex: normal",
        "Not assessed: segment 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16",
    ]


def test_two_answers_to_one_question_are_told_apart():
    patterns = (
        CodedFinding("lge_pattern", "Pattern", "mid_wall", "mid-wall"),
        CodedFinding("lge_pattern", "Pattern", "patchy", "patchy"),
    )
    payload = rendered(a_signed_version(coded_findings=patterns))

    assert observations(payload)["lge_pattern", "2"].get(5) == "patchy"
    assert check.faults(payload) == ()


def test_the_pdf_arrives_byte_for_byte_and_can_be_left_out():
    content = bytes(range(256)) * 2000
    ed = parse(rendered(a_signed_version(), pdf=content)).all("OBX")[-1].repetitions(5)[0]

    assert [ed.get(n) for n in (2, 3, 4)] == ["AP", "PDF", "Base64"]
    assert base64.b64decode(ed.get(5)) == content
    assert b"Base64" not in rendered(a_signed_version(), dataclasses.replace(EHR, include_pdf=False))


def test_a_long_question_is_never_cut():
    question = "Is there ischaemia? " * 40
    study = dataclasses.replace(a_document().study, clinical_question=question)
    message = parse(rendered(a_signed_version(study=study)))

    assert message.get("OBR-13") == ""
    assert observations(message.raw)["55752-0", "1"].repetitions(5)[0].text == question


@settings(max_examples=count(2000, ci=2000, quick=100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS.filter(str.strip))
def test_text_arrives_in_obx_as_it_was_signed(text):
    payload = rendered(
        a_signed_version(answer=text, impression=(text,), findings=(Heading(text, (text, text)),)), pdf=b""
    )
    theirs = {(str(s[3]).split("^")[0], str(s[4])): str(s[5]) for s in hl7.parse(payload.decode())["OBX"]}

    assert unescape(theirs["answer", ""]) == text
    assert unescape(theirs["19005-8", "1"]) == text
    assert unescape(theirs["59776-5", "1"]) == f"{text}\n{text}\n{text}"
    assert str(hl7.parse(payload.decode())) == payload.decode()


def test_a_correction_replaces_the_report_even_where_the_order_was_renumbered_meanwhile():
    first = a_signed_version()
    renumbered = dataclasses.replace(first.document.study, filler_order="FL-OTHER", accession="RXX01-26-999999")
    second = an_amendment(study=renumbered)

    sent = [parse(rendered(first)), parse(rendered(second, earlier=(first,)))]

    assert {m.get("OBR-3") for m in sent} == {m.get("ORC-3") for m in sent} == {first.document.study.filler_order}
    assert sent[1].get("OBR-18") == "RXX01-26-999999"


# --- other eyes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [a_signed_version(), an_amendment(), an_addendum()])
def test_a_right_message_may_leave(version):
    assert outgoing.check(EHR, rendered(version)) == ()


def test_a_large_pdf_may_leave():
    assert check.faults(rendered(a_signed_version(), pdf=b"x" * 400_000)) == ()


def test_a_report_with_nothing_but_an_answer_may_leave():
    bare = a_signed_version(
        impression=(), recommendations=(), findings=(), measurements=(), segment_maps=(), coded_findings=(),
        drafted_by=None,
        study=dataclasses.replace(a_document().study, requester=None, performed_at=None, placer_order=None,
                                  filler_order=None, clinical_question="", patient_class="unknown"),
        patient=dataclasses.replace(a_document().patient, nhs_number=None, nhs_number_valid=False, birth_date=None,
                                    title=None, given=""),
    )  # fmt: skip

    assert check.faults(rendered(bare)) == ()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b"|CMR-1|", b"||", "MSH-10"),
        (b"|CMR-1|", b"|3f7c0f0a-1c55-4f7e-8c11-5b7f8d9e0a04|", "MSH-10"),
        (b"ORU^R01^ORU_R01", b"ORU^R01", "MSH-9"),
        (b"UNICODE UTF-8", b"8859/1", "MSH-18"),
        (b"20261123154207+0000||ORU", b"20261123154207||ORU", "MSH-7"),
        (b"9994100009^^^NHS^NH~NF204518^^^RXX^MR", b"", "PID-3"),
        (b"|FL-004711|CMR", b"||CMR", "OBR-3"),
        (b"|RAD|F|", b"|RAD|P|", "OBR-25"),
        (b"|RAD|F|", b"|RAD||", "OBR-25"),
        (b"C6012345&Shah&Anjali&&&Dr&&&GMC", b"", "OBR-32"),
        (b"Final report||||||F|", b"Final report||||||P|", "OBX-11"),
        (b"Final report||||||F|", b"Final report|||||||", "OBX-11"),
        (b"||44.3|", b"||44.3 approx|", "not a number"),
        (b"||Final report|", b"|||", "no identifier or no value"),
        (b"||Final report|", b"||Final ^ report|", "not escaped"),
        (b"||Final report|", b"||Final \\ report|", "not escaped"),
        (b"||Final report|", b"||Final\nreport|", "control character"),
        (b"||Final report|", b"||Final\rreport|", "none of those"),
        (b"||Final report|", b"||Final\x1creport|", "control character"),
        (b"||Final report|", b"||Final\xffreport|", "not UTF-8"),
        (b"OBX|3|", b"OBX|4|", "is numbered"),
        (b"mvo^Microvascular obstruction", b"lv_thrombus^LV thrombus", "repeats the identifier"),
        (b"\rPV1|", b"\rZV1|", "none of those"),
        (b"\rPV1|1|O|^^^RXX01", b"", "0 PV1 segments"),
        (b"\rOBR|", b"\rOBX|", "OBR segments"),
        (b"MSH|^~\\&|", b"MSH|^~\\#|", "does not begin"),
    ],
)
def test_a_fault_that_was_put_in_is_found_and_said(old, new, sentence):
    payload = rendered(a_signed_version())
    assert old in payload

    faults = check.faults(payload.replace(old, new, 1))

    assert any(sentence in fault for fault in faults), faults
    assert not any("Brien" in fault for fault in faults)


def test_a_structure_that_hl7apy_refuses_does_not_leave():
    payload = rendered(a_signed_version(), pdf=b"")
    lines = payload.split(b"\r")
    order = [lines[0], lines[3], lines[1], lines[2], *lines[4:]]  # ORC before PID

    assert any("hl7apy" in fault for fault in check.faults(b"\r".join(order)))


def test_every_signed_character_is_in_the_message():
    version = a_signed_version()
    document = version.document
    text = "\n".join(unescape(s.field(5)) for s in parse(rendered(version)).all("OBX"))
    said = [document.answer, *document.impression, *document.recommendations, document.delegation]
    said += [sentence for heading in document.findings for sentence in heading.sentences]
    said += [version.signature.statement, version.signature.content_sha256, document.study.clinical_question]

    assert [line for line in said if line not in text] == []


def test_the_signing_instant_is_said_in_london_s_time():
    version = a_signed_version(signed_at=datetime(2026, 7, 1, 11, 0, tzinfo=UTC))

    assert parse(rendered(version)).get("MSH-7") == "20260701120000+0100"
