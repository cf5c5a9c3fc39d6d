"""Make one model of several runs of the tree's recipe: it answers with the mean of their answers.

Networks that err differently are surer together. The backbones may differ; size and framing of the last phase may not. The joined model is
calibrated on the validation pictures and measured like any other.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from skyform.cli.console import Exit, say
from skyform.cli.train import NEEDED, need_extra

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("runs", type=Path, nargs="+", metavar="RUN", help="the folders of finished runs")
    add("--data", type=Path, required=True, metavar="DIR", help="the folder of the data sets")
    add("--out", type=Path, required=True, metavar="DIR", help="a new folder for the model")
    add("--name", required=True, help="of the model")
    add("--version", default="1.0", help="of the model (default: %(default)s)")
    add("--title", default="", help="of the model (default: its name)")
    add(
        "--looks",
        type=int,
        choices=(1, 2, 4, 8),
        default=1,
        help="flips and quarter turns that it averages over (default: %(default)s)",
    )


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    need_extra("Training", NEEDED)
    from skyform.training import join_runs

    folder = join_runs(
        options.runs,
        data=options.data,
        out=options.out,
        name=options.name,
        version=options.version,
        title=options.title or options.name,
        looks=options.looks,
    )
    say(f"Done: {folder}")
    return Exit.OK
