"""What protects the pages: tokens, headers, cookies, escaping, and that looking changes nothing."""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from werkzeug.datastructures import MultiDict

from reporter.actions import reporting
from reporter.actions.refusals import Invalid
from reporter.web import headers, schemas
from tests.builders import NOW, a_study
from tests.web.browsing import Browser
from tests.web.test_web_doors import POSTS, address, rules
from tests.web.world import SETTINGS, WIRES, draft

PAGES = Path(__file__).parents[2] / "reporter" / "web" / "pages"
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><iframe src=javascript:alert(1)>",
    "{{7*7}}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "javascript:alert(1)",
    "&lt;script&gt;",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>*{display:none}</style>",
    "--><script>1</script>",
    "]]><script>1</script>",
)


@pytest.fixture(scope="module")
def app(world):
    return world.app()


def everything_in(db):
    """A fingerprint of every row, but for the log of who looked, and when somebody was last seen."""
    from sqlalchemy import inspect, text

    found = hashlib.sha256()
    with db.read() as session:
        for table in sorted(inspect(session.get_bind()).get_table_names()):
            if table in {"audit_event", "audit_head", "login_session", "login_failure"}:
                continue
            rows = session.execute(text(f'SELECT * FROM "{table}"')).all()
            found.update(repr((table, sorted(map(repr, rows)))).encode())
    return found.hexdigest()


def test_every_post_needs_its_own_sign_ins_token(app, world):
    mine, theirs = Browser(app, "consultant"), Browser(app, "clinical_lead")
    before = everything_in(world.db)
    for rule in rules(app, "POST"):
        path = address(app, rule, world.studies["draft"])
        for token in ("", "wrong", theirs.token):
            answer = mine.client.post(path, data={**POSTS[rule.endpoint], "csrf_token": token})
            assert answer.status_code == 403, (rule.endpoint, token)
    assert everything_in(world.db) == before


@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_post_from_another_site_is_refused_even_with_a_token(app, world, sent):
    browser = Browser(app, "consultant")
    answer = browser.post(f"/study/{world.studies['draft']}/draft", _headers=sent, seen="2", height="190")
    assert answer.status_code == 403


def test_looking_changes_nothing(app, world):
    before = everything_in(world.db)
    for role in ("trainee", "consultant", "auditor", "admin"):
        browser = Browser(app, role)
        for rule in rules(app, "GET"):
            for key in world.studies.values():
                browser.get(address(app, rule, key))
                if "study_id" not in rule.arguments:
                    break
    assert everything_in(world.db) == before


def test_every_answer_carries_the_headers(app, world):
    browser = Browser(app, "consultant")
    paths = [address(app, rule, world.studies["signed"]) for rule in rules(app, "GET")]
    for path in [*paths, "/nowhere", f"/study/{uuid.uuid4()}"]:
        answer = browser.get(path)
        for name, value in headers.HEADERS.items():
            assert answer.headers[name] == value, (path, name)
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        kept = "no-cache" if path.startswith("/static") else "no-store"
        assert answer.headers["Cache-Control"] == kept, path
        assert "Server" not in answer.headers or "Python" not in answer.headers["Server"]


def test_cookies_are_locked_to_the_host_behind_tls(world):
    app = world.app(replace(SETTINGS, cookie_secure=True))
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://cmr.example")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    sent = {"username": "consultant", "password": "three random words", "next": "", "csrf_token": token}
    answer = client.post("/sign-in", data=sent, base_url="https://cmr.example")
    cookies = page.headers.getlist("Set-Cookie") + answer.headers.getlist("Set-Cookie")
    assert any(cookie.startswith("__Host-cmr=") for cookie in cookies)
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_the_sign_in_cookie_is_worth_nothing_after_signing_out(app):
    browser = Browser(app, "consultant")
    stolen = browser.client.get_cookie("cmr").value
    browser.post("/sign-out")
    browser.client.set_cookie("cmr", stolen)
    assert browser.get("/people").status_code == 302


def test_going_on_after_sign_in_stays_on_this_site(app):
    from reporter.web.identity import ours

    with app.test_request_context():
        for path in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", None):
            assert ours(path) == "/"
        assert ours("/people?x=1") == "/people?x=1"


def test_a_wrong_password_and_an_unknown_name_look_the_same(app):
    pages = []
    for name in ("consultant", "nobody-of-this-name"):
        browser = Browser(app)
        browser.get("/sign-in")
        answer = browser.post("/sign-in", username=name, password="wrong", next="")
        assert answer.status_code == 401
        pages.append(re.sub(r'value="[^"]*"', "", answer.text))
    assert pages[0] == pages[1]


