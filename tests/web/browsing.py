"""A browser without eyes: keeps cookies, finds the form token, posts what a page would post."""

from __future__ import annotations

import re
from typing import Any

from tests.builders import PASSWORD

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """A signed-in (or not) visitor of an application."""

    def __init__(self, app: Any, who: str | None = None) -> None:
        self.client = app.test_client()
        self.token = ""
        if who is not None:
            self.get("/sign-in")
            answer = self.post("/sign-in", username=who, password=PASSWORD, next="")
            assert answer.status_code == 302, answer.text
            # The token was renewed by signing in: any page has the new one.
            self.get("/account")

    def get(self, path: str, **headers: str) -> Any:
        """Open a page."""
        answer = self.client.get(path, headers=headers)
        self._look_for_token(answer)
        return answer

    def post(self, path: str, _headers: dict[str, str] | None = None, **fields: Any) -> Any:
        """Post a form as the page would, token included."""
        answer = self.client.post(path, data={"csrf_token": self.token, **fields}, headers=_headers or {})
        self._look_for_token(answer)
        return answer

    def _look_for_token(self, answer: Any) -> None:
        if answer.mimetype == "text/html":
            found = TOKEN.search(answer.text)
            if found:
                self.token = found[1]
