"""Print the version."""

import sys
from argparse import ArgumentParser, Namespace

from skyform import __version__
from skyform.cli.console import Exit

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """There are none."""


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    sys.stdout.write(f"skyform {__version__}\n")
    return Exit.OK
