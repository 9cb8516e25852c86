"""Every table of the database, one module a subject."""

from reporter.store.tables import audit, delivery, inbound, jobs, orders, patients, people, reports, sites
from reporter.store.tables.base import metadata

__all__ = ["audit", "delivery", "inbound", "jobs", "metadata", "orders", "patients", "people", "reports", "sites"]
