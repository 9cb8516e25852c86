"""The command line: every process and every chore of an installation, one command each.

A command imports its room only when it runs, so that `reporter --help` and a health check stay quick.
"""

from __future__ import annotations

import getpass
import json
import logging
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reporter import __version__, settings

if TYPE_CHECKING:
    from flask import Flask

    from reporter.actions.actor import Actor
    from reporter.integration.wires import Wires
    from reporter.store.database import Database

#: Where the generated documents lie in a checkout.
ROOT = Path(__file__).resolve().parent.parent


def _now() -> datetime:
    return datetime.now(UTC)


def _stop(sentence: str) -> click.ClickException:
    """An error for the person at the terminal: one sentence, exit code 1, no trace."""
    return click.ClickException(sentence)


def _settings() -> settings.Settings:
    try:
        return settings.read()
    except settings.SettingsError as why:
        raise _stop(str(why)) from None


def _wires(read: settings.Settings) -> Wires:
    from reporter.integration.wires import WiresError, read_wires

    try:
        return read_wires(read.wires)
    except WiresError as why:
        raise _stop(str(why)) from None


def _database(read: settings.Settings) -> Database:
    """The database, at the right revision and with its guards; else a sentence."""
    from reporter.store.append_only import Unguarded
    from reporter.store.database import Busy, Database, NotMigrated

    if read.database_url.startswith("sqlite:///"):
        Path(read.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    db = Database(read.database_url)
    try:
        db.check()
    except (NotMigrated, Unguarded, Busy) as why:
        raise _stop(str(why)) from None
    return db


def _log(level: str) -> None:
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


def _system() -> Actor:
    from reporter.actions.actor import system
    from reporter.store import sites

    read = _settings()
    db = _database(read)
    with db.read() as session:
        codes = sites.codes(session)
    db.close()
    return system(f"Command line ({getpass.getuser()})", codes)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reporter")
def main() -> None:
    """Structured reporting for cardiovascular magnetic resonance."""


@main.command()
def migrate() -> None:
    """Bring the database to this program's revision."""
    from reporter.store.database import migrate as bring

    url = _settings().database_url
    bring(url)
    click.echo("The database is at the newest revision.")


def _application() -> Flask:
    from reporter.web.app import create_app

    read = _settings()
    if not read.secret_key:
        raise _stop(
            "REPORTER_SECRET_KEY is not set. Every web worker needs the same key of at least 32 characters, for "
            f"example: export REPORTER_SECRET_KEY={secrets.token_urlsafe(32)}"
        )
    _log(read.log_level)
    return create_app(_database(read), read, _wires(read), _now)


def wsgi() -> Flask:
    """The application for a WSGI server: gunicorn --workers 4 'reporter.cli:wsgi()'."""
    try:
        return _application()
    except click.ClickException as why:
        raise SystemExit(why.format_message()) from None


@main.command()
def web() -> None:
    """Serve the pages with one process (several workers: see the README)."""
    import waitress

    application = _application()
    read = _settings()
    click.echo(f"Serving on http://{read.web_host}:{read.web_port}", err=True)
    waitress.serve(application, host=read.web_host, port=read.web_port, threads=8, ident=None, _quiet=True)


@main.command()
def worker() -> None:
    """Deliver results and sweep for breaches, until stopped. A second one is a harmless standby."""
    from reporter import worker as process

    read = _settings()
    _log(read.log_level)
    process.run(_database(read), _wires(read), read)


@main.command()
def listen() -> None:
    """Take orders in by HL7 over MLLP, until stopped."""
    from reporter import listener

    read = _settings()
    _log(read.log_level)
    listener.run(_database(read), _wires(read), read)


@main.group(name="import")
def import_() -> None:
    """Take data from files."""


@import_.command(name="orders")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", "name", help="The feed of the wires file whose places and maps apply (default: the first).")
def import_orders(file: Path, name: str | None) -> None:
    """Import HL7 order messages from FILE, one after the other, as if they had come over MLLP."""
    from reporter.actions import inbound
    from reporter.actions.refusals import Refused

    read = _settings()
    wires = _wires(read)
    source = next((s for s in wires.sources if name in (None, s.name)), None)
    if source is None:
        raise _stop(f"There is no feed {name!r} in the wires file; it has: {', '.join(s.name for s in wires.sources)}.")
    try:
        result = inbound.import_orders(_database(read), _system(), file.read_bytes(), source, _now())
    except Refused as why:
        raise _stop(" ".join(why.reasons)) from None
    for line in result.lines:
        click.echo(f"{line.number}: {line.message_id or 'no id'}: {'taken' if line.accepted else line.words}")
    click.echo(f"{result.accepted} of {len(result.lines)} taken; what was not waits on the Exceptions page.")
    if result.accepted < len(result.lines):
        sys.exit(1)


@main.group()
def site() -> None:
    """Scanning sites."""


@site.command(name="add")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--organisation", required=True, help="ODS code of the organisation.")
@click.option("--organisation-name", required=True)
@click.option("--nation", type=click.Choice(["england", "wales", "scotland", "northern_ireland"]), default="england")
def site_add(code: str, name: str, organisation: str, organisation_name: str, nation: str) -> None:
    """Add the site with ODS site CODE."""
    from reporter.actions import people
    from reporter.store.sites import Site

    new = Site(code, name, organisation, organisation_name, nation=nation)
    _do(lambda db: people.add_site(db, _system(), new, _now()))
    click.echo(f"{code} was added.")


@site.command(name="close")
@click.argument("code")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--reason", required=True, help="Stands beside the day wherever a due time depends on it.")
def site_close(code: str, day: datetime, reason: str) -> None:
    """Declare DAY (2026-12-24) a day on which site CODE does not work; it then is no working day for its targets."""
    from reporter.actions import people

    _do(lambda db: people.close_site_on(db, _system(), code, day.date(), reason=reason, now=_now()))
    click.echo(f"{code} is closed on {day.date():%d %B %Y}.")


@main.group()
def turnaround() -> None:
    """Due times."""


@turnaround.command(name="explain")
@click.argument("accession")
def turnaround_explain(accession: str) -> None:
    """Say in words how each due time of the study with this ACCESSION number came about."""
    from reporter.actions import reporting
    from reporter.actions import turnaround as clocks
    from reporter.store import worklist

    def say(db: Database) -> None:
        actor = _system()
        with db.read() as session:
            found = worklist.by_accession(session, actor.sites, accession)
        if not found:
            raise _stop(f"There is no study with the accession number {accession}.")
        for row in found:
            for words in clocks.explain(reporting.study_view(db, actor, row.study_id, _now())):
                click.echo(words)

    _do(say)


@main.group(name="people")
def people_() -> None:
    """Accounts."""


@people_.command(name="add")
@click.option("--site", "site_code", required=True, help="ODS code of the home site.")
@click.option("--username", required=True)
@click.option("--name", required=True, help="As printed on reports.")
@click.option(
    "--role",
    required=True,
    type=click.Choice(["trainee", "consultant", "clinical_lead", "radiographer", "auditor", "admin"]),
)
@click.option("--grade", help="Grade and position, as printed on reports.")
@click.option("--registration", nargs=2, metavar="BODY NUMBER", help="For example: GMC 7000000.")
@click.option("--also-at", multiple=True, metavar="SITE", help="Further sites.")
def people_add(
    *,
    site_code: str,
    username: str,
    name: str,
    role: str,
    grade: str | None,
    registration: tuple[str, str] | None,
    also_at: tuple[str, ...],
) -> None:
    """Add a person; the password is asked for and not shown. Accreditations are recorded on the People page."""
    from reporter.actions import people

    password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    body, number = registration or (None, None)
    new = people.NewPerson(
        site_code=site_code,
        username=username,
        password=password,
        name=name,
        role=role,
        grade=grade,
        registration_body=body,
        registration_number=number,
        sites=also_at,
    )
    _do(lambda db: people.add_person(db, _system(), new, _now()))
    click.echo(f"{username} was added.")


def _do(act: Any) -> Any:
    """Runs an action on the configured database; a refusal is a sentence."""
    from reporter.actions.refusals import Refused

    db = _database(_settings())
    try:
        return act(db)
    except Refused as why:
        raise _stop(" ".join(why.reasons)) from None
    finally:
        db.close()


@main.group()
def audit() -> None:
    """The audit log."""


@audit.command(name="verify")
@click.option("--json", "as_json", is_flag=True, help="Print the digest as JSON, to be kept on another machine.")
def audit_verify(*, as_json: bool) -> None:
    """Verify the hash chain of every site. Exit code 2 when one was tampered with."""
    from reporter.actions import audit as chain

    found = _do(chain.verify)
    if as_json:
        heads = [{"site": v.site_code, "ok": v.ok, "seq": v.count, "head": v.head} for v in found]
        click.echo(json.dumps({"at": _now().isoformat(), "chains": heads}))
    else:
        for one in found:
            click.echo(f"{one.site_code}: {one}")
    if not all(one.ok for one in found):
        sys.exit(2)


@main.command(name="check-templates")
@click.option("--release", metavar="NAME.vN", help="Release a template that its owner has agreed to: freeze its files.")
def check_templates(release: str | None) -> None:
    """Say what is wrong with the report templates: file, line and remedy."""
    from reporter import templates

    if release:
        try:
            text = templates.with_release(release)
        except (KeyError, ValueError) as why:
            raise _stop(str(why.args[0])) from None
        (Path(templates.__file__).parent / "RELEASED").write_text(text, "utf-8")
        click.echo(f"{release} is released; its files no longer change.")
    faults = templates.check()
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        sys.exit(1)
    count = len(templates.all())
    click.echo(f"{count} templates are in order.")


@main.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a document is stale.")
def docs(*, check: bool) -> None:
    """Write the generated documents anew."""
    from reporter import templates
    from reporter.governance.cards import describe_rules

    pages = {
        "settings.md": settings.describe(),
        "templates.md": templates.describe_templates(),
        "governance.md": describe_rules(),
    }
    stale = []
    for name, text in pages.items():
        path = ROOT / "docs" / name
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if not check:
                path.write_text(text, "utf-8")
    if check and stale:
        raise _stop(f"Stale: docs/{', docs/'.join(stale)}. Run: ./run docs")
    click.echo(f"Written: {', '.join(stale)}." if stale else "The generated documents are fresh.")


@main.command()
@click.option("--once", is_flag=True, help="Without a browser: one order, drafted, signed, delivered; then stop.")
@click.option("--json", "as_json", is_flag=True, help="With --once: print one JSON object and nothing else.")
@click.option("--fresh", is_flag=True, help="Begin again with new data.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/demo"), help="Where the demo's data live.")
def demo(*, once: bool, as_json: bool, fresh: bool, folder: Path) -> None:
    """Run the whole main job on this machine, with invented patients."""
    _log("WARNING")
    if once:
        from reporter.demo import once as one_report

        sys.exit(one_report.run(as_json=as_json))
    from reporter.demo import everything

    sys.exit(everything.run(folder, fresh=fresh))


if __name__ == "__main__":
    main()
