"""Signing in and out. The browser holds a random token in a cookie; who it stands for is known only to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, Flask, flash, g, jsonify, redirect, render_template, request, session, url_for
from flask_wtf.csrf import generate_csrf

from reporter.actions import identity, refusals
from reporter.web import at_hand, errors, schemas

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Response

pages = Blueprint("identity", __name__)
#: The pages that anybody may see. Everything else needs a signed-in person: a new page is closed until listed here.
OPEN = frozenset({"identity.sign_in", "identity.enter", "health.show", "static"})


def install(app: Flask) -> None:
    """Guard every page, and register sign-in and sign-out."""
    app.before_request(guard)
    app.register_blueprint(pages)


def cookie_name() -> str:
    """`__Host-` where the site is behind TLS: such a cookie can't be set by another host or sent in the clear."""
    return "__Host-cmr" if at_hand.things().settings.cookie_secure else "cmr"


def guard() -> ResponseReturnValue | None:
    """Find out who is asking; send strangers to the sign-in page."""
    g.actor = None
    if request.endpoint in OPEN:
        return None
    token = request.cookies.get(cookie_name())
    if token:
        g.actor = identity.resume(
            at_hand.db(), token, at_hand.now(), address=address(), request_id=g.request_id,
            idle=at_hand.things().settings.session_idle,
        )  # fmt: skip
    if g.actor is not None or request.endpoint is None:
        # An unknown address is "not found" for everybody; it tells nothing.
        return None
    if request.accept_mimetypes.best == "application/json":
        said = "What you typed is still on this page. Sign in in another tab, and it is saved."
        return jsonify(title="You are signed out", reasons=[said], sign_in=url_for("identity.sign_in")), 401
    onward = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("identity.sign_in", next=onward))


def address() -> str:
    """Where the request came from, for throttling and the audit log."""
    return request.remote_addr or "unknown"


def ours(path: str | None) -> str:
    """A path on this site to go on to after signing in; anything else becomes the worklist."""
    parts = urlsplit(path or "")
    if not path or parts.scheme or parts.netloc or not path.startswith("/") or path.startswith(("//", "/\\")):
        return url_for("worklist.show")
    return path


@pages.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The sign-in form."""
    return render_template("sign_in.html", onward=request.args.get("next", ""), username="", refusal=None)


@pages.post("/sign-in")
def enter() -> ResponseReturnValue:
    """Check the password; start a session under a new token."""
    asked = schemas.read(schemas.SignIn, request.form)
    onward = ours(asked["next"])
    try:
        token, _actor = identity.sign_in(
            at_hand.db(), asked["username"], asked["password"], address(), at_hand.now(),
            absolute=at_hand.things().settings.session_absolute,
        )  # fmt: skip
    except (refusals.BadCredentials, refusals.Throttled) as refusal:
        status = 429 if isinstance(refusal, refusals.Throttled) else 401
        said = render_template("sign_in.html", onward=asked["next"], username=asked["username"], refusal=refusal)
        return said, status
    session.clear()  # a new form token: one that was planted before sign-in is worth nothing after it
    answer = redirect(onward)
    return _with_cookie(answer, token)


@pages.get("/account")
def account() -> ResponseReturnValue:
    """Who is signed in, and what they can do about it."""
    return render_template("account.html", refusal=None)


@pages.get("/account/token")
def form_token() -> ResponseReturnValue:
    """A form token for the present sign-in and whose it is: for a page that was open while somebody signed in again.

    Another site can't read the answer (no CORS), so it gains nothing by asking.
    """
    return jsonify(who=at_hand.actor().username, token=generate_csrf())


@pages.post("/account/password")
def change_password() -> ResponseReturnValue:
    """Change one's own password. Every other sign-in of this person ends."""
    asked = schemas.read(schemas.Password, request.form)
    try:
        identity.change_password(at_hand.db(), at_hand.actor(), asked["old"], asked["new"], at_hand.now())
    except refusals.Refused as refusal:
        return render_template("account.html", refusal=refusal), errors.told(refusal).status
    flash("Your password is changed. Every other sign-in of yours has ended.")
    return redirect(url_for(".account"), 303)


@pages.post("/account/sign-out-everywhere")
def leave_everywhere() -> ResponseReturnValue:
    """End every sign-in of this person, this one too."""
    schemas.read(schemas.Nothing, request.form)
    identity.revoke_sessions(at_hand.db(), at_hand.actor(), at_hand.actor().key, at_hand.now())
    session.clear()
    return _with_cookie(redirect(url_for(".sign_in"), 303), None)


@pages.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End this session, here and in the database."""
    token = request.cookies.get(cookie_name())
    if token:
        identity.sign_out(at_hand.db(), token, at_hand.now())
    session.clear()
    return _with_cookie(redirect(url_for("identity.sign_in")), None)


def _with_cookie(answer: Response, token: str | None) -> Response:
    secure = at_hand.things().settings.cookie_secure
    if token is None:
        answer.delete_cookie(cookie_name(), path="/", secure=secure, httponly=True, samesite="Lax")
    else:
        answer.set_cookie(cookie_name(), token, path="/", secure=secure, httponly=True, samesite="Lax")
    return answer
