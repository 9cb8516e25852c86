"""Lines of the impression: what matters, restated from the fields in fewer words; one line a subject.

A template names the lines in its order of importance. The reporter edits the draft freely.
"""

from __future__ import annotations

from collections.abc import Iterator

from reporter.cmr.facts import Facts, grade_of, number, segment_map, several, word
from reporter.cmr.phrasing import EXTENT, EXTENT_ORDER, counted, grouped, phrase, sentence, usual_territory, value
from reporter.cmr.segments import listed, territories, walls_in_words
from reporter.cmr.words_heart import abnormal_motion, valves
from reporter.cmr.words_tissue import (
    OVERALL,
    depth,
    enhanced,
    inducible_defects,
    no_enhancement,
    patterns,
    viability_groups,
    yes_or_no,
)


def _line(*sentences: str | None) -> str | None:
    """Sentences on one line of the impression."""
    return " ".join(said for said in sentences if said) or None


@phrase
def impression_urgent(facts: Facts) -> Iterator[str | None]:
    """The urgent finding, in the reporter's words, before all else."""
    level = {"critical": "Critical finding", "urgent": "Urgent finding", "significant": "Significant finding"}.get(
        word(facts, "urgent_finding") or ""
    )
    what = word(facts, "urgent_what")
    yield sentence(level, what, joined_by=": ") if level and what else None


@phrase
def impression_infarct(facts: Facts) -> Iterator[str | None]:
    """Late enhancement: kind, place, depth and mass, with obstruction and thrombus."""
    overall = word(facts, "lge_overall")
    scores = segment_map(facts, "lge_segments")
    enhancement = None
    if word(facts, "lge_done") == "no":
        enhancement = "Late gadolinium enhancement imaging was not performed."
    elif overall in OVERALL:
        enhancement = sentence(_scar(facts, overall, scores), _size(facts), joined_by="; ")
    elif overall == "none":
        enhancement = no_enhancement(scores)
    thrombus = {"none": "No LV thrombus.", "possible": "Possible LV thrombus.", "definite": "LV thrombus."}
    obstruction = yes_or_no(facts, "mvo", "microvascular obstruction") if word(facts, "mvo") in ("yes", "no") else None
    yield _line(
        enhancement,
        obstruction if overall != "none" else None,
        thrombus.get(word(facts, "lv_thrombus") or ""),
    )


def _scar(facts: Facts, overall: str, scores: dict[int, str]) -> str:
    """ "Chronic myocardial infarction: subendocardial late gadolinium enhancement of …"."""
    age = {"acute": "Acute", "chronic": "Chronic"}.get(word(facts, "infarct_age") or "")
    lead = f"{age} myocardial infarction: " if age and overall == "ischaemic" else ""
    kind = patterns(facts)
    name = " ".join(
        part
        for part in (None if lead else OVERALL[overall], kind if lead else None, "late gadolinium enhancement")
        if part
    )
    where = enhanced(scores)
    place = f" of {walls_in_words(where)}" if where else ""
    detail = f" ({kind})" if kind and not lead else ""
    supply = _supply(facts, where) if overall == "ischaemic" else None
    return f"{lead}{name}{detail}{place}{f' ({supply})' if supply else ''}{_deepest(facts, scores)}"


def _supply(facts: Facts, where: list[int]) -> str | None:
    """The territory that the reporter chose; the usual one only where the question was left blank."""
    chosen = word(facts, "culprit_territory")
    if chosen is None:
        return usual_territory(territories(where))
    return {
        "lad": "LAD territory",
        "lcx": "LCx territory",
        "rca": "RCA territory",
        "several": "several coronary territories",
    }.get(chosen)


def _deepest(facts: Facts, scores: dict[int, str]) -> str:
    groups = grouped(scores, EXTENT_ORDER)
    if not groups or word(facts, "lge_overall") != "ischaemic":
        return ""
    extent, segments = groups[0]
    if len(groups) == 1:
        return f", {EXTENT[extent]} {depth(facts)}"
    return f", up to {EXTENT[extent]} {depth(facts)} in {walls_in_words(segments)}"


