"""The command line: finds the command, runs it, and turns errors into one clear line and an exit code."""

import argparse
import difflib
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from skyform.cli.console import Exit, say, silence_output
from skyform.errors import SkyformError

__all__ = ["COMMANDS", "main", "parser_of", "top_parser"]

# Name and summary of each command; its module, `skyform.cli.<name>`, is imported only when it is asked for.
COMMANDS: dict[str, str] = {
    "anomalies": "rank pictures by how unusual they are, and learn from your scores",
    "batch": "classify a folder, a catalogue, a survey: in parts, resumable, at full speed",
    "classify": "say what pictures show, as a table to read or a file to work with",
    "collect": "gather the pictures of web pages into a class folder",
    "compare": "rank training runs that were judged on the same pictures",
    "datasets": "list, fetch, look at, check and convert data sets",
    "demo": "classify the sample pictures that come with Skyform",
    "explain": "draw where in a picture the answer comes from",
    "explore": "write the report on a data set as one HTML page",
    "export": "write the model of a finished run to a file of its own",
    "fit": "train on your own labels in seconds, without PyTorch",
    "index": "build an index of embeddings, to search in",
    "join": "make one model of several runs, whose answers are averaged",
    "models": "show a model's card, or measure it and write the card anew",
    "report": "write the report on a training run as one HTML page",
    "results": "write the results page from run folders",
    "select": "choose which pictures to label next",
    "serve": "open the site and the HTTP interface",
    "similar": "find the pictures of an index that look like one",
    "store": "back up, restore, migrate and tidy what the site keeps",
    "synthesise": "make a data set of synthetic galaxies, labelled in the whole tree",
    "train": "train a model from a recipe",
    "tune": "look for better settings of a recipe",
    "users": "list the site's accounts, give roles, unlock, delete",
    "version": "print the version",
}

_DEBUG = "--debug"
_EXIT_CODES = "\n".join(f"  {code.value:>3}  {code.text}" for code in Exit)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the program's name; by default the process's own.

    Returns
    -------
    int
        The exit code, a value of `Exit`.
    """
    arguments, debug = _take_debug(list(sys.argv[1:] if argv is None else argv))
    _make_output_robust()
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
        return code
    except SystemExit as end:
        # argparse has said what there was to say.
        return end.code if isinstance(end.code, int) else Exit.USAGE
    except KeyboardInterrupt:
        say("Stopped.")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        silence_output()
        return Exit.PIPE_CLOSED
    except Exception as error:
        return _report(error, debug)


def top_parser() -> argparse.ArgumentParser:
    """The parser of what comes before a command."""
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="skyform",
        usage="skyform COMMAND …",
        description="From a picture of the sky to its morphology.",
        epilog=f"commands:\n{commands}\n\nexit codes:\n{_EXIT_CODES}\n\n"
        "`skyform COMMAND --help` explains a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    parser.add_argument(
        _DEBUG, action="store_true", help="show the whole traceback of an error; may stand anywhere"
    )
    return parser


def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser of one command."""
    module = import_module(f"skyform.cli.{name}")
    parser = argparse.ArgumentParser(
        prog=f"skyform {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.arguments(parser)
    return parser


def _dispatch(arguments: list[str]) -> int:
    if not arguments:
        top_parser().print_help(sys.stderr)
        return Exit.USAGE
    name, rest = arguments[0], arguments[1:]
    if name == "--version":
        name = "version"
    if name.startswith("-"):
        top_parser().parse_args([name])
    if name not in COMMANDS:
        close = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"Did you mean `skyform {close[0]}`?" if close else "`skyform --help` lists them."
        if os.path.exists(name):
            hint = f"To classify it: `skyform classify {name}`."
        say(f"skyform: there is no command {name!r}. {hint}")
        return Exit.USAGE
    parser = parser_of(name)
    # Intermixed, so that options may stand between file names.
    options = parser.parse_intermixed_args(_without_dashes(rest))
    run: Any = import_module(f"skyform.cli.{name}").run
    return int(run(options, parser))


def _without_dashes(arguments: list[str]) -> list[str]:
    """The arguments without `--`, and what follows it written so that it is a file name all the same: `./-x.jpg`.

    argparse forgets `--` when options and file names are mixed.
    """
    if "--" not in arguments:
        return arguments
    end = arguments.index("--")
    names = [os.path.join(".", a) if a.startswith("-") else a for a in arguments[end + 1 :]]
    return arguments[:end] + names


def _take_debug(arguments: list[str]) -> tuple[list[str], bool]:
    """The arguments without `--debug`, and whether it was there; after `--` it is a file name."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = [a for a in arguments[:end] if a != _DEBUG]
    return options + arguments[end:], len(options) < end


def _report(error: Exception, debug: bool) -> Exit:
    if debug:
        traceback.print_exc()
    elif isinstance(error, SkyformError):
        say(f"skyform: {error.message}")
        if error.remedy:
            say(f"  {error.remedy}")
    else:
        say(f"skyform: a fault in Skyform itself: {type(error).__name__}: {error}")
        say(f"  Please report it with what `{_DEBUG}` shows.")
    return Exit.FAILED


def _make_output_robust() -> None:
    """A name that the terminal's encoding lacks is shown escaped, never an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
