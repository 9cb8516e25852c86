"""Every page in a real Chromium: accessible, quiet on the console, at home on its origin, at any zoom."""

from __future__ import annotations

import uuid

import pytest

from tests.browser.shots import take

pytestmark = pytest.mark.browser

#: Name, who looks, path with {state} for a study's key.
PAGES = [
    ("worklist", "clinical_lead", "/?tab=all"),
    ("worklist-empty", "clinical_lead", "/?tab=mine"),
    ("order", "radiographer", "/orders/new"),
    ("unreported", "consultant", "/study/{unreported}"),
    ("not-scanned", "radiographer", "/study/{not_scanned}"),
    ("draft", "trainee", "/study/{draft}"),
    ("returned", "trainee", "/study/{returned}"),
    ("submitted-as-trainee", "trainee", "/study/{submitted}"),
    ("submitted", "consultant", "/study/{submitted}"),
    ("amending", "consultant", "/study/{amending}"),
    ("sign", "consultant", "/study/{submitted}/sign"),
    ("signed", "consultant", "/study/{signed}/version/1"),
    ("history", "auditor", "/study/{signed}/history"),
    ("deliveries", "consultant", "/deliveries"),
    ("turnaround", "clinical_lead", "/turnaround?list=all"),
    ("exceptions", "radiographer", "/exceptions"),
    ("people", "admin", "/people"),
    ("people-as-consultant", "consultant", "/people"),
    ("rules", "auditor", "/rules"),
    ("account", "trainee", "/account"),
    ("refused", "admin", "/turnaround"),
    ("not-found", "consultant", f"/study/{uuid.UUID(int=7)}"),
]


@pytest.fixture(scope="module", autouse=True)
def things_went_wrong(world):
    """Something to see on the exceptions and delivery pages."""
    from reporter.actions import inbound
    from tests.builders import NOW
    from tests.web.world import WIRES

    broken = b"MSH|^~\\&|RIS|RXX|CMR|CMR|20261123||ORM^O01|BAD1|P|2.4\rPID|1||\rORC|NW\r"
    inbound.receive(world.db, broken, WIRES.sources[0], NOW)


@pytest.mark.parametrize(("name", "who", "path"), PAGES, ids=[page[0] for page in PAGES])
def test_a_page_is_accessible_and_quiet(visit, world, name, who, path):
    watched = visit(who)
    watched.open(path.format(**world.studies))
    watched.page.wait_for_timeout(250)
    take(watched.page, f"page-{name}")
    assert watched.violations() == []
    assert watched.faults == []
    assert watched.page.locator("main").count() == 1
    assert watched.page.locator("h1").count() == 1


@pytest.mark.parametrize(
    ("name", "who", "path"),
    [page for page in PAGES if page[0] in {"draft", "worklist", "sign", "signed", "turnaround"}],
)
def test_a_page_is_accessible_in_the_dark(visit, world, name, who, path):
    watched = visit(who, color_scheme="dark")
    watched.open(path.format(**world.studies))
    take(watched.page, f"dark-{name}")
    assert watched.violations() == []


@pytest.mark.parametrize(("name", "who", "path"), PAGES, ids=[page[0] for page in PAGES])
def test_at_400_per_cent_nothing_is_read_by_scrolling_sideways(visit, world, name, who, path):
    # 1280 px at 400 % is 320 CSS px (WCAG 2.2, 1.4.10). Data tables may scroll inside their own box.
    watched = visit(who, width=320, height=256)
    page = watched.open(path.format(**world.studies))
    take(page, f"zoom-{name}")
    wide = page.evaluate("document.documentElement.scrollWidth")
    sticking_out = page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 321"
        " && !e.closest('.table-wrap, .unseen, table, pre, svg') && e.offsetParent !== null)"
        ".slice(0, 5).map(e => e.outerHTML.slice(0, 120))"
    )
    assert wide <= 320, sticking_out


def test_the_sign_in_page_is_accessible_and_works_by_keyboard_alone(visit):
    watched = visit(None)
    page = watched.open("/sign-in")
    take(page, "page-sign-in")
    assert watched.violations() == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Skip to main content"
    page.get_by_label("User name").focus()
    page.keyboard.type("consultant")
    page.keyboard.press("Tab")
    page.keyboard.type("three random words")
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    assert page.get_by_role("heading", name="Worklist").is_visible()
    assert watched.faults == []


def test_a_refused_sign_in_says_so_on_top_and_moves_the_cursor_there(visit):
    watched = visit(None)
    page = watched.open("/sign-in")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".nhsuk-error-summary")
    assert watched.violations() == []
    assert "nhsuk-error-summary" in page.evaluate("document.activeElement.className")


def test_the_worklist_is_walked_with_j_k_enter_and_slash(visit):
    page = visit("clinical_lead").open("/?tab=all")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("Tab")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.locator("tr.is-here").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/study/**")


def test_25_rows_stand_on_one_screen(visit, world):
    from tests.builders import a_study

    for _ in range(25):
        a_study(world.db)
    page = visit("clinical_lead").open("/?tab=all")
    rows = page.locator("[data-worklist] tbody tr")
    assert rows.count() == 25
    take(page, "worklist-full")
    last = rows.nth(24).bounding_box()
    assert last["y"] + last["height"] <= 1080


def test_a_page_prints_the_report_and_leaves_the_furniture_out(visit, world):
    page = visit("consultant").open(f"/study/{world.studies['signed']}/version/1")
    page.emulate_media(media="print")
    assert page.locator(".paper").is_visible()
    assert not page.locator(".topbar").is_visible()


def test_what_sticks_under_the_banner_begins_where_the_banner_ends(visit, world):
    page = visit("trainee", width=1280, height=800).open(f"/study/{world.studies['draft']}")
    page.locator("#s-conclusion").scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    banner = page.locator(".banner").bounding_box()
    for sticking in (".rail", ".living"):
        assert page.locator(sticking).bounding_box()["y"] == pytest.approx(banner["y"] + banner["height"], abs=2)


def test_a_printed_report_begins_its_numbers_on_the_first_page(visit, world):
    page = visit("consultant", width=1280, height=800).open(f"/study/{world.studies['signed']}/version/1")
    page.emulate_media(media="print")
    assert page.locator(".paper table.rows").first.evaluate("e => getComputedStyle(e).breakInside") == "auto"
    assert page.locator(".paper").evaluate("e => getComputedStyle(e).containerType") == "normal"
    links = page.locator("a").evaluate_all("all => all.map(a => getComputedStyle(a, '::after').content)")
    assert set(links) == {"none"}
