"""Refusals and faults as pages: what happened, why, what can be done now. Only here is HTTP spoken."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, g, jsonify, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from reporter.actions import refusals

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

log = logging.getLogger("reporter.web")


@dataclass(frozen=True, slots=True)
class Told:
    """How one kind of refusal is told: status, heading, and what to do next."""

    status: int
    title: str
    what_now: str


#: Found by the exception's class; a class's own row comes before that of its parents.
TOLD: dict[type[BaseException], Told] = {
    refusals.NotPermitted: Told(403, "You can't do this", "Ask somebody who can, or go back to what you were doing."),
    # The same page for "not there" and "not yours": a difference would tell who has been scanned where.
    refusals.NotFound: Told(404, "Page not found", "Check the address, or look for the study on the worklist."),
    refusals.Conflict: Told(409, "Somebody was quicker", "Open the study again to see how it stands now."),
    refusals.NotReady: Told(422, "This isn't ready yet", "Put the points below right, then try again."),
    refusals.Invalid: Told(422, "Some answers can't be used", "Put the points below right, then send it again."),
    refusals.BadCredentials: Told(401, "You are not signed in", "Sign in with your own user name and password."),
    refusals.Throttled: Told(429, "Too many attempts", "Wait as said above, then try again."),
}
PLAIN = {
    400: ("This request can't be used", "Go back, reload the page and try again."),
    403: ("This was not accepted", "Go back, reload the page and try again. Nothing was changed."),
    404: (TOLD[refusals.NotFound].title, TOLD[refusals.NotFound].what_now),
    405: ("This address is not for that", "Go back and use the button on the page."),
    413: ("This is too large", "The limit is 2 MB. Split a file of orders and send the parts."),
}


def install(app: Flask) -> None:
    """Register the pages below."""
    app.register_error_handler(refusals.Refused, refused)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(HTTPException, plain)
    app.register_error_handler(Exception, unexpected)


def told(error: refusals.Refused) -> Told:
    """The row for a refusal, its own or its nearest parent's."""
    return next((TOLD[kind] for kind in type(error).__mro__ if kind in TOLD), Told(422, "This was refused", "Go back."))


def refused(error: refusals.Refused) -> ResponseReturnValue:
    """A refusal with its reasons. A refusal to find something never says what was looked for."""
    how = told(error)
    if how.status == 404:
        return page(404, how.title, how.what_now)
    return page(how.status, how.title, how.what_now, tuple(error.reasons))


def stale_form(error: CSRFError) -> ResponseReturnValue:
    """A post without this browser's own token: another site, or a page from before sign-in."""
    log.warning("%s refused a post without a valid token: %s", g.get("request_id"), error.description)
    return page(
        403,
        "This page is out of date",
        "Go back, reload the page and try again. Nothing was changed.",
        ("The form does not belong to your present sign-in.",),
    )


def plain(error: HTTPException) -> ResponseReturnValue:
    """What Flask and Werkzeug refuse: unknown address, wrong method, too large."""
    status = error.code or 500
    if status < 400:
        return error.get_response()
    title, what_now = PLAIN.get(status, ("This can't be done", "Go back and try again."))
    said = error.description if status in {400, 403} and error.description else None
    body, code = page(status, title, what_now, (said,) if said else ())
    allowed = {"Allow": ", ".join(error.valid_methods or ())} if isinstance(error, MethodNotAllowed) else {}
    return body, code, allowed


def unexpected(error: Exception) -> ResponseReturnValue:
    """A fault of ours. The page names the request and nothing else; the log has the trace."""
    log.error("%s %s failed: %s", g.get("request_id"), request.endpoint, _traced(error))
    return page(
        500,
        "Something went wrong on our side",
        "Nothing you saved is lost. Try again; if it happens again, tell whoever runs this service the number below.",
    )


def _traced(error: BaseException) -> str:
    """Kind and places of a fault and of those that led to it. Never their text: it may hold what was sent or stored."""
    said: list[str] = []
    linked: BaseException | None = error
    while linked is not None and len(said) < 5:
        frames = traceback.extract_tb(linked.__traceback__)
        places = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
        said.append(f"{type(linked).__name__} at {places or '?'}")
        linked = linked.__cause__ or linked.__context__
    return "; after ".join(said)


def page(status: int, title: str, what_now: str, reasons: tuple[str, ...] = ()) -> tuple[str | Response, int]:
    """The refusal as a page, or as JSON where a script asked."""
    if request.accept_mimetypes.best == "application/json":
        return jsonify(title=title, reasons=reasons, what_now=what_now, request_id=g.get("request_id")), status
    button = _button()
    body = render_template("error.html", status=status, title=title, reasons=reasons, what_now=what_now, button=button)
    return body, status


def _button() -> tuple[str, str]:
    """Where to go from here: back to the study that this was about, else the worklist."""
    study_id = (request.view_args or {}).get("study_id")
    if study_id and request.method == "POST":
        return url_for("study.show", study_id=study_id), "Back to the study"
    if g.get("actor") is None:
        return url_for("identity.sign_in"), "Sign in"
    return url_for("worklist.show"), "Go to the worklist"
