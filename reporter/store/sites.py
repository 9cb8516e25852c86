"""Sites and their closures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from reporter.report.document import SiteOnReport
from reporter.store.rows import as_value
from reporter.store.tables.sites import site, site_closure


@dataclass(frozen=True, slots=True)
class Site:
    """A scanning site. `closures` are days on which it does not work besides its nation's bank holidays."""

    code: str
    name: str
    organisation_code: str
    organisation_name: str
    nation: str = "england"
    reference_set: str = "kawel_boehm_2015"
    papillary_convention: str = "in_mass"
    bsa_formula: str = "mosteller"
    active: bool = True
    closures: tuple[date, ...] = ()

    def on_report(self) -> SiteOnReport:
        """The site as it stands on a report."""
        return SiteOnReport(self.code, self.name, self.organisation_code, self.organisation_name)


def add(session: Session, new: Site) -> None:
    """Adds a site with its closures. AlreadyThere when the code is taken."""
    values = asdict(new)
    closures = values.pop("closures")
    session.execute(insert(site).values(**values))
    for day in closures:
        add_closure(session, new.code, day, "closed")


def add_closure(session: Session, site_code: str, day: date, reason: str) -> None:
    """Adds a day on which the site does not work."""
    session.execute(insert(site_closure).values(site_code=site_code, day=day, reason=reason))


def get(session: Session, code: str) -> Site | None:
    """A site by its code."""
    return next(iter(among(session, [code])), None)


def among(session: Session, codes: Iterable[str]) -> tuple[Site, ...]:
    """The sites with these codes, by name."""
    wanted = tuple(codes)
    closed: dict[str, list[date]] = {}
    for code, day in session.execute(
        select(site_closure.c.site_code, site_closure.c.day)
        .where(site_closure.c.site_code.in_(wanted))
        .order_by(site_closure.c.day)
    ):
        closed.setdefault(code, []).append(day)
    rows = session.execute(select(site).where(site.c.code.in_(wanted)).order_by(site.c.name))
    return tuple(as_value(Site, row, closures=tuple(closed.get(row.code, ()))) for row in rows)


def codes(session: Session) -> tuple[str, ...]:
    """The code of every active site."""
    return tuple(session.execute(select(site.c.code).where(site.c.active).order_by(site.c.code)).scalars())
