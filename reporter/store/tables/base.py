"""What every table shares: the catalogue, how constraints are named, and the column types in short."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, MetaData, String

from reporter.store.types import Instant

#: Constraint names are written down so that a later migration can find them on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def key(name: str = "id", **options: Any) -> Column[str]:
    """A UUID as text: the same on both databases, and what stands in URLs."""
    return Column(name, String(36), primary_key=True, **options)


def reference(name: str, target: str, **options: Any) -> Column[str]:
    """A column that points at another row's key, required unless told otherwise."""
    options.setdefault("nullable", False)
    return Column(name, String(36), ForeignKey(target), **options)


def site_code(**options: Any) -> Column[str]:
    """The ODS code of the site that a row belongs to. Every row of clinical content has one."""
    return Column("site_code", String(20), ForeignKey("site.code"), nullable=False, **options)


def instant(name: str, *, required: bool = False) -> Column[Any]:
    """An aware time, stored in UTC."""
    return Column(name, Instant(), nullable=not required)
