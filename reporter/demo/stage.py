"""Sets the demo's stage: an empty database gets its sites, its people, and forty studies told as they happened.

Everything goes through the same actions as in a hospital: orders are HL7 messages, reports are drafted, submitted and
signed by people with their passwords, each at its own instant of the last weeks.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from argon2 import PasswordHasher

from reporter.actions import delivery, inbound, people, reporting, signing
from reporter.actions.actor import Actor, system
from reporter.actions.views import Signed
from reporter.demo import answers
from reporter.demo.cast import PASSWORD, PEOPLE, SITES, DemoPerson
from reporter.demo.orders import order
from reporter.demo.timeline import DemoStudy, Event, events
from reporter.integration.hl7v2 import ack
from reporter.integration.wires import Wires
from reporter.store import worklist
from reporter.store.database import Database
from reporter.store.sites import Site

#: Invented passwords need no slow hash, and forty signatures should not take a minute.
QUICK = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)


@dataclass
class Stage:
    """The demo's database while it is being filled."""

    db: Database
    wires: Wires
    #: Told how far it got, from 0 to 1.
    progress: Callable[[float], None] = lambda _share: None
    actors: dict[str, Actor] = field(default_factory=dict)
    studies: dict[int, str] = field(default_factory=dict)

    def set(self, now: datetime) -> None:
        """Fills the database with everything up to `now`."""
        story = events(now)
        self.add_people(story[0].at - timedelta(days=1))
        for number, event in enumerate(story):
            self._tell(event)
            self.progress((number + 1) / len(story))
        self.announce("lead", now)
        self.announce("consultant", now)

    def add_people(self, at: datetime) -> None:
        """The two sites and the six people."""
        root = system("Demo")
        for site in SITES:
            new = Site(site.code, site.name, site.organisation_code, site.organisation_name, nation=site.nation)
            people.add_site(self.db, root, new, at)
        for person in PEOPLE:
            key = people.add_person(self.db, root, _account(person, at.date()), at, hasher=QUICK)
            codes = tuple(site.code for site in SITES)
            name = f"{person.title} {person.given} {person.family}"
            self.actors[person.username] = Actor(key, person.username, name, person.role, codes, address="127.0.0.1")

    def announce(self, username: str, now: datetime, hours: float = 24) -> None:
        """Says that somebody of level 3 can be asked about cases."""
        people.set_availability(self.db, self.actors[username], now + timedelta(hours=hours), now)

    def _tell(self, event: Event) -> None:
        step, study, at = event.step, event.study, event.at.astimezone(UTC)
        if step in ("order", "complete"):
            self._receive(study, at, completed=step == "complete")
            return
        key = self._key(study)
        trainee, consultant = self.actors["trainee"], self.actors["consultant"]
        if step == "draft":
            reporting.open_report(self.db, trainee, key, study.template, at)
            self._save(trainee, key, _raw(study, at.date()), at)
        elif step in ("submit", "resubmit"):
            self.announce("lead", at, 1)
            if step == "resubmit":
                self._save(trainee, key, {"extracardiac_text": [""]}, at)
            reporting.submit(self.db, trainee, key, self._number(trainee, key, at), at)
        elif step == "return":
            comment = "Please look again at the contours of the basal slice, and say what the rest images show."
            reporting.return_draft(self.db, consultant, key, comment, self._number(consultant, key, at), at)
        elif step == "sign":
            self.sign(consultant, key, at)
        else:
            self._amend(key, step, at)

    def _amend(self, key: str, step: str, at: datetime) -> None:
        consultant = self.actors["consultant"]
        if step == "amend":
            reporting.amend(self.db, consultant, key, "amendment", "LV mass was contoured again.", at)
            self._save(consultant, key, {"lv_mass": ["126"]}, at)
        else:
            reporting.amend(self.db, consultant, key, "addendum", "Discussed at the cardiac MDT.", at)
            self._save(consultant, key, {"recommendations": ["Discussed at the cardiac MDT: medical treatment."]}, at)
        self.sign(consultant, key, at + timedelta(minutes=5))

    def sign(self, who: Actor, key: str, at: datetime, password: str = PASSWORD) -> Signed:
        """Reads the signing page and signs exactly what it showed."""
        preview = signing.sign_preview(self.db, who, key, at, self.wires.destinations)
        if preview.reasons:
            raise RuntimeError(f"The demo's report can't be signed: {' '.join(preview.reasons)}")
        signed = signing.sign(self.db, who, key, preview.sha256, password, self.wires.destinations, at)
        # What the worker would have done a minute later, then.
        delivery.deliver_due(self.db, self.wires.destinations, "demo", lambda: at + timedelta(minutes=1))
        return signed

    def _receive(self, study: DemoStudy, at: datetime, *, completed: bool) -> None:
        raw = order(
            study.site, study.patient, accession=study.accession, procedure=study.procedure, question=study.question,
            patient_class=study.patient_class, requested_at=study.requested_at,
            message_id=f"DEMO-{study.serial:04d}-{2 if completed else 1}",
            completed_at=study.scanned_at if completed else None,
        )  # fmt: skip
        answer = ack.read_ack(inbound.receive(self.db, raw, self.wires.source_for("DEMO-RIS", "ZN1"), at))
        if answer.code != "AA":
            raise RuntimeError(f"The demo's order was not taken: {answer.words}")

    def _save(self, who: Actor, key: str, raw: answers.Raw, at: datetime) -> None:
        saved = reporting.save_draft(self.db, who, key, raw, self._number(who, key, at), set(raw), at)
        if saved.reading.errors:
            raise RuntimeError(f"The demo's answers were refused: {dict(saved.reading.errors)}")

    def _number(self, who: Actor, key: str, at: datetime) -> int:
        view = reporting.study_view(self.db, who, key, at)
        assert view.draft is not None
        return view.draft.number

    def _key(self, study: DemoStudy) -> str:
        if study.serial not in self.studies:
            self.studies[study.serial] = find(self.db, self.actors["consultant"], study.accession)
        return self.studies[study.serial]


def find(db: Database, who: Actor, accession: str) -> str:
    """The study with this accession number, as the worklist's search finds it."""
    with db.read() as session:
        return worklist.by_accession(session, who.sites, accession)[0].study_id


def _account(person: DemoPerson, today: date) -> people.NewPerson:
    credentials: tuple[people.NewCredential, ...] = ()
    if person.level is not None:
        credentials = (
            people.NewCredential(
                "SCMR",
                person.level,
                today.replace(year=today.year - 1, day=1),
                today.replace(year=today.year + 4, day=1),
            ),
        )
    return people.NewPerson(
        site_code=SITES[0].code,
        username=person.username,
        password=PASSWORD,
        name=f"{person.title} {person.given} {person.family}",
        role=person.role,
        family=person.family,
        given=person.given,
        title=person.title,
        grade=person.grade,
        registration_body=person.registration_body,
        registration_number=person.registration_number,
        sites=tuple(site.code for site in SITES[1:]),
        credentials=credentials,
    )


def _raw(study: DemoStudy, day: date) -> answers.Raw:
    chance = random.Random(study.serial)
    if study.story == "viability":
        return answers.anterior_infarct(day, chance, study.patient.sex)
    if study.story == "stress_normal":
        return answers.normal_stress(day, chance, study.patient.sex)
    return {**answers.example_7_1(day), "reference_sex": [study.patient.sex]}
