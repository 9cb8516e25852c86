"""The bull's-eye that a person paints: its shapes, palette and drawing order as plain values for the page.

Viewed from the apex: anterior at the top, septum on the left; segments run anticlockwise from the top (Cerqueira
2002, Circulation 105:539). Names, angles and radii are those of `reporter.cmr.segments`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import cos, radians, sin
from typing import TYPE_CHECKING

from reporter.cmr import segments
from reporter.report.bullseye import look_of
from reporter.report.bullseye import palette as swatches

if TYPE_CHECKING:
    from reporter.form.definition import Choice
    from reporter.report.document import SegmentMap

SIZE = 300
RADIUS = 142.0
CENTRE = SIZE / 2


@dataclass(frozen=True, slots=True)
class Shape:
    """One segment as drawn: its outline and where its number and symbol stand."""

    number: int
    name: str
    ring: str
    territory: str
    #: Centre angle in degrees, anticlockwise from three o'clock; what the arrow keys go by.
    angle: int
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Colour:
    """One word of a palette: its code and how it is called."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Paint:
    """One answer on the palette: code, words, the digit that paints it, its look (0 none … 5), and its symbol."""

    code: str
    words: str
    digit: int
    look: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the page needs to draw one map."""

    shapes: tuple[Shape, ...]
    palette: tuple[Paint, ...]
    values: dict[int, str]

    def paint_of(self, number: int) -> Paint | None:
        """The paint of a segment; None where it was not assessed."""
        code = self.values.get(number)
        return next((paint for paint in self.palette if paint.code == code), None)


@cache
def shapes(count: int) -> tuple[Shape, ...]:
    """The outlines of 16 or 17 segments; with 16 the apex is left out (it is not in the three short-axis slices)."""
    return tuple(_shape(segment) for segment in segments.SEGMENTS if segment.number <= count)


def picture(count: int, choices: Iterable[Choice | Colour], values: object) -> Picture:
    """A map ready to draw. `values` maps segment number to code; anything that is not a mapping draws it blank."""
    palette = []
    for place, choice in enumerate(choices):
        look, symbol = look_of(choice.code, place)
        digit = int(symbol) if symbol.isdigit() else place + 1
        palette.append(Paint(choice.code, choice.words, digit, look, symbol))
    given = values if isinstance(values, Mapping) else {}
    return Picture(shapes(count), tuple(palette), {int(n): str(code) for n, code in given.items() if code})


def of_document(drawn: SegmentMap) -> Picture:
    """A map of a signed report, with the palette it was signed with."""
    return picture(drawn.segments, _colours(drawn), drawn.values)


def _colours(drawn: SegmentMap) -> list[Colour]:
    return [Colour(each.answer, each.words) for each in swatches(drawn.words)]


def words(drawn: SegmentMap) -> str:
    """A map of a signed report in words, the gravest first; what is unremarkable is only counted."""
    said = []
    for paint in reversed(of_document(drawn).palette):
        numbers = {int(number) for number, value in drawn.values.items() if value == paint.code}
        if numbers:
            plain = paint.look == "clear"
            where = _counted(len(numbers)) if plain else segments.in_words(numbers, drawn.segments)
            said.append(f"{paint.words}: {where}")
    missing = drawn.segments - len(drawn.values)
    return "; ".join([*said, f"not assessed: {_counted(missing)}"] if missing else said)


def _counted(number: int) -> str:
    return f"{number} segment{'' if number == 1 else 's'}"


def _shape(segment: segments.Segment) -> Shape:
    inner, outer = float(segment.inner) * RADIUS, float(segment.outer) * RADIUS
    angle = segment.angle
    if segment.ring == "apex":
        path = (
            f"M{CENTRE - outer:.1f} {CENTRE:.1f}a{outer:.1f} {outer:.1f} 0 1 0 {2 * outer:.1f} 0"
            f"a{outer:.1f} {outer:.1f} 0 1 0 {-2 * outer:.1f} 0Z"
        )
        return Shape(segment.number, segment.name, segment.ring, segment.territory, angle, path, CENTRE, CENTRE)
    half = segment.width / 2
    (ax, ay), (bx, by) = _point(outer, angle - half), _point(outer, angle + half)
    (cx, cy), (dx, dy) = _point(inner, angle + half), _point(inner, angle - half)
    path = (
        f"M{ax:.1f} {ay:.1f}A{outer:.1f} {outer:.1f} 0 0 0 {bx:.1f} {by:.1f}"
        f"L{cx:.1f} {cy:.1f}A{inner:.1f} {inner:.1f} 0 0 1 {dx:.1f} {dy:.1f}Z"
    )
    x, y = _point((inner + outer) / 2, angle)
    return Shape(segment.number, segment.name, segment.ring, segment.territory, angle, path, x, y)


def _point(radius: float, angle: float) -> tuple[float, float]:
    # SVG's y points down, so that anticlockwise on paper is minus here.
    return CENTRE + radius * cos(radians(angle)), CENTRE - radius * sin(radians(angle))
