"""The rules as cards: what each says, why, from where, who answers for it; and the numbers a department may change."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING

from flask import Blueprint, render_template

from reporter import governance
from reporter.governance import examples_reading, rule, standards
from reporter.web import at_hand, showing

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("governance", __name__, url_prefix="/rules")


def _load_all() -> None:
    """Import every module of the rules' room: a rule puts itself on the list when its module is read."""
    for module in pkgutil.iter_modules(governance.__path__):
        importlib.import_module(f"{governance.__name__}.{module.name}")


def _examples() -> dict[str, list[Mapping[str, str]]]:
    """Rule's name → its worked examples, as the people who sign the rules read them."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for file in resources.files(governance).joinpath("examples").iterdir():
        content = examples_reading.shipped(file.name.removesuffix(".yaml"))
        if isinstance(content, Mapping):
            found.update(content)
    return found


@pages.get("")
def show() -> ResponseReturnValue:
    """Every rule and every number."""
    _load_all()
    today = at_hand.now().astimezone(showing.LONDON).date()
    numbers = standards.packaged().numbers
    rules = tuple(rule.RULES.values())
    return render_template("rules.html", rules=rules, examples=_examples(), numbers=numbers, today=today)
