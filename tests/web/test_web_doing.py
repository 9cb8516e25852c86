"""What the pages' buttons do, from entering an order to sending a message again."""

from __future__ import annotations

import io
import re

import pytest

from reporter.actions import delivery, inbound, reporting
from tests.builders import NOW, a_study
from tests.examples import EXAMPLE_7_1
from tests.web.browsing import Browser
from tests.web.world import WIRES, as_posted, draft, sign, submit

BROKEN = b"MSH|^~\\&|RIS|RXX|CMR|CMR|20261123||ORM^O01|BAD1|P|2.4\rPID|1||\rORC|NW\r"


@pytest.fixture
def world(fresh_world):
    return fresh_world


@pytest.fixture
def app(world):
    return world.app()


def state(world, study_id):
    return reporting.study_view(world.db, world.people["clinical_lead"], study_id, NOW).report.state


def number(world, study_id):
    return reporting.study_view(world.db, world.people["clinical_lead"], study_id, NOW).draft.number


def test_an_order_is_entered_and_found_by_its_number(app):
    browser = Browser(app, "radiographer")
    typed = {
        "site_code": "RXX01", "family": "O'Neill-Ünver", "given": "Ada", "birth_date": "1962-03-07", "sex": "female",
        "nhs_number": "999 000 0018", "hospital_number": "H1", "accession": "NEW-1", "procedure": "Cardiac MRI",
        "clinical_question": "Ischaemia?", "requester_name": "Dr R Lowe", "patient_class": "inpatient",
        "priority": "routine", "completed_at": "2026-11-23T09:00",
    }  # fmt: skip
    answer = browser.post("/orders/new", **typed)
    assert answer.status_code == 303, answer.text
    assert browser.post("/search", q="NEW-1").headers["Location"] == answer.headers["Location"]
    assert browser.post("/search", q="9990000018").status_code in {200, 303}
    assert "No study at your sites" in browser.post("/search", q="NEW").text
    again = browser.post("/orders/new", **typed)
    assert again.status_code == 422
    assert "There is a study with this accession number already" in again.text
    assert "O&#39;Neill-Ünver" in again.text


def test_an_order_without_what_is_needed_says_each_missing_thing_at_its_place(app):
    answer = Browser(app, "radiographer").post("/orders/new", site_code="RXX01", birth_date="yesterday")
    assert answer.status_code == 422
    assert "Give the date of birth as a date" in answer.text
    answer = Browser(app, "radiographer").post("/orders/new", site_code="RXX01")
    assert 'href="#accession"' in answer.text
    assert 'href="#family"' in answer.text


def test_a_file_of_orders_is_taken_in_line_by_line(app):
    browser = Browser(app, "radiographer")
    answer = browser.post("/orders/import", file=(io.BytesIO(BROKEN), "orders.hl7"))
    assert answer.status_code == 200
    assert "0 of 1 messages were used" in answer.text
    assert browser.post("/orders/import").status_code == 422


def test_a_report_is_begun_saved_and_shows_what_was_computed(app, world):
    browser = Browser(app, "consultant")
    study = world.studies["unreported"]
    assert browser.post(f"/study/{study}/open", template="stress_perfusion").status_code == 303
    raw = as_posted(EXAMPLE_7_1)
    answer = browser.post(f"/study/{study}/draft", seen="1", button="lv", **raw)
    assert answer.headers["Location"].endswith("#s-lv")
    page = browser.get(f"/study/{study}").text
    assert "44.3" in page
    assert "1.29" in page
    assert "25" in page


def test_a_script_is_told_everything_that_follows(app, world):
    browser = Browser(app, "trainee")
    study = world.studies["draft"]
    sent = {"seen": str(number(world, study)), "lv_edv": "212", "lv_esv": "100", "height": "9999"}
    told = browser.post(f"/study/{study}/draft", _headers={"Accept": "application/json"}, **sent).json
    assert "52.8" in told["after"]["lv_ef"]
    assert "52.8" in told["living"]
    assert told["errors"] == ["height"]
    assert told["number"] == number(world, study)
    assert told["asked"]["lv_ef"] is True
    assert "<svg" in told["pictures"]["perf_class"]


def test_who_saved_second_is_shown_the_difference(app, world):
    study = world.studies["draft"]
    mine, theirs = Browser(app, "trainee"), Browser(app, "consultant")
    seen = str(number(world, study))
    assert theirs.post(f"/study/{study}/draft", seen=seen, weight="90").status_code == 303
    answer = mine.post(f"/study/{study}/draft", seen=seen, weight="87")
    assert answer.status_code == 409
    assert "87" in answer.text
    assert "90" in answer.text
    as_script = mine.post(f"/study/{study}/draft", _headers={"Accept": "application/json"}, seen=seen, weight="87")
    assert as_script.status_code == 409
    assert "90" in as_script.json["differences"]


