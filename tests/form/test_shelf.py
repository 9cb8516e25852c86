"""The templates that ship: every field can be filled and is reported, a blank is never said as normal, files are frozen."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from reporter import templates
from reporter.form.answers import FormContext, fill, read
from reporter.form.definition import Field, Template
from tests.examples import (
    EXPECTED_7_1,
    EXPECTED_7_1_GRADES,
    EXPECTED_7_1_PERFUSION,
    EXPECTED_7_1_VIABILITY,
    answers_7_1,
    answers_7_1_raw,
    answers_7_1_viability,
    as_sent,
)

ALL = templates.all()
EVERY_FIELD = [pytest.param(t, f, id=f"{t.id}-{f.id}") for t in ALL for f in t.fields]
TYPED = [p for p in EVERY_FIELD if not p.values[1].is_computed]
CONTEXT = FormContext(
    papillary="in_mass", birth_date=date(1962, 3, 9), study_date=date(2026, 11, 20), sex="male", field_strength="1.5"
)
BARE = FormContext(reference_set=None, bsa_formula=None)
GRADED = FormContext(bsa_formula=None, birth_date=date(1962, 3, 9), study_date=date(2026, 11, 20))
SIGNABLE = {"stress_perfusion": answers_7_1, "viability": answers_7_1_viability}
#: What a report says when it calls something normal or absent.
CLAIM = re.compile(r"\b(?:normal|no|none|without|absent|excluded)\b", re.IGNORECASE)


def number_within(field: Field) -> str:
    bounds = field.soft or field.hard
    if bounds is None:
        return "50"
    low = bounds.low if bounds.low is not None else Decimal(0)
    high = bounds.high if bounds.high is not None else low + 40
    return str(int((low + high) / 2)) if high - low > 2 else str(((low + high) / 2).quantize(Decimal("0.01")))


def some_answers(field: Field) -> list[object]:
    """Answers that the field takes: each choice once, or one value."""
    if field.segments:
        return [{str(n): choice.code for n in range(1, field.segments + 1)} for choice in field.choices]
    if field.kind.name == "choices":
        return [[choice.code] for choice in field.choices] + [[choice.code for choice in field.choices]]
    if field.choices:
        return [choice.code for choice in field.choices]
    plain = {"date": "2026-11-12", "datetime": "2026-11-23T15:20+00:00", "text": "Words", "long_text": "Words"}
    return [plain.get(field.kind.name) or number_within(field)]


def asked_for(template: Template, field: Field) -> dict[str, object]:
    """The answers that bring the field onto the form."""
    needed: dict[str, object] = {}
    for condition in field.when:
        above = template.by_id[condition.field]
        wanted = condition.answers[0]
        needed.update(asked_for(template, above))
        needed[above.id] = [wanted] if above.kind.name == "choices" else wanted
    return needed


def sentences(filled) -> list[str]:
    return [line for heading in filled.findings for line in heading.sentences] + list(filled.impression_draft)


def claims(filled) -> int:
    return sum(len(CLAIM.findall(line)) for line in sentences(filled))


def all_unremarkable(template: Template) -> dict[str, object]:
    """Every question answered, with whatever is least remarkable among its choices."""
    answers: dict[str, object] = {}
    for field in template.fields:
        if field.is_computed:
            continue
        quiet = ("none", "no", "normal", "0", "adenosine", "gadobutrol")
        choice = next((c for c in quiet if field.words_for(c)), field.choices[0].code if field.choices else "")
        if field.id in ("lge_done", "stress_adequate"):
            choice = "yes"
        if field.id == "stress_agent":
            choice = "adenosine"
        if field.segments:
            answers[field.id] = {str(n): choice for n in range(1, field.segments + 1)}
        elif field.kind.name == "choices":
            answers[field.id] = [choice]
        else:
            answers[field.id] = choice or some_answers(field)[0]
    answers.update(contrast_agent="gadobutrol", reference_sex="male", papillary_convention="in_mass", height="178")
    answers.update(weight="86", lv_edv="160", lv_esv="55", lv_mass="130", rv_edv="170", rv_esv="65", impression="")
    return {id_: value for id_, value in answers.items() if value}


@pytest.mark.parametrize(("template", "field"), TYPED)
def test_every_field_can_be_filled_with_each_of_its_answers_and_is_reported(template, field):
    for answer in some_answers(field):
        sent = as_sent({**asked_for(template, field), field.id: answer})

        reading = read(template, sent)
        filled = fill(template, reading.answers, CONTEXT)

        assert reading.errors == {}
        assert reading.questions == {}
        shown = filled[field.id]
        assert shown.asked
        assert shown.value == answer
        assert shown.words
        assert filled.reported[field.id] == answer
        assert set(shown.inputs) == set(as_sent({field.id: answer}))


@pytest.mark.parametrize(("template", "field"), TYPED)
def test_a_field_with_an_answer_stands_where_its_kind_is_reported(template, field):
    answer = some_answers(field)[-1]
    filled = fill(template, {**asked_for(template, field), field.id: answer}, BARE)

    numbers = [m.id for m in filled.measurements]
    maps = [m.id for m in filled.segment_maps]
    coded = [c.id for c in filled.coded_findings]
    if field.segments:
        assert field.id in maps
    elif field.choices:
        assert field.id in coded
    elif field.kind.name in ("number", "integer"):
        assert (field.id in numbers) == field.measured
        assert not any(m.value == "" for m in filled.measurements)


@pytest.mark.parametrize("template", ALL, ids=lambda t: t.id)
def test_an_empty_form_says_nothing_at_all(template):
    filled = fill(template, {}, BARE)

    assert sentences(filled) == []
    assert filled.measurements == filled.segment_maps == filled.coded_findings == ()


@pytest.mark.parametrize(("template", "field"), TYPED)
def test_a_blank_is_never_said_as_normal(template, field):
    """Taking any one answer away never makes the report claim more that is normal, absent or none."""
    for answers, context in (
        (all_unremarkable(template), BARE),
        (all_unremarkable(template), GRADED),
        (SIGNABLE[template.id](), BARE),
        (SIGNABLE[template.id](), GRADED),
    ):
        if field.id not in answers:
            continue
        whole = fill(template, answers, context)
        without = fill(template, {id_: v for id_, v in answers.items() if id_ != field.id}, context)

        assert claims(without) <= claims(whole), set(sentences(without)) - set(sentences(whole))
        assert without[field.id].value is None
        assert without[field.id].words is None


@pytest.mark.parametrize(("template", "field"), [p for p in TYPED if p.values[1].segments])
def test_a_segment_that_was_not_assessed_is_never_said_as_normal(template, field):
    answers = all_unremarkable(template)
    for number in range(1, field.segments + 1):
        scores = {n: word for n, word in answers[field.id].items() if n != str(number)}

        filled = fill(template, {**answers, field.id: scores}, BARE)

        said = " ".join(sentences(filled))
        assert f"all {field.segments} segments" not in filled[field.id].words
        assert "not assessed: 1 segment" in filled[field.id].words
        if field.id in ("lv_wall_motion", "perf_stress", "lge_segments"):
            assert re.search("not assessed|segments assessed|was not", said), said


@pytest.mark.parametrize("field_id", ["mr_grade", "pericardial_effusion", "lv_thrombus", "mvo", "extracardiac"])
def test_not_assessed_is_said_as_such_and_never_as_none(field_id):
    template = templates.get("stress_perfusion", 1)
    filled = fill(template, {**answers_7_1(), field_id: "not_assessed"}, BARE)
    subject = {"mr_grade": "itral", "pericardial_effusion": "ericardial", "lv_thrombus": "hrombus",
               "mvo": "icrovascular", "extracardiac": "xtracardiac"}[field_id]  # fmt: skip

    about = [line for line in sentences(filled) if subject in line]

    assert any("not assessed" in line for line in about)
    assert not any(re.search(rf"\bNo [^.]*{subject}", line) for line in about)


def test_example_7_1_comes_out_to_the_digit():
    template = templates.get("stress_perfusion", 1)
    reading = read(template, answers_7_1_raw())
    filled = fill(template, reading.answers, CONTEXT)

    assert reading.errors == {}
    assert reading.questions == {}
    assert {id_: filled[id_].value for id_ in EXPECTED_7_1} == EXPECTED_7_1
    assert {id_: filled[id_].grade.word for id_ in EXPECTED_7_1_GRADES} == EXPECTED_7_1_GRADES
    classes = {int(n): word for n, word in filled["perf_class"].value.items() if word != "normal"}
    assert classes == EXPECTED_7_1_PERFUSION
    assert {int(n): word for n, word in filled["viability"].value.items()} == EXPECTED_7_1_VIABILITY
    assert filled.missing == filled.contradictions == filled.questions == ()
    assert {section.state for section in filled.sections} == {"complete"}


def test_example_7_1_as_a_viability_report_has_the_same_heart():
    filled = fill(templates.get("viability", 1), answers_7_1_viability(), CONTEXT)

    same = [id_ for id_ in EXPECTED_7_1 if id_ in filled.template.by_id]
    assert {id_: filled[id_].value for id_ in same} == {id_: EXPECTED_7_1[id_] for id_ in same}
    assert filled.missing == filled.contradictions == ()


def test_every_figure_follows_from_the_figures_printed_beside_it():
    filled = fill(templates.get("stress_perfusion", 1), answers_7_1(), CONTEXT)
    printed = {m.id: Decimal(m.value) for m in filled.measurements}

    assert round(printed["lv_edv"] / printed["bsa"], 1) == printed["lv_edvi"]
    assert round(printed["lv_co"] / printed["bsa"], 2) == printed["lv_ci"]
    assert round(100 * printed["lv_sv"] / printed["lv_edv"], 1) == printed["lv_ef"]


def test_nothing_is_graded_without_a_sex_a_convention_or_a_set_and_the_reason_is_told():
    template = templates.get("stress_perfusion", 1)
    for answers, context in (
        (answers_7_1(reference_sex="unknown"), CONTEXT),
        (answers_7_1(papillary_convention="in_blood_pool"), CONTEXT),
        (answers_7_1(papillary_convention=None), BARE),
        (answers_7_1(), BARE),
    ):
        filled = fill(template, answers, context)
        assert filled["lv_edvi"].grade is None
        assert filled["lv_edvi"].note.startswith("Not graded: ")
        assert not any(m.grade for m in filled.measurements if m.id.startswith(("lv_", "rv_")))


def test_the_response_to_stress_is_suggested_and_left_to_a_person():
    filled = fill(templates.get("stress_perfusion", 1), answers_7_1(stress_adequate=None), CONTEXT)

    assert filled["stress_adequate"].value is None
    assert filled["stress_adequate"].note.startswith("Suggested: Adequate")
    assert [problem.field_ids for problem in filled.missing] == [("stress_adequate",)]


def test_a_low_egfr_asks_about_the_departments_procedure_and_stops_nobody():
    reading = read(templates.get("stress_perfusion", 1), answers_7_1_raw(egfr="22"))

    assert reading.errors == {}
    assert "NSF" in reading.questions["egfr"]


def test_a_device_asks_for_its_status_and_a_poor_study_for_its_reason():
    template = templates.get("stress_perfusion", 1)

    def missing(**changes):
        return [p.field_ids[0] for p in fill(template, answers_7_1(**changes), CONTEXT).missing]

    assert missing(device_type="none") == []
    assert missing(device_type="icd") == ["device_mr_status", "device_after"]
    assert missing(image_quality="poor") == ["limitation_reasons"]
    assert missing(adverse_event="bronchospasm") == ["adverse_event_text"]
    assert missing(contrast_agent="none") == []


def test_a_stress_study_needs_the_name_of_a_certified_person():
    template = templates.get("stress_perfusion", 1)

    filled = fill(template, answers_7_1(life_support_person=None), CONTEXT)

    assert [p.sentence for p in filled.missing] == ["Certified person has no answer."]


def test_the_shelf_gives_by_id_and_version():
    assert templates.get("viability", 1) is templates.get("viability", 1)
    assert templates.current("viability").version == 1
    assert {t.id for t in templates.all()} == {"stress_perfusion", "viability"}
    with pytest.raises(KeyError, match="no released template lungs"):
        templates.current("lungs")
    with pytest.raises(KeyError, match="version 9"):
        templates.get("viability", 9)


def test_the_shelf_is_in_order_and_no_released_file_has_changed():
    assert templates.check() == ()


def test_every_file_of_a_current_template_is_released():
    used = {file for template in ALL for file in template.files}

    assert used == set(templates.released())


def test_a_change_to_a_released_file_is_refused(monkeypatch):
    text = templates._text
    monkeypatch.setattr(
        templates, "_text", lambda name: text(name) + ("# a change\n" if name == "blocks/lv.v1.yaml" else "")
    )

    (fault,) = templates.check()
    assert fault.startswith("blocks/lv.v1.yaml was released and has changed.")


def test_a_template_that_is_still_being_written_is_not_current(monkeypatch):
    text, files = templates._text, templates._files()
    monkeypatch.setattr(templates, "_files", lambda: (*files, "viability.v2.yaml"))
    monkeypatch.setattr(
        templates,
        "_text",
        lambda name: (
            text("viability.v1.yaml").replace("version: 1", "version: 2") if name == "viability.v2.yaml" else text(name)
        ),
    )

    assert templates.check() == ()
    assert templates.current.__wrapped__("viability").version == 1
    assert templates.get.__wrapped__("viability", 2).version == 2


def test_releasing_adds_the_template_with_its_blocks_and_refuses_what_changed(monkeypatch):
    listed = templates._text("RELEASED")
    assert templates.with_release("viability.v1") == "".join(
        sorted(listed.splitlines(True), key=lambda line: line[66:])
    )
    with pytest.raises(KeyError, match="no template's name"):
        templates.with_release("../viability")

    text = templates._text
    monkeypatch.setattr(templates, "_text", lambda name: text(name) + "# a change\n" * (name == "blocks/lv.v1.yaml"))
    with pytest.raises(ValueError, match=r"blocks/lv.v1.yaml was released and has changed"):
        templates.with_release("viability.v1")


def test_the_page_about_the_templates_is_up_to_date():
    page = Path(__file__).resolve().parents[2] / "docs" / "templates.md"

    assert page.read_text("utf-8") == templates.describe_templates(), (
        "Run `reporter docs` and commit docs/templates.md."
    )


@pytest.mark.parametrize(("template", "field"), EVERY_FIELD)
def test_every_field_stands_on_the_page_and_says_where_its_list_comes_from(template, field):
    page = templates.describe_templates()

    assert f"`{field.id}`" in page
    if field.provenance:
        assert "CMR lead" in field.provenance
        assert f"| {field.ask} †" in page
    assert not re.search(r"unconfirmed|\[M\]|\[CC\]", page)
