"""A report's way from draft to signature: who may do what when, and that nothing is lost or overwritten on the way."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from reporter.actions import orders, reporting
from reporter.actions.refusals import BadCredentials, Conflict, Invalid, NotFound, NotPermitted, NotReady
from reporter.integration.wires import Destination
from reporter.store import audit_log, reports, studies
from reporter.store.patients import change as change_patient
from reporter.store.patients import get as get_patient
from reporter.store.reports import Altered
from tests.builders import (
    NOW,
    PASSWORD,
    a_draft,
    a_person,
    a_signed_report,
    a_site,
    a_study,
    is_available,
    signs,
    the_draft_number,
)
from tests.examples import answers_7_1_viability, as_sent

EHR = Destination("EHR", "mllp")
FHIR = Destination("FHIR", "fhir", url="http://127.0.0.1:9/fhir")
LATER = NOW + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def site(db):
    a_site(db)


@pytest.fixture
def consultant(db):
    return a_person(db, "consultant", 3, name="Dr Amara Signer")


@pytest.fixture
def trainee(db):
    return a_person(db, "trainee", 2, name="Dr Tomás Drafter")


def state(db, study_id):
    with db.read() as session:
        return reports.of_study(session, study_id).state


def count(db, table):
    with db.read() as session:
        return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def submitted(db, trainee, consultant):
    study_id = a_draft(db, trainee)
    is_available(db, consultant)
    reporting.submit(db, trainee, study_id, the_draft_number(db, study_id), NOW)
    return study_id


def test_the_whole_way_from_draft_to_return_to_signature(db, trainee, consultant):
    # given
    study_id = submitted(db, trainee, consultant)
    assert state(db, study_id) == "submitted"
    # when
    reporting.return_draft(db, consultant, study_id, "Measure the RV again.", the_draft_number(db, study_id), NOW)
    view = reporting.study_view(db, trainee, study_id, NOW)
    assert (view.report.state, view.draft.return_comment) == ("returned", "Measure the RV again.")
    number = reporting.save_draft(db, trainee, study_id, {"rv_esv": ["80"]}, view.draft.number, (), NOW).number
    reporting.submit(db, trainee, study_id, number, NOW)
    signed = signs(db, consultant, study_id)
    # then
    shown = reporting.read_version(db, consultant, study_id, None, NOW).signed
    assert (signed.version, state(db, study_id)) == (1, "signed")
    assert shown.document.sha256() == signed.sha256 == shown.signature.content_sha256
    assert shown.document.drafted_by.name == "Dr Tomás Drafter"
    assert shown.document.delegation.startswith("Drafted under delegation by Dr Tomás Drafter")
    assert shown.signature.signer.name == "Dr Amara Signer"
    assert [m.value for m in shown.document.measurements if m.id == "lv_ef"] == ["44.3"]


def test_a_half_filled_draft_is_saved_and_a_refused_value_leaves_the_rest(db, consultant):
    study_id = a_study(db)
    reporting.open_report(db, consultant, study_id, "viability", NOW)
    saved = reporting.save_draft(db, consultant, study_id, {"lv_edv": ["212"], "lv_esv": ["abc"]}, 1, (), NOW)
    assert saved.reading.answers["lv_edv"] == "212"
    assert list(saved.reading.errors) == ["lv_esv"]
    assert reporting.study_view(db, consultant, study_id, NOW).filled["lv_edv"].value == "212"


def test_saving_what_is_stored_already_changes_nothing(db, consultant):
    study_id = a_draft(db, consultant)
    number = the_draft_number(db, study_id)
    again = as_sent(answers_7_1_viability())
    assert reporting.save_draft(db, consultant, study_id, again, number, (), NOW).number == number


def test_an_unlikely_value_is_asked_about_until_just_that_value_is_confirmed(db, consultant):
    study_id = a_draft(db, consultant)
    saved = reporting.save_draft(db, consultant, study_id, {"height": ["225"]}, 2, (), NOW)
    assert "height" in saved.reading.questions
    saved = reporting.save_draft(db, consultant, study_id, {}, saved.number, {"height"}, NOW)
    assert not any("height" in p.field_ids for p in saved.filled.questions)
    saved = reporting.save_draft(db, consultant, study_id, {"height": ["226"]}, saved.number, (), NOW)
    assert any("height" in p.field_ids for p in saved.filled.questions)


def test_whoever_saves_second_is_told_who_saved_first(db, trainee, consultant):
    study_id = a_draft(db, trainee)
    number = the_draft_number(db, study_id)
    reporting.save_draft(db, consultant, study_id, {"lv_edv": ["210"]}, number, (), NOW)
    with pytest.raises(Conflict, match="Dr Amara Signer has changed this report") as caught:
        reporting.save_draft(db, trainee, study_id, {"lv_edv": ["200"]}, number, (), NOW)
    assert caught.value.who == "Dr Amara Signer"


def test_a_report_is_opened_once(db, trainee, consultant):
    study_id = a_study(db)
    first = reporting.open_report(db, trainee, study_id, "viability", NOW)
    assert reporting.open_report(db, consultant, study_id, "stress_perfusion", NOW) == first
    assert count(db, "draft") == 1


def test_a_study_that_was_not_scanned_can_not_be_reported(db, consultant):
    study_id = a_study(db, completed_at=None)
    with pytest.raises(NotPermitted, match="not completed yet"):
        reporting.open_report(db, consultant, study_id, "viability", NOW)


def test_an_unknown_template_is_refused_with_those_there_are(db, consultant):
    with pytest.raises(Invalid, match="no such template"):
        reporting.open_report(db, consultant, a_study(db), "nonsense", NOW)


def test_another_trainee_does_not_write_in_somebodys_draft(db, trainee):
    study_id = a_draft(db, trainee)
    with pytest.raises(NotPermitted, match="Another trainee"):
        reporting.save_draft(db, a_person(db, "trainee", 2), study_id, {"lv_edv": ["1"]}, 2, (), NOW)


def test_after_submitting_the_trainee_takes_it_back_to_change_it(db, trainee, consultant):
    study_id = submitted(db, trainee, consultant)
    number = the_draft_number(db, study_id)
    with pytest.raises(NotPermitted, match="Take it back"):
        reporting.save_draft(db, trainee, study_id, {"lv_edv": ["210"]}, number, (), NOW)
    reporting.take_back(db, trainee, study_id, NOW)
    reporting.save_draft(db, trainee, study_id, {"lv_edv": ["210"]}, the_draft_number(db, study_id), (), NOW)
    assert state(db, study_id) == "draft"


@pytest.mark.parametrize(
    ("level", "available", "says"),
    [(1, True, "level 2"), (None, True, "level 2"), (2, False, "level 3")],
)
def test_a_trainee_can_not_submit_without_both_conditions_and_is_told_why(db, consultant, level, available, says):
    trainee = a_person(db, "trainee", level)
    study_id = a_draft(db, trainee)
    if available:
        is_available(db, consultant)
    with pytest.raises(NotPermitted, match=says):
        reporting.submit(db, trainee, study_id, the_draft_number(db, study_id), NOW)
    assert state(db, study_id) == "draft"


def test_a_level_that_ended_between_submitting_and_signing_stops_the_signature(db, consultant):
    trainee = a_person(db, "trainee", 2, expires=NOW.date())
    study_id = submitted(db, trainee, consultant)
    tomorrow = NOW + timedelta(days=1)
    with pytest.raises(NotPermitted, match="level 2"):
        reporting.sign(db, consultant, study_id, "x", PASSWORD, (), tomorrow)
    # then: the consultant can review the images and take it over
    preview = reporting.sign_preview(db, consultant, study_id, tomorrow, takes_over=True)
    signed = reporting.sign(db, consultant, study_id, preview.sha256, PASSWORD, (), tomorrow, takes_over=True)
    assert "took the report over" in preview.document.delegation
    assert signed.version == 1


@pytest.mark.parametrize(
    ("role", "level", "fields", "says"),
    [
        ("trainee", 3, {}, "consultant"),
        ("radiographer", None, {}, "consultant"),
        ("auditor", None, {}, "consultant"),
        ("consultant", 1, {}, "level"),
        ("consultant", 3, {"expires": date(2026, 1, 1)}, "level"),
        ("consultant", 3, {"registration": None}, "registration"),
    ],
)
def test_who_may_not_sign_is_told_why_and_nothing_is_written(  # noqa: PLR0917
    db, consultant, role, level, fields, says
):
    study_id = a_draft(db, consultant)
    sha256 = reporting.sign_preview(db, consultant, study_id, NOW).sha256
    with pytest.raises(NotPermitted, match=says):
        reporting.sign(db, a_person(db, role, level, **fields), study_id, sha256, PASSWORD, (), NOW)
    assert (count(db, "signature"), count(db, "report_version"), count(db, "outbox_message")) == (0, 0, 0)


def test_an_administrator_sees_no_clinical_content(db, consultant):
    study_id = a_signed_report(db, consultant)
    admin = a_person(db, "admin", None)
    for look in (
        lambda: reporting.study_view(db, admin, study_id, NOW),
        lambda: reporting.read_version(db, admin, study_id, 1, NOW),
        lambda: reporting.pdf(db, admin, study_id, 1, NOW),
    ):
        with pytest.raises(NotPermitted):
            look()


def test_another_sites_study_and_no_study_look_the_same(db, consultant):
    a_site(db, "RYY01")
    stranger = a_person(db, "consultant", 3, site="RYY01")
    study_id = a_signed_report(db, consultant)
    said = set()
    for key in (study_id, "00000000-0000-4000-8000-000000000000"):
        for look in (
            lambda: reporting.study_view(db, stranger, key, NOW),  # noqa: B023
            lambda: reporting.read_version(db, stranger, key, 1, NOW),  # noqa: B023
            lambda: reporting.sign_preview(db, stranger, key, NOW),  # noqa: B023
            lambda: reporting.pdf(db, stranger, key, 1, NOW),  # noqa: B023
            lambda: orders.complete_exam(db, stranger, key, NOW, NOW),  # noqa: B023
        ):
            with pytest.raises(NotFound) as caught:
                look()
            said.add(caught.value.reasons)
    assert len(said) == 1


def test_an_incomplete_report_is_not_signed_and_every_reason_is_given(db, consultant):
    study_id = a_draft(db, consultant, answer=None, lv_edv=None)
    preview = reporting.sign_preview(db, consultant, study_id, NOW)
    assert preview.document is None
    assert len(preview.reasons) >= 2
    with pytest.raises(NotReady) as caught:
        reporting.sign(db, consultant, study_id, "x", PASSWORD, (), NOW)
    assert caught.value.reasons == preview.reasons


def test_what_changed_after_it_was_shown_is_not_signed(db, consultant):
    study_id = a_draft(db, consultant)
    seen = reporting.sign_preview(db, consultant, study_id, NOW).sha256
    reporting.save_draft(db, consultant, study_id, {"lv_edv": ["220"]}, 2, (), NOW)
    with pytest.raises(Conflict, match="changed since you opened"):
        reporting.sign(db, consultant, study_id, seen, PASSWORD, (), NOW)
    assert count(db, "signature") == 0


def test_a_patient_who_changed_after_it_was_shown_is_not_signed(db, consultant):
    study_id = a_draft(db, consultant)
    seen = reporting.sign_preview(db, consultant, study_id, NOW).sha256
    with db.begin() as session:
        patient = get_patient(session, studies.get(session, study_id).patient_id)
        change_patient(session, patient, {"family": "Other"}, inbox_id=None, now=NOW)
    with pytest.raises(Conflict):
        reporting.sign(db, consultant, study_id, seen, PASSWORD, (), NOW)


def test_signing_takes_the_password_again(db, consultant):
    study_id = a_draft(db, consultant)
    seen = reporting.sign_preview(db, consultant, study_id, NOW).sha256
    with pytest.raises(BadCredentials):
        reporting.sign(db, consultant, study_id, seen, "wrong password", (), NOW)
    assert state(db, study_id) == "draft"


def test_the_second_of_two_signers_is_told_who_signed_and_when(db, consultant):
    other = a_person(db, "consultant", 3)
    study_id = a_draft(db, consultant)
    signs(db, consultant, study_id)
    with pytest.raises(Conflict, match="Dr Amara Signer signed this report on Mon 23 Nov 2026 at 14:00") as caught:
        reporting.sign(db, other, study_id, "whatever", PASSWORD, (), LATER)
    assert (caught.value.who, caught.value.when) == ("Dr Amara Signer", NOW)


def test_signing_writes_the_messages_of_the_sites_destinations_with_it(db, consultant):
    elsewhere = Destination("Elsewhere", "mllp", sites=("RYY01",))
    study_id = a_signed_report(db, consultant, (EHR, FHIR, elsewhere))
    view = reporting.study_view(db, consultant, study_id, NOW)
    assert {(d.destination, d.version, d.state) for d in view.deliveries} == {
        ("EHR", 1, "waiting"),
        ("FHIR", 1, "waiting"),
    }


def test_a_message_that_fails_its_check_is_held_back_and_said_so(db, consultant, monkeypatch):
    monkeypatch.setattr("reporter.integration.outgoing.check", lambda *_: ("OBX-5 is empty.",))
    study_id = a_draft(db, consultant)
    signed = signs(db, consultant, study_id, (EHR,))
    assert signed.held_back == {"EHR": "OBX-5 is empty."}
    assert [(d.state, d.words) for d in reporting.study_view(db, consultant, study_id, NOW).deliveries] == [
        ("held", "OBX-5 is empty.")
    ]


def test_a_renderer_that_fails_leaves_nothing_signed(db, consultant, monkeypatch):
    monkeypatch.setattr("reporter.integration.outgoing.render", lambda *_: 1 / 0)
    study_id = a_draft(db, consultant)
    with pytest.raises(ZeroDivisionError):
        signs(db, consultant, study_id, (EHR,))
    assert (state(db, study_id), count(db, "signature")) == ("draft", 0)


def test_an_amendment_is_a_new_version_and_the_first_stays_as_it_was(db, consultant):
    study_id = a_signed_report(db, consultant, (EHR,))
    before = reporting.read_version(db, consultant, study_id, 1, NOW).signed
    # when
    reporting.amend(db, consultant, study_id, "amendment", "The EDV was mistyped.", LATER)
    assert state(db, study_id) == "amending"
    number = the_draft_number(db, study_id)
    reporting.save_draft(db, consultant, study_id, {"lv_edv": ["214"]}, number, (), LATER)
    preview = reporting.sign_preview(db, consultant, study_id, LATER)
    reporting.sign(db, consultant, study_id, preview.sha256, PASSWORD, (EHR,), LATER)
    # then
    view = reporting.read_version(db, consultant, study_id, None, LATER)
    assert [(d.field_id, d.before, d.after) for d in preview.differences] == [("lv_edv", "212 mL", "214 mL")]
    assert (view.version, view.signed.document.kind, view.signed.document.reason) == (
        2,
        "amendment",
        "The EDV was mistyped.",
    )
    assert (view.signed.first_signed_at, view.signed.signature.signed_at) == (NOW, LATER)
    assert reporting.read_version(db, consultant, study_id, 1, LATER).signed == before
    assert [line.version for line in view.versions] == [2, 1]


def test_a_discarded_amendment_leaves_the_signed_report_as_it_was(db, consultant):
    study_id = a_signed_report(db, consultant)
    reporting.amend(db, consultant, study_id, "addendum", "A second look.", LATER)
    reporting.save_draft(db, consultant, study_id, {"lv_edv": ["300"]}, the_draft_number(db, study_id), (), LATER)
    reporting.discard(db, consultant, study_id, LATER)
    view = reporting.study_view(db, consultant, study_id, LATER)
    assert (view.report.state, view.filled["lv_edv"].value) == ("signed", "212")


@pytest.mark.parametrize(("kind", "reason"), [("change", "why"), ("amendment", "  ")])
def test_an_amendment_needs_a_kind_and_a_reason(db, consultant, kind, reason):
    study_id = a_signed_report(db, consultant)
    with pytest.raises(Invalid):
        reporting.amend(db, consultant, study_id, kind, reason, LATER)


def test_a_signed_report_can_not_be_saved_submitted_or_returned(db, consultant):
    study_id = a_signed_report(db, consultant)
    number = the_draft_number(db, study_id)
    for act in (
        lambda: reporting.save_draft(db, consultant, study_id, {"lv_edv": ["1"]}, number, (), NOW),
        lambda: reporting.submit(db, consultant, study_id, number, NOW),
        lambda: reporting.return_draft(db, consultant, study_id, "x", number, NOW),
    ):
        with pytest.raises(Conflict, match="The report is signed and cannot be"):
            act()


def test_a_return_needs_words(db, trainee, consultant):
    study_id = submitted(db, trainee, consultant)
    with pytest.raises(Invalid, match="Say what should be mended"):
        reporting.return_draft(db, consultant, study_id, " ", the_draft_number(db, study_id), NOW)


def test_the_consultant_sees_what_differs_from_the_trainees_draft(db, trainee, consultant):
    study_id = submitted(db, trainee, consultant)
    number = the_draft_number(db, study_id)
    reporting.save_draft(db, consultant, study_id, {"mr_grade": ["mild"], "lv_edv": ["214"]}, number, (), NOW)
    preview = reporting.sign_preview(db, consultant, study_id, NOW)
    assert {(d.field_id, d.after) for d in preview.differences} >= {("lv_edv", "214 mL")}
    assert (preview.submitted_by, preview.drafted_by_trainee) == ("Dr Tomás Drafter", True)


def test_permissions_say_for_each_button_why_not(db, trainee, consultant):
    study_id = submitted(db, trainee, consultant)
    may = reporting.study_view(db, trainee, study_id, NOW).permissions
    assert not may["sign"].allowed
    assert may["take_back"].allowed
    assert all(p.reasons and p.reasons[0].endswith(".") for p in may.values() if not p.allowed)
    may = reporting.study_view(db, consultant, study_id, NOW).permissions
    assert (may["sign"].allowed, may["return"].allowed, may["amend"].allowed) == (True, True, False)


def test_the_history_tells_who_did_what_and_reading_is_written_down_once(db, trainee, consultant):
    study_id = submitted(db, trainee, consultant)
    for _ in range(3):
        reporting.study_view(db, consultant, study_id, NOW)
    signs(db, consultant, study_id)
    with db.read() as session:
        acts = [(e.actor_name, e.action) for e in audit_log.history_of(session, study_id)]
    assert acts == [
        ("Tests", "entered order"),
        ("Dr Tomás Drafter", "opened report"),
        ("Dr Tomás Drafter", "edited draft"),
        ("Dr Tomás Drafter", "submitted draft"),
        ("Dr Amara Signer", "read"),
        ("Dr Amara Signer", "signed"),
    ]


def test_the_pdf_is_the_one_made_at_signing(db, consultant):
    study_id = a_signed_report(db, consultant)
    assert reporting.pdf(db, consultant, study_id, 1, NOW).startswith(b"%PDF-")
    with pytest.raises(NotFound):
        reporting.pdf(db, consultant, study_id, 2, NOW)


def test_content_that_was_altered_behind_our_back_is_not_shown(sqlite_db):
    a_site(sqlite_db, "RZZ01")
    consultant = a_person(sqlite_db, "consultant", 3, site="RZZ01")
    study_id = a_signed_report(sqlite_db, consultant)
    with sqlite_db.begin() as session:
        session.execute(text("DROP TRIGGER report_version_no_update"))
        session.execute(text("UPDATE report_version SET content = replace(content, '44.3', '54.3')"))
    with pytest.raises(Altered):
        reporting.read_version(sqlite_db, consultant, study_id, 1, NOW)
