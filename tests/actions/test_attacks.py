"""What an attacker or an unlucky moment tries on the actions: another site's data, a signature that isn't due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from reporter.actions import audit, delivery, identity, orders, reporting, signing
from reporter.actions.refusals import BadCredentials, Conflict, NotFound, NotPermitted, Throttled
from reporter.integration.answer import Answer
from reporter.integration.wires import Destination, Source
from reporter.report import signing as preparing
from reporter.store import people as people_store
from reporter.store import reports
from tests.builders import (
    NOW,
    PASSWORD,
    a_draft,
    a_person,
    a_signed_report,
    a_site,
    is_available,
    the_draft_number,
)
from tests.hl7_messages import an_adt, an_orm

SOURCE = Source("ris")
EHR = Destination("EHR", "mllp", port=1)


@pytest.fixture
def signer(db):
    a_site(db)
    return a_person(db, "consultant", 3)


def unguarded(db, table, *statements):
    """What somebody with the file, or PostgreSQL's superuser, can do."""
    with db.begin() as session:
        if db.is_sqlite:
            for verb in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            session.execute(text(statement))


def change(db, statement, **values):
    with db.begin() as session:
        session.execute(text(statement), values)


def is_unsigned(db):
    with db.read() as session:
        counts = [
            session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("report_version", "signature", "rendition", "outbox_message")
        ]
    return counts == [0, 0, 0, 0]


#: Everything that a report says of its order and of its patient, changed a moment after it was looked at.
CHANGES_OF_FACTS = (
    "UPDATE patient SET family = 'Changed'",
    "UPDATE patient SET given = 'Changed'",
    "UPDATE patient SET title = 'Prof'",
    "UPDATE patient SET sex = 'female'",
    "UPDATE patient SET birth_date = '1950-01-01'",
    "UPDATE patient SET nhs_number = '9994100009'",
    "UPDATE patient SET nhs_number_valid = (1 = 1), nhs_number = '9994100009'",
    "UPDATE study SET accession = 'OTHER'",
    "UPDATE study SET procedure = 'Another'",
    "UPDATE study SET clinical_question = 'Another?'",
    "UPDATE study SET placer_order = 'OTHER'",
    "UPDATE study SET filler_order = 'OTHER'",
    "UPDATE study SET patient_class = 'inpatient', class_at_start = 'inpatient'",
    "UPDATE study SET requester = NULL",
    "UPDATE study SET completed_at = '2026-11-23 11:00:00+00:00'",
)


@pytest.mark.parametrize("statement", CHANGES_OF_FACTS)
def test_what_changed_after_the_signing_page_was_opened_is_not_signed(sqlite_db, statement):
    a_site(sqlite_db)
    signer = a_person(sqlite_db, "consultant", 3)
    study_id = a_draft(sqlite_db, signer)
    seen = reporting.sign_preview(sqlite_db, signer, study_id, NOW).sha256
    change(sqlite_db, statement.replace("+00:00", ".000000"))
    with pytest.raises(Conflict):
        reporting.sign(sqlite_db, signer, study_id, seen, PASSWORD, (EHR,), NOW)
    assert is_unsigned(sqlite_db)


@pytest.mark.parametrize("statement", CHANGES_OF_FACTS)
def test_what_changes_while_the_document_is_being_made_is_not_signed(db, signer, monkeypatch, statement):
    # given: an update arrives after everything was read and before the signing transaction
    study_id = a_draft(db, signer)
    seen = reporting.sign_preview(db, signer, study_id, NOW).sha256
    prepare = signing._prepare

    def prepare_slowly(*args, **more):
        ready = prepare(*args, **more)
        change(db, statement if not db.is_sqlite else statement.replace("+00:00", ".000000"))
        return ready

    monkeypatch.setattr(signing, "_prepare", prepare_slowly)
    # when, then
    with pytest.raises(Conflict):
        reporting.sign(db, signer, study_id, seen, PASSWORD, (EHR,), NOW)
    assert is_unsigned(db)


