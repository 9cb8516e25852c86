"""The numbers that a department may change, each with what it means, its owner, its date and its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

import yaml

_KEYS = {"value", "published", "unit", "says", "source", "owner", "since", "next_review"}


@dataclass(frozen=True, slots=True)
class Standard:
    """One number. `published` is None where no source gives one and the value is this project's proposal."""

    name: str
    value: int
    published: int | None
    unit: str
    says: str
    source: str
    owner: str
    since: date
    next_review: date

    @property
    def is_local(self) -> bool:
        """Whether the department uses another number than the source; it may then not be shown under its name."""
        return self.published is not None and self.value != self.published


@dataclass(frozen=True, slots=True)
class Standards:
    """All the numbers, by name."""

    numbers: Mapping[str, Standard]

    def __getitem__(self, name: str) -> int:
        return self.numbers[name].value

    def __hash__(self) -> int:
        return hash(tuple(self.numbers.items()))

    def is_local(self, name: str) -> bool:
        """Whether this number is the department's own and not the published one."""
        return self.numbers[name].is_local

    def due_for_review(self, on: date) -> tuple[Standard, ...]:
        """The numbers whose review date has passed."""
        return tuple(each for each in self.numbers.values() if each.next_review <= on)


def read(text: str) -> Standards:
    """The standards that a YAML text says. Raises ValueError or TypeError, with the name and the reason."""
    # BaseLoader makes everything a string, so that a date or a number is read here and nowhere by surprise.
    raw = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    if not isinstance(raw, dict):
        raise TypeError("The standards are a list of names, each with value, unit, says, source, owner and dates.")
    return Standards(MappingProxyType({name: _one(name, entry) for name, entry in raw.items()}))


@lru_cache(maxsize=1)
def packaged() -> Standards:
    """The standards that CMR Reporter ships with."""
    return read(resources.files("reporter.governance").joinpath("standards.yaml").read_text(encoding="utf-8"))


def changed(text: str) -> Standards:
    """The shipped standards with those that a department's own YAML text replaces.

    Raises ValueError when it names a standard that nothing uses: a misspelt number would silently change nothing.
    """
    base, own = packaged().numbers, read(text).numbers
    strange = sorted(own.keys() - base.keys())
    if strange:
        raise ValueError(f"No rule uses a standard named {', '.join(strange)}. Known: {', '.join(sorted(base))}.")
    for name, standard in own.items():
        if standard.published != base[name].published:
            raise ValueError(f"{name}: what was published is {base[name].published}; a department changes the value.")
    return Standards(MappingProxyType({**base, **own}))


def _one(name: str, entry: object) -> Standard:
    if not isinstance(entry, dict):
        raise TypeError(f"{name}: write value, unit, says, source, owner, since and next_review under it.")
    missing = sorted(_KEYS - {"published"} - entry.keys())
    strange = sorted(entry.keys() - _KEYS)
    if missing or strange:
        raise ValueError(
            f"{name}: missing {', '.join(missing) or 'nothing'}; not known {', '.join(strange) or 'nothing'}."
        )
    try:
        return Standard(
            name,
            value=_whole(entry["value"]),
            published=_whole(entry["published"]) if "published" in entry else None,
            unit=entry["unit"],
            says=entry["says"],
            source=" ".join(entry["source"].split()),
            owner=entry["owner"],
            since=date.fromisoformat(entry["since"]),
            next_review=date.fromisoformat(entry["next_review"]),
        )
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise ValueError(f"{text!r} is not a whole number above zero.")
    return int(text)
