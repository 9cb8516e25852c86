"""Who acts: a signed-in person with the sites they may work at, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reporter.actions.refusals import NotFound, NotPermitted
from reporter.store import audit_log
from reporter.store.database import Session


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, from where. `sites` are the codes of the sites whose patients they may see."""

    person_id: str | None
    username: str
    name: str
    role: str
    sites: tuple[str, ...]
    address: str = ""
    request_id: str = ""
    #: The hash of the session's token, so that signing out ends this one.
    session: str = ""

    @property
    def is_system(self) -> bool:
        """Is this the program itself (a feed, the worker, the command line)?"""
        return self.role == "system"

    @property
    def key(self) -> str:
        """The person's key. Raises NotPermitted for the system, which never writes or signs a report."""
        if self.person_id is None:
            raise NotPermitted("Only a person can do this.")
        return self.person_id


def system(name: str, sites: tuple[str, ...] = ()) -> Actor:
    """The program itself, under the name that the audit log shows."""
    return Actor(person_id=None, username="", name=name, role="system", sites=sites)


def note(
    session: Session,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: str,
    *,
    site_code: str,
    now: datetime,
    version: int | None = None,
    outcome: str = "done",
    words: str | None = None,
) -> None:
    """Writes the one audit line of an action."""
    audit_log.record(
        session,
        site_code=site_code,
        at=now,
        actor_id=actor.person_id,
        actor_name=actor.name,
        action=action,
        object_type=object_type,
        object_id=object_id,
        version=version,
        outcome=outcome,
        address=actor.address or None,
        request_id=actor.request_id or None,
        words=words,
    )


def must_see(actor: Actor, site_code: str) -> None:
    """Raises NotFound for a site that is not the actor's: what is elsewhere and what is nowhere look the same."""
    if not actor.is_system and site_code not in actor.sites:
        raise NotFound(THERE_IS_NONE)


def must_be(actor: Actor, *roles: str, to: str) -> None:
    """Raises NotPermitted unless the actor has one of the roles or is the system. `to` completes the sentence."""
    if not actor.is_system and actor.role not in roles:
        who = " or ".join(dict.fromkeys(_with_article(role) for role in roles))
        raise NotPermitted(f"Only {who} can {to}; you are signed in as {_with_article(actor.role)}.")


def _with_article(role: str) -> str:
    words = {"admin": "administrator"}.get(role, role.replace("_", " "))
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


#: The one sentence for what is not there and for what may not be seen.
THERE_IS_NONE = "There is no such study here. Check the accession number, or ask for access to the site."

#: Who may read a clinical report (docs: roles). An administrator has no clinical content.
CLINICAL = ("trainee", "consultant", "clinical_lead", "radiographer", "auditor")
#: Who may enter an order and say that an examination is completed.
ORDERING = ("consultant", "clinical_lead", "radiographer")
