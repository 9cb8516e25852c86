"""Writing a report in a real Chromium: by mouse, by keyboard, with scripts and without; and nothing typed is lost."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from reporter.actions import reporting
from tests.browser.shots import take
from tests.builders import NOW, a_study
from tests.web.world import draft

pytestmark = pytest.mark.browser


def stored(world, study_id):
    return reporting.study_view(world.db, world.people["consultant"], study_id, NOW).draft.answers


def empty_report(world):
    study_id = a_study(world.db)
    reporting.open_report(world.db, world.people["consultant"], study_id, "stress_perfusion", NOW)
    return study_id


def eventually(ask, wanted, seconds=8):
    """Wait until a question to the database is answered as wanted: the page saves in its own time."""
    until = time.monotonic() + seconds
    while (found := ask()) != wanted and time.monotonic() < until:
        time.sleep(0.1)
    assert found == wanted


def saved(page):
    expect(page.locator("[data-saved]")).to_have_text(re.compile("^Saved"))


def test_a_computed_value_appears_while_one_types_and_says_how_it_came_about(visit, world):
    study_id = empty_report(world)
    watched = visit("consultant")
    page = watched.open(f"/study/{study_id}")
    page.get_by_label("LV end-diastolic volume").first.fill("212")
    page.get_by_label("LV end-systolic volume").first.fill("118")
    page.keyboard.press("Tab")
    ejection = page.locator("#after-lv_ef")
    expect(ejection).to_contain_text("44.3")
    ejection.locator("summary").first.click()
    expect(ejection).to_contain_text("EDV")
    expect(page.locator("#living")).to_contain_text("44.3")
    eventually(lambda: stored(world, study_id).get("lv_edv"), "212")
    assert watched.violations() == []
    assert watched.faults == []


def test_nothing_jumps_when_a_value_is_computed(visit, world):
    page = visit("consultant").open(f"/study/{empty_report(world)}")
    # Measured from the top of the page, for the browser scrolls by itself to what is typed in.
    where = "document.querySelector('#field-rv_edv').getBoundingClientRect().top + scrollY"
    before = page.evaluate(where)
    page.locator("#f-lv_edv").fill("212")
    page.locator("#f-lv_esv").fill("118")
    expect(page.locator("#after-lv_ef")).to_contain_text("44.3")
    assert page.evaluate(where) == pytest.approx(before, abs=2)


def test_the_bulls_eye_is_painted_by_keyboard_alone(visit, world):
    study_id = empty_report(world)
    watched = visit("consultant")
    page = watched.open(f"/study/{study_id}")
    first = page.locator("#field-lv_wall_motion g.seg[data-n='1']")
    expect(first).to_have_attribute("tabindex", "0")
    first.focus()
    page.keyboard.press("5")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("3")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#lv_wall_motion-words")).to_contain_text("basal anterior")
    wanted = {"1": "akinesis", "2": "hypokinesis", "8": "normal"}
    eventually(lambda: stored(world, study_id).get("lv_wall_motion"), wanted)
    expect(page.locator("#field-lv_wall_motion g.seg[data-n='1']")).to_have_attribute("aria-label", re.compile("akine"))
    page.locator("#field-lv_wall_motion g.seg[data-n='1']").focus()
    page.keyboard.press("Delete")
    eventually(lambda: stored(world, study_id)["lv_wall_motion"], {"2": "hypokinesis", "8": "normal"})
    assert watched.violations() == []
    assert watched.faults == []


def test_the_bulls_eye_is_reached_by_tab_and_every_segment_has_a_name(visit, world):
    page = visit("consultant").open(f"/study/{empty_report(world)}")
    page.locator("#f-lv_max_wt").focus()
    for _ in range(25):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('[data-bullseye] svg') !== null"):
            break
    else:
        pytest.fail("Tab never came to the map.")
    names = page.locator("#field-lv_wall_motion g.seg").evaluate_all(
        "all => all.map(s => s.getAttribute('aria-label'))"
    )
    assert len(set(names)) == 17
    assert all(name.endswith("not assessed") for name in names)


def test_a_ring_a_territory_and_all_others_are_painted_at_once(visit, world):
    study_id = empty_report(world)
    page = visit("consultant").open(f"/study/{study_id}")
    field = page.locator("#field-lge_segments")
    if not field.is_visible():
        page.locator("#field-lge_done .pick", has_text="Performed").first.click()
    expect(field).to_be_visible()
    field.get_by_role("button", name="51–75 %").click()
    field.get_by_role("button", name="RCA").click()
    field.get_by_role("button", name=re.compile("^All others")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("basal anterior")
    dialog.get_by_role("button", name="State this").click()
    wanted = {str(n): "51_75" if n in {3, 4, 9, 10, 15} else "0" for n in range(1, 18)}
    eventually(lambda: stored(world, study_id).get("lge_segments"), wanted)


def test_a_refused_value_is_said_at_its_place_and_the_rest_is_kept(visit, world):
    study_id = empty_report(world)
    watched = visit("consultant")
    page = watched.open(f"/study/{study_id}")
    page.locator("#f-weight").fill("86")
    page.locator("#f-height").fill("17800")
    page.keyboard.press("Tab")
    expect(page.locator("#e-height")).to_contain_text("Height")
    expect(page.locator("#f-height")).to_have_value("17800")
    expect(page.locator("#f-height")).to_have_attribute("aria-invalid", "true")
    answers = stored(world, study_id)
    assert answers["weight"] == "86"
    assert "height" not in answers
    assert watched.violations() == []


def test_two_people_at_one_report_are_told_and_lose_nothing(visit, world):
    study_id = empty_report(world)
    mine, theirs = visit("consultant"), visit("clinical_lead")
    page, other = mine.open(f"/study/{study_id}"), theirs.open(f"/study/{study_id}")
    other.locator("#f-weight").fill("90")
    other.keyboard.press("Tab")
    saved(other)
    page.locator("#f-weight").fill("86")
    page.keyboard.press("Tab")
    expect(page.locator("#conflict")).to_be_visible()
    expect(page.locator("#conflict")).to_contain_text("90")
    expect(page.locator("#conflict")).to_contain_text("86")
    expect(page.locator("#f-weight")).to_have_value("86")
    assert stored(world, study_id)["weight"] == "90"
    take(page, "conflict")
    assert mine.violations() == []


def test_text_survives_being_signed_out_and_is_saved_after_signing_in_again(visit, world, browser, home):
    from tests.browser import chromium
    from tests.builders import PASSWORD

    study_id = empty_report(world)
    watched = visit("consultant")
    page = watched.open(f"/study/{study_id}")
    page.context.clear_cookies(name="cmr")
    page.locator("#f-weight").fill("86")
    page.keyboard.press("Tab")
    expect(page.locator("[data-saved]")).to_contain_text("Not saved yet")
    expect(page.locator("#f-weight")).to_have_value("86")
    again = page.context.new_page()
    chromium.sign_in(again, home, "consultant", PASSWORD)
    expect(page.locator("[data-saved]")).to_have_text(re.compile("^Saved"), timeout=20_000)
    assert stored(world, study_id)["weight"] == "86"


def test_without_scripts_a_section_is_filled_saved_and_computed(visit, world):
    study_id = empty_report(world)
    watched = visit("consultant", java_script_enabled=False)
    page = watched.open(f"/study/{study_id}")
    page.locator("#f-lv_edv").fill("212")
    page.locator("#f-lv_esv").fill("118")
    page.locator("#s-lv").get_by_role("button", name="Save").click()
    expect(page.locator("#after-lv_ef")).to_contain_text("44.3")
    assert page.url.endswith("#s-lv")
    page.locator("#field-lv_wall_motion details.table-of summary").click()
    page.locator("select[name='lv_wall_motion.4']").select_option("akinesis")
    page.locator("#s-lv").get_by_role("button", name="Save").click()
    expect(page.locator("#lv_wall_motion-words")).to_contain_text("basal inferior")
    page.locator("#f-lv_mass").fill("999999")
    page.locator("#s-lv").get_by_role("button", name="Save").click()
    expect(page.locator(".nhsuk-error-summary")).to_contain_text("LV mass")
    take(page, "without-scripts")
    assert stored(world, study_id)["lv_edv"] == "212"


def test_a_report_goes_from_draft_to_signature_with_the_keyboard_and_the_mouse(visit, world):
    study_id = draft(world)
    trainee = visit("trainee")
    page = trainee.open(f"/study/{study_id}")
    page.get_by_role("button", name="Save and hand in").click()
    expect(page.get_by_text("The draft was handed in")).to_be_visible()
    consultant = visit("consultant")
    page = consultant.open(f"/study/{study_id}")
    page.locator("#f-recommendations").fill("Discuss at the heart team meeting.")
    page.get_by_role("button", name="Save and go to sign").click()
    expect(page.get_by_text("This is exactly what will be signed and sent.")).to_be_visible()
    expect(page.locator(".diff")).to_contain_text("heart team")
    take(page, "sign", whole=True)
    page.get_by_label("Your password").fill("wrong")
    page.get_by_role("button", name="Sign and send").click()
    expect(page.locator(".nhsuk-error-summary")).to_contain_text("password")
    assert consultant.violations() == []
    page.get_by_label("Your password").fill("three random words")
    page.get_by_role("button", name="Sign and send").click()
    expect(page.get_by_text("Version 1 is signed")).to_be_visible()
    take(page, "signed", whole=True)
    assert consultant.violations() == []
    assert consultant.faults == []
    assert trainee.faults == []


def test_a_question_is_confirmed_in_the_rail_and_stays_confirmed(visit, world):
    study_id = draft(world, impression=["Normal LV systolic function."])
    watched = visit("trainee")
    page = watched.open(f"/study/{study_id}")
    expect(page.locator("#todo")).to_contain_text("Is it meant?")
    page.locator("#todo .pick").click()
    expect(page.locator("#todo")).to_contain_text("Nothing is missing")
    page.reload()
    expect(page.locator("#todo")).to_contain_text("Nothing is missing")
    assert watched.violations() == []
    assert watched.faults == []
