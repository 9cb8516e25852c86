"""The segments of the left ventricle: one source for number, name, code, place on the bull's-eye and usual artery.

Names: the 17-segment model of the American Heart Association. Codes: SNOMED CT as listed in DICOM PS3.16 CID 3717.
Geometry: seen from the apex, anterior at the top, septum on the left. The usual artery is a default that a reader
may overrule: inferoseptal is LAD or RCA, inferior and inferolateral are RCA or LCx, mid anterolateral is LAD or LCx
(Pereztol-Valdés), and only 9 of 17 segments belong to a single artery.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

Ring = Literal["basal", "mid", "apical", "apex"]
Territory = Literal["LAD", "RCA", "LCx"]


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. `angle` is its centre in degrees, anticlockwise from three o'clock, and `width` its extent;
    `inner` and `outer` are radii as a share of the whole. The apex is a disc: angle 0, width 360."""

    number: int
    name: str
    ring: Ring
    wall: str
    snomed: str
    angle: int
    width: int
    inner: Decimal
    outer: Decimal
    territory: Territory

    @property
    def has_perfusion(self) -> bool:
        """False for the apex, which the three short-axis perfusion slices do not hold."""
        return self.number != 17


# Radii as drawn in matplotlib's left-ventricle bull's-eye example, which follows the AHA figure.
_RADII: dict[Ring, tuple[str, str]] = {
    "basal": ("0.733", "1"),
    "mid": ("0.467", "0.733"),
    "apical": ("0.2", "0.467"),
    "apex": ("0", "0.2"),
}

_TABLE: tuple[tuple[int, Ring, str, str, int, Territory], ...] = (
    (1, "basal", "anterior", "264850008", 90, "LAD"),
    (2, "basal", "anteroseptal", "396482007", 150, "LAD"),
    (3, "basal", "inferoseptal", "396646008", 210, "RCA"),
    (4, "basal", "inferior", "264846001", 270, "RCA"),
    (5, "basal", "inferolateral", "396652009", 330, "LCx"),
    (6, "basal", "anterolateral", "396654005", 30, "LCx"),
    (7, "mid", "anterior", "264848000", 90, "LAD"),
    (8, "mid", "anteroseptal", "396647004", 150, "LAD"),
    (9, "mid", "inferoseptal", "396649001", 210, "RCA"),
    (10, "mid", "inferior", "264847005", 270, "RCA"),
    (11, "mid", "inferolateral", "396655006", 330, "LCx"),
    (12, "mid", "anterolateral", "396656007", 30, "LCx"),
    (13, "apical", "anterior", "264844003", 90, "LAD"),
    (14, "apical", "septal", "264845002", 180, "LAD"),
    # The published lists at hand leave segment 15 open; RCA is the usual assignment.
    (15, "apical", "inferior", "264849008", 270, "RCA"),
    (16, "apical", "lateral", "264853005", 0, "LCx"),
    (17, "apex", "apex", "128564006", 0, "LAD"),
)
_WIDTH: dict[Ring, int] = {"basal": 60, "mid": 60, "apical": 90, "apex": 360}

SEGMENTS: tuple[Segment, ...] = tuple(
    Segment(
        number=number,
        name=wall if ring == "apex" else f"{ring} {wall}",
        ring=ring,
        wall=wall,
        snomed=snomed,
        angle=angle,
        width=_WIDTH[ring],
        inner=Decimal(_RADII[ring][0]),
        outer=Decimal(_RADII[ring][1]),
        territory=territory,
    )
    for number, ring, wall, snomed, angle, territory in _TABLE
)
BY_NUMBER = MappingProxyType({segment.number: segment for segment in SEGMENTS})
#: The 16 segments that perfusion has.
PERFUSION_SEGMENTS: tuple[Segment, ...] = tuple(segment for segment in SEGMENTS if segment.has_perfusion)

_RINGS: tuple[Ring, ...] = ("basal", "mid", "apical")
#: Up to here every segment is named in full; beyond, its ring is said once.
_LISTED_SINGLY = 5
_FULL_RING: dict[Ring, frozenset[int]] = {
    ring: frozenset(s.number for s in SEGMENTS if s.ring == ring) for ring in _RINGS
}


