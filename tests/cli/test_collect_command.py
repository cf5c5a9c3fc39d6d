"""`skyform collect` on a site on this machine."""

import io
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made_up_server import Answer, MadeUpServer, made_up_server
from PIL import Image

from skyform.cli import collect
from skyform.cli.console import Exit

Capture = pytest.CaptureFixture[str]


def picture(seed: int, *, quality: int = 95) -> bytes:
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (20, 20, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    small.resize((200, 200), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@pytest.fixture
def server() -> Iterator[MadeUpServer]:
    with made_up_server() as site:
        site.pages["/"] = Answer(
            b"<img src=/1.jpg><img src=/2.jpg>", headers={"Content-Type": "text/html"}
        )
        site.pages["/1.jpg"] = Answer(picture(1))
        site.pages["/2.jpg"] = Answer(picture(1, quality=60))
        yield site


def command(*words: str) -> Exit:
    parser = ArgumentParser()
    collect.arguments(parser)
    options: Namespace = parser.parse_args(words)
    return collect.run(options, parser)


def test_a_page(server: MadeUpServer, tmp_path: Path, capsys: Capture):
    into = tmp_path / "nebula"
    local = ("--into", str(into), "--label", "N", "--allow-local", "--delay", "0.2")
    assert command(f"{server.url}/", *local) == Exit.OK
    assert sorted(p.name for p in into.iterdir()) == ["N-0001.jpg", "provenance.csv"]
    said = capsys.readouterr().err
    assert f"{server.url}/: 2 pictures, 1 new" in said
    assert f"1 new pictures in {into}." in said
    assert "1 there already, such as" in said
    assert "the same picture as N-0001.jpg" in said


def test_some_pages_fail(server: MadeUpServer, tmp_path: Path, capsys: Capture):
    local = ("--into", str(tmp_path), "--label", "N", "--allow-local", "--delay", "0.2")
    assert command(f"{server.url}/no", f"{server.url}/", *local, "--quiet") == Exit.SOME_FAILED
    assert command(f"{server.url}/no", *local) == Exit.FAILED
    assert "the server answered 404" in capsys.readouterr().err


def test_this_machine_is_closed_by_itself(server: MadeUpServer, tmp_path: Path, capsys: Capture):
    assert command(server.url, "--into", str(tmp_path), "--label", "N") == Exit.FAILED
    assert "private network (see --allow-local)" in capsys.readouterr().err
    assert server.requests == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--delay", "0.01"), "at least 0.2"),
        (("--delay", "soon"), "at least 0.2"),
        (("--contact", "a\nb"), "plain ASCII"),
        (("--limit", "0"), "whole number"),
    ],
)
def test_options_that_are_refused(
    tmp_path: Path, capsys: Capture, words: tuple[str, ...], says: str
):
    with pytest.raises(SystemExit):
        command("https://example.org", "--into", str(tmp_path), "--label", "N", *words)
    assert says in capsys.readouterr().err
