"""The response to stress, and how much of the heart it shows to be ischaemic."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from reporter.cmr import perfusion
from reporter.cmr.formula import NotComputable, formula

_RESPONSE = "Rule for an inadequate response, Oxford CMR group (cardioscience.ox.ac.uk/publications/105342)"
_SCMR_2022 = "SCMR 2022 reporting guideline (Hundley, JCMR 24:29)"


@formula(name="heart_rate_rise", unit="/min", says="heart rate at stress − at rest", source=_SCMR_2022, places=0)
def heart_rate_rise(*, rest: Decimal, stress: Decimal) -> Decimal:
    """Beats a minute; negative when the heart slowed."""
    return stress - rest


@formula(name="sbp_fall", unit="mm[Hg]", says="systolic pressure at rest − at stress", source=_SCMR_2022, places=0)
def sbp_fall(*, rest: Decimal, stress: Decimal) -> Decimal:
    """mmHg; negative when the pressure rose."""
    return rest - stress


@formula(
    name="stress_adequate",
    unit="",
    says="inadequate if the heart rate rises by less than 10/min or the systolic pressure falls by less than 10 mmHg",
    source=_RESPONSE,
    places=None,
)
def stress_adequate(*, heart_rate_rise: Decimal, sbp_fall: Decimal) -> str:
    """ "yes" or "no", for a vasodilator; a suggestion that the reader confirms."""
    return "no" if heart_rate_rise < 10 or sbp_fall < 10 else "yes"


@formula(
    name="perfusion_classes",
    unit="",
    says="stress, rest and late enhancement of each segment taken together",
    source=perfusion.SOURCE,
    places=None,
)
def perfusion_classes(
    *, stress: Mapping[int, str], rest: Mapping[int, str] | None = None, lge: Mapping[int, str] | None = None
) -> dict[int, str]:
    """See `reporter.cmr.perfusion.classify`."""
    return perfusion.classify(stress, rest or {}, lge or {})


@formula(
    name="inducible_segments",
    unit="",
    says="segments of 16 whose defect is inducible or partially reversible",
    source=f"{_SCMR_2022}: number of segments",
    places=0,
)
def inducible_segments(*, classes: Mapping[int, str]) -> int:
    """A count from 0 to 16, from the answer of `perfusion.classify`."""
    return len(_inducible(classes))


@formula(
    name="inducible_percent",
    unit="%",
    says="100 × inducible segments / 16",
    source=f"{_SCMR_2022}: extent; perfusion has 16 segments",
    places=0,
)
def inducible_percent(*, classes: Mapping[int, str]) -> Decimal:
    """0 to 100. The denominator is always 16: the apex (17) is not in the three short-axis slices."""
    return Decimal(100 * len(_inducible(classes))) / 16


def _inducible(classes: Mapping[int, str]) -> set[int]:
    if not any(word != "not_assessed" for word in classes.values()):
        raise NotComputable("No segment has a perfusion score.")
    return perfusion.inducible(classes)
