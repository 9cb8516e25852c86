"""How long one report takes to become a FHIR bundle that may leave, against fhir.resources for the same bundle.

Ours (`fhir_render_ms`): from a signed version with 60 measurements and its PDF to UTF-8 JSON: resources built, written
with exact digits, judged by fhirkit and by our rules. The typed model of the full gate, which runs once more before
the first byte leaves, is not in this figure; `fhir_full_gate_ms` is the whole gate on the same bytes.

Theirs: `Bundle.model_validate` of ready-made plain values and `model_dump_json`, with fhir.resources R4B: typed objects
built, validated and serialised. Building the plain values is not charged to it, and it keeps no digits.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from reporter.integration import pdf
from reporter.integration.fhir import bundle, check
from reporter.integration.fhir.writing import to_json
from reporter.report.document import SignedVersion
from tests.signed_versions import a_signed_version, measurements

OBSERVATIONS = 60
ROUNDS = 40


def measure() -> dict[str, float]:
    """The least of interleaved rounds (as `timeit` advises): what the work costs, whatever else the machine did."""
    from fhir.resources.R4B.bundle import Bundle

    version = with_sixty_measurements()
    printed = pdf.render(version)
    payload = ours(version, printed)
    plain = json.loads(payload)

    def theirs() -> str:
        return Bundle.model_validate(plain).model_dump_json()

    assert sum(each["resource"]["resourceType"] == "Observation" for each in plain["entry"]) == OBSERVATIONS
    theirs()
    assert check.faults(payload) == ()
    mine, other, gate = [], [], []
    for _ in range(ROUNDS):
        mine.append(_seconds(lambda: ours(version, printed)))
        other.append(_seconds(theirs))
        gate.append(_seconds(lambda: check.faults(payload)))
    return {
        "fhir_render_ms": min(mine) * 1000,
        "fhir_vs_fhir_resources": min(other) / min(mine),
        "fhir_full_gate_ms": min(gate) * 1000,
        "fhir_bundle_kb": len(payload) / 1000,
    }


def ours(version: SignedVersion, printed: bytes) -> bytes:
    """Built, written and judged; raises if it may not leave."""
    made = bundle.bundle(version, "BENCH-1", printed)
    payload = to_json(made)
    faults = check.quick_faults(payload, made)
    assert not faults, faults[0]
    return payload


def with_sixty_measurements() -> SignedVersion:
    """The example with its numbers repeated under other ids until there are sixty, and nothing else to observe."""
    source = measurements()
    rows = [
        each if lap == 0 else replace(each, id=f"{each.id}_{lap}", label=f"{each.label} {lap}")
        for lap in range(OBSERVATIONS // len(source) + 1)
        for each in source
    ]
    return a_signed_version(measurements=tuple(rows[:OBSERVATIONS]), segment_maps=(), coded_findings=())


def _seconds(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
