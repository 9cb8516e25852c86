"""Tests of the repository itself: the rooms, the traps that may not come back, and what the documents promise."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "reporter"
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "vendor" not in p.parts)

#: Longest module and function that pass without a discussion. A module that needs more is a room that is missing.
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def room(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_go_from_the_roof_down():
    ran = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("sqlalchemy", ["reporter/store/"]),
        ("alembic", ["reporter/store/"]),
        ("apscheduler", ["reporter/worker.py"]),
        ("flask", ["reporter/web/", "reporter/cli/"]),
        ("hl7apy", ["reporter/integration/hl7v2/check.py"]),
        ("fhir", ["reporter/integration/fhir/"]),
        ("fhirkit", ["reporter/integration/fhir/"]),
        ("typst", ["reporter/integration/pdf"]),
        ("holidays", ["reporter/governance/calendar.py"]),
        ("argon2", ["reporter/actions/", "reporter/demo/"]),
        ("pickle", []),
    ],
)
def test_a_library_stays_in_its_room(library, rooms):
    strangers = [
        room(path)
        for path in MODULES
        if any(name == library or name.startswith(library + ".") for name in imports(path))
        and not any(room(path).startswith(allowed) for allowed in rooms)
    ]
    assert strangers == []


def test_fhir_models_are_r4b_and_never_the_r5_default():
    for path in MODULES:
        for name in imports(path):
            assert not (name.startswith("fhir.resources") and "R4B" not in name), room(path)


def test_every_module_opens_with_what_it_is():
    silent = [room(path) for path in MODULES if not ast.get_docstring(tree(path))]
    assert silent == []


def test_modules_and_functions_stay_readable():
    long_modules = [room(p) for p in MODULES if len(p.read_text(encoding="utf-8").splitlines()) > LONGEST_MODULE]
    long_functions = [
        f"{room(path)}:{node.name}"
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno > LONGEST_FUNCTION
    ]
    assert long_modules == []
    assert long_functions == []


def test_every_page_has_a_suffix_that_flask_escapes():
    pages = [p for p in (PACKAGE / "web" / "pages").rglob("*") if p.is_file()]
    assert pages
    assert [p.name for p in pages if p.suffix != ".html"] == []


def test_no_page_marks_text_as_safe_or_renders_a_string():
    for path in [*MODULES, *(PACKAGE / "web" / "pages").rglob("*.html")]:
        text = path.read_text(encoding="utf-8")
        assert "render_template_string" not in text, room(path)
        assert not (path.suffix == ".html" and "|safe" in text.replace(" ", "")), room(path)


def test_lock_files_carry_hashes_and_no_addresses():
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-node.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text, name
        pins = re.findall(r"^[a-z0-9][^\s]*==", text, flags=re.MULTILINE)
        assert pins
        assert text.count("--hash=sha256:") >= len(pins), name
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text(encoding="utf-8")


def test_ci_runs_what_the_readme_says():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "./run demo" in readme
    assert "./run test" in readme
    assert "exec ./run test" in script


def test_every_decision_says_what_it_costs_and_how_we_will_know():
    decisions = sorted((ROOT / "docs" / "adr").glob("0*.md"))
    assert len(decisions) >= 7
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        for part in ("**Context.**", "**Decision.**", "**What it costs.**", "**How we'll know.**"):
            assert part in text, f"{path.name} lacks {part}"


def test_every_file_that_the_documents_name_exists():
    missing = []
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        text = document.read_text(encoding="utf-8")
        for named in re.findall(r"`((?:tests|reporter|docs|migrations|benchmarks|tools)/[A-Za-z0-9_./-]+)`", text):
            if not (ROOT / named).exists() and "…" not in named:
                missing.append(f"{document.name}: {named}")
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            if not (document.parent / target).exists():
                missing.append(f"{document.name}: {target}")
    assert missing == []


def test_generated_documents_are_fresh():
    environment = {k: v for k, v in os.environ.items() if not k.startswith("REPORTER_")}
    ran = subprocess.run(
        [sys.executable, "-m", "reporter.cli", "docs", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_action_is_called_by_the_product_and_not_only_by_a_test():
    roof = "\n".join(
        p.read_text(encoding="utf-8")
        for p in MODULES
        if room(p).startswith(
            (
                "reporter/web/",
                "reporter/demo/",
                "reporter/worker",
                "reporter/listener",
                "reporter/cli",
                "reporter/actions/",
            )
        )
    )
    unused = []
    for path in sorted((PACKAGE / "actions").glob("*.py")):
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                uses = len(re.findall(rf"\b{node.name}\b", roof))
                if uses < 2:
                    unused.append(f"{room(path)}:{node.name}")
    assert unused == []


def test_nothing_is_left_to_do_later():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    left = [room(p) for p in MODULES if marks.search(p.read_text(encoding="utf-8"))]
    assert left == []
