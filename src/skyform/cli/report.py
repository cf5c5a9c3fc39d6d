"""Write the report on a training run: one HTML page.

It shows what was trained on what, all figures with their intervals, the confusions, how far the probabilities can be trusted, and
the worst mistakes with their pictures. The page holds everything that it shows and fetches nothing.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from skyform.cli.console import Exit, say

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("run", type=Path, metavar="RUN", help="the run's folder, as `skyform train` made it")
    add(
        "--to",
        type=Path,
        metavar="FILE.html",
        help="where to write the page (default: report.html in the run's folder)",
    )


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    from skyform.evaluation.pages import require_lab, write_page
    from skyform.evaluation.run_files import read_result

    require_lab("A report")
    result = read_result(options.run)
    from skyform.evaluation.report_page import report_page

    target = options.to or options.run / "report.html"
    write_page(report_page(result, options.run), target)
    say(f"Report on {result.summary.title}: {target}")
    return Exit.OK
