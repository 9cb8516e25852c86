"""The kinds of answer a field can take: each reads what a person sent, and says in words what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reporter.form.definition import Field

#: An answer as stored: text (numbers are decimal text), a list of codes, or segment number to code.
Stored = str | list[str] | dict[str, str]


class Refused(ValueError):
    """The value cannot be stored; its text is a sentence for the person who typed it."""


class Kind:
    """One kind of answer. `name` is how YAML and pages call it."""

    name = ""

    def read(self, field: Field, sent: Mapping[str, Sequence[str]], kept: Stored | None) -> Stored | None:
        """What to store for the controls that were sent; None for a blank. Raises Refused with a sentence."""
        raise NotImplementedError

    def write(self, field: Field, stored: Stored) -> dict[str, tuple[str, ...]]:
        """The controls that would send this stored value: the inverse of `read`."""
        raise NotImplementedError

    def words(self, field: Field, stored: Stored) -> str:
        """The stored value as a person reads it, without its unit."""
        raise NotImplementedError
