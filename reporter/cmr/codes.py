"""Codes for what a report says: LOINC, SNOMED CT and DICOM where one is confirmed, our own everywhere else.

A code that could not be confirmed in a published source is not here: a wrong code does more harm than a local one,
which the receiving side can map. `data/codes.csv` names the source of each row.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from reporter.cmr.reference_ranges import MEASURES
from reporter.cmr.segments import BY_NUMBER

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
#: Our own concepts, for what has no confirmed code. A site replaces the host with one that it owns.
LOCAL = "https://cmr-reporter.example/CodeSystem/cmr"

_SYSTEMS = {"loinc": LOINC, "snomed": SNOMED, "dicom": DICOM}
#: Names of local codes whose field id alone would not read well.
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        **{field: name[0].upper() + name[1:] for field, name in MEASURES.items()},
        "lv_co": "Cardiac output",
        "lv_ci": "Cardiac index",
        "lv_mass_volume": "LV mass to volume ratio",
        "lv_max_wt": "Maximal LV wall thickness",
        "lv_max_wt_segment": "Segment of maximal LV wall thickness",
        "lv_wall_motion": "LV wall motion",
        "rv_wall_motion": "RV wall motion",
        "wmsi": "Wall motion score index",
        "bp_sys": "Systolic blood pressure",
        "bp_dia": "Diastolic blood pressure",
        "bsa": "Body surface area",
        "egfr": "Estimated glomerular filtration rate",
        "lge_done": "Late gadolinium enhancement performed",
        "lge_overall": "Late gadolinium enhancement",
        "lge_segments": "Late gadolinium enhancement by segment",
        "lge_pattern": "Pattern of late gadolinium enhancement",
        "lge_mass": "Mass with late gadolinium enhancement",
        "lge_method": "Method of late gadolinium enhancement quantification",
        "lge_percent": "Late gadolinium enhancement, share of LV mass",
        "mvo": "Microvascular obstruction",
        "haemorrhage": "Intramyocardial haemorrhage",
        "lv_thrombus": "LV thrombus",
        "lv_aneurysm": "LV aneurysm",
        "hr_rise": "Heart rate rise with stress",
        "sbp_fall": "Systolic blood pressure fall with stress",
        "stress_hr": "Heart rate at stress",
        "stress_bp_sys": "Systolic blood pressure at stress",
        "stress_bp_dia": "Diastolic blood pressure at stress",
        "stress_overall": "Stress perfusion, overall",
        "perf_stress": "Perfusion at stress by segment",
        "perf_rest": "Perfusion at rest by segment",
        "perf_class": "Perfusion class by segment",
        "inducible_segments": "Segments with inducible perfusion defect",
        "inducible_percent": "Share of 16 segments with inducible perfusion defect",
        "la_vol": "Left atrial volume",
        "ra_vol": "Right atrial volume",
        "mr_grade": "Mitral regurgitation",
        "ar_grade": "Aortic regurgitation",
        "tr_grade": "Tricuspid regurgitation",
        "pr_grade": "Pulmonary regurgitation",
        "effusion_mm": "Maximal pericardial effusion",
    }
)
_LGE_EXTENT = {"0": "0 %", "1_25": "1–25 %", "26_50": "26–50 %", "51_75": "51–75 %", "76_100": "76–100 %"}


@dataclass(frozen=True, slots=True)
class Code:
    """A code: its system's URI, the code, and the display that the system or the source gives it."""

    system: str
    code: str
    display: str


def for_measure(field_id: str) -> Code:
    """The best code of a number on the report: LOINC, else SNOMED CT, else DICOM, else a local one."""
    return all_for_measure(field_id)[0]


def all_for_measure(field_id: str) -> tuple[Code, ...]:
    """Every code of a number, the best first; the local one alone where none is confirmed."""
    return _table().get(("measure", field_id, ""), (_local(field_id),))


def for_finding(field_id: str) -> Code:
    """The code of a question whose answer is a choice, such as mr_grade."""
    return _first("finding", field_id) or _first("measure", field_id) or _local(field_id)