def test_an_untouched_default_is_nobodys_answer(app, world):
    study = a_study(world.db)
    reporting.open_report(world.db, world.people["consultant"], study, "stress_perfusion", NOW)
    browser = Browser(app, "consultant")
    page = browser.get(f"/study/{study}").text
    defaults = re.findall(r'name="untouched" value="([^"]+)"', page)
    assert "papillary_convention=in_mass" in defaults
    browser.post(f"/study/{study}/draft", seen="1", untouched=defaults, papillary_convention="in_mass", weight="86")
    kept = reporting.study_view(world.db, world.people["consultant"], study, NOW).draft.answers
    assert kept == {"weight": "86"}
    seen = str(number(world, study))
    browser.post(f"/study/{study}/draft", seen=seen, untouched=defaults, papillary_convention="in_blood_pool")
    kept = reporting.study_view(world.db, world.people["consultant"], study, NOW).draft.answers
    assert kept["papillary_convention"] == "in_blood_pool"


def test_handing_in_sending_back_and_taking_back(app, world):
    study = world.studies["draft"]
    trainee, consultant = Browser(app, "trainee"), Browser(app, "consultant")
    trainee.post(f"/study/{study}/draft", seen=str(number(world, study)), button="submit")
    assert state(world, study) == "submitted"
    assert trainee.post(f"/study/{study}/take-back").status_code == 303
    assert state(world, study) in {"draft", "returned"}
    trainee.post(f"/study/{study}/draft", seen=str(number(world, study)), button="submit")
    sent = {"number": str(number(world, study)), "comment": "State viability."}
    assert consultant.post(f"/study/{study}/return", **sent).status_code == 303
    assert state(world, study) == "returned"
    assert "State viability." in trainee.get(f"/study/{study}").text


def test_signing_wants_the_password_and_what_was_shown(app, world):
    study = world.studies["submitted"]
    browser = Browser(app, "consultant")
    page = browser.get(f"/study/{study}/sign").text
    shown = re.search(r'name="sha256" value="([0-9a-f]{64})"', page)[1]
    wrong = browser.post(f"/study/{study}/sign", sha256=shown, password="not this")
    assert wrong.status_code == 401
    assert "Nothing was signed" in wrong.text
    other = browser.post(f"/study/{study}/sign", sha256="0" * 64, password="three random words")
    assert other.status_code == 409
    assert state(world, study) == "submitted"
    signed = browser.post(f"/study/{study}/sign", sha256=shown, password="three random words")
    assert signed.status_code == 303
    page = browser.get(signed.headers["Location"]).text
    assert "Version 1 is signed" in page
    assert "EHR" in page
    assert "Shared record" in page
    pdf = browser.get(f"/study/{study}/version/1/report.pdf")
    assert pdf.data.startswith(b"%PDF")
    assert pdf.headers["Content-Disposition"] == 'inline; filename="report-v1.pdf"'


def test_a_signer_cannot_choose_who_is_not_sent_the_report(app, world):
    study = world.studies["submitted"]
    browser = Browser(app, "consultant")
    page = browser.get(f"/study/{study}/sign").text
    assert "<li>EHR</li><li>Shared record</li>" in page
    assert 'name="destinations"' not in page
    shown = re.search(r'name="sha256" value="([0-9a-f]{64})"', page)[1]
    chosen = browser.post(f"/study/{study}/sign", sha256=shown, password="three random words", destinations=["EHR"])
    assert chosen.status_code == 422
    assert state(world, study) == "submitted"


def test_the_rail_says_while_one_writes_what_the_signing_page_will_say(app, world):
    study = draft(world, urgent_finding=["critical"], urgent_what=["LV thrombus"])
    browser = Browser(app, "trainee")
    page = browser.get(f"/study/{study}").text
    rail = page[page.index('id="todo"') : page.index('class="work"')]
    assert "has no record of who was told, when, how" in rail
    assert "Nothing is missing" not in rail
    assert "Nobody is recorded as told." in page
    drafted = reporting.study_view(world.db, world.people["trainee"], study, NOW).draft
    signing_page = Browser(app, "consultant").get(f"/study/{submit(world, study)}/sign").text
    assert drafted.number > 1
    assert "has no record of who was told, when, how" in signing_page


def test_a_contradiction_stands_before_what_is_only_missing(app, world):
    study = a_study(world.db)
    browser = Browser(app, "trainee")
    browser.post(f"/study/{study}/open", template="stress_perfusion")
    page = browser.post(
        f"/study/{study}/draft", {"Accept": "application/json"}, seen="1", lv_edv="118", lv_esv="212"
    ).json
    assert page["todo"].index("is not smaller") < page["todo"].index("has no value")


def test_what_is_asked_can_be_confirmed_where_it_is_asked(app, world):
    study = draft(world, impression=["Normal LV systolic function."])
    browser = Browser(app, "trainee")
    page = browser.get(f"/study/{study}").text
    rail = page[page.index('id="todo"') : page.index('class="work"')]
    key = re.search(r'form="draft" name="confirm" value="([^"]+)"', rail)[1]
    seen = str(number(world, study))
    told = browser.post(f"/study/{study}/draft", {"Accept": "application/json"}, seen=seen, confirm=key).json
    assert "Is that meant?" not in told["todo"]
    assert "Nothing is missing" in told["todo"]


