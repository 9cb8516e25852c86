"""Flow through valves and vessels: regurgitation, shunt and gradient. Volumes are mL a beat."""

from __future__ import annotations

from decimal import Decimal

from reporter.cmr.formula import USUAL_PRACTICE, formula, positive

_CHAN_2008 = "Chan 2008, quantification of mitral regurgitation by CMR (PMC2621154)"
_MERCER_ROSA_2012 = "Direct method as used by Mercer-Rosa 2012 (PMC3476467)"


@formula(
    name="mr_regurgitant_volume", unit="mL", says="LV stroke volume − aortic forward flow", source=_CHAN_2008, places=0
)
def mr_regurgitant_volume(*, lv_stroke_volume: Decimal, aortic_forward: Decimal) -> Decimal:
    """Mitral regurgitant volume. Forward, not net, aortic flow, so that aortic regurgitation is not counted twice.

    May come out negative when the measurements disagree; that is shown, not hidden.
    """
    return lv_stroke_volume - aortic_forward


@formula(
    name="mr_regurgitant_fraction",
    unit="%",
    says="100 × (LV stroke volume − aortic forward flow) / LV stroke volume",
    source=_CHAN_2008,
    places=1,
)
def mr_regurgitant_fraction(*, lv_stroke_volume: Decimal, aortic_forward: Decimal) -> Decimal:
    """Mitral regurgitant fraction as 0 to 100."""
    return 100 * (lv_stroke_volume - aortic_forward) / positive(lv_stroke_volume, "The LV stroke volume")


@formula(
    name="ar_regurgitant_fraction",
    unit="%",
    says="100 × backward / forward flow through the aortic valve",
    source=USUAL_PRACTICE,
    places=1,
)
def ar_regurgitant_fraction(*, aortic_backward: Decimal, aortic_forward: Decimal) -> Decimal:
    """Aortic regurgitant fraction as 0 to 100; the backward volume itself is the regurgitant volume."""
    return 100 * aortic_backward / positive(aortic_forward, "The aortic forward flow")


@formula(
    name="pr_regurgitant_fraction",
    unit="%",
    says="100 × backward / forward flow in the main pulmonary artery",
    source=_MERCER_ROSA_2012,
    places=1,
)
def pr_regurgitant_fraction(*, mpa_backward: Decimal, mpa_forward: Decimal) -> Decimal:
    """Pulmonary regurgitant fraction as 0 to 100; the backward volume itself is the regurgitant volume."""
    return 100 * mpa_backward / positive(mpa_forward, "The pulmonary forward flow")


@formula(
    name="tr_regurgitant_volume",
    unit="mL",
    says="RV stroke volume − forward flow in the main pulmonary artery",
    source=USUAL_PRACTICE,
    places=0,
)
def tr_regurgitant_volume(*, rv_stroke_volume: Decimal, mpa_forward: Decimal) -> Decimal:
    """Tricuspid regurgitant volume, indirect. May come out negative when the measurements disagree."""
    return rv_stroke_volume - mpa_forward


@formula(
    name="tr_regurgitant_fraction",
    unit="%",
    says="100 × (RV stroke volume − forward flow in the main pulmonary artery) / RV stroke volume",
    source=USUAL_PRACTICE,
    places=1,
)
def tr_regurgitant_fraction(*, rv_stroke_volume: Decimal, mpa_forward: Decimal) -> Decimal:
    """Tricuspid regurgitant fraction as 0 to 100."""
    return 100 * (rv_stroke_volume - mpa_forward) / positive(rv_stroke_volume, "The RV stroke volume")


@formula(name="net_flow", unit="mL", says="forward − backward flow", source=USUAL_PRACTICE, places=0)
def net_flow(*, forward: Decimal, backward: Decimal) -> Decimal:
    """Net flow through a vessel in one beat."""
    return forward - backward


@formula(
    name="qp_qs",
    unit="{ratio}",
    says="net pulmonary flow / net aortic flow",
    source=f"{USUAL_PRACTICE} Concept: LOINC 29462-9",
    places=2,
)
def qp_qs(*, pulmonary_net: Decimal, aortic_net: Decimal) -> Decimal:
    """Pulmonary to systemic flow, from net flow in the main (or the sum of both branch) pulmonary arteries."""
    return pulmonary_net / positive(aortic_net, "The net aortic flow")


@formula(name="pressure_gradient", unit="mm[Hg]", says="4 × (velocity in m/s)²", source=USUAL_PRACTICE, places=0)
def pressure_gradient(*, velocity: Decimal) -> Decimal:
    """mmHg from m/s (a velocity in cm/s would come out ten thousand times too high). CMR may underestimate it."""
    return 4 * velocity * velocity
