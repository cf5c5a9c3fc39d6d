"""What `skyform classify` is asked to look at, one input at a time."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from skyform.errors import UnreadableFileError
from skyform.inference.sources import expand, read_list

__all__ = ["count_inputs", "iter_inputs"]

_STANDARD_INPUT = "-"


def iter_inputs(options: Namespace, *, most_bytes: int) -> Iterator[Path | bytes]:
    """All inputs, lazily: first those of the command line, then those of the list.

    Parameters
    ----------
    options : Namespace
        With `paths`, `from_list` and `no_recursive`.
    most_bytes : int
        The largest picture that is taken from standard input.

    Raises
    ------
    UnreadableFileError
        If the list cannot be read.
    """
    recursive = not options.no_recursive
    for path in options.paths:
        if path == _STANDARD_INPUT:
            # One byte too many is enough for the classifier to refuse it.
            yield sys.stdin.buffer.read(most_bytes + 1)
        else:
            yield from expand([path], recursive=recursive)
    if options.from_list is not None:
        listed = read_list(_lines(options.from_list))
        yield from expand(listed, recursive=recursive, patterns=False)


def count_inputs(options: Namespace) -> int | None:
    """How many inputs there are, found by going through the folders once more; None where that is not possible."""
    if _STANDARD_INPUT in (*options.paths, options.from_list):
        return None
    return sum(1 for _ in iter_inputs(options, most_bytes=0))


def _lines(path: str) -> Iterator[str]:
    if path == _STANDARD_INPUT:
        yield from sys.stdin
        return
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            yield from file
    except OSError as error:
        raise UnreadableFileError(
            f"Cannot read the list {path!r}: {error.strerror}.",
            remedy="Give --from-list a text file with one path on each line.",
        ) from error
