"""People: who they are, where they may work, what they are accredited for, and when they are available."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, String, bindparam, cast, func, insert, select, union_all, update
from sqlalchemy.orm import Session

from reporter.store.rows import as_value, columns
from reporter.store.tables.people import availability, credential, person, person_site


@dataclass(frozen=True, slots=True)
class Credential:
    """An accreditation: who gave it, its level (1 to 3), and from when to when it holds."""

    id: str
    person_id: str
    body: str
    level: int
    awarded: date
    expires: date | None
    certificate: str | None
    scheme: str = "physician"


@dataclass(frozen=True, slots=True)
class Availability:
    """A time in which somebody can be asked about cases, with the level they hold."""

    id: str
    person_id: str
    site_code: str
    level: int
    starts_at: datetime
    ends_at: datetime
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. `sites` are where they may work, the home site among them."""

    id: str
    site_code: str
    username: str
    name: str
    family: str | None
    given: str | None
    title: str | None
    role: str
    grade: str | None
    registration_body: str | None
    registration_number: str | None
    active: bool
    sites: tuple[str, ...] = ()
    credentials: tuple[Credential, ...] = ()


def add(session: Session, new: Person, password_hash: str, now: datetime) -> None:
    """Adds a person with sites and credentials. AlreadyThere when the user name is taken."""
    fields = {column.name: getattr(new, column.name) for column in columns(person, Person)}
    session.execute(insert(person).values(**fields, password_hash=password_hash, created_at=now))
    for code in dict.fromkeys((new.site_code, *new.sites)):
        session.execute(insert(person_site).values(person_id=new.id, site_code=code))
    for held in new.credentials:
        add_credential(session, held, new.site_code)


def add_credential(session: Session, held: Credential, site_code: str) -> None:
    """Adds an accreditation to a person's record."""
    fields = {column.name: getattr(held, column.name) for column in columns(credential, Credential)}
    session.execute(insert(credential).values(**fields, site_code=site_code))


def get(session: Session, person_id: str) -> Person | None:
    """A person by key, active or not."""
    return next(iter(_people(session, select(person).where(person.c.id == person_id))), None)


def by_username(session: Session, username: str) -> tuple[Person, str] | None:
    """A person and their password hash by user name."""
    query = select(person.c.id, person.c.password_hash).where(person.c.username == username.strip().lower())
    row = session.execute(query).first()
    found = get(session, row.id) if row is not None else None
    return (found, row.password_hash) if row is not None and found is not None else None


def at_sites(session: Session, site_codes: Iterable[str]) -> tuple[Person, ...]:
    """Everybody who may work at one of these sites, by name."""
    there = select(person_site.c.person_id).where(person_site.c.site_code.in_(tuple(site_codes)))
    return _people(session, select(person).where(person.c.id.in_(there)).order_by(person.c.name))


def named(session: Session, person_ids: Iterable[str | None]) -> dict[str, str]:
    """Names by key, for lists."""
    wanted = tuple({p for p in person_ids if p is not None})
    rows = session.execute(select(person.c.id, person.c.name).where(person.c.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def password_hash_of(session: Session, person_id: str) -> str | None:
    """The password hash of an active person."""
    query = select(person.c.password_hash).where(person.c.id == person_id, person.c.active)
    return session.execute(query).scalar()


def set_password(session: Session, person_id: str, password_hash: str) -> None:
    """Replaces a password hash."""
    session.execute(update(person).where(person.c.id == person_id).values(password_hash=password_hash))


def add_availability(session: Session, entry: Availability) -> None:
    """Adds a time in which somebody is available."""
    fields = {column.name: getattr(entry, column.name) for column in columns(availability, Availability)}
    session.execute(insert(availability).values(**fields))


def end_availability(session: Session, person_id: str, site_code: str, now: datetime) -> None:
    """Ends what somebody announced at a site: they are no longer available from now on."""
    running = (
        (availability.c.person_id == person_id)
        & (availability.c.site_code == site_code)
        & (availability.c.ends_at > now)
    )
    session.execute(update(availability).where(running).values(ends_at=now))


def roster(session: Session, site_codes: Iterable[str], now: datetime) -> tuple[Availability, ...]:
    """Who is available at these sites now or later today."""
    query = select(*columns(availability, Availability)).where(
        availability.c.site_code.in_(tuple(site_codes)), availability.c.ends_at > now
    )
    return tuple(as_value(Availability, row) for row in session.execute(query.order_by(availability.c.starts_at)))


#: Built once: it is asked inside the signing transaction, where nobody should wait for SQL to be put together.
_SEALED = union_all(
    select(
        person.c.id.label("a"),
        person.c.role.label("b"),
        cast(person.c.active, String).label("c"),
        (func.coalesce(person.c.grade, "") + "/" + func.coalesce(person.c.registration_number, "")).label("d"),
    ).where(person.c.id.in_((bindparam("one"), bindparam("other")))),
    select(
        credential.c.id, cast(credential.c.level, String), cast(credential.c.expires, String), credential.c.body
    ).where(credential.c.person_id.in_((bindparam("one"), bindparam("other")))),
    select(
        availability.c.id,
        cast(availability.c.level, String),
        cast(availability.c.ends_at, String),
        cast(availability.c.expires, String),
    ).where(availability.c.site_code == bindparam("site")),
)


def seal(session: Session, person_id: str, other_id: str, site_code: str) -> str:
    """A hash over all that decides whether somebody may sign what another drafted: it changes when any of it does."""
    rows = session.execute(_SEALED, {"one": person_id, "other": other_id, "site": site_code})
    return hashlib.sha256(repr(sorted(map(repr, map(tuple, rows)))).encode()).hexdigest()


def _people(session: Session, query: Select[Any]) -> tuple[Person, ...]:
    rows: Sequence[Any] = session.execute(query).all()
    ids = [row.id for row in rows]
    sites: dict[str, list[str]] = {}
    for person_id, code in session.execute(
        select(person_site.c.person_id, person_site.c.site_code)
        .where(person_site.c.person_id.in_(ids))
        .order_by(person_site.c.site_code)
    ):
        sites.setdefault(person_id, []).append(code)
    held: dict[str, list[Credential]] = {}
    for row in session.execute(
        select(*columns(credential, Credential))
        .where(credential.c.person_id.in_(ids))
        .order_by(credential.c.awarded.desc())
    ):
        held.setdefault(row.person_id, []).append(as_value(Credential, row))
    return tuple(
        as_value(Person, row, sites=tuple(sites.get(row.id, ())), credentials=tuple(held.get(row.id, ())))
        for row in rows
    )
