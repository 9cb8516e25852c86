"""People as the rules see them, read from the store, and as they stand on a report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from reporter.governance.people import Availability, Credential, Reporter
from reporter.governance.times import local_date
from reporter.report.document import PersonOnReport
from reporter.store import people
from reporter.store.database import Session
from reporter.store.people import Person


def reporter_of(person: Person) -> Reporter:
    """A person as the rules see them."""
    return Reporter(
        person_id=person.id,
        name=person.name,
        role=person.role,  # type: ignore[arg-type]
        credentials=tuple(
            Credential(c.body, c.level, c.awarded, c.expires, c.certificate, c.scheme)  # type: ignore[arg-type]
            for c in person.credentials
        ),
        grade=person.grade,
        registration_body=person.registration_body,
        registration_number=person.registration_number,
        active=person.active,
    )


def on_report(person: Person, now: datetime) -> PersonOnReport:
    """A person as they stand on a report signed now, with the level they hold today."""
    level = reporter_of(person).level_on(local_date(now))
    return PersonOnReport(
        person_id=person.id,
        name=person.name,
        family=person.family,
        given=person.given,
        title=person.title,
        role=person.role,
        grade=person.grade,
        registration_body=person.registration_body,
        registration_number=person.registration_number,
        cmr_level=level or None,
    )


def roster_at(session: Session, site_codes: Iterable[str], now: datetime) -> tuple[Availability, ...]:
    """The roster of some sites as the rules see it: who is available now or later."""
    entries = people.roster(session, site_codes, now)
    names = people.named(session, [entry.person_id for entry in entries])
    return tuple(
        Availability(e.person_id, names.get(e.person_id, ""), e.level, e.starts_at, e.ends_at, e.expires)
        for e in entries
    )
