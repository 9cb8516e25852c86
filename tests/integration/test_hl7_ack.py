"""Our answers, and how we read a receiver's."""

from __future__ import annotations

from datetime import UTC, datetime

import hl7
import pytest

from reporter.integration.hl7v2 import ack
from reporter.integration.hl7v2.message import Malformed, parse
from tests.hl7_messages import an_orm

NOW = datetime(2026, 7, 1, 11, 0, tzinfo=UTC)


def test_an_acceptance_names_the_message_and_turns_sender_and_receiver_round():
    raw = ack.build(parse(an_orm()), "AA", now=NOW)
    answer = hl7.parse(raw.decode())

    assert str(answer["MSA"][0][1]) == "AA"
    assert str(answer["MSA"][0][2]) == "RIS-000001"
    assert [str(answer["MSH"][0][n]) for n in (3, 4, 5, 6)] == ["CMR-REPORTER", "RXX", "RIS", "RXX"]
    assert str(answer["MSH"][0][7]) == "20260701120000+0100"
    assert str(answer["MSH"][0][9]) == "ACK^O01^ACK"
    assert len(answer) == 2


def test_a_refusal_says_why_in_msa_3_and_in_err():
    raw = ack.build(parse(an_orm()), "AE", "PID-3 is empty & that's that.", now=NOW, condition="101")
    err = parse(raw).first("ERR")

    assert ack.read_ack(raw) == ack.Ack("AE", "RIS-000001", "PID-3 is empty & that's that.; Required field missing")
    assert (err.get(3), err.get(4), err.get(8)) == ("101", "E", "PID-3 is empty & that's that.")


def test_what_could_not_be_read_is_answered_without_an_id():
    said = ack.read_ack(ack.build(None, "AR", "No MSH.", now=NOW))

    assert (said.code, said.control_id) == ("AR", "")


def test_the_same_message_at_the_same_time_gets_the_same_bytes():
    message = parse(an_orm())

    assert ack.build(message, "AA", now=NOW) == ack.build(message, "AA", now=NOW)


@pytest.mark.parametrize("message_id", ["A|1", "A&B~C^D", "A\\E", "µ-1"])
def test_an_odd_id_comes_back_as_it_was(message_id):
    message = parse(an_orm(message_id="PLACE").replace(b"PLACE", ack.escape(message_id).encode()))

    assert ack.read_ack(ack.build(message, "AA", now=NOW)).control_id == message_id


@pytest.mark.parametrize(
    ("asked", "mode", "code"),
    [
        ("|AL|NE|", "original", "AA"),
        ("|AL|NE|", "enhanced", "CA"),
        ("|AL|AL|", "enhanced", "AA"),
        ("|NE|NE|", "enhanced", "AA"),
        ("|||", "enhanced", "AA"),
    ],
)
def test_enhanced_mode_is_spoken_where_the_feed_is_set_to_it_and_the_sender_asks(asked, mode, code):
    raw = an_orm().replace(b"|2.5.1|||||GBR", f"|2.5.1||{asked}GBR".encode())

    assert ack.read_ack(ack.build(parse(raw), "AA", now=NOW, mode=mode)).code == code


@pytest.mark.parametrize(
    "raw", [b"", b"hello", b"MSAlAAl1", an_orm(), b"MSH|^~\\&|A\rMSA|OK|1\r", b"MSH|^~\\&|A\rMSA||1\r"]
)
def test_what_is_no_acknowledgement_is_said_to_be_none(raw):
    with pytest.raises(Malformed):
        ack.read_ack(raw)


def test_the_words_of_older_and_newer_receivers_are_found():
    old = b"MSH|^~\\&|A\rMSA|AE|1|Bad PID\r"
    new = b"MSH|^~\\&|A\rMSA|AE|1\rERR|||101^Required field missing^HL70357|E||||PID-3 is missing\r"

    assert ack.read_ack(old).words == "Bad PID"
    assert ack.read_ack(new).words == "PID-3 is missing; Required field missing"
