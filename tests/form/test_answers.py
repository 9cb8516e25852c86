"""Reading and filling a form: what is kept, what is asked, what is computed, and how far each section is."""

from __future__ import annotations

import pytest

from reporter.form.answers import FormContext, agreed, fill, read
from tests.form.small_templates import a_template

STRESS = a_template(
    """
    - {id: agent, ask: Stress agent, kind: choice, level: required, choices: {none: None, adenosine: adenosine}}
    - id: dose
      ask: Dose
      kind: number
      unit: ug/kg/min
      when: {agent: adenosine}
      level: required
      say: A dose of $value was given.
    - {id: symptoms, ask: Symptoms, kind: choice, when: {agent: adenosine}, choices: {none: None, some: Some}}
    - {id: which, ask: Which, kind: text, when: {symptoms: some}, required_when: {agent: adenosine}}
    """
)
VOLUMES = a_template(
    """
    - {id: edv, ask: LV end-diastolic volume, kind: number, unit: mL, level: required, hard: [5, 900], soft: [60, 350]}
    - {id: esv, ask: LV end-systolic volume, kind: number, unit: mL, level: required}
    - {id: ef, ask: LVEF, kind: computed, soft: [15, 80], compute: {formula: ejection_fraction, edv: edv, esv: esv}}
    """
)
NOBODY = FormContext()


def test_a_name_that_the_form_does_not_ask_is_refused_and_the_rest_is_kept():
    reading = read(STRESS, {"agent": ["none"], "colour": ["red"], "agent.1": ["none"]})

    assert dict(reading.answers) == {"agent": "none"}
    assert set(reading.errors) == {"colour", "agent.1"}


def test_a_refused_value_leaves_the_kept_one_and_is_shown_where_it_was_typed():
    reading = read(VOLUMES, {"edv": ["9000"], "esv": ["118"]}, keep={"edv": "212"})
    filled = fill(VOLUMES, reading.answers, NOBODY, reading)

    assert dict(reading.answers) == {"edv": "212", "esv": "118"}
    assert filled["edv"].value == "212"
    assert filled["edv"].text == "9000"
    assert "must be 5 to 900 mL" in filled["edv"].error
    assert filled.sections[0].state == "problem"


def test_a_field_that_was_not_sent_keeps_its_answer_and_one_sent_blank_loses_it():
    reading = read(VOLUMES, {"esv": [" "]}, keep={"edv": "212", "esv": "118"})

    assert dict(reading.answers) == {"edv": "212"}


def test_an_answer_that_is_no_longer_asked_is_kept_and_not_reported():
    answers = {"agent": "none", "dose": "140"}

    filled = fill(STRESS, answers, NOBODY)

    assert filled.answers["dose"] == "140"
    assert not filled["dose"].asked
    assert "dose" not in filled.reported
    assert filled.measurements == ()
    assert filled.findings == ()
    assert fill(STRESS, {**answers, "agent": "adenosine"}, NOBODY).reported["dose"] == "140"


def test_a_question_that_hangs_on_one_that_is_not_asked_is_not_asked_either():
    filled = fill(STRESS, {"agent": "none", "symptoms": "some", "which": "flushing"}, NOBODY)

    assert not filled["symptoms"].asked
    assert not filled["which"].asked


def test_what_is_not_asked_is_never_missing():
    def missing(**answers):
        return [
            problem.field_ids[0]
            for problem in fill(STRESS, answers, NOBODY).missing
            if "urgent" not in problem.field_ids[0]
        ]

    assert missing() == ["agent", "answer"]
    assert missing(agent="none") == ["answer"]
    assert missing(agent="adenosine") == ["dose", "answer"]
    assert missing(agent="adenosine", symptoms="some") == ["dose", "which", "answer"]


def test_a_missing_answer_is_told_as_a_sentence():
    assert fill(VOLUMES, {}, NOBODY).missing[0].sentence == "LV end-diastolic volume has no value."


def test_a_computed_value_says_how_it_came_about():
    ef = fill(VOLUMES, {"edv": "212", "esv": "118"}, NOBODY)["ef"]

    assert ef.value == ef.words == "44.3"
    assert ef.unit == "%"
    assert ef.computation.formula == "100 × (EDV − ESV) / EDV"
    assert ef.computation.inputs == (("LV end-diastolic volume", "212 mL"), ("LV end-systolic volume", "118 mL"))
    assert ef.computation.source


def test_a_computed_value_says_what_it_waits_for():
    ef = fill(VOLUMES, {"edv": "212"}, NOBODY)["ef"]

    assert ef.value is None
    assert ef.note == "Needs LV end-systolic volume."


def test_a_value_that_cannot_be_computed_says_why():
    ef = fill(VOLUMES, {"edv": "118", "esv": "212"}, NOBODY)["ef"]

    assert ef.value is None
    assert ef.note.endswith(".")


def test_a_computed_value_can_be_unlikely_too_and_is_asked_about_until_confirmed():
    answers = {"edv": "200", "esv": "180"}

    assert fill(VOLUMES, answers, NOBODY)["ef"].question == "LVEF 10.0 %? Usual are 15 to 80 %."
    assert fill(VOLUMES, answers, NOBODY).questions[0].field_ids == ("ef",)
    assert fill(VOLUMES, answers, FormContext(confirmed={"ef": "10.0"}))["ef"].question is None
    assert fill(VOLUMES, answers, FormContext(confirmed={"ef": "11.0"}))["ef"].question is not None


