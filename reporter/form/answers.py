"""From what a person sent to a filled form: read what can be stored, compute, grade, and say what is missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from reporter.cmr import codes
from reporter.cmr.units import shown, with_unit
from reporter.form import computing, contradictions, narrative
from reporter.form.definition import Condition, Field, Template
from reporter.form.filled import (
    DEFAULTS,
    Answer,
    FilledField,
    FilledForm,
    FilledSection,
    FormContext,
    Problem,
    Reading,
    SectionState,
)
from reporter.form.kinds import Refused
from reporter.form.printed import Code, CodedFinding, Communication, Measurement, SegmentMap

__all__ = [
    "Answer",
    "FilledField",
    "FilledForm",
    "FilledSection",
    "FormContext",
    "Problem",
    "Reading",
    "agreed",
    "fill",
    "read",
]


def read(template: Template, raw: Mapping[str, Sequence[str]], keep: Mapping[str, Answer] | None = None) -> Reading:
    """What can be stored from the controls that were sent, over the answers that are kept.

    A field none of whose controls was sent keeps its answer; one that was sent blank loses it. A refused value
    leaves the kept answer as it was. A name that the template does not ask is an error under that name.
    """
    answers: dict[str, Answer] = dict(keep or {})
    errors: dict[str, str] = {}
    questions: dict[str, str] = {}
    for id_, sent in _by_field(template, raw, errors).items():
        field = template.by_id[id_]
        try:
            stored = field.kind.read(field, sent, answers.get(id_))
        except Refused as refused:
            errors[id_] = str(refused)
            continue
        if stored is None:
            answers.pop(id_, None)
        else:
            answers[id_] = stored
            question = _question(field, stored)
            if question:
                questions[id_] = question
    ordered = {id_: answers[id_] for id_ in template.by_id if id_ in answers}
    # Answers of a field that an earlier version of the template asked are kept behind the others, never lost.
    ordered.update(answers)
    return Reading(ordered, errors, questions, {name: tuple(values) for name, values in raw.items()})


def _by_field(
    template: Template, raw: Mapping[str, Sequence[str]], errors: dict[str, str]
) -> dict[str, dict[str, Sequence[str]]]:
    """The controls that were sent, by the field they belong to."""
    sent: dict[str, dict[str, Sequence[str]]] = {}
    for name, values in raw.items():
        id_, dot, number = name.partition(".")
        field = template.by_id.get(id_)
        if field is None or (dot and not _is_segment(field, number)):
            errors[name[:60]] = "This form does not ask that. Load the page again and repeat your last change."
        else:
            sent.setdefault(id_, {})[name] = values
    return sent


def _is_segment(field: Field, number: str) -> bool:
    return any(number == str(n) for n in range(1, (field.segments or 0) + 1))


def _question(field: Field, stored: Answer) -> str | None:
    """A question when a number is unlikely; the value stays."""
    if field.soft is None or not isinstance(stored, str) or field.soft.holds(Decimal(stored)):
        return None
    usual, value = with_unit(field.soft.in_words(), field.unit or ""), with_unit(stored, field.unit or "")
    hint = f" {field.soft.help}" if field.soft.help else ""
    return f"{field.ask} {value}? Usual are {usual}.{hint}"


def fill(
    template: Template, answers: Mapping[str, Answer], context: FormContext, reading: Reading | None = None
) -> FilledForm:
    """The whole form with these answers: asked or not, computed, graded, in words, and what is missing.

    `reading` brings what was just refused, so that it is shown where it was typed. Changes nothing.
    """
    filling = _Filling(template, answers, context, reading)
    drawn = [(section, tuple(filling.field(field) for field in section.fields)) for section in template.sections]
    fields = [filled for _, several in drawn for filled in several]
    facts = {**filling.values, "grades": filling.grades}
    absent = contradictions.missing(fields)
    contradicting = contradictions.contradictions(template, facts, context.confirmed)
    wrong = {id_ for problem in contradicting if problem.stops for id_ in problem.field_ids}
    sections = tuple(FilledSection(section, several, _state(several, wrong)) for section, several in drawn)
    answered = [filled for filled in fields if filled.answered]
    return FilledForm(
        template=template,
        answers=dict(answers),
        sections=sections,
        missing=absent,
        contradictions=contradicting,
        questions=tuple(_asking(f) for f in fields if f.asked and f.question),
        findings=narrative.headings(sections, facts),
        impression_draft=narrative.impression_draft(template, facts),
        measurements=tuple(_measurement(f) for f in answered if _is_measured(f.field)),
        segment_maps=tuple(_segment_map(f) for f in answered if f.field.segments),
        coded_findings=tuple(_coded(f) for f in answered if f.field.kind.name in ("choice", "choices")),
        communications=_communications(filling.values, template),
        reported={f.field.id: f.value for f in answered if f.value is not None and not f.field.is_computed},
        values=filling.values,
        context=context,
    )


def agreed(filled: FilledForm, ticked: Collection[str], before: Mapping[str, str]) -> dict[str, str]:
    """What stands confirmed after a person ticked these questions: `Problem.key` to what exactly it is about.

    `filled` is the form as it was filled with `before` in its context; the answer belongs into the next context.
    """
    asked = (problem for problem in (*filled.questions, *filled.contradictions) if problem.key in ticked)
    return {**before, **{problem.key: problem.about for problem in asked if not problem.stops}}


class _Filling:
    """One pass through the fields in order: what each is, given those that stand before it."""

    def __init__(
        self, template: Template, answers: Mapping[str, Answer], context: FormContext, reading: Reading | None
    ) -> None:
        self._template = template
        self._answers = answers
        self._context = context
        self._reading = reading or Reading(answers, {}, {})
        self._sent: dict[str, dict[str, tuple[str, ...]]] = {}
        for name, given in self._reading.raw.items():
            self._sent.setdefault(name.partition(".")[0], {})[name] = tuple(given)
        #: Parsed answers of the questions that are asked, computed ones included.
        self.values: dict[str, object] = {}
        self.grades: dict[str, object] = {}
        #: Computed numbers before they were rounded for print.
        self._exact: dict[str, Decimal] = {}

    def field(self, field: Field) -> FilledField:
        """The field as filled; what it adds to `values` and `grades` is seen by the fields below it."""
        asked = not field.when or self._all_hold(field.when)
        filled = self._computed(field, asked) if field.is_computed else self._typed(field, asked)
        if not filled.answered or filled.value is None:
            return filled
        self.values[field.id] = self._exact.get(field.id, _parsed(field, filled.value))
        return self._graded(filled) if field.grade else filled

    def _all_hold(self, conditions: tuple[Condition, ...]) -> bool:
        return bool(conditions) and all(self._holds(c.field, c.answers) for c in conditions)

    def _holds(self, id_: str, wanted: tuple[str, ...]) -> bool:
        value = self.values.get(id_)
        return any(v in wanted for v in value) if isinstance(value, list) else value in wanted

    def _computed(self, field: Field, asked: bool) -> FilledField:
        if not asked:
            return FilledField(field, False, None, None, _printed_unit(field))
        found = computing.compute(field, self.values, self._template)
        value = found.stored
        if found.exact is not None:
            self._exact[field.id] = found.exact
        return FilledField(
            field,
            True,
            value,
            None if value is None else field.kind.words(field, value),
            _printed_unit(field),
            computation=found.how,
            note=found.why_not,
            question=self._asked_about(field, value),
        )

    def _typed(self, field: Field, asked: bool) -> FilledField:
        stored = self._answers.get(field.id)
        default = self._context.default(field.default_from) if field.default_from and stored is None else None
        value = stored if stored is not None else default
        inputs = dict(field.kind.write(field, value)) if value is not None else {}
        error = self._reading.errors.get(field.id)
        if error:
            inputs.update(self._sent.get(field.id, {}))
        return FilledField(
            field,
            asked,
            value,
            None if value is None else field.kind.words(field, value),
            _printed_unit(field),
            note=DEFAULTS[field.default_from] if default is not None and field.default_from else self._suggested(field),
            error=error,
            question=self._asked_about(field, value),
            inputs=inputs,
            defaulted=default is not None,
            required=asked and (field.level == "required" or self._all_hold(field.required_when)),
        )

    def _asked_about(self, field: Field, value: Answer | None) -> str | None:
        """The question about an unlikely value, unless a person has confirmed just this value."""
        if value is None or self._context.confirmed.get(field.id) == value:
            return None
        return _question(field, value)

    def _suggested(self, field: Field) -> str | None:
        """What the machine would answer, for a person to confirm or to overrule."""
        if field.suggest is None:
            return None
        found = computing.run(field.suggest, field, self.values, self._template)
        if found.stored is None or found.how is None:
            return None
        inputs = ", ".join(f"{name} {shown}" for name, shown in found.how.inputs)
        return f"Suggested: {field.kind.words(field, found.stored)} ({inputs}; {found.how.formula}). Please confirm."

    def _graded(self, filled: FilledField) -> FilledField:
        value = self.values[filled.field.id]
        if not isinstance(value, Decimal):
            return filled
        found, why_not = computing.graded(filled.field, value, self.values, self._context)
        if found is None:
            return replace(filled, note=why_not)
        self.grades[filled.field.grade or filled.field.id] = found
        return replace(filled, grade=computing.on_paper(found))


def _asking(filled: FilledField) -> Problem:
    return Problem((filled.field.id,), filled.question or "", stops=False, key=filled.field.id, about=str(filled.value))


def _printed_unit(field: Field) -> str | None:
    return (shown(field.unit) or None) if field.unit else None


def _is_number(field: Field) -> bool:
    return field.kind.name in ("number", "integer") or (field.is_computed and field.gives == "number")


def _is_measured(field: Field) -> bool:
    return field.measured and _is_number(field)


def _parsed(field: Field, stored: Answer) -> object:
    if isinstance(stored, Mapping):
        return {int(number): word for number, word in stored.items()}
    if not isinstance(stored, str):
        return list(stored)
    return Decimal(stored) if _is_number(field) else stored


def _state(fields: Sequence[FilledField], wrong: set[str]) -> SectionState:
    if any(f.error or (f.asked and f.field.id in wrong) for f in fields):
        return "problem"
    typed = [f for f in fields if f.asked and not f.field.is_computed]
    if not any(f.value is not None and not f.defaulted for f in typed):
        return "empty"
    return "partial" if any(f.value is None and f.required for f in typed) else "complete"


def _code(found: codes.Code) -> Code:
    return Code(found.system, found.code, found.display)


def _measurement(filled: FilledField) -> Measurement:
    return Measurement(
        id=filled.field.id,
        label=filled.field.ask,
        value=str(filled.value),
        unit=filled.field.unit or "1",
        code=_code(codes.for_measure(filled.field.id)),
        computation=filled.computation,
        grade=filled.grade,
    )


def _segment_map(filled: FilledField) -> SegmentMap:
    values = filled.value if isinstance(filled.value, Mapping) else {}
    palette = {choice.code: choice.words for choice in filled.field.choices}
    return SegmentMap(filled.field.id, filled.field.ask, filled.field.segments or 17, dict(values), palette)


def _coded(filled: FilledField) -> CodedFinding:
    value = filled.value
    answer = value if isinstance(value, str) else ",".join(value or ())
    answer_code = _code(codes.for_answer(filled.field.id, answer)) if isinstance(value, str) else None
    code = _code(codes.for_finding(filled.field.id))
    return CodedFinding(filled.field.id, filled.field.ask, answer, filled.words or "", code, answer_code)


def _communications(values: Mapping[str, object], template: Template) -> tuple[Communication, ...]:
    level = values.get("urgent_finding")
    if level in (None, "none"):
        return ()
    told_at, how = values.get("urgent_told_at"), values.get("urgent_how")
    text = {k: str(values[k]) if values.get(k) else None for k in ("urgent_told_to", "urgent_not_told_reason")}
    return (
        Communication(
            finding=str(values.get("urgent_what") or template.by_id["urgent_finding"].words_for(str(level)) or level),
            level=str(level),
            told_to=text["urgent_told_to"],
            told_at=datetime.fromisoformat(str(told_at)) if told_at else None,
            how=template.by_id["urgent_how"].kind.words(template.by_id["urgent_how"], str(how)) if how else None,
            reason_not_told=text["urgent_not_told_reason"],
        ),
    )
