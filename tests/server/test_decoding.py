"""Decoders in other processes: what they give, and what becomes of those that hang or die."""

import io
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from astropy.io import fits
from fakes import picture

from skyform.errors import TruncatedImageError
from skyform.images import Limits, Preprocess, decode
from skyform.inference import Preparation
from skyform.server.decoding import Decoders, is_exotic
from skyform.server.problems import RequestError

PREPARATION = Preparation(Preprocess(), Limits())


@pytest.fixture(scope="module")
def decoders():
    made = Decoders(processes=1, seconds=20.0)
    yield made
    made.close()


def test_which_formats_go_there() -> None:
    out = io.BytesIO()
    fits.PrimaryHDU(np.zeros((9, 9))).writeto(out)
    for exotic in (out.getvalue(), picture("TIFF"), picture("GIF"), b"\x1f\x8b" + b"x" * 20):
        assert is_exotic(exotic)
    for plain in (picture("JPEG"), picture("PNG"), picture("WEBP"), picture("BMP"), b"", b"x"):
        assert not is_exotic(plain)


def test_the_same_comes_back(decoders: Decoders) -> None:
    data = picture("TIFF")
    there = decoders.run(partial(PREPARATION, data, id="a", keep=True))
    here = PREPARATION(data, id="a", keep=True)
    assert there.prepared is not None
    assert here.prepared is not None
    assert np.array_equal(there.prepared.pixels, here.prepared.pixels)
    assert (there.prepared.frame, there.prepared.flags, there.id) == (
        here.prepared.frame,
        here.prepared.flags,
        "a",
    )
    assert there.picture is not None


def test_errors_come_back_as_they_are(decoders: Decoders) -> None:
    with pytest.raises(TruncatedImageError, match="the given bytes"):
        decoders.run(partial(decode, picture("TIFF")[:200]))


def test_what_a_library_prints_does_no_harm(decoders: Decoders) -> None:
    assert decoders.run(partial(os.system, "echo noise")) == 0
    assert decoders.run(partial(abs, -3)) == 3


def test_one_that_dies_costs_one_picture(decoders: Decoders) -> None:
    with pytest.raises(RequestError, match=r"decoder failed") as caught:
        decoders.run(partial(os._exit, 7))
    assert (caught.value.status, caught.value.code) == (422, "decoder-failed")
    if sys.platform != "win32":
        with pytest.raises(RequestError, match="decoder failed"):
            decoders.run(partial(signal.raise_signal, signal.SIGSEGV))
    assert decoders.run(partial(abs, -4)) == 4


def test_one_that_hangs_is_ended() -> None:
    hasty = Decoders(processes=1, seconds=20.0)
    try:
        assert hasty.run(partial(abs, -1)) == 1
        hasty._seconds = 0.3
        begun = time.monotonic()
        with pytest.raises(RequestError, match=r"within 0\.3 seconds") as caught:
            hasty.run(partial(time.sleep, 30))
        assert time.monotonic() - begun < 5
        assert caught.value.code == "decoding-timeout"
        hasty._seconds = 20.0
        assert hasty.run(partial(abs, -5)) == 5
    finally:
        hasty.close()


def test_threads_take_turns(decoders: Decoders) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda n: decoders.run(partial(abs, -n)), range(20)))
    assert found == list(range(20))


def test_nothing_starts_after_the_end() -> None:
    ended = Decoders(processes=1, seconds=5.0)
    ended.close()
    with pytest.raises(RequestError):
        ended.run(partial(abs, -1))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_memory_is_limited(decoders: Decoders) -> None:
    with pytest.raises(MemoryError):
        decoders.run(partial(np.zeros, 2**40))
    assert decoders.run(partial(abs, -6)) == 6


def test_time_that_is_over_as_the_answer_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    class OverAtTheEnd(threading.Timer):
        """Fires when it is cancelled, which is too late."""

        def cancel(self) -> None:
            self.function()
            super().cancel()

    made = Decoders(processes=1, seconds=20.0)
    assert made.run(partial(abs, -1)) == 1
    with monkeypatch.context() as patched:
        patched.setattr(threading, "Timer", OverAtTheEnd)
        assert made.run(partial(abs, -2)) == 2
    assert made.run(partial(abs, -3)) == 3
    made.close()
