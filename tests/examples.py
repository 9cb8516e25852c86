"""Worked examples of whole reports, from invented patients, that several rooms test against.

`EXAMPLE_7_1` holds answers as a form stores them (decimal text, choice codes, lists, segment maps keyed by text) and
`EXPECTED_7_1` every computed value as printed on the report.
"""

from __future__ import annotations

from typing import Any


def _segments(last: int, otherwise: str, **scored: str) -> dict[str, str]:
    """A full map of segments 1 to `last`: `s4="akinesis"` scores segment 4, the others get `otherwise`."""
    return {str(number): scored.get(f"s{number}", otherwise) for number in range(1, last + 1)}


#: Inferior infarct three years ago, now exertional chest pain: viability and a positive stress perfusion. Male, 64 y.
EXAMPLE_7_1: dict[str, Any] = {
    "indication": "cad_stress",
    "scanner": "Example Scanner",
    "personnel": "R. Example (radiographer)",
    "analysis_method": "semi_automatic",
    "height": "178",
    "weight": "86",
    "reference_sex": "male",
    "bsa_formula": "mosteller",
    "heart_rate": "66",
    "rhythm": "sinus",
    "bp_sys": "138",
    "bp_dia": "80",
    "bp_site": "brachial",
    "creatinine": "92",
    "egfr": "78",
    "renal_date": "2026-06-15",
    "field_strength": "1.5",
    "sequences": ["cine", "perfusion", "lge"],
    "contrast_agent": "gadobutrol",
    "contrast_dose": "0.15",
    "contrast_route": "peripheral_vein",
    "image_quality": "good",
    "adverse_event": "none",
    "papillary_convention": "in_mass",
    "lv_edv": "212",
    "lv_esv": "118",
    "lv_mass": "132",
    "lv_max_wt": "10",
    "lv_max_wt_segment": "2",
    "lv_wall_motion": _segments(17, "normal", s4="akinesis", s5="hypokinesis", s10="hypokinesis", s15="hypokinesis"),
    "lv_aneurysm": "none",
    "rv_edv": "168",
    "rv_esv": "78",
    "rv_wall_motion": "none",
    "la_vol": "78",
    "lge_done": "yes",
    "lge_overall": "ischaemic",
    "lge_segments": _segments(17, "0", s3="1_25", s4="51_75", s5="26_50", s10="26_50", s15="26_50"),
    "lge_pattern": ["subendocardial"],
    "lge_mass": "11",
    "lge_method": "fwhm",
    "mvo": "no",
    "lv_thrombus": "none",
    "infarct_age": "chronic",
    "stress_agent": "adenosine",
    "stress_dose": "140",
    "stress_duration": "4",
    "life_support": "als",
    "life_support_person": "A. Example",
    "stress_hr": "84",
    "stress_bp_sys": "124",
    "stress_bp_dia": "74",
    "stress_symptoms": "Mild flushing",
    "stress_adequate": "yes",
    "perf_stress": _segments(
        16, "normal", s4="defect_ge50", s9="defect_ge50", s10="defect_ge50", s11="defect_ge50", s15="defect_ge50"
    ),
    "perf_rest": _segments(16, "normal", s4="defect_ge50"),
    "stress_overall": "moderate",
    "mr_grade": "none",
    "pericardial_effusion": "none",
    "extracardiac": "none",
    "extracardiac_opinion": "not_needed",
    "answer": "Yes: inducible ischaemia in 4 of 16 segments beyond a chronic inferior infarct.",
    "recommendations": "Suggest correlation with coronary anatomy and discussion at the multidisciplinary meeting.",
    "urgent_finding": "none",
}

