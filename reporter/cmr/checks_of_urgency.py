"""A check that asks whether an urgent finding was meant to be left without anybody being told.

Triggers: British Cardiovascular Society Imaging Council, cardiac imaging in the community (January 2024), for what the
two templates record. The cut-offs are this project's and are to be confirmed by the site's clinical owner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reporter.cmr.checking import Contradiction, check
from reporter.cmr.checks_of_figures import VALVES
from reporter.cmr.facts import Facts, number, word
from reporter.cmr.formula import printed

_SEVERE_EVENTS = {
    "bronchospasm": "bronchospasm",
    "contrast_reaction": "a contrast reaction",
    "arrest": "cardiac arrest",
}


def _fast_arrhythmia(facts: Facts) -> str | None:
    rate = number(facts, "heart_rate")
    if word(facts, "rhythm") == "af_flutter" and rate is not None and rate > 110:
        return f"atrial fibrillation or flutter at {printed(rate, 0)}/min"
    return None


def _severe_dysfunction(facts: Facts) -> str | None:
    ef = number(facts, "lv_ef")
    return f"LVEF {printed(ef, 0)} %" if ef is not None and ef <= 35 else None


def _severe_valve(facts: Facts) -> str | None:
    severe = [name for field, name in VALVES.items() if word(facts, field) == "severe"]
    return f"severe {severe[0]} regurgitation" if severe else None


def _choice(field: str, answer: str, words: str) -> Callable[[Facts], str | None]:
    return lambda facts: words if word(facts, field) == answer else None


_TRIGGERS: tuple[tuple[str, Callable[[Facts], str | None]], ...] = (
    ("lv_aneurysm", _choice("lv_aneurysm", "pseudoaneurysm", "LV pseudoaneurysm")),
    ("lv_thrombus", _choice("lv_thrombus", "definite", "LV thrombus")),
    ("pericardial_effusion", _choice("pericardial_effusion", "large", "large pericardial effusion")),
    ("extracardiac", _choice("extracardiac", "urgent", "urgent extracardiac finding")),
    ("rhythm", _fast_arrhythmia),
    ("lv_ef", _severe_dysfunction),
    ("mr_grade", _severe_valve),
    ("device_after", _choice("device_after", "malfunction", "device malfunction after the scan")),
    ("adverse_event", lambda facts: _SEVERE_EVENTS.get(word(facts, "adverse_event") or "")),
)


@check("urgent_finding", "heart_rate", *(field for field, _ in _TRIGGERS))
def urgent_findings_are_considered(facts: Facts) -> Iterator[Contradiction]:
    """What may need a telephone call is not left at "no urgent finding" by oversight."""
    if word(facts, "urgent_finding") != "none":
        return
    for field, trigger in _TRIGGERS:
        words = trigger(facts)
        if words is not None:
            yield Contradiction(
                ("urgent_finding", field),
                f"The report records {words}, and no urgent finding. If this was known already, confirm; "
                "otherwise say who was told.",
                "ask",
            )
