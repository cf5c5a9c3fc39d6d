"""Explore a data set: one HTML report with everything in it, and a summary.

DATA is whatever `skyform datasets` knows: an HDF5 file of Galaxy10, the Kaggle Galaxy Zoo set, a catalogue with a folder of images,
class folders, or Parquet with embedded pictures. The report shows what is missing, broken or there twice, how classes, light and votes
are distributed, samples of each class, a map of the set, and labels that are likely wrong. Broken pictures become rows of the report.
"""

import json
import re
import sys
import textwrap
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyform.cli.console import Exit, Paper, at_least_one, paper_of, say
from skyform.errors import OutputError

if TYPE_CHECKING:
    from skyform.explore import Exploration

__all__ = ["arguments", "run", "summary_lines"]

_STYLES = {"problem": "red", "notice": "yellow", "fine": "green"}
_MARKS = {"problem": "!", "notice": "·", "fine": "✓"}
_FINDINGS = 8  # in the summary; the report has them all
_CLASSES = 8


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    from skyform.datasets.opening import FORMATS
    from skyform.explore import SAMPLE

    add = parser.add_argument
    add("data", metavar="DATA", help="the data set: a file, a folder, or a pattern in quotes")
    add(
        "--to",
        metavar="REPORT.html",
        help="the report (default: the data's name and -report.html, in this folder)",
    )
    add("--json", type=Path, metavar="FILE", help="also write all numbers to this JSON file")
    add(
        "--label",
        metavar="COLUMN",
        help="the column that holds the classes (default: the set's own)",
    )
    add("--images", metavar="DIR", help="the folder or zip file that a catalogue's pictures are in")
    add("--format", choices=("auto", *FORMATS), default="auto", help="what DATA is (default: auto)")
    add(
        "--sample",
        type=at_least_one,
        default=SAMPLE,
        metavar="N",
        help=f"pictures, drawn at random, for the map and the search for wrong labels (default: {SAMPLE})",
    )
    add("--no-map", action="store_true", help="leave out the map, the slowest part of a small set")
    add(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="of everything that is drawn (default: 0)",
    )
    add("--quiet", action="store_true", help="no summary and no progress")


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    from skyform.cli.progress import Progress
    from skyform.datasets.opening import open_dataset
    from skyform.evaluation.pages import require_lab, write_page
    from skyform.evaluation.wording import bytes_text, duration_text
    from skyform.explore import explore, numbers_of

    require_lab("Exploring a data set")
    target = _target(options)
    dataset = open_dataset(
        options.data,
        format=options.format,
        images=options.images,
        label=options.label,
        allow_missing=True,
    )
    with Progress(sys.stderr, count=lambda: len(dataset), enabled=not options.quiet) as progress:
        exploration = explore(
            dataset,
            sample=options.sample,
            map=not options.no_map,
            seed=options.seed,
            progress=lambda done, failed: progress.update(done, failed=failed),
            tell=say if sys.stderr.isatty() and not options.quiet else _nothing,
        )
    # Not at the top: it brings in the plotting library, which has to be there.
    from skyform.explore.page import page_of

    write_page(page_of(exploration), target)
    if options.json is not None:
        _write_json(options.json, numbers_of(exploration))
    if not options.quiet:
        for line in summary_lines(exploration, paper=paper_of(sys.stdout)):
            sys.stdout.write(line + "\n")
        seconds = duration_text(exploration.seconds)
        say(f"Report: {target} ({bytes_text(target.stat().st_size)}), made in {seconds}.")
    return Exit.OK


def summary_lines(exploration: "Exploration", *, paper: Paper) -> list[str]:
    """What was found, in about a dozen lines."""
    from skyform.evaluation.wording import count_text
    from skyform.explore import findings_of
    from skyform.explore.balance import class_count
    from skyform.explore.words import percent, plural

    dataset, balance = exploration.dataset, exploration.balance
    splits = Counter(r.split for r in dataset.records if r.split)
    head = [
        plural(len(dataset), "picture"),
        *(f"{n} {count_text(k)}" for n, k in splits.most_common()),
    ]
    lines = [f"{paper.paint(dataset.title or dataset.id, 'bold')}: {', '.join(head)}"]
    present = sorted((c for c in balance.counts if c.count), key=lambda c: -c.count)
    if present:
        named = ", ".join(f"{c.name} {percent(c.share)}" for c in present[:_CLASSES])
        more = f", {count_text(len(present) - _CLASSES)} more" if len(present) > _CLASSES else ""
        what = "class" if len(balance.counts) == 1 else "classes"
        what += " (from votes)" if exploration.classes.derived else ""
        lines += textwrap.wrap(f"{class_count(balance)} {what}: {named}{more}", paper.width)
    found = findings_of(exploration)
    for finding in found[:_FINDINGS]:
        first, *rest = textwrap.wrap(finding.text, paper.width - 2, break_on_hyphens=False)
        lines += [f"{paper.paint(_MARKS[finding.level], _STYLES[finding.level])} {first}"]
        lines += [f"  {line}" for line in rest]
    if len(found) > _FINDINGS:
        lines.append(f"  {count_text(len(found) - _FINDINGS)} more in the report")
    return lines


def _nothing(step: str) -> None:
    """In the place of `say`, where nobody watches."""


def _target(options: Namespace) -> Path:
    """Where the report goes; that it may be a file is checked before the work."""
    name = re.sub(r"[^\w.-]+", "-", Path(options.data).absolute().stem).strip("-.") or "data"
    target = Path(options.to or f"{name}-report.html")
    for path in (target, options.json):
        if path is not None and path.is_dir():
            raise OutputError(f"{path} is a folder.", remedy="Give the path of a file.")
    return target


def _write_json(path: Path, numbers: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(numbers, ensure_ascii=False, indent=1, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}.", remedy="Give another path with --json."
        ) from error


def _seed(text: str) -> int:
    """An option's value that must be a whole number that every generator takes."""
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number < 2**32:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0 to {2**32 - 1}")
    return number
