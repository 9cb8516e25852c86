"""Every phrase by name: `PHRASES`. Sentences of the findings and lines of the impression, from facts alone.

Findings: patient_context, technique_and_safety, stress_test, left_ventricle, right_ventricle, atria,
late_enhancement, viability, stress_perfusion, valves_and_pericardium, extracardiac, comparison.
Impression: impression_urgent, _infarct, _ischaemia, _viability, _lv_function, _rv_function, _atria, _other and
_limitations, or all of them in their usual order as `impression`.
"""

from __future__ import annotations

from reporter.cmr import words_heart, words_impression, words_technique, words_tissue
from reporter.cmr.phrasing import PHRASES, Phrase

#: Where each phrase stands, for the page of phrases.
SUBJECTS = {
    "Technique": words_technique,
    "Heart": words_heart,
    "Tissue and perfusion": words_tissue,
    "Impression": words_impression,
}

__all__ = ["PHRASES", "SUBJECTS", "Phrase"]
