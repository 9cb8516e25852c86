"""Checks that compare one figure, choice or map with another."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.cmr.checking import Contradiction, check
from reporter.cmr.facts import Facts, number, segment_map, several, word
from reporter.cmr.formula import printed
from reporter.cmr.perfusion import DEFECTS, classify
from reporter.cmr.segments import walls_in_words
from reporter.cmr.viability import ABNORMAL_MOTION

VALVES = {"mr_grade": "mitral", "ar_grade": "aortic", "tr_grade": "tricuspid", "pr_grade": "pulmonary"}
_REGURGITANT = frozenset({"mild", "moderate", "severe"})
_VASODILATORS = frozenset({"adenosine", "regadenoson", "dipyridamole"})


@check("lv_esv", "lv_edv")
def lv_volumes_in_order(facts: Facts) -> Iterator[Contradiction]:
    """The LV holds less at end-systole than at end-diastole."""
    yield from _in_order(facts, "lv", "LV")


@check("rv_esv", "rv_edv")
def rv_volumes_in_order(facts: Facts) -> Iterator[Contradiction]:
    """The RV holds less at end-systole than at end-diastole."""
    yield from _in_order(facts, "rv", "RV")


def _in_order(facts: Facts, chamber: str, name: str) -> Iterator[Contradiction]:
    edv, esv = number(facts, f"{chamber}_edv"), number(facts, f"{chamber}_esv")
    if edv is not None and esv is not None and esv >= edv:
        yield Contradiction(
            (f"{chamber}_esv", f"{chamber}_edv"),
            f"The {name} end-systolic volume ({esv:f} mL) is not smaller than the end-diastolic volume ({edv:f} mL).",
        )


@check("lv_edv", "lv_esv", "rv_edv", "rv_esv", *VALVES)
def stroke_volumes_agree(facts: Facts) -> Iterator[Contradiction]:
    """Without regurgitation, LV and RV stroke volumes lie within 10 mL or 10 % of each other."""
    volumes = [number(facts, field) for field in ("lv_edv", "lv_esv", "rv_edv", "rv_esv")]
    if any(volume is None for volume in volumes) or any(word(facts, valve) in _REGURGITANT for valve in VALVES):
        return
    lv_edv, lv_esv, rv_edv, rv_esv = (volume for volume in volumes if volume is not None)
    left, right = lv_edv - lv_esv, rv_edv - rv_esv
    apart = abs(left - right)
    if min(left, right) > 0 and apart > 10 and 10 * apart > max(left, right):
        yield Contradiction(
            ("lv_edv", "lv_esv", "rv_edv", "rv_esv"),
            f"LV and RV stroke volumes ({printed(left, 0)} and {printed(right, 0)} mL) differ by "
            f"{printed(apart, 0)} mL and no valve regurgitation is recorded. Are the contours right?",
            "ask",
        )


@check("bp_dia", "bp_sys", "stress_bp_dia", "stress_bp_sys")
def diastolic_below_systolic(facts: Facts) -> Iterator[Contradiction]:
    """Diastolic blood pressure is lower than systolic, at rest and at stress."""
    for at, prefix in (("at rest", ""), ("at stress", "stress_")):
        high, low = number(facts, f"{prefix}bp_sys"), number(facts, f"{prefix}bp_dia")
        if high is not None and low is not None and low >= high:
            yield Contradiction(
                (f"{prefix}bp_dia", f"{prefix}bp_sys"),
                f"The diastolic blood pressure {at} ({low:f} mmHg) is not lower than the systolic ({high:f} mmHg).",
            )


@check("lge_mass", "lv_mass")
def lge_mass_within_lv_mass(facts: Facts) -> Iterator[Contradiction]:
    """The mass with late enhancement is not more than the LV mass."""
    part, whole = number(facts, "lge_mass"), number(facts, "lv_mass")
    if part is not None and whole is not None and part > whole:
        yield Contradiction(
            ("lge_mass", "lv_mass"),
            f"The mass with late enhancement ({part:f} g) is more than the LV mass ({whole:f} g).",
        )


@check("lge_overall", "lge_segments")
def lge_overall_agrees_with_segments(facts: Facts) -> Iterator[Contradiction]:
    """No segment has late enhancement exactly when the overall answer is none."""
    overall, scores = word(facts, "lge_overall"), segment_map(facts, "lge_segments")
    enhanced = [number for number, extent in scores.items() if extent != "0"]
    if overall == "none" and enhanced:
        yield Contradiction(
            ("lge_overall", "lge_segments"),
            f"Late gadolinium enhancement is answered as none, but it is scored in {walls_in_words(enhanced)}.",
        )
    elif overall not in (None, "none") and scores and not enhanced:
        yield Contradiction(
            ("lge_overall", "lge_segments"),
            "Late gadolinium enhancement is answered as present, but every scored segment has 0 %.",
        )


@check("lge_overall", "lge_pattern")
def ischaemic_lge_is_subendocardial(facts: Facts) -> Iterator[Contradiction]:
    """Ischaemic late enhancement involves the subendocardium."""
    patterns = several(facts, "lge_pattern")
    if (
        word(facts, "lge_overall") in ("ischaemic", "mixed")
        and patterns
        and not {"subendocardial", "transmural"} & set(patterns)
    ):
        yield Contradiction(
            ("lge_pattern", "lge_overall"),
            "Ischaemic late gadolinium enhancement needs a subendocardial or transmural pattern.",
        )


@check("lge_pattern", "lge_segments")
def transmural_lge_has_a_transmural_segment(facts: Facts) -> Iterator[Contradiction]:
    """A transmural pattern has at least one segment of 76–100 %."""
    scores = segment_map(facts, "lge_segments")
    if "transmural" in several(facts, "lge_pattern") and scores and "76_100" not in scores.values():
        yield Contradiction(
            ("lge_pattern", "lge_segments"),
            "The pattern is answered as transmural, but no segment is scored 76–100 %. Is that meant?",
            "ask",
        )


@check("lge_done", "contrast_agent", "sequences")
def lge_needs_contrast(facts: Facts) -> Iterator[Contradiction]:
    """Late enhancement imaging needs contrast, and is among the sequences."""
    if word(facts, "lge_done") != "yes":
        return
    if word(facts, "contrast_agent") == "none":
        yield Contradiction(
            ("contrast_agent", "lge_done"), "Late gadolinium imaging was performed, but no contrast agent was given."
        )
    sequences = several(facts, "sequences")
    if sequences and "lge" not in sequences:
        yield Contradiction(
            ("sequences", "lge_done"),
            "Late gadolinium imaging was performed, but is not among the sequences used.",
            "ask",
        )


@check("perf_stress", "perf_rest", "contrast_agent")
def perfusion_needs_contrast(facts: Facts) -> Iterator[Contradiction]:
    """First-pass perfusion needs contrast."""
    for field in ("perf_stress", "perf_rest"):
        if segment_map(facts, field) and word(facts, "contrast_agent") == "none":
            yield Contradiction(
                ("contrast_agent", field), "First-pass perfusion is scored, but no contrast agent was given."
            )
            return


_STRESS_FIELDS = ("stress_dose", "stress_duration", "stress_hr", "stress_bp_sys", "stress_bp_dia", "stress_adequate")


@check("stress_agent", *_STRESS_FIELDS, "perf_stress", "stress_overall")
def stress_needs_an_agent(facts: Facts) -> Iterator[Contradiction]:
    """What is recorded at stress needs a stress agent."""
    if word(facts, "stress_agent") not in (None, "none"):
        return
    given = [field for field in (*_STRESS_FIELDS, "stress_overall") if facts.get(field) not in (None, "")]
    if segment_map(facts, "perf_stress"):
        given.append("perf_stress")
    if given:
        yield Contradiction(
            ("stress_agent", given[0]), "Values at stress are recorded, but no stress agent is. Which one was given?"
        )


@check("stress_adequate", "stress_agent", "hr_rise", "sbp_fall")
def stress_adequacy_agrees_with_response(facts: Facts) -> Iterator[Contradiction]:
    """The reader's view of the response is what the rule suggests, or is meant to differ."""
    rise, fall = number(facts, "hr_rise"), number(facts, "sbp_fall")
    if rise is None or fall is None or word(facts, "stress_agent") not in _VASODILATORS:
        return
    by_rule = "no" if rise < 10 or fall < 10 else "yes"
    answered = word(facts, "stress_adequate")
    if answered in ("yes", "no") and answered != by_rule:
        yield Contradiction(
            ("stress_adequate",),
            f"The response is answered as {'adequate' if answered == 'yes' else 'inadequate'}; with a heart rate rise "
            f"of {printed(rise, 0)}/min and a systolic fall of {printed(fall, 0)} mmHg the rule says "
            f"{'adequate' if by_rule == 'yes' else 'inadequate'}. Is that meant?",
            "ask",
        )


