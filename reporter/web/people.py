"""People: who works here, what they are accredited for, and who can be asked about a case now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from reporter.actions import identity, people
from reporter.web import at_hand, schemas, showing

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("people", __name__, url_prefix="/people")
#: An accreditation that runs out within this time is pointed out.
SOON = timedelta(days=60)


@pages.get("")
def show() -> ResponseReturnValue:
    """Everybody at one's sites."""
    page = people.people_page(at_hand.db(), at_hand.actor(), at_hand.now())
    today = at_hand.now().astimezone(showing.LONDON).date()
    names = {line.person.id: line.person.name for line in page.people}
    return render_template("people.html", page=page, today=today, soon=today + SOON, names=names)


@pages.post("/available")
def available() -> ResponseReturnValue:
    """Say until when one can be asked about a trainee's case, or that one no longer can."""
    written = schemas.read(schemas.Until, request.form)["until"]
    until = schemas.london_moment(written) if written else None
    people.set_availability(at_hand.db(), at_hand.actor(), until, at_hand.now())
    flash("Trainees can hand in drafts while you are available." if until else "You are no longer shown as available.")
    return redirect(url_for(".show"), 303)


@pages.post("/<uuid:person_id>/end-sessions")
def end_sessions(person_id: object) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    schemas.read(schemas.Nothing, request.form)
    ended = identity.revoke_sessions(at_hand.db(), at_hand.actor(), str(person_id), at_hand.now())
    flash(f"{ended} sign-in{'s' if ended != 1 else ''} ended.")
    return redirect(url_for(".show"), 303)