def test_what_a_person_confirmed_is_not_asked_again_until_it_changes():
    answers = {"edv": "400", "esv": "380"}
    asked = fill(VOLUMES, answers, NOBODY)
    assert [problem.key for problem in asked.questions] == ["edv", "ef"]

    confirmed = agreed(asked, {"edv", "ef", "nothing"}, before={})

    assert confirmed == {"edv": "400", "ef": "5.0"}
    assert fill(VOLUMES, answers, FormContext(confirmed=confirmed)).questions == ()
    later = fill(VOLUMES, {"edv": "410", "esv": "380"}, FormContext(confirmed=confirmed))
    assert [problem.key for problem in later.questions] == ["edv", "ef"]


def test_a_contradiction_that_asks_can_be_confirmed_and_one_that_stops_cannot():
    blocks = ("patient_context", "lv", "rv", "conclusion")
    template = a_template("- {id: own, ask: Own, kind: text}", "".join(f"  - use: {name}.v1\n" for name in blocks))
    answers = {"lv_edv": "200", "lv_esv": "100", "rv_edv": "200", "rv_esv": "140"}
    asked = fill(template, answers, NOBODY)
    (problem,) = asked.contradictions
    assert not problem.stops

    confirmed = agreed(asked, {problem.key}, before={})

    assert fill(template, answers, FormContext(confirmed=confirmed)).contradictions == ()
    worse = fill(template, {**answers, "rv_esv": "150"}, FormContext(confirmed=confirmed))
    assert [p.stops for p in worse.contradictions] == [False]
    stopping = fill(template, {**answers, "rv_esv": "240"}, NOBODY)
    assert agreed(stopping, {p.key for p in stopping.contradictions}, before={}) == {}


def test_a_section_says_how_far_it_is():
    def state(**answers):
        return fill(VOLUMES, answers, NOBODY).sections[0].state

    assert state() == "empty"
    assert state(edv="212") == "partial"
    assert state(edv="212", esv="118") == "complete"


def test_filling_changes_nothing_and_gives_the_same_twice():
    answers = {"edv": "212", "esv": "118"}

    assert fill(VOLUMES, answers, NOBODY) == fill(VOLUMES, answers, NOBODY)
    assert answers == {"edv": "212", "esv": "118"}


def test_an_answer_of_an_earlier_template_is_kept_and_not_shown():
    reading = read(VOLUMES, {"edv": ["212"]}, keep={"old_field": "5"})
    filled = fill(VOLUMES, reading.answers, NOBODY)

    assert filled.answers["old_field"] == "5"
    assert "old_field" not in filled.reported


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"agent": "adenosine", "dose": "140"}, "A dose of 140 µg/kg/min was given."),
        ({"agent": "adenosine"}, None),
    ],
)
def test_a_field_speaks_only_when_it_has_an_answer(answers, sentence):
    said = [line for heading in fill(STRESS, answers, NOBODY).findings for line in heading.sentences]

    assert said == ([sentence] if sentence else [])


def test_a_sentence_that_needs_another_answer_waits_for_it():
    template = a_template(
        """
        - {id: size, ask: Size, kind: number, unit: mm}
        - {id: site, ask: Site, kind: text, say: A mass of $size lies in the $value.}
        """
    )

    assert fill(template, {"site": "left atrium"}, NOBODY).findings == ()
    said = fill(template, {"site": "left atrium", "size": "12"}, NOBODY).findings[0].sentences
    assert said == ("A mass of 12 mm lies in the left atrium.",)


def test_a_default_stands_until_somebody_answers_and_says_where_it_came_from():
    template = a_template("- {id: scanner, ask: Scanner, kind: text, default: scanner, level: required}")
    context = FormContext(scanner="Example 1.5 T")

    filled = fill(template, {}, context)

    assert filled["scanner"].value == filled["scanner"].text == "Example 1.5 T"
    assert filled["scanner"].defaulted
    assert "site's settings" in filled["scanner"].note
    assert filled.reported["scanner"] == "Example 1.5 T"
    assert filled.sections[0].state == "empty"
    assert not fill(template, {"scanner": "Another"}, context)["scanner"].defaulted


@pytest.mark.parametrize(
    ("sex", "offered"), [("male", "male"), ("female", "female"), ("other", None), ("unknown", None), (None, None)]
)
def test_the_reference_sex_is_offered_only_where_the_record_is_clear(sex, offered):
    assert FormContext(sex=sex).default("sex") == offered


def test_an_urgent_finding_is_carried_with_how_it_was_told():
    answers = {
        "urgent_finding": "critical",
        "urgent_what": "LV thrombus",
        "urgent_told_to": "Dr Price",
        "urgent_told_at": "2026-11-23T15:20+00:00",
        "urgent_how": "telephone",
    }

    (told,) = fill(VOLUMES, answers, NOBODY).communications

    assert (told.finding, told.level, told.told_to, told.how) == ("LV thrombus", "critical", "Dr Price", "telephone")
    assert told.told_at.isoformat() == "2026-11-23T15:20:00+00:00"
    assert fill(VOLUMES, {**answers, "urgent_finding": "none"}, NOBODY).communications == ()
