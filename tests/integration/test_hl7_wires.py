"""The wires file: what it takes, and what it says to the person who mistyped it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from reporter.integration.wires import Destination, Source, Wires, WiresError, read_wires, wires_from_text

WHOLE = """
[[source]]
name = "alder"
applications = ["LAB"]
facilities = ["RLC"]
accession = ["OBR-18", "ORC-3.1"]
sites = { RLC = "RBS25" }
patient_classes = { I = "inpatient", W = "outpatient" }

[[source]]
name = "anyone"
charset = "8859/1"
time_zone = "UTC"

[[destination]]
name = "ehr"
kind = "mllp"
host = "ehr.example"
port = 6661
sites = ["RXX01"]
timeout_seconds = 45

[[destination]]
name = "record"
kind = "fhir"
url = "https://record.example/fhir"
"""


def test_a_file_names_feeds_and_destinations():
    wires = wires_from_text(WHOLE)

    assert [source.name for source in wires.sources] == ["alder", "anyone"]
    assert wires.sources[0].accession == ("OBR-18", "ORC-3.1")
    assert wires.sources[0].sites["RLC"] == "RBS25"
    assert wires.sources[0].filler_order == ("ORC-3", "OBR-3")
    assert wires.destination("ehr").timeout_seconds == 45.0
    assert [d.name for d in wires.destinations_of("RXX01")] == ["ehr", "record"]
    assert [d.name for d in wires.destinations_of("RYY02")] == ["record"]


def test_a_message_belongs_to_the_first_feed_that_takes_its_sender():
    wires = wires_from_text(WHOLE)

    assert wires.source_for("LAB", "RLC").name == "alder"
    assert wires.source_for("RIS", "RXX").name == "anyone"


def test_without_a_file_one_open_feed_listens_and_nothing_goes_out(tmp_path):
    assert read_wires(None) == Wires()
    with pytest.raises(WiresError, match="can't be read"):
        read_wires(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[source", "is not TOML"),
        ("[[sauce]]\nname='x'", r"has \[sauce\]"),
        ("[source]\nname='x'", "two brackets"),
        ("[[source]]\nfacilities=['x']", "has no name"),
        ("[[source]]\nname='x'\nacession=['OBR-18']", "'acession', which is not a key"),
        ("[[source]]\nname='x'\naccession='OBR-18'", "takes a list of texts"),
        ("[[source]]\nname='x'\naccession=['OBR.18']", "not a place in an HL7 message"),
        ("[[source]]\nname='x'\ntime_zone='Europe/Paris'", "takes 'Europe/London' or 'UTC'"),
        ("[[source]]\nname='x'\npatient_classes={I='in'}", "maps to 'in'"),
        ("[[source]]\nname='x'\nsites=['x']", "takes a table of texts"),
        ("[[source]]\nname='x'\n[[source]]\nname='x'", "named 'x'"),
        ("[[destination]]\nname='x'", "has no 'kind'"),
        ("[[destination]]\nname='x'\nkind='fax'", "takes 'mllp' or 'fhir'"),
        ("[[destination]]\nname='x'\nkind='fhir'", "needs url"),
        ("[[destination]]\nname='x'\nkind='mllp'\nport='2576'", "takes a whole number"),
        ("[[destination]]\nname='x'\nkind='mllp'\nport=true", "takes a whole number"),
        ("[[destination]]\nname='x'\nkind='mllp'\nport=70000", "takes 1 to 65535"),
        ("[[destination]]\nname='x'\nkind='mllp'\ninclude_pdf=1", "takes true or false"),
        ("[[destination]]\nname='x'\nkind='mllp'\ntimeout_seconds=0", "takes up to 600"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_what_to_write_instead(text, sentence):
    with pytest.raises(WiresError, match=sentence):
        wires_from_text(text)


@pytest.mark.parametrize("kind", [Source, Destination])
def test_every_key_and_its_default_are_named_in_the_document(kind):
    page = (Path(__file__).resolve().parents[2] / "docs" / "wires.md").read_text(encoding="utf-8")
    title = "source" if kind is Source else "destination"
    section = page.split(f"(`[[{title}]]`)")[1].split("\n## ")[0]
    rows = {
        name: row
        for row in section.splitlines()
        for name in re.findall(r"`(\w+)`", (row.split("|")[1:2] and row.split("|")[1]) or "")
    }
    assert set(rows) - {"key"} == {field.name for field in dataclasses.fields(kind)}
    for field in dataclasses.fields(kind):
        values = field.default if isinstance(field.default, tuple) else (field.default,)
        for value in values:
            if isinstance(value, str | bool | float | int) and value not in ("", dataclasses.MISSING):
                said = (
                    f"{value:g}"
                    if isinstance(value, float)
                    else str(value).lower()
                    if isinstance(value, bool)
                    else str(value)
                )
                assert f"`{said}`" in rows[field.name], f"{field.name} = {said}"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('kind = "mllp"\namended_status = "Z"', "amended_status is 'Z'; it takes 'C' or 'F'"),
        ('kind = "fhir"\nurl = "http://x"\nmode = "message"', "mode is 'message'; it takes 'transaction'"),
    ],
)
def test_a_value_that_would_hold_every_report_back_stops_the_start(line, sentence):
    with pytest.raises(WiresError, match=re.escape(sentence)):
        wires_from_text(f'[[destination]]\nname = "x"\n{line}\n')


def test_a_name_that_the_database_would_not_keep_or_an_unknown_character_set_stops_the_start():
    with pytest.raises(WiresError, match="longer than 60 characters"):
        wires_from_text(f'[[destination]]\nname = "{"x" * 61}"\nkind = "mllp"\n')
    with pytest.raises(WiresError, match="charset is 'latin-1'; it takes"):
        wires_from_text('[[source]]\nname = "x"\ncharset = "latin-1"\n')