@check("stress_overall", "perf_stress", "perf_rest", "lge_segments")
def stress_overall_agrees_with_segments(facts: Facts) -> Iterator[Contradiction]:
    """A normal stress study has no inducible segment; an abnormal one has a defect."""
    overall, stress = word(facts, "stress_overall"), segment_map(facts, "perf_stress")
    classes = _classes(facts)
    inducible = [n for n, kind in classes.items() if kind in ("inducible", "partially_reversible")]
    if overall == "normal" and inducible:
        yield Contradiction(
            ("stress_overall", "perf_stress"),
            f"The stress study is answered as normal, but {walls_in_words(inducible, 16)} "
            f"{'has' if len(inducible) == 1 else 'have'} an inducible defect.",
        )
    if overall in ("mild", "moderate", "severe") and stress and not set(stress.values()) & DEFECTS:
        yield Contradiction(
            ("stress_overall", "perf_stress"),
            "The stress study is answered as abnormal, but no segment has a perfusion defect at stress.",
        )


@check("perf_stress", "perf_rest", "lge_segments")
def perfusion_defects_can_be_classed(facts: Facts) -> Iterator[Contradiction]:
    """Each defect at stress has what it takes to tell ischaemia from scar; none is seen at rest alone."""
    stress, rest = segment_map(facts, "perf_stress"), segment_map(facts, "perf_rest")
    classes = _classes(facts)
    unclear = [n for n, score in stress.items() if score in DEFECTS and classes.get(n) == "not_assessed"]
    if unclear:
        yield Contradiction(
            ("perf_rest", "lge_segments"),
            f"The defect in {walls_in_words(unclear, 16)} is not counted: without a rest score, or late enhancement "
            "of 0 %, ischaemia and scar cannot be told apart.",
            "ask",
        )
    reversed_ = [n for n, score in rest.items() if score in DEFECTS and stress.get(n) == "normal"]
    if reversed_:
        yield Contradiction(
            ("perf_rest", "perf_stress"),
            f"There is a defect at rest but not at stress in {walls_in_words(reversed_, 16)}. Is that meant?",
            "ask",
        )
    matched = [n for n, score in stress.items() if score in DEFECTS and classes.get(n) == "artefact"]
    if matched:
        yield Contradiction(
            ("perf_stress", "perf_rest"),
            f"The defect in {walls_in_words(matched, 16)} is the same at stress and rest without late enhancement and "
            "is counted as artefact. Is that meant?",
            "ask",
        )


