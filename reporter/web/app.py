"""The web application: one Flask app made from what it is given, with nothing read from the environment."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request, url_for
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChainableUndefined, ChoiceLoader, FileSystemLoader, PackageLoader
from werkzeug.middleware.proxy_fix import ProxyFix

import reporter
from reporter.cmr import units
from reporter.report import signing as preparing
from reporter.web import (
    at_hand,
    bullseye,
    errors,
    forms,
    headers,
    identity,
    messages,
    rangebar,
    showing,
    subjects,
)

if TYPE_CHECKING:
    from reporter.settings import Settings

log = logging.getLogger("reporter.web")
HERE = Path(__file__).parent
#: A report with every free-text field full is about 100 kB; a file of orders may be larger, and 2 MiB is plenty.
LARGEST_REQUEST = 2 * 1024 * 1024


class ReporterApp(Flask):
    """Flask, but escaping in every template whatever its file is called: `.jinja` isn't escaped by default."""

    jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "undefined": ChainableUndefined}  # noqa: RUF012

    def select_jinja_autoescape(self, filename: str | None) -> bool:  # noqa: ARG002 — always, whatever the name
        """Always."""
        return True


def create_app(db: Any, settings: Settings, wires: Any, clock: Callable[[], datetime]) -> Flask:
    """The application over a database, for one process. `clock()` gives the present instant, aware, in UTC."""
    # The folder is called pages because Flask's default, templates, is the clinical templates' name in this house.
    app = ReporterApp(__name__, template_folder="pages", static_folder="static", static_url_path="/static")
    app.config.update(_config(settings))
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(HERE / "pages"), PackageLoader("nhsuk_frontend_jinja", "templates")]
    )
    at_hand.keep(app, at_hand.AtHand(db, settings, wires, clock))
    if settings.proxies:
        # Only so many entries are believed, from the right: what a caller wrote themselves stands further left.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=1, x_host=0, x_port=0, x_prefix=0)  # type: ignore[method-assign]
    _name_requests(app)
    headers.install(app, secure=settings.cookie_secure)
    errors.install(app)
    identity.install(app)
    CSRFProtect(app)
    for subject in subjects.ALL:
        app.register_blueprint(subject)
    app.jinja_env.filters.update(showing.FILTERS)
    app.jinja_env.globals.update(showing.FUNCTIONS)
    app.jinja_env.filters["printed_unit"] = units.shown
    app.jinja_env.globals.update(
        asset=_asset,
        now=at_hand.now,
        menu=subjects.menu,
        may_open=subjects.may_open,
        version=reporter.__version__,
        BLANK=showing.BLANK,
        look=forms.look,
        in_the_way=preparing.in_the_way,
        marks=forms.MARKS,
        range_bar=rangebar.bar,
        bullseye=bullseye.picture,
        document_map=bullseye.of_document,
        map_words=bullseye.words,
        readable=messages.readable,
    )
    return app


def _config(settings: Settings) -> dict[str, Any]:
    # __Host- ties the cookie to this host and to https; a browser refuses the name on plain http.
    prefix = "__Host-" if settings.cookie_secure else ""
    return {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_MEMORY_SIZE": LARGEST_REQUEST,
        "MAX_FORM_PARTS": 2_000,
        "SESSION_COOKIE_NAME": f"{prefix}cmr-csrf",
        "SESSION_COOKIE_SECURE": settings.cookie_secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        # A form that was open over lunch must still save.
        "WTF_CSRF_TIME_LIMIT": None,
        # Its own check wants a Referer, which our Referrer-Policy withholds; headers.py looks at Sec-Fetch-Site.
        "WTF_CSRF_SSL_STRICT": False,
    }


def _name_requests(app: Flask) -> None:
    """Each request has an id, shown on error pages and written in the log. The log never carries what was sent."""

    @app.before_request
    def name_it() -> None:
        g.request_id = secrets.token_hex(6)

    @app.after_request
    def say_it(answer: Response) -> Response:
        answer.headers["X-Request-Id"] = g.get("request_id", "none")
        if request.endpoint != "static":
            log.info("%s %s %s", g.get("request_id", "none"), request.endpoint or "no page", answer.status_code)
        return answer


@cache
def _version_of(name: str) -> str:
    path = HERE / "static" / name
    if not path.is_file():
        raise FileNotFoundError(f"{name} is missing from reporter/web/static; run `python tools/front_end.py`.")
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _asset(name: str) -> str:
    """The address of a static file, with its content's hash so that a browser may keep it for ever."""
    return url_for("static", filename=name, v=_version_of(name))
