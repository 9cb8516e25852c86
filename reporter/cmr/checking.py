"""What a check is: a named function that looks at the answers together and says where they contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from reporter.cmr.facts import Facts

Severity = Literal["stop", "ask"]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two answers that do not go together, in one sentence for the reporter; the fields to look at, first one first.

    "stop" keeps the report from being signed, "ask" wants a person to confirm that it is meant.
    """

    fields: tuple[str, ...]
    sentence: str
    severity: Severity = "stop"


@dataclass(frozen=True, slots=True)
class Check:
    """A check by name. `fields` are those it may look at; `run` never raises for missing answers."""

    name: str
    fields: tuple[str, ...]
    says: str
    run: Callable[[Facts], list[Contradiction]]


Looking: TypeAlias = Callable[[Facts], Iterable[Contradiction]]

_CHECKS: dict[str, Check] = {}
#: Every check by name, once `reporter.cmr.checks` is imported.
CHECKS: Mapping[str, Check] = MappingProxyType(_CHECKS)


def check(*fields: str) -> Callable[[Looking], Looking]:
    """Register a generator of contradictions under its own name; its docstring is what the check says it does."""

    def register(look: Looking) -> Looking:
        if look.__name__ in _CHECKS:
            raise ValueError(f"Two checks have the name {look.__name__!r}.")
        says = (look.__doc__ or "").strip()
        _CHECKS[look.__name__] = Check(look.__name__, fields, says, lambda facts: list(look(facts)))
        return look

    return register
