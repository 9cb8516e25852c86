"""Who may do what: every role against every action, and whatever they try, nothing leaves that no consultant signed."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import event, text

from reporter.actions import audit, delivery, identity, orders, people, reporting, turnaround
from reporter.actions.people import NewCredential, NewPerson
from reporter.actions.refusals import Conflict, NotPermitted, Refused
from reporter.integration.wires import Destination
from reporter.store.sites import Site
from tests.builders import (
    CHEAP,
    NOW,
    PASSWORD,
    a_draft,
    a_person,
    a_signed_report,
    a_site,
    a_study,
    an_order_form,
    is_available,
    signs,
    the_draft_number,
)
from tests.counts import count

EHR = Destination("EHR", "mllp")
ROLES = ("trainee", "consultant", "clinical_lead", "radiographer", "auditor", "admin")


def new_person(**_):
    return NewPerson("RXX01", f"new{random.random()}", PASSWORD, "N", "trainee")


@pytest.fixture
def place(sqlite_db):
    a_site(sqlite_db)
    return sqlite_db


@pytest.fixture
def others(place):
    """A trainee who writes, a consultant who signs, and a study in every state that an action starts from."""
    consultant, trainee = a_person(place, "consultant", 3), a_person(place, "trainee", 2)
    is_available(place, consultant)
    return consultant, trainee


def study_for(db, action, others):
    consultant, trainee = others
    if action in ("sign", "return a draft"):
        study_id = a_draft(db, trainee)
        reporting.submit(db, trainee, study_id, the_draft_number(db, study_id), NOW)
        return study_id
    if action in ("amend", "read a version", "take the PDF"):
        return a_signed_report(db, consultant)
    return a_study(db, completed_at=None) if action == "complete an examination" else a_study(db)


def do_sign(db, who, study_id):
    seen = reporting.sign_preview(db, a_person(db, "consultant", 3), study_id, NOW).sha256
    try:
        reporting.sign(db, who, study_id, seen, PASSWORD, (EHR,), NOW)
    except Conflict:
        # Another signer's document says their own name: that this is said means that this person may sign.
        return signs(db, who, study_id)


#: What it is, how it is done, and who may. Everybody else is told that they may not.
MATRIX = {
    "enter an order": (lambda db, who, _: orders.enter_order(db, who, an_order_form(), NOW), {"consultant", "clinical_lead", "radiographer"}),
    "complete an examination": (lambda db, who, s: orders.complete_exam(db, who, s, NOW, NOW), {"consultant", "clinical_lead", "radiographer"}),
    "open a report": (lambda db, who, s: reporting.open_report(db, who, s, "viability", NOW), {"trainee", "consultant", "clinical_lead"}),
    "sign": (do_sign, {"consultant", "clinical_lead"}),
    "return a draft": (lambda db, who, s: reporting.return_draft(db, who, s, "Again.", the_draft_number(db, s), NOW), {"consultant", "clinical_lead"}),
    "amend": (lambda db, who, s: reporting.amend(db, who, s, "addendum", "More.", NOW), {"consultant", "clinical_lead"}),
    "read a study": (lambda db, who, s: reporting.study_view(db, who, s, NOW), set(ROLES) - {"admin"}),
    "read a version": (lambda db, who, s: reporting.read_version(db, who, s, 1, NOW), set(ROLES) - {"admin"}),
    "take the PDF": (lambda db, who, s: reporting.pdf(db, who, s, 1, NOW), set(ROLES) - {"admin"}),
    "see the turnaround board": (lambda db, who, _: turnaround.board(db, who, NOW), set(ROLES) - {"admin"}),
    "read the audit log": (audit.history_of, {"consultant", "clinical_lead", "auditor"}),
    "see exceptions": (lambda db, who, _: orders.list_exceptions(db, who), set(ROLES) - {"trainee"}),
    "add people": (lambda db, who, _: people.add_person(db, who, new_person(), NOW, hasher=CHEAP), {"admin"}),
    "add a site": (lambda db, who, _: people.add_site(db, who, Site("RNEW1", "N", "RNE", "T"), NOW), {"admin"}),
    "close a site": (lambda db, who, _: people.close_site_on(db, who, "RXX01", date(2026, 12, 24), reason="Local", now=NOW), {"clinical_lead"}),
}  # fmt: skip


@pytest.mark.parametrize("action", MATRIX)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_the_table_says_and_nothing_else(place, others, role, action):
    act, allowed = MATRIX[action]
    study_id = study_for(place, action, others)
    level = {"trainee": 2, "consultant": 3, "clinical_lead": 3}.get(role)
    who = a_person(place, role, level)
    if role in allowed:
        act(place, who, study_id)
        return
    with pytest.raises(NotPermitted) as caught:
        act(place, who, study_id)
    assert all(reason[0].isupper() and reason.endswith(".") for reason in caught.value.reasons)


def test_a_clinical_lead_without_a_consultants_grade_does_not_sign(place, others):
    study_id = study_for(place, "sign", others)
    with pytest.raises(NotPermitted):
        do_sign(place, a_person(place, "clinical_lead", 3, grade="Lead radiographer"), study_id)


def test_a_refusal_never_names_the_patient(place):
    consultant, trainee = a_person(place, "consultant", 3), a_person(place, "trainee", 1)
    study_id = a_draft(place, trainee, study_id=a_study(place, family="Secretname", given="Secretgiven"))
    number = the_draft_number(place, study_id)
    said = []
    for act in (
        lambda: reporting.submit(place, trainee, study_id, number, NOW),
        lambda: reporting.save_draft(place, trainee, study_id, {}, 99, (), NOW),
        lambda: reporting.sign(place, trainee, study_id, "x", PASSWORD, (), NOW),
        lambda: reporting.sign(place, consultant, study_id, "x", PASSWORD, (), NOW),
        lambda: reporting.sign(place, consultant, study_id, "x", "wrong password", (), NOW),
        lambda: orders.complete_exam(place, consultant, study_id, NOW + timedelta(days=1), NOW),
        lambda: reporting.read_version(place, consultant, study_id, 7, NOW),
    ):
        with pytest.raises(Refused) as caught:
            act()
        said.append(f"{caught.value} {caught.value!r}")
    assert not any("Secret" in words for words in said)


def test_when_any_statement_of_a_signature_fails_nothing_of_it_is_there(place, monkeypatch):
    # given
    monkeypatch.setattr("reporter.integration.pdf.render", lambda _version: b"%PDF-1.7")
    consultant = a_person(place, "consultant", 3)
    study_id = a_draft(place, consultant)
    seen = reporting.sign_preview(place, consultant, study_id, NOW).sha256
    fail_at, ran = 0, 0

    def fail(connection, _cursor, statement, *_):
        nonlocal ran
        if connection.get_execution_options().get("reporter_writes") and not statement.startswith("BEGIN"):
            ran += 1
            if ran == fail_at:
                raise OSError("the disk is gone")

    event.listen(place._engine, "before_cursor_execute", fail)
    # when: the first statement fails, then the second, and so on until none does
    while True:
        fail_at, ran = fail_at + 1, 0
        try:
            reporting.sign(place, consultant, study_id, seen, PASSWORD, (EHR,), NOW)
            break
        except OSError:
            with place.read() as session:
                for table in ("report_version", "signature", "rendition", "outbox_message", "delivery"):
                    assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
    # then
    statements, fail_at = fail_at - 1, 0
    assert statements >= 10
    assert reporting.read_version(place, consultant, study_id, 1, NOW).signed.document.sha256() == seen


def test_whatever_people_try_nothing_leaves_that_no_consultant_signed(place, monkeypatch):
    # given
    monkeypatch.setattr("reporter.integration.pdf.render", lambda _version: b"%PDF-1.7")
    monkeypatch.setattr("reporter.integration.outgoing.check", lambda *_: ())
    chance = random.Random(14)
    crowd = [a_person(place, role, 3 if role in ("consultant", "clinical_lead") else 2) for role in ROLES]
    is_available(place, crowd[1])
    studies = [a_study(place), a_draft(place, crowd[0]), a_draft(place, crowd[1])]
    acts = [
        lambda who, s: reporting.open_report(place, who, s, "viability", NOW),
        lambda who, s: reporting.save_draft(place, who, s, {"lv_edv": [str(chance.randint(150, 250))]}, the_draft_number(place, s), (), NOW),
        lambda who, s: reporting.submit(place, who, s, the_draft_number(place, s), NOW),
        lambda who, s: reporting.take_back(place, who, s, NOW),
        lambda who, s: reporting.return_draft(place, who, s, "Again.", the_draft_number(place, s), NOW),
        lambda who, s: signs(place, who, s, (EHR,)),
        lambda who, s: reporting.amend(place, who, s, "amendment", "A figure.", NOW),
        lambda who, s: reporting.discard(place, who, s, NOW),
        lambda who, s: delivery.board(place, who, NOW),
        lambda who, s: identity.revoke_sessions(place, who, who.person_id, NOW),
        lambda who, s: people.add_credential(place, who, crowd[0].person_id, NewCredential("SCMR", 3, date(2026, 1, 1)), NOW),
    ]  # fmt: skip
    # when
    done = 0
    for _ in range(count(10_000, ci=500, quick=250)):
        try:
            chance.choice(acts)(chance.choice(crowd), chance.choice(studies))
            done += 1
        except (Refused, AssertionError):
            continue
    # then
    assert done > 20
    with place.read() as session:
        unsigned = session.execute(
            text(
                "SELECT count(*) FROM outbox_message o LEFT JOIN signature s ON s.report_id = o.report_id "
                "AND s.version = o.version AND s.meaning = 'reviewed-and-approved' "
                "WHERE s.id IS NULL OR s.role NOT IN ('consultant', 'clinical_lead')"
            )
        ).scalar_one()
        versions = session.execute(text("SELECT count(*) FROM report_version")).scalar_one()
        assert unsigned == 0
        assert versions == session.execute(text("SELECT count(*) FROM outbox_message")).scalar_one()
        assert versions == session.execute(text("SELECT coalesce(sum(current_version), 0) FROM report")).scalar_one()
    assert versions > 0
    assert all(chain.ok for chain in audit.verify(place))
