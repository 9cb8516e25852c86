"""From a row of a result to a frozen value, field by field of the same name; and new keys."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any, TypeVar

from sqlalchemy import Column, Table

Value = TypeVar("Value")


def new_id() -> str:
    """A new key: random, so that it tells nothing and can stand in a URL."""
    return str(uuid.uuid4())


def columns(table: Table, value: type) -> list[Column[Any]]:
    """The columns of a table that a value of this class is made of."""
    return [table.c[field.name] for field in dataclasses.fields(value) if field.name in table.c]


def as_value(value: type[Value], row: Any, **more: Any) -> Value:
    """A value from a row; `more` are the fields that the row doesn't have as the value wants them."""
    found = row._mapping
    fields = dataclasses.fields(value)  # type: ignore[arg-type]
    return value(**{f.name: more[f.name] if f.name in more else found[f.name] for f in fields})
