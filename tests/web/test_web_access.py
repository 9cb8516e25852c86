"""Who may do what by each address, in which role, and what an attacker with a browser gets for trying."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import text

from reporter.actions import delivery, identity, inbound, reporting
from reporter.integration import pdf
from reporter.integration.answer import Answer
from reporter.integration.wires import Source
from tests import builders
from tests.builders import NOW, PASSWORD, a_signed_report, a_study
from tests.hl7_messages import an_orm
from tests.nasty_texts import nasty_texts
from tests.signed_versions import a_signed_version
from tests.web.browsing import Browser
from tests.web.test_web_doors import GETS, POSTS, address, rules, without_numbers
from tests.web.test_web_safety import PAYLOADS, elements, everything_in
from tests.web.world import ELSEWHERE, HERE, ROLES, SETTINGS, WIRES, a_department, draft, submit

EVERYBODY = frozenset(ROLES)
READS = EVERYBODY - {"admin"}
CONSULTS = frozenset({"consultant", "clinical_lead"})
ORDERS = CONSULTS | {"radiographer"}
HANDLES = ORDERS | {"admin"}
#: Endpoint → who isn't refused for their role. A new route without a row fails the first test below.
MAY = {
    "identity.account": EVERYBODY,
    "identity.form_token": EVERYBODY,
    "identity.change_password": EVERYBODY,
    "identity.leave": EVERYBODY,
    "identity.leave_everywhere": EVERYBODY,
    "identity.sign_in": EVERYBODY,
    "identity.enter": EVERYBODY,
    "static": EVERYBODY,
    "health.show": EVERYBODY,
    "people.show": EVERYBODY,
    "people.available": CONSULTS,
    "people.end_sessions": frozenset({"clinical_lead", "admin"}),
    "governance.show": EVERYBODY,
    "deliveries.show": EVERYBODY,
    "deliveries.one": EVERYBODY,
    "deliveries.resend": HANDLES,
    "deliveries.set_aside": HANDLES,
    "turnaround.show": READS,
    "worklist.show": EVERYBODY,  # an administrator is led on to the people page
    "worklist.search": READS,
    "orders.new": ORDERS,
    "orders.enter": ORDERS,
    "orders.take_in": HANDLES,
    "messages.show": HANDLES | {"auditor"},
    "messages.reprocess": HANDLES,
    "messages.close": HANDLES,
    "study.show": READS,
    "study.history": READS,
    "study.start": CONSULTS | {"trainee"},
    "study.complete": ORDERS,
    "study.save": CONSULTS | {"trainee"},
    "study.send_back": CONSULTS,
    "study.take_back": frozenset({"trainee"}),
    "study.discard": CONSULTS,
    "signing.show": READS,
    "signing.sign": CONSULTS,
    "versions.show": READS,
    "versions.pdf": READS,
    "versions.amend": CONSULTS,
}
#: The state that a study must be in for the post to come to the question of who asks.
STATE = {
    "study.start": "unreported",
    "study.complete": "not_scanned",
    "study.send_back": "submitted",
    "study.take_back": "submitted",
    "study.discard": "amending",
    "signing.show": "submitted",
    "signing.sign": "submitted",
    "versions.show": "signed",
    "versions.pdf": "signed",
    "versions.amend": "signed",
}


@pytest.fixture(scope="module")
def app(world):
    return world.app()


@pytest.fixture(scope="module")
def keys(world):
    """A delivery and a message that couldn't be used, here and at the other site; and a person of each."""
    found = {}
    for site, who in ((HERE, "consultant"), (ELSEWHERE, "elsewhere")):
        study_id = a_signed_report(world.db, world.people[who], WIRES.destinations[:1])
        inbound.receive(world.db, an_orm(control="CA", site=site, message_id=f"X-{site}"), Source("orders"), NOW)
        with world.db.read() as session:
            message = text(
                "SELECT m.id FROM outbox_message m JOIN report r ON r.id = m.report_id WHERE r.study_id = :s"
            )
            kept = text("SELECT id FROM inbox WHERE site_code = :site AND outcome = 'exception'")
            found[site] = {
                "deliveries": session.execute(message, {"s": study_id}).scalar_one(),
                "messages": session.execute(kept, {"site": site}).scalar_one(),
                "people": world.people[who].person_id,
            }
    return found


