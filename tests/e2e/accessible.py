"""What every page must hold: nothing for axe to find, no sideways scrolling, one main heading."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

_WIDE = 1000  # px
# Colours change within a frame; those of the next one are the theme's own.
_SHOW = """async theme => {
  document.documentElement.dataset.theme = theme
  for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame)
}"""
_EVERYTHING = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# All that another theme changes.
_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}


def check(page: Page) -> None:
    """Assert it for the page as it stands; in the wide window also in the other theme."""
    expect(page.locator("h1")).to_have_count(1)
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0, f"{page.url} is {wide} px wider than the window"
    shown = page.evaluate("document.documentElement.dataset.theme")
    themes = {"dark": _EVERYTHING, "light": _COLOURS}
    if (page.viewport_size or {})["width"] < _WIDE:
        # The colours are the same in every width, and looking at them takes longest.
        del themes["light"]
    for theme, rules in themes.items():
        page.evaluate(_SHOW, theme)
        found = Axe().run(page, options={"runOnly": rules})
        said = [
            f"{v['id']}: {v['help']}: {n['html'][:200]}"
            for v in found.response["violations"]
            for n in v["nodes"]
        ]
        assert not said, f"{page.url} ({theme}): " + "\n".join(said)
    page.evaluate(_SHOW, shown)
