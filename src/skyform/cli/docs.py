"""The page on the command line, made from its parsers: `python -m skyform.cli.docs > docs/cli.md`."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

from skyform.cli import COMMANDS, parser_of
from skyform.cli.console import Exit

__all__ = ["page"]


def page() -> str:
    """The whole page, as Markdown."""
    lines = [
        "# Command line",
        "",
        "<!-- Made by `python -m skyform.cli.docs > docs/cli.md`; a test fails when it is stale. -->",
        "",
        "| command | what it does |",
        "|---|---|",
        *(f"| [`skyform {name}`](#skyform-{name}) | {text} |" for name, text in COMMANDS.items()),
        "",
        "Exit codes, the same for every command:",
        "",
        "| code | meaning |",
        "|---|---|",
        *(f"| {code.value} | {code.text} |" for code in Exit),
        "",
        "Errors are told in one line with what to do about them; `--debug`, anywhere, shows the whole traceback.",
        "`NO_COLOR` turns colours off; pipes never get any.",
    ]
    for name in COMMANDS:
        lines += ["", *_section(name)]
    return "\n".join(lines) + "\n"


def _section(name: str) -> list[str]:
    with _fixed_width():
        text = parser_of(name).format_help().rstrip()
    return [f"## skyform {name}", "", "```text", *text.splitlines(), "```"]


@contextmanager
def _fixed_width() -> Generator[None, None, None]:
    """The same page whatever terminal it is made in."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "110"
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


if __name__ == "__main__":
    sys.stdout.write(page())
