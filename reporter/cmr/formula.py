"""What a formula is here: a pure function on decimals with its unit, its words and its source, found by name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from types import MappingProxyType
from typing import TypeAlias

Computed: TypeAlias = Decimal | int | str | dict[int, str]

#: Common knowledge of the specialty for which no single paper is cited; a clinical owner signs it off at each site.
USUAL_PRACTICE = "Usual practice; no single published source is cited. To be confirmed by the site's clinical owner."

#: More digits than any input has, and always the same ones, whatever context the caller works in.
_ARITHMETIC = Context(prec=50, rounding=ROUND_HALF_UP, traps=[DivisionByZero, InvalidOperation, Overflow])


class NotComputable(ValueError):
    """The inputs make no sense together. The message is one sentence that says why and what to look at."""


@dataclass(frozen=True, slots=True)
class Formula:
    """One computed quantity.

    `unit` is UCUM ("" for words and counts), `says` is the formula in words, `places` how many decimals are printed
    (None where the result is not a decimal). `inputs` must all be given to `compute`, by name; `optional` may be.
    """

    name: str
    unit: str
    says: str
    source: str
    inputs: tuple[str, ...]
    optional: tuple[str, ...]
    places: int | None
    compute: Callable[..., Computed]


_FORMULAS: dict[str, Formula] = {}
#: Every formula by name, once `reporter.cmr.quantities` is imported.
FORMULAS: Mapping[str, Formula] = MappingProxyType(_FORMULAS)


def formula(
    *, name: str, unit: str, says: str, source: str, places: int | None
) -> Callable[[Callable[..., Computed]], Callable[..., Computed]]:
    """Register a function of keyword arguments as the formula `name`. An argument with a default is optional."""

    def register(function: Callable[..., Computed]) -> Callable[..., Computed]:
        parameters = inspect.signature(function).parameters.values()
        compute = _in_decimal(function)
        if name in _FORMULAS:
            raise ValueError(f"Two formulas have the name {name!r}.")
        _FORMULAS[name] = Formula(
            name=name,
            unit=unit,
            says=says,
            source=source,
            inputs=tuple(p.name for p in parameters if p.default is inspect.Parameter.empty),
            optional=tuple(p.name for p in parameters if p.default is not inspect.Parameter.empty),
            places=places,
            compute=compute,
        )
        return compute

    return register


def printed(value: Decimal | int, places: int) -> str:
    """The value as it stands on a report: rounded half up, away from zero at the half, to `places` decimals.

    Grading and further computing use the unrounded value (body surface area apart, see `ventricles`). Never "-0".
    """
    step = Decimal(1).scaleb(-places)
    rounded = Decimal(value).quantize(step, context=_ARITHMETIC)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def positive(value: Decimal, words: str) -> Decimal:
    """The value, or `NotComputable` naming in words what must be more than zero."""
    if value <= 0:
        raise NotComputable(f"{words} must be more than 0.")
    return value


def _in_decimal(function: Callable[..., Computed]) -> Callable[..., Computed]:
    """Run under our own precision, and refuse floats: 0.1 + 0.2 has no place on a report."""

    @functools.wraps(function)
    def compute(**inputs: object) -> Computed:
        for key, value in inputs.items():
            if isinstance(value, float | bool):
                raise TypeError(f"{key} must be a Decimal, not {type(value).__name__}.")
            if isinstance(value, Decimal) and not value.is_finite():
                raise NotComputable(f"The value for {key.replace('_', ' ')} is not a number.")
        with localcontext(_ARITHMETIC):
            try:
                return function(**inputs)
            except (DivisionByZero, InvalidOperation, Overflow) as error:
                raise NotComputable("These values cannot be computed with; check that none of them is 0.") from error

    return compute
