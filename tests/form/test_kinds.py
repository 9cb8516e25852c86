"""Each kind of answer: what it stores, what it refuses with a sentence, and that writing it out reads back the same."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.form.answers import read
from reporter.form.kinds import KINDS
from tests.counts import count
from tests.form.small_templates import a_template

TEMPLATE = a_template(
    """
    - {id: line, ask: Line, kind: text}
    - {id: story, ask: Story, kind: long_text}
    - {id: volume, ask: Volume, kind: number, unit: mL, decimals: 1, hard: [5, 900], soft: [60, 350]}
    - {id: signed, ask: Signed, kind: number}
    - {id: ef, ask: EF, kind: number, unit: "%", hard: {above: 1, to: 95, help: "Type 44 and not 0.44."}}
    - {id: rate, ask: Heart rate, kind: integer, unit: /min, hard: [20, 250]}
    - {id: agent, ask: Agent, kind: choice, choices: {none: None, adenosine: adenosine}}
    - {id: reasons, ask: Reasons, kind: choices, choices: {motion: motion, rhythm: arrhythmia, other: other}}
    - {id: day, ask: Day, kind: date}
    - {id: told, ask: Told at, kind: datetime}
    - {id: motion, ask: Motion, kind: segments17, choices: {normal: normal, akinesis: akinetic}}
    - {id: flow, ask: Flow, kind: segments16, choices: {normal: normal, defect: defect}}
    - {id: bsa, ask: BSA, kind: computed, compute: {formula: bsa_mosteller, height: signed, weight: signed}}
    """
)


def stored(field: str, *sent: str):
    reading = read(TEMPLATE, {field: sent})
    assert reading.errors == {}
    return reading.answers.get(field)


def refused(field: str, *sent: str) -> str:
    reading = read(TEMPLATE, {field: sent})
    assert field.partition(".")[0] not in reading.answers
    return reading.errors[field.partition(".")[0]]


def test_every_kind_that_yaml_can_name_is_here():
    assert set(KINDS) == {
        "text", "long_text", "number", "integer", "choice", "choices",
        "date", "datetime", "segments17", "segments16", "computed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("118", "118"),
        (" 118 ", "118"),
        ("118.0", "118.0"),
        ("0118", "118"),
        ("60.5", "60.5"),
        ("5", "5"),
        ("900", "900"),
    ],
)
def test_a_number_is_kept_as_the_decimal_text_that_was_typed(typed, kept):
    assert stored("volume", typed) == kept


@pytest.mark.parametrize("zero", ["0", "-0", "0.0", "-0.0", "00"])
def test_there_is_one_zero_and_it_has_no_sign(zero):
    assert not stored("signed", zero).startswith("-")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2,06", "point"),
        ("1_000", "underscores"),
        ("1e3", "exponent"),
        ("NaN", "number"),
        ("Infinity", "number"),
        ("１１８", "digits 0 to 9"),
        ("118 mL", "unit"),
        ("about 118", "number"),
        ("60.55", "at most 1 decimal"),
        ("4.9", "must be 5 to 900 mL"),
        ("901", "must be 5 to 900 mL"),
        ("-60", "must be 5 to 900 mL"),
        ("9" * 40, "at most"),
    ],
)
def test_what_is_no_plain_number_inside_the_bounds_is_refused_with_a_sentence(typed, words):
    sentence = refused("volume", typed)

    assert sentence.startswith("Volume")
    assert words in sentence


@pytest.mark.parametrize("fraction", ["0.44", "0.5", "1", "1.0", "0.01"])
def test_a_fraction_typed_as_per_cent_is_refused_and_told_how_to_type_it(fraction):
    assert "Type 44 and not 0.44." in refused("ef", fraction)


def test_a_whole_number_has_no_decimals():
    assert stored("rate", "66") == "66"
    assert refused("rate", "66.5") == "Heart rate must be a whole number."


def test_an_unlikely_value_is_kept_and_asked_about():
    reading = read(TEMPLATE, {"volume": ["420"]})

    assert reading.answers["volume"] == "420"
    assert reading.questions == {"volume": "Volume 420 mL? Usual are 60 to 350 mL."}


def test_a_choice_must_be_one_of_those_offered():
    assert stored("agent", "adenosine") == "adenosine"
    assert "choose one of those offered (None, adenosine)" in refused("agent", "aspirin")
    assert "more than once" in refused("agent", "none", "adenosine")


def test_a_page_may_send_a_blank_beside_a_choice():
    assert stored("agent", "", "adenosine") == "adenosine"
    assert stored("reasons", "", "other", "motion") == ["motion", "other"]


def test_unticking_everything_is_a_blank():
    reading = read(TEMPLATE, {"reasons": [""]}, keep={"reasons": ["motion"]})

    assert "reasons" not in reading.answers


@pytest.mark.parametrize("typed", ["2026-11-23", "23/11/2026", "23.11.2026"])
def test_a_day_is_understood_day_first(typed):
    assert stored("day", typed) == "2026-11-23"


@pytest.mark.parametrize("typed", ["2026-02-30", "11/23/2026", "tomorrow", "20261123", "0026-11-23", "2026-W47-1"])
def test_a_day_that_does_not_exist_is_refused(typed):
    assert "Day must" in refused("day", typed)


def test_a_time_is_typed_in_london_and_kept_in_utc():
    assert stored("told", "2026-11-23T14:30") == "2026-11-23T14:30+00:00"
    assert stored("told", "2026-07-01T14:30") == "2026-07-01T13:30+00:00"


def test_an_hour_that_the_clocks_skipped_is_refused():
    assert "clocks went forward" in refused("told", "2026-03-29T01:30")


def test_both_passes_through_a_repeated_hour_read_back_as_they_were():
    field = TEMPLATE.by_id["told"]
    for utc in ("2026-10-25T00:30+00:00", "2026-10-25T01:30+00:00"):
        assert field.kind.read(field, field.kind.write(field, utc), None) == utc


@pytest.mark.parametrize("typed", ["yesterday", "2026-11-23T25:00", "14:30", "9999-01-01T00:00"])
def test_a_time_that_is_none_is_refused(typed):
    assert "Told at must" in refused("told", typed)


def test_a_segment_is_scored_by_its_own_control_and_the_others_stay():
    reading = read(TEMPLATE, {"motion.4": ["akinesis"]}, keep={"motion": {"1": "normal", "4": "normal"}})

    assert reading.answers["motion"] == {"1": "normal", "4": "akinesis"}


def test_a_segment_sent_blank_is_no_longer_assessed():
    reading = read(TEMPLATE, {"motion.1": [""], "motion.4": [""]}, keep={"motion": {"1": "normal", "4": "normal"}})

    assert "motion" not in reading.answers


def test_a_segment_takes_only_words_of_its_palette_and_keeps_the_map_when_refused():
    reading = read(TEMPLATE, {"motion.4": ["still"], "motion.5": ["normal"]}, keep={"motion": {"1": "normal"}})

    assert reading.answers["motion"] == {"1": "normal"}
    assert "Segment 4" in reading.errors["motion"]


@pytest.mark.parametrize("name", ["motion.0", "motion.18", "motion.04", "motion.x", "motion.", "flow.17", "volume.1"])
def test_a_segment_that_the_map_does_not_have_is_refused(name):
    assert name in read(TEMPLATE, {name: ["normal"]}).errors


def test_a_computed_value_cannot_be_typed():
    assert "worked out from other answers" in refused("bsa", "2.06")


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\ud800", "\uffff"])
def test_a_character_that_cannot_be_printed_is_refused(character):
    assert "cannot be printed" in refused("line", f"a{character}b")
    assert "cannot be printed" in refused("story", f"a{character}b")


def test_a_text_keeps_what_people_write_and_a_line_has_one_line():
    assert stored("line", " µ ² ≤ é 🫀 <b>&amp;| ") == "µ ² ≤ é 🫀 <b>&amp;|"
    assert stored("line", "a\r\nb") == "a b"
    assert stored("story", "a\r\n\r\nb\rc") == "a\n\nb\nc"


def test_a_text_has_an_end():
    assert "Shorten it" in refused("line", "x" * 501)
    assert "Shorten it" in refused("story", "x" * 20_001)


_PLAIN = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=40).map(str.strip).filter(bool)
)
# hypothesis wants its limits without a zone, and gives the zone itself.
_FIRST, _LAST = datetime(1972, 1, 2), datetime(2199, 12, 30)  # noqa: DTZ001
_ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "line": _PLAIN.filter(lambda t: "\n" not in t),
        "story": st.lists(_PLAIN, min_size=1, max_size=3).map("\n".join),
        "volume": st.decimals(5, 900, places=1).map(str),
        "signed": st.decimals(-999_999, 999_999, places=3).map(lambda d: str(d if d else abs(d))),
        "rate": st.integers(20, 250).map(str),
        "agent": st.sampled_from(["none", "adenosine"]),
        "reasons": st.lists(st.sampled_from(["motion", "rhythm", "other"]), min_size=1, unique=True).map(
            lambda codes: [c for c in ("motion", "rhythm", "other") if c in codes]
        ),
        "day": st.dates(date(1900, 1, 1), date(2199, 12, 31)).map(date.isoformat),
        "told": st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)).map(
            lambda moment: moment.isoformat(timespec="minutes")
        ),
        "motion": st.dictionaries(st.integers(1, 17), st.sampled_from(["normal", "akinesis"]), min_size=1).map(
            lambda scores: {str(n): scores[n] for n in sorted(scores)}
        ),
    },
)


@settings(max_examples=count(5000, ci=1000, quick=150), deadline=None)
@given(answers=_ANSWERS)
def test_what_is_stored_can_be_sent_and_is_stored_the_same(answers):
    sent: dict[str, tuple[str, ...]] = {}
    for id_, value in answers.items():
        field = TEMPLATE.by_id[id_]
        sent.update(field.kind.write(field, value))
        assert isinstance(field.kind.words(field, value), str)

    reading = read(TEMPLATE, sent)

    assert reading.errors == {}
    assert dict(reading.answers) == answers


@settings(max_examples=count(5000, ci=1000, quick=150), deadline=None)
@given(
    sent=st.dictionaries(
        st.one_of(st.sampled_from([*TEMPLATE.by_id, "motion.4", "flow.1", "motion.x"]), st.text(max_size=12)),
        st.lists(st.text(max_size=20), max_size=3),
        max_size=8,
    )
)
def test_whatever_is_sent_is_stored_or_refused_in_words(sent):
    reading = read(TEMPLATE, sent)

    assert set(reading.answers) <= set(TEMPLATE.by_id)
    assert all(sentence.strip() for sentence in reading.errors.values())
