"""Entering an order by hand, and taking in a file of orders, where no feed brings them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from reporter.actions import inbound, orders, refusals
from reporter.actions.actor import ORDERING, must_be
from reporter.store import sites
from reporter.web import at_hand, schemas

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

#: These have no default: left blank they are said to be missing.
NEEDED = frozenset({"site_code", "family", "given", "accession", "clinical_question"})
pages = Blueprint("orders", __name__, url_prefix="/orders")


@pages.get("/new")
def new() -> ResponseReturnValue:
    """The empty order form."""
    must_be(at_hand.actor(), *ORDERING, to="enter an order")
    return _form({}, {})


@pages.post("/new")
def enter() -> ResponseReturnValue:
    """Enter one order."""
    typed = {name: value.strip() for name, value in request.form.items() if name not in schemas.FURNITURE}
    try:
        asked = schemas.read(schemas.Order, request.form)
        study_id = orders.enter_order(at_hand.db(), at_hand.actor(), _order(asked), at_hand.now())
    except refusals.Invalid as invalid:
        return _form(typed, invalid.errors, 422)
    flash("The order is entered.")
    return redirect(url_for("study.show", study_id=study_id), 303)


@pages.post("/import")
def take_in() -> ResponseReturnValue:
    """Take in a file of HL7 orders; says line by line what became of each."""
    must_be(at_hand.actor(), *inbound.HANDLERS, to="import orders")
    schemas.read(schemas.Nothing, request.form)
    file = request.files.get("file")
    content = file.read() if file else b""
    if not content:
        return _form({}, {"file": "Choose a file with HL7 messages first."}, 422)
    # A file says nothing about the feed it came from: the first one that is configured says where the facts stand.
    feeds = at_hand.things().wires.sources
    if not feeds:
        return _form({}, {"file": "The wires file has no feed that says where a message keeps its facts."}, 422)
    source = feeds[0]
    result = inbound.import_orders(at_hand.db(), at_hand.actor(), content, source, at_hand.now())
    return render_template("imported.html", result=result)


def _order(asked: dict[str, str]) -> orders.OrderForm:
    """The typed order as the action takes it: dates read, blanks left to their defaults."""
    born, completed = asked.pop("birth_date"), asked.pop("completed_at")
    try:
        birth_date = date.fromisoformat(born) if born else None
    except ValueError:
        raise refusals.Invalid({"birth_date": "Give the date of birth as a date, such as 07/03/1962."}) from None
    given: dict[str, Any] = {name: value for name, value in asked.items() if value or name in NEEDED}
    completed_at = schemas.london_moment(completed, "completed_at") if completed else None
    return orders.OrderForm(**given, birth_date=birth_date, completed_at=completed_at)


def _form(typed: dict[str, str], errors: dict[str, str], status: int = 200) -> ResponseReturnValue:
    actor = at_hand.actor()
    with at_hand.db().read() as session:
        places = sites.among(session, actor.sites)
    return render_template("order.html", typed=typed, errors=errors, sites=places), status