def _size(facts: Facts) -> str | None:
    mass, share = value(facts, "lge_mass", "g"), value(facts, "lge_percent", "%", 0)
    if not mass:
        return None
    return f"{mass} ({share} of LV mass)" if share else mass


_CAUSE = {
    "epicardial": "epicardial coronary disease",
    "microvascular": "microvascular dysfunction",
    "scar": "scar",
    "artefact": "artefact",
}


@phrase
def impression_ischaemia(facts: Facts) -> Iterator[str | None]:
    """Inducible defects, fixed ones, and how far a study without them was assessed and can be trusted."""
    classes = segment_map(facts, "perf_class")
    fixed = [segment for segment, kind in classes.items() if kind == "fixed"]
    causes = [_CAUSE[code] for code in several(facts, "perf_aetiology") if code in _CAUSE]
    # A study that shows nothing has not shown the absence of ischaemia.
    undecided = word(facts, "stress_overall") == "non_diagnostic"
    yield _line(
        "Non-diagnostic stress perfusion study." if undecided else None,
        inducible_defects(facts) or (None if undecided else _no_ischaemia(classes)),
        f"Fixed perfusion defect in {walls_in_words(fixed, 16)}." if fixed else None,
        f"Suspected cause: {listed(causes)}." if causes else None,
        "The response to stress was inadequate." if word(facts, "stress_adequate") == "no" else None,
    )


def _no_ischaemia(classes: dict[int, str]) -> str | None:
    clear = [segment for segment, kind in classes.items() if kind in ("normal", "fixed")]
    if not clear:
        return None
    if len(clear) == 16:
        return "No inducible perfusion defect in any of the 16 segments."
    left = 16 - len(clear)
    return (
        f"No inducible perfusion defect in the {counted(len(clear))} assessed; {left} "
        f"{'was' if left == 1 else 'were'} not assessed or not assessable."
    )


@phrase
def impression_viability(facts: Facts) -> Iterator[str | None]:
    """Recovery of the dysfunctional segments."""
    groups = viability_groups(facts)
    yield sentence("Viability", "; ".join(groups), joined_by=": ") if groups else None


@phrase
def impression_lv_function(facts: Facts) -> Iterator[str | None]:
    """LV function, size, mass where it is not within limits, and regional motion."""
    motion = abnormal_motion(facts)
    aneurysm = {"true": "LV aneurysm.", "pseudoaneurysm": "LV pseudoaneurysm."}.get(word(facts, "lv_aneurysm") or "")
    yield _line(_function(facts, "LV", "lv"), sentence(motion) if motion else None, aneurysm)


@phrase
def impression_rv_function(facts: Facts) -> Iterator[str | None]:
    """RV function and size, and regional motion where it is abnormal."""
    motion = {
        "hypokinetic": "Regional RV hypokinesis.",
        "akinetic": "Regional RV akinesis.",
        "dyskinetic": "Regional RV dyskinesis or aneurysm.",
        "dyssynchronous": "Dyssynchronous RV contraction.",
    }.get(word(facts, "rv_wall_motion") or "")
    yield _line(_function(facts, "RV", "rv"), motion)


