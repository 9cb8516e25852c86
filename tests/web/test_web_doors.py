"""Who may open what: every route for every role, at one's own site, at another, and where nothing is."""

from __future__ import annotations

import re
import uuid

import pytest

from reporter.web.identity import OPEN
from tests.web.browsing import Browser
from tests.web.world import ROLES

#: Endpoint → the least that its post needs. A new route without a row here fails `test_every_route_is_in_the_matrix`.
POSTS = {
    "identity.enter": {"username": "x", "password": "y"},
    "identity.leave": {},
    "identity.leave_everywhere": {},
    "identity.change_password": {"old": "x", "new": "y" * 12},
    "worklist.search": {"q": "nothing"},
    "orders.enter": {"site_code": "RXX01"},
    "orders.take_in": {},
    "study.start": {"template": ""},
    "study.complete": {"at": "2026-11-20T10:00"},
    "study.save": {"seen": "1"},
    "study.send_back": {"comment": "x", "number": "1"},
    "study.take_back": {},
    "study.discard": {},
    "signing.sign": {"sha256": "0" * 64, "password": "x"},
    "versions.amend": {"kind": "addendum", "reason": "x"},
    "deliveries.resend": {},
    "deliveries.set_aside": {"reason": "x"},
    "messages.reprocess": {},
    "messages.close": {"reason": "x"},
    "people.available": {"until": ""},
    "people.end_sessions": {},
}
GETS = {
    "static", "health.show", "identity.sign_in", "identity.account", "identity.form_token", "worklist.show", "orders.new", "study.show",
    "study.history", "signing.show", "versions.show", "versions.pdf", "deliveries.show", "deliveries.one",
    "turnaround.show", "messages.show", "people.show", "governance.show",
}  # fmt: skip
CLINICAL = ("trainee", "consultant", "clinical_lead", "radiographer", "auditor")


@pytest.fixture(scope="module")
def app(world):
    return world.app()


def rules(app, method):
    return [rule for rule in app.url_map.iter_rules() if method in rule.methods]


def address(app, rule, key):
    """The route's address about one study, message or person."""
    values = {name: key for name in rule.arguments if name.endswith("_id")}
    if "version" in rule.arguments:
        values["version"] = 1
    if "filename" in rule.arguments:
        values["filename"] = "app.css"
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def without_numbers(page):
    """A page without what differs on every request."""
    return re.sub(r'Request [0-9a-f]+|name="csrf_token" value="[^"]+"', "", page)


def test_every_route_is_in_the_matrix(app):
    assert {rule.endpoint for rule in rules(app, "POST")} == set(POSTS)
    assert {rule.endpoint for rule in rules(app, "GET")} == GETS


def test_a_stranger_sees_only_the_sign_in_page_and_the_health(app, world):
    for rule in [*rules(app, "GET"), *rules(app, "POST")]:
        if rule.endpoint in OPEN:
            continue
        method = "POST" if "POST" in rule.methods else "GET"
        answer = app.test_client().open(address(app, rule, world.studies["draft"]), method=method)
        assert answer.status_code == 302, rule.endpoint
        assert "/sign-in" in answer.headers["Location"]


@pytest.mark.parametrize("role", ROLES)
def test_another_sites_study_and_no_study_look_the_same(app, world, role):
    browser = Browser(app, role)
    for rule in [*rules(app, "GET"), *rules(app, "POST")]:
        if not {"study_id"} & rule.arguments:
            continue
        answers = []
        for key in (world.studies["elsewhere"], str(uuid.uuid4())):
            path = address(app, rule, key)
            answer = browser.post(path, **POSTS[rule.endpoint]) if "POST" in rule.methods else browser.get(path)
            answers.append((answer.status_code, without_numbers(answer.text.replace(key, "KEY"))))
        assert answers[0] == answers[1], rule.endpoint
        assert answers[0][0] in {403, 404}, (rule.endpoint, answers[0][0])


@pytest.mark.parametrize("role", CLINICAL)
def test_who_works_with_reports_opens_a_study_of_their_site(app, world, role):
    browser = Browser(app, role)
    for state in ("unreported", "draft", "submitted", "returned", "amending"):
        assert browser.get(f"/study/{world.studies[state]}").status_code == 200, state
    signed = browser.get(f"/study/{world.studies['signed']}/version/1")
    assert signed.status_code == 200
    assert "Chronic" in signed.text or "inducible" in signed.text.lower()


def test_an_administrator_sees_no_clinical_content(app, world):
    browser = Browser(app, "admin")
    for path in ("", "/history", "/sign", "/version/1", "/version/1/report.pdf"):
        assert browser.get(f"/study/{world.studies['signed']}{path}").status_code == 403, path
    assert browser.get("/").headers["Location"] == "/people"


@pytest.mark.parametrize("role", [role for role in ROLES if role not in {"consultant", "clinical_lead"}])
def test_only_a_consultant_can_sign(app, world, role):
    browser = Browser(app, role)
    path = f"/study/{world.studies['submitted']}/sign"
    answer = browser.post(path, sha256="0" * 64, password="three random words")
    assert answer.status_code in {403, 409}
    assert world.db is not None
    assert browser.get(f"/study/{world.studies['submitted']}/version/1").status_code in {403, 404}


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_leads_nowhere_that_is_closed(app, role):
    browser = Browser(app, role)
    home = browser.get("/account").text
    nav = home[home.index("<nav") : home.index("</nav>")]
    for path in re.findall(r'href="([^"]+)"', nav):
        assert browser.get(path).status_code == 200, path


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_an_order_is_offered_to_whoever_may_enter_one(app, role):
    browser = Browser(app, role)
    offered = "Enter an order" in browser.get("/").text
    assert offered == (browser.get("/orders/new").status_code == 200)
