"""The form engine: one save's reading, filling, computing, grading and checking, for the slowest released template."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import date

from reporter import templates
from reporter.form.answers import fill, read
from reporter.form.filled import FormContext
from reporter.integration.hl7v2.message import parse
from reporter.integration.hl7v2.orders_in import read_event
from reporter.integration.wires import Source
from tests.builders import NOW
from tests.examples import answers_7_1, answers_7_1_viability, as_sent
from tests.hl7_messages import an_orm

CONTEXT = FormContext(birth_date=date(1962, 3, 9), study_date=date(2026, 11, 20), sex="male")
EXAMPLES = {"stress_perfusion": answers_7_1, "viability": answers_7_1_viability}


def measure() -> dict[str, float]:
    """Milliseconds, medians; the templates' number beside them."""
    saves = {}
    for template in templates.all():
        sent = as_sent(EXAMPLES[template.id]())
        saves[template.id] = _milliseconds(
            lambda template=template, sent=sent: fill(template, read(template, sent).answers, CONTEXT)
        )
    raw = an_orm()
    source = Source("ris")
    return {
        "save_check_ms_max": max(saves.values()),
        "templates": float(len(saves)),
        "order_read_ms": _milliseconds(lambda: read_event(parse(raw), source, NOW)),
    }


def _milliseconds(act: Callable[[], object], rounds: int = 50) -> float:
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        act()
        took.append(1000 * (time.perf_counter() - started))
    return statistics.median(took)
