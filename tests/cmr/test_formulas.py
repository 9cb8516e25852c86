"""Every formula against an independent computation in floating point, and what it does with senseless input."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.cmr.quantities import FORMULAS, NotComputable, printed
from tests.counts import count

#: How often each formula is compared with its oracle.
TIMES = count(2000, ci=500, quick=200)


def _decimals(low: str, high: str, places: int = 2) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), places=places, allow_nan=False, allow_infinity=False)


VOLUME, SMALLER, BSA, RATE, PRESSURE, FLOW, TIME = (
    _decimals("100", "900"),
    _decimals("1", "99"),
    _decimals("0.3", "3"),
    _decimals("20", "250", 0),
    _decimals("40", "300", 0),
    _decimals("1", "250"),
    _decimals("100", "2500", 1),
)
MOTION = ["normal", "mild_hypokinesis", "hypokinesis", "severe_hypokinesis", "akinesis", "dyskinesis"]
MAP = st.dictionaries(st.integers(1, 17), st.sampled_from(MOTION), min_size=1)
CLASSES = st.dictionaries(
    st.integers(1, 16),
    st.sampled_from(["normal", "inducible", "partially_reversible", "fixed", "artefact"]),
    min_size=1,
)
T1 = {
    "t1_native": TIME,
    "t1_post": TIME,
    "blood_t1_pre": _decimals("1001", "2500"),
    "blood_t1_post": _decimals("100", "1000"),
}


def _lambda(x: Mapping[str, float]) -> float:
    return (1 / x["t1_post"] - 1 / x["t1_native"]) / (1 / x["blood_t1_post"] - 1 / x["blood_t1_pre"])


def _score(segments: Mapping[int, str]) -> float:
    scores = [
        min(MOTION.index(word), 1) + 1 if MOTION.index(word) < 4 else MOTION.index(word) - 1
        for word in segments.values()
    ]
    return sum(scores) / len(scores)


#: Formula: strategies for its inputs, and the same sum done by hand in floats.
ORACLES: dict[str, tuple[dict[str, st.SearchStrategy[Any]], Callable[[Mapping[str, Any]], float]]] = {
    "stroke_volume": ({"edv": VOLUME, "esv": SMALLER}, lambda x: x["edv"] - x["esv"]),
    "ejection_fraction": ({"edv": VOLUME, "esv": SMALLER}, lambda x: (1 - x["esv"] / x["edv"]) * 100),
    "cardiac_output": (
        {"stroke_volume": FLOW, "heart_rate": RATE},
        lambda x: x["stroke_volume"] / 1000 * x["heart_rate"],
    ),
    "cardiac_index": ({"cardiac_output": _decimals("1", "20"), "bsa": BSA}, lambda x: x["cardiac_output"] / x["bsa"]),
    "indexed": ({"value": VOLUME, "bsa": BSA}, lambda x: x["value"] / x["bsa"]),
    "indexed_volume": ({"volume": VOLUME, "bsa": BSA}, lambda x: x["volume"] / x["bsa"]),
    "indexed_mass": ({"mass": VOLUME, "bsa": BSA}, lambda x: x["mass"] / x["bsa"]),
    "mass_from_volumes": (
        {"epicardial_volume": VOLUME, "endocardial_volume": SMALLER},
        lambda x: 1.05 * x["epicardial_volume"] - 1.05 * x["endocardial_volume"],
    ),
    "mass_volume_ratio": ({"mass": VOLUME, "edv": VOLUME}, lambda x: x["mass"] / x["edv"]),
    "relative_wall_thickness": (
        {"posterior_wall": SMALLER, "end_diastolic_diameter": SMALLER},
        lambda x: x["posterior_wall"] / (x["end_diastolic_diameter"] / 2),
    ),
    "atrial_volume_biplane": (
        {"area_four_chamber": SMALLER, "area_two_chamber": SMALLER, "length": SMALLER},
        lambda x: 8 / (3 * math.pi) * x["area_four_chamber"] * x["area_two_chamber"] / x["length"],
    ),
    "max_predicted_heart_rate": ({"age": _decimals("0", "120", 0)}, lambda x: 220 - x["age"]),
    "wall_motion_score_index": ({"segments": MAP}, lambda x: _score(x["segments"])),
    "mr_regurgitant_volume": (
        {"lv_stroke_volume": FLOW, "aortic_forward": FLOW},
        lambda x: x["lv_stroke_volume"] - x["aortic_forward"],
    ),
    "mr_regurgitant_fraction": (
        {"lv_stroke_volume": FLOW, "aortic_forward": FLOW},
        lambda x: 100 - 100 * x["aortic_forward"] / x["lv_stroke_volume"],
    ),
    "ar_regurgitant_fraction": (
        {"aortic_backward": FLOW, "aortic_forward": FLOW},
        lambda x: x["aortic_backward"] / x["aortic_forward"] * 100,
    ),
    "pr_regurgitant_fraction": (
        {"mpa_backward": FLOW, "mpa_forward": FLOW},
        lambda x: x["mpa_backward"] / x["mpa_forward"] * 100,
    ),
    "tr_regurgitant_volume": (
        {"rv_stroke_volume": FLOW, "mpa_forward": FLOW},
        lambda x: x["rv_stroke_volume"] - x["mpa_forward"],
    ),
    "tr_regurgitant_fraction": (
        {"rv_stroke_volume": FLOW, "mpa_forward": FLOW},
        lambda x: 100 - 100 * x["mpa_forward"] / x["rv_stroke_volume"],
    ),
    "net_flow": ({"forward": FLOW, "backward": FLOW}, lambda x: x["forward"] - x["backward"]),
    "qp_qs": ({"pulmonary_net": FLOW, "aortic_net": FLOW}, lambda x: x["pulmonary_net"] / x["aortic_net"]),
    "pressure_gradient": ({"velocity": _decimals("0", "8")}, lambda x: (2 * x["velocity"]) ** 2),
    "heart_rate_rise": ({"rest": RATE, "stress": RATE}, lambda x: x["stress"] - x["rest"]),
    "sbp_fall": ({"rest": PRESSURE, "stress": PRESSURE}, lambda x: x["rest"] - x["stress"]),
    "inducible_segments": ({"classes": CLASSES}, lambda x: _ischaemic(x["classes"])),
    "inducible_percent": ({"classes": CLASSES}, lambda x: 6.25 * _ischaemic(x["classes"])),
    "lge_percent": ({"lge_mass": SMALLER, "lv_mass": VOLUME}, lambda x: x["lge_mass"] / x["lv_mass"] * 100),
    "r2_star": ({"t2_star": SMALLER}, lambda x: 1 / (x["t2_star"] / 1000)),
    "partition_coefficient": (T1, _lambda),
    "extracellular_volume": (
        {**T1, "haematocrit": _decimals("0.1", "0.7")},
        lambda x: (100 - 100 * x["haematocrit"]) * _lambda(x),
    ),
    "z_score": ({"value": TIME, "mean": TIME, "sd": SMALLER}, lambda x: (x["value"] - x["mean"]) / x["sd"]),
    "perfusion_reserve": ({"stress_flow": FLOW, "rest_flow": FLOW}, lambda x: x["stress_flow"] / x["rest_flow"]),
    "perfusion_reserve_index": (
        dict.fromkeys(("stress_upslope", "stress_blood_upslope", "rest_upslope", "rest_blood_upslope"), FLOW),
        lambda x: x["stress_upslope"] * x["rest_blood_upslope"] / (x["stress_blood_upslope"] * x["rest_upslope"]),
    ),
}
#: Words, not numbers; and the two BSA formulas, which round as printed. They have tests of their own.
ELSEWHERE = {"bsa_mosteller", "bsa_dubois", "stress_adequate", "perfusion_classes", "viability_by_segment"}


def _ischaemic(classes: Mapping[int, str]) -> int:
    return sum(word in ("inducible", "partially_reversible") for word in classes.values())


def _as_floats(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: float(value) if isinstance(value, Decimal) else value for key, value in inputs.items()}


def test_every_formula_has_an_oracle() -> None:
    assert set(ORACLES) | ELSEWHERE == set(FORMULAS)


@pytest.mark.parametrize("name", ORACLES)
def test_each_formula_agrees_with_an_independent_computation(name: str) -> None:
    strategies, oracle = ORACLES[name]

    @settings(max_examples=TIMES, deadline=None, database=None)
    @given(st.fixed_dictionaries(strategies))
    def agrees(inputs: dict[str, Any]) -> None:
        found = FORMULAS[name].compute(**inputs)
        assert isinstance(found, Decimal | int)
        assert math.isclose(float(found), oracle(_as_floats(inputs)), rel_tol=1e-9, abs_tol=1e-9)

    agrees()


@settings(max_examples=TIMES, deadline=None)
@given(_decimals("30", "250", 1), _decimals("1", "350", 1))
def test_body_surface_area_is_the_formula_to_two_decimals(height: Decimal, weight: Decimal) -> None:
    mosteller = FORMULAS["bsa_mosteller"].compute(height=height, weight=weight)
    dubois = FORMULAS["bsa_dubois"].compute(height=height, weight=weight)
    for found, exact in (
        (mosteller, math.sqrt(float(height) / 100 * float(weight) / 36)),
        (dubois, 0.007184 * math.exp(0.425 * math.log(float(weight)) + 0.725 * math.log(float(height)))),
    ):
        assert isinstance(found, Decimal)
        assert found.as_tuple().exponent == -2
        assert abs(float(found) - exact) <= 0.005 + 1e-9


@pytest.mark.parametrize(
    ("name", "inputs", "shown"),
    [
        ("bsa_mosteller", {"height": "165", "weight": "70"}, "1.79"),
        ("bsa_mosteller", {"height": "182", "weight": "78"}, "1.99"),
        ("bsa_mosteller", {"height": "174", "weight": "76"}, "1.92"),
        ("bsa_mosteller", {"height": "163", "weight": "58"}, "1.62"),
        ("pressure_gradient", {"velocity": "3.1"}, "38"),
        ("mr_regurgitant_fraction", {"lv_stroke_volume": "86", "aortic_forward": "74"}, "14.0"),
        ("pr_regurgitant_fraction", {"mpa_backward": "49", "mpa_forward": "118"}, "41.5"),
        ("mass_volume_ratio", {"mass": "176", "edv": "118"}, "1.49"),
        ("lge_percent", {"lge_mass": "21", "lv_mass": "176"}, "11.9"),
        ("z_score", {"value": "58", "mean": "48", "sd": "2.5"}, "4.0"),
    ],
)
def test_other_worked_examples_come_out_as_printed(name: str, inputs: dict[str, str], shown: str) -> None:
    formula = FORMULAS[name]
    found = formula.compute(**{key: Decimal(value) for key, value in inputs.items()})
    assert isinstance(found, Decimal)
    assert formula.places is not None
    assert printed(found, formula.places) == shown


@pytest.mark.parametrize(
    ("haematocrit", "times", "ecv"),
    [
        ("0.41", ("1040", "470", "1560", "340"), "29.9"),
        ("0.44", ("1125", "450", "1540", "330"), "31.4"),
        ("0.40", ("1150", "303", "1580", "300"), "54.0"),
    ],
)
def test_extracellular_volume_of_the_worked_examples(haematocrit: str, times: tuple[str, ...], ecv: str) -> None:
    t1 = dict(zip(("t1_native", "t1_post", "blood_t1_pre", "blood_t1_post"), map(Decimal, times), strict=True))
    found = FORMULAS["extracellular_volume"].compute(haematocrit=Decimal(haematocrit), **t1)
    assert isinstance(found, Decimal)
    assert printed(found, 1) == ecv


def test_a_haematocrit_typed_as_per_cent_is_refused_and_never_rescaled() -> None:
    with pytest.raises(NotComputable, match=r"fraction between 0 and 1, for example 0\.42"):
        FORMULAS["extracellular_volume"].compute(
            haematocrit=Decimal(40),
            t1_native=Decimal(1150),
            t1_post=Decimal(303),
            blood_t1_pre=Decimal(1580),
            blood_t1_post=Decimal(300),
        )


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("ejection_fraction", {"edv": "0", "esv": "0"}),
        ("ejection_fraction", {"edv": "100", "esv": "100"}),
        ("ejection_fraction", {"edv": "100", "esv": "120"}),
        ("ejection_fraction", {"edv": "100", "esv": "-1"}),
        ("indexed_volume", {"volume": "100", "bsa": "0"}),
        ("lge_percent", {"lge_mass": "133", "lv_mass": "132"}),
        ("cardiac_output", {"stroke_volume": "80", "heart_rate": "0"}),
        ("r2_star", {"t2_star": "0"}),
        ("bsa_mosteller", {"height": "-178", "weight": "86"}),
        ("ejection_fraction", {"edv": "NaN", "esv": "50"}),
        ("ejection_fraction", {"edv": "Infinity", "esv": "50"}),
    ],
)
def test_senseless_input_is_answered_with_a_sentence(name: str, inputs: dict[str, str]) -> None:
    with pytest.raises(NotComputable) as refused:
        FORMULAS[name].compute(**{key: Decimal(value) for key, value in inputs.items()})
    assert str(refused.value).endswith(".")


def test_an_empty_map_has_no_index_and_no_count() -> None:
    for name, inputs in (
        ("wall_motion_score_index", {"segments": {}}),
        ("wall_motion_score_index", {"segments": {1: "not_assessed"}}),
        ("inducible_segments", {"classes": {}}),
        ("inducible_percent", {"classes": {1: "not_assessed"}}),
    ):
        with pytest.raises(NotComputable):
            FORMULAS[name].compute(**inputs)


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError, match="must be a Decimal"):
        FORMULAS["ejection_fraction"].compute(edv=212.0, esv=Decimal(118))


def test_the_result_does_not_depend_on_the_callers_precision() -> None:
    usual = FORMULAS["ejection_fraction"].compute(edv=Decimal(212), esv=Decimal(118))
    with localcontext() as context:
        context.prec = 3
        assert FORMULAS["ejection_fraction"].compute(edv=Decimal(212), esv=Decimal(118)) == usual


@pytest.mark.parametrize(
    ("rise", "fall", "adequate"), [("10", "10", "yes"), ("9", "30", "no"), ("30", "9", "no"), ("-5", "-5", "no")]
)
def test_a_response_is_adequate_from_ten_beats_and_ten_millimetres(rise: str, fall: str, adequate: str) -> None:
    assert FORMULAS["stress_adequate"].compute(heart_rate_rise=Decimal(rise), sbp_fall=Decimal(fall)) == adequate


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        ("44.35", 1, "44.4"),
        ("44.34", 1, "44.3"),
        ("0.5", 0, "1"),
        ("-0.04", 1, "0.0"),
        ("-0.05", 1, "-0.1"),
        ("25", 0, "25"),
        ("6.2", 2, "6.20"),
    ],
)
def test_numbers_are_printed_rounded_half_up(value: str, places: int, shown: str) -> None:
    assert printed(Decimal(value), places) == shown


def test_each_formula_says_its_words_and_its_source() -> None:
    for formula in FORMULAS.values():
        assert formula.says, formula.name
        assert len(formula.source) > 10, formula.name
        assert formula.inputs, formula.name
