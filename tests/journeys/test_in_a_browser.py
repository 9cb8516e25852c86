"""The whole main job in a real Chromium, on the demo's department: what the README's pictures show."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from reporter.demo import once
from reporter.demo.answers import example_7_1
from reporter.demo.cast import PASSWORD
from reporter.demo.receiver import Receiver
from reporter.demo.stage import Stage, find
from reporter.settings import Settings
from reporter.web.app import create_app
from reporter.worker import Worker
from tests import databases
from tests.browser import chromium
from tests.browser.shots import take

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def now():
    return datetime.now(UTC)


def deliver(db, wires):
    worker = Worker(db, wires, "journey", now)
    for job in worker.jobs():
        if job.name.startswith("deliver"):
            worker.run(job)


@pytest.fixture(scope="module")
def browser():
    chromium.skip_or_fail_without()
    with chromium.started() as running:
        yield running


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """The demo's department with its forty studies, everything of the past delivered; and a new order by HL7."""
    with databases.a_database("sqlite", tmp_path_factory.mktemp("demo")) as db, Receiver() as ehr:
        wires = once.wires_to(ehr)
        stage = Stage(db, wires)
        stage.set(now())
        deliver(db, wires)
        assert once.send_orders(db, wires, now()) == ["AA", "AA"]
        study = find(db, stage.actors["consultant"], once.ACCESSION)
        settings = Settings(secret_key="k" * 40, cookie_secure=False)
        with chromium.served(create_app(db, settings, wires, now)) as home:
            yield db, wires, ehr, home, study


def a_page(browser, home, who):
    context = browser.new_context(
        viewport={"width": 1680, "height": 1050}, locale="en-GB", timezone_id="Europe/London", reduced_motion="reduce"
    )
    context.set_default_timeout(15_000)
    watched = chromium.Watched(context, home)
    chromium.sign_in(watched.page, home, who, PASSWORD)
    return watched


def saved(page):
    expect(page.locator("[data-saved]")).to_have_text(re.compile("^Saved"))


def fill_in(page, raw):
    """Answers every question as it becomes visible: choosing an agent brings up the questions about it."""
    left = {name: texts for name, texts in raw.items() if texts and texts != [""]}
    for _ in range(8):
        for name in list(left):
            if answer(page, name, left[name]):
                del left[name]
        page.wait_for_timeout(900)
        saved(page)
        if not left:
            return
    raise AssertionError(f"These questions never appeared: {sorted(left)}")


def answer(page, name, texts):
    field = page.locator(f"#field-{name.partition('.')[0]}")
    if field.count() == 0 or not field.is_visible():
        return False
    control = page.locator(f'[name="{name}"]:not([type=hidden])')
    if "." in name:
        control.select_option(texts[0], force=True)
        return True
    kind = control.first.get_attribute("type")
    if kind in ("radio", "checkbox"):
        for text in texts:
            page.locator(f'[name="{name}"][value="{text}"]').check(force=True)
    elif control.first.evaluate("e => e.tagName") == "SELECT":
        control.first.select_option(texts[0])
    else:
        control.first.fill(texts[0])
    return True


def test_the_main_job_is_done_in_a_browser(hospital, browser):
    db, wires, ehr, home, study = hospital
    before = len(ehr.arrivals)

    trainee = a_page(browser, home, "trainee")
    page = trainee.open("/?tab=all")
    expect(page.get_by_text(once.ACCESSION)).to_be_visible()
    take(page, "worklist")
    page.get_by_role("row", name=re.compile(once.ACCESSION)).get_by_role("link").first.click()
    page.get_by_label(re.compile("Stress perfusion")).check()
    page.get_by_role("button", name=re.compile("Start|Open|Begin")).click()
    raw = example_7_1(now().date())
    last = {"answer": raw.pop("answer")}
    fill_in(page, raw)
    page.locator("#s-lv").evaluate("e => e.scrollIntoView()")
    take(page, "report")
    page.locator("#s-lge").evaluate("e => e.scrollIntoView()")
    take(page, "bullseye")
    expect(page.locator("#living")).to_contain_text("44.3")
    expect(page.locator("#living")).to_contain_text("4 of 16 segments")
    page.get_by_role("button", name="Save and hand in").click()
    expect(page.get_by_text("The draft was handed in")).to_be_visible()

    consultant = a_page(browser, home, "consultant")
    page = consultant.open(f"/study/{study}/sign")
    expect(page.locator("main")).to_contain_text("answer")
    page.get_by_label(re.compile("What should be changed")).fill("Answer the clinical question, please.")
    page.get_by_role("button", name="Return to the author").click()

    page = trainee.open(f"/study/{study}")
    expect(page.get_by_text("Answer the clinical question, please.").first).to_be_visible()
    fill_in(page, last)
    page.get_by_role("button", name="Save and hand in").click()
    expect(page.get_by_text("The draft was handed in")).to_be_visible()

    page = consultant.open(f"/study/{study}/sign")
    take(page, "sign")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and send").click()
    expect(page.get_by_text("Version 1 is signed")).to_be_visible()
    deliver(db, wires)
    page.reload()
    take(page, "signed")
    assert [a.wire for a in ehr.arrivals[before:]].count("ORU") == 1
    assert [a.wire for a in ehr.arrivals[before:]].count("FHIR") == 1

    printed = page.get_by_role("link", name=re.compile("PDF")).first.get_attribute("href")
    assert page.request.get(home + printed).body().startswith(b"%PDF")

    lead = a_page(browser, home, "lead")
    page = lead.open("/turnaround")
    take(page, "turnaround")
    page = lead.open("/deliveries")
    take(page, "deliveries")
    expect(page.locator("main")).to_contain_text("ehr-fhir")
    page = lead.open("/rules")
    take(page, "rules")
    for watched in (trainee, consultant, lead):
        assert watched.violations() == []
        assert watched.faults == []
