import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.errors import SkyformError
from skyform.server import Settings


def test_every_setting_has_help_that_ends_a_sentence() -> None:
    for f in dataclasses.fields(Settings):
        assert f.metadata["help"].endswith("."), f.name


def test_defaults_are_those_documented() -> None:
    s = Settings()
    assert (s.host, s.port, s.model) == ("127.0.0.1", 8000, None)
    assert s.max_upload_bytes == 32 * 2**20
    assert s.max_pixels == 100_000_000


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


@given(port=st.integers(0, 65535), workers=st.integers(1, 64), timeout=st.floats(0.001, 1e6))
def test_environment_round_trip(port: int, workers: int, timeout: float) -> None:
    environ = {
        "SKYFORM_PORT": str(port),
        "SKYFORM_WORKERS": f" {workers} ",
        "SKYFORM_TIMEOUT": repr(timeout),
        "SKYFORM_MODEL": "my.onnx",
        "SKYFORM_THREADS": "",
        "PORT": "9",
    }
    assert Settings.from_env(environ) == Settings(
        port=port, workers=workers, timeout=timeout, model="my.onnx"
    )


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYFORM_THREADS", "3")
    assert Settings.from_env().threads == 3


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("SKYFORM_PORT", "eighty", r"SKYFORM_PORT is 'eighty'.*whole number"),
        ("SKYFORM_THREADS", "1.5", r"SKYFORM_THREADS is '1.5'.*whole number"),
        ("SKYFORM_TIMEOUT", "soon", r"SKYFORM_TIMEOUT is 'soon'.*a number"),
        ("SKYFORM_TIMEOUT", "nan", r"timeout is nan.*at least"),
        ("SKYFORM_PORT", "70000", r"port is 70000.*at most 65535"),
        ("SKYFORM_WORKERS", "0", r"workers is 0.*at least 1"),
        ("SKYFORM_MAX_UPLOAD_BYTES", "-5", r"max_upload_bytes is -5.*at least 1"),
    ],
)
def test_wrong_values_name_the_setting_and_the_remedy(name: str, value: str, match: str) -> None:
    with pytest.raises(SkyformError, match=match):
        Settings.from_env({name: value})
