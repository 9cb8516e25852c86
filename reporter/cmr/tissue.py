"""Scar, relaxation times, extracellular volume and perfusion indices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from reporter.cmr import viability
from reporter.cmr.formula import USUAL_PRACTICE, NotComputable, formula, positive

_ECV_SOURCE = (
    "Extracellular volume equation, transcribed second-hand; check before clinical use. "
    "Haematocrit within 24 h: PMC11195702"
)


@formula(
    name="lge_percent",
    unit="%",
    says="100 × mass with late enhancement / LV mass",
    source=f"Infarct mass: SCMR 2022 reporting guideline (Hundley, JCMR 24:29). Ratio: {USUAL_PRACTICE}",
    places=1,
)
def lge_percent(*, lge_mass: Decimal, lv_mass: Decimal) -> Decimal:
    """Share of LV mass with late gadolinium enhancement as 0 to 100, from two masses in g."""
    if lge_mass < 0 or lge_mass > positive(lv_mass, "The LV mass"):
        raise NotComputable("The mass with late enhancement must lie between 0 and the LV mass.")
    return 100 * lge_mass / lv_mass


@formula(
    name="r2_star",
    unit="/s",
    says="1000 / T2* in ms",
    source="Identity of R2* and T2*, as tabulated in PMC8528353",
    places=1,
)
def r2_star(*, t2_star: Decimal) -> Decimal:
    """R2* per second from T2* in ms."""
    return 1000 / positive(t2_star, "T2*")


def _partition(myocardium_pre: Decimal, myocardium_post: Decimal, blood_pre: Decimal, blood_post: Decimal) -> Decimal:
    for time in (myocardium_pre, myocardium_post, blood_pre, blood_post):
        positive(time, "Every T1")
    if blood_post >= blood_pre:
        raise NotComputable("T1 of blood must be shorter after contrast than before it.")
    return (1 / myocardium_post - 1 / myocardium_pre) / (1 / blood_post - 1 / blood_pre)


@formula(
    name="partition_coefficient",
    unit="1",
    says="(1/T1 myocardium post − 1/T1 myocardium pre) / (1/T1 blood post − 1/T1 blood pre)",
    source=_ECV_SOURCE,
    places=3,
)
def partition_coefficient(
    *, t1_native: Decimal, t1_post: Decimal, blood_t1_pre: Decimal, blood_t1_post: Decimal
) -> Decimal:
    """λ, a ratio, from four T1 times in ms."""
    return _partition(t1_native, t1_post, blood_t1_pre, blood_t1_post)


@formula(
    name="extracellular_volume",
    unit="%",
    says="100 × (1 − haematocrit) × λ, with λ from T1 before and after contrast",
    source=_ECV_SOURCE,
    places=1,
)
def extracellular_volume(
    *, haematocrit: Decimal, t1_native: Decimal, t1_post: Decimal, blood_t1_pre: Decimal, blood_t1_post: Decimal
) -> Decimal:
    """ECV as 0 to 100 from the haematocrit as a fraction (0.40, never 40) and four T1 times in ms."""
    if not 0 < haematocrit < 1:
        raise NotComputable("Write the haematocrit as a fraction between 0 and 1, for example 0.42 and not 42.")
    return 100 * (1 - haematocrit) * _partition(t1_native, t1_post, blood_t1_pre, blood_t1_post)


@formula(
    name="z_score",
    unit="1",
    says="(value − mean) / SD of the site's own reference",
    source="Local reference ranges for mapping: Messroghli 2017 (JCMR 19:75)",
    places=1,
)
def z_score(*, value: Decimal, mean: Decimal, sd: Decimal) -> Decimal:
    """How many standard deviations of the site's reference a value lies from its mean."""
    return (value - mean) / positive(sd, "The standard deviation")


@formula(
    name="perfusion_reserve",
    unit="1",
    says="stress flow / rest flow",
    source=USUAL_PRACTICE,
    places=2,
)
def perfusion_reserve(*, stress_flow: Decimal, rest_flow: Decimal) -> Decimal:
    """Myocardial perfusion reserve (MPR), from two flows in mL/min/g."""
    return stress_flow / positive(rest_flow, "The flow at rest")


@formula(
    name="perfusion_reserve_index",
    unit="1",
    says="(myocardial / blood upslope at stress) / (myocardial / blood upslope at rest)",
    source=USUAL_PRACTICE,
    places=2,
)
def perfusion_reserve_index(
    *, stress_upslope: Decimal, stress_blood_upslope: Decimal, rest_upslope: Decimal, rest_blood_upslope: Decimal
) -> Decimal:
    """MPRI, a ratio of upslopes each corrected for its own blood pool."""
    stress = stress_upslope / positive(stress_blood_upslope, "The blood upslope at stress")
    rest = positive(rest_upslope, "The upslope at rest") / positive(rest_blood_upslope, "The blood upslope at rest")
    return stress / rest


@formula(
    name="viability_by_segment",
    unit="",
    says="dysfunctional segments only: chronic infarct viable up to 50% transmural, acute up to 75%",
    source=viability.SOURCE,
    places=None,
)
def viability_by_segment(
    *, lge: Mapping[int, str], wall_motion: Mapping[int, str], infarct_age: str | None = None
) -> dict[int, str]:
    """See `reporter.cmr.viability.by_segment`."""
    return viability.by_segment(lge, wall_motion, infarct_age)