@pytest.mark.parametrize("event", ["A08", "A40"])
def test_a_demographic_message_between_reading_and_signing_is_seen(db, signer, event):
    # given: an order from a feed, drafted
    orders.receive(db, an_orm(control="NW", status="CM", completed_at="20261123120000+0000"), SOURCE, NOW)
    with db.read() as session:
        study_id = session.execute(text("SELECT id FROM study")).scalar_one()
    a_draft(db, signer, study_id=study_id)
    seen = reporting.sign_preview(db, signer, study_id, NOW).sha256
    # when
    told = an_adt("A08", family="Newname") if event == "A08" else an_adt("A40", mrn="NF999999", retired="NF204518")
    orders.receive(db, told, SOURCE, NOW)
    # then
    with pytest.raises(Conflict, match="nothing was signed"):
        reporting.sign(db, signer, study_id, seen, PASSWORD, (EHR,), NOW)
    assert is_unsigned(db)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credential SET expires = '2026-11-22'",
        "UPDATE person SET active = (1 = 0)",
        "UPDATE person SET role = 'trainee'",
        "UPDATE person SET registration_number = NULL",
    ],
)
def test_who_loses_the_right_to_sign_while_signing_does_not_sign(db, signer, monkeypatch, statement):
    study_id = a_draft(db, signer)
    seen = reporting.sign_preview(db, signer, study_id, NOW).sha256
    prepare = signing._prepare

    def prepare_slowly(*args, **more):
        ready = prepare(*args, **more)
        change(db, statement)
        return ready

    monkeypatch.setattr(signing, "_prepare", prepare_slowly)
    with pytest.raises(NotPermitted):
        reporting.sign(db, signer, study_id, seen, PASSWORD, (EHR,), NOW)
    assert is_unsigned(db)


@pytest.mark.parametrize("whose", ["signs", "nobody"])
def test_taking_over_is_an_explicit_act_and_stands_on_the_report(db, whose):
    # given: a trainee whose level ended after handing in
    a_site(db)
    signer, trainee = a_person(db, "consultant", 3), a_person(db, "trainee", 2, expires=NOW.date())
    is_available(db, signer)
    study_id = a_draft(db, trainee)
    reporting.submit(db, trainee, study_id, the_draft_number(db, study_id), NOW)
    later = NOW + timedelta(days=2)
    # when
    if whose == "nobody":
        with pytest.raises(NotPermitted, match="take the report over"):
            reporting.sign(db, signer, study_id, "0" * 64, PASSWORD, (), later)
        return
    seen = reporting.sign_preview(db, signer, study_id, later, takes_over=True)
    plain = reporting.sign_preview(db, signer, study_id, later)
    # then: it is part of what is signed, so a page without it can't be signed as one with it
    assert "took the report over" in seen.document.delegation
    assert plain.sha256 != seen.sha256
    with pytest.raises(Conflict):
        reporting.sign(db, signer, study_id, plain.sha256, PASSWORD, (), later, takes_over=True)
    reporting.sign(db, signer, study_id, seen.sha256, PASSWORD, (), later, takes_over=True)


@pytest.mark.parametrize("where", ["prepare", "may_sign", "render", "check"])
def test_a_fault_anywhere_before_the_transaction_signs_nothing(sqlite_db, monkeypatch, where):
    a_site(sqlite_db)
    signer = a_person(sqlite_db, "consultant", 3)
    study_id = a_draft(sqlite_db, signer)
    seen = reporting.sign_preview(sqlite_db, signer, study_id, NOW).sha256

    def fail(*_args, **_more):
        raise ZeroDivisionError

    places = {
        "prepare": (preparing, "prepare"),
        "may_sign": (signing.cases, "may_sign"),
        "render": (signing.outgoing, "render"),
        "check": (signing.outgoing, "check"),
    }
    monkeypatch.setattr(*places[where], fail)
    with pytest.raises(ZeroDivisionError):
        reporting.sign(sqlite_db, signer, study_id, seen, PASSWORD, (EHR,), NOW)
    assert is_unsigned(sqlite_db)


def test_a_stranger_who_guesses_at_a_name_stops_no_signature(db, signer):
    # given: from behind the same proxy, as everybody is
    for number in range(40):
        name = (signer.username, "again:" + signer.username)[number % 2]
        with pytest.raises((BadCredentials, Throttled)):
            identity.sign_in(db, name, "wrong", signer.address, NOW)
    # when, then
    assert a_signed_report(db, signer)


