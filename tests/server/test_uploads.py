from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from skyform.server.uploads import display_id, read_form


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


def test_files_of_a_large_form_lie_on_disk() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        form = await read_form(Request(scope, receive), most=2)
        spooled: list[Any] = [file for _, file in form.files]
        told = JSONResponse([file._rolled for file in spooled])
        await form.close()
        await told(scope, receive, send)

    files = [("files", ("a", b"x" * 100_000)), ("files", ("b", b"x" * 1000))]
    assert TestClient(app).post("/", files=files).json() == [True, False]
