"""Reading messages of all kinds without losing anything of them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import hl7
import pytest

from reporter.integration.hl7v2.message import Malformed, header_only, parse, split_path, write
from tests.hl7_messages import an_orm

ROOT = Path(__file__).resolve().parents[2]


def foreign_samples() -> list[Path]:
    """Messages that other people wrote, where this machine has them; they are not part of the repository."""
    named = os.environ.get("CMR_FOREIGN_SAMPLES")
    folder = Path(named) if named else ROOT.parent / "shared" / "samples"
    return sorted(p for p in (folder / "hl7v2").rglob("*") if p.suffix in {".hl7", ".txt"})


def need_foreign_samples() -> list[Path]:
    samples = foreign_samples()
    if not samples:
        pytest.skip("There are no foreign HL7 samples here; CMR_FOREIGN_SAMPLES names a folder with hl7v2/ in it.")
    return samples


def test_every_place_of_a_message_can_be_reached():
    message = parse(an_orm())

    assert message.kind == "ORM^O01"
    assert message.control_id == "RIS-000001"
    assert message.get("MSH-1") == "|"
    assert message.get("MSH-2") == r"^~\&"
    assert message.get("PID-3") == "9994100009"
    assert message.get("PID-3.5") == "NH"
    assert message.get("PID-5.1") == "O'Brien-Hughes"
    assert message.get("PID-5.2") == "Siôn"
    assert [r.get(1) for r in message.first("PID").repetitions(3)] == ["9994100009", "NF204518"]
    assert message.get("PID-99") == message.get("ZZZ-1") == ""


@pytest.mark.parametrize("ending", [b"\r", b"\n", b"\r\n"])
def test_every_line_end_that_senders_use_is_read(ending):
    message = parse(an_orm().replace(b"\r", ending))

    assert [s.name for s in message.segments] == ["MSH", "PID", "PV1", "ORC", "OBR"]


def test_a_line_break_inside_a_field_goes_on_the_field_and_makes_no_segment():
    raw = an_orm(question="Chest pain").replace(b"Chest pain", b"Chest\npain")

    assert parse(raw).first("OBR").field(13) == "Chest\npain"


def test_declared_separators_are_used():
    raw = b"MSH!$%#?!APP!FAC!!!20260101!!ORM$O01!ID-1!P!2.5.1\rPID!1!!123$$$AUTH?sub$MR%456!!A#S#B$Given\r"
    message = parse(raw)

    assert message.kind == "ORM^O01"
    assert message.get("PID-3.4.2") == "sub"
    assert message.get("PID-5") == "A$B"
    assert [r.get(1) for r in message.first("PID").repetitions(3)] == ["123", "456"]


@pytest.mark.parametrize(
    ("declared", "codec", "flagged"),
    [
        ("UNICODE UTF-8", "utf-8", False),
        ("", "utf-8", False),
        ("8859/1", "cp1252", False),
        ("UNICODE UTF-8", "cp1252", True),
        ("", "cp1252", True),
        ("8859/1", "utf-8", True),
        ("KLINGON", "utf-8", True),
    ],
)
def test_accents_are_read_right_whatever_the_header_says_and_a_contradiction_is_flagged(declared, codec, flagged):
    text = an_orm(family="Müller", given="Zoë").decode().replace("UNICODE UTF-8", declared)
    message = parse(text.encode(codec))

    assert message.get("PID-5.1") == "Müller"
    assert message.get("PID-5.2") == "Zoë"
    assert bool(message.flags) is flagged


def test_a_feed_that_declares_its_characters_wrongly_can_be_overruled():
    raw = an_orm(family="Müller").decode().encode("cp1252")

    assert parse(raw, charset="8859/1").get("PID-5.1") == "Müller"
    assert parse(raw, charset="8859/1").flags == ()


def test_null_is_no_text_and_can_be_told_from_absent():
    pid = parse(b'MSH|^~\\&|A\rPID|1||1||""||""\r').first("PID")

    assert pid.get(5) == ""
    assert pid.is_null(5)
    assert not pid.is_null(6)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello world",
        b"MSH",
        b"MSH|",
        b"MSH|^~\\&|only a header\r",
        b"MSH^^~\\&|A\rPID|1\r",
        b"MSH|ab|A\rPID|1\r",
        b"MSHX^~\\&|A\rPID|1\r",
        b"PID|1\rMSH|^~\\&|A\r",
        b"MSH|^~\\&|A\rPID|1\x0bMSH|^~\\&|A\rPID|2\r",
        b"MSH|^~\\&|A\rPID|\x00\r",
        b"MSH|^~\\&|A\r" + b"PID|\r" * 60_000,
    ],
)
def test_what_is_no_message_is_refused_with_a_sentence(raw):
    with pytest.raises(Malformed, match=r"^[A-Z].*\.$"):
        parse(raw)


def test_the_header_of_half_a_message_is_enough_to_answer_it():
    raw = an_orm()

    assert header_only(raw[:200]).control_id == "RIS-000001"
    assert header_only(b"nothing") is None


def test_empty_fields_at_the_end_are_not_written():
    assert write([["MSH", "^~\\&", "A"], ["PID", "1", "", ""]]) == b"MSH|^~\\&|A\rPID|1\r"


@pytest.mark.parametrize("path", ["PID", "PID-0", "PID.3", "pid-3", "PID-3.4.1.9", ""])
def test_a_place_that_is_none_is_refused(path):
    with pytest.raises(ValueError, match="PID-3"):
        split_path(path)


def test_foreign_messages_lose_no_segment_and_no_byte():
    for sample in need_foreign_samples():
        raw = sample.read_bytes()
        message = parse(raw)
        lines = [line for line in re.split(r"[\r\n]+", raw.decode("utf-8-sig")) if line.strip()]

        assert message.raw == raw
        assert "".join("|".join(s.fields) for s in message.segments).count("|") >= sum(x.count("|") for x in lines)
        assert sum(len("|".join(s.fields[1:] if s.name == "MSH" else s.fields)) for s in message.segments) >= sum(
            len(line) for line in lines if line[3:4] == "|" and line[:3] != "MSH"
        ), sample.name


def test_foreign_messages_read_as_python_hl7_reads_them():
    for sample in need_foreign_samples():
        text = sample.read_text(encoding="utf-8-sig").replace("\r\n", "\r").replace("\n", "\r").strip("\r") + "\r"
        theirs = hl7.parse(text)
        ours = parse(text.encode())
        segments = [segment for segment in theirs if str(segment).strip()]
        if len(segments) != len(ours.segments):
            continue  # a stray line break: python-hl7 makes a segment of it, we keep it with its field

        for segment, other in zip(ours.segments, segments, strict=True):
            assert segment.name == str(other[0])
            for number in range(1, len(segment.fields)):
                assert segment.field(number).strip() == str(other[number]).strip(), (
                    f"{sample.name} {segment.name}-{number}"
                )
