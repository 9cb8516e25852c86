"""Invented answers for the demo, in the shape that a browser posts: field name to its texts."""

from __future__ import annotations

import random
from datetime import date

Raw = dict[str, list[str]]


def segments(field: str, normal: str, number: int, **others: str) -> Raw:
    """A whole segment map: `normal` everywhere but in the segments named, as `s4="akinesis"`."""
    return {f"{field}.{n}": [others.get(f"s{n}", normal)] for n in range(1, number + 1)}


def example_7_1(scan_day: date) -> Raw:
    """Inferior infarct with inducible ischaemia: a 64-year-old man, 178 cm, 86 kg (the worked example)."""
    return {
        "height": ["178"], "weight": ["86"], "reference_sex": ["male"], "bsa_formula": ["mosteller"],
        "heart_rate": ["66"], "rhythm": ["sinus"], "bp_sys": ["138"], "bp_dia": ["80"], "bp_site": ["brachial"],
        "creatinine": ["92"], "egfr": ["78"], "renal_date": [scan_day.isoformat()],
        "contrast_agent": ["gadobutrol"], "contrast_dose": ["0.15"], "contrast_route": ["peripheral_vein"],
        "sequences": ["cine", "perfusion", "lge"], "field_strength": ["1.5"], "scanner": ["Northgate 1 (1.5 T)"],
        "image_quality": ["good"], "adverse_event": ["minor_symptoms"], "device_type": ["none"],
        "papillary_convention": ["in_mass"], "indication": ["cad_stress"], "analysis_method": ["semi_automatic"],
        "personnel": ["Grace Mwangi, lead CMR radiographer"],
        "lv_edv": ["212"], "lv_esv": ["118"], "lv_mass": ["132"], "lv_max_wt": ["11"],
        "lv_max_wt_segment": ["2"], "lv_aneurysm": ["none"],
        **segments(
            "lv_wall_motion", "normal", 17, s4="akinesis", s5="hypokinesis", s10="hypokinesis", s15="hypokinesis"
        ),
        "rv_edv": ["168"], "rv_esv": ["78"], "rv_wall_motion": ["none"], "la_vol": ["78"],
        "lge_done": ["yes"], "lge_overall": ["ischaemic"], "lge_pattern": ["subendocardial"],
        **segments("lge_segments", "0", 17, s3="1_25", s4="51_75", s5="26_50", s10="26_50", s15="26_50"),
        "lge_mass": ["11"], "lge_method": ["fwhm"], "mvo": ["no"], "lv_thrombus": ["none"],
        "infarct_age": ["chronic"],
        "stress_agent": ["adenosine"], "stress_dose": ["140"], "stress_duration": ["4"], "stress_hr": ["84"],
        "stress_bp_sys": ["124"], "stress_bp_dia": ["74"], "stress_symptoms": ["Mild flushing"],
        "splenic_switch_off": ["present"], "stress_adequate": ["yes"],
        "life_support": ["als"], "life_support_person": ["Dr Tomás Reyes"],
        **segments(
            "perf_stress", "normal", 16,
            s4="defect_ge50", s9="defect_lt50", s10="defect_ge50", s11="defect_lt50", s15="defect_ge50",
        ),
        **segments("perf_rest", "normal", 16, s4="defect_ge50"),
        "stress_overall": ["moderate"],
        "mr_grade": ["none"], "ar_grade": ["none"], "tr_grade": ["none"], "pr_grade": ["none"],
        "pericardial_effusion": ["none"], "pleural_effusion": ["none"], "extracardiac": ["none"],
        "extracardiac_opinion": ["not_needed"],
        "answer": ["Yes: inducible ischaemia in 4 of 16 segments, beyond an inferior infarct."],
        "urgent_finding": ["none"],
    }  # fmt: skip


def normal_stress(scan_day: date, chance: random.Random, sex: str) -> Raw:
    """A normal stress study, with volumes in the middle of the adult range."""
    edv = chance.randint(140, 170) if sex == "male" else chance.randint(115, 140)
    esv = round(edv * chance.uniform(0.32, 0.38))
    rv_edv = edv + chance.randint(2, 14)
    return {
        **example_7_1(scan_day),
        "height": [str(chance.randint(158, 186))], "weight": [str(chance.randint(58, 94))], "reference_sex": [sex],
        "adverse_event": ["none"], "stress_symptoms": [""],
        "lv_edv": [str(edv)], "lv_esv": [str(esv)], "lv_mass": [str(chance.randint(95, 125))],
        "lv_max_wt": [str(chance.randint(8, 11))],
        **segments("lv_wall_motion", "normal", 17),
        "rv_edv": [str(rv_edv)], "rv_esv": [str(rv_edv - (edv - esv) + chance.randint(-3, 3))],
        "la_vol": [str(chance.randint(55, 75))],
        "lge_overall": ["none"], "lge_pattern": [], "lge_mass": [""], "infarct_age": [],
        **segments("lge_segments", "0", 17),
        **segments("perf_stress", "normal", 16),
        **segments("perf_rest", "normal", 16),
        "stress_overall": ["normal"],
        "answer": ["No: no inducible ischaemia and no infarct."],
    }  # fmt: skip


def anterior_infarct(scan_day: date, chance: random.Random, sex: str) -> Raw:
    """An old anterior infarct with an impaired ventricle; no stress."""
    edv, esv = chance.randint(225, 260), chance.randint(150, 168)
    raw = {
        **example_7_1(scan_day),
        "indication": ["mi_viability"], "sequences": ["cine", "lge"], "culprit_territory": ["lad"],
        "height": [str(chance.randint(160, 184))], "weight": [str(chance.randint(66, 98))], "reference_sex": [sex],
        "adverse_event": ["none"],
        "lv_edv": [str(edv)], "lv_esv": [str(esv)], "lv_mass": [str(chance.randint(120, 150))],
        **segments(
            "lv_wall_motion", "normal", 17,
            s7="akinesis", s8="akinesis", s13="akinesis", s14="akinesis", s17="dyskinesis", s1="hypokinesis",
        ),
        "rv_edv": [str(chance.randint(150, 165))], "rv_esv": ["72"],
        "lge_overall": ["ischaemic"], "lge_pattern": ["subendocardial", "transmural"], "lge_mass": ["28"],
        **segments(
            "lge_segments", "0", 17, s7="51_75", s8="51_75", s13="76_100", s14="76_100", s17="76_100", s1="26_50"
        ),
        "answer": ["The mid and apical anterior wall is unlikely to recover; the basal anterior wall is viable."],
    }  # fmt: skip
    stress_only = ("stress_", "perf_", "splenic", "life_support")
    return {name: texts for name, texts in raw.items() if not name.startswith(stress_only)}
