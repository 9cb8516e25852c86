"""What every command needs: settings, database, wires, logging; and errors as one sentence for the terminal."""

from __future__ import annotations

import getpass
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter import settings

if TYPE_CHECKING:
    from reporter.actions.actor import Actor
    from reporter.integration.wires import Wires
    from reporter.store.database import Database


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def stop(sentence: str) -> click.ClickException:
    """An error for the person at the terminal: one sentence, exit code 1, no trace."""
    return click.ClickException(sentence)


def read_settings() -> settings.Settings:
    """The environment, or a sentence about what is wrong in it."""
    try:
        return settings.read()
    except settings.SettingsError as why:
        raise stop(str(why)) from None


def read_wires_file(read: settings.Settings) -> Wires:
    """The wires file, or a sentence about what is wrong in it."""
    from reporter.integration.wires import WiresError, read_wires

    try:
        return read_wires(read.wires)
    except WiresError as why:
        raise stop(str(why)) from None


def database(read: settings.Settings) -> Database:
    """The database, at the right revision and with its guards; else a sentence."""
    from reporter.store.append_only import Unguarded
    from reporter.store.database import Busy, Database, NotMigrated

    if read.database_url.startswith("sqlite:///"):
        Path(read.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    db = Database(read.database_url)
    try:
        db.check()
    except (NotMigrated, Unguarded, Busy) as why:
        raise stop(str(why)) from None
    return db


def set_up_logging(level: str) -> None:
    """Log lines as JSON on standard error: identifiers only, never what a patient is called or has."""
    import structlog

    logging.basicConfig(level=level, stream=sys.stderr, format='{"event": "%(message)s", "logger": "%(name)s"}')
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def system() -> Actor:
    """Whoever sits at the terminal, at every site of the database."""
    from reporter.actions.actor import system as actor
    from reporter.store import sites

    read = read_settings()
    db = database(read)
    with db.read() as session:
        codes = sites.codes(session)
    db.close()
    return actor(f"Command line ({getpass.getuser()})", codes)


def do(act: Any) -> Any:
    """Runs an action on the configured database; a refusal is a sentence."""
    from reporter.actions.refusals import Refused

    db = database(read_settings())
    try:
        return act(db)
    except Refused as why:
        raise stop(" ".join(why.reasons)) from None
    finally:
        db.close()
