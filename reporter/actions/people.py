"""Sites and people: adding them, their accreditations, and saying until when one can be asked about cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from argon2 import PasswordHasher

from reporter.actions.actor import Actor, must_be, note
from reporter.actions.identity import HASHER, SHORTEST_PASSWORD
from reporter.actions.refusals import Invalid, NotFound, NotPermitted
from reporter.actions.reporters import reporter_of
from reporter.actions.views import PeoplePage, PersonLine
from reporter.governance.people import ROLES
from reporter.governance.times import local_date
from reporter.store import people, sites
from reporter.store.database import AlreadyThere, Database
from reporter.store.people import Availability, Credential, Person
from reporter.store.rows import new_id
from reporter.store.sites import Site

#: Nobody announces themselves for longer: a roster that nobody has looked at for a week says nothing.
LONGEST_AVAILABILITY = timedelta(days=7)
DISCUSSION_LEVEL = 3


@dataclass(frozen=True, slots=True)
class NewCredential:
    """An accreditation to be recorded."""

    body: str
    level: int
    awarded: date
    expires: date | None = None
    certificate: str | None = None
    scheme: str = "physician"


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to be added. `sites` are where else than at the home site they may work."""

    site_code: str
    username: str
    password: str
    name: str
    role: str
    family: str | None = None
    given: str | None = None
    title: str | None = None
    grade: str | None = None
    registration_body: str | None = None
    registration_number: str | None = None
    sites: tuple[str, ...] = ()
    credentials: tuple[NewCredential, ...] = ()


def add_site(db: Database, actor: Actor, new: Site, now: datetime) -> None:
    """Adds a site. Only the command line and administrators do this."""
    must_be(actor, "admin", to="add a site")
    try:
        with db.begin() as session:
            sites.add(session, new)
            note(session, actor, "added site", "site", new.code, site_code=new.code, now=now)
    except AlreadyThere:
        raise Invalid({"code": f"There is a site {new.code} already."}) from None


def close_site_on(db: Database, actor: Actor, site_code: str, day: date, *, reason: str, now: datetime) -> None:
    """Adds a day on which a site does not work, with the reason. Due times are worked out anew by the next sweep."""
    must_be(actor, "clinical_lead", to="close a site for a day")
    _must_work_at(actor, site_code)
    try:
        with db.begin() as session:
            sites.add_closure(session, site_code, day, reason)
            note(
                session, actor, "closed site for a day", "site", site_code,
                site_code=site_code, now=now, words=f"{day.isoformat()}: {reason}",
            )  # fmt: skip
    except AlreadyThere:
        raise Invalid({"day": f"{day.isoformat()} is a closed day already."}) from None


def add_person(db: Database, actor: Actor, new: NewPerson, now: datetime, *, hasher: PasswordHasher = HASHER) -> str:
    """Adds somebody with their accreditations, and returns their key. Raises Invalid or NotPermitted."""
    must_be(actor, "admin", to="add people")
    for code in {new.site_code, *new.sites}:
        _must_work_at(actor, code)
    if errors := _wrong_with(new):
        raise Invalid(errors)
    key = new_id()
    person = Person(
        id=key,
        site_code=new.site_code,
        username=new.username.strip().lower(),
        name=new.name,
        family=new.family,
        given=new.given,
        title=new.title,
        role=new.role,
        grade=new.grade,
        registration_body=new.registration_body,
        registration_number=new.registration_number,
        active=True,
        sites=new.sites,
        credentials=tuple(_credential(key, held) for held in new.credentials),
    )
    hashed = hasher.hash(new.password)
    try:
        with db.begin() as session:
            people.add(session, person, hashed, now)
            note(session, actor, "added person", "person", key, site_code=new.site_code, now=now, words=new.role)
    except AlreadyThere:
        raise Invalid({"username": "That user name is taken. Choose another."}) from None
    return key


