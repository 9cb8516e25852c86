"""The department that the pages' tests walk through."""

from __future__ import annotations

import pytest

from tests import databases
from tests.web.world import World, a_department


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One department for the tests of a module that leave it as it is."""
    with databases.a_database("sqlite", tmp_path_factory.mktemp("web")) as db:
        yield a_department(db)


@pytest.fixture
def fresh_world(sqlite_db) -> World:
    """A department of one's own, to be changed."""
    return a_department(sqlite_db)
