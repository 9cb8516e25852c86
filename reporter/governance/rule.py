"""What a governance rule is: a sentence, why it exists, where it comes from, who owns it, and a small pure function.

A rule looks at facts and gives one of four verdicts, each with its reason in words. Only the rules of `delegation`
stop anybody; all others measure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal, ParamSpec

P = ParamSpec("P")

VerdictKind = Literal["met", "not_met", "not_yet", "not_applicable"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says about one case, and its reason in words."""

    kind: VerdictKind
    words: str

    @property
    def stops(self) -> bool:
        """Whether a rule that stops would stop here."""
        return self.kind == "not_met"


def met(words: str) -> Verdict:
    """The rule holds, for good."""
    return Verdict("met", words)


def not_met(words: str) -> Verdict:
    """The rule is broken, for good or until somebody does what the words say."""
    return Verdict("not_met", words)


def not_yet(words: str) -> Verdict:
    """The rule can still be met; the words say until when."""
    return Verdict("not_yet", words)


def not_applicable(words: str) -> Verdict:
    """The rule has nothing to say about this case, and the words say why."""
    return Verdict("not_applicable", words)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it stands on its card."""

    name: str
    says: str
    why: str
    source: str
    owner: str
    next_review: date
    #: Raised whenever the rule would judge some case differently; frozen into the evidence of each decision.
    version: int
    #: The numbers of `standards.yaml` that it uses, by name.
    standards: tuple[str, ...]
    #: Whether a verdict of "not met" stops an action; otherwise it is counted and shown.
    stops: bool
    judge: Callable[..., Verdict]


#: Every rule by name, in the order in which the modules define them.
RULES: dict[str, Rule] = {}


def rule(
    *,
    says: str,
    why: str,
    source: str,
    owner: str,
    next_review: date,
    version: int = 1,
    standards: tuple[str, ...] = (),
    stops: bool = False,
) -> Callable[[Callable[P, Verdict]], Callable[P, Verdict]]:
    """Put a function on the list of rules, under its own name. The function itself is not changed."""

    def enter(judge: Callable[P, Verdict]) -> Callable[P, Verdict]:
        name = judge.__name__
        if name in RULES:
            raise ValueError(f"There are two rules named {name}; one of them has to be renamed.")
        RULES[name] = Rule(name, says, why, source, owner, next_review, version, standards, stops, judge)
        return judge

    return enter


def due_for_review(on: date) -> tuple[Rule, ...]:
    """The rules whose review date has passed."""
    return tuple(each for each in RULES.values() if each.next_review <= on)
