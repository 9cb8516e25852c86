"""The bull's-eye of a signed report as one SVG: shade, hatch, symbol and number, so that no print loses a finding.

Viewed from the apex: anterior at the top, septum on the left; segments run anticlockwise from the top (Cerqueira
2002, Circulation 105:539). Geometry and names are those of `reporter.cmr.segments`. Only presentation attributes: a
page with a strict content security policy can hold it, and so can a PDF.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import cos, radians, sin
from types import MappingProxyType
from typing import Literal
from zlib import crc32

from reporter.cmr.segments import BY_NUMBER, Segment, in_words

SIZE = 300
RADIUS = 128.0
CENTRE = SIZE / 2

_LINE = "#4c6272"
_INK = "#10171b"
_PAPER = "#ffffff"


@dataclass(frozen=True, slots=True)
class Look:
    """How an answer is drawn: its fill, the hatch upon it (SVG inside a 7 × 7 tile), and the ink that is read on it."""

    fill: str
    hatch: str
    ink: str


def _dots(colour: str, radius: str) -> str:
    return f'<circle cx="3.5" cy="3.5" r="{radius}" fill="{colour}"/>'


def _strokes(path: str, colour: str, width: str) -> str:
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


#: Ordered by lightness, so that they stay apart in greyscale; each has a hatch of its own besides.
LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "clear": Look("#eef3f5", "", _INK),
        "light": Look("#ffe9a8", _dots("#9a7a1a", "0.8"), _INK),
        "middle": Look("#f9b04f", _strokes("M-1 8L8-1", "#7a4200", "0.8"), _INK),
        "strong": Look("#d96a2b", _strokes("M-1-1L8 8M-1 8L8-1", "#5c1e00", "0.7"), _INK),
        "dark": Look("#8a1f35", _strokes("M0 3.5H7", "#ffffff", "0.5"), _PAPER),
        "other": Look("#3b1d5e", _dots("#ffffff", "0.7"), _PAPER),
        "grey": Look("#b9c3ca", _strokes("M3.5 0V7", _LINE, "0.8"), _INK),
    }
)
#: Answer to look and symbol. An answer that isn't listed gets the look of its place among the answers.
ANSWERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "normal": ("clear", "1"),
        "mild_hypokinesis": ("light", "2"),
        "hypokinesis": ("middle", "3"),
        "severe_hypokinesis": ("strong", "4"),
        "akinesis": ("dark", "5"),
        "dyskinesis": ("other", "6"),
        "0": ("clear", "0"),
        "1_25": ("light", "1"),
        "26_50": ("middle", "2"),
        "51_75": ("strong", "3"),
        "76_100": ("dark", "4"),
        "defect_lt50": ("middle", "2"),
        "defect_ge50": ("dark", "3"),
        "artefact": ("grey", "4"),
        "inducible": ("dark", "I"),
        "partially_reversible": ("strong", "P"),
        "fixed": ("middle", "F"),
        "viable": ("clear", "V"),
        "uncertain": ("middle", "?"),
        "unlikely_to_recover": ("dark", "U"),
    }
)
_BY_PLACE = ("clear", "light", "middle", "strong", "dark", "other")


@dataclass(frozen=True, slots=True)
class Swatch:
    """One answer of a map: its code, the words printed for it, its look and the symbol that stands for it."""

    answer: str
    words: str
    look: Look
    symbol: str


def look_of(answer: str, place: int) -> tuple[str, str]:
    """Name of the look and symbol of an answer; one that isn't known gets those of its place in its palette."""
    return ANSWERS.get(answer, (_BY_PLACE[min(place, 5)], str(place + 1)))


def palette(words: Mapping[str, str]) -> tuple[Swatch, ...]:
    """The swatches of a map's answers, mild to severe: a signed text sorts its keys, so the order is found anew."""
    made = []
    known = list(ANSWERS)
    in_order = sorted(words.items(), key=lambda item: known.index(item[0]) if item[0] in ANSWERS else len(known))
    for place, (answer, said) in enumerate(in_order):
        look, symbol = look_of(answer, place)
        made.append(Swatch(answer, said, LOOKS[look], symbol))
    return tuple(made)


def svg(
    values: Mapping[str, str], swatches: Sequence[Swatch], *, segments: Literal[16, 17], title: str, desc: str
) -> str:
    """The map as one SVG element. `values` maps segment number to answer; what is no key was not assessed.

    Raises KeyError for an answer that has no swatch: a segment drawn as something else would be a false finding.
    """
    by_answer = {each.answer: each for each in swatches}
    key = f"b{crc32(f'{title}{segments}{sorted(values.items())}'.encode()):08x}"
    used = {values[n]: by_answer[values[n]] for n in sorted(values, key=int)}
    hatches = {each.look.hatch: each.look for each in used.values() if each.look.hatch}
    ids = {hatch: f"{key}-{place}" for place, hatch in enumerate(hatches)}
    body = [_pattern(ids[hatch], hatch) for hatch in hatches]
    for number in range(1, segments + 1):
        answer = values.get(str(number))
        body.append(_segment(BY_NUMBER[number], by_answer[answer] if answer is not None else None, ids))
    dark = [n for n, look in ((n, by_answer[a].look) for n, a in values.items()) if look.ink == _PAPER]
    # Between two dark neighbours the grey outline is lost: theirs gets a white line.
    body += [f'<path d="{_outline(BY_NUMBER[int(n)])}" fill="none" stroke="{_PAPER}"/>' for n in sorted(dark, key=int)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bullseye" viewBox="0 0 {SIZE} {SIZE}" role="img"'
        f' aria-labelledby="{key}-t {key}-d"><title id="{key}-t">{escape(title)}</title>'
        f'<desc id="{key}-d">{escape(desc)}</desc>{"".join(body)}{_sides()}</svg>'
    )


