"""What a page has at hand: the database, the settings, the wires, the clock, and who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import current_app, g

if TYPE_CHECKING:
    from reporter.actions.actor import Actor
    from reporter.settings import Settings

_KEY = "reporter"


@dataclass(frozen=True, slots=True)
class AtHand:
    """Given once to `create_app`; the same for every request of this process."""

    db: Any
    settings: Settings
    wires: Any
    clock: Callable[[], datetime]


def keep(app: Any, things: AtHand) -> None:
    """Put the things where the functions below find them."""
    app.extensions[_KEY] = things


def things() -> AtHand:
    """What this process was given."""
    held: AtHand = current_app.extensions[_KEY]
    return held


def db() -> Any:
    """The database."""
    return things().db


def now() -> datetime:
    """This request's one instant, aware, UTC. Asked twice it answers the same, so that a page agrees with itself."""
    if "now" not in g:
        g.now = things().clock()
    instant: datetime = g.now
    return instant


def actor() -> Actor:
    """Who is signed in. Only called on pages that need a signed-in person; `identity.guard` has seen to it."""
    person: Actor = g.actor
    return person