def test_whoever_holds_a_session_can_not_guess_its_password(db, signer):
    for _ in range(5):
        with pytest.raises(BadCredentials):
            identity.check_password(db, signer, "wrong", NOW)
    with pytest.raises(Throttled):
        identity.check_password(db, replace(signer, address="10.9.9.9"), PASSWORD, NOW)


def test_a_message_that_is_no_longer_what_was_signed_never_leaves_and_stops_no_other(db, signer, monkeypatch):
    # given
    sent = []
    monkeypatch.setattr(
        "reporter.integration.outgoing.send",
        lambda _to, message_id, _payload: sent.append(message_id) or Answer("accepted", "AA", "Taken."),
    )
    first = a_signed_report(db, signer, (EHR,))
    a_signed_report(db, signer, (EHR,), NOW + timedelta(seconds=1))
    with db.read() as session:
        altered = session.execute(
            text("SELECT o.id FROM outbox_message o JOIN report r ON r.id = o.report_id WHERE r.study_id = :s"),
            {"s": first},
        ).scalar_one()
    unguarded(db, "outbox_message", f"UPDATE outbox_message SET sha256 = '{'0' * 64}' WHERE id = '{altered}'")
    # when
    delivery.deliver_due(db, (EHR,), "test", lambda: NOW + timedelta(minutes=1))
    # then
    assert len(sent) == 1
    assert altered not in sent
    board = delivery.board(db, signer, NOW + timedelta(minutes=2))
    assert [(one.message_id, one.state) for one in board.troubled] == [(altered, "held")]
    with pytest.raises(Conflict):
        delivery.resend(db, signer, altered, NOW)


def test_an_altered_pdf_is_not_shown(db, signer):
    study_id = a_signed_report(db, signer)
    assert reporting.pdf(db, signer, study_id, 1, NOW).startswith(b"%PDF")
    unguarded(db, "rendition", f"UPDATE rendition SET sha256 = '{'0' * 64}'")
    with pytest.raises(reports.Altered):
        reporting.pdf(db, signer, study_id, 1, NOW)


def test_a_kept_message_belongs_to_the_site_that_it_names(db, signer):
    # given: an order for another site that can't be used, and one that can't even be read
    a_site(db, "RYY01")
    orders.receive(db, an_orm(site="RYY01", control="CA"), SOURCE, NOW)
    orders.receive(db, b"MSH|nonsense", SOURCE, NOW)
    there = a_person(db, "radiographer", None, site="RYY01")
    both = a_person(db, "radiographer", None, sites=("RXX01", "RYY01"))
    admin = a_person(db, "admin", None, sites=("RXX01", "RYY01"))
    # then: one's own is read, the one of no known site is seen but read only by who works everywhere
    assert [line.readable for line in orders.list_exceptions(db, signer)] == [False]
    assert [line.readable for line in orders.list_exceptions(db, there)] == [True, False]
    assert [line.readable for line in orders.list_exceptions(db, both)] == [True, True]
    assert [line.readable for line in orders.list_exceptions(db, admin)] == [False, False]


def test_a_file_changes_nothing_at_a_site_that_is_not_ones_own(db, signer):
    # given
    a_site(db, "RYY01")
    orders.receive(db, an_orm(site="RYY01"), SOURCE, NOW)
    foreign = an_orm(site="RYY01", message_id="F1", accession="F1", placer="F1")
    mine = an_orm(message_id="F2", accession="F2", placer="F2", mrn="F2", nhs_number="")
    # when
    result = orders.import_orders(db, signer, foreign + an_adt("A08", family="Forged") + mine, SOURCE, NOW)
    # then
    assert [line.accepted for line in result.lines] == [False, False, True]
    with db.read() as session:
        assert session.execute(text("SELECT count(*) FROM patient WHERE family = 'Forged'")).scalar_one() == 0
        assert session.execute(text("SELECT count(*) FROM study WHERE site_code = 'RYY01'")).scalar_one() == 1


def test_the_trainee_who_is_made_a_consultant_elsewhere_signs_nothing_here(db, signer):
    other = a_person(db, "trainee", 2)
    study_id = a_draft(db, signer)
    with pytest.raises(NotPermitted):
        reporting.sign(db, replace(other, role="consultant"), study_id, "0" * 64, PASSWORD, (), NOW)
    with db.read() as session:
        assert people_store.get(session, other.person_id).role == "trainee"
    assert is_unsigned(db)


