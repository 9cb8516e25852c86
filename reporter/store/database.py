"""One database, SQLite or PostgreSQL, with write transactions that can't lose each other's updates."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session as Session  # noqa: PLC0414  # other rooms name it in their signatures

from reporter.store import append_only

#: How long a writer waits for another before giving up. Signing takes milliseconds; this is for a backup's lock.
BUSY_SECONDS = 15

_SQLITE_UNIQUE = {1555, 2067}  # SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE
_SQLITE_BUSY = {5, 6, 10, 13}  # SQLITE_BUSY, _LOCKED, _IOERR, _FULL
_PG_UNIQUE = "23505"


class AlreadyThere(Exception):
    """A row with the same unique key was written first, by somebody else or by an earlier try. Nothing was written."""


class Busy(Exception):
    """The database could not be had in time. Nothing was written; trying again is right."""


class RuleBroken(Exception):
    """A row broke a rule that the database keeps (a check or a foreign key): a fault in the program."""


class AppendOnly(Exception):
    """Something tried to change or delete what may only be added to. A trigger refused it."""


class NotMigrated(RuntimeError):
    """The database is not at the revision that this program was written for."""


class Database:
    """A connection pool with `begin()` for writing and `read()` for reading; each yields a Session.

    Both databases run the same code. On SQLite a write transaction starts with BEGIN IMMEDIATE: without it a
    read-then-write transaction silently loses updates. Bind values never appear in exceptions.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and not self.url.database:
            raise ValueError("A database in memory can't be shared between processes. Name a file: sqlite:///path.")
        self._engine = _engine(self.url, pool_size=pool_size, is_sqlite=self.is_sqlite)
        self._writing = self._engine.execution_options(reporter_writes=True)
        # psycopg puts these into BEGIN itself: a read sees one moment, and can't write by mistake.
        reading = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading = self._engine.execution_options(**reading)
        # SQLite's own waiting sleeps in steps of up to 100 ms; inside one process the next writer goes at once.
        self._turn: AbstractContextManager[Any] = threading.Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A write transaction: committed when the block ends, rolled back when it raises.

        Raises AlreadyThere on a unique key already taken, Busy when the database can't be had in time.
        """
        with self._turn, _translated(), Session(self._writing, expire_on_commit=False) as session, session.begin():
            # SQLite takes its lock with the first statement's BEGIN IMMEDIATE; take it before anything is read.
            session.connection()
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A read transaction: one consistent moment, never blocked by a writer."""
        with _translated(), Session(self._reading) as session, session.begin():
            yield session

    def check(self) -> None:
        """Raises when the database is at another revision or no longer guards what was signed."""
        with self.read() as session:
            revision = MigrationContext.configure(session.connection()).get_current_revision()
            wanted = ScriptDirectory.from_config(_alembic(self.url.render_as_string(False))).get_current_head()
            if revision != wanted:
                raise NotMigrated(
                    f"The database is at revision {revision or 'none'}, this program needs {wanted}. "
                    "Run: reporter migrate"
                )
            append_only.check(session)

    def close(self) -> None:
        """Closes every pooled connection."""
        self._engine.dispose()


def migrate(url: str, revision: str = "head") -> None:
    """Brings a database to a revision, holding a lock so that two starts at once migrate once."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(_alembic(url), revision)


def migrations_folder() -> Path:
    """Where the migrations lie: beside the package in a checkout, inside it in an installed wheel."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package.parent / "migrations", package / "_migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise FileNotFoundError("The migrations are not beside the package. Reinstall CMR Reporter.")


def _alembic(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def _engine(url: Any, *, pool_size: int, is_sqlite: bool) -> Engine:
    if is_sqlite:
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=pool_size,
            max_overflow=50,
            connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, hide_parameters=True, pool_size=pool_size, max_overflow=50, pool_pre_ping=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # NORMAL may lose the last commits on a power cut; a signature that was shown as done must not be lost.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA recursive_triggers = ON")  # else INSERT OR REPLACE deletes past the triggers
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("reporter_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _translated() -> Iterator[None]:
    """SQL's exceptions in our words, so that no other room needs to know SQLAlchemy."""
    try:
        yield
    except (IntegrityError, ProgrammingError) as error:
        if "append-only: " in str(error.orig):
            raise AppendOnly(str(error.orig).partition("\n")[0]) from None
        if isinstance(error, ProgrammingError):
            raise
        if getattr(error.orig, "sqlite_errorcode", None) in _SQLITE_UNIQUE or (
            getattr(error.orig, "sqlstate", None) == _PG_UNIQUE
        ):
            raise AlreadyThere("A row with the same key was written first.") from None
        # PostgreSQL puts the whole failing row into its message: that may not reach a log.
        rule = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        raise RuleBroken(f"The database refused a row that breaks a rule ({rule or 'foreign key or check'}).") from None
    except DataError:
        raise RuleBroken("The database refused a value that is too long or can't be stored.") from None
    except OperationalError as error:
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code is not None and code & 0xFF not in _SQLITE_BUSY:
            raise
        raise Busy("The database could not be had: it is away, full, or another writer held it too long.") from None
