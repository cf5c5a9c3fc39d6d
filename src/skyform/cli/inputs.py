"""What `skyform classify` is asked to look at, one input at a time."""

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from skyform.errors import UnreadableFileError
from skyform.inference.sources import expand, read_list

__all__ = ["count_inputs", "iter_inputs", "read_standard_input"]

_STANDARD_INPUT = "-"


def iter_inputs(options: Namespace, *, most_bytes: int) -> Iterator[Path | bytes]:
    """All inputs, lazily: first those of the command line, then those of the list.

    Parameters
    ----------
    options : Namespace
        With `paths`, `from_list`, `no_recursive` and `to`; what is in `to` is no input unless it is named itself.
    most_bytes : int
        The largest picture that is taken from standard input.

    Raises
    ------
    UnreadableFileError
        If the list cannot be read.
    """
    recursive = not options.no_recursive
    # Results in FITS look like a picture to the next run over the same folder.
    target = None if options.to is None else Path(options.to)
    for path in options.paths:
        if path == _STANDARD_INPUT:
            yield read_standard_input(most_bytes=most_bytes)
        else:
            yield from expand([path], recursive=recursive, skip=target)
    if options.from_list is not None:
        listed = read_list(_lines(options.from_list))
        yield from expand(listed, recursive=recursive, patterns=False, skip=target)


def count_inputs(options: Namespace) -> int | None:
    """How many inputs there are, found by going through the folders once more; None where that is not possible."""
    if _STANDARD_INPUT in options.paths:
        return None
    if options.from_list is not None and not _can_be_read_twice(options.from_list):
        return None
    return sum(1 for _ in iter_inputs(options, most_bytes=0))


def read_standard_input(*, most_bytes: int) -> bytes:
    """The picture on standard input, or as much of it as is needed to refuse it: one byte more than `most_bytes`."""
    return sys.stdin.buffer.read(most_bytes + 1)


def _can_be_read_twice(path: str) -> bool:
    """Whether reading the list once more takes nothing from the first reader.

    A pipe is emptied by whoever reads first, and so are files under /dev where opening them shares the position.
    """
    shared = os.path.abspath(path).startswith("/dev/")
    return path != _STANDARD_INPUT and not shared and os.path.isfile(path)


def _lines(path: str) -> Iterator[str]:
    if path == _STANDARD_INPUT:
        for line in sys.stdin.buffer:
            # As in the file below: a name may hold any bytes.
            yield line.decode("utf-8", "surrogateescape")
        return
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            yield from file
    except OSError as error:
        raise UnreadableFileError(
            f"Cannot read the list {path!r}: {error.strerror}.",
            remedy="Give --from-list a text file with one path on each line.",
        ) from error