class Elements(HTMLParser):
    """Counts the elements and looks at every attribute."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.bad = []
        self.scripts = []

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        if tag == "script":
            self.scripts.append(dict(attrs).get("src"))
        for name, value in attrs:
            if name.startswith("on") or name == "style" or (value or "").strip().lower().startswith("javascript:"):
                self.bad.append((tag, name, value))


def elements(page):
    parser = Elements()
    parser.feed(page)
    return parser


@pytest.fixture(scope="module")
def poisoned(world):
    """A study whose order and report carry every payload in every free text."""
    everything = " ".join(PAYLOADS)
    fields = {
        "family": everything[:90],
        "given": PAYLOADS[1],
        "title": PAYLOADS[0][:20],
        "clinical_question": everything,
    }
    ordered = a_study(world.db, **fields, procedure=PAYLOADS[2], requester_name=PAYLOADS[3])
    me = world.people["consultant"]
    texts = {name: [everything] for name in ("answer", "impression", "recommendations", "scanner", "comparison")}
    reporting.open_report(world.db, me, ordered, "stress_perfusion", NOW)
    reporting.save_draft(world.db, me, ordered, texts, 1, (), NOW)
    return ordered


def test_texts_with_markup_stay_texts(app, world, poisoned):
    browser = Browser(app, "consultant")
    for path in (
        f"/study/{poisoned}",
        f"/study/{poisoned}/history",
        f"/study/{poisoned}/sign",
        "/?tab=all",
        "/turnaround?list=all",
    ):
        page = browser.get(path)
        assert page.status_code == 200, path
        seen = elements(page.text)
        assert not seen.bad, (path, seen.bad)
        assert not {"iframe", "img", "style"} & set(seen.found), path
        assert all(source and source.startswith("/static/") for source in seen.scripts), path
    assert "{{7*7}}" in browser.get(f"/study/{poisoned}").text


def test_a_script_gets_markup_escaped_too(app, poisoned):
    browser = Browser(app, "consultant")
    answer = browser.post(
        f"/study/{poisoned}/draft", _headers={"Accept": "application/json"}, seen="2", answer=PAYLOADS[0]
    )
    assert answer.status_code == 200
    assert not {"script", "img", "iframe"} & set(elements(answer.json["living"]).found)


def test_no_page_has_an_inline_script_or_style(app, world):
    browser = Browser(app, "clinical_lead")
    for rule in rules(app, "GET"):
        if rule.endpoint in {"static", "versions.pdf", "health.show", "identity.form_token"}:
            continue
        for state in ("draft", "signed", "unreported"):
            page = browser.get(address(app, rule, world.studies[state]))
            assert not elements(page.text).bad, rule.endpoint
            assert not re.search(r"<script(?![^>]*src=)", page.text), rule.endpoint


def test_every_page_is_html_and_none_switches_escaping_off():
    files = [path for path in PAGES.rglob("*") if path.is_file()]
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert path.suffix == ".html", path.name
        assert "|safe" not in text.replace(" ", ""), path.name
        assert "autoescape" not in text, path.name
    for path in PAGES.parent.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "render_template_string" not in text, path.name
        assert "Markup(" not in text, path.name


def test_no_patient_stands_in_an_address(app, world):
    for rule in app.url_map.iter_rules():
        assert rule.arguments <= {"study_id", "version", "message_id", "person_id", "filename"}, rule.rule


def test_a_fault_of_ours_tells_a_number_and_nothing_else(world, monkeypatch, caplog):
    app = world.app()
    monkeypatch.setattr(reporting, "study_view", lambda *_: 1 / 0)
    page = Browser(app, "consultant").get(f"/study/{world.studies['draft']}")
    assert page.status_code == 500
    number = page.headers["X-Request-Id"]
    assert number in page.text
    assert "ZeroDivision" not in page.text
    assert "Traceback" not in page.text
    assert number in caplog.text


def test_too_large_a_request_is_refused(app):
    browser = Browser(app, "consultant")
    assert browser.post("/search", q="x" * 3_000_000).status_code == 413


def test_fields_that_nobody_offered_change_nothing(app, world):
    browser = Browser(app, "trainee")
    study_id = draft(world)
    before = reporting.study_view(world.db, world.people["trainee"], study_id, NOW).report
    sneaked = {
        "status": "final",
        "signed_by": "me",
        "site_id": "RYY01",
        "version": "9",
        "is_admin": "1",
        "state": "signed",
    }
    browser.post(f"/study/{study_id}/draft", seen="2", **sneaked)
    assert reporting.study_view(world.db, world.people["trainee"], study_id, NOW).report.state == before.state
    assert browser.post("/people/available", until="", role="admin").status_code == 422


def test_an_address_that_takes_only_posts_says_so(app):
    answer = Browser(app, "consultant").get("/sign-out")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_the_wires_of_the_tests_lead_nowhere():
    assert all(one.port == 1 or ":1/" in one.url for one in WIRES.destinations)


def test_what_can_not_be_printed_is_refused_where_it_is_typed():
    with pytest.raises(Invalid) as told:
        schemas.read(schemas.Reason, MultiDict({"reason": "Mass \x07 again"}))
    assert told.value.errors == {"reason": "Reason: This holds a character that can't be printed. Type it again."}