def _function(facts: Facts, chamber: str, prefix: str) -> str | None:
    """ "LV systolic function mildly impaired, LVEF 44 %; end-diastolic volume normal (103 mL/m²), …"."""
    ef, grade = value(facts, f"{prefix}_ef", "%", 0), grade_of(facts, f"{prefix}_ef")
    function = f"{chamber}EF {ef}" if ef else None
    if function and grade:
        plain = grade.side == "above" or "range" in grade.word
        function = f"{function} ({grade.word})" if plain else f"{chamber} systolic function {grade.word}, {function}"
    mass = grade_of(facts, f"{prefix}_massi")
    sizes = (
        _size_of(facts, "end-diastolic volume", f"{prefix}_edvi", "mL/m2"),
        _size_of(facts, "end-systolic volume", f"{prefix}_esvi", "mL/m2"),
        _size_of(facts, f"{chamber} mass", f"{prefix}_massi", "g/m2") if mass and mass.side != "within" else None,
    )
    size = ", ".join(part for part in sizes if part)
    if size and not function:
        size = f"{chamber} {size}"
    return sentence(function, size or None, joined_by="; ")


def _size_of(facts: Facts, name: str, field: str, unit: str) -> str | None:
    words, grade = value(facts, field, unit, 0), grade_of(facts, field)
    if not words:
        return None
    return f"{name} {grade.word} ({words})" if grade else f"{name} {words}"


@phrase
def impression_atria(facts: Facts) -> Iterator[str | None]:
    """Atria whose indexed volume is graded above the limits."""
    for name, field in (("Left", "la_voli"), ("Right", "ra_voli")):
        grade, words = grade_of(facts, field), value(facts, field, "mL/m2", 0)
        yield f"{name} atrial volume {grade.word} ({words})." if grade and words and grade.side == "above" else None


@phrase
def impression_other(facts: Facts) -> Iterator[str | None]:
    """Valves from the worst to none, effusions, and extracardiac findings with their consequence."""
    lead = {
        "urgent": "Urgent extracardiac finding",
        "needs_follow_up": "Extracardiac finding that needs follow-up",
        "incidental": "Incidental extracardiac finding",
    }.get(word(facts, "extracardiac") or "")
    yield sentence(lead, word(facts, "extracardiac_text"), joined_by=": ") if lead else None
    said = [
        f"{grade} {listed(names)} regurgitation"
        for grade in ("severe", "moderate", "mild", "trivial")
        if (names := valves(facts, grade))
    ]
    none = valves(facts, "none")
    yield _line(
        sentence("; ".join(said)) if said else None,
        f"No {listed(none, 'or')} regurgitation." if none else None,
        _effusions(facts),
    )


def _effusions(facts: Facts) -> str | None:
    said = []
    for field, name in (("pericardial_effusion", "pericardial effusion"), ("pleural_effusion", "pleural effusion")):
        size = word(facts, field)
        if size in ("small", "moderate", "large"):
            said.append(f"{size.capitalize()} {name}.")
        elif size == "none" and field == "pericardial_effusion":
            said.append(f"No {name}.")
    return _line(*said)


@phrase
def impression_limitations(facts: Facts) -> Iterator[str | None]:
    """A study of poor or unusable quality says so in the impression too."""
    quality = word(facts, "image_quality")
    yield {"poor": "Image quality was poor.", "unusable": "The images are non-diagnostic."}.get(quality or "")


#: The lines in the order in which they matter when a template names no order of its own.
ORDER = (
    "impression_urgent",
    "impression_ischaemia",
    "impression_infarct",
    "impression_viability",
    "impression_lv_function",
    "impression_rv_function",
    "impression_atria",
    "impression_other",
    "impression_limitations",
)


@phrase
def impression(facts: Facts) -> Iterator[str | None]:
    """Every line of the impression in its usual order; ischaemia first only when it was found."""
    lines = {phrase_.__name__: phrase_(facts) for phrase_ in _LINES}
    found = (number(facts, "inducible_segments") or 0) > 0
    order = ORDER if found else (*ORDER[:1], "impression_infarct", "impression_ischaemia", *ORDER[3:])
    for name in order:
        yield from lines[name]


_LINES = (
    impression_urgent,
    impression_ischaemia,
    impression_infarct,
    impression_viability,
    impression_lv_function,
    impression_rv_function,
    impression_atria,
    impression_other,
    impression_limitations,
)
