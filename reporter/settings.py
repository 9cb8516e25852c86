"""The environment, read once into one frozen object. Standard library only.

Every variable starts with ``REPORTER_``. One that is not known here stops the start: a misspelt setting that is
silently ignored is how a department runs for a year on a default.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path


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


def _secret(name: str, text: str) -> str:
    if len(text) < 32:
        example = "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        raise SettingsError(f"{name} has {len(text)} characters; it needs at least 32. Make one with: {example}")
    return text


#: Variable → (field, how its text is read). The page docs/settings.md is generated from this table.
VARIABLES = {
    "REPORTER_DATABASE_URL": ("database_url", lambda _name, text: text),
    "REPORTER_SECRET_KEY": ("secret_key", _secret),
    "REPORTER_WIRES": ("wires", lambda _name, text: Path(text)),
    "REPORTER_COOKIE_SECURE": ("cookie_secure", _flag),
    "REPORTER_WEB_HOST": ("web_host", lambda _name, text: text),
    "REPORTER_WEB_PORT": ("web_port", lambda name, text: _number(name, text, 1, 65535)),
    "REPORTER_LISTEN_HOST": ("listen_host", lambda _name, text: text),
    "REPORTER_LISTEN_PORT": ("listen_port", lambda name, text: _number(name, text, 1, 65535)),
    "REPORTER_SESSION_IDLE_MINUTES": (
        "session_idle",
        lambda name, text: timedelta(minutes=_number(name, text, 1, 720)),
    ),
    "REPORTER_SESSION_ABSOLUTE_HOURS": (
        "session_absolute",
        lambda name, text: timedelta(hours=_number(name, text, 1, 24)),
    ),
    "REPORTER_LOG_LEVEL": ("log_level", lambda _name, text: text.upper()),
}


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises SettingsError with a sentence naming the variable."""
    env = os.environ if environment is None else environment
    unknown = sorted(name for name in env if name.startswith("REPORTER_") and name not in VARIABLES)
    if unknown:
        known = ", ".join(VARIABLES)
        raise SettingsError(f"{', '.join(unknown)} is not a setting of CMR Reporter. The settings are: {known}.")
    values = {field_name: take(name, env[name]) for name, (field_name, take) in VARIABLES.items() if name in env}
    return Settings(**values)


def throwaway_secret() -> str:
    """A key for one process that lives as long as a demo or a test."""
    return secrets.token_urlsafe(32)
