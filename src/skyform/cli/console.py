"""What all commands share: exit codes, messages to people, and what a terminal can show."""

import argparse
import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, runtime_checkable

__all__ = [
    "MODEL",
    "MODELS",
    "Exit",
    "Paper",
    "Stream",
    "as_typed",
    "at_least_one",
    "paper_of",
    "say",
    "silence_output",
]


# What every `--model` takes: the placeholder, and the words for the choice.
MODEL = "NAME|FILE.onnx"
MODELS = "base (the most accurate), small (several times as fast), or a file that `skyform train` or `skyform fit` made"


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    SOME_FAILED = 1
    USAGE = 2
    FAILED = 3
    INTERRUPTED = 130
    PIPE_CLOSED = 141

    @property
    def text(self) -> str:
        """What the code means."""
        return _EXIT_TEXTS[self]


_EXIT_TEXTS = {
    Exit.OK: "everything was done",
    Exit.SOME_FAILED: "done, but some pictures could not be classified",
    Exit.USAGE: "the command was not understood",
    Exit.FAILED: "nothing could be classified, or the command failed",
    Exit.INTERRUPTED: "interrupted (Ctrl-C or SIGTERM)",
    Exit.PIPE_CLOSED: "the reader of the output went away, as with `| head`",
}


@runtime_checkable
class Stream(Protocol):
    """What text is written to: standard output, standard error, or what a test puts in their place."""

    def write(self, s: str, /) -> int:
        """Append text."""
        ...

    def flush(self) -> None:
        """Let it be seen."""
        ...

    def isatty(self) -> bool:
        """Whether a person watches it."""
        ...


@dataclass(frozen=True, slots=True)
class Paper:
    """What is written on: its width in characters, and whether it takes colours."""

    width: int
    colour: bool

    def paint(self, text: str, style: str) -> str:
        """The text in a style ("bold", "dim", "green", "yellow", "red"), or as it is where there are no colours."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour and text else text


_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_LEAST_WIDTH, _MOST_WIDTH = 40, 170
_PIPE_WIDTH = 100


def paper_of(stream: Stream) -> Paper:
    """What a stream can show: colours on terminals only, and never under NO_COLOR (https://no-color.org)."""
    width = shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns
    terminal = stream.isatty()
    if not terminal and "COLUMNS" not in os.environ:
        width = _PIPE_WIDTH
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Paper(min(max(width, _LEAST_WIDTH), _MOST_WIDTH), terminal and not plain)


def say(message: str) -> None:
    """One line for the person at the terminal, on standard error."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def as_typed() -> str:
    """The command line, paths as they were given: in the same folder it runs again."""
    return shlex.join(["skyform", *sys.argv[1:]])


def at_least_one(text: str) -> int:
    """An option's value that must be a whole number of 1 or more."""
    try:
        number = int(text.replace("_", ""))
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number


def silence_output() -> None:
    """Send standard output nowhere once its reader has gone; Python would complain of it when it ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except OSError:
        return
