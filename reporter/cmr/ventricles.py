"""Body size, chamber volumes, function and mass."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from reporter.cmr.formula import USUAL_PRACTICE, NotComputable, formula, positive, printed

_CHAN_2008 = "Chan 2008, quantification of mitral regurgitation by CMR (PMC2621154)"
_SCMR_2022 = "SCMR 2022 reporting guideline (Hundley, JCMR 24:29)"

#: Myocardial density. Quoted second-hand from the SCMR post-processing recommendations.
MYOCARDIAL_DENSITY_G_PER_ML = Decimal("1.05")

#: Wall-motion words to score: 1 normal, 2 hypokinetic, 3 akinetic, 4 dyskinetic. The word is stored, never the number.
WALL_MOTION_SCORE: Mapping[str, int] = {
    "normal": 1,
    "mild_hypokinesis": 2,
    "hypokinesis": 2,
    "severe_hypokinesis": 2,
    "akinesis": 3,
    "dyskinesis": 4,
}


def _stroke_volume(edv: Decimal, esv: Decimal) -> Decimal:
    positive(edv, "The end-diastolic volume")
    if esv < 0:
        raise NotComputable("The end-systolic volume must not be negative.")
    if esv >= edv:
        raise NotComputable("The end-systolic volume must be smaller than the end-diastolic volume.")
    return edv - esv


@formula(name="stroke_volume", unit="mL", says="EDV − ESV", source=_CHAN_2008, places=0)
def stroke_volume(*, edv: Decimal, esv: Decimal) -> Decimal:
    """Total stroke volume in mL, from volumes in mL: it includes regurgitant and shunted blood."""
    return _stroke_volume(edv, esv)


@formula(
    name="ejection_fraction",
    unit="%",
    says="100 × (EDV − ESV) / EDV",
    source=f"{_SCMR_2022}; openEHR archetype ejection_fraction",
    places=1,
)
def ejection_fraction(*, edv: Decimal, esv: Decimal) -> Decimal:
    """Ejection fraction as 0 to 100, from volumes in mL."""
    return 100 * _stroke_volume(edv, esv) / edv


@formula(name="cardiac_output", unit="L/min", says="SV × heart rate / 1000", source=USUAL_PRACTICE, places=2)
def cardiac_output(*, stroke_volume: Decimal, heart_rate: Decimal) -> Decimal:
    """L/min from mL and beats a minute. The heart rate is that of the cine, not that at stress."""
    return stroke_volume * positive(heart_rate, "The heart rate") / 1000


@formula(name="cardiac_index", unit="L/min/m2", says="cardiac output / BSA", source=USUAL_PRACTICE, places=2)
def cardiac_index(*, cardiac_output: Decimal, bsa: Decimal) -> Decimal:
    """L/min/m2 from L/min and m2."""
    return cardiac_output / positive(bsa, "The body surface area")


@formula(name="indexed", unit="/m2", says="value / BSA", source=_SCMR_2022, places=1)
def indexed(*, value: Decimal, bsa: Decimal) -> Decimal:
    """Any volume, mass, area or length per m2 of body surface, in the value's unit per m2."""
    return value / positive(bsa, "The body surface area")


@formula(name="indexed_volume", unit="mL/m2", says="volume / BSA", source=_SCMR_2022, places=1)
def indexed_volume(*, volume: Decimal, bsa: Decimal) -> Decimal:
    """mL/m2 from mL and m2."""
    return volume / positive(bsa, "The body surface area")


@formula(name="indexed_mass", unit="g/m2", says="mass / BSA", source=_SCMR_2022, places=1)
def indexed_mass(*, mass: Decimal, bsa: Decimal) -> Decimal:
    """g/m2 from g and m2."""
    return mass / positive(bsa, "The body surface area")


@formula(
    name="mass_from_volumes",
    unit="g",
    says="(epicardial volume − endocardial volume) × 1.05",
    source="Density 1.05 g/mL as quoted second-hand from SCMR post-processing; check before clinical use",
    places=0,
)
def mass_from_volumes(*, epicardial_volume: Decimal, endocardial_volume: Decimal) -> Decimal:
    """Myocardial mass in g from the two end-diastolic volumes in mL."""
    if epicardial_volume <= endocardial_volume:
        raise NotComputable("The epicardial volume must be larger than the endocardial volume.")
    return (epicardial_volume - endocardial_volume) * MYOCARDIAL_DENSITY_G_PER_ML