def swatch_svg(swatch: Swatch | None) -> str:
    """One entry of the legend; None is "not assessed"."""
    look = swatch.look if swatch else Look(_PAPER, "", _INK)
    box = '<rect x="1" y="1" width="24" height="16" rx="2" fill="{}" stroke="{}"{}/>'
    dashed = "" if swatch else ' stroke-dasharray="3 2"'
    drawn = [_pattern("h", look.hatch) if look.hatch else "", box.format(look.fill, _LINE, dashed)]
    if look.hatch:
        drawn.append(box.format("url(#h)", "none", ""))
    if swatch:
        drawn.append(_disc(13, 9, 6.5, look) + _text(13, 12.6, 10, look.ink, swatch.symbol, bold=True))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 26 18">{"".join(drawn)}</svg>'


def described(values: Mapping[str, str], swatches: Sequence[Swatch], segments: Literal[16, 17]) -> str:
    """The map in words: "Akinetic: basal inferior. Normal: all others."; what a reader of no picture needs.

    "All others" is said only where every segment was assessed: a blank is never said as normal.
    """
    blank = [n for n in range(1, segments + 1) if str(n) not in values]
    said: list[str] = []
    for swatch in reversed(swatches):
        numbers = [int(n) for n, answer in values.items() if answer == swatch.answer]
        others = said and not blank and swatch is swatches[0]
        if numbers:
            said.append(f"{_capital(swatch.words)}: {'all others' if others else in_words(numbers, segments)}.")
    if blank:
        said.append(f"Not assessed: {in_words(blank, segments)}.")
    return " ".join(said)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _pattern(name: str, hatch: str) -> str:
    return f'<defs><pattern id="{name}" width="7" height="7" patternUnits="userSpaceOnUse">{hatch}</pattern></defs>'


def _segment(segment: Segment, swatch: Swatch | None, ids: Mapping[str, str]) -> str:
    outline, (x, y) = _outline(segment), _middle(segment)
    look = swatch.look if swatch else Look(_PAPER, "", _INK)
    dashed = "" if swatch else ' stroke-dasharray="4 3"'
    drawn = [f'<path d="{outline}" fill="{look.fill}" stroke="{_LINE}" stroke-width="1.2"{dashed}/>']
    if look.hatch:
        drawn.append(f'<path d="{outline}" fill="url(#{ids[look.hatch]})"/>')
    if swatch is None:
        drawn.append(_text(x, y + 5.5, 15, _LINE, str(segment.number)))
    else:
        drawn.append(_disc(x, y, 15, look))
        drawn.append(_text(x, y + 1.5, 15, look.ink, str(segment.number), bold=True))
        drawn.append(_text(x, y + 12, 11, look.ink, swatch.symbol))
    return f'<g class="segment" data-segment="{segment.number}">{"".join(drawn)}</g>'


def _disc(x: float, y: float, radius: float, look: Look) -> str:
    """A calm ground under number and symbol, where a hatch would run through them."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{look.fill}"/>' if look.hatch else ""


def _text(x: float, y: float, size: float, ink: str, said: str, *, bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="Lato, sans-serif" font-size="{size:g}"{weight}'
        f' text-anchor="middle" fill="{ink}">{escape(said)}</text>'
    )


def _outline(segment: Segment) -> str:
    inner, outer = float(segment.inner) * RADIUS, float(segment.outer) * RADIUS
    if segment.ring == "apex":
        half = f"a{outer:.1f} {outer:.1f} 0 1 0"
        return f"M{CENTRE - outer:.1f} {CENTRE:.1f}{half} {2 * outer:.1f} 0{half} {-2 * outer:.1f} 0Z"
    before, after = segment.angle - segment.width / 2, segment.angle + segment.width / 2
    (ax, ay), (bx, by) = _point(outer, before), _point(outer, after)
    (cx, cy), (dx, dy) = _point(inner, after), _point(inner, before)
    return (
        f"M{ax:.1f} {ay:.1f}A{outer:.1f} {outer:.1f} 0 0 0 {bx:.1f} {by:.1f}"
        f"L{cx:.1f} {cy:.1f}A{inner:.1f} {inner:.1f} 0 0 1 {dx:.1f} {dy:.1f}Z"
    )


def _middle(segment: Segment) -> tuple[float, float]:
    if segment.ring == "apex":
        return CENTRE, CENTRE
    return _point(float(segment.inner + segment.outer) / 2 * RADIUS, segment.angle)


def _point(radius: float, angle: float) -> tuple[float, float]:
    # SVG's y points down, so that anticlockwise on paper is minus here.
    return CENTRE + radius * cos(radians(angle)), CENTRE - radius * sin(radians(angle))


def _sides() -> str:
    along = [("anterior", CENTRE, 12.0, 0), ("inferior", CENTRE, SIZE - 5.0, 0)]
    along += [("septal", 12.0, CENTRE, -90), ("lateral", SIZE - 12.0, CENTRE, 90)]
    return "".join(
        f'<g transform="translate({x:g} {y:g}) rotate({turn})">{_text(0, 0, 13, _LINE, word)}</g>'
        for word, x, y, turn in along
    )
