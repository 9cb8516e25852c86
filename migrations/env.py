"""How Alembic meets the database: one lock, one transaction, batch mode on SQLite."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import create_engine, text

from reporter.store.tables import metadata
from reporter.store.types import Instant, JsonText

#: Any number that is only ours: pg_advisory_xact_lock takes a bigint.
MIGRATION_LOCK = 7_402_951_118


def render_item(type_: str, item: object, _context: object) -> str | bool:
    """Our column types are written into a revision as what they are underneath: revisions import nothing of ours."""
    if type_ == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if type_ == "type" and isinstance(item, JsonText):
        return "sa.Text()"
    return False


def run() -> None:
    """Runs the wanted migrations. Two starts at once wait for each other here and migrate once."""
    url = context.config.get_main_option("sqlalchemy.url") or os.environ.get("REPORTER_DATABASE_URL")
    if not url:
        raise SystemExit("Which database? Set REPORTER_DATABASE_URL, for example sqlite:///var/reporter.sqlite3")
    engine = create_engine(url, hide_parameters=True)
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if is_sqlite:
            # sqlite3 would commit before each CREATE; by hand the whole migration is one transaction, and locked.
            connection.connection.driver_connection.isolation_level = None
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            connection.exec_driver_sql("PRAGMA busy_timeout = 60000")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=is_sqlite,
            render_item=render_item,
            compare_type=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
