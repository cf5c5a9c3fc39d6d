"""Giving pictures: one, from the clipboard, measurements, several, many; passing the answer on; and what goes wrong."""

import csv
import io
import re
from pathlib import Path

from accessible import check
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect
from scenes import answer, broken, give, measurements, sample, sentence

_PASTE = """async name => {
  const bitmap = await createImageBitmap(await (await fetch(`/samples/${name}`)).blob())
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  canvas.getContext('2d').drawImage(bitmap, 0, 0)
  const png = await canvas.convertToBlob({ type: 'image/png' })
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })])
}"""

_FOCUSED = """() => {
  const it = document.activeElement
  return it.matches('a, button, input, summary') ? (it.ariaLabel ?? it.textContent) : ''
}"""


def _classified(page: Page) -> list[str]:
    """Addresses of questions to the model, as they come."""
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "/api/v1/classify" in r.url else None)
    return asked


def test_a_picture_is_explained(page: Page) -> None:
    asked = _classified(page)
    page.goto("/")
    give(page, sample("grand-spiral"))
    said = answer(page)
    assert said.endswith(".")
    expect(page.get_by_role("img", name="The picture grand-spiral.jpg")).to_be_visible()
    check(page)

    schemes = page.get_by_role("tablist", name="Scheme")
    for scheme in ("Galaxy10 DECaLS", "Galaxy10 SDSS"):
        schemes.get_by_role("tab", name=scheme).click()
        expect(page.get_by_role("tabpanel", name=scheme)).to_contain_text(re.compile(r"class \d"))
    assert len(asked) == 1, "another scheme is another view of the same answer"

    likely = page.get_by_role("button", name=re.compile("The likely answer")).first
    words, share = re.match(r"(.+): (.+?%), between", likely.get_attribute("aria-label")).groups()
    likely.click()
    expect(page.get_by_role("heading", name=words, level=3)).to_be_visible()
    evidence = page.get_by_role("slider", name=f"What “{words}” rests on")
    evidence.fill("60")
    expect(page.get_by_role("figure").locator("canvas").first).to_be_visible()
    check(page)

    page.get_by_role("button", name="As a table").click()
    row = page.get_by_role("row", name=re.compile(f"^{re.escape(words)} "))
    expect(row.get_by_role("cell").first).to_have_text(share)
    check(page)


def test_a_picture_from_the_clipboard(page: Page) -> None:
    page.goto("/classify")
    expect(page.get_by_role("button", name="Choose pictures")).to_be_visible()
    page.evaluate(_PASTE, "smooth-round.jpg")
    page.keyboard.press("Control+V")
    assert "smooth" in answer(page) or "elliptical" in sentence(page).inner_text()


def test_measurements_are_shown_as_one_likes(page: Page) -> None:
    asked = _classified(page)
    page.goto("/classify")
    give(page, measurements())
    answer(page)
    picture = page.get_by_role("img", name="The picture disc.fits")
    first = picture.get_attribute("src")
    check(page)
    white = page.get_by_role("slider", name="White at")
    white.focus()
    for _ in range(8):
        page.keyboard.press("PageDown")
    expect(picture).not_to_have_attribute("src", first or "")
    expect(page.get_by_role("button", name="Back to our own setting")).to_be_visible()
    assert len(asked) > 1
    assert "high=" in asked[-1]
    page.get_by_role("button", name="Back to our own setting").click()
    expect(picture).to_have_attribute("src", first or "")


def test_several_pictures_make_a_table(page: Page) -> None:
    page.goto("/")
    give(page, sample("edge-on-disc"), broken(), sample("smooth-oval"))
    expect(page.get_by_text("3 of 3 answered")).to_be_visible()
    rows = page.get_by_role("row")
    expect(rows).to_have_count(4)
    refused = rows.filter(has_text="broken.jpg")
    expect(refused).to_contain_text("Copy or download it again.")
    check(page)
    page.get_by_role("link", name="edge-on-disc.jpg").click()
    assert "edge-on" in answer(page)
    page.get_by_role("link", name="All the pictures").click()
    expect(page.get_by_role("heading", name="3 pictures")).to_be_visible()


