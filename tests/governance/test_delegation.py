"""Who may draft, submit, return, sign and amend, and the evidence that is kept."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from reporter.governance.delegation import may_amend, may_draft, may_return, may_sign, may_submit
from reporter.governance.people import ROLES, Availability, Credential, Reporter

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
TODAY = NOW.date()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def a_person(role="trainee", level=2, until=None, name="Dr Ada Mensah", **more):
    held = (Credential("SCMR", level, date(2020, 1, 1), until, "C-17"),) if level else ()
    return Reporter(name.lower().replace(" ", "-"), name, role, held, **more)


def a_consultant(level=2, until=None, name="Dr Priya Nair", **more):
    registered = {"registration_body": "GMC", "registration_number": "9990001"}
    return a_person("consultant", level, until, name, **{**registered, **more})


def on_the_roster(level=3, hours=(-1, 1), name="Dr Rhys Evans", expires=None):
    start, end = (NOW + timedelta(hours=h) for h in hours)
    return Availability(name.lower().replace(" ", "-"), name, level, start, end, expires)


class TestSubmitting:
    def test_a_trainee_of_level_2_with_a_level_3_physician_available_may(self):
        permission = may_submit(a_person(), NOW, [on_the_roster()])

        assert permission.allowed
        assert permission.reasons == ()
        assert permission.statement == (
            "Drafted under delegation by Dr Ada Mensah (trainee, SCMR level 2); "
            "Dr Rhys Evans (level 3) available to discuss."
        )

    def test_a_trainee_of_level_1_may_not_and_is_told_what_to_do(self):
        permission = may_submit(a_person(level=1), NOW, [on_the_roster()])

        assert not permission.allowed
        assert list(permission.reasons) == [
            (
                "You hold level 1. A delegated report needs level 2 or higher. "
                "Ask a level 2 or higher colleague or a consultant to take the draft over, or save this as a draft."
            )
        ]
        assert permission.certificate is None

    def test_nobody_available_is_said_with_who_comes_next(self):
        permission = may_submit(a_person(), NOW, [on_the_roster(hours=(4, 6))])

        assert list(permission.reasons) == [
            (
                "Nobody of CMR level 3 is on the roster to discuss this case now. "
                "Next on the roster: Dr Rhys Evans, from Fri 27 Nov 2026 at 14:00. "
                "Ask a level 3 colleague to mark themselves available, or save this as a draft."
            )
        ]

    def test_both_conditions_are_said_when_both_fail(self):
        assert len(may_submit(a_person(level=1), NOW, []).reasons) == 2

    def test_a_roster_entry_does_not_outlive_the_level_of_who_made_it(self):
        assert may_submit(a_person(), NOW, [on_the_roster(expires=TODAY)]).allowed
        assert not may_submit(a_person(), NOW, [on_the_roster(expires=YESTERDAY)]).allowed

    def test_a_roster_entry_ends_at_its_end_and_not_after_it(self):
        assert may_submit(a_person(), NOW, [on_the_roster(hours=(0, 1))]).allowed
        assert not may_submit(a_person(), NOW, [on_the_roster(hours=(-1, 0))]).allowed

    def test_nobody_is_available_to_discuss_their_own_case(self):
        trainee = a_person(level=3)

        assert not may_submit(trainee, NOW, [on_the_roster(name=trainee.name)]).allowed
        assert may_submit(trainee, NOW, [on_the_roster(name=trainee.name), on_the_roster()]).allowed

    def test_the_consultant_it_is_handed_to_must_be_able_to_sign(self):
        roster = [on_the_roster()]

        assert may_submit(a_person(), NOW, roster, a_consultant()).allowed
        refused = may_submit(a_person(), NOW, roster, a_consultant(until=YESTERDAY))
        assert refused.reasons == (
            "Dr Priya Nair can't sign reports at the moment. Name another consultant, or leave the choice open.",
        )

    def test_a_consultant_reports_without_delegation(self):
        permission = may_submit(a_consultant(), NOW)

        assert permission.allowed
        assert permission.statement == "Dr Priya Nair reported without delegation."


class TestDrafting:
    @pytest.mark.parametrize("level", [0, 1])
    def test_a_trainee_below_level_2_may_make_a_training_draft(self, level):
        permission = may_draft(a_person(level=level), NOW)

        assert permission.allowed
        assert "training draft" in permission.reasons[0]
        assert "can't be submitted below level 2" in permission.reasons[0]

    def test_a_trainee_of_level_2_drafts_without_further_words(self):
        assert may_draft(a_person(), NOW, [on_the_roster()]).reasons == ()

    def test_a_trainee_is_told_while_drafting_that_nobody_can_be_asked(self):
        permission = may_draft(a_person(), NOW, [])

        assert permission.allowed
        assert permission.reasons[0].endswith("You can go on drafting; submitting waits for somebody.")
        assert permission.certificate["rules"]["somebody_can_discuss_it"]["verdict"] == "not_met"

    @pytest.mark.parametrize("role", ["radiographer", "auditor", "admin"])
    def test_other_roles_do_not_write_reports(self, role):
        permission = may_draft(a_person(role, level=3), NOW)

        assert not permission.allowed
        assert "does not write reports" in permission.reasons[0]


class TestSigning:
    @pytest.mark.parametrize("role", ROLES)
    def test_only_a_consultant_signs(self, role):
        somebody = a_person(role, level=3, registration_body="GMC", registration_number="9990001")

        assert may_sign(somebody, NOW).allowed == (role == "consultant")
        assert may_amend(somebody, NOW).allowed == (role == "consultant")
        assert may_return(somebody, NOW).allowed == (role == "consultant")

    def test_a_clinical_lead_signs_as_the_consultant_they_are(self):
        lead = a_consultant(level=3)
        as_lead = Reporter(
            lead.person_id, lead.name, "clinical_lead", lead.credentials, "Consultant cardiologist", "GMC", "9990001"
        )

        assert may_sign(as_lead, NOW).allowed

    @pytest.mark.parametrize(("until", "allowed"), [(YESTERDAY, False), (TODAY, True), (TOMORROW, True), (None, True)])
    def test_a_level_counts_through_its_last_day(self, until, allowed):
        assert may_sign(a_consultant(until=until), NOW).allowed == allowed

    @pytest.mark.parametrize(
        ("minutes", "allowed"), [(-1, True), (0, False), (59, False)], ids=["before", "at", "after"]
    )
    def test_the_day_ends_at_midnight_in_london_also_in_summer(self, minutes, allowed):
        midnight_in_london = datetime(2026, 7, 1, 23, 0, tzinfo=UTC)

        permission = may_sign(a_consultant(until=date(2026, 7, 1)), midnight_in_london + timedelta(minutes=minutes))

        assert permission.allowed == allowed

    def test_a_consultant_whose_level_ended_is_told_when(self):
        (reason,) = may_sign(a_consultant(until=YESTERDAY), NOW).reasons

        assert reason.startswith("You hold no CMR level in date; your level 2 ended on Thu 26 Nov 2026.")

    def test_a_consultant_without_a_registration_number_does_not_sign(self):
        (reason,) = may_sign(a_consultant(registration_number=None), NOW).reasons

        assert "registration" in reason

    def test_a_closed_account_does_not_sign(self):
        assert not may_sign(a_consultant(active=False), NOW).allowed

    def test_a_technologists_level_3_is_no_physicians_level(self):
        somebody = Reporter(
            "x",
            "Dr X",
            "consultant",
            (Credential("SCMR", 3, date(2020, 1, 1), scheme="technologist"),),
            None,
            "GMC",
            "1",
        )

        assert not may_sign(somebody, NOW).allowed


class TestSigningADelegatedReport:
    """Expiry between draft and signature: the table of what follows."""

    @pytest.mark.parametrize("trainee_until", [TODAY, YESTERDAY])
    @pytest.mark.parametrize("roster", [[on_the_roster()], []])
    @pytest.mark.parametrize("signer_until", [TODAY, YESTERDAY])
    @pytest.mark.parametrize("takes_over", [False, True])
    def test_the_truth_table(self, trainee_until, roster, signer_until, takes_over):
        permission = may_sign(
            a_consultant(until=signer_until),
            NOW,
            drafter=a_person(until=trainee_until),
            roster=roster,
            takes_over=takes_over,
        )

        delegation_holds = trainee_until == TODAY and bool(roster)
        assert permission.allowed == (signer_until == TODAY and (delegation_holds or takes_over))

    def test_the_signer_is_told_that_they_may_take_it_over(self):
        reasons = may_sign(a_consultant(), NOW, drafter=a_person(until=YESTERDAY), roster=[on_the_roster()]).reasons

        assert list(reasons) == [
            (
                "Dr Ada Mensah holds no CMR level in date; their level 2 ended on Thu 26 Nov 2026. "
                "A delegated report needs level 2 or higher."
            ),
            "You can review the images yourself and take the report over, or return the draft.",
        ]

    def test_a_signer_of_level_3_is_available_by_being_there(self):
        permission = may_sign(a_consultant(level=3), NOW, drafter=a_person())

        assert permission.allowed
        assert "Dr Priya Nair (level 3) available to discuss" in permission.statement

    def test_who_joins_the_roster_does_not_change_what_the_signing_page_said(self):
        first, second = on_the_roster(hours=(-2, 1)), on_the_roster(hours=(-1, 9), name="Dr Ines Moreau")

        for signer in (a_consultant(), a_consultant(level=3)):
            alone = may_sign(signer, NOW, drafter=a_person(), roster=[first]).statement
            assert may_sign(signer, NOW, drafter=a_person(), roster=[second, first]).statement == alone

    def test_taking_over_is_said_and_what_was_missing_is_kept(self):
        permission = may_sign(a_consultant(), NOW, drafter=a_person(level=1), takes_over=True)

        assert permission.statement == (
            "First drafted by Dr Ada Mensah; Dr Priya Nair (consultant, SCMR level 2) reviewed the images and took the "
            "report over."
        )
        assert permission.certificate["rules"]["delegated_reporter_has_the_level"]["verdict"] == "not_met"
        assert permission.certificate["rules"]["somebody_can_discuss_it"]["verdict"] == "not_met"


class TestTheCertificate:
    def test_it_freezes_levels_credentials_roster_rules_numbers_and_time(self):
        certificate = may_submit(a_person(until=TOMORROW), NOW, [on_the_roster()]).certificate

        assert certificate["at"] == "2026-11-27T10:00:00+00:00"
        assert certificate["drafter"]["level"] == 2
        assert certificate["drafter"]["credential"] == {
            "body": "SCMR",
            "level": 2,
            "awarded": "2020-01-01",
            "expires": "2026-11-28",
            "certificate": "C-17",
        }
        assert certificate["roster"]["person_id"] == "dr-rhys-evans"
        assert certificate["rules"]["somebody_can_discuss_it"]["version"] == 1
        assert certificate["standards"] == {"delegated_reporter_level": 2, "discussion_level": 3, "signer_level": 2}

    def test_it_can_be_stored_as_json_and_comes_back_the_same(self):
        permission = may_sign(a_consultant(), NOW, drafter=a_person(), roster=[on_the_roster()])

        assert json.loads(json.dumps(permission.certificate)) == permission.certificate

    def test_a_refusal_has_none_and_always_says_why(self):
        for permission in (may_sign(a_person(), NOW), may_submit(a_person(level=0), NOW), may_amend(a_person(), NOW)):
            assert permission.certificate is None
            assert permission.statement == ""
            assert all(reason.endswith(".") for reason in permission.reasons)
            assert permission.reasons


def test_the_highest_level_in_date_counts():
    somebody = Reporter(
        "x",
        "Dr X",
        "trainee",
        (
            Credential("EACVI", 3, date(2027, 1, 1)),
            Credential("SCMR", 2, date(2024, 1, 1), TODAY),
            Credential("SCMR", 1, date(2020, 1, 1)),
        ),
    )

    assert [somebody.level_on(day) for day in (date(2019, 1, 1), TODAY, TOMORROW, date(2027, 1, 1))] == [0, 2, 1, 3]


def test_a_roster_entry_takes_the_level_from_the_register():
    entry = a_consultant(level=3, until=TODAY).available(NOW, NOW + timedelta(days=3))

    assert (entry.level, entry.expires) == (3, TODAY)
    assert entry.covers(NOW)
    assert not entry.covers(NOW + timedelta(days=1))
