"""A real Chromium: where it is found, how it is started without calling home, and what it is asked about a page."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from waitress.server import create_server

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
VENDOR = ROOT / "reporter" / "web" / "static" / "vendor" / "nhsuk.css"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def executable() -> str | None:
    """Chromium or Chrome on this machine."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def why_no_browser() -> str | None:
    """Why the browser tests can't run on this machine; None when they can."""
    missing = []
    if executable() is None:
        missing.append("no Chromium is installed (Debian: apt install chromium)")
    if not AXE.is_file() or not VENDOR.is_file():
        missing.append("the front-end files are missing (python tools/front_end.py)")
    return f"The pages in a browser: {'; '.join(missing)}." if missing else None


def skip_or_fail_without() -> str:
    """The browser's path; else the test is skipped with the reason, and with CI=true it fails."""
    reason, path = why_no_browser(), executable()
    if reason is not None or path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(reason or "")
        pytest.skip(reason or "")
    return path


@contextlib.contextmanager
def served(app: Any) -> Iterator[str]:
    """The application over a real socket on loopback; its address."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)

    def run() -> None:
        with contextlib.suppress(OSError):  # closed below while it waits for a browser
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join(timeout=5)


@contextlib.contextmanager
def started() -> Iterator[Any]:
    """A running browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=skip_or_fail_without(), args=list(QUIET))
        yield browser
        browser.close()


class Watched:
    """A page that remembers what it should not have done: console errors, requests to elsewhere, failed requests."""

    def __init__(self, context: Any, home: str) -> None:
        self.home = home
        self.page = context.new_page()
        self.faults: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", lambda asked: self._asked(asked.url))

    def _said(self, said: Any) -> None:
        # A refusal that the page itself asked for is answered with 4xx; Chromium says so on the console.
        if said.type in {"error", "warning"} and "Failed to load resource" not in said.text:
            self.faults.append(f"console: {said.text}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.home, "data:")):
            self.faults.append(f"request to elsewhere: {url}")

    def open(self, path: str) -> Any:
        """Go to a page of ours."""
        self.page.goto(self.home + path)
        return self.page

    def violations(self) -> list[str]:
        """What axe-core finds wrong on the page as it stands now."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run()")["violations"]
        return [f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found]


def sign_in(page: Any, home: str, who: str, password: str) -> None:
    """Sign in as a person does."""
    page.goto(f"{home}/sign-in")
    page.get_by_label("User name").fill(who)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
