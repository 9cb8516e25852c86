"""What keeps a filled form from being signed: required answers that are missing, and answers that contradict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reporter.cmr.checks import CHECKS
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


def contradictions(template: Template, facts: Mapping[str, object]) -> tuple[Problem, ...]:
    """What the template's named checks find in the parsed answers, in the template's order."""
    return tuple(
        Problem(tuple(found.fields), found.sentence, stops=found.severity == "stop")
        for name in template.checks
        for found in CHECKS[name].run(facts)
    )
