"""The environment, read once into one frozen object. Standard library only.

Every variable starts with ``REPORTER_``. One that is not known here stops the start: a misspelt setting that is
silently ignored is how a department runs for a year on a default.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any


class SettingsError(ValueError):
    """The environment can't be used; the text says which variable, why, and what to set instead."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process of CMR Reporter was told by its environment."""

    #: SQLAlchemy URL. SQLite by default; `postgresql+psycopg://user@host/name` for PostgreSQL.
    database_url: str = "sqlite:///var/reporter.sqlite3"
    #: Signs the CSRF token. At least 32 characters; every web worker of one installation needs the same.
    secret_key: str = field(default="", repr=False)
    #: TOML file naming the feeds that come in and the destinations that results go to.
    wires: Path | None = None
    #: False only for a demo or a test on plain http; a hospital's installation is behind TLS.
    cookie_secure: bool = True
    #: How many proxies of one's own stand before the pages; from each one's word the caller's address is taken.
    proxies: int = 0
    #: Host and port that `reporter web` binds.
    web_host: str = "127.0.0.1"
    web_port: int = 8000
    #: Host and port that `reporter listen` binds for HL7 by MLLP.
    listen_host: str = "127.0.0.1"
    listen_port: int = 2575
    #: Sign-in ends after this long without a request, and at the latest after `session_absolute`.
    session_idle: timedelta = timedelta(minutes=15)
    session_absolute: timedelta = timedelta(hours=12)
    log_level: str = "INFO"


def _flag(name: str, text: str) -> bool:
    if text not in {"0", "1"}:
        raise SettingsError(f"{name} is {text!r}; it takes 1 (yes) or 0 (no).")
    return text == "1"


def _number(name: str, text: str, lowest: int, highest: int) -> int:
    if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
        raise SettingsError(f"{name} is {text!r}; it takes a whole number from {lowest} to {highest}.")
    return int(text)


def _level(name: str, text: str) -> str:
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise SettingsError(f"{name} is {text!r}; it takes DEBUG, INFO, WARNING or ERROR.")
    return text.upper()


def _secret(name: str, text: str) -> str:
    if len(text) < 32:
        example = "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        raise SettingsError(f"{name} has {len(text)} characters; it needs at least 32. Make one with: {example}")
    return text


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: the field it sets, how its text is read, and what it is for."""

    field_name: str
    take: Callable[[str, str], object]
    says: str


def _text(_name: str, text: str) -> str:
    return text


#: The page docs/settings.md is generated from this table.
VARIABLES: dict[str, Variable] = {
    "REPORTER_DATABASE_URL": Variable(
        "database_url",
        _text,
        "Where the data live. SQLite by default; `postgresql+psycopg://user@host/name` for PostgreSQL.",
    ),
    "REPORTER_SECRET_KEY": Variable(
        "secret_key",
        _secret,
        "Signs the form tokens; at least 32 characters, the same for every web worker. `reporter web` refuses to "
        "start without it.",
    ),
    "REPORTER_WIRES": Variable(
        "wires", lambda _name, text: Path(text), "TOML file naming the feeds that come in and the destinations."
    ),
    "REPORTER_COOKIE_SECURE": Variable(
        "cookie_secure", _flag, "0 only for a trial on plain http; an installation stands behind TLS."
    ),
    "REPORTER_PROXIES": Variable(
        "proxies",
        lambda name, text: _number(name, text, 0, 5),
        "How many proxies of your own stand before the pages (the TLS proxy is one). The caller's address, which slows "
        "down who guesses passwords and stands in the audit log, is then taken from X-Forwarded-For; with 0 everybody "
        "has the proxy's.",
    ),
    "REPORTER_WEB_HOST": Variable("web_host", _text, "Address that `reporter web` binds."),
    "REPORTER_WEB_PORT": Variable(
        "web_port", lambda name, text: _number(name, text, 1, 65535), "Port that `reporter web` binds."
    ),
    "REPORTER_LISTEN_HOST": Variable("listen_host", _text, "Address that `reporter listen` binds for HL7 by MLLP."),
    "REPORTER_LISTEN_PORT": Variable(
        "listen_port", lambda name, text: _number(name, text, 1, 65535), "Port that `reporter listen` binds."
    ),
    "REPORTER_SESSION_IDLE_MINUTES": Variable(
        "session_idle",
        lambda name, text: timedelta(minutes=_number(name, text, 1, 720)),
        "Minutes without a request after which a sign-in ends. A draft is saved as it is typed; nothing is lost.",
    ),
    "REPORTER_SESSION_ABSOLUTE_HOURS": Variable(
        "session_absolute",
        lambda name, text: timedelta(hours=_number(name, text, 1, 24)),
        "Hours after which a sign-in ends in any case.",
    ),
    "REPORTER_LOG_LEVEL": Variable("log_level", _level, "DEBUG, INFO, WARNING or ERROR. No level logs patient data."),
}


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises SettingsError with a sentence naming the variable."""
    env = os.environ if environment is None else environment
    unknown = sorted(name for name in env if name.startswith("REPORTER_") and name not in VARIABLES)
    if unknown:
        known = ", ".join(VARIABLES)
        raise SettingsError(f"{', '.join(unknown)} is not a setting of CMR Reporter. The settings are: {known}.")
    values: dict[str, Any] = {v.field_name: v.take(name, env[name]) for name, v in VARIABLES.items() if name in env}
    return Settings(**values)


def describe() -> str:
    """The page docs/settings.md: every variable, its default and what it is for."""
    defaults = Settings()
    rows = [
        f"| `{name}` | {_shown(getattr(defaults, variable.field_name))} | {variable.says} |"
        for name, variable in VARIABLES.items()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "Generated by `reporter docs` from `reporter/settings.py`; do not edit.",
            "",
            "Every process reads its environment once at the start. A variable that starts with `REPORTER_` and is not",
            "in this table stops the start.",
            "",
            "| variable | default | what it is for |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _shown(value: object) -> str:
    if value in (None, ""):
        return "none"
    if isinstance(value, bool):
        return "`1`" if value else "`0`"
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds() // 60)
        return f"`{minutes // 60 if minutes >= 60 else minutes}`"
    return f"`{value}`"


def throwaway_secret() -> str:
    """A key for one process that lives as long as a demo or a test."""
    return secrets.token_urlsafe(32)
