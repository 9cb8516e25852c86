"""A small bar that shows where a value stands in its reference limits. The words beside it say the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

WIDTH = 96
#: The normal band fills the middle half; what lies further out than a band's width is drawn at the edge.
BAND_FROM, BAND_TO = 24, 72
_LIMITS = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s*(?:–|-|to|and)\s*(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Bar:
    """Where to draw the marker, in pixels from the left of a bar 96 wide, and whether it is beyond the drawing."""

    x: float
    beyond: bool
    side: str


def bar(value: object, limits: str | None, side: str = "within") -> Bar | None:
    """The bar for a value and limits such as `57–77 %`; None where the limits aren't a pair of numbers."""
    found = _LIMITS.search(limits or "")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if found is None or not number.is_finite():
        return None
    low, high = Decimal(found[1]), Decimal(found[2])
    if high <= low:
        return None
    x = BAND_FROM + float((number - low) / (high - low)) * (BAND_TO - BAND_FROM)
    return Bar(round(min(max(x, 4), WIDTH - 4), 1), not 4 <= x <= WIDTH - 4, side)
