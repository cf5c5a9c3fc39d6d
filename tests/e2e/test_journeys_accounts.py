"""From the first visit with an account to deleting everything; and what curators do."""

import io
import json
import re
import time
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
from accessible import check
from made_up_mailbox import Mailbox
from playwright.sync_api import Browser, Page, expect
from scenes import PASSWORD, account, answer, csrf, give, promote, sample, sentence


def _email(page: Page, name: str) -> str:
    """One account for each width."""
    return f"{name}-{(page.viewport_size or {})['width']}@example.org"


def test_from_signing_up_to_deleting_everything(page: Page) -> None:
    email = _email(page, "mira")
    page.goto("/sign-in?new=yes")
    page.get_by_role("textbox", name="E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text(re.compile("It has 5 of at least"))).to_be_visible()
    check(page)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url("**/account")

    page.goto("/classify")
    give(page, sample("smooth-oval"))
    said = answer(page)
    page.get_by_role("button", name="Yes, this is right").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    page.goto("/history")
    kept = page.get_by_role("link", name=re.compile(re.escape(said)))
    expect(kept).to_be_visible()
    check(page)
    page.get_by_role("button", name="Rename smooth-oval").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("My oval")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(kept).to_contain_text("My oval")
    kept.click()
    expect(sentence(page)).to_have_text(said)
    address = page.url

    page.goto("/account")
    check(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download everything").click()
    archive = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    told = "".join(archive.read(n).decode() for n in archive.namelist() if n.endswith(".json"))
    assert email in told
    assert "My oval" in told
    assert any(n.endswith((".jpg", ".jpeg")) for n in archive.namelist())

    page.get_by_role("button", name="Delete my account").click()
    sure = page.get_by_role("dialog").get_by_role("button", name="Delete everything")
    expect(sure).to_be_disabled()
    check(page)
    page.get_by_role("textbox", name=f"Type {email}").fill(email)
    sure.click()
    expect(page.get_by_text("Your account and everything in it are deleted.")).to_be_visible()
    page.goto(address)
    expect(sentence(page)).to_have_text("There is no such page")
    form = {"email": email, "password": PASSWORD}
    again = page.request.post("/api/v1/session", data=form, headers=csrf(page.request))
    assert again.status == 401


def test_a_forgotten_password_is_set_anew(page: Page, box: Mailbox, data: Path) -> None:
    email = _email(page, "forgetful")
    account(page, email)
    page.request.delete("/api/v1/session", headers=csrf(page.request))
    page.goto("/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_role("textbox", name="E-mail").fill(email)
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"If an account has the address {email}")).to_be_visible()
    check(page)

    page.goto(_link(box, email))
    expect(sentence(page)).to_have_text("A new password")
    expect(page).to_have_url(re.compile("/new-password$"))
    fresh = page.get_by_label("New password")
    fresh.fill("short")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("It has 5 of at least"))).to_be_visible()
    check(page)
    fresh.fill("other quiet words")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in?changed=yes")
    expect(page.get_by_text("The password is set.")).to_be_visible()
    check(page)
    page.get_by_role("textbox", name="E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill("other quiet words")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account")

    page.goto(_link(box, email))
    page.get_by_label("New password").fill("third quiet words")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("This link has been used already")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Ask for a new link").click()
    expect(sentence(page)).to_have_text("Forgotten password")
    assert "#" not in (data / "server.log").read_text("utf-8")


def _link(box: Mailbox, email: str) -> str:
    """What the mail to an address leads to, once it is there."""
    end = time.monotonic() + 10
    while True:
        texts = [m.get_content() for m in box.messages if m["To"] == email]
        if texts:
            return next(x for x in texts[-1].splitlines() if "#" in x)
        assert time.monotonic() < end, f"no mail to {email}"
        time.sleep(0.05)


def test_a_curator_corrects_what_a_visitor_doubted(
    page: Page, browser: Browser, site: str, data: Path
) -> None:
    visitor = browser.new_context(base_url=site, viewport=page.viewport_size)
    doubting = visitor.new_page()
    doubting.goto("/classify")
    give(doubting, sample("disturbed"))
    said = answer(doubting)
    doubting.get_by_role("button", name="It is something else").click()
    doubting.get_by_role("group", name="What it is").get_by_role("button", name="A nebula").click()
    expect(doubting.get_by_text("Thank you.")).to_be_visible()
    visitor.close()

    email = _email(page, "curator")
    account(page, email)
    promote(page, data, email=email, role="curator")
    page.goto("/review")
    expect(page.get_by_role("heading", name=said)).to_be_visible()
    check(page)
    page.keyboard.press("c")
    page.get_by_role("button", name="A galaxy").click()
    page.get_by_role("button", name=re.compile("Features or disc")).click()
    check(page)
    page.get_by_role("button", name="Save what is answered so far").click()
    page.get_by_role("link", name="Decided").click()
    expect(page.get_by_role("heading", name=said)).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="Parquet, with the pictures").click()
    table = pq.read_table(download.value.path())
    assert table.num_rows >= 1
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert len(Path(download.value.path()).read_text("utf-8").splitlines()) >= 2
    assert json.loads(page.request.get("/api/v1/session").text())["user"]["role"] == "curator"