def test_an_answer_is_passed_on_and_taken_back(page: Page, browser: Browser, site: str) -> None:
    page.goto("/classify")
    give(page, sample("merger"))
    said = answer(page)
    page.get_by_role("button", name="Share with an address").click()
    address = page.get_by_role("link", name=f"{site}/r/")
    expect(address).to_be_visible()
    url = address.get_attribute("href") or ""
    check(page)

    stranger = browser.new_context(base_url=site, viewport=page.viewport_size)
    other = stranger.new_page()
    other.goto(url)
    expect(sentence(other)).to_have_text(said)
    expect(other.get_by_role("img", name="The picture merger")).to_be_visible()
    expect(other.get_by_role("button", name="Stop sharing")).to_have_count(0)
    check(other)

    page.goto("/history")
    page.get_by_role("button", name="Delete merger").click()
    check(page)
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nothing is kept yet")).to_be_visible()
    other.reload()
    expect(sentence(other)).to_have_text("There is no such page")
    stranger.close()


def test_many_pictures_become_a_job(page: Page) -> None:
    page.goto("/classify")
    one = sample("barred-spiral")
    many = [FilePayload(one, name=f"galaxy-{n}.jpg") for n in range(13)]
    give(page, *many, broken())
    page.wait_for_url("**/jobs/*")
    expect(page.get_by_role("status").filter(has_text="Done")).to_be_visible()
    expect(page.get_by_text("14 of 14")).to_be_visible()
    check(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    table = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    assert len(table) == 14
    page.get_by_role("link", name="Not classified (1)").click()
    expect(page.get_by_role("listitem").filter(has_text="broken")).to_contain_text(
        "Copy or download it again."
    )
    expect(page.get_by_text("galaxy-3")).to_have_count(0)
    check(page)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/history")


def test_what_is_refused_says_why(page: Page, tmp_path: Path) -> None:
    page.goto("/classify")
    give(page, broken())
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("JPEG")
    check(page)

    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(33 * 2**20)
    give(page, huge)
    expect(problem).to_contain_text("huge.jpg")
    expect(problem).to_contain_text("cut-out")

    page.get_by_role("textbox", name="Or the address of a picture").fill("http://127.0.0.1/x.jpg")
    page.get_by_role("button", name="Fetch it").click()
    expect(problem.last).to_contain_text("127.0.0.1")


def test_without_a_network_nothing_is_lost(page: Page, context: BrowserContext) -> None:
    page.goto("/classify", wait_until="networkidle")
    context.set_offline(True)
    give(page, sample("smooth-round"))
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    expect(page.get_by_role("img", name="smooth-round.jpg")).to_be_visible()
    check(page)
    context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    answer(page)


def test_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("button", name="Choose pictures")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        _tab_to(page, "Choose pictures")
        page.keyboard.press("Enter")
    chooser.value.set_files([sample("grand-spiral")])
    answer(page)
    assert page.evaluate("document.getElementById('main').contains(document.activeElement)")

    walked = [_tab_to(page, "between")]
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
        walked.append(page.evaluate(_FOCUSED))
    assert all("between" in name for name in walked), "the arrows stay on the drawing"
    assert len(set(walked)) > 2
    told = page.get_by_role("heading", level=3).first.text_content() or ""
    assert walked[-1].startswith(told)
    _tab_to(page, "Yes, this is right")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you.")).to_be_visible()


def _tab_to(page: Page, name: str) -> str:
    """Go on with the tab key until something of that name has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused: str = page.evaluate(_FOCUSED)
        if name in focused:
            return focused
    raise AssertionError(f"the tab key never comes to {name!r}")
