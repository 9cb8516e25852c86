"""Sentences about late enhancement, viability and perfusion, for the findings."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.cmr.facts import Facts, number, segment_map, several, word
from reporter.cmr.formula import printed
from reporter.cmr.phrasing import (
    EXTENT,
    EXTENT_ORDER,
    PATTERN,
    count_of,
    counted,
    grouped,
    not_assessed,
    phrase,
    sentence,
    usual_territory,
    value,
)
from reporter.cmr.segments import in_words, listed, territories, walls_in_words

OVERALL = {"ischaemic": "ischaemic", "non_ischaemic": "non-ischaemic", "mixed": "mixed ischaemic and non-ischaemic"}
_METHOD = {"visual": "visual estimate", "fwhm": "full width at half maximum"} | {
    f"nsd_{n}": f"threshold of {n} SD" for n in range(2, 7)
}
_YES_NO = {
    "mvo": "microvascular obstruction",
    "haemorrhage": "intramyocardial haemorrhage",
}
_THROMBUS = {
    "none": "No LV thrombus.",
    "possible": "Possible LV thrombus.",
    "definite": "LV thrombus.",
    "not_assessed": "LV thrombus was not assessed.",
}


@phrase
def late_enhancement(facts: Facts) -> Iterator[str | None]:
    """Whether, where, in which pattern and how deep; mass; obstruction, haemorrhage and thrombus."""
    scores = segment_map(facts, "lge_segments")
    overall = word(facts, "lge_overall")
    if word(facts, "lge_done") == "no":
        yield "Late gadolinium enhancement imaging was not performed."
    elif overall == "none":
        yield no_enhancement(scores)
    elif overall in OVERALL:
        yield _where(facts, overall, scores)
        yield _without(scores)
    yield not_assessed("Late gadolinium enhancement", scores, 17)
    yield _mass(facts)
    yield {"acute": "Acute infarct.", "chronic": "Chronic infarct.", "uncertain": "Age of the infarct uncertain."}.get(
        word(facts, "infarct_age") or ""
    )
    for field, name in _YES_NO.items():
        yield yes_or_no(facts, field, name)
    yield _THROMBUS.get(word(facts, "lv_thrombus") or "")


def no_enhancement(scores: dict[int, str]) -> str:
    """What "none" means: of all 17 segments, or of those that were assessed."""
    if len(scores) == 17:
        return "No late gadolinium enhancement in any of the 17 segments."
    if scores:
        return f"No late gadolinium enhancement in the {counted(len(scores))} assessed."
    return "No late gadolinium enhancement."


def patterns(facts: Facts) -> str | None:
    """ "subendocardial and mid-wall"."""
    named = [PATTERN.get(code, code.replace("_", " ")) for code in several(facts, "lge_pattern")]
    return listed(named) if named else None


def enhanced(scores: dict[int, str]) -> list[int]:
    """The segments with any late enhancement."""
    return [segment for segment, extent in scores.items() if extent in EXTENT_ORDER]


def depth(facts: Facts) -> str:
    """How a bin is said: depth of scar is transmural only where the subendocardium is involved."""
    return "transmural" if word(facts, "lge_overall") == "ischaemic" else "of wall thickness"


def _where(facts: Facts, overall: str, scores: dict[int, str]) -> str | None:
    """ "Ischaemic late gadolinium enhancement, subendocardial: 51–75 % transmural in the basal inferior wall; …"."""
    groups = grouped(scores, EXTENT_ORDER)
    extents = "; ".join(f"{EXTENT[bin_]} {depth(facts)} in {walls_in_words(segments)}" for bin_, segments in groups)
    kind = patterns(facts)
    lead = f"{OVERALL[overall]} late gadolinium enhancement{f', {kind}' if kind else ''}"
    return sentence(lead, extents, joined_by=": ")


def _without(scores: dict[int, str]) -> str | None:
    none = [segment for segment, extent in scores.items() if extent == "0"]
    if not none or len(none) == len(scores):
        return None
    where = f"the other {len(none)} segments" if len(scores) == 17 and len(none) > 1 else walls_in_words(none)
    return f"No late gadolinium enhancement in {where}."


def _mass(facts: Facts) -> str | None:
    mass, share = value(facts, "lge_mass", "g"), value(facts, "lge_percent", "%", 1)
    method = _METHOD.get(word(facts, "lge_method") or "")
    details = ", ".join(part for part in (f"{share} of LV mass" if share else None, method) if part)
    return f"Enhanced mass {mass}{f' ({details})' if details else ''}." if mass else None


def yes_or_no(facts: Facts, field: str, name: str) -> str | None:
    """Present, absent or not assessed, as a sentence; nothing for a blank."""
    return {
        "yes": f"{name.capitalize()} is present.",
        "no": f"No {name}.",
        "not_assessed": f"{name.capitalize()} was not assessed.",
    }.get(word(facts, field) or "")


@phrase
def viability(facts: Facts) -> Iterator[str | None]:
    """Which of the segments that move abnormally may recover."""
    for line in viability_groups(facts):
        yield sentence(line)


def viability_groups(facts: Facts) -> list[str]:
    """One clause for each of: unlikely to recover, uncertain, viable."""
    calls, scar = segment_map(facts, "viability"), segment_map(facts, "lge_segments")
    said = []
    for call, segments in grouped(calls, ("unlikely_to_recover", "uncertain", "viable")):
        verb = "is" if len(segments) == 1 else "are"
        predicate = {
            "unlikely_to_recover": f"{verb} unlikely to recover",
            "uncertain": f"{verb} of uncertain viability",
            "viable": f"{verb} viable",
        }[call]
        said.append(f"{walls_in_words(segments)} {predicate}{_depth_of(segments, scar)}")
    return said


def _depth_of(segments: list[int], scar: dict[int, str]) -> str:
    """The bins behind a call: " (51–75 % transmural)", " (up to 26–50 % transmural)", " (no scar)"."""
    extents = {scar[segment] for segment in segments if segment in scar}
    if not extents or not extents <= set(EXTENT):
        return ""
    deepest = next((extent for extent in EXTENT_ORDER if extent in extents), None)
    if deepest is None:
        return " (no scar)"
    return f" ({'up to ' if len(extents) > 1 else ''}{EXTENT[deepest]} transmural)"


@phrase
def stress_perfusion(facts: Facts) -> Iterator[str | None]:
    """Defects by kind, what is normal, what was not assessed, and the study as a whole."""
    classes = segment_map(facts, "perf_class")
    yield inducible_defects(facts)
    yield _kind(classes, "fixed", "Fixed perfusion")
    yield _kind(classes, "artefact", "Artefact rather than perfusion")
    normal = [segment for segment, kind in classes.items() if kind == "normal"]
    if len(normal) == 16:
        yield "Perfusion at stress is normal in all 16 segments."
    elif normal:
        whole = len(classes) == 16 and len(normal) > 1
        where = f"the other {len(normal)} segments" if whole else walls_in_words(normal, 16)
        yield f"Perfusion at stress is normal in {where}."
    yield _unclassed(facts, classes)
    yield OVERALL_STRESS.get(word(facts, "stress_overall") or "")


OVERALL_STRESS = {
    "normal": "Stress study normal.",
    "mild": "Stress study mildly abnormal.",
    "moderate": "Stress study moderately abnormal.",
    "severe": "Stress study severely abnormal.",
    "non_diagnostic": "Stress study non-diagnostic.",
}


def inducible_defects(facts: Facts) -> str | None:
    """Number, share, segments and usual territory of the defects that stress brings out."""
    classes = segment_map(facts, "perf_class")
    full = [segment for segment, kind in classes.items() if kind == "inducible"]
    partial = [segment for segment, kind in classes.items() if kind == "partially_reversible"]
    every = sorted([*full, *partial])
    if not every:
        return None
    share = number(facts, "inducible_percent")
    percent = f" ({printed(share, 0)} %)" if share is not None else ""
    part = f" (partially reversible: {in_words(partial, 16)})" if partial else ""
    return (
        f"Inducible perfusion defect{'s' if len(every) > 1 else ''} in {count_of(len(every), 16)}{percent}: "
        f"{in_words(every, 16)}{part}; {usual_territory(territories(every))}."
    )


def _kind(classes: dict[int, str], kind: str, name: str) -> str | None:
    segments = [segment for segment, given in classes.items() if given == kind]
    return f"{name} defect in {walls_in_words(segments, 16)}." if segments else None


def _unclassed(facts: Facts, classes: dict[int, str]) -> str | None:
    """Of the segments without a class, those with a defect at stress that could not be told from scar, and the rest."""
    scored = segment_map(facts, "perf_stress")
    if not classes and not scored:
        return None
    unclear = [segment for segment, score in scored.items() if segment not in classes and score.startswith("defect")]
    blank = [segment for segment in range(1, 17) if segment not in classes and segment not in unclear]
    return sentence(
        f"perfusion defect at stress in {walls_in_words(unclear, 16)} that could not be told from scar"
        if unclear
        else None,
        f"perfusion was not assessed in {walls_in_words(blank, 16)}" if blank else None,
        joined_by="; ",
    )
