"""From what a person sent to a filled form: read what can be stored, compute, grade, and say what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reporter.form.definition import Template
from reporter.form.filled import (
    Answer,
    FilledField,
    FilledForm,
    FilledSection,
    FormContext,
    Problem,
    Reading,
)

__all__ = ["Answer", "FilledField", "FilledForm", "FilledSection", "FormContext", "Problem", "Reading", "fill", "read"]


def read(template: Template, raw: Mapping[str, Sequence[str]], keep: Mapping[str, Answer] | None = None) -> Reading:
    """What can be stored from what was sent, over what is kept."""
    raise NotImplementedError


def fill(
    template: Template, answers: Mapping[str, Answer], context: FormContext, reading: Reading | None = None
) -> FilledForm:
    """The whole form with these answers: computed, graded, in words, and with what is missing."""
    raise NotImplementedError
