"""What several journeys do: give a picture, wait for its answer, come as somebody; and pictures to give."""

import io
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from playwright.sync_api import APIRequestContext, FilePayload, Locator, Page, expect

from skyform.store import Store
from skyform.store.accounts import find_account, set_role

PASSWORD = "several quiet words"
_SAMPLES = Path(str(files("skyform"))) / "samples"


def sample(name: str) -> FilePayload:
    """One of the bundled pictures."""
    data = (_SAMPLES / f"{name}.jpg").read_bytes()
    return FilePayload(name=f"{name}.jpg", mimeType="image/jpeg", buffer=data)


def broken() -> FilePayload:
    """A picture whose second half got lost."""
    whole = sample("merger")
    half = whole["buffer"][: len(whole["buffer"]) // 2]
    return FilePayload(name="broken.jpg", mimeType="image/jpeg", buffer=half)


def measurements(side: int = 96) -> FilePayload:
    """A FITS file: an inclined exponential disc with two arms over noise, as a camera counts it."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    radius, angle = np.hypot(x, 1.4 * y), np.arctan2(1.4 * y, x)
    arms = 1 + 0.7 * np.cos(2 * angle - 9 * radius)
    light = 900 * arms * np.exp(-radius / 0.22)
    counts = np.random.default_rng(5).poisson(light + 100).astype(np.float32)
    out = io.BytesIO()
    fits.PrimaryHDU(counts).writeto(out)
    return FilePayload(name="disc.fits", mimeType="application/fits", buffer=out.getvalue())


def give(page: Page, *pictures: FilePayload | Path) -> None:
    """Choose these files with the page's button."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose pictures").click()
    chosen: Any = list(pictures)
    chooser.value.set_files(chosen)


def answer(page: Page) -> str:
    """The sentence, once it is there with everything below it."""
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    return sentence(page).inner_text()


def sentence(page: Page) -> Locator:
    """What the page says first."""
    return page.get_by_role("heading", level=1)


def csrf(asking: APIRequestContext) -> dict[str, str]:
    """The header that changes need."""
    return {"X-CSRF-Token": asking.get("/api/v1/session").json()["csrf"]}


def account(page: Page, email: str) -> None:
    """Make an account without the page, and stay signed in."""
    form = {"email": email, "password": PASSWORD}
    made = page.request.post("/api/v1/account", data=form, headers=csrf(page.request))
    assert made.status == 201, made.text()


def promote(page: Page, data: Path, *, email: str, role: str) -> None:
    """Give a role, as the command line does, and sign in anew."""
    store = Store(database=f"sqlite:///{data / 'skyform.db'}", objects=str(data / "objects"))
    with store.database.transaction() as session:
        row = find_account(session, email=email)
        assert row is not None
        set_role(session, row, role, now=datetime.now(UTC))
    store.close()
    page.request.delete("/api/v1/session", headers=csrf(page.request))
    form = {"email": email, "password": PASSWORD}
    back = page.request.post("/api/v1/session", data=form, headers=csrf(page.request))
    assert back.json()["user"]["role"] == role, back.text()
