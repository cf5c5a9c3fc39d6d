"""An application with a fake classifier, and a client for it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClassifier, Serve, picture
from fastapi.testclient import TestClient

from skyform.server import Settings, create_app


@pytest.fixture
def sample_folder(tmp_path: Path) -> Path:
    """Two listed pictures, one that is not there, and one that is not listed."""
    folder = tmp_path / "samples"
    folder.mkdir()
    for name in ("spiral.jpg", "edge.jpg", "unlisted.jpg"):
        (folder / name).write_bytes(picture("JPEG"))
    (tmp_path / "outside.jpg").write_bytes(picture("JPEG"))
    listed = [
        {"file": f, "title": f.title(), "credit": "SDSS", "licence": "CC BY 4.0"}
        for f in ("spiral.jpg", "edge.jpg", "missing.jpg", "../outside.jpg")
    ]
    (folder / "credits.json").write_text(json.dumps(listed), "utf-8")
    return folder


@pytest.fixture
def serve(sample_folder: Path, tmp_path: Path) -> Iterator[Serve]:
    """Makes clients: `serve(classifier, max_upload_bytes=…)`."""
    with ExitStack() as stack:

        def make(classifier: FakeClassifier | None = None, **settings: Any) -> TestClient:
            app = create_app(
                Settings(
                    **{"samples": str(sample_folder), "data": str(tmp_path / "data"), **settings}
                ),
                classifier=classifier or FakeClassifier(),
            )
            return stack.enter_context(TestClient(app))

        yield make


@pytest.fixture
def client(serve: Serve) -> TestClient:
    """A client with the default settings."""
    return serve()
