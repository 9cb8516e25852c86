"""The delivery board: what went where, what the receiver said, and what waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from reporter.actions import delivery
from reporter.web import at_hand, schemas

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("deliveries", __name__, url_prefix="/deliveries")


@pages.get("")
def show() -> ResponseReturnValue:
    """Every destination at a glance, and each message that has not arrived."""
    board = delivery.board(at_hand.db(), at_hand.actor(), at_hand.now(), at_hand.things().wires.destinations)
    return render_template("deliveries.html", board=board)


@pages.get("/<uuid:message_id>")
def one(message_id: object) -> ResponseReturnValue:
    """One message with its attempts and what the receiver said."""
    shown = delivery.show(at_hand.db(), at_hand.actor(), str(message_id))
    return render_template("delivery.html", shown=shown)


@pages.post("/<uuid:message_id>/resend")
def resend(message_id: object) -> ResponseReturnValue:
    """Let a refused or held message go again: the same bytes under the same id."""
    schemas.read(schemas.Nothing, request.form)
    delivery.resend(at_hand.db(), at_hand.actor(), str(message_id), at_hand.now())
    flash("The message goes out again, unchanged.")
    return redirect(url_for(".show"), 303)


@pages.post("/<uuid:message_id>/set-aside")
def set_aside(message_id: object) -> ResponseReturnValue:
    """Stop trying, with a reason, so that later versions may go."""
    reason = schemas.read(schemas.Reason, request.form)["reason"]
    delivery.set_aside(at_hand.db(), at_hand.actor(), str(message_id), reason, at_hand.now())
    flash("The message is set aside. Later versions of this report can go out.")
    return redirect(url_for(".show"), 303)
