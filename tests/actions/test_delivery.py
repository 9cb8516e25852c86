"""Delivery over real sockets: nothing lost, nothing out of order, duplicates only with the same id and bytes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from reporter.actions import delivery, reporting
from reporter.actions.refusals import Conflict, Invalid, NotFound, NotPermitted
from reporter.integration.wires import Destination
from reporter.store import outbox, reports
from tests.builders import NOW, PASSWORD, a_person, a_signed_report, a_site, the_draft_number
from tests.fhir_receiver import receiving
from tests.mllp_receiver import (
    a_receiver,
    accept,
    answer_another,
    close_at_once,
    close_mid_answer,
    garbage,
    refuse,
)


@pytest.fixture(autouse=True)
def site(db):
    a_site(db)


@pytest.fixture
def consultant(db):
    return a_person(db, "consultant", 3)


def the_ehr(receiver):
    return Destination("EHR", "mllp", port=receiver.port, timeout_seconds=2)


def run(db, destination, at=NOW, holder="worker"):
    return delivery.deliver_due(db, (destination,), holder, lambda: at)


def states(db, actor, study_id):
    return {(d.version, d.state) for d in reporting.study_view(db, actor, study_id, NOW).deliveries}


def amended(db, consultant, study_id, destination, at=NOW + timedelta(minutes=1)):
    reporting.amend(db, consultant, study_id, "amendment", "A figure was mistyped.", at)
    number = the_draft_number(db, study_id)
    reporting.save_draft(db, consultant, study_id, {"rv_esv": ["79"]}, number, (), at)
    preview = reporting.sign_preview(db, consultant, study_id, at)
    reporting.sign(db, consultant, study_id, preview.sha256, PASSWORD, (destination,), at)


def the_payload(db, version=1):
    with db.read() as session:
        return session.execute(
            text("SELECT payload FROM outbox_message WHERE version = :v"), {"v": version}
        ).scalar_one()


def test_a_signed_report_arrives_byte_for_byte_and_is_acknowledged(db, consultant):
    with a_receiver() as ehr:
        study_id = a_signed_report(db, consultant, (the_ehr(ehr),))
        assert run(db, the_ehr(ehr)).accepted == 1
    assert ehr.messages == [the_payload(db)]
    assert states(db, consultant, study_id) == {(1, "acknowledged")}
    with db.read() as session:
        assert reports.of_study(session, study_id).available_at == NOW


@pytest.mark.parametrize("behaviour", [answer_another, garbage, close_at_once, close_mid_answer])
def test_whatever_is_no_answer_to_ours_is_tried_again_with_the_same_bytes(db, consultant, behaviour):
    with a_receiver(behaviour, accept) as ehr:
        study_id = a_signed_report(db, consultant, (the_ehr(ehr),))
        assert run(db, the_ehr(ehr)).retried == 1
        assert run(db, the_ehr(ehr)).sent == 0  # not before its time
        assert run(db, the_ehr(ehr), NOW + timedelta(seconds=6)).accepted == 1
    assert ehr.messages[0] == ehr.messages[1]
    assert states(db, consultant, study_id) == {(1, "acknowledged")}


def test_a_receiver_that_hangs_is_given_up_on_in_time_and_tried_again(db, consultant):
    from tests.mllp_receiver import hang

    with a_receiver(hang, accept) as ehr:
        slow = Destination("EHR", "mllp", port=ehr.port, timeout_seconds=0.3)
        a_signed_report(db, consultant, (slow,))
        assert run(db, slow).retried == 1
        assert run(db, slow, NOW + timedelta(seconds=6)).accepted == 1


def test_a_receiver_that_is_away_loses_nothing(db, consultant):
    away = Destination("EHR", "mllp", port=9, timeout_seconds=1)
    study_id = a_signed_report(db, consultant, (away,))
    at = NOW
    for _ in range(5):
        run(db, away, at)
        at += timedelta(minutes=6)
    assert states(db, consultant, study_id) == {(1, "waiting")}
    with a_receiver() as ehr:
        assert run(db, the_ehr(ehr), at).accepted == 1


def test_a_refusal_waits_for_a_person_with_the_receivers_words(db, consultant):
    with a_receiver(refuse("AR", "Unknown patient"), accept) as ehr:
        study_id = a_signed_report(db, consultant, (the_ehr(ehr),))
        assert run(db, the_ehr(ehr)).refused == 1
        assert run(db, the_ehr(ehr), NOW + timedelta(days=1)).sent == 0
        board = delivery.board(db, consultant, NOW)
        assert "Unknown patient" in board.troubled[0].words
        assert board.alarms == ("EHR: 1 refused, 0 held back. A person has to decide.",)
        # when
        delivery.resend(db, consultant, board.troubled[0].message_id, NOW)
        assert run(db, the_ehr(ehr)).accepted == 1
    assert ehr.messages[0] == ehr.messages[1]
    assert states(db, consultant, study_id) == {(1, "acknowledged")}


def test_a_second_version_waits_for_the_first_even_when_it_was_refused(db, consultant):
    with a_receiver(refuse("AR"), accept) as ehr:
        wire = the_ehr(ehr)
        study_id = a_signed_report(db, consultant, (wire,))
        run(db, wire)
        amended(db, consultant, study_id, wire)
        assert run(db, wire, NOW + timedelta(hours=1)).sent == 0
        # when: a person sets the first aside
        first = delivery.board(db, consultant, NOW).troubled[0]
        delivery.set_aside(db, consultant, first.message_id, "The referrer was told by phone.", NOW)
        assert run(db, wire, NOW + timedelta(hours=1)).accepted == 1
    assert ehr.messages == [the_payload(db, 1), the_payload(db, 2)]
    assert states(db, consultant, study_id) == {(1, "set_aside"), (2, "acknowledged")}


def test_versions_arrive_in_order_over_a_line_that_fails(db, consultant):
    with a_receiver(close_at_once, answer_another, accept) as ehr:
        wire = the_ehr(ehr)
        study_id = a_signed_report(db, consultant, (wire,))
        amended(db, consultant, study_id, wire)
        at = NOW + timedelta(minutes=2)
        for _ in range(6):
            run(db, wire, at)
            at += timedelta(minutes=6)
    first, second = the_payload(db, 1), the_payload(db, 2)
    assert ehr.messages == [first, first, first, second]


def test_one_report_that_is_refused_does_not_hold_another_up(db, consultant):
    with a_receiver(refuse("AR"), accept) as ehr:
        for _ in range(2):
            a_signed_report(db, consultant, (the_ehr(ehr),))
        done = run(db, the_ehr(ehr))
    assert (done.refused, done.accepted) == (1, 1)


def test_the_bundle_goes_to_a_fhir_server_and_is_tried_again_after_a_500(db, consultant):
    with receiving("500", "accept") as peer:
        fhir = Destination("FHIR", "fhir", url=peer.url, timeout_seconds=5)
        study_id = a_signed_report(db, consultant, (fhir,))
        assert run(db, fhir).retried == 1
        assert run(db, fhir, NOW + timedelta(minutes=1)).accepted == 1
        assert peer.received[0].body == peer.received[1].body == the_payload(db)
    assert states(db, consultant, study_id) == {(1, "acknowledged")}


def test_what_a_dead_sender_held_goes_again_when_its_lease_ends_and_a_late_word_does_not_count(db, consultant):
    with a_receiver() as ehr:
        wire = the_ehr(ehr)
        study_id = a_signed_report(db, consultant, (wire,))
        with db.begin() as session:
            message, attempt = outbox.take_next(session, "EHR", "dead", NOW, timedelta(seconds=30))
        assert run(db, wire, NOW + timedelta(seconds=29)).sent == 0
        assert run(db, wire, NOW + timedelta(seconds=31)).accepted == 1
    with db.begin() as session:
        counted = outbox.settle(
            session, message, "dead", attempt=attempt, state="waiting", kind="retry", code="", words="late",
            raw=b"", next_at=NOW, now=NOW,
        )  # fmt: skip
    assert not counted
    assert states(db, consultant, study_id) == {(1, "acknowledged")}


def test_a_sender_that_was_asleep_does_not_send_what_another_may_have_sent_since(db, consultant):
    with a_receiver() as ehr:
        wire = the_ehr(ehr)
        study_id = a_signed_report(db, consultant, (wire,))
        clock = iter([NOW, NOW, NOW + timedelta(hours=1)])  # looks, takes, and wakes up an hour later
        assert delivery.deliver_due(db, (wire,), "asleep", lambda: next(clock)).sent == 0
        assert ehr.messages == []
        assert run(db, wire, NOW + timedelta(hours=1)).accepted == 1
    assert states(db, consultant, study_id) == {(1, "acknowledged")}


def test_two_senders_never_have_the_same_message(db, consultant):
    for _ in range(3):
        a_signed_report(db, consultant, (Destination("EHR", "mllp"),))
    taken = []
    for holder in ("a", "b", "a", "b"):
        with db.begin() as session:
            found = outbox.take_next(session, "EHR", holder, NOW, timedelta(minutes=1))
            if found:
                taken.append(found[0].id)
    assert len(taken) == len(set(taken)) == 3


def test_tries_wait_longer_and_longer_and_end_with_a_person(db, consultant):
    waits = [delivery.backoff(n).total_seconds() for n in range(1, 9)]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    away = Destination("EHR", "mllp", port=9, timeout_seconds=1)
    study_id = a_signed_report(db, consultant, (away,))
    run(db, away, NOW + delivery.GIVE_UP_AFTER + timedelta(seconds=1))
    assert states(db, consultant, study_id) == {(1, "refused")}


def test_something_unsent_for_a_quarter_of_an_hour_is_an_alarm(db, consultant):
    a_signed_report(db, consultant, (Destination("EHR", "mllp"),))
    assert delivery.board(db, consultant, NOW + timedelta(minutes=14)).alarms == ()
    assert delivery.board(db, consultant, NOW + timedelta(minutes=16)).alarms == (
        "EHR: the oldest message has waited 16 minutes.",
    )


def test_setting_aside_needs_a_reason_and_a_message_of_ones_own_site(db, consultant):
    a_signed_report(db, consultant, (Destination("EHR", "mllp"),))
    with db.read() as session:
        key = session.execute(text("SELECT message_id FROM delivery")).scalar_one()
    with pytest.raises(Invalid, match="Say why"):
        delivery.set_aside(db, consultant, key, " ", NOW)
    with pytest.raises(NotPermitted):
        delivery.set_aside(db, a_person(db, "trainee", 2), key, "x", NOW)
    a_site(db, "RYY01")
    with pytest.raises(NotFound):
        delivery.set_aside(db, a_person(db, site="RYY01"), key, "x", NOW)
    delivery.set_aside(db, consultant, key, "A test.", NOW)
    with pytest.raises(Conflict):
        delivery.resend(db, consultant, key, NOW)


def test_a_held_back_message_is_not_sent_and_not_resent(db, consultant, monkeypatch):
    monkeypatch.setattr("reporter.integration.outgoing.check", lambda *_: ("OBX-5 is empty.",))
    with a_receiver() as ehr:
        a_signed_report(db, consultant, (the_ehr(ehr),))
        assert run(db, the_ehr(ehr)).sent == 0
        held = delivery.board(db, consultant, NOW).troubled[0]
        with pytest.raises(Conflict, match="malformed"):
            delivery.resend(db, consultant, held.message_id, NOW)
    assert ehr.messages == []


def test_a_fault_in_sending_one_message_is_kept_and_stops_nothing(db, consultant, monkeypatch, caplog):
    def fails(*_):
        raise ValueError("Testpatient")

    monkeypatch.setattr("reporter.integration.outgoing.send", fails)
    study_id = a_signed_report(db, consultant, (Destination("EHR", "mllp"),))
    assert run(db, Destination("EHR", "mllp")).retried == 1
    shown = delivery.show(db, consultant, reporting.study_view(db, consultant, study_id, NOW).deliveries[0].message_id)
    assert [a.words for a in shown.attempts] == ["A fault in this system while sending (ValueError)."]
    assert "Testpatient" not in caplog.text
