"""Run the benchmarks: `python -m benchmarks [--json] [NAME ...]`. Prints named figures with their aims."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time

#: Module → what it measures, in the order they run.
BENCHMARKS = {
    "sign": "one whole signing transaction against one bare durable commit of the same bytes",
    "form": "one save of a whole report: read, filled, computed, graded, checked; one order read",
    "fhir": "60 observations built, validated and serialised, against fhir.resources",
    "hl7": "ORU^R01 rendering; durably accepted orders a second over 8 connections",
    "web": "pages, worklist at 100,000 studies against 1,000, cold start, memory",
    "classify": "due instants and verdicts of 1,000,000 studies against one numpy busday_offset run",
}

#: Figure → (aim, whether smaller is better). What the README and RESULTS.md promise to try for.
AIMS: dict[str, tuple[float, bool]] = {
    "sign_vs_fsync": (10, True),
    "save_check_ms_max": (10, True),
    "fhir_render_ms": (12, True),
    "fhir_vs_fhir_resources": (4, False),
    "hl7_in_per_s": (250, False),
    "worklist_100k_vs_1k": (2, True),
    "classify_1m_vs_numpy": (3, True),
    "cold_start_s": (2, True),
    "web_rss_mb": (150, True),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="run bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else on standard output")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of: {', '.join(BENCHMARKS)}")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")

    figures: dict[str, float] = {}
    for name in options.names or BENCHMARKS:
        print(f"{name}: {BENCHMARKS[name]} ...", file=sys.stderr, flush=True)
        started = time.perf_counter()
        figures.update(_in_its_own_process(name))
        print(f"  {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)

    if options.json:
        print(json.dumps({name: round(value, 4) for name, value in figures.items()}))
        return 0
    print(f"{platform.python_implementation()} {platform.python_version()} on {platform.machine()}")
    for name, value in figures.items():
        aim, smaller = AIMS.get(name, (None, True))
        verdict = "" if aim is None else f"   aim {'≤' if smaller else '≥'} {aim:g}: {_met(value, aim, smaller)}"
        print(f"{name:32}{value:12.3f}{verdict}")
    return 0


def _in_its_own_process(name: str) -> dict[str, float]:
    """One benchmark's figures. What another has loaded (hl7apy alone makes 100,000 objects) must not slow it down."""
    code = f"import json, sys; from benchmarks.{name} import measure; json.dump(measure(), sys.stdout)"
    told = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout
    figures: dict[str, float] = json.loads(told.splitlines()[-1])
    return figures


def _met(value: float, aim: float, smaller: bool) -> str:
    return "met" if (value <= aim if smaller else value >= aim) else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