def _classes(facts: Facts) -> dict[int, str]:
    maps = [segment_map(facts, field) for field in ("perf_stress", "perf_rest", "lge_segments")]
    return classify(*maps)


@check("mvo", "lge_overall")
def mvo_lies_within_enhancement(facts: Facts) -> Iterator[Contradiction]:
    """Microvascular obstruction is seen inside late enhancement."""
    if word(facts, "mvo") == "yes" and word(facts, "lge_overall") == "none":
        yield Contradiction(
            ("mvo", "lge_overall"),
            "Microvascular obstruction is answered as present, but late gadolinium enhancement as none.",
        )


@check("lv_aneurysm", "lv_wall_motion")
def an_aneurysm_moves_abnormally(facts: Facts) -> Iterator[Contradiction]:
    """An LV aneurysm comes with abnormal wall motion."""
    motion = segment_map(facts, "lv_wall_motion")
    if word(facts, "lv_aneurysm") == "true" and motion and not set(motion.values()) & ABNORMAL_MOTION:
        yield Contradiction(
            ("lv_aneurysm", "lv_wall_motion"),
            "An LV aneurysm is recorded, but no segment moves abnormally. Is that meant?",
            "ask",
        )


@check("image_quality", "stress_overall")
def an_unusable_study_is_not_normal(facts: Facts) -> Iterator[Contradiction]:
    """A stress study cannot be both of unusable quality and normal."""
    if word(facts, "image_quality") == "unusable" and word(facts, "stress_overall") == "normal":
        yield Contradiction(
            ("image_quality", "stress_overall"),
            "Image quality is answered as unusable and the stress study as normal. Is the stress study non-diagnostic?",
        )