def test_an_amendment_shows_what_it_changes_of_the_signed_version(app, world):
    study = world.studies["amending"]
    browser = Browser(app, "consultant")
    browser.post(f"/study/{study}/draft", seen=str(number(world, study)), recommendations="Repeat in six months.")
    page = browser.get(f"/study/{study}/sign").text
    assert "Changed since version 1" in page
    assert "<ins>Repeat in six months.</ins>" in page


def test_an_amendment_is_begun_and_given_up(app, world):
    study = world.studies["signed"]
    browser = Browser(app, "consultant")
    assert browser.post(f"/study/{study}/amend", kind="amendment", reason="The scar is larger.").status_code == 303
    assert state(world, study) == "amending"
    assert "The scar is larger." in browser.get(f"/study/{study}").text
    assert "A new version is being written" in browser.get(f"/study/{study}/version/1").text
    assert browser.post(f"/study/{study}/discard").status_code == 303
    assert state(world, study) == "signed"


def test_an_examination_is_recorded_as_completed(app, world):
    study = world.studies["not_scanned"]
    browser = Browser(app, "radiographer")
    assert browser.post(f"/study/{study}/complete", at="2026-11-23T10:00").status_code == 303
    assert "Mon 23 Nov 2026, 10:00" in browser.get(f"/study/{study}").text
    assert browser.post(f"/study/{study}/complete", at="soon").status_code == 422


def test_an_exception_is_read_again_and_closed_with_a_reason(app, world):
    inbound.receive(world.db, BROKEN, WIRES.sources[0], NOW)
    browser = Browser(app, "radiographer")
    page = browser.get("/exceptions").text
    assert "PID" in page
    key = re.search(r"/exceptions/([0-9a-f-]{36})/reprocess", page)[1]
    assert browser.post(f"/exceptions/{key}/reprocess").status_code == 422
    assert browser.post(f"/exceptions/{key}/close", reason="A test message.").status_code == 303
    assert "Every message could be used" in browser.get("/exceptions").text


def test_a_refused_message_is_seen_sent_again_and_set_aside(app, world):
    refused = sign(world, submit(world, world.studies["draft"]))
    view = reporting.study_view(world.db, world.people["consultant"], refused, NOW)
    key = view.deliveries[0].message_id
    browser = Browser(app, "consultant")
    assert browser.get(f"/deliveries/{key}").status_code == 200
    assert browser.post(f"/deliveries/{key}/set-aside", reason="").status_code == 422
    assert browser.post(f"/deliveries/{key}/set-aside", reason="Sent by hand.").status_code == 303
    board = delivery.board(world.db, world.people["consultant"], NOW)
    assert sum(one.set_aside for one in board.standings) == 1
    assert browser.post(f"/deliveries/{key}/resend").status_code == 409


def test_a_consultant_says_until_when_they_can_be_asked(app):
    browser = Browser(app, "clinical_lead")
    assert browser.post("/people/available", until="2026-11-23T18:00").status_code == 303
    assert "You are available until 23 Nov 18:00" in browser.get("/people").text
    assert browser.post("/people/available", until="").status_code == 303
    assert "You are not shown as available" in browser.get("/people").text


def test_signing_out_everywhere_ends_every_sign_in(app, world):
    one, other = Browser(app, "trainee"), Browser(app, "trainee")
    assert one.post("/account/sign-out-everywhere").status_code == 303
    assert other.get("/people").status_code == 302
    admin, target = Browser(app, "admin"), Browser(app, "auditor")
    assert admin.post(f"/people/{world.people['auditor'].person_id}/end-sessions").status_code == 303
    assert target.get("/people").status_code == 302


def test_a_password_is_changed_with_the_old_one(app):
    browser = Browser(app, "auditor")
    assert browser.post("/account/password", old="wrong", new="four more random words").status_code == 401
    assert browser.post("/account/password", old="three random words", new="short").status_code == 422
    assert browser.post("/account/password", old="three random words", new="four more random words").status_code == 303


def test_too_many_wrong_passwords_are_slowed_down_with_a_sentence(app):
    browser = Browser(app)
    browser.get("/sign-in")
    answers = [browser.post("/sign-in", username="trainee", password="x", next="") for _ in range(12)]
    assert answers[-1].status_code == 429
    assert "Wait" in answers[-1].text


def test_the_health_page_tells_how_long_the_worker_is_silent_and_nothing_else(app):
    answer = Browser(app).get("/health")
    assert answer.status_code in {200, 503}
    assert set(answer.json) == {"status", "database", "seconds_since_heartbeat", "silent"}


def test_a_number_on_the_turnaround_board_leads_to_its_list(app):
    browser = Browser(app, "clinical_lead")
    page = browser.get("/turnaround").text
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/turnaround\?[^"#]+)#list"', page)}
    assert len(links) >= 5
    for link in links:
        assert browser.get(link).status_code == 200
    met = next(link for link in links if "list=met" in link and "ideal" in link)
    shown = re.search(rf'href="{re.escape(met.replace("&", "&amp;"))}#list">(\d+)', page)[1]
    assert f"({shown})" in browser.get(met).text
