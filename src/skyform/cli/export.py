"""Write the model of a finished run to a file of its own.

The file is all that `skyform classify --model`, the page (`skyform serve --model`) and Python (`Classifier.load`) need: it carries its
preparation, its classes and its calibration.
"""

import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path

from skyform.cli.console import Exit, say
from skyform.errors import DataError, OutputError
from skyform.evaluation.run_files import RESULT, read_summary

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("run", type=Path, metavar="RUN", help="the folder of a finished run")
    add("--to", type=Path, required=True, metavar="FILE.onnx", help="where to write the model")
    add("--force", action="store_true", help="replace a file that is there")


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    summary = read_summary(options.run / RESULT)
    if not summary.model:
        why = next((n for n in summary.notes if "no model file" in n), "The run made none.")
        raise DataError(f"{options.run} has no model to export: {why}")
    if options.to.exists() and not options.force:
        raise OutputError(f"{options.to} exists.", remedy="Give another name, or --force.")
    part = options.to.with_suffix(options.to.suffix + ".part")
    try:
        options.to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(options.run / summary.model, part)
        part.replace(options.to)
    except OSError as error:
        raise OutputError(f"{options.to} cannot be written: {error}.") from error
    say(f"{options.to}: {summary.name}, {options.to.stat().st_size / 1e6:.1f} MB")
    return Exit.OK
