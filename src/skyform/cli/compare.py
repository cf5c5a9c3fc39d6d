"""Rank training runs that were judged on the same pictures.

Shows each model's figure with its 95 % interval, how far it is behind the best and whether that may be luck, and what it costs. Runs
of one recipe with several seeds count as one model, with their mean and standard deviation.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skyform.cli.console import Exit, Paper, paper_of, say

if TYPE_CHECKING:
    from skyform.evaluation.comparison import Comparison

__all__ = ["arguments", "run"]

_GAP = "  "
# Columns that a narrow terminal does without, the first to go first; the page and --json have all of them.
_SPARE = ("training", "parameters", "size", "images/s")


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add(
        "runs",
        type=Path,
        nargs="+",
        metavar="RUN",
        help="run folders, as `skyform train` made them",
    )
    add(
        "--to",
        type=Path,
        metavar="FILE.html",
        help="write the comparison as a page with figures, too",
    )
    add("--json", action="store_true", help="print JSON instead of a table")
    add(
        "--common",
        action="store_true",
        help="where the runs were judged on different pictures, use those that all share",
    )


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    from skyform.evaluation.comparison import compare_runs
    from skyform.evaluation.run_files import read_result

    if options.to is not None:
        from skyform.evaluation.pages import require_lab

        require_lab("A page")
    folders = list({folder.resolve(): folder for folder in options.runs}.values())
    results = [read_result(folder) for folder in folders]
    comparison = compare_runs(results, names=[str(f) for f in folders], common=options.common)
    if options.json:
        sys.stdout.write(json.dumps(comparison.to_dict(), indent=2) + "\n")
    else:
        sys.stdout.write(_table(comparison, paper_of(sys.stdout)))
    if options.to is not None:
        from skyform.evaluation.compare_page import compare_page
        from skyform.evaluation.pages import write_page

        pictures = {id: data for r in results for id, data in r.thumbnails.items()}
        write_page(compare_page(comparison, thumbnails=pictures), options.to)
        say(f"Comparison: {options.to}")
    return Exit.OK


def _table(comparison: "Comparison", paper: Paper) -> str:
    """The ranks as an aligned table, and below it what its figures mean."""
    from skyform.evaluation.wording import metric_of

    metric = metric_of(comparison.metric)
    head, rows = _cells(comparison)
    while (lines := _aligned(head, rows)) and len(lines[0]) > paper.width:
        spare = next((name for name in _SPARE if name in head), None)
        if spare is None:
            break
        at = head.index(spare)
        head, rows = (
            [*head[:at], *head[at + 1 :]],
            [[*r[:at], *r[at + 1 :]] for r in rows],
        )
    foot = f"{metric.title} on {len(comparison.ids):,} validation pictures, with 95 % intervals."
    if comparison.left_out:
        foot += f" {comparison.left_out:,} pictures that not all runs share are left out."
    body = [lines[0] and paper.paint(lines[0], "dim"), *lines[1:]]
    foot += (
        " p: chance of such a distance from the best by luck, corrected for the number of models."
    )
    if comparison.unlike:
        foot += f"\n{comparison.unlike}"
    return "\n".join([*body, "", foot]) + "\n"


def _cells(comparison: "Comparison") -> tuple[list[str], list[list[str]]]:
    from skyform.evaluation.wording import (
        bytes_text,
        count_text,
        duration_text,
        estimate_text,
        metric_of,
        number_text,
        p_text,
    )

    title = metric_of(comparison.metric).words
    head = ["", "model", title, "behind", "p", "training", "images/s", "parameters", "size"]
    rows: list[list[str]] = []
    for rank, c in enumerate(comparison.contestants, start=1):
        figure = estimate_text(c.scores[comparison.metric])
        if len(c.seeds) > 1:
            figure += f" ± {c.spread:.3f}"
        rows.append(
            [
                str(rank),
                c.name if len(c.seeds) == 1 else f"{c.name} ({len(c.seeds)} seeds)",
                figure,
                f"{abs(c.behind.difference.value):.3f}" if c.behind else "",
                p_text(c.behind.p) if c.behind else "",
                duration_text(c.seconds) if c.seconds else "–",
                number_text(c.images_per_second) if c.images_per_second else "–",
                count_text(c.parameters) if c.parameters else "–",
                bytes_text(c.bytes) if c.bytes else "–",
            ]
        )
    return head, rows


def _aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with columns below each other: names to the left, numbers to the right."""
    table = [head, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    left = (1, 2)
    return [
        _GAP.join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
