"""What keeps a filled form from being signed: required answers that are missing, and answers that contradict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reporter.cmr.checks import CHECKS, Contradiction
from reporter.form.definition import Template
from reporter.form.filled import FilledField, Problem


def missing(fields: Iterable[FilledField]) -> tuple[Problem, ...]:
    """A sentence for each required question that is asked and has no answer. Computed values follow from others."""
    return tuple(
        Problem((filled.field.id,), f"{filled.field.ask} has no {_kind_of_answer(filled)}.")
        for filled in fields
        if filled.required and filled.value is None
    )


def _kind_of_answer(filled: FilledField) -> str:
    if filled.field.segments:
        return "segment assessed"
    return "value" if filled.field.kind.name in ("number", "integer") else "answer"


def contradictions(
    template: Template, facts: Mapping[str, object], confirmed: Mapping[str, str]
) -> tuple[Problem, ...]:
    """What the template's named checks find in the parsed answers, without what a person confirmed as meant."""
    found = (
        _problem(name, contradiction, confirmed)
        for name in template.checks
        for contradiction in CHECKS[name].run(facts)
    )
    return tuple(problem for problem in found if problem)


def _problem(name: str, found: Contradiction, confirmed: Mapping[str, str]) -> Problem | None:
    if found.severity == "stop":
        return Problem(tuple(found.fields), found.sentence)
    key = ".".join((name, *found.fields))
    if confirmed.get(key) == found.sentence:
        return None
    return Problem(tuple(found.fields), found.sentence, stops=False, key=key, about=found.sentence)