@formula(name="mass_volume_ratio", unit="g/mL", says="mass / EDV", source=USUAL_PRACTICE, places=2)
def mass_volume_ratio(*, mass: Decimal, edv: Decimal) -> Decimal:
    """g/mL from g and mL."""
    return mass / positive(edv, "The end-diastolic volume")


@formula(
    name="relative_wall_thickness",
    unit="1",
    says="2 × posterior wall thickness / LV end-diastolic diameter",
    source=USUAL_PRACTICE,
    places=2,
)
def relative_wall_thickness(*, posterior_wall: Decimal, end_diastolic_diameter: Decimal) -> Decimal:
    """A ratio, from two lengths in mm."""
    return 2 * posterior_wall / positive(end_diastolic_diameter, "The end-diastolic diameter")


@formula(
    name="bsa_mosteller",
    unit="m2",
    says="√(height in cm × weight in kg / 3600), to 0.01 m²",
    source="DICOM PS3.16, DCM 122244 (there with the height in metres)",
    places=2,
)
def bsa_mosteller(*, height: Decimal, weight: Decimal) -> Decimal:
    """Body surface area in m2 from cm and kg, to 0.01 m2 (see `_as_printed`)."""
    return _as_printed((positive(height, "The height") * positive(weight, "The weight") / 3600).sqrt())


@formula(
    name="bsa_dubois",
    unit="m2",
    says="0.007184 × (weight in kg)^0.425 × (height in cm)^0.725, to 0.01 m²",
    source="DICOM PS3.16, DCM 122241",
    places=2,
)
def bsa_dubois(*, height: Decimal, weight: Decimal) -> Decimal:
    """Body surface area in m2 from cm and kg, to 0.01 m2 (see `_as_printed`)."""
    kilograms, centimetres = positive(weight, "The weight"), positive(height, "The height")
    return _as_printed(Decimal("0.007184") * kilograms ** Decimal("0.425") * centimetres ** Decimal("0.725"))


def _as_printed(bsa: Decimal) -> Decimal:
    """The one quantity that is rounded when computed: every index is the value divided by the BSA that the report
    prints, so that whoever checks 212 / 2.06 with a calculator finds the 102.9 that stands beside it."""
    return Decimal(printed(bsa, 2))


@formula(
    name="wall_motion_score_index",
    unit="1",
    says="sum of scores / number of scored segments (normal 1, hypokinesis 2, akinesis 3, dyskinesis 4)",
    source=f"{_SCMR_2022} for the index; scores 1 to 4 are usual practice",
    places=2,
)
def wall_motion_score_index(*, segments: Mapping[int, str]) -> Decimal:
    """Mean score of the segments that have one; a segment without a known word counts neither above nor below."""
    scores = [WALL_MOTION_SCORE[word] for word in segments.values() if word in WALL_MOTION_SCORE]
    if not scores:
        raise NotComputable("No segment has a wall-motion score.")
    return Decimal(sum(scores)) / len(scores)


@formula(
    name="atrial_volume_biplane",
    unit="mL",
    says="8 × four-chamber area × two-chamber area / (3 × π × length)",
    source="Biplane area-length method, transcribed second-hand; check before clinical use",
    places=0,
)
def atrial_volume_biplane(*, area_four_chamber: Decimal, area_two_chamber: Decimal, length: Decimal) -> Decimal:
    """mL from two areas in cm2 and the shorter long axis in cm; appendage and veins excluded."""
    pi = Decimal("3.14159265358979323846264338327950288419716939937510")
    return 8 * area_four_chamber * area_two_chamber / (3 * pi * positive(length, "The length"))


@formula(name="max_predicted_heart_rate", unit="/min", says="220 − age in years", source=USUAL_PRACTICE, places=0)
def max_predicted_heart_rate(*, age: Decimal) -> Decimal:
    """Beats a minute from whole years."""
    if not 0 <= age <= 130:
        raise NotComputable("The age must lie between 0 and 130 years.")
    return 220 - age
