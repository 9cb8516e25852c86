"""Sentences about the ventricles, the atria, the valves and the pericardium, for the findings."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.cmr.facts import Facts, segment_map, several, word
from reporter.cmr.phrasing import graded, grouped, not_assessed, phrase, sentence, value, with_index
from reporter.cmr.segments import BY_NUMBER, listed, walls_in_words

_MOTION = {
    "dyskinesis": "dyskinesis",
    "akinesis": "akinesis",
    "severe_hypokinesis": "severe hypokinesis",
    "hypokinesis": "hypokinesis",
    "mild_hypokinesis": "mild hypokinesis",
}
_ANEURYSM = {"none": "No LV aneurysm.", "true": "LV aneurysm.", "pseudoaneurysm": "LV pseudoaneurysm."}
_RV_MOTION = {
    "none": "No regional RV wall motion abnormality.",
    "hypokinetic": "Regional RV hypokinesis.",
    "akinetic": "Regional RV akinesis.",
    "dyskinetic": "Regional RV dyskinesis or aneurysm.",
    "dyssynchronous": "Dyssynchronous RV contraction.",
}
_SEPTUM = {
    "normal": "normal septal motion",
    "diastolic_flattening": "diastolic flattening of the septum",
    "systolic_flattening": "systolic flattening of the septum",
    "bounce": "septal bounce",
    "dyssynchrony": "septal dyssynchrony",
}
VALVE_NAMES = {"mr_grade": "mitral", "ar_grade": "aortic", "tr_grade": "tricuspid", "pr_grade": "pulmonary"}


@phrase
def left_ventricle(facts: Facts) -> Iterator[str | None]:
    """LV volumes, function, mass, thickness, wall motion and aneurysm."""
    yield _volumes(facts, "LV", "lv")
    yield _named("LVEF", graded(facts, "lv_ef", "%", 1))
    yield _output(facts)
    yield _named("LV mass", with_index(facts, "lv_mass", "g", "lv_massi", "g/m2"))
    yield _thickness(facts)
    yield from wall_motion(facts)
    yield _ANEURYSM.get(word(facts, "lv_aneurysm") or "")


@phrase
def right_ventricle(facts: Facts) -> Iterator[str | None]:
    """RV volumes, function, wall motion and the movement of the septum."""
    yield _volumes(facts, "RV", "rv")
    yield _named("RVEF", graded(facts, "rv_ef", "%", 1))
    yield _named("RV stroke volume", value(facts, "rv_sv", "mL", 0))
    yield _RV_MOTION.get(word(facts, "rv_wall_motion") or "")
    motion = [_SEPTUM[code] for code in several(facts, "septal_motion") if code in _SEPTUM]
    yield sentence(listed(motion)) if motion else None


@phrase
def atria(facts: Facts) -> Iterator[str | None]:
    """Left and right atrial volume."""
    for name, field in (("Left atrial volume", "la_vol"), ("Right atrial volume", "ra_vol")):
        yield _named(name, with_index(facts, field, "mL", f"{field}i", "mL/m2"))


def wall_motion(facts: Facts) -> Iterator[str | None]:
    """Abnormal segments, worst first; what moves normally; what was not assessed; the score index."""
    scores = segment_map(facts, "lv_wall_motion")
    yield sentence(abnormal_motion(facts))
    normal = [segment for segment, score in scores.items() if score == "normal"]
    if len(normal) == len(BY_NUMBER):
        yield "Wall motion is normal in all 17 segments."
    elif normal:
        yield f"Wall motion is normal in {_others(normal, scores)}."
    yield not_assessed("Wall motion", scores, 17)
    yield _named("Wall motion score index", value(facts, "wmsi", "1", 2))


def abnormal_motion(facts: Facts) -> str | None:
    """ "akinesis of the basal inferior wall; hypokinesis of …", or None when no segment is scored as abnormal."""
    groups = grouped(segment_map(facts, "lv_wall_motion"), _MOTION)
    return "; ".join(f"{_MOTION[score]} of {walls_in_words(segments)}" for score, segments in groups) or None


def _others(normal: list[int], scores: dict[int, str]) -> str:
    """ "the other 13 segments" when every segment has a score, else by name: a blank is none of the others."""
    if len(scores) < len(BY_NUMBER):
        return walls_in_words(normal)
    return f"the other {len(normal)} segments" if len(normal) > 1 else walls_in_words(normal)


def _volumes(facts: Facts, chamber: str, prefix: str) -> str | None:
    edv = with_index(facts, f"{prefix}_edv", "mL", f"{prefix}_edvi", "mL/m2")
    esv = with_index(facts, f"{prefix}_esv", "mL", f"{prefix}_esvi", "mL/m2")
    if edv and esv:
        return f"{chamber} end-diastolic volume {edv}, end-systolic volume {esv}."
    return _named(f"{chamber} end-diastolic volume", edv) or _named(f"{chamber} end-systolic volume", esv)


def _output(facts: Facts) -> str | None:
    stroke, output = value(facts, "lv_sv", "mL", 0), value(facts, "lv_co", "L/min", 2)
    index = value(facts, "lv_ci", "L/min/m2", 2)
    return sentence(
        f"LV stroke volume {stroke}" if stroke else None,
        f"cardiac output {output}" + (f" (index {index})" if index else "") if output else None,
    )


def _thickness(facts: Facts) -> str | None:
    thickness = value(facts, "lv_max_wt", "mm")
    where = word(facts, "lv_max_wt_segment")
    if not thickness:
        return None
    known = where is not None and where.isascii() and where.isdigit() and int(where) in BY_NUMBER
    return f"Maximal LV wall thickness {thickness}{f' ({BY_NUMBER[int(where or 0)].name})' if known else ''}."


def _named(name: str, words: str | None) -> str | None:
    return f"{name} {words}." if words else None


@phrase
def valves_and_pericardium(facts: Facts) -> Iterator[str | None]:
    """Regurgitation of each valve that was answered, worst first, and effusions."""
    for grade in ("severe", "moderate", "mild", "trivial"):
        names = valves(facts, grade)
        yield f"{grade.capitalize()} {listed(names)} regurgitation." if names else None
    none = valves(facts, "none")
    yield f"No {listed(none, 'or')} regurgitation." if none else None
    blank = valves(facts, "not_assessed")
    yield f"{listed(blank).capitalize()} regurgitation {_was(blank)} not assessed." if blank else None
    yield _effusion(facts, "pericardial_effusion", "pericardial effusion", value(facts, "effusion_mm", "mm"))
    yield _effusion(facts, "pleural_effusion", "pleural effusion", None)


def valves(facts: Facts, grade: str) -> list[str]:
    """The valves whose regurgitation was answered with this grade."""
    return [name for field, name in VALVE_NAMES.items() if word(facts, field) == grade]


def _was(names: list[str]) -> str:
    return "was" if len(names) == 1 else "were"


def _effusion(facts: Facts, field: str, name: str, depth: str | None) -> str | None:
    size = word(facts, field)
    if size == "none":
        return f"No {name}."
    if size == "not_assessed":
        return f"{name.capitalize()} was not assessed."
    if size in ("small", "moderate", "large"):
        return f"{size.capitalize()} {name}{f', up to {depth}' if depth else ''}."
    return None


@phrase
def extracardiac(facts: Facts) -> Iterator[str | None]:
    """What was seen beside the heart, in the reporter's words, and who looked at it."""
    found, text = word(facts, "extracardiac"), word(facts, "extracardiac_text")
    lead = {
        "urgent": "Urgent extracardiac finding",
        "needs_follow_up": "Extracardiac finding that needs follow-up",
        "incidental": "Incidental extracardiac finding",
    }.get(found or "")
    if found == "none":
        yield "No extracardiac finding."
    elif found == "not_assessed":
        yield "Extracardiac structures were not assessed."
    elif lead:
        yield sentence(lead, text, joined_by=": ")
    yield {
        "sought": "A second opinion on the extracardiac structures was sought.",
        "pending": "A second opinion on the extracardiac structures is pending.",
    }.get(word(facts, "extracardiac_opinion") or "")
