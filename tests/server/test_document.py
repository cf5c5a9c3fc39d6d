from pathlib import Path

from fakes import FakeClassifier

from skyform.server import Settings, create_app
from skyform.server.document import api_page

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def test_the_page_is_what_the_application_says() -> None:
    made = api_page(create_app(Settings(), classifier=FakeClassifier()))
    assert PAGE.read_text("utf-8") == made, (
        "docs/api.md is stale; write it anew with `python tests/server/test_document.py`"
    )


def test_it_names_every_route_setting_and_code() -> None:
    app = create_app(Settings(), classifier=FakeClassifier())
    made = api_page(app)
    for path in app.openapi()["paths"]:
        assert path in made
    assert "`SKYFORM_MAX_UPLOAD_BYTES` | `33554432`" in made
    assert "| `truncated-image` | 422 |" in made
    assert "| `evidence` | `false` |" in made


if __name__ == "__main__":
    PAGE.write_text(api_page(create_app(Settings(), classifier=FakeClassifier())), "utf-8")