def add_credential(db: Database, actor: Actor, person_id: str, new: NewCredential, now: datetime) -> None:
    """Records an accreditation. A clinical lead approves them, and nobody their own."""
    must_be(actor, "clinical_lead", "admin", to="record an accreditation")
    if person_id == actor.person_id:
        raise NotPermitted("Nobody records their own accreditation. Ask the clinical lead or an administrator.")
    with db.begin() as session:
        person = people.get(session, person_id)
        if person is None or (not actor.is_system and not set(person.sites) & set(actor.sites)):
            raise NotFound("There is no such person at your sites.")
        people.add_credential(session, _credential(person_id, new), person.site_code)
        note(
            session, actor, "recorded accreditation", "person", person_id,
            site_code=person.site_code, now=now, words=f"{new.body} level {new.level}",
        )  # fmt: skip


def set_availability(
    db: Database,
    actor: Actor,
    until: datetime | None,
    now: datetime,
    *,
    person_id: str | None = None,
    starts_at: datetime | None = None,
) -> None:
    """Says until when one can be asked about cases, at every site one works at; None ends it.

    Only a physician of level 3 in date can be asked (BSCMR). The system may announce somebody from the roster.
    """
    key = person_id if actor.is_system and person_id is not None else actor.key
    if until is not None and not now < until <= now + LONGEST_AVAILABILITY:
        raise Invalid({"until": "Say a time in the future, at most 7 days ahead."})
    with db.begin() as session:
        person = people.get(session, key)
        if person is None:
            raise NotFound("There is no such person.")
        if until is not None:
            entry = reporter_of(person).available(starts_at or now, until)
            if entry.level < DISCUSSION_LEVEL:
                raise NotPermitted(
                    "Only a physician with level 3 in date can be available to discuss cases. "
                    "If yours was renewed, ask the clinical lead to record it."
                )
        for code in person.sites:
            people.end_availability(session, key, code, now)
            if until is not None:
                people.add_availability(
                    session, Availability(new_id(), key, code, entry.level, entry.start, entry.end, entry.expires)
                )
        words = f"until {until.isoformat()}" if until else "no longer"
        note(session, actor, "set availability", "person", key, site_code=person.site_code, now=now, words=words)


def people_page(db: Database, actor: Actor, now: datetime) -> PeoplePage:
    """Who works at one's sites, what they are accredited for, and who can be asked now."""
    with db.read() as session:
        everybody = people.at_sites(session, actor.sites)
        announced = people.roster(session, actor.sites, now)
    on = local_date(now)
    running = tuple(e for e in announced if e.starts_at <= now and (e.expires is None or on <= e.expires))
    until = {e.person_id: e.ends_at for e in running}
    lines = tuple(PersonLine(p, reporter_of(p).level_on(on), until.get(p.id)) for p in everybody)
    mine = next((line for line in lines if line.person.id == actor.person_id), None)
    one_each = {e.person_id: e for e in running}
    return PeoplePage(
        people=lines,
        available=tuple(one_each.values()),
        mine_until=mine.available_until if mine else None,
        may_be_available=mine is not None and mine.level >= DISCUSSION_LEVEL,
        may_manage=actor.role in ("admin", "clinical_lead"),
    )


def _wrong_with(new: NewPerson) -> dict[str, str]:
    errors = {}
    if new.role not in ROLES:
        errors["role"] = f"A role is one of: {', '.join(ROLES)}."
    if len(new.password) < SHORTEST_PASSWORD:
        errors["password"] = (
            f"A password has at least {SHORTEST_PASSWORD} characters. Three random words are a good one."
        )
    if not new.username.strip() or not new.name.strip():
        errors["name"] = "A person has a name and a user name."
    if any(held.level not in (1, 2, 3) for held in new.credentials):
        errors["level"] = "A level is 1, 2 or 3."
    return errors


def _credential(person_id: str, new: NewCredential) -> Credential:
    return Credential(new_id(), person_id, new.body, new.level, new.awarded, new.expires, new.certificate, new.scheme)


def _must_work_at(actor: Actor, site_code: str) -> None:
    if not actor.is_system and site_code not in actor.sites:
        raise NotFound("There is no such site among yours.")
