"""Computed values and grades of one form, each with its formula, inputs and source.

Rounding is for print only: a later value and a grade take the earlier one as computed, not as printed, so that
105.04 mL/m² is not "normal" because it prints as 105.0. (The one quantity that its formula rounds is the BSA.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from reporter.cmr.quantities import FORMULAS, NotComputable, printed
from reporter.cmr.reference_ranges import Graded, grade
from reporter.cmr.units import with_unit
from reporter.form.definition import Compute, Field, Template
from reporter.form.filled import Answer, FormContext
from reporter.form.printed import Computation, Grade

#: Parsed values by field id, as the formulas, checks and phrases take them.
Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Computed:
    """What came of one computation: the value as printed and, for a number, unrounded; or why there is none."""

    stored: Answer | None = None
    exact: Decimal | None = None
    how: Computation | None = None
    why_not: str | None = None


def compute(field: Field, values: Values, template: Template) -> Computed:
    """The value of a computed field, and how it came about."""
    recipe = field.compute.get(str(values.get(field.compute_by)) if field.compute_by else "")
    if recipe is None:
        return Computed(why_not=f"Needs {_asked(template, field.compute_by or '')}.")
    return run(recipe, field, values, template)


def run(recipe: Compute, field: Field, values: Values, template: Template) -> Computed:
    """One recipe run on the values; see `compute`."""
    formula = FORMULAS[recipe.formula]
    given = {name: values[id_] for name, id_ in recipe.inputs if values.get(id_) is not None}
    absent = [_asked(template, id_) for name, id_ in recipe.inputs if name in formula.inputs and name not in given]
    if absent:
        return Computed(why_not=f"Needs {' and '.join(absent)}.")
    try:
        result = formula.compute(**given)
    except NotComputable as reason:
        return Computed(why_not=str(reason))
    inputs = tuple(
        (template.by_id[id_].ask, _as_printed(template.by_id[id_], values[id_]))
        for name, id_ in recipe.inputs
        if name in given
    )
    exact = Decimal(result) if isinstance(result, Decimal | int) else None
    how = Computation(formula.says, inputs, formula.source)
    return Computed(_stored(field, formula.places, result), exact, how)


def _stored(field: Field, places: int | None, result: object) -> Answer | None:
    if isinstance(result, Mapping):
        return {str(n): str(w) for n, w in sorted(result.items()) if w != "not_assessed"} or None
    if isinstance(result, Decimal | int):
        return printed(result, field.decimals if field.decimals is not None else places or 0)
    return str(result)


def _places(field: Field) -> int:
    """How many decimals a computed field is printed with."""
    if field.decimals is not None:
        return field.decimals
    return max((FORMULAS[recipe.formula].places or 0 for recipe in field.compute.values()), default=0)


def _asked(template: Template, id_: str) -> str:
    ask = template.by_id[id_].ask
    # "LV mass" keeps its capitals in the middle of a sentence; "Heart rate" does not.
    return ask if ask[:2].isupper() else ask[:1].lower() + ask[1:]


def _as_printed(field: Field, value: object) -> str:
    if isinstance(value, Decimal):
        return with_unit(printed(value, _places(field)) if field.is_computed else str(value), field.unit or "")
    if isinstance(value, Mapping):
        count = len(value)
        return f"{count} segment{'' if count == 1 else 's'}"
    return field.words_for(str(value)) or str(value)


def graded(field: Field, value: Decimal, values: Values, context: FormContext) -> tuple[Graded | None, str | None]:
    """The value's place in the reference set, or a sentence why it has none."""
    if context.reference_set is None:
        return None, "Not graded: no reference set is chosen for this site."
    found = grade(
        field.grade or field.id,
        value,
        sex=str(values.get("reference_sex") or "unknown"),
        set_id=context.reference_set,
        papillary=_text(values.get("papillary_convention")),
        age_years=context.age_years,
    )
    if isinstance(found, Graded):
        return found, None
    return None, f"Not graded: {found.reason}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def on_paper(found: Graded) -> Grade:
    """A grade as the report carries it."""
    return Grade(found.word, found.side, found.limits, found.reference_set, found.source)