#: Every computed value of example 7.1, as printed.
EXPECTED_7_1: dict[str, str] = {
    "bsa": "2.06",
    "lv_sv": "94",
    "lv_ef": "44.3",
    "lv_edvi": "102.9",
    "lv_esvi": "57.3",
    "lv_svi": "45.6",
    "lv_massi": "64.1",
    "lv_co": "6.20",
    "lv_ci": "3.01",
    "rv_sv": "90",
    "rv_ef": "53.6",
    "rv_edvi": "81.6",
    "rv_esvi": "37.9",
    "wmsi": "1.29",
    "la_voli": "37.9",
    "lge_percent": "8.3",
    "hr_rise": "18",
    "sbp_fall": "14",
    "inducible_segments": "4",
    "inducible_percent": "25",
}

#: The perfusion class of each segment of example 7.1 that is not normal.
EXPECTED_7_1_PERFUSION = {4: "fixed", 9: "inducible", 10: "inducible", 11: "inducible", 15: "inducible"}

#: Viability of each dysfunctional segment of example 7.1.
EXPECTED_7_1_VIABILITY = {4: "unlikely_to_recover", 5: "viable", 10: "viable", 15: "viable"}

#: The grade words of example 7.1 by `kawel_boehm_2015` for a man of 64 years, papillary muscles in the mass.
EXPECTED_7_1_GRADES = {
    "lv_ef": "mildly impaired",
    "lv_edvi": "normal",
    "lv_esvi": "severely increased",
    "lv_massi": "normal",
    "rv_ef": "normal",
    "rv_edvi": "normal",
    "rv_esvi": "normal",
    "la_voli": "normal",
}

_STRESS_ONLY = ("stress_", "perf_", "life_support")

#: Example 7.1 as a viability report: the same heart, without the stress test.
EXAMPLE_7_1_VIABILITY: dict[str, Any] = {
    key: value for key, value in EXAMPLE_7_1.items() if not key.startswith(_STRESS_ONLY)
} | {
    "indication": "mi_viability",
    "sequences": ["cine", "lge"],
    "culprit_territory": "rca",
    "answer": "The basal inferior wall is unlikely to recover; the other dysfunctional segments are viable.",
}

#: What a form also asks of example 7.1 before it can be signed. Invented, like the patient.
_ALSO_ASKED: dict[str, Any] = {
    "indication": "cad_stress",
    "scanner": "Example 1.5 T scanner",
    "analysis_method": "semi_automatic",
    "personnel": "Radiographer A. Example, supervised by Dr B. Example",
    "creatinine": "88",
    "renal_date": "2026-11-12",
    "lv_max_wt": "10",
    "lv_max_wt_segment": "2",
    "extracardiac_opinion": "not_needed",
}


def answers_7_1(**changes: Any) -> dict[str, Any]:
    """Example 7.1 as a stored answer set of the stress perfusion form, ready to be signed.

    `changes` replaces answers by field id; None takes one away.
    """
    asked = {**EXAMPLE_7_1, **_ALSO_ASKED, "life_support": "als", "life_support_person": "Dr B. Example", **changes}
    return {key: value for key, value in asked.items() if value is not None}


def answers_7_1_viability(**changes: Any) -> dict[str, Any]:
    """The same heart as a stored answer set of the viability form, ready to be signed."""
    asked = {**EXAMPLE_7_1_VIABILITY, **_ALSO_ASKED, "indication": "mi_viability", **changes}
    return {key: value for key, value in asked.items() if value is not None}


def as_sent(answers: dict[str, Any]) -> dict[str, list[str]]:
    """Stored answers as a browser sends them: one name a control, `lge_segments.4` for a segment, texts only."""
    sent: dict[str, list[str]] = {}
    for key, value in answers.items():
        if isinstance(value, dict):
            sent.update({f"{key}.{number}": [word] for number, word in value.items()})
        else:
            sent[key] = list(value) if isinstance(value, list) else [value]
    return sent


def answers_7_1_raw(**changes: Any) -> dict[str, list[str]]:
    """Example 7.1 as a browser sends the stress perfusion form."""
    return as_sent(answers_7_1(**changes))
