"""Make a data set of synthetic galaxies, labelled in the whole tree.

For tutorials, tests and pretraining without a download. The same seed gives the same pictures and labels; every
record has the votes of a made-up crowd, and Parquet keeps all numbers of each galaxy beside them.
"""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from skyform.cli.console import Exit, at_least_one, say

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    from skyform.datasets.convert import LAYOUTS
    from skyform.datasets.synthetic_draw import MIXTURE
    from skyform.datasets.synthetic_sky import SURVEYS
    from skyform.schema import TAXONOMIES

    add = parser.add_argument
    add("out", type=Path, metavar="OUT", help="the file (parquet, galaxy10) or folder to write")
    add("--count", type=at_least_one, default=1000, metavar="N", help="galaxies (default: 1000)")
    add("--seed", type=int, default=0, metavar="N", help="another seed, others (default: 0)")
    add("--format", choices=tuple(LAYOUTS), default="parquet", help="layout (default: parquet)")
    add("--survey", choices=tuple(SURVEYS), default="sdss", help="the look (default: sdss)")
    add("--size", type=at_least_one, default=128, metavar="PX", help="side (default: 128)")
    add(
        "--scheme",
        choices=("none", *TAXONOMIES),
        default="galaxy10_sdss",
        help="classes of the labels, by the truth rather than by the votes (default: galaxy10_sdss)",
    )
    add(
        "--mixture",
        type=_share,
        action="append",
        default=[],
        metavar="KIND=SHARE",
        help="share of a kind, such as medium=2 or loose+bar+2-arm=1; those not named are left out. May be given several times. "
        f"Kinds: {', '.join(MIXTURE)}",
    )
    add("--overwrite", action="store_true", help="replace what is there")
    add("--quiet", action="store_true", help="no progress and no summary")


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    from skyform.cli.progress import Progress
    from skyform.datasets.convert import convert
    from skyform.datasets.synthetic import synthetic_dataset
    from skyform.datasets.synthetic_draw import MIXTURE

    dataset = synthetic_dataset(
        options.count,
        seed=options.seed,
        size=options.size,
        survey=options.survey,
        mixture=dict(options.mixture) or MIXTURE,
        scheme="" if options.scheme == "none" else options.scheme,
    )
    with Progress(sys.stderr, count=lambda: len(dataset), enabled=not options.quiet) as progress:
        done = convert(
            dataset,
            options.out,
            format=options.format,
            overwrite=options.overwrite,
            progress=lambda number, _: progress.update(number, failed=0),
        )
    if not options.quiet:
        say(f"Synthetic galaxies: {done.written} in {done.path}.")
        if done.left_out:
            left = len(done.left_out)
            say(f"Left out: {left}, for the layout takes labelled pictures only.")
    return Exit.OK


def _share(text: str) -> tuple[str, float]:
    kind, _, share = text.partition("=")
    try:
        return kind, float(share)
    except ValueError:
        raise ArgumentTypeError(f"{text!r}: write it as KIND=SHARE, such as medium=2") from None