def for_answer(field_id: str, answer: str) -> Code:
    """The code of one choice of a field, such as mr_grade, severe."""
    found = _first("answer", field_id, answer)
    if found is not None:
        return found
    words = _LGE_EXTENT.get(answer) or answer.replace("_", " ")
    return Code(LOCAL, f"{field_id}.{answer}", f"{_name(field_id)}: {words}")


def for_segment(number: int) -> Code:
    """The SNOMED CT code of an LV segment. Raises KeyError for a number that is not a segment."""
    segment = BY_NUMBER[number]
    return Code(
        SNOMED, segment.snomed, "Apex of left ventricle" if number == 17 else f"left ventricle {segment.name} segment"
    )


def for_document(what: str) -> Code:
    """The code of a kind of document or procedure, such as diagnostic_imaging_report. Raises KeyError if unknown."""
    return _table()["document", what, ""][0]


def for_section(what: str) -> Code:
    """The code of a section of the report, such as impression. Raises KeyError if unknown."""
    return _table()["section", what, ""][0]


def for_territory(artery: str) -> Code:
    """The SNOMED CT code of LAD, LCx or RCA. Raises KeyError for anything else."""
    return _table()["territory", artery, ""][0]


def confirmed() -> tuple[Code, ...]:
    """Every code of an outside system that may leave this house: the table and the segments."""
    table = [code for codes in _table().values() for code in codes]
    return (*table, *(for_segment(number) for number in BY_NUMBER))


def passes_loinc_check(code: str) -> bool:
    """Whether the digit after the hyphen is the code's mod-10 check digit (LOINC Users' Guide, appendix)."""
    number, hyphen, check = code.rpartition("-")
    if not hyphen or not _is_ascii_digits(number) or not _is_ascii_digits(check) or len(check) != 1:
        return False
    # From the right, the digits in odd places are read as one number and doubled; all digits are then added.
    doubled = str(2 * int("".join(reversed(number[::-1][::2]))))
    total = sum(map(int, doubled)) + sum(map(int, number[::-1][1::2]))
    return (10 - total % 10) % 10 == int(check)


def passes_verhoeff(identifier: str) -> bool:
    """Whether a SNOMED CT identifier ends in its Verhoeff check digit (SNOMED CT Technical Implementation Guide)."""
    if not _is_ascii_digits(identifier) or not 6 <= len(identifier) <= 18:
        return False
    check = 0
    for place, digit in enumerate(reversed(identifier)):
        check = _dihedral(check, _permuted(int(digit), place))
    return check == 0


_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _permuted(digit: int, times: int) -> int:
    for _ in range(times % 8):
        digit = _PERMUTATION[digit]
    return digit


def _dihedral(a: int, b: int) -> int:
    """Multiplication in the dihedral group of order ten: rotations 0 to 4, reflections 5 to 9."""
    turned = (a + b) % 5 if a < 5 else (a - b) % 5
    return turned if (a < 5) == (b < 5) else turned + 5


def _is_ascii_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _first(kind: str, field_id: str, answer: str = "") -> Code | None:
    found = _table().get((kind, field_id, answer))
    return found[0] if found else None


def _local(field_id: str) -> Code:
    return Code(LOCAL, field_id, _name(field_id))


def _name(field_id: str) -> str:
    words = _NAMES.get(field_id) or field_id.replace("_", " ")
    return words[0].upper() + words[1:]


def rows() -> list[dict[str, str]]:
    """The table of confirmed codes as it ships: kind, id, answer, system, code, display, source."""
    text = (resources.files("reporter.cmr") / "data" / "codes.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _table() -> Mapping[tuple[str, str, str], tuple[Code, ...]]:
    """The rows by what they code, in the order of the file: for one measure the best code stands first."""
    found: dict[tuple[str, str, str], tuple[Code, ...]] = {}
    for row in rows():
        key = (row["kind"], row["id"], row["answer"])
        found[key] = (*found.get(key, ()), Code(_SYSTEMS[row["system"]], row["code"], row["display"]))
    return MappingProxyType(found)
