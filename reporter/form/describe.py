"""Templates in words for people who never open YAML: what each asks, takes, computes, and who should confirm it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reporter.cmr.checks import CHECKS
from reporter.cmr.quantities import FORMULAS
from reporter.cmr.segments import listed
from reporter.cmr.units import shown, with_unit
from reporter.form.definition import Bounds, Condition, Field, Section, Template

_LEVELS = {"required": "**required**", "if_present": "if present", "optional": "optional"}
_INTRODUCTION = """\
# Templates

What each report form asks. This page is generated from the files in `reporter/templates/` by `reporter docs`; change
those and not this page.

*Required* answers are needed for signing and never for saving a draft; *if present* ones are recommended where the
thing was acquired or is there (SCMR 2022 reporting guideline, Hundley, JCMR 24:29). *Refused* is outside what can be
stored; *asks* is unlikely and wants a second look. Neither says what is normal: that comes from the reference set.
Lines marked † are a local default and not a published list or limit: the site's CMR lead confirms them before use.
"""


def describe(templates: Iterable[Template], released: Mapping[str, str]) -> str:
    """The page as Markdown. `released` maps the name of each frozen file to its SHA-256."""
    shown_: set[str] = set()
    parts = [_INTRODUCTION]
    for template in templates:
        parts.append(_template(template, shown_))
    parts.append(_frozen(released))
    return "\n".join(parts)


def _template(template: Template, shown_: set[str]) -> str:
    required = sum(field.level == "required" for field in template.fields)
    computed = sum(field.is_computed for field in template.fields)
    lines = [
        f"## {template.title}, version {template.version}",
        "",
        f"{template.indication}. {len(template.fields)} fields, {required} of them required and {computed} computed.",
        f"File `{template.files[0]}`, content `{template.sha256[:16]}…`.",
        "",
    ]
    for section in template.sections:
        lines.extend(_section(section, template, shown_))
    lines.extend(["### Held against each other", ""])
    lines.extend(f"* {' '.join(CHECKS[name].says.split())} (`{name}`)" for name in template.checks)
    lines.append("")
    return "\n".join(lines)


def _section(section: Section, template: Template, shown_: set[str]) -> list[str]:
    heading = [f"### {section.title}", ""]
    if section.block and section.block in shown_:
        return [*heading, f"The shared block `{section.block}`, as above.", ""]
    if section.block:
        shown_.add(section.block)
        heading += [f"Shared block `{section.block}`.", ""]
    if section.help:
        heading += [section.help, ""]
    table = ["| Question | Answer | Level | Asked when | Id |", "|---|---|---|---|---|"]
    return [*heading, *table, *(_row(field, template) for field in section.fields), ""]


def _row(field: Field, template: Template) -> str:
    mark = " †" if field.provenance else ""
    help_ = f"<br>{field.help}" if field.help else ""
    level = "" if field.is_computed else _LEVELS[field.level]
    if field.required_when:
        level += f"; **required** when {_conditions(field.required_when, template)}"
    cells = (f"{field.ask}{mark}{help_}", _takes(field), level, _conditions(field.when, template), f"`{field.id}`")
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _takes(field: Field) -> str:
    if field.is_computed:
        return _computed(field)
    if field.choices:
        several = {"choices": "any of: ", "segments17": "17 segments: ", "segments16": "16 segments: "}
        lead = several.get(field.kind.name, "")
        return lead + "; ".join(choice.words for choice in field.choices)
    words = {"number": "number", "integer": "whole number", "long_text": "text", "datetime": "date and time"}
    unit = shown(field.unit or "")
    parts = [f"{words.get(field.kind.name, field.kind.name)}{f' in {unit}' if unit else ''}"]
    parts += [_bounds("refused", field.hard, field.unit)] if field.hard else []
    parts += [_bounds("asks", field.soft, field.unit)] if field.soft else []
    return "; ".join(parts)


def _bounds(verb: str, bounds: Bounds, unit: str | None) -> str:
    return f"{verb} unless {with_unit(bounds.in_words(), unit or '')}"


def _computed(field: Field) -> str:
    said = []
    for answer, recipe in field.compute.items():
        formula = FORMULAS[recipe.formula]
        lead = f"{answer}: " if answer else ""
        said.append(f"{lead}{formula.says} ({formula.source})")
    unit = shown(field.unit or "")
    graded = "; graded by the reference set" if field.grade else ""
    return f"computed{f' in {unit}' if unit else ''}: {'; '.join(said)}{graded}"


def _conditions(conditions: tuple[Condition, ...], template: Template) -> str:
    return " and ".join(_condition(condition, template.by_id[condition.field]) for condition in conditions)


def _condition(condition: Condition, field: Field) -> str:
    others = [choice.words for choice in field.choices if choice.code not in condition.answers]
    if len(others) == 1 and len(condition.answers) > 1:
        return f"{field.ask} is answered, and not with “{others[0]}”"
    wanted = [f"“{field.words_for(answer)}”" for answer in condition.answers]
    return f"{field.ask} is {listed(wanted, 'or')}"


def _frozen(released: Mapping[str, str]) -> str:
    lines = ["## Released files", "", "A released file never changes; a correction is its next version.", ""]
    lines += [f"* `{name}` `{digest[:16]}…`" for name, digest in sorted(released.items())]
    return "\n".join([*lines, ""])
