"""A filled report form as a page draws it: which control fits a field, and what changed after a save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import get_template_attribute, render_template

from reporter.form.answers import FilledField, FilledForm
from reporter.web import bullseye

if TYPE_CHECKING:
    from reporter.form.definition import Field

#: Up to this many choices are buttons in a row, one click each; more are a drop-down list.
MOST_PICKS = 6
#: Characters of all choices together that fit on one line of half the form, and of the whole form.
HALF_LINE, WHOLE_LINE = 30, 92
_SIMPLE = {"number": "number", "integer": "number", "date": "date", "datetime": "datetime-local", "text": "text"}
#: State of a section → the mark before its name in the rail, and what it is called for those who don't see it.
MARKS = {
    "empty": ("○", "empty"),
    "partial": ("◐", "begun"),
    "complete": ("✓", "complete"),
    "problem": ("!", "needs a look"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """How a field is drawn."""

    widget: str
    #: Several controls under one name need a fieldset with a legend.
    grouped: bool = False
    classes: str = ""
    rows: int = 3
    #: Segment number → code, for a map.
    map: Mapping[str, str] | None = None


def look(filled: FilledField) -> Look:
    """The control for a field: by its kind, and for choices by how much room their words need."""
    field = filled.field
    if field.segments:
        value = filled.value if isinstance(filled.value, Mapping) else {}
        return Look("segments", classes="map tall", map=value)
    if field.is_computed:
        return Look("computed")
    name = field.kind.name
    if name == "choices":
        return Look("ticks", grouped=True, classes="full")
    if name == "choice":
        return _choice(field)
    if name == "long_text":
        return Look("area", classes="full", rows=6 if field.id == "impression" else 3)
    return Look(_SIMPLE.get(name, "text"), classes="full" if name == "text" else "")


def _choice(field: Field) -> Look:
    room = sum(len(choice.words) + 3 for choice in field.choices)
    if len(field.choices) > MOST_PICKS or room > WHOLE_LINE:
        return Look("select")
    return Look("picks", grouped=True, classes="full" if room > HALF_LINE else "")


def live(form: FilledForm, number: int, saved_at: str, show: Mapping[str, Any]) -> dict[str, Any]:
    """What a script puts in place after a save: everything that may have followed from it, as drawn by the page."""
    after = get_template_attribute("_fields.html", "after")
    fields = [filled for section in form.sections for filled in section.fields]
    return {
        "number": number,
        "saved_at": saved_at,
        "after": {filled.field.id: str(after(filled)) for filled in fields},
        "asked": {filled.field.id: filled.asked for filled in fields},
        "errors": [filled.field.id for filled in fields if filled.error],
        "maps": {filled.field.id: filled.words or "Nothing assessed." for filled in fields if filled.field.segments},
        "pictures": {one.field.id: _picture(one) for one in fields if one.field.segments and one.field.is_computed},
        "rail": render_template("_rail.html", filled=form),
        "todo": render_template("_todo.html", filled=form),
        "living": render_template("_living.html", filled=form, **show),
    }


def _picture(filled: FilledField) -> str:
    """A computed map as drawn by the page."""
    field = filled.field
    drawn = bullseye.picture(field.segments or 17, field.choices, filled.value)
    return str(get_template_attribute("_bullseye.html", "eye")(field.id, field.ask, drawn, filled.words))


def headings_to_sections(form: FilledForm) -> dict[str, str]:
    """Heading of the findings → id of the section that says it, so that a click leads to its fields."""
    return {section.section.heading: section.id for section in form.sections}
