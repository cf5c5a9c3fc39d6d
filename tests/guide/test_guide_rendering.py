"""Markdown of the guide becomes HTML that cannot do harm."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.errors import DataError
from skyform.guide import Guide, links, render

_TAGS = "p em strong a code pre ul ol li blockquote h1 h2 h3 h4 h5 h6 hr br"
ALLOWED = set(_TAGS.split())


class Seen(HTMLParser):
    """All tags and attributes of a text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_a_page_of_the_guide():
    assert render("See [bars](bar.md).") == '<p>See <a href="/learn/bar">bars</a>.</p>'


def test_a_reference():
    html = render("See [a paper](https://arxiv.org/abs/1007.3265).")
    assert '<a href="https://arxiv.org/abs/1007.3265" rel="noopener noreferrer">' in html


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html;base64,AAAA",
        "vbscript:x",
        "http://example.org",
        "//example.org",
        "/learn/bar",
        "../bar.md",
        "Bar.md",
        "bar.md#top",
    ],
)
def test_other_links_are_refused(target: str):
    with pytest.raises(
        DataError, match="leads neither to a page nor to an https address"
    ) as caught:
        render(f"A line.\n\nSee [this]({target}).", first=7)
    assert "line 9:" in caught.value.message


def test_a_link_by_reference_is_refused_too():
    with pytest.raises(DataError, match="leads neither"):
        render("See [this][x].\n\n[x]: javascript:alert(1)")


def test_a_bare_address_is_a_link_too():
    with pytest.raises(DataError, match="leads neither"):
        render("Write to <mailto:a@example.org>.")


def test_pictures_are_refused():
    with pytest.raises(DataError, match="line 1: there is a picture"):
        render("![a galaxy](https://example.org/a.jpg)")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<div onclick='x'>\n\nparagraph\n\n</div>",
        "<!-- hidden -->",
    ],
)
def test_raw_html_is_shown_as_text(text: str):
    html = render(text)
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;" in html
    assert set(Seen(html).tags) <= ALLOWED


@given(
    st.text(alphabet=st.sampled_from(list("ab <>/\"'()[]!:#*_`\n=&;javscriptone.md")), max_size=80)
)
def test_nothing_else_comes_out(text: str):
    try:
        seen = Seen(render(text))
    except DataError:
        return
    assert set(seen.tags) <= ALLOWED
    for name, value in seen.attributes:
        assert name in ("href", "rel", "title", "class", "start")
        assert name != "href" or (value or "").startswith(("/learn/", "https://"))


def test_links_know_their_lines():
    found = links("One [a](bar.md).\n\nTwo\n[b](ring.md).", first=10)
    assert [(f.target, f.line) for f in found] == [("bar.md", 10), ("ring.md", 12)]


def test_all_pages_are_plain(guide: Guide):
    for page in guide.pages:
        for section in page.sections:
            seen = Seen(section.html)
            assert set(seen.tags) <= {"p", "em", "a"}
            assert all(
                name == "rel" or (value or "").startswith(("/learn/", "https://"))
                for name, value in seen.attributes
            )
