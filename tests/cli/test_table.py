import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import failed, prediction

from skyform.cli.console import Paper, paper_of
from skyform.cli.progress import Progress
from skyform.cli.table import PredictionTable, seen_width
from skyform.evaluation.wording import duration_text
from skyform.schema import Flag
from skyform.schema.words import percent

SPIRAL = ["smooth-or-features.features", "edge-on.no", "bar.yes", "spiral.yes", "arm-number.2"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(*predictions: object, width: int = 100, colour: bool = False) -> str:
    stream = io.StringIO()
    report = PredictionTable(stream, paper=Paper(width, colour))
    for p in predictions:
        report.add(p)
    return stream.getvalue()


def test_narrow_entry_has_the_facts_under_the_sentence():
    lines = shown(prediction("ngc1300", favoured=SPIRAL), width=100).splitlines()
    assert lines[0].split() == ["PICTURE", "WHAT", "IT", "SHOWS"]
    assert lines[1].startswith("ngc1300 ")
    assert "spiral galaxy" in lines[1]
    assert re.search(r"galaxy 97 % · Disk, Face-on, .* \d\d %.* · Spiral >?\d\d %", lines[2])


def test_wide_entry_has_columns():
    text = shown(prediction("a", favoured=SPIRAL), prediction("b", favoured=SPIRAL), width=160)
    header, first, *_ = text.splitlines()
    assert header.index("KIND") == first.index("galaxy 97 %")
    assert header.index("GALAXY10") == first.index("Disk, ")
    assert header.index("HUBBLE") == first.index("Spiral ", first.index("Disk,") + 35)


def test_classes_are_not_claimed_for_what_is_no_galaxy():
    text = shown(prediction("m42", kind="nebula", flags=[Flag.NOT_A_GALAXY]))
    assert "nebula 97 %" in text
    assert "Disk" not in text
    assert "! probably not a galaxy" in text


def test_failure_says_what_and_what_to_do():
    text = shown(failed("x", message="The file ends early.", remedy="Copy it again."))
    assert "not classified: The file ends early. Copy it again." in text


@given(
    st.text(min_size=1, max_size=60),
    st.integers(40, 200),
    st.integers(0, 1000),
    st.sampled_from(["galaxy", "nebula", "lens"]),
)
def test_no_line_is_wider_than_the_paper(id: str, width: int, seed: int, kind: str):
    p = prediction(id, seed=seed, kind=kind, flags=[Flag.TINY, Flag.SATURATED])
    for line in shown(p, failed(id, message="word " * 30), width=width).splitlines():
        # Names of classes are never cut: on very narrow paper their line may stand out.
        assert seen_width(line) <= max(width, 48)


@given(st.text(min_size=1, max_size=80))
def test_colours_change_nothing_but_colours(id: str):
    predictions = [prediction(id, flags=[Flag.TINY]), failed(id)]
    painted = shown(*predictions, width=150, colour=True)
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[\d*m", "", painted) == shown(*predictions, width=150)


@pytest.mark.parametrize(
    ("probability", "text"),
    [(1.0, ">99 %"), (0.99, "99 %"), (0.972, "97 %"), (0.5, "50 %"), (0.01, "1 %"), (0.0, "<1 %")],
)
def test_percent(probability: float, text: str):
    assert percent(probability) == text


def test_seen_width_counts_columns():
    assert [seen_width(t) for t in ("abc", "星雲", "e\u0301")] == [3, 4, 1]


def test_paper(monkeypatch: pytest.MonkeyPatch):
    for name in ("NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert paper_of(Terminal()).colour
    assert paper_of(io.StringIO()) == Paper(100, colour=False)
    monkeypatch.setenv("COLUMNS", "72")
    assert paper_of(io.StringIO()).width == 72
    monkeypatch.setenv("NO_COLOR", "1")
    assert not paper_of(Terminal()).colour
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not paper_of(Terminal()).colour


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.42, "0.4 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (200.0, "3 min 20 s"), (7500.0, "2 h 5 min")],
)  # fmt: skip
def test_duration_text(seconds: float, text: str):
    assert duration_text(seconds) == text


def test_progress_shows_bar_rate_and_time_left(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "120")
    now, stream = [0.0], Terminal()
    with Progress(stream, count=lambda: 200, clock=lambda: now[0]) as progress:
        progress.update(1, failed=0)
        assert stream.getvalue() == ""
        while progress.total is None:
            pass
        now[0] = 10.0
        progress.update(50, failed=2)
    text = stream.getvalue()
    assert "25 %  50 of 200 · 5 images/s · 2 failed · 30 s left" in text
    assert text.endswith("\r\x1b[K")


def test_progress_without_a_total_counts_up():
    now, stream = [0.0], Terminal()
    with Progress(stream, count=lambda: None, clock=lambda: now[0]) as progress:
        now[0] = 2.0
        progress.update(1500, failed=0)
    assert "1,500 images · 750 images/s" in stream.getvalue()


@pytest.mark.parametrize(("stream", "enabled"), [(io.StringIO(), True), (Terminal(), False)])
def test_progress_is_silent_in_pipes_and_when_told(stream: io.StringIO, enabled: bool):
    now = [0.0]
    with Progress(stream, count=lambda: 9, enabled=enabled, clock=lambda: now[0]) as progress:
        now[0] = 5.0
        progress.update(3, failed=0)
    assert stream.getvalue() == ""
