"""Signing in: the right people, not the wrong ones, not for ever, and nothing that helps a guesser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from reporter.actions import identity
from reporter.actions.refusals import BadCredentials, Invalid, NotPermitted, Throttled
from reporter.store import audit_log
from reporter.store.tables.people import login_session
from tests.builders import CHEAP, NOW, PASSWORD, a_person, a_site, signed_in

HERE = "192.0.2.1"


@pytest.fixture
def person(db):
    a_site(db)
    return a_person(db, "consultant", username="signer")


def test_the_right_password_opens_a_session_that_knows_the_person(db, person):
    token, actor = identity.sign_in(db, " Signer ", PASSWORD, HERE, NOW)
    assert actor.person_id == person.person_id
    resumed = identity.resume(db, token, NOW + timedelta(minutes=1), address=HERE)
    assert (resumed.name, resumed.role, resumed.sites) == (person.name, "consultant", ("RXX01",))


def test_a_token_is_not_in_the_database(db, person):
    token = signed_in(db, person)
    with db.read() as session:
        assert token not in session.execute(select(login_session.c.token_sha256)).scalars().all()


@pytest.mark.parametrize(("username", "password"), [("signer", "wrong password"), ("nobody", PASSWORD)])
def test_a_wrong_password_and_an_unknown_name_are_refused_in_the_same_words(db, person, username, password):
    with pytest.raises(BadCredentials) as caught:
        identity.sign_in(db, username, password, HERE, NOW)
    assert caught.value.reasons == ("The user name and password don't go together. Check both and try again.",)


def test_after_five_failures_the_right_password_has_to_wait_too(db, person):
    for _ in range(5):
        with pytest.raises(BadCredentials):
            identity.sign_in(db, "signer", "wrong password", HERE, NOW)
    with pytest.raises(Throttled, match="Wait 15 minutes"):
        identity.sign_in(db, "signer", PASSWORD, HERE, NOW)
    # then: it passes by itself
    identity.sign_in(db, "signer", PASSWORD, HERE, NOW + timedelta(minutes=16))


def test_a_stranger_elsewhere_does_not_lock_the_person_out(db, person):
    for _ in range(5):
        with pytest.raises(BadCredentials):
            identity.sign_in(db, "signer", "wrong password", "203.0.113.9", NOW)
    identity.sign_in(db, "signer", PASSWORD, HERE, NOW)


def test_one_address_that_tries_many_names_is_slowed_down(db, person):
    for number in range(identity.MOST_OF_ADDRESS):
        with pytest.raises(BadCredentials):
            identity.sign_in(db, f"name{number}", "wrong password", HERE, NOW)
    with pytest.raises(Throttled):
        identity.sign_in(db, "another", "wrong password", HERE, NOW)


def test_a_session_ends_after_a_quarter_of_an_hour_without_a_request(db, person):
    token = signed_in(db, person)
    assert identity.resume(db, token, NOW + timedelta(minutes=14)) is not None
    assert identity.resume(db, token, NOW + timedelta(minutes=28)) is not None
    assert identity.resume(db, token, NOW + timedelta(minutes=43)) is None


def test_a_session_ends_after_twelve_hours_however_busy(db, person):
    token = signed_in(db, person)
    at = NOW
    while at < NOW + timedelta(hours=11, minutes=55):
        at += timedelta(minutes=5)
        assert identity.resume(db, token, at) is not None
    assert identity.resume(db, token, NOW + timedelta(hours=12)) is None


def test_signing_out_ends_this_session_at_once(db, person):
    token, other = signed_in(db, person), signed_in(db, person)
    identity.sign_out(db, token, NOW)
    assert identity.resume(db, token, NOW) is None
    assert identity.resume(db, other, NOW) is not None


def test_an_administrator_ends_all_sessions_of_somebody(db, person):
    token = signed_in(db, person)
    admin = a_person(db, "admin", None)
    assert identity.revoke_sessions(db, admin, person.person_id, NOW) == 1
    assert identity.resume(db, token, NOW) is None


def test_a_trainee_can_not_end_anothers_sessions(db, person):
    with pytest.raises(NotPermitted, match="Only an administrator or a clinical lead"):
        identity.revoke_sessions(db, a_person(db, "trainee", 2), person.person_id, NOW)


def test_whoever_is_made_inactive_is_out_at_the_next_request(db, person):
    token = signed_in(db, person)
    with db.begin() as session:
        session.execute(text("UPDATE person SET active = FALSE"))
    assert identity.resume(db, token, NOW) is None
    with pytest.raises(BadCredentials):
        identity.sign_in(db, "signer", PASSWORD, HERE, NOW)


def test_changing_the_password_ends_the_other_sessions(db, person):
    old, mine = signed_in(db, person), signed_in(db, person)
    actor = identity.resume(db, mine, NOW)
    identity.change_password(db, actor, PASSWORD, "four other random words", NOW, hasher=CHEAP)
    assert identity.resume(db, old, NOW) is None
    assert identity.resume(db, mine, NOW) is not None
    identity.sign_in(db, "signer", "four other random words", HERE, NOW)


@pytest.mark.parametrize("new", ["short", PASSWORD])
def test_a_short_or_unchanged_password_is_refused(db, person, new):
    with pytest.raises(Invalid):
        identity.change_password(db, person, PASSWORD, new, NOW, hasher=CHEAP)


def test_proving_who_one_is_takes_the_persons_own_password(db, person):
    identity.check_password(db, person, PASSWORD, NOW)
    with pytest.raises(BadCredentials, match="Nothing was signed"):
        identity.check_password(db, person, "wrong password", NOW)


def test_signing_in_and_failing_to_are_both_in_the_audit_log_without_the_name_typed(db, person):
    signed_in(db, person)
    with pytest.raises(BadCredentials):
        identity.sign_in(db, "my password by mistake", "x", HERE, NOW)
    with db.read() as session:
        events = [e for code in audit_log.heads(session) for e in _events(session, code)]
    assert {"signed in", "sign-in refused"} <= {e[0] for e in events}
    assert not any("my password" in str(e) for e in events)


def _events(session, code):
    return session.execute(
        text("SELECT action, actor_name, object_id, words FROM audit_event WHERE site_code = :c"), {"c": code}
    ).all()
