"""Silence: in several threads at once, and everything as it was afterwards."""

import threading
import warnings

import pytest

from skyform.images.quiet import quiet


def test_threads_are_inside_together_and_filters_come_back() -> None:
    before, filters = warnings.filters, list(warnings.filters)
    meet = threading.Barrier(2, timeout=5)
    first_left = threading.Event()
    failed: list[BaseException] = []

    def first() -> None:
        try:
            with quiet():
                meet.wait()
                warnings.warn("not to be heard", UserWarning, stacklevel=1)
            first_left.set()
        except BaseException as error:
            failed.append(error)

    def second() -> None:
        try:
            with quiet():
                meet.wait()
                assert first_left.wait(5)
                # Still silent, though the one that came with it has gone.
                warnings.warn("not to be heard either", UserWarning, stacklevel=1)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=target) for target in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert failed == []
    assert warnings.filters is before
    assert list(warnings.filters) == filters


def test_filters_come_back_after_an_error_and_from_within() -> None:
    filters = list(warnings.filters)
    with pytest.raises(KeyError), quiet(), quiet():
        raise KeyError
    assert list(warnings.filters) == filters
    with pytest.warns(UserWarning, match="heard again"):
        warnings.warn("heard again", UserWarning, stacklevel=1)
