"""Classify the sample pictures that come with Skyform."""

import sys
from argparse import ArgumentParser, Namespace
from importlib.resources import files
from pathlib import Path

from skyform.cli.console import MODEL, MODELS, Exit, paper_of, say
from skyform.errors import UnreadableFileError

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--model",
        metavar=MODEL,
        help=f"{MODELS} (default: base)",
    )


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    from skyform.cli.progress import Progress
    from skyform.cli.session import Tally, run_over, summary
    from skyform.cli.table import PredictionTable
    from skyform.inference import Classifier

    folder = Path(str(files("skyform"))) / "samples"
    pictures = samples(folder)
    classifier = Classifier.load(options.model)
    tally = Tally()
    with Progress(sys.stderr, count=lambda: len(pictures), enabled=False) as progress:
        run_over(
            classifier(pictures),
            tally=tally,
            writer=None,
            report=PredictionTable(sys.stdout, paper=paper_of(sys.stdout), info=classifier.info),
            progress=progress,
        )
    say(f"{summary(tally)} Credits: {folder / 'credits.json'}")
    return tally.code


def samples(folder: Path) -> list[Path]:
    """The sample pictures, in the order of their names.

    Raises
    ------
    UnreadableFileError
        If there are none, as in a broken installation.
    """
    pictures = sorted(folder.glob("*.jpg"))
    if not pictures:
        raise UnreadableFileError(
            f"There are no sample pictures in {str(folder)!r}.",
            remedy="Install Skyform again: the package is not complete.",
        )
    return pictures
