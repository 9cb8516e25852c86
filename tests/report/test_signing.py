"""From a filled form to a document: complete and without contradiction, or every reason why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from reporter import templates
from reporter.form.answers import FormContext, fill
from reporter.report.document import from_canonical
from reporter.report.signing import NotReady, SigningFacts, impression_of, in_the_way, lines, not_ready, prepare
from tests.examples import EXPECTED_7_1, answers_7_1, answers_7_1_viability
from tests.signed_versions import PATIENT, SITE, STUDY, TRAINEE

CONTEXT = FormContext(papillary="in_mass", birth_date=date(1962, 3, 9), study_date=date(2026, 11, 20), sex="male")
FACTS = SigningFacts(
    report_id="3f7c0f0a-1c55-4f7e-8c11-5b7f8d9e0a04",
    version=1,
    kind="original",
    reason=None,
    site=SITE,
    patient=PATIENT,
    study=STUDY,
    drafted_by=TRAINEE,
    delegation="Drafted by Dr Tomasz Nowak (level 2) under Dr Anjali Shah (level 3).",
    engine_version="0.1.0",
)


def filled(**changes):
    return fill(templates.get("stress_perfusion", 1), answers_7_1(**changes), CONTEXT)


def reasons(**changes):
    with pytest.raises(NotReady) as told:
        prepare(filled(**changes), FACTS)
    return told.value.reasons


def test_example_7_1_becomes_a_document_with_every_value_to_the_digit():
    document = prepare(filled(), FACTS)

    values = {m.id: m.value for m in document.measurements}
    assert {id_: values[id_] for id_ in EXPECTED_7_1} == EXPECTED_7_1
    units = {m.id: m.unit for m in document.measurements}
    assert (units["lv_ef"], units["lv_edvi"], units["wmsi"], units["inducible_segments"]) == ("%", "mL/m2", "1", "1")
    assert {m.id for m in document.segment_maps} == {
        "lv_wall_motion", "lge_segments", "viability", "perf_stress", "perf_rest", "perf_class",
    }  # fmt: skip
    assert document.answer.startswith("Yes: inducible ischaemia in 4 of 16 segments")
    assert "4 of 16 segments (25 %)" in document.impression[0]
    assert document.template.sha256 == templates.get("stress_perfusion", 1).sha256
    assert document.reference_set.startswith("Kawel-Boehm 2015")
    assert document.communications == ()


def test_every_measurement_says_how_it_was_computed_and_against_what_it_was_graded():
    document = prepare(filled(), FACTS)
    ef = next(m for m in document.measurements if m.id == "lv_ef")

    assert ef.code.code == "8811-2"
    assert ef.computation.inputs == (("LV end-diastolic volume", "212 mL"), ("LV end-systolic volume", "118 mL"))
    assert (ef.grade.word, ef.grade.side) == ("mildly impaired", "below")
    assert ef.grade.source


def test_a_document_reopens_to_the_same_form():
    document = prepare(filled(), FACTS)
    again = fill(templates.get("stress_perfusion", 1), document.answers, CONTEXT)

    assert prepare(again, FACTS) == document
    assert from_canonical(document.canonical()) == document


def test_a_viability_report_can_be_signed_too():
    form = fill(templates.get("viability", 1), answers_7_1_viability(), CONTEXT)

    document = prepare(form, FACTS)

    assert document.template.id == "viability"
    assert document.impression[0].startswith("Chronic myocardial infarction")


def test_every_missing_answer_is_told_at_once():
    assert reasons(lv_edv=None, answer=None, rhythm=None) == (
        "Rhythm has no answer.",
        "LV end-diastolic volume has no value.",
        "Answer to the clinical question has no answer.",
    )


def test_a_contradiction_stops_and_a_question_does_not():
    assert any("not smaller than" in reason for reason in reasons(lv_esv="230"))
    asks = filled(rv_esv="140")
    assert [p.stops for p in asks.contradictions] == [False]
    assert not_ready(asks) == ()


def test_an_impression_that_denies_what_is_recorded_stops():
    assert any("no late enhancement" in reason for reason in reasons(impression="No late gadolinium enhancement."))


def test_an_urgent_finding_is_told_to_somebody_or_the_reason_is_given():
    urgent = {
        "urgent_finding": "critical",
        "urgent_what": "LV thrombus",
        "lv_thrombus": "definite",
        "lv_thrombus_text": "Apical",
    }

    (reason,) = reasons(**urgent)
    assert reason.startswith("The urgent finding “LV thrombus” has no record of who was told, when, how.")
    (reason,) = reasons(**urgent, urgent_told_to="Dr Price", urgent_how="telephone")
    assert "no record of when." in reason
    told = prepare(
        filled(**urgent, urgent_told_to="Dr Price", urgent_told_at="2026-11-23T15:20+00:00", urgent_how="telephone"),
        FACTS,
    )
    assert told.communications[0].told_to == "Dr Price"
    assert told.impression[0] == "Critical finding: LV thrombus."
    excused = prepare(filled(**urgent, urgent_not_told_reason="Known since 2024, on anticoagulation"), FACTS)
    assert excused.communications[0].reason_not_told == "Known since 2024, on anticoagulation"


def test_nobody_was_told_at_a_time_that_is_still_to_come():
    urgent = {
        "urgent_finding": "critical",
        "urgent_what": "Mass",
        "urgent_told_to": "Dr Price",
        "urgent_how": "telephone",
    }
    form = filled(**urgent, urgent_told_at="2026-11-23T15:20+00:00")
    before = replace(FACTS, at=datetime(2026, 11, 23, 15, 10, tzinfo=UTC))
    with pytest.raises(NotReady) as refused:
        prepare(form, before)
    assert "still to come" in refused.value.reasons[0]
    assert prepare(form, replace(FACTS, at=datetime(2026, 11, 23, 15, 16, tzinfo=UTC)))


def test_what_contradicts_is_said_before_what_is_missing():
    form = filled(lv_esv="300", height=None)
    stops = in_the_way(form)
    assert "not smaller" in stops[0].sentence
    assert stops[0].field_ids
    assert "Height has no value." in [problem.sentence for problem in stops[1:]]
    assert not_ready(form) == tuple(problem.sentence for problem in stops)


def test_an_urgent_finding_needs_its_words():
    assert "What is urgent has no answer." in reasons(urgent_finding="urgent")


def test_an_amendment_needs_its_reason_and_an_original_has_none():
    amendment = replace(FACTS, version=2, kind="amendment", reason=" ")

    with pytest.raises(NotReady, match="needs a reason"):
        prepare(filled(), amendment)
    assert prepare(filled(), replace(amendment, reason="The mass was 12 g.")).reason == "The mass was 12 g."
    assert prepare(filled(), FACTS).reason is None


def test_the_impression_is_what_was_written_and_the_draft_where_it_is_blank():
    written = filled(impression="1. Ischaemia.\n\n2) Scar.\n- Viable.\n  4 of 16 segments.")

    assert impression_of(written) == ("Ischaemia.", "Scar.", "Viable.", "4 of 16 segments.")
    assert impression_of(filled()) == filled().impression_draft
    assert impression_of(filled(impression=" ")) == filled().impression_draft


def test_lines_lose_only_the_numbers_they_were_typed_with():
    assert lines("1.5 T study\n10. Ten\n• Dot\n-18.5 % strain\n* Star\n2. ") == (
        "1.5 T study",
        "Ten",
        "Dot",
        "-18.5 % strain",
        "Star",
    )


def test_the_answers_of_a_document_are_those_that_are_asked():
    document = prepare(filled(stress_agent="none", sequences=["cine", "lge"], answer="No stress was given."), FACTS)

    assert "stress_dose" not in document.answers
    assert not any(m.id.startswith(("stress_", "inducible")) for m in document.measurements)
    assert not any(m.id == "perf_class" for m in document.segment_maps)


def test_a_default_that_stands_is_in_the_document():
    document = prepare(filled(papillary_convention=None), FACTS)

    assert document.answers["papillary_convention"] == "in_mass"
