"""Builders: invented sites, people, studies and reports in a database, each taking only what a test is about."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from argon2 import PasswordHasher

from reporter.actions import identity, orders, people, reporting
from reporter.actions.actor import Actor, system
from reporter.actions.orders import OrderForm
from reporter.actions.people import NewCredential, NewPerson
from reporter.actions.views import Signed
from reporter.integration.wires import Destination
from reporter.store import people as people_store
from reporter.store import reports
from reporter.store.database import Database
from reporter.store.sites import Site
from tests.examples import answers_7_1, answers_7_1_viability, as_sent

#: A Monday afternoon; everything in the tests happens around it.
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
PASSWORD = "three random words"
#: Costs nothing, for tests only: hashing is not what they are about.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
SYSTEM = system("Tests")

_numbers = itertools.count(1)


def a_site(db: Database, code: str = "RXX01", **fields: Any) -> str:
    """A site in England, unless told otherwise; its code."""
    site = Site(code, f"Hospital {code}", code[:3], f"Trust {code[:3]}")
    people.add_site(db, SYSTEM, replace(site, **fields), NOW)
    return code


def a_person(
    db: Database,
    role: str = "consultant",
    level: int | None = 3,
    *,
    site: str = "RXX01",
    sites: tuple[str, ...] = (),
    username: str | None = None,
    expires: date | None = date(2028, 12, 31),
    registration: str | None = "7000001",
    **fields: Any,
) -> Actor:
    """Somebody with an accreditation at a level (None: without), signed in."""
    number = next(_numbers)
    held = () if level is None else (NewCredential("SCMR", level, date(2024, 1, 1), expires, f"C-{number}"),)
    grades = {"consultant": "Consultant cardiologist", "clinical_lead": "Consultant cardiologist, CMR lead"}
    new = NewPerson(
        site_code=site,
        username=username or f"{role}{number}",
        password=PASSWORD,
        name=fields.pop("name", f"Dr {role.replace('_', ' ').title()} {number}"),
        role=role,
        family=f"Family{number}",
        given="Given",
        title="Dr",
        grade=fields.pop("grade", grades.get(role, role)),
        registration_body="GMC" if registration else None,
        registration_number=registration,
        sites=sites,
        credentials=held,
        **fields,
    )
    key = people.add_person(db, SYSTEM, new, NOW, hasher=CHEAP)
    return an_actor(db, key)


def an_actor(db: Database, person_id: str) -> Actor:
    """The actor of a person, as after signing in."""
    with db.read() as session:
        person = people_store.get(session, person_id)
    assert person is not None
    return Actor(person.id, person.username, person.name, person.role, person.sites, "127.0.0.1", "test")


def signed_in(db: Database, actor: Actor, now: datetime = NOW) -> str:
    """A session's token for a person."""
    return identity.sign_in(db, actor.username, PASSWORD, "127.0.0.1", now)[0]


def is_available(db: Database, actor: Actor, now: datetime = NOW) -> None:
    """A level 3 physician says that they can be asked about cases for the rest of the day."""
    people.set_availability(db, actor, now + timedelta(hours=8), now)


def an_order_form(site: str = "RXX01", **fields: Any) -> OrderForm:
    """A complete order for an invented patient in the 999 range, scanned an hour ago."""
    number = next(_numbers)
    form = OrderForm(
        site_code=site,
        family=f"Testpatient{number}",
        given="Ann",
        accession=f"ACC{number:06}",
        clinical_question="Known infarct, now chest pain: is there inducible ischaemia?",
        birth_date=date(1962, 3, 9),
        sex="male",
        hospital_number=f"H{number:06}",
        requester_name="Dr Rana Requester",
        requester_registration_body="GMC",
        requester_registration_number="7654321",
        patient_class="outpatient",
        placer_order=f"P{number:06}",
        requested_at=NOW - timedelta(days=14),
        completed_at=NOW - timedelta(hours=1),
    )
    return replace(form, **fields)


def a_study(db: Database, site: str = "RXX01", now: datetime = NOW, **fields: Any) -> str:
    """A study whose examination is over, ready to be reported; its key."""
    when = {"requested_at": now - timedelta(days=14), "completed_at": now - timedelta(hours=1)}
    return orders.enter_order(db, SYSTEM, an_order_form(site, **when | fields), now)


def a_draft(
    db: Database,
    author: Actor,
    *,
    study_id: str | None = None,
    template: str = "viability",
    now: datetime = NOW,
    **answers: Any,
) -> str:
    """A complete draft of the worked example, ready to be signed; its study's key."""
    study_id = study_id or a_study(db, author.sites[0], now)
    whole = answers_7_1_viability if template == "viability" else answers_7_1
    reporting.open_report(db, author, study_id, template, now)
    saved = reporting.save_draft(db, author, study_id, as_sent(whole(**answers)), 1, (), now)
    assert not saved.reading.errors, saved.reading.errors
    return study_id


def the_draft_number(db: Database, study_id: str) -> int:
    """The number that a page showing this draft would send back."""
    with db.read() as session:
        report = reports.of_study(session, study_id)
        draft = reports.draft_of(session, report.id) if report else None
    assert draft is not None
    return draft.number


def signs(
    db: Database, signer: Actor, study_id: str, destinations: tuple[Destination, ...] = (), now: datetime = NOW
) -> Signed:
    """Somebody opens the signing page and signs what it shows."""
    preview = reporting.sign_preview(db, signer, study_id, now)
    assert preview.document is not None, preview.reasons
    return reporting.sign(db, signer, study_id, preview.sha256, PASSWORD, destinations, now)


def a_signed_report(
    db: Database, signer: Actor, destinations: tuple[Destination, ...] = (), now: datetime = NOW, **answers: Any
) -> str:
    """A report that a consultant wrote and signed alone; its study's key."""
    study_id = a_draft(db, signer, now=now, **answers)
    signs(db, signer, study_id, destinations, now)
    return study_id
