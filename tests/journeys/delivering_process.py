"""A worker's own process for the tests that kill it: the real one, with a lease that ends soon after its holder."""

from __future__ import annotations

from datetime import timedelta

from reporter import worker
from reporter.actions import delivery
from reporter.integration.fhir import send  # noqa: F401
from reporter.integration.hl7v2 import mllp  # noqa: F401  # loaded before the fork
from reporter.integration.wires import Destination, Wires
from reporter.settings import Settings
from reporter.store.database import Database


def deliver_until_killed(url: str, destinations: tuple[Destination, ...]) -> None:
    """Runs the worker. The lease is its destination's time-out and a little, so that a test need not wait minutes."""
    delivery.LEASE_BEYOND_TIMEOUT = timedelta(seconds=0.5)
    worker.run(Database(url), Wires(destinations=destinations), Settings(database_url=url))
