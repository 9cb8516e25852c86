"""Checks that read the impression and the answer against the fields: what a person typed may not deny what is scored.

They are basic guards and read English of the department, not meaning: a denial is looked for word for word, and one
that goes on with "elsewhere" or "in the" is left alone, since it speaks of a part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from reporter.cmr.checking import Contradiction, check
from reporter.cmr.facts import Facts, grade_of, number, segment_map, word
from reporter.cmr.formula import printed
from reporter.cmr.perfusion import inducible
from reporter.cmr.viability import ABNORMAL_MOTION

_TEXTS = {"impression": "The impression", "answer": "The answer to the clinical question"}
#: What may stand between "no" and the thing denied without changing that all of it is denied.
_FILLERS = (
    r"(?:(?:evidence|sign|signs) of |significant |definite |focal |regional |resting |LV |left ventricular |myocardial "
    r"|inducible )*"
)
#: A denial that goes on like this speaks of a part, or of what comes on top.
_OF_A_PART = (
    r"(?!-|\s+(?:elsewhere|in (?:the|other|any other|remaining)|of the|beyond|outside|within|at rest|other than|apart))"
)


@dataclass(frozen=True, slots=True)
class _Denial:
    """Words that deny something, the fields that may affirm it, and how the contradiction ends."""

    name: str
    what: str
    fields: tuple[str, ...]
    affirmed: Callable[[Facts], bool]
    but: str


def _has_lge(facts: Facts) -> bool:
    scored = any(extent != "0" for extent in segment_map(facts, "lge_segments").values())
    return scored or word(facts, "lge_overall") in ("ischaemic", "non_ischaemic", "mixed")


def _moves_abnormally(facts: Facts) -> bool:
    return bool(ABNORMAL_MOTION & set(segment_map(facts, "lv_wall_motion").values()))


def _is_ischaemic(facts: Facts) -> bool:
    return bool(inducible(segment_map(facts, "perf_class"))) or (number(facts, "inducible_segments") or 0) > 0


def _is(field: str, *answers: str) -> Callable[[Facts], bool]:
    return lambda facts: word(facts, field) in answers


_DENIALS: tuple[_Denial, ...] = (
    _Denial(
        "no late enhancement",
        r"(?:late gadolinium enhancement|late enhancement|LGE|scar|scarring)\b",
        ("lge_overall", "lge_segments"),
        _has_lge,
        "late gadolinium enhancement is recorded",
    ),
    _Denial(
        "no infarct",
        r"infarct(?:ion)?\b",
        ("lge_overall",),
        _is("lge_overall", "ischaemic", "mixed"),
        "ischaemic late gadolinium enhancement is recorded",
    ),
    _Denial(
        "no wall motion abnormality",
        r"wall[ -]motion abnormalit(?:y|ies)|RWMAs?\b",
        ("lv_wall_motion",),
        _moves_abnormally,
        "at least one segment is scored as moving abnormally",
    ),
    _Denial(
        "no ischaemia",
        r"(?:isch(?:a)?emia|perfusion defects?|perfusion abnormalit(?:y|ies))\b",
        ("perf_stress", "perf_class"),
        _is_ischaemic,
        "at least one segment has an inducible perfusion defect",
    ),
    _Denial(
        "no thrombus",
        r"(?:thrombus|thrombi)\b",
        ("lv_thrombus",),
        _is("lv_thrombus", "possible", "definite"),
        "LV thrombus is recorded as possible or definite",
    ),
    _Denial(
        "no pericardial effusion",
        r"pericardial effusion\b",
        ("pericardial_effusion",),
        _is("pericardial_effusion", "small", "moderate", "large"),
        "a pericardial effusion is recorded",
    ),
    _Denial(
        "no microvascular obstruction",
        r"(?:microvascular obstruction|MVO)\b",
        ("mvo",),
        _is("mvo", "yes"),
        "microvascular obstruction is recorded as present",
    ),
    _Denial(
        "no aneurysm",
        r"aneurysms?\b",
        ("lv_aneurysm",),
        _is("lv_aneurysm", "true", "pseudoaneurysm"),
        "an LV aneurysm is recorded",
    ),
)


@check("impression", "answer", *dict.fromkeys(field for denial in _DENIALS for field in denial.fields))
def text_denies_nothing_recorded(facts: Facts) -> Iterator[Contradiction]:
    """The impression and the answer do not say "no …" of something that a field records."""
    for field, name, text in _texts(facts):
        for denial in _DENIALS:
            if denial.affirmed(facts) and _denied(denial.what, text):
                yield Contradiction((field, *denial.fields), f"{name} says {denial.name}, but {denial.but}.")


def _denied(what: str, text: str) -> bool:
    return re.search(rf"\b(?:no|without|absence of) {_FILLERS}(?:{what}){_OF_A_PART}", text, re.IGNORECASE) is not None


_CALLED = {
    "lv_ef": (r"(?:LV ?EF|(?:LV|left ventricular) ejection fraction)", "LVEF"),
    "rv_ef": (r"(?:RV ?EF|(?:RV|right ventricular) ejection fraction)", "RVEF"),
}
_PREVIOUS = re.compile(r"(?:previous(?:ly)?|prior|earlier|baseline|last|old)\W+(?:\w+\W+){0,2}$", re.IGNORECASE)


@check("impression", "answer", "lv_ef", "rv_ef")
def text_gives_the_computed_ejection_fraction(facts: Facts) -> Iterator[Contradiction]:
    """An LVEF or RVEF in the text lies within one point of the computed one."""
    for field, name, text in _texts(facts):
        for measure, (pattern, short) in _CALLED.items():
            computed = number(facts, measure)
            if computed is None:
                continue
            for low, high in _stated(pattern, text):
                if low - 1 <= computed <= high + 1:
                    continue
                said = f"{low:f}" if low == high else f"{low:f} to {high:f}"
                given = f"writes {short} as the fraction {said}" if high <= 1 else f"gives {short} {said} %"
                yield Contradiction((field, measure), f"{name} {given}, but the volumes give {printed(computed, 1)} %.")


def _stated(pattern: str, text: str) -> Iterator[tuple[Decimal, Decimal]]:
    """Each value or range stated right after the name, unless the words before it speak of an earlier study.

    A sentence that ends with the number means per cent too, or a fraction by mistake.
    """
    value = r"([0-9]{1,3}(?:\.[0-9]+)?)"
    end = r"(?:\s*%|\s*per ?cent\b|(?=\s*(?:[;)\n]|[.,](?![0-9])|$)))"
    link = r"\s*(?:\(|:|=|~|,|of|is|at|about|approximately|estimated at)?\s*"
    for found in re.finditer(rf"{pattern}{link}{value}(?:\s*(?:-|–|to)\s*{value})?{end}", text, re.IGNORECASE):
        if not _PREVIOUS.search(text[max(0, found.start() - 60) : found.start()]):
            yield Decimal(found[1]), Decimal(found[2] or found[1])


_COUNT = re.compile(
    r"(?:inducible|isch(?:a)?emia|reversible)[^.;:\n]{0,60}?\b"
    r"([0-9]{1,2}) (?:of|/|out of) (?:the )?(1[67]) segments",
    re.IGNORECASE,
)


@check("impression", "answer", "inducible_segments")
def text_counts_the_inducible_segments(facts: Facts) -> Iterator[Contradiction]:
    """ "Inducible … in 4 of 16 segments" gives the computed count."""
    computed = number(facts, "inducible_segments")
    if computed is None:
        return
    for field, name, text in _texts(facts):
        found = _COUNT.search(text)
        if found and (Decimal(found[1]) != computed or found[2] != "16"):
            yield Contradiction(
                (field, "inducible_segments"),
                f"{name} gives {found[1]} of {found[2]} segments, but the perfusion scores give "
                f"{printed(computed, 0)} of 16.",
            )


@check("impression", "answer", "lv_ef", "rv_ef")
def text_calls_function_as_graded(facts: Facts) -> Iterator[Contradiction]:
    """Function is not called normal in the text where the reference set grades it below its limits."""
    for field, name, text in _texts(facts):
        for measure, side in (("lv_ef", "LV|left ventricular"), ("rv_ef", "RV|right ventricular")):
            graded = grade_of(facts, measure)
            function = rf"(?:{side}) (?:systolic )?(?:function|ejection fraction)"
            called = re.search(rf"\bnormal {function}|\b{function} (?:is |was )?normal\b", text, re.IGNORECASE)
            if graded is not None and graded.side == "below" and called:
                yield Contradiction(
                    (field, measure),
                    f"{name} says “{called[0]}”, but {graded.reference_set} grades it {graded.word}. Is that meant?",
                    "ask",
                )


_STRUCTURES: tuple[tuple[str, str, str], ...] = (
    ("mr_grade", r"mitral regurgitation", "mitral regurgitation"),
    ("ar_grade", r"aortic regurgitation", "aortic regurgitation"),
    ("tr_grade", r"tricuspid regurgitation", "tricuspid regurgitation"),
    ("pr_grade", r"pulmonary regurgitation", "pulmonary regurgitation"),
    ("pericardial_effusion", r"pericardial effusion", "pericardial effusion"),
    ("pleural_effusion", r"pleural effusions?", "pleural effusion"),
    ("lv_thrombus", r"(?:LV |left ventricular )?thrombus", "LV thrombus"),
    ("mvo", r"microvascular obstruction|MVO", "microvascular obstruction"),
    ("haemorrhage", r"intramyocardial haemorrhage", "intramyocardial haemorrhage"),
    ("extracardiac", r"extra-?cardiac", "extracardiac findings"),
)
_SAYS_NOT_ASSESSED = re.compile(
    r"not (?:been )?(?:assess|evaluat|imaged|seen well)|could not be|cannot be", re.IGNORECASE
)


@check("impression", "answer", *(field for field, _, _ in _STRUCTURES))
def text_leaves_out_what_was_not_assessed(facts: Facts) -> Iterator[Contradiction]:
    """The text makes no statement about what the form marks as not assessed."""
    for field, name, text in _texts(facts):
        for structure, pattern, words in _STRUCTURES:
            if word(facts, structure) != "not_assessed":
                continue
            if any(
                re.search(rf"\b(?:{pattern})\b", sentence, re.IGNORECASE) and not _SAYS_NOT_ASSESSED.search(sentence)
                for sentence in re.split(r"[.;\n]", text)
            ):
                yield Contradiction(
                    (field, structure),
                    f"{name} mentions {words}, which is marked as not assessed. Is that meant?",
                    "ask",
                )


def _texts(facts: Facts) -> Iterator[tuple[str, str, str]]:
    """Field, its name in a sentence, and its text; a line break stays, since it ends a statement."""
    for field, name in _TEXTS.items():
        text = word(facts, field)
        if text is not None:
            yield field, name, re.sub(r"[ \t\u00a0]+", " ", text)
