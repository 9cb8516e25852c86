"""What a perfusion defect is: stress, rest and late enhancement of one segment taken together."""

from __future__ import annotations

from collections.abc import Mapping

from reporter.cmr.segments import PERFUSION_SEGMENTS

SOURCE = "Terms: DICOM PS3.16 CID 3113. Rule: this project's, to be confirmed by the site's clinical owner"

DEFECTS = frozenset({"defect_lt50", "defect_ge50"})
_UP_TO_50 = frozenset({"0", "1_25", "26_50"})
_OVER_50 = frozenset({"51_75", "76_100"})


def classify(stress: Mapping[int, str], rest: Mapping[int, str], lge: Mapping[int, str]) -> dict[int, str]:
    """For each of the 16 segments: normal, inducible, partially_reversible, fixed, artefact or not_assessed.

    `stress` and `rest` hold normal, defect_lt50, defect_ge50 or artefact; `lge` holds 0, 1_25, 26_50, 51_75, 76_100.
    A segment that is not a key was not assessed. Entries for segment 17 are left alone: perfusion has no apex.
    """
    return {s.number: _call(stress.get(s.number), rest.get(s.number), lge.get(s.number)) for s in PERFUSION_SEGMENTS}


def inducible(classes: Mapping[int, str]) -> set[int]:
    """The segments with ischaemia: inducible, and those that are partially so beyond a scar."""
    return {number for number, word in classes.items() if word in ("inducible", "partially_reversible")}


def _call(stress: str | None, rest: str | None, scar: str | None) -> str:
    if stress in ("normal", "artefact"):
        return stress
    if stress not in DEFECTS:
        return "not_assessed"
    if scar in _OVER_50:
        return "fixed"
    if rest == "normal":
        return "inducible"
    if rest in DEFECTS:
        return _defect_at_both(stress, rest, scar)
    return _defect_without_rest(stress, scar)


def _defect_at_both(stress: str, rest: str, scar: str | None) -> str:
    """At rest too, scar at most half the wall. A defect that grows with stress is never called less than partial."""
    grows = stress == "defect_ge50" and rest == "defect_lt50"
    larger_than_scar = stress == "defect_ge50" and scar in ("1_25", "26_50")
    if grows or larger_than_scar:
        return "partially_reversible"
    # Unchanged from rest to stress with no scar behind it: the usual dark-rim artefact.
    return "artefact" if scar == "0" else "fixed"


def _defect_without_rest(stress: str, scar: str | None) -> str:
    """Rest was not scored (or is artefact): without scar it is inducible, beyond a scar partly so."""
    if scar == "0":
        return "inducible"
    if scar in _UP_TO_50 and stress == "defect_ge50":
        return "partially_reversible"
    return "not_assessed"  # scar and ischaemia can't be told apart; a check asks for the rest score