def listed(words: Iterable[str], joined_by: str = "and") -> str:
    """ "a", "a and b", "a, b and c". No comma before the last, as British reports are written."""
    every = list(words)
    if len(every) < 2:
        return "".join(every)
    return f"{', '.join(every[:-1])} {joined_by} {every[-1]}"


def in_words(numbers: Iterable[int], of: Literal[16, 17] = 17) -> str:
    """A set of segments as a reader would say it: "mid and apical anterior", "all 17 segments".

    A single wall names its rings once; walls that are all affected in the same rings are said together; anything else
    is listed in segment order, and long lists ring by ring. `of` is how many segments the model in question has.
    An empty set is "". Raises KeyError for a number that is not a segment.
    """
    return _said(numbers, of, noun=False)


def walls_in_words(numbers: Iterable[int], of: Literal[16, 17] = 17) -> str:
    """`in_words` with its noun: "the basal inferior wall", "the mid and apical anterior walls", "the apex"."""
    return _said(numbers, of, noun=True)


def territories(numbers: Iterable[int]) -> tuple[Territory, ...]:
    """The arteries that usually supply these segments, the one with most segments first."""
    count: dict[Territory, int] = {"LAD": 0, "RCA": 0, "LCx": 0}
    for number in set(numbers):
        count[BY_NUMBER[number].territory] += 1
    return tuple(sorted((t for t in count if count[t]), key=lambda t: -count[t]))


def _said(numbers: Iterable[int], of: Literal[16, 17], *, noun: bool) -> str:
    asked = {BY_NUMBER[number].number for number in numbers}
    if not asked:
        return ""
    everything = {segment.number for segment in SEGMENTS if segment.number <= of}
    if asked == everything:
        return f"all {of} segments"
    missing = everything - asked
    if len(missing) <= 3:
        return f"all segments except {_listed_with_noun(missing, noun=noun)}"
    return _listed_with_noun(asked, noun=noun)


def _listed_with_noun(asked: set[int], *, noun: bool) -> str:
    """The walls, then the apex, which is no wall."""
    walls = asked - {17}
    if not walls:
        return "the apex" if noun else "apex"
    words = _walls(walls)
    if noun and "all " not in words:
        words = f"the {words} {_noun(walls)}"
    if 17 not in asked:
        return words
    # A comma keeps "basal and mid inferior" and the apex apart.
    joint = ", and " if " and " in words else " and "
    return f"{words}{joint}{'the ' if noun else ''}apex"


def _noun(walls: set[int]) -> str:
    if len(walls) == 1:
        return "wall"
    return "walls" if len(walls) <= _LISTED_SINGLY else "segments"


def _walls(asked: set[int]) -> str:
    for attempt in (_whole_rings, _one_block):
        words = attempt(asked)
        if words is not None:
            return words
    if len(asked) <= _LISTED_SINGLY:
        return listed(BY_NUMBER[number].name for number in sorted(asked))
    return _ring_by_ring(asked)


def _whole_rings(asked: set[int]) -> str | None:
    rings = [ring for ring in _RINGS if _FULL_RING[ring] <= asked]
    if rings and asked == frozenset().union(*(_FULL_RING[ring] for ring in rings)):
        return f"all {listed(rings)} segments"
    return None


def _one_block(asked: set[int]) -> str | None:
    """Walls affected in the same rings: "basal and mid inferior", "basal to mid inferior and inferolateral"."""
    walls_of = {ring: [BY_NUMBER[n].wall for n in sorted(asked) if BY_NUMBER[n].ring == ring] for ring in _RINGS}
    rings = [ring for ring in _RINGS if walls_of[ring]]
    walls = walls_of[rings[0]]
    if any(walls_of[ring] != walls for ring in rings):
        return None
    if len(walls) == 1:
        return f"{listed(rings)} {walls[0]}"
    if len(rings) == 1:
        return None
    # Two "and" in a row would leave open what belongs to what, so that neighbouring rings are joined by "to".
    neighbours = rings in (["basal", "mid"], ["mid", "apical"])
    return f"{' to '.join(rings) if neighbours else listed(rings)} {listed(walls)}"


def _ring_by_ring(asked: set[int]) -> str:
    parts = []
    for ring in _RINGS:
        walls = [BY_NUMBER[n].wall for n in sorted(asked) if BY_NUMBER[n].ring == ring]
        if walls:
            parts.append(f"all {ring} segments" if _FULL_RING[ring] <= asked else f"{ring} {listed(walls)}")
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"
