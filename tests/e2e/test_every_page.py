"""Every page of the site as it stands: nothing for axe to find, in every width and theme; and what holds for all of them."""

import re
from pathlib import Path

import pytest
from accessible import check
from playwright.sync_api import BrowserContext, Page, expect
from scenes import account, promote, sentence

_APP = Path(__file__).parents[2] / "web" / "src" / "app.tsx"
# Pages with an id in their address are seen in the journeys that make one.
PAGES = {
    "/": "What shape is this galaxy?",
    "/classify": "Which galaxy is it?",
    "/learn": "The shapes of galaxies",
    "/learn/fork": "The tuning fork",
    "/learn/tree": "The tree of questions",
    "/learn/glossary": "Glossary",
    "/gallery": "Gallery",
    "/play": "Play",
    "/models": "The model, and how far to trust it",
    "/programs": "For programs",
    "/history": "History",
    "/sign-in": "Sign in",
    "/forgot-password": "Forgotten password",
    "/new-password": "A new password",
}
INSIDE = {"/account": "Account", "/review": "Review", "/admin": "Server"}
_FIRST_PAINT = 4.0  # s; a second is meant, on a machine that has nothing else to do
_MOST_SCRIPT = 150_000  # bytes as sent
_PAINTED = """() => new Promise(tell => new PerformanceObserver(list => {
  for (const entry of list.getEntriesByName('first-contentful-paint')) tell(entry.startTime)
}).observe({ type: 'paint', buffered: true }))"""
_SCRIPTS = """() => performance.getEntriesByType('resource')
  .filter(e => e.initiatorType === 'script' || e.name.endsWith('.js'))
  .reduce((sum, e) => sum + e.encodedBodySize, 0)"""


def test_no_page_is_left_out() -> None:
    routes = set(re.findall(r'path="(/[^"]*)"', _APP.read_text("utf-8")))
    assert {r for r in routes if ":" not in r} == {*PAGES, *INSIDE}


@pytest.mark.parametrize("path", PAGES)
def test_a_page(page: Page, path: str) -> None:
    page.goto(path, wait_until="networkidle")
    expect(sentence(page)).to_have_text(PAGES[path])
    check(page)


def test_pages_of_those_who_run_the_site(page: Page, data: Path) -> None:
    page.goto("/admin", wait_until="networkidle")
    expect(
        page.get_by_text("Sign in to see this page.").or_(
            page.get_by_text("This page is for the administrators")
        )
    ).to_be_visible()
    check(page)
    email = f"admin-{(page.viewport_size or {})['width']}@example.org"
    account(page, email)
    promote(page, data, email=email, role="admin")
    for path, title in INSIDE.items():
        page.goto(path, wait_until="networkidle")
        expect(sentence(page)).to_have_text(title)
        check(page)
    expect(page.get_by_role("combobox", name=f"Role of {email}")).to_have_value("admin")


def test_a_page_that_is_not_there(page: Page) -> None:
    page.goto("/learn/nothing-like-it", wait_until="networkidle")
    expect(sentence(page)).to_have_text("The guide has no such page")
    check(page)


def test_the_theme_is_remembered(page: Page) -> None:
    page.goto("/")
    menu = page.get_by_role("button", name="Menu")
    if menu.is_visible():
        menu.click()
        check(page)
    page.get_by_role("button", name="Light theme").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert min(map(int, re.findall(r"\d+", dark)[:3])) > 200


def test_the_first_paint_comes_soon(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    expect(sentence(page)).to_be_visible()
    assert page.evaluate(_PAINTED) / 1000 < _FIRST_PAINT
    assert page.evaluate(_SCRIPTS) < _MOST_SCRIPT
