"""Write the results page from run folders: each system, its reported figure, and ours.

The folder may hold run folders, or the small result files that --keep writes: with those in a repository, the page can be made
again without the runs. A folder `ideas` in it holds what benchmarks/ideas.py measured, for a table of its own.
"""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from skyform.cli.console import Exit, say

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add(
        "runs",
        type=Path,
        metavar="DIR",
        help="the folder with the run folders, or with result files",
    )
    add(
        "--to",
        type=Path,
        metavar="FILE.md",
        help="where to write the page (default: standard output)",
    )
    add("--keep", type=Path, metavar="DIR", help="also write each run's result into this folder")


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    from skyform.errors import OutputError
    from skyform.evaluation.ideas_page import read_ideas
    from skyform.evaluation.pages import write_page
    from skyform.evaluation.results_page import keep_summaries, read_summaries, results_page

    summaries = read_summaries(options.runs)
    source = options.runs
    if options.keep is not None:
        try:
            kept = keep_summaries(summaries, options.keep)
        except OSError as error:
            raise OutputError(
                f"The results cannot be written to {options.keep}: {error}.",
                remedy="Give a folder that you may write to.",
            ) from error
        say(f"{len(kept)} results kept in {options.keep}")
        # The page is to be the same whether it is made from the runs or from what is kept of them.
        summaries, source = read_summaries(options.keep), options.keep
    command = f"skyform results {source.as_posix()}"
    ideas = read_ideas(source / "ideas")
    if options.to is None:
        sys.stdout.write(results_page(summaries, command=command, ideas=ideas))
        return Exit.OK
    command = f"{command} --to {options.to.as_posix()}"
    write_page(results_page(summaries, command=command, ideas=ideas), options.to)
    say(f"Results of {len(summaries)} runs: {options.to}")
    return Exit.OK