def test_every_route_says_who_may_use_it():
    assert set(MAY) == GETS | set(POSTS)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_refused_exactly_what_is_not_its_own(fresh_world, role):
    # given
    world = fresh_world
    app = world.app()
    inbound.receive(world.db, an_orm(control="CA", message_id="X-1"), Source("orders"), NOW)
    with world.db.read() as session:
        kept = session.execute(text("SELECT id FROM inbox WHERE outcome = 'exception'")).scalar_one()
        sent = session.execute(text("SELECT message_id FROM delivery WHERE destination = 'EHR'")).scalars().first()
    somebody = world.people["auditor" if role == "trainee" else "trainee"].person_id
    of_subject = {"deliveries": sent, "messages": kept, "people": somebody}
    browser = Browser(app, role)
    refused = set()
    # when: the lists first, then what changes things, then what ends the sign-in
    by_name = {rule.endpoint: rule for rule in [*rules(app, "GET"), *rules(app, "POST")]}
    late = ("identity.change_password", "identity.leave", "identity.leave_everywhere", "identity.enter")
    for endpoint in sorted(MAY, key=lambda name: (name in late, name in POSTS, name)):
        rule = by_name[endpoint]
        subject = endpoint.partition(".")[0]
        key = of_subject.get(subject, world.studies[STATE.get(endpoint, "draft")])
        path = address(app, rule, key)
        if endpoint in POSTS:
            fields = dict(POSTS[endpoint])
            if endpoint == "signing.sign":
                fields["password"] = PASSWORD
            if endpoint == "people.available":
                fields["until"] = "2026-11-23T18:00"
            if endpoint in late[1:]:
                continue  # everybody's own; they are tested where the session is
            answer = browser.post(path, **fields)
        else:
            answer = browser.get(path)
        if answer.status_code == 403:
            refused.add(endpoint)
    # then
    assert refused == {endpoint for endpoint, who in MAY.items() if role not in who}


@pytest.mark.parametrize("role", ROLES)
def test_another_sites_message_or_person_and_none_look_the_same(app, world, keys, role):
    browser = Browser(app, role)
    for rule in [*rules(app, "GET"), *rules(app, "POST")]:
        subject = rule.endpoint.partition(".")[0]
        if not rule.arguments & {"message_id", "person_id"}:
            continue
        answers = []
        for key in (keys[ELSEWHERE][subject], str(uuid.uuid4())):
            path = address(app, rule, key)
            answer = browser.post(path, **POSTS[rule.endpoint]) if "POST" in rule.methods else browser.get(path)
            answers.append((answer.status_code, without_numbers(answer.text.replace(key, "KEY"))))
        assert answers[0] == answers[1], rule.endpoint
        assert answers[0][0] in {403, 404}, (rule.endpoint, answers[0][0])


@pytest.mark.parametrize("role", ROLES)
def test_no_list_names_anything_of_another_site(app, world, keys, role):
    browser = Browser(app, role)
    theirs = reporting.study_view(world.db, world.people["elsewhere"], world.studies["elsewhere"], NOW)
    for path in ("/", "/?tab=all", "/?site=RYY01", "/deliveries", "/exceptions", "/turnaround?list=all", "/people"):
        page = browser.get(path).text
        for word in (theirs.study.accession, theirs.patient.family, theirs.study.id, "X-RYY01"):
            assert word not in page, (path, word)
    found = browser.post("/search", q=theirs.study.accession)
    assert theirs.study.id not in found.text + found.headers.get("Location", "")


def test_an_administrator_reads_no_message_of_a_patient(app, world, keys):
    page = Browser(app, "admin").get("/exceptions")
    assert page.status_code == 200
    assert "Hughes" not in page.text
    assert "Hughes" in Browser(app, "consultant").get("/exceptions").text


