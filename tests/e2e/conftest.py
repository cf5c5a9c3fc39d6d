"""A real server as a process of its own, a real browser, and axe. Where there is no Chromium, these tests are skipped and say so."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up_mailbox import Mailbox, made_up_mailbox
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZES = {"phone": (360, 780), "desk": (1440, 900)}
_WAIT = 60  # s, for the server to start


def chromium() -> str | None:
    """The browser's path: `SKYFORM_CHROMIUM`, or the first of its usual names on the path."""
    named = os.environ.get("SKYFORM_CHROMIUM")
    return named or next((p for n in _NAMES if (p := shutil.which(n))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    if chromium() is None:
        missing = pytest.mark.skip(reason="no Chromium found; set SKYFORM_CHROMIUM to one")
        for item in items:
            if here in item.path.parents:
                item.add_marker(missing)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's data folder."""
    return tmp_path_factory.mktemp("e2e")


@pytest.fixture(scope="session")
def box() -> Iterator[Mailbox]:
    """The mail server that the site uses."""
    with made_up_mailbox() as running:
        yield running


@pytest.fixture(scope="session")
def site(data: Path, box: Mailbox) -> Iterator[str]:
    """The address of a running `skyform serve`, with the bundled small model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"SKYFORM_DATA": str(data), "SKYFORM_MODEL": "small"}
    # Many visitors from one address: the limits on their number are tested elsewhere.
    groups = ("CLASSIFY", "FETCH", "SIGN_IN", "SIGN_UP", "RESET", "KEEP", "OTHER")
    environment |= {f"SKYFORM_RATE_{group}": "0" for group in groups}
    # Cheap passwords, for tests only.
    environment |= {"SKYFORM_PASSWORD_MEMORY": "64", "SKYFORM_PASSWORD_ROUNDS": "1"}
    environment |= {
        "SKYFORM_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SKYFORM_MAIL_SERVER": box.server,
        "SKYFORM_MAIL_PORT": str(box.port),
        "SKYFORM_MAIL_SECURITY": "none",
        "SKYFORM_MAIL_SENDER": "skyform@skyform.example",
    }
    log = (data / "server.log").open("wb")
    start = "import sys; from skyform.cli import main; sys.exit(main())"
    words = [sys.executable, "-c", start, "serve", "--port", str(port)]
    process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process, log=data / "server.log")
        yield address
        process.terminate()
        # It closes in order, and then says what ended it.
        ended = process.wait(30)
        assert ended in (0, -signal.SIGTERM), (data / "server.log").read_text("utf-8")[-2000:]
    finally:
        process.kill()
        log.close()


def _wait(address: str, process: "subprocess.Popen[bytes]", *, log: Path) -> None:
    end = time.monotonic() + _WAIT
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text("utf-8")[-2000:]
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The server did not answer within {_WAIT} s.")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"],
        )
        yield started
        started.close()


@pytest.fixture(params=list(SIZES))
def context(
    browser: Browser, request: pytest.FixtureRequest, site: str
) -> Iterator[BrowserContext]:
    """A fresh visitor at both widths. A page's own error, or a refused or failed request, fails the test."""
    width, height = SIZES[request.param]
    opened = browser.new_context(
        base_url=site,
        viewport={"width": width, "height": height},
        has_touch=request.param == "phone",
        reduced_motion="reduce",
        locale="en-GB",
        permissions=["clipboard-read", "clipboard-write"],
    )
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, site: str) -> Iterator[Page]:
    """A page whose faults are faults of the test, and which asks nobody but the site."""
    opened = context.new_page()
    faults: list[str] = []
    ours = (f"{site}/", "blob:", "data:")
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda m: faults.append(m.text) if _is_fault(m) else None)
    opened.on("request", lambda r: None if r.url.startswith(ours) else faults.append(r.url))
    opened.on(
        "response", lambda r: faults.append(f"{r.status} {r.url}") if r.status > 499 else None
    )
    yield opened
    assert not faults, faults


def _is_fault(message: Any) -> bool:
    # Chromium reports every 4xx as an error of its own; those are answers that the pages deal with.
    return message.type == "error" and "Failed to load resource" not in message.text
