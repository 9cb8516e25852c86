"""The exceptions page: messages that came in and could not be used, in words, with what to do about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from reporter.actions import inbound
from reporter.web import at_hand, schemas

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("messages", __name__, url_prefix="/exceptions")


@pages.get("")
def show() -> ResponseReturnValue:
    """What waits for a person, oldest first."""
    db, actor = at_hand.db(), at_hand.actor()
    waiting = inbound.list_exceptions(db, actor)
    return render_template("exceptions.html", waiting=waiting, in_all=inbound.count_exceptions(db, actor))


@pages.post("/<uuid:message_id>/reprocess")
def reprocess(message_id: object) -> ResponseReturnValue:
    """Try the kept bytes again, after the cause was put right."""
    schemas.read(schemas.Nothing, request.form)
    inbound.reprocess(at_hand.db(), at_hand.actor(), str(message_id), at_hand.now(), at_hand.things().wires)
    flash("The message was read again and could be used.")
    return redirect(url_for(".show"), 303)


@pages.post("/<uuid:message_id>/close")
def close(message_id: object) -> ResponseReturnValue:
    """Close without using it, with a reason."""
    reason = schemas.read(schemas.Reason, request.form)["reason"]
    inbound.close_exception(at_hand.db(), at_hand.actor(), str(message_id), reason, at_hand.now())
    flash("The message is closed. Its bytes are kept.")
    return redirect(url_for(".show"), 303)


def readable(raw: bytes) -> str:
    """A message's bytes for the eye: one segment a line, and what can't be decoded as its code."""
    return raw.decode("utf-8", "backslashreplace").replace("\r\n", "\n").replace("\r", "\n")