@pytest.mark.parametrize("role", ["trainee", "radiographer", "auditor", "admin"])
def test_a_forged_signature_with_the_right_hash_and_password_is_refused(app, world, role):
    study_id = submit(world, draft(world))
    seen = reporting.sign_preview(world.db, world.people["consultant"], study_id, NOW)
    before = everything_in(world.db)
    for more in ({}, {"takes_over": "1"}, {"role": "consultant"}, {"signed_by": world.people["consultant"].person_id}):
        answer = Browser(app, role).post(f"/study/{study_id}/sign", sha256=seen.sha256, password=PASSWORD, **more)
        assert answer.status_code in {403, 422}, (more, answer.status_code)
    assert everything_in(world.db) == before


def test_a_stolen_token_of_before_the_sign_in_is_nobodys(fresh_world):
    # given: an attacker plants a token in the victim's browser
    app = fresh_world.app()
    planted = "planted-by-the-attacker"
    browser = Browser(app)
    browser.client.set_cookie("cmr", planted)
    browser.get("/sign-in")
    # when
    browser.post("/sign-in", username="consultant", password=PASSWORD, next="")
    # then
    assert browser.client.get_cookie("cmr").value != planted
    thief = Browser(app)
    thief.client.set_cookie("cmr", planted)
    assert thief.get("/account").status_code == 302


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("UPDATE person SET active = 0 WHERE username = 'consultant'", 302),
        ("UPDATE person SET role = 'admin' WHERE username = 'consultant'", 403),
        ("DELETE FROM person_site WHERE person_id = (SELECT id FROM person WHERE username = 'consultant')", 404),
    ],
)
def test_what_changes_about_a_person_holds_from_their_next_request(fresh_world, change, status):
    app = fresh_world.app()
    browser = Browser(app, "consultant")
    page = f"/study/{fresh_world.studies['draft']}"
    assert browser.get(page).status_code == 200
    with fresh_world.db.begin() as session:
        session.execute(text(change))
    assert browser.get(page).status_code == status
    assert browser.post(f"{page}/draft", seen="2", scanner="X").status_code in {status, 403}


def test_an_unknown_name_costs_one_hashing_as_a_wrong_password_does(app, monkeypatch):
    tried = []
    fits = identity._fits
    monkeypatch.setattr(identity, "_fits", lambda known, password: tried.append(known) or fits(known, password))
    for name in ("consultant", "nobody-of-this-name"):
        browser = Browser(app)
        browser.get("/sign-in")
        browser.post("/sign-in", username=name, password="wrong", next="")
    assert len(tried) == 2


def test_refusals_and_faults_carry_the_headers_too(world, monkeypatch):
    app = world.app()
    browser = Browser(app, "consultant")
    monkeypatch.setattr(reporting, "study_view", lambda *_: 1 / 0)
    answers = {
        500: browser.get(f"/study/{world.studies['draft']}"),
        413: browser.post("/search", q="x" * 3_000_000),
        405: browser.get("/sign-out"),
        403: browser.client.post("/search", data={"q": "x"}),
        404: browser.get("/static/nothing.css"),
        422: browser.post("/search", q="", other="x"),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], status
        assert answer.headers["Cache-Control"] == "no-store", status
        assert answer.headers["X-Content-Type-Options"] == "nosniff", status


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd"]
)
def test_no_file_outside_of_the_static_folder_is_served(app, path):
    assert Browser(app).client.get(path).status_code in {302, 308, 404}


@pytest.mark.parametrize("version", ["0", "-1", "2", "9999", "99999999999999999999"])
def test_a_version_that_is_not_there_is_not_found(app, world, version):
    browser = Browser(app, "consultant")
    for path in (f"version/{version}", f"version/{version}/report.pdf"):
        assert browser.get(f"/study/{world.studies['signed']}/{path}").status_code == 404


@pytest.mark.parametrize("payload", ["\x00", "a\x00b", "\x1c\r", "\ufffe", "\u202e", "x" * 100_000])
def test_no_text_makes_a_fault(db, payload):
    # given
    world = a_department(db)
    app = world.app()
    browser = Browser(app, "consultant")
    study_id, signed = world.studies["draft"], world.studies["signed"]
    # when, then
    for path, fields in (
        ("/search", {"q": payload}),
        ("/orders/new", {"site_code": HERE, "family": payload, "given": payload, "accession": payload,
                         "clinical_question": payload, "requester_name": payload}),
        (f"/study/{study_id}/draft", {"seen": "2", "impression": payload, "scanner": payload, "lv_edv": payload}),
        (f"/study/{signed}/amend", {"kind": "addendum", "reason": payload}),
        (f"/study/{world.studies['submitted']}/return", {"number": "3", "comment": payload}),
        ("/account/password", {"old": payload, "new": payload}),
        ("/sign-in", {"username": payload, "password": payload, "next": payload}),
    ):  # fmt: skip
        assert browser.post(path, **fields).status_code < 500, path


