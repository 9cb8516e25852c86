"""The subjects that have pages, and the menu that leads to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from reporter.web import (
    deliveries,
    governance,
    health,
    messages,
    orders,
    people,
    signing,
    study,
    turnaround,
    versions,
    worklist,
)

if TYPE_CHECKING:
    from reporter.actions.actor import Actor

ALL: tuple[Blueprint, ...] = (
    worklist.pages,
    orders.pages,
    study.pages,
    signing.pages,
    versions.pages,
    deliveries.pages,
    turnaround.pages,
    messages.pages,
    people.pages,
    governance.pages,
    health.pages,
)
#: Endpoint → name, in the order in which the day goes. What somebody may not open isn't offered to them.
MENU = (
    ("worklist.show", "Worklist"),
    ("turnaround.show", "Turnaround"),
    ("deliveries.show", "Deliveries"),
    ("messages.show", "Exceptions"),
    ("people.show", "People"),
    ("governance.show", "Rules"),
)
#: An administrator looks after people and wires and sees no patients.
NOT_FOR = {"admin": frozenset({"worklist.show"})}


def menu(actor: Actor) -> tuple[tuple[str, str], ...]:
    """The menu for a person."""
    hidden = NOT_FOR.get(actor.role, frozenset())
    return tuple(entry for entry in MENU if entry[0] not in hidden)
