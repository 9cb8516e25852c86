"""A browser for the whole run, and a department that it can visit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import databases
from tests.browser import chromium
from tests.builders import PASSWORD
from tests.web.world import World, a_department


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    chromium.skip_or_fail_without()
    with chromium.started() as running:
        yield running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A department that a module's tests share."""
    with databases.a_database("sqlite", tmp_path_factory.mktemp("browser")) as db:
        yield a_department(db)


@pytest.fixture(scope="module")
def home(world: World) -> Iterator[str]:
    """Where the department is served."""
    with chromium.served(world.app()) as address:
        yield address


@pytest.fixture
def visit(browser: Any, home: str, world: World) -> Iterator[Callable[..., chromium.Watched]]:
    """`visit("consultant", width=1440)`: a watched page of somebody who has signed in."""
    contexts = []
    signed_in: dict[str, Any] = world.__dict__.setdefault("sign_ins", {})

    def open_one(who: str | None, *, width: int = 1920, height: int = 1080, **options: Any) -> chromium.Watched:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="en-GB", timezone_id="Europe/London",
            reduced_motion="reduce", storage_state=signed_in.get(who or ""), **options,
        )  # fmt: skip
        context.set_default_timeout(8_000)
        contexts.append(context)
        watched = chromium.Watched(context, home)
        if who is not None and who not in signed_in:
            chromium.sign_in(watched.page, home, who, PASSWORD)
            signed_in[who] = context.storage_state()
        return watched

    yield open_one
    for context in contexts:
        context.close()