@pytest.mark.parametrize("body", [b"[" * 50_000, b'{"a":' * 50_000, b"\xff\xfe\x00", b""])
@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data", "application/x-www-form-urlencoded", "text/xml"]
)
def test_a_body_that_is_no_form_is_refused_without_a_fault(app, world, body, kind):
    browser = Browser(app, "consultant")
    answer = browser.client.post(f"/study/{world.studies['draft']}/draft", data=body, content_type=kind)
    assert answer.status_code in {400, 403, 413, 415}


def test_markup_from_receivers_senders_and_signed_texts_stays_text(fresh_world, monkeypatch):
    # given: payloads in a signed report, in a receiver's answer and in a message that can't be used
    world = fresh_world
    everything = " ".join(PAYLOADS)
    asked = {"family": everything[:90], "clinical_question": everything, "procedure": PAYLOADS[2], "title": "<b>x</b>"}
    me = world.people["consultant"]
    study_id = a_study(world.db, **asked, requester_name=PAYLOADS[3])
    study_id = builders.a_draft(world.db, me, study_id=study_id, answer=everything[:150], impression=everything)
    builders.signs(world.db, me, study_id, WIRES.destinations)
    answer = Answer("refused", "AE", everything)
    monkeypatch.setattr("reporter.integration.outgoing.send", lambda *_: answer)
    delivery.deliver_due(world.db, WIRES.destinations, "test", lambda: NOW)
    inbound.receive(world.db, an_orm(control="CA", family=everything, question=everything), Source("orders"), NOW)
    app = world.app()
    browser = Browser(app, "consultant")
    with world.db.read() as session:
        messages = session.execute(text("SELECT message_id FROM delivery WHERE state = 'refused'")).scalars().all()
    # when, then
    paths = [f"/study/{study_id}/version/1", f"/study/{study_id}/history", "/deliveries", "/exceptions", "/?tab=all"]
    for path in (*paths, *(f"/deliveries/{key}" for key in messages)):
        page = browser.get(path)
        assert page.status_code == 200, path
        seen = elements(page.text)
        assert not seen.bad, (path, seen.bad)
        assert not {"iframe", "img", "style", "b"} & set(seen.found), path
        assert not re.search(r"<script(?![^>]*src=)", page.text), path
    assert "{{7*7}}" in browser.get(f"/study/{study_id}/version/1").text
    assert browser.get(f"/study/{study_id}/version/1/report.pdf").data.startswith(b"%PDF")
    typed = browser.post("/orders/new", site_code=HERE, family=everything, clinical_question=everything)
    assert typed.status_code == 422
    assert not elements(typed.text).bad


def test_the_pdf_of_any_text_is_made_and_runs_none_of_it():
    # given: Typst's own markup, functions and files among the texts
    hostile = ('#read("/etc/passwd")', "#eval(1)", "#import \"x\"", "$ x $", "= Heading", "*bold* _x_ `raw`", "<label>", "@ref",
               "\\", "#{", "]", *PAYLOADS, *nasty_texts(5))  # fmt: skip
    made = a_signed_version()
    document = replace(made.document, impression=hostile, answer=hostile[0])
    assert pdf.render(replace(made, document=document)).startswith(b"%PDF")


def test_a_locked_out_name_says_so_alike_whether_it_exists(fresh_world):
    app = fresh_world.app(SETTINGS)
    said = []
    for name in ("auditor", "nobody-of-this-name"):
        browser = Browser(app)
        browser.get("/sign-in")
        for _ in range(6):
            answer = browser.post("/sign-in", username=name, password="wrong", next="")
        said.append((answer.status_code, without_numbers(answer.text.replace(name, "NAME"))))
    assert said[0] == said[1]
    assert said[0][0] == 429
