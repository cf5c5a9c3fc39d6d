import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.server.uploads import display_id


@pytest.mark.parametrize(
    ("filename", "id"),
    [
        ("M51.jpg", "M51"),
        ("NGC 1300.fits.gz", "NGC 1300"),
        ("../../etc/passwd", "passwd"),
        (r"C:\pictures\galaxy.PNG", "galaxy"),
        ("", "upload"),
        ("...", "upload"),
        ("/", "upload"),
        ("\x00\x1b[31m.png", "[31m"),
        ("spirale à bras.webp", "spirale à bras"),
        ("x" * 300 + ".jpg", "x" * 80),
        ("SDSS J1234.5+0123.jpg", "SDSS J1234.5+0123"),
    ],
)
def test_names(filename: str, id: str) -> None:
    assert display_id(filename) == id


@given(st.text(max_size=300))
def test_no_name_is_a_path(filename: str) -> None:
    id = display_id(filename)
    assert 0 < len(id) <= 80
    assert id.isprintable()
    assert not set("/\\") & set(id)
    assert not id.startswith(".")
