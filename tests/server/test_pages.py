import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import skyform.server

PAGE = Path(skyform.server.__file__).parent / "page"
FILES = sorted(p.name for p in PAGE.iterdir())


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open_scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.attributes += [(tag, name) for name in given]
        self.links += [v for k in ("src", "href") if (v := given.get(k)) and v[0] != "#"]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.open_scripts += 1


def _parsed() -> _Links:
    links = _Links()
    links.feed((PAGE / "index.html").read_text("utf-8"))
    return links


def test_the_page_is_there(client: TestClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert '<html lang="en-GB">' in response.text
    assert client.head("/").status_code == 200
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"


def test_everything_that_the_page_links_to_is_served(client: TestClient) -> None:
    links = _parsed().links
    assert links
    for link in links:
        assert client.get("/" + link).status_code == 200, link


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_served_with_its_type(client: TestClient, name: str) -> None:
    response = client.get(f"/page/{name}")
    assert response.status_code == 200
    types = {".js": "javascript", ".css": "text/css", ".svg": "image/svg", ".html": "text/html"}
    assert types[Path(name).suffix] in response.headers["content-type"]


def test_modules_import_only_what_is_there() -> None:
    for script in PAGE.glob("*.js"):
        for name in re.findall(r'from "\./([^"]+)"', script.read_text("utf-8")):
            assert name in FILES, f"{script.name} imports {name}"


@pytest.mark.parametrize("name", FILES)
def test_nothing_comes_from_elsewhere(name: str) -> None:
    text = (PAGE / name).read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|url\(\s*[\"']?//|@import", text)


def test_nothing_is_inline_that_the_policy_forbids() -> None:
    page = _parsed()
    assert page.open_scripts == 0
    assert not [a for a in page.attributes if a[1] == "style" or a[1].startswith("on")]
    for script in PAGE.glob("*.js"):
        text = script.read_text("utf-8")
        assert "innerHTML" not in text
        assert not re.search(r'setAttribute\(\s*"style"', text)
