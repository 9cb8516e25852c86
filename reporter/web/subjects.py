"""The subjects that have pages, and the menu that leads to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from reporter.actions import inbound
from reporter.actions import turnaround as reads_turnaround
from reporter.actions.actor import CLINICAL, ORDERING
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
#: What not everybody may open, and who may: as the actions behind these pages have it.
ONLY_FOR = {
    "worklist.show": CLINICAL,
    "turnaround.show": reads_turnaround.READERS,
    "messages.show": (*inbound.HANDLERS, "auditor"),
    "orders.new": ORDERING,
}


def menu(actor: Actor) -> tuple[tuple[str, str], ...]:
    """The menu for a person."""
    return tuple(entry for entry in MENU if may_open(actor, entry[0]))


def may_open(actor: Actor, endpoint: str) -> bool:
    """Whether a page is offered to a person."""
    return actor.role in ONLY_FOR.get(endpoint, (actor.role,))
