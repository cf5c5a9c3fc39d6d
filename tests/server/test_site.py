"""The front end that travels in the package is built from its sources, and those from the API as it is."""

import gzip
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClassifier, Serve
from fastapi.testclient import TestClient

from skyform.server import Settings, create_app
from skyform.server.pages import sources_stamp

WEB = Path(__file__).parents[2] / "web"
SITE = Path(str(files("skyform.server"))) / "site"


def described() -> dict[str, Any]:
    """The description of the API, as plain JSON types."""
    return json.loads(json.dumps(create_app(Settings(), classifier=FakeClassifier()).openapi()))


def test_the_built_site_is_made_from_its_sources() -> None:
    built = (SITE / "sources.sha256").read_text("utf-8").strip()
    assert built == sources_stamp(WEB), (
        "The built front end is stale: run `make web` and commit it."
    )


def test_the_stamp_changes_with_any_source(tmp_path: Path) -> None:
    for name in ("index.html", "package.json", "package-lock.json", "tsconfig.json"):
        (tmp_path / name).write_text(name, "utf-8")
    for name in ("vite.config.ts", "stamp.ts", "src/a.tsx", "src/a.test.tsx", "public/b.svg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, "utf-8")
    before = sources_stamp(tmp_path)
    (tmp_path / "src/a.test.tsx").write_text("tests are not built", "utf-8")
    assert sources_stamp(tmp_path) == before
    (tmp_path / "src/a.tsx").write_text("changed", "utf-8")
    assert sources_stamp(tmp_path) != before


def test_the_front_end_knows_the_api_as_it_is() -> None:
    known = json.loads((WEB / "openapi.json").read_text("utf-8"))
    assert known == described(), (
        "web/openapi.json is stale: `python tests/server/test_site.py`, then `npm run types` in web/"
    )


def test_the_first_view_needs_little_script() -> None:
    index = (SITE / "index.html").read_text("utf-8")
    scripts = re.findall(r'(?:src|href)="/(assets/[^"]+\.js|theme\.js)"', index)
    assert scripts
    total = sum(len(gzip.compress((SITE / s).read_bytes())) for s in scripts)
    assert total < 150_000


@pytest.mark.parametrize("path", ["/", "/learn/bar", "/gallery", "/r/abc", "/sign-in", "/review"])
def test_every_page_of_the_front_end_is_its_one_document(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert 'id="root"' in answer.text


def test_addresses_of_pages_are_those_of_the_front_end(serve: Serve) -> None:
    app = (WEB / "src/app.tsx").read_text("utf-8")
    client = serve()
    for path in re.findall(r'<Route path="(/[^"]*)"', app):
        assert client.get(re.sub(r":\w+", "x", path)).status_code == 200, path


def test_what_has_a_hash_in_its_name_is_kept_for_ever(client: TestClient) -> None:
    index = (SITE / "index.html").read_text("utf-8")
    (script,) = re.findall(r'src="/(assets/[^"]+\.js)"', index)
    answer = client.get(f"/{script}", headers={"Accept-Encoding": "gzip"})
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert client.get("/").headers["cache-control"] == "no-cache"


def test_a_page_that_is_none_is_an_error_in_the_one_shape(client: TestClient) -> None:
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not-found"


@pytest.mark.parametrize(
    "path", ["/assets/../index.html", "/assets/%2e%2e/pages.py", "/samples/..%2f..%2fapp.py"]
)
def test_nothing_outside_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (404, 405)


if __name__ == "__main__":
    (WEB / "openapi.json").write_text(json.dumps(described(), indent=1) + "\n", "utf-8")
