"""Every rule's card: complete, worked through by examples, and in the generated page."""

import inspect
from datetime import date
from pathlib import Path

import pytest

from reporter.governance import cards
from reporter.governance.rule import RULES, due_for_review, met, rule
from reporter.governance.standards import packaged

WORKED = [(each, example) for each in RULES.values() for example in cards.examples_of(each)]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "governance.md"


@pytest.mark.parametrize(("card", "example"), WORKED, ids=[f"{r.name}: {e['example']}" for r, e in WORKED])
def test_a_worked_example_gets_the_verdict_that_was_signed(card, example):
    said = cards.judge(card, example)

    assert said.kind == example["verdict"], said.words
    assert said.words.endswith(".")


def test_every_rule_has_a_worked_example_that_is_met_and_one_that_is_not():
    for card in RULES.values():
        kinds = {cards.judge(card, example).kind for example in cards.examples_of(card)}
        assert {"met", "not_met"} <= kinds, card.name


def test_every_example_belongs_to_a_rule():
    named = {name for subject in ("delegation", "turnaround", "escalation") for name in cards.shipped(subject)}

    assert named == set(RULES)


def test_every_rule_stands_under_exactly_one_heading():
    shown = [card.name for rules in cards.rules_by_subject().values() for card in rules]

    assert sorted(shown) == sorted(RULES)


def test_a_rule_that_is_called_without_a_number_uses_the_shipped_one():
    defaults = {"level": None, "minutes": None}
    for card in RULES.values():
        for name, parameter in inspect.signature(card.judge).parameters.items():
            if name in defaults:
                assert parameter.default == packaged()[card.standards[0]], card.name


def test_every_number_a_rule_names_exists():
    for card in RULES.values():
        assert set(card.standards) <= set(packaged().numbers), card.name


def test_two_rules_cannot_have_one_name():
    entries = {"says": "x", "why": "x", "source": "x", "owner": "x", "next_review": date(2027, 1, 1)}

    def signer_is_registered():
        return met("x")

    with pytest.raises(ValueError, match="two rules named signer_is_registered"):
        rule(**entries)(signer_is_registered)


def test_the_rules_that_stop_are_those_of_delegation_and_the_urgent_finding():
    stopping = {card.name for card in RULES.values() if card.stops}

    assert stopping == {
        "reporter_by_role",
        "delegated_reporter_has_the_level",
        "somebody_can_discuss_it",
        "named_consultant_could_sign",
        "signer_is_a_consultant",
        "signer_has_the_level",
        "signer_is_registered",
        "urgent_finding_told_to_a_named_person",
    }


def test_a_rule_shows_up_when_its_review_is_due():
    assert due_for_review(date(2026, 11, 22)) == ()
    assert set(due_for_review(date(2027, 12, 1))) == set(RULES.values())


def test_the_page_of_rules_is_what_the_rules_say():
    assert PAGE.read_text(encoding="utf-8") == cards.describe_rules()
