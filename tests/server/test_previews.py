import io

import numpy as np
import pytest
from astropy.io import fits
from fakes import picture
from fastapi.testclient import TestClient
from PIL import Image

PREVIEW = "/api/v1/preview"


def fits_bytes(*, height: int = 40, width: int = 60) -> bytes:
    """One band: a bright spot on the left over noise."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:height, :width]
    spot = 500 * np.exp(-((x - 15) ** 2 + (y - height / 2) ** 2) / 20)
    out = io.BytesIO()
    fits.PrimaryHDU((spot + rng.normal(0, 1, (height, width))).astype(np.float32)).writeto(out)
    return out.getvalue()


def test_fits_becomes_png(client: TestClient) -> None:
    headers = {"Content-Type": "application/fits"}
    raw = client.post(PREVIEW, content=fits_bytes(), headers=headers)
    assert raw.status_code == 200
    assert raw.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(raw.content))
    assert image.size == (60, 40)
    left, right = np.array_split(np.asarray(image.convert("L"), float), 2, axis=1)
    assert left.max() > 2 * right.mean()
    form = client.post(PREVIEW, files={"file": ("m51.fits", fits_bytes())})
    assert form.content == raw.content


@pytest.mark.parametrize(("width", "height"), [(2400, 1200), (1500, 3000)])
def test_a_large_picture_comes_back_small(client: TestClient, width: int, height: int) -> None:
    data = picture("JPEG", width=width, height=height)
    shown = Image.open(io.BytesIO(client.post(PREVIEW, content=data).content))
    assert max(shown.size) == 1024
    assert shown.width / shown.height == pytest.approx(width / height, rel=0.01)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [(b"", 422, "empty-file"), (b"only words. " * 50, 415, "unknown-format")],
)
def test_what_is_no_picture(client: TestClient, data: bytes, status: int, code: str) -> None:
    response = client.post(PREVIEW, content=data)
    assert response.status_code == status
    assert response.json()["error"]["code"] == code
    assert response.json()["error"]["remedy"]
