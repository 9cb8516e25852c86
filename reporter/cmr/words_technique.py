"""Sentences about the patient's state, the technique, its safety and its limits, for the findings."""

from __future__ import annotations

from collections.abc import Iterator

from reporter.cmr.facts import Facts, number, several, word
from reporter.cmr.formula import printed
from reporter.cmr.phrasing import phrase, sentence, value
from reporter.cmr.segments import listed

_RHYTHM = {
    "sinus": "sinus rhythm",
    "af_flutter": "atrial fibrillation or flutter",
    "frequent_ectopy": "frequent ectopy",
    "paced": "paced rhythm",
}
_SEQUENCE = {
    "cine": "cine",
    "black_blood": "black-blood",
    "oedema": "oedema",
    "lge": "late gadolinium enhancement",
    "perfusion": "perfusion",
    "flow": "flow",
    "strain": "strain",
    "iron": "iron",
    "mra": "MR angiography",
    "t1_map": "T1 mapping",
    "t2_map": "T2 mapping",
    "t2star_map": "T2* mapping",
}
_LIMITATION = {
    "arrhythmia": "arrhythmia",
    "breath_hold": "breath-holding",
    "motion": "motion",
    "device_artefact": "device artefact",
    "claustrophobia": "claustrophobia (incomplete study)",
}
_EVENT = {
    "none": "No adverse event.",
    "minor_symptoms": "Minor symptoms during the study.",
    "heart_block": "Transient heart block during the study.",
    "bronchospasm": "Bronchospasm during the study.",
    "contrast_reaction": "Contrast reaction.",
    "extravasation": "Extravasation of contrast.",
    "arrest": "Cardiac arrest during the study.",
    "other": "An adverse event occurred.",
}
_DEVICE = {
    "none": "No cardiac device",
    "pacemaker": "Pacemaker",
    "icd": "ICD",
    "crt_p": "CRT-P device",
    "crt_d": "CRT-D device",
    "loop_recorder": "Loop recorder",
    "other": "Cardiac device",
}
_STATUS = {"conditional": "MR conditional", "legacy": "not MR conditional (legacy)"}
_DOSE_UNIT = {"adenosine": "ug/kg/min", "dobutamine": "ug/kg/min", "regadenoson": "ug", "dipyridamole": "mg/kg"}


@phrase
def patient_context(facts: Facts) -> Iterator[str | None]:
    """Body size, rhythm, rate and blood pressure at rest."""
    bsa = value(facts, "bsa", "m2", 2)
    formula = {"mosteller": " (Mosteller)", "dubois": " (Du Bois)"}.get(word(facts, "bsa_formula") or "", "")
    yield sentence(
        _after("height", value(facts, "height", "cm")),
        _after("weight", value(facts, "weight", "kg")),
        f"body surface area {bsa}{formula}" if bsa else None,
    )
    rhythm = _RHYTHM.get(word(facts, "rhythm") or "")
    yield sentence(
        rhythm, _after("heart rate", value(facts, "heart_rate", "/min")), pressure(facts, "bp_sys", "bp_dia", "bp_site")
    )


def pressure(facts: Facts, systolic: str, diastolic: str, site: str | None = None) -> str | None:
    """ "blood pressure 138/80 mmHg (brachial cuff)", only when both values are there."""
    both = _over(facts, systolic, diastolic)
    cuff = word(facts, site) if site else None
    where = f" ({cuff} cuff)" if cuff in ("brachial", "femoral") else ""
    return f"blood pressure {both} mmHg{where}" if both else None


def _over(facts: Facts, systolic: str, diastolic: str) -> str | None:
    high, low = number(facts, systolic), number(facts, diastolic)
    return f"{printed(high, 0)}/{printed(low, 0)}" if high is not None and low is not None else None


@phrase
def technique_and_safety(facts: Facts) -> Iterator[str | None]:
    """Field strength, sequences, contrast, kidney function, device, image quality and what went wrong."""
    sequences = [_SEQUENCE.get(code, code.replace("_", " ")) for code in several(facts, "sequences")]
    strength = word(facts, "field_strength")
    yield sentence(
        word(facts, "scanner"), f"{strength} T" if strength else None, listed(sequences) if sequences else None
    )
    yield _contrast(facts)
    yield sentence(
        _after("eGFR", value(facts, "egfr", "mL/min/{1.73_m2}")),
        _after("creatinine", value(facts, "creatinine", "umol/L")),
    )
    yield _device(facts)
    quality = {"unusable": "unusable (non-diagnostic)"}.get(word(facts, "image_quality") or "") or word(
        facts, "image_quality"
    )
    yield f"Image quality {quality}." if quality else None
    yield limitations(facts)
    yield _EVENT.get(word(facts, "adverse_event") or "")


def limitations(facts: Facts) -> str | None:
    """ "Limited by arrhythmia and motion."; "other" is left to the reporter's own words."""
    reasons = [_LIMITATION[code] for code in several(facts, "limitation_reasons") if code in _LIMITATION]
    return f"Limited by {listed(reasons)}." if reasons else None


@phrase
def comparison(facts: Facts) -> Iterator[str | None]:
    """What the study was compared with, in the reporter's words."""
    text = word(facts, "comparison")
    yield sentence("Comparison", text, joined_by=": ") if text else None


@phrase
def stress_test(facts: Facts) -> Iterator[str | None]:
    """The agent, the response to it and the symptoms."""
    agent = word(facts, "stress_agent")
    if agent == "none":
        yield "No stress was given."
        return
    if agent is None:
        return
    dose = value(facts, "stress_dose", _DOSE_UNIT.get(agent, ""))
    duration = value(facts, "stress_duration", "min")
    yield sentence(
        " ".join(part for part in (f"{agent} stress", dose, f"for {duration}" if duration else None) if part)
    )
    yield _response(facts)
    symptoms = word(facts, "stress_symptoms")
    yield sentence("Symptoms at stress", symptoms[0].lower() + symptoms[1:], joined_by=": ") if symptoms else None
    yield {"yes": "Response to stress adequate.", "no": "Response to stress inadequate."}.get(
        word(facts, "stress_adequate") or ""
    )
    yield {
        "present": "Splenic switch-off present.",
        "absent": "Splenic switch-off absent.",
        "not_assessable": "Splenic switch-off not assessable.",
    }.get(word(facts, "splenic_switch_off") or "")


def _response(facts: Facts) -> str | None:
    rest, stress = number(facts, "heart_rate"), number(facts, "stress_hr")
    rate = f"heart rate from {printed(rest, 0)} to {printed(stress, 0)}/min" if rest and stress else None
    before, during = _over(facts, "bp_sys", "bp_dia"), _over(facts, "stress_bp_sys", "stress_bp_dia")
    blood = f"blood pressure from {before} to {during} mmHg" if before and during else None
    return sentence(rate, blood)


def _contrast(facts: Facts) -> str | None:
    agent = word(facts, "contrast_agent")
    if agent == "none":
        return "No contrast agent was given."
    dose = value(facts, "contrast_dose", "mmol/kg")
    return sentence(" ".join(part for part in (agent, dose) if part)) if agent else None


def _device(facts: Facts) -> str | None:
    device = word(facts, "device_type")
    name = _DEVICE.get(device or "")
    status = _STATUS.get(word(facts, "device_mr_status") or "") if device != "none" else None
    return sentence(name, status) if name else None


def _after(name: str, words: str | None) -> str | None:
    return f"{name} {words}" if words else None
