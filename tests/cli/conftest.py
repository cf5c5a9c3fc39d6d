"""Fixtures: pictures on disk, and a stand-in for the classifier."""

from pathlib import Path

import pytest
from stand_in import FakeClassifier, picture_file

import skyform.cli.session
import skyform.inference


@pytest.fixture
def classifier(monkeypatch: pytest.MonkeyPatch) -> FakeClassifier:
    fake = FakeClassifier()
    monkeypatch.setattr(skyform.inference, "Classifier", fake)
    monkeypatch.setattr(skyform.cli.session, "Classifier", fake)
    for name in ("COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return fake


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, which is also the current one, with three pictures and a broken one."""
    monkeypatch.chdir(tmp_path)
    for name in ("m51.jpg", "sub/tiny-1.png", "sub/veil-nebula.jpg"):
        picture_file(tmp_path / "night" / name)
    (tmp_path / "night" / "broken.jpg").write_bytes(b"")
    return tmp_path / "night"
