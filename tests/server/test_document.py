from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import FakeClassifier

from skyform.server import Settings, create_app
from skyform.server.document import api_page, settings_page

DOCS = Path(__file__).parents[2] / "docs"


def api() -> str:
    return api_page(create_app(Settings(), classifier=FakeClassifier()))


PAGES = {"api.md": api, "settings.md": settings_page}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_application_says(name: str) -> None:
    made: Callable[[], str] = PAGES[name]
    assert (DOCS / name).read_text("utf-8") == made(), (
        f"docs/{name} is stale; write it anew with `python tests/server/test_document.py`"
    )


def test_it_names_every_route_type_and_code() -> None:
    app = create_app(Settings(), classifier=FakeClassifier())
    made = api_page(app)
    described = app.openapi()
    for path, methods in described["paths"].items():
        for method in methods:
            assert f"#### `{method.upper()} {path}`" in made
    for name in described["components"]["schemas"]:
        assert f"### {name}\n" in made
        assert made.count(f"### {name}\n") == 1
    assert "| `truncated-image` | 422 |" in made
    assert "| `evidence` | query | `false` |" in made
    assert "Answers: 204, empty; errors 400, 403, 404, 422, 429" in made
    assert "Body: [Credentials](#credentials)." in made


def test_every_setting_is_in_its_table() -> None:
    assert "`SKYFORM_MAX_UPLOAD_BYTES` | `33554432`" in settings_page()
    assert settings_page().count("| `SKYFORM_") == len(Settings.__dataclass_fields__)


if __name__ == "__main__":
    for page, text in PAGES.items():
        (DOCS / page).write_text(text(), "utf-8")
