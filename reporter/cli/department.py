"""Commands about the department: its sites, its people, and why a study is due when it is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from reporter.cli.common import do, now, stop, system

if TYPE_CHECKING:
    from reporter.store.database import Database


@click.group()
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
    do(lambda db: people.add_site(db, system(), new, now()))
    click.echo(f"{code} was added.")


@site.command(name="close")
@click.argument("code")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--reason", required=True, help="Stands beside the day wherever a due time depends on it.")
def site_close(code: str, day: datetime, reason: str) -> None:
    """Declare DAY (2026-12-24) a day on which site CODE does not work; it then is no working day for its targets."""
    from reporter.actions import people

    do(lambda db: people.close_site_on(db, system(), code, day.date(), reason=reason, now=now()))
    click.echo(f"{code} is closed on {day.date():%d %B %Y}.")


@click.group()
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
        actor = system()
        with db.read() as session:
            found = worklist.by_accession(session, actor.sites, accession)
        if not found:
            raise stop(f"There is no study with the accession number {accession}.")
        for row in found:
            for words in clocks.explain(reporting.study_view(db, actor, row.study_id, now())):
                click.echo(words)

    do(say)


@click.group(name="people")
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
    do(lambda db: people.add_person(db, system(), new, now()))
    click.echo(f"{username} was added.")
