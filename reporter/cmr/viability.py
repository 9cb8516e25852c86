"""Which dysfunctional segments may recover, from how deep the scar goes."""

from __future__ import annotations

from collections.abc import Mapping

SOURCE = "Transmural extent and viability: Bulluck 2017 (PMC5676975)"

_WITHIN_50 = frozenset({"0", "1_25", "26_50"})
#: Wall-motion words that make a segment dysfunctional.
ABNORMAL_MOTION = frozenset({"mild_hypokinesis", "hypokinesis", "severe_hypokinesis", "akinesis", "dyskinesis"})


def by_segment(
    lge: Mapping[int, str], wall_motion: Mapping[int, str], infarct_age: str | None = None
) -> dict[int, str]:
    """For each segment that moves abnormally: viable, unlikely_to_recover, uncertain or not_assessed.

    `lge` holds the bins 0, 1_25, 26_50, 51_75, 76_100. A chronic infarct is called viable up to 50% transmural, an
    acute one up to 75%. Where the age is not stated or uncertain, 51 to 75% is uncertain. A segment that moves
    normally poses no question and is not a key of the answer. Source: `SOURCE`.
    """
    return {
        number: _call(lge.get(number), infarct_age)
        for number, motion in sorted(wall_motion.items())
        if motion in ABNORMAL_MOTION
    }


def _call(extent: str | None, infarct_age: str | None) -> str:
    if extent in _WITHIN_50:
        return "viable"
    if extent == "51_75":
        return {"chronic": "unlikely_to_recover", "acute": "viable"}.get(infarct_age or "", "uncertain")
    if extent == "76_100":
        return "unlikely_to_recover"
    return "not_assessed"
