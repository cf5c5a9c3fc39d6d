"""Galaxies that the model never saw, the guide, and the game."""

import re

from accessible import check
from playwright.sync_api import Page, expect
from scenes import sentence


def test_the_gallery_shows_one_at_a_press(page: Page) -> None:
    page.goto("/gallery")
    one = page.get_by_role("region", name="One galaxy")
    expect(one.get_by_role("definition").first).to_be_visible()
    check(page)
    seen = set()
    for _ in range(4):
        seen.add(one.get_by_role("img").get_attribute("src"))
        expect(one.get_by_text(re.compile("^(They agree|They disagree|Cannot be)"))).to_be_visible()
        before = one.get_by_role("img").get_attribute("src") or ""
        one.get_by_role("button", name="Show me another").click()
        expect(one.get_by_role("img")).not_to_have_attribute("src", before)
    assert len(seen) > 2

    page.get_by_role("checkbox", name=re.compile("Only mistakes")).click()
    grid = page.get_by_role("region", name="The whole gallery").get_by_role("listitem")
    expect(page).to_have_url(re.compile("mistakes"))
    expect(grid.filter(has_text="The model agrees")).to_have_count(0)
    assert grid.filter(has_text="The model:").count() > 0
    check(page)
    page.reload()
    expect(page.get_by_role("checkbox", name=re.compile("Only mistakes"))).to_be_checked()
    expect(grid.filter(has_text="The model agrees")).to_have_count(0)
    grid.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Galaxies that look like it")).to_be_visible()
    expect(page.get_by_role("definition").first).to_be_visible()
    check(page)


def test_from_the_map_to_a_word(page: Page) -> None:
    page.goto("/learn")
    page.get_by_role("link", name=re.compile("The tuning fork")).first.click()
    expect(sentence(page)).to_have_text("The tuning fork")
    page.get_by_role("link", name=re.compile("^SBb")).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/learn/(?!fork)"))
    expect(page.get_by_role("heading", name="What it is mistaken for")).to_be_visible()
    expect(page.get_by_role("heading", name="References")).to_be_visible()
    term = page.get_by_role("main").locator("a[href^='/learn/glossary#']").first
    word = term.get_attribute("href") or ""
    term.focus()
    expect(page.get_by_role("tooltip")).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{word}")
    expect(page.locator(f"#{word.partition('#')[2]}")).to_be_in_viewport()
    page.get_by_role("searchbox").fill("bulge")
    expect(page.get_by_role("status").filter(has_text="term")).to_be_visible()


def test_the_tree_is_walked_with_arrows(page: Page) -> None:
    page.goto("/learn/tree")
    drawing = page.get_by_role("link", name=re.compile("^features or disc"))
    expect(drawing.first).to_be_visible()
    drawing.first.focus()
    here = "document.activeElement.textContent"
    if (page.viewport_size or {})["width"] > 1000:
        page.keyboard.press("ArrowDown")
        assert "edge-on" in page.evaluate(here)
        page.keyboard.press("ArrowUp")
        assert "features" in page.evaluate(here)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/learn/(?!tree)"))


def test_a_round_of_the_game_by_keyboard(page: Page) -> None:
    page.goto("/play")
    expect(page.get_by_role("img", name="The galaxy to classify")).to_be_visible()
    check(page)
    over = page.get_by_role("button", name="Next galaxy")
    for number in range(1, 13):
        expect(page.get_by_text(f"Question {number}", exact=True).or_(over)).to_be_visible()
        if over.is_visible():
            break
        page.keyboard.press("1")
        sending = page.get_by_text(re.compile(f"^Question {number + 1}$")).or_(over)
        expect(sending).to_be_visible()
    expect(page.get_by_role("heading", name="Answer by answer")).to_be_visible()
    for side in ("People", "You", "The model"):
        expect(page.get_by_role("term").filter(has_text=re.compile(f"^{side}$"))).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(re.compile("Longest"))
    check(page)
    over.click()
    expect(page.get_by_text("Question 1", exact=True)).to_be_visible()
    page.get_by_role("main").get_by_role("button").filter(has_not_text="Back").first.click()
    page.get_by_role("button", name="That is all I can tell").click()
    expect(over).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("Agreement with people, 2"))).to_be_visible()
