"""The command line: every process and every chore of an installation, one command each.

A command imports its room only when it runs, so that `reporter --help` and a health check stay quick.
"""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reporter import __version__, settings
from reporter.cli import department
from reporter.cli.common import database, do, now, read_settings, read_wires_file, set_up_logging, stop, system

if TYPE_CHECKING:
    from flask import Flask

#: Where the generated documents lie in a checkout.
ROOT = Path(__file__).resolve().parents[2]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reporter")
def main() -> None:
    """Structured reporting for cardiovascular magnetic resonance."""


@main.command()
def migrate() -> None:
    """Bring the database to this program's revision."""
    from reporter.store.database import migrate as bring

    url = read_settings().database_url
    bring(url)
    click.echo("The database is at the newest revision.")


def _application() -> Flask:
    from reporter.web.app import create_app

    read = read_settings()
    if not read.secret_key:
        raise stop(
            "REPORTER_SECRET_KEY is not set. Every web worker needs the same key of at least 32 characters, for "
            f"example: export REPORTER_SECRET_KEY={secrets.token_urlsafe(32)}"
        )
    set_up_logging(read.log_level)
    return create_app(database(read), read, read_wires_file(read), now)


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
    read = read_settings()
    click.echo(f"Serving on http://{read.web_host}:{read.web_port}", err=True)
    waitress.serve(application, host=read.web_host, port=read.web_port, **_serving(read), _quiet=True)


def _serving(read: settings.Settings) -> dict[str, object]:
    """How waitress serves: a body that the pages would refuse is not taken in first, and a silent caller is cut."""
    from reporter.web.app import LARGEST_REQUEST

    return {
        "threads": 8,
        "ident": None,
        "max_request_body_size": LARGEST_REQUEST + 64 * 1024,
        "max_request_header_size": 32 * 1024,
        "channel_timeout": 30,
        "connection_limit": 500,
        "clear_untrusted_proxy_headers": not read.proxies,
    }


@main.command()
def worker() -> None:
    """Deliver results and sweep for breaches, until stopped. A second one is a harmless standby."""
    from reporter import worker as process

    read = read_settings()
    set_up_logging(read.log_level)
    process.run(database(read), read_wires_file(read), read)


@main.command()
def listen() -> None:
    """Take orders in by HL7 over MLLP, until stopped."""
    from reporter import listener

    read = read_settings()
    set_up_logging(read.log_level)
    listener.run(database(read), read_wires_file(read), read)


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

    read = read_settings()
    wires = read_wires_file(read)
    source = next((s for s in wires.sources if name in (None, s.name)), None)
    if source is None:
        raise stop(f"There is no feed {name!r} in the wires file; it has: {', '.join(s.name for s in wires.sources)}.")
    try:
        result = inbound.import_orders(database(read), system(), file.read_bytes(), source, now())
    except Refused as why:
        raise stop(" ".join(why.reasons)) from None
    for line in result.lines:
        click.echo(f"{line.number}: {line.message_id or 'no id'}: {'taken' if line.accepted else line.words}")
    click.echo(f"{result.accepted} of {len(result.lines)} taken; what was not waits on the Exceptions page.")
    if result.accepted < len(result.lines):
        sys.exit(1)


@main.group()
def audit() -> None:
    """The audit log."""


@audit.command(name="verify")
@click.option("--json", "as_json", is_flag=True, help="Print the digest as JSON, to be kept on another machine.")
def audit_verify(*, as_json: bool) -> None:
    """Verify the hash chain of every site and every signed version. Exit code 2 when something was tampered with."""
    from reporter.actions import audit as chain

    found, signed = do(lambda db: (chain.verify(db), chain.verify_signed(db)))
    if as_json:
        heads = [{"site": v.site_code, "ok": v.ok, "seq": v.count, "head": v.head} for v in found]
        versions = {"ok": signed.ok, "count": signed.count, "faults": signed.faults}
        click.echo(json.dumps({"at": now().isoformat(), "chains": heads, "signed": versions}))
    else:
        for one in found:
            click.echo(f"{one.site_code}: {one}")
        click.echo(f"signed: {signed}")
        for fault in signed.faults:
            click.echo(fault)
    if not (signed.ok and all(one.ok for one in found)):
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
            raise stop(str(why.args[0])) from None
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
        raise stop(f"Stale: docs/{', docs/'.join(stale)}. Run: ./run docs")
    click.echo(f"Written: {', '.join(stale)}." if stale else "The generated documents are fresh.")


@main.command()
@click.option("--once", is_flag=True, help="Without a browser: one order, drafted, signed, delivered; then stop.")
@click.option("--json", "as_json", is_flag=True, help="With --once: print one JSON object and nothing else.")
@click.option("--fresh", is_flag=True, help="Begin again with new data.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/demo"), help="Where the demo's data live.")
def demo(*, once: bool, as_json: bool, fresh: bool, folder: Path) -> None:
    """Run the whole main job on this machine, with invented patients."""
    set_up_logging("WARNING")
    if once:
        from reporter.demo import once as one_report

        sys.exit(one_report.run(as_json=as_json))
    from reporter.demo import everything

    sys.exit(everything.run(folder, fresh=fresh))


main.add_command(department.site)
main.add_command(department.people_)
main.add_command(department.turnaround)
