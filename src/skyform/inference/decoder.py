"""The program of a decoding process: reads work from its input, does it, writes the outcome; ends when the input does."""

import os
import pickle
import sys
from contextlib import suppress
from typing import IO, Any

__all__ = ["main"]

_MEMORY = 6 * 2**30  # bytes of address space: what a picture at the limits needs several times over


def main() -> None:
    """Serve until the input ends."""
    _limit_memory()
    work_in = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # What a library prints must not end up among the answers.
    os.dup2(2, 1)
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            _answer(pickle.load(work_in), answers)


def _answer(work: Any, answers: IO[bytes]) -> None:
    try:
        outcome = (True, work())
    except Exception as error:
        outcome = (False, error)
    pickle.dump(outcome, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    main()
