"""Reference sets: whether a value lies below, within or above published limits, and which word that earns.

A set is only valid with its contouring convention, sex and ages; where any of these does not fit, a value is not
graded and the reason is said. Bands are half-open real intervals, so that 241.4 mL falls into one band and never
between two, and a value is graded before it is rounded for print.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal, cast

from reporter.cmr.units import with_unit

Sex = Literal["male", "female"]
Side = Literal["below", "within", "above"]
Severity = Literal["none", "mild", "moderate", "severe", "ungraded"]

BELOW = "below the reference range"
ABOVE = "above the reference range"
#: How the fields are called in a sentence that refuses to grade.
MEASURES: Mapping[str, str] = {
    "lv_edv": "LV end-diastolic volume",
    "lv_esv": "LV end-systolic volume",
    "lv_sv": "LV stroke volume",
    "lv_ef": "LV ejection fraction",
    "lv_mass": "LV mass",
    "lv_edvi": "indexed LV end-diastolic volume",
    "lv_esvi": "indexed LV end-systolic volume",
    "lv_svi": "indexed LV stroke volume",
    "lv_massi": "indexed LV mass",
    "rv_edv": "RV end-diastolic volume",
    "rv_esv": "RV end-systolic volume",
    "rv_sv": "RV stroke volume",
    "rv_ef": "RV ejection fraction",
    "rv_mass": "RV mass",
    "rv_edvi": "indexed RV end-diastolic volume",
    "rv_esvi": "indexed RV end-systolic volume",
    "rv_svi": "indexed RV stroke volume",
    "rv_massi": "indexed RV mass",
    "la_voli": "indexed left atrial volume",
    "ra_voli": "indexed right atrial volume",
    "ra_areai": "indexed right atrial area",
}
_CONVENTION_WORDS = {"in_mass": "in the LV mass", "in_blood_pool": "in the blood pool"}
_SEX_WORDS = {"male": "men", "female": "women"}


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one measure for one sex. `severity` says which way the bands go: "rising" above `upper`,
    "falling" below `lower`, or "none". `mild_to` and `moderate_to` are where those bands end."""

    measure: str
    sex: Sex
    unit: str
    lower: Decimal
    upper: Decimal
    severity: Literal["rising", "falling", "none"]
    mild_to: Decimal | None
    moderate_to: Decimal | None
    provenance: str


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """A named set: who was measured, how, and between which ages (whole years, both ends included) it holds."""

    id: str
    title: str
    papillary_convention: str
    youngest: int
    oldest: int | None
    limits_are: str
    cohort: str
    source: str
    limits: Mapping[tuple[str, str], Limits]


@dataclass(frozen=True, slots=True)
class Graded:
    """A value placed in a set. `word` reads after "is": "mildly impaired", "normal", "below the reference range"."""

    measure: str
    word: str
    side: Side
    severity: Severity
    limits: str
    set_id: str
    reference_set: str
    source: str
    provenance: str


@dataclass(frozen=True, slots=True)
class NotGraded:
    """Why a value has no grade, as a clause that follows "Not graded:"."""

    measure: str
    reason: str


@cache
def reference_sets() -> Mapping[str, ReferenceSet]:
    """Every set that ships, by id."""
    return {
        row["id"]: ReferenceSet(
            id=row["id"],
            title=row["title"],
            papillary_convention=row["papillary_convention"],
            youngest=int(row["youngest"]),
            oldest=int(row["oldest"]) if row["oldest"] else None,
            limits_are=row["limits_are"],
            cohort=row["cohort"],
            source=row["source"],
            limits=_read_limits(row["id"]),
        )
        for row in _rows("reference_sets")
    }


def grade(
    measure: str,
    value: Decimal,
    *,
    sex: str | None,
    set_id: str,
    papillary: str | None,
    age_years: int | None,
    lower_limit: Decimal | None = None,
) -> Graded | NotGraded:
    """Place `value` (in the set's unit, unrounded) of `measure` (its field id) in the set.

    `papillary` is the report's convention, `lower_limit` a site's own lower limit of normal for lv_ef or rv_ef.
    Raises KeyError for an unknown set and ValueError for a lower limit of any other measure.
    """
    chosen = reference_sets()[set_id]
    if lower_limit is not None and measure not in ("lv_ef", "rv_ef"):
        raise ValueError(f"A site's lower limit of normal can be set for lv_ef and rv_ef, not for {measure}.")
    reason = _why_not(chosen, measure, sex, papillary, age_years)
    if reason is not None:
        return NotGraded(measure, reason)
    limits = chosen.limits[measure, cast(Sex, sex)]
    side, severity = _place(limits, value, lower_limit)
    return Graded(
        measure=measure,
        word=_word(limits, side, severity),
        side=side,
        severity=severity,
        limits=_limits_in_words(chosen, limits, lower_limit),
        set_id=chosen.id,
        reference_set=chosen.title,
        source=chosen.source,
        provenance=limits.provenance,
    )


