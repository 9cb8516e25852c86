"""What every answer says to the browser: run nothing that isn't ours, keep nothing, be framed by nobody."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, request

# No nonce and no 'unsafe-inline': every style and script is a file of ours. `form-action` stops an injected form from
# posting a report elsewhere. OWASP ASVS 5.0, 3.4.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
ONE_YEAR = "max-age=31536000; includeSubDomains"
#: A static file carries its content's hash in its address, so it may be kept; a page with a patient on it never is.
KEEP_STATIC = "public, max-age=31536000, immutable"
CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def install(app: Flask, *, secure: bool) -> None:
    """Refuse posts that come from another site, and put the headers on every answer."""

    @app.before_request
    def refuse_other_sites() -> None:
        if request.method in CHANGES and not came_from_us(request):
            abort(403, "This was sent from another site, so nothing was done.")

    @app.after_request
    def set_headers(answer: Response) -> Response:
        for name, value in HEADERS.items():
            answer.headers[name] = value
        if request.endpoint == "static" and answer.status_code in {200, 304}:
            answer.headers["Cache-Control"] = KEEP_STATIC if "v" in request.args else "no-cache"
        else:
            answer.headers["Cache-Control"] = "no-store"
        if secure:
            answer.headers["Strict-Transport-Security"] = ONE_YEAR
        return answer


def came_from_us(asked: Request) -> bool:
    """Whether a request that changes something started on our own pages (Fetch Metadata, else the Origin header)."""
    site = asked.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = asked.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == asked.host
