"""Signing in, staying signed in, and proving again who one is before signing a report."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reporter.actions.actor import Actor, must_be, note
from reporter.actions.refusals import BadCredentials, Invalid, NotFound, Throttled
from reporter.store import audit_log, people, sessions
from reporter.store.database import Database
from reporter.store.sessions import Failures, LoginSession

__all__ = [
    "HASHER",
    "Actor",
    "change_password",
    "check_password",
    "resume",
    "revoke_sessions",
    "sign_in",
    "sign_out",
]

#: argon2id with the library's defaults (RFC 9106, second recommended option).
HASHER = PasswordHasher()

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
#: Failed tries that are let through in `WINDOW`: by one name from one address, from one address, and by one name.
#: The last is wide, so that a stranger can't lock somebody out by guessing at their name.
MOST_OF_BOTH, MOST_OF_ADDRESS, MOST_OF_NAME = 5, 30, 60
WINDOW = timedelta(minutes=15)
#: A request tells the database that it was here at most this often.
SEEN_EVERY = timedelta(seconds=30)

SHORTEST_PASSWORD = 12
_WRONG = "The user name and password don't go together. Check both and try again."


def sign_in(
    db: Database, username: str, password: str, address: str, now: datetime, *, absolute: timedelta = ABSOLUTE
) -> tuple[str, Actor]:
    """Opens a session. Returns the token, which is stored nowhere, and the actor.

    Raises BadCredentials in the same words and the same time for an unknown name as for a wrong password, and
    Throttled after too many failures.
    """
    name = username.strip().lower()
    with db.read() as session:
        _throttle(sessions.failures_since(session, name, address, now - WINDOW), now)
        found = people.by_username(session, name)
    person = found[0] if found is not None and found[0].active else None
    if not _fits(found[1] if found is not None else _nobodys_hash(), password) or person is None:
        _failed(db, name, address, now, site_code=found[0].site_code if found else audit_log.INSTALLATION)
        raise BadCredentials(_WRONG)
    token = secrets.token_urlsafe(32)
    opened = LoginSession(_sha256(token), person.id, person.site_code, address, now, now, now + absolute)
    actor = Actor(person.id, person.username, person.name, person.role, person.sites, address, "", opened.token_sha256)
    with db.begin() as session:
        sessions.add(session, opened)
        sessions.forget_failures(session, name, address)
        note(session, actor, "signed in", "person", person.id, site_code=person.site_code, now=now)
    return token, actor


def resume(
    db: Database,
    token: str,
    now: datetime,
    *,
    address: str = "",
    request_id: str = "",
    idle: timedelta = IDLE,
) -> Actor | None:
    """Who a token belongs to, or None when it is unknown, ended, revoked, idle for too long, or its owner inactive."""
    hashed = _sha256(token)
    with db.read() as session:
        found = sessions.get(session, hashed)
        if found is None or found.revoked_at is not None or now >= found.ends_at or now - found.seen_at >= idle:
            return None
        person = people.get(session, found.person_id)
    if person is None or not person.active:
        return None
    if now - found.seen_at >= SEEN_EVERY:
        with db.begin() as session:
            sessions.seen(session, hashed, now)
    return Actor(person.id, person.username, person.name, person.role, person.sites, address, request_id, hashed)


def sign_out(db: Database, token: str, now: datetime) -> None:
    """Ends a session. A token that is not known ends nothing."""
    hashed = _sha256(token)
    with db.begin() as session:
        found = sessions.get(session, hashed)
        person = people.get(session, found.person_id) if found is not None else None
        if found is None or person is None or found.revoked_at is not None:
            return
        sessions.revoke(session, hashed, now)
        actor = Actor(person.id, person.username, person.name, person.role, person.sites, found.address)
        note(session, actor, "signed out", "person", person.id, site_code=person.site_code, now=now)


def check_password(db: Database, actor: Actor, password: str, now: datetime) -> None:
    """Proves that the person at the keyboard is still the one who signed in. Raises BadCredentials or Throttled."""
    # Counted apart from signing in: a stranger's guesses at a name, or from behind the same proxy, stop no signature.
    # No name that is typed at sign-in has a capital in it once it is read, so nobody else can add to this count.
    counted = f"AGAIN:{actor.username}"
    with db.read() as session:
        failed = sessions.failures_since(session, counted, actor.address, now - WINDOW)
        _throttle(Failures(failed.of_name, failed.of_name, 0), now)
        known = people.password_hash_of(session, actor.key)
        person = people.get(session, actor.key)
    if person is None or known is None or not _fits(known, password):
        site_code = person.site_code if person else audit_log.INSTALLATION
        _failed(db, counted, actor.address, now, site_code=site_code)
        raise BadCredentials("That is not your password. Nothing was signed; enter it again.")


def revoke_sessions(db: Database, actor: Actor, person_id: str, now: datetime) -> int:
    """Ends every session of a person: one's own, or as an administrator anybody's. Returns how many."""
    if person_id != actor.person_id:
        must_be(actor, "admin", "clinical_lead", to="end another person's sessions")
    with db.begin() as session:
        person = people.get(session, person_id)
        if person is None or (not actor.is_system and not set(person.sites) & set(actor.sites)):
            raise NotFound("There is no such person at your sites.")
        ended = sessions.revoke_all(session, person_id, now)
        note(
            session, actor, "ended sessions", "person", person_id,
            site_code=person.site_code, now=now, words=f"{ended} ended",
        )  # fmt: skip
    return ended


def change_password(
    db: Database, actor: Actor, old: str, new: str, now: datetime, *, hasher: PasswordHasher = HASHER
) -> None:
    """Replaces one's own password and ends every other session. Raises BadCredentials, Throttled or Invalid."""
    check_password(db, actor, old, now)
    if len(new) < SHORTEST_PASSWORD:
        raise Invalid(
            {"new": f"A password has at least {SHORTEST_PASSWORD} characters. Three random words are a good one."}
        )
    if new == old or new.lower() == actor.username:
        raise Invalid({"new": "The new password is the old one or the user name. Choose another."})
    hashed = hasher.hash(new)
    with db.begin() as session:
        person = people.get(session, actor.key)
        if person is None:
            raise NotFound("There is no such person.")
        people.set_password(session, person.id, hashed)
        sessions.revoke_all(session, person.id, now, but=actor.session or None)
        note(session, actor, "changed password", "person", person.id, site_code=person.site_code, now=now)


def _throttle(failed: Failures, now: datetime) -> None:
    if failed.of_both >= MOST_OF_BOTH or failed.of_address >= MOST_OF_ADDRESS or failed.of_name >= MOST_OF_NAME:
        minutes = int(WINDOW.total_seconds() // 60)
        raise Throttled(
            f"Too many failed tries. Wait {minutes} minutes, or ask an administrator to help you in.",
            until=now + WINDOW,
        )


def _failed(db: Database, username: str, address: str, now: datetime, *, site_code: str) -> None:
    with db.begin() as session:
        sessions.add_failure(session, username, address, now)
        # The name as typed may be a password typed into the wrong box: it is not written down here.
        audit_log.record(
            session, site_code=site_code, at=now, actor_id=None, actor_name="unknown", action="sign-in refused",
            object_type="sign-in", object_id=_sha256(username)[:16], outcome="refused", address=address or None,
        )  # fmt: skip


def _fits(known: str, password: str) -> bool:
    try:
        return HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    """Verified for an unknown name, so that it takes as long as a wrong password."""
    return HASHER.hash(secrets.token_urlsafe(16))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