def test_every_action_on_another_sites_study_finds_nothing(db, signer):
    # given: the same department elsewhere, with a report in each state that an action needs
    a_site(db, "RYY01")
    there = a_person(db, "consultant", 3, site="RYY01")
    draft, signed = a_draft(db, there), a_signed_report(db, there)
    # when, then
    for act in (
        lambda s: reporting.study_view(db, signer, s, NOW),
        lambda s: reporting.open_report(db, signer, s, None, NOW),
        lambda s: reporting.save_draft(db, signer, s, {"scanner": ["X"]}, 2, (), NOW),
        lambda s: reporting.submit(db, signer, s, 2, NOW),
        lambda s: reporting.take_back(db, signer, s, NOW),
        lambda s: reporting.return_draft(db, signer, s, "x", 2, NOW),
        lambda s: reporting.sign_preview(db, signer, s, NOW),
        lambda s: reporting.sign(db, signer, s, "0" * 64, PASSWORD, (), NOW),
        lambda s: reporting.amend(db, signer, s, "amendment", "x", NOW),
        lambda s: reporting.discard(db, signer, s, NOW),
        lambda s: reporting.read_version(db, signer, s, 1, NOW),
        lambda s: reporting.pdf(db, signer, s, 1, NOW),
        lambda s: orders.complete_exam(db, signer, s, NOW, NOW),
        lambda s: audit.history_of(db, signer, s),
    ):
        for study_id in (draft, signed, "00000000-0000-0000-0000-000000000000"):
            with pytest.raises(NotFound):
                act(study_id)


def test_nobody_takes_back_what_another_handed_in(db, signer):
    author, other = a_person(db, "trainee", 2), a_person(db, "trainee", 2)
    is_available(db, signer)
    study_id = a_draft(db, author)
    reporting.submit(db, author, study_id, the_draft_number(db, study_id), NOW)
    for somebody in (other, signer):
        with pytest.raises(NotPermitted, match="Only who wrote"):
            reporting.take_back(db, somebody, study_id, NOW)
    reporting.take_back(db, author, study_id, NOW)


def meanwhile(monkeypatch, room, name, act):
    """Lets something else happen once, at the moment in which an action has read everything and written nothing."""
    original, done = getattr(room, name), []

    def slowly(*args, **more):
        if not done:
            done.append(True)
            act()
        return original(*args, **more)

    monkeypatch.setattr(room, name, slowly)


def test_a_save_that_comes_while_another_is_stored_overwrites_nothing(db, signer, monkeypatch):
    # given: two tabs with the same draft
    study_id = a_draft(db, signer)
    number = the_draft_number(db, study_id)
    first = {"scanner": ["The first"]}
    meanwhile(
        monkeypatch, reporting.answers, "agreed",
        lambda: reporting.save_draft(db, signer, study_id, first, number, (), NOW),
    )  # fmt: skip
    # when, then
    with pytest.raises(Conflict):
        reporting.save_draft(db, signer, study_id, {"scanner": ["The second"]}, number, (), NOW)
    view = reporting.study_view(db, signer, study_id, NOW)
    assert view.draft.answers["scanner"] == "The first"
    assert view.draft.number == number + 1


def test_a_report_that_is_signed_meanwhile_is_not_sent_back(db, signer, monkeypatch):
    # given
    author = a_person(db, "trainee", 2)
    is_available(db, signer)
    study_id = a_draft(db, author)
    reporting.submit(db, author, study_id, the_draft_number(db, study_id), NOW)
    number = the_draft_number(db, study_id)
    seen = reporting.sign_preview(db, signer, study_id, NOW).sha256
    other = a_person(db, "consultant", 3)
    meanwhile(
        monkeypatch, reporting.delegation, "may_return",
        lambda: reporting.sign(db, signer, study_id, seen, PASSWORD, (), NOW),
    )  # fmt: skip
    # when, then
    with pytest.raises(Conflict, match="signed"):
        reporting.return_draft(db, other, study_id, "Please mend.", number, NOW)
    assert reporting.study_view(db, signer, study_id, NOW).report.state == "signed"