def bse_2020_lvef(value: Decimal) -> str:
    """The word of the British Society of Echocardiography for an LVEF in %, where a site has chosen that vocabulary.

    Severely impaired ≤35, impaired 36–49, borderline low 50–54, normal ≥55, made continuous. Source: the categories
    of BSE 2020 as quoted in Echo Research and Practice, ERP-20-0029.
    """
    if value <= 35:
        return "severely impaired"
    if value < 50:
        return "impaired"
    return "borderline low" if value < 55 else "normal"


def _why_not(
    chosen: ReferenceSet, measure: str, sex: str | None, papillary: str | None, age_years: int | None
) -> str | None:
    name = MEASURES.get(measure, measure)
    if sex not in _SEX_WORDS:
        return "the sex to use for reference limits is not known."
    if age_years is None:
        return "the patient's age is not known."
    if age_years < 18:
        return "the patient is younger than 18 and these are adult limits."
    if age_years < chosen.youngest or (chosen.oldest is not None and age_years > chosen.oldest):
        return f"{chosen.title} holds for ages {chosen.youngest} to {chosen.oldest}."
    if not any(known == measure for known, _ in chosen.limits):
        return f"{chosen.title} has no limits for {name}."
    if (measure, sex) not in chosen.limits:
        return f"{chosen.title} has no limits for {name} in {_SEX_WORDS[sex]}."
    if measure.startswith(("lv_", "rv_")) and papillary != chosen.papillary_convention:
        return _why_not_this_convention(chosen, papillary)
    return None


def _why_not_this_convention(chosen: ReferenceSet, papillary: str | None) -> str:
    wanted = _CONVENTION_WORDS[chosen.papillary_convention]
    if papillary not in _CONVENTION_WORDS:
        return "the report does not say whether papillary muscles were counted in the LV mass."
    here = _CONVENTION_WORDS[papillary]
    return f"papillary muscles were counted {here}; {chosen.title} counts them {wanted}."


def _place(limits: Limits, value: Decimal, lower_limit: Decimal | None) -> tuple[Side, Severity]:
    lower = limits.lower if lower_limit is None else lower_limit
    if value < lower:
        return "below", _falling(limits, value)
    if value > limits.upper:
        return "above", _rising(limits, value)
    return "within", "none"


def _rising(limits: Limits, value: Decimal) -> Severity:
    """(upper, mild_to] is mild, (mild_to, moderate_to] moderate, beyond it severe."""
    if limits.severity != "rising" or limits.mild_to is None or limits.moderate_to is None:
        return "ungraded"
    if value <= limits.mild_to:
        return "mild"
    return "moderate" if value <= limits.moderate_to else "severe"


def _falling(limits: Limits, value: Decimal) -> Severity:
    """[mild_to, lower) is mild, [moderate_to, mild_to) moderate, below it severe."""
    if limits.severity != "falling" or limits.mild_to is None or limits.moderate_to is None:
        return "ungraded"
    if value >= limits.mild_to:
        return "mild"
    return "moderate" if value >= limits.moderate_to else "severe"


def _word(limits: Limits, side: Side, severity: Severity) -> str:
    if side == "within":
        # Outer limits without bands also hold a borderline zone, which nobody may call normal.
        return "normal" if limits.severity != "none" or limits.measure == "rv_ef" else "within the reference range"
    if severity == "ungraded":
        if limits.measure == "rv_ef" and side == "below":
            return "reduced"  # no severity of RVEF has been validated for CMR
        return BELOW if side == "below" else ABOVE
    return f"{_ADVERB[severity]} {'impaired' if side == 'below' else 'increased'}"


_ADVERB: Mapping[Severity, str] = {"mild": "mildly", "moderate": "moderately", "severe": "severely"}


def _limits_in_words(chosen: ReferenceSet, limits: Limits, lower_limit: Decimal | None) -> str:
    lower = limits.lower if lower_limit is None else lower_limit
    words = f"{with_unit(f'{lower}–{limits.upper}', limits.unit)}, {_SEX_WORDS[limits.sex]}"
    if lower_limit is not None:
        return f"{words} (lower limit set by the site, {limits.lower} in {chosen.title})"
    return words


def _read_limits(set_id: str) -> dict[tuple[str, str], Limits]:
    found: dict[tuple[str, str], Limits] = {}
    for row in _rows(set_id):
        limits = Limits(
            measure=row["measure"],
            sex=cast(Sex, row["sex"]),
            unit=row["unit"],
            lower=Decimal(row["lower"]),
            upper=Decimal(row["upper"]),
            severity=cast(Literal["rising", "falling", "none"], row["severity"]),
            mild_to=Decimal(row["mild_to"]) if row["mild_to"] else None,
            moderate_to=Decimal(row["moderate_to"]) if row["moderate_to"] else None,
            provenance=row["provenance"],
        )
        if (limits.measure, limits.sex) in found:
            raise ValueError(f"{set_id}.csv has two rows for {limits.measure}, {limits.sex}.")
        found[limits.measure, limits.sex] = limits
    return found


def _rows(name: str) -> list[dict[str, str]]:
    """The rows of a file that ships in this package."""
    text = (resources.files("reporter.cmr") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
