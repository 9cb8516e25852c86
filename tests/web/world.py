"""A small department for the pages: two sites, everybody, and one study in each state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from reporter import templates
from reporter.actions import reporting, signing
from reporter.actions.actor import Actor
from reporter.integration.wires import Destination, Source, Wires
from reporter.settings import Settings
from reporter.store.database import Database
from reporter.web.app import create_app
from tests import builders
from tests.builders import NOW, PASSWORD
from tests.examples import EXAMPLE_7_1

HERE, ELSEWHERE = "RXX01", "RYY01"
SETTINGS = Settings(secret_key="only-for-tests-" + "x" * 32, cookie_secure=False)
WIRES = Wires(
    sources=(Source("orders"),),
    destinations=(
        Destination("EHR", "mllp", port=1),
        Destination("Shared record", "fhir", url="http://127.0.0.1:1/fhir"),
    ),
)
ROLES = ("trainee", "consultant", "clinical_lead", "radiographer", "auditor", "admin")


@dataclass
class World:
    """What there is, by name."""

    db: Database
    people: dict[str, Actor] = field(default_factory=dict)
    studies: dict[str, str] = field(default_factory=dict)
    now: Any = NOW

    def app(self, settings: Settings = SETTINGS) -> Any:
        """The application over this department, at its present moment."""
        made = create_app(self.db, settings, WIRES, lambda: self.now)
        made.testing = False
        made.config["PROPAGATE_EXCEPTIONS"] = False
        return made


def a_department(db: Database) -> World:
    """Two sites; at the first, everybody and a study in every state; at the second, a consultant and one study."""
    world = World(db)
    builders.a_site(db, HERE, name="Northgate Heart Centre")
    builders.a_site(db, ELSEWHERE, name="Southmoor Hospital")
    levels = {"trainee": 2, "consultant": 3, "clinical_lead": 3}
    for role in ROLES:
        world.people[role] = builders.a_person(db, role, levels.get(role), username=role)
    world.people["elsewhere"] = builders.a_person(db, "consultant", 3, site=ELSEWHERE, username="elsewhere")
    builders.is_available(db, world.people["consultant"])
    world.studies["unreported"] = builders.a_study(db)
    world.studies["not_scanned"] = builders.a_study(db, completed_at=None)
    world.studies["elsewhere"] = builders.a_study(db, ELSEWHERE)
    for state in ("draft", "submitted", "returned"):
        world.studies[state] = draft(world)
    for state in ("submitted", "returned"):
        submit(world, world.studies[state])
    number = reporting.study_view(db, world.people["consultant"], world.studies["returned"], NOW).draft.number
    reporting.return_draft(
        db, world.people["consultant"], world.studies["returned"], "Please state viability.", number, NOW
    )
    for state in ("signed", "amending"):
        world.studies[state] = draft(world)
        sign(world, submit(world, world.studies[state]))
    reporting.amend(db, world.people["consultant"], world.studies["amending"], "amendment", "The scar is larger.", NOW)
    return world


def draft(world: World, **more: list[str]) -> str:
    """A study with the worked example written down by the trainee; its key."""
    study_id = builders.a_study(world.db)
    author = world.people["trainee"]
    reporting.open_report(world.db, author, study_id, "stress_perfusion", NOW)
    raw = as_posted(EXAMPLE_7_1) | more
    reporting.save_draft(world.db, author, study_id, raw, 1, (), NOW)
    return study_id


def as_posted(stored: Mapping[str, Any]) -> dict[str, list[str]]:
    """Stored answers as a page would post them."""
    template = templates.current("stress_perfusion")
    raw: dict[str, list[str]] = {}
    for field_id, answer in stored.items():
        described = template.by_id[field_id]
        raw |= {name: list(values) for name, values in described.kind.write(described, answer).items()}
    return raw


def submit(world: World, study_id: str) -> str:
    """Hand a trainee's draft in."""
    author = world.people["trainee"]
    number = reporting.study_view(world.db, author, study_id, NOW).draft.number
    reporting.submit(world.db, author, study_id, number, NOW)
    return study_id


def sign(world: World, study_id: str) -> str:
    """Sign a draft that was handed in."""
    me = world.people["consultant"]
    preview = signing.sign_preview(world.db, me, study_id, NOW, destinations=WIRES.destinations)
    assert preview.document is not None, preview.reasons
    signing.sign(world.db, me, study_id, preview.sha256, PASSWORD, WIRES.destinations, NOW + timedelta(minutes=1))
    return study_id
