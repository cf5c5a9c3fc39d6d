"""List, fetch, look at, check and convert data sets.

  skyform datasets list                          the published sets and the layouts that are read
  skyform datasets download NAME --into DIR      fetch a published set; goes on where it stopped, checks SHA-256
  skyform datasets info NAME_OR_PATH             what is in a set: classes, splits, sizes, votes, problems
  skyform datasets verify NAME_OR_PATH           checksums of a published set in --into, or the integrity of any set
  skyform datasets convert PATH --to LAYOUT --out PATH

PATH is a file, a folder, a zip archive, or a pattern of Parquet files in quotes. What it is, is seen from what it holds.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from skyform.cli.console import Exit, at_least_one, paper_of, say

if TYPE_CHECKING:
    from skyform.datasets.dataset import DataSet, Problem
    from skyform.datasets.published import Published
    from skyform.datasets.summary import Summary

__all__ = ["arguments", "run"]

_ACTIONS = ("list", "info", "download", "verify", "convert")
_SHOWN = 10  # problems; --json has them all
_INTO = Path("data")


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    from skyform.datasets.convert import LAYOUTS
    from skyform.datasets.opening import FORMATS
    from skyform.schema import TAXONOMIES

    add = parser.add_argument
    add("action", choices=_ACTIONS, help="what to do")
    add(
        "what",
        nargs="?",
        metavar="NAME_OR_PATH",
        help="a published set's name, or where a set lies",
    )
    add(
        "--into",
        type=Path,
        metavar="DIR",
        help=f"where a published set is kept (default: {_INTO}/NAME)",
    )
    add("--format", choices=("auto", *FORMATS), default="auto", help="what PATH is (default: auto)")
    add(
        "--images",
        metavar="DIR",
        help="the folder or zip archive that a catalogue's pictures are in",
    )
    add(
        "--label",
        metavar="COLUMN",
        help="the column that holds the classes (default: the set's own)",
    )
    add(
        "--classes",
        choices=tuple(TAXONOMIES),
        help="derive classes of this taxonomy from the votes (more than 55 %% for one class)",
    )
    add(
        "--allow-missing",
        action="store_true",
        help="leave out rows of a catalogue that have no picture",
    )
    add(
        "--sample",
        type=at_least_one,
        default=100,
        metavar="N",
        help="info: pictures to look at for their sizes (default: 100)",
    )
    add(
        "--every-image",
        action="store_true",
        help="verify: decode every picture to find broken ones",
    )
    add(
        "--to",
        choices=tuple(LAYOUTS),
        metavar="LAYOUT",
        help=f"convert: one of {', '.join(LAYOUTS)}",
    )
    add("--out", type=Path, metavar="PATH", help="convert: the file or folder to write")
    add("--overwrite", action="store_true", help="convert: replace what is there")
    add("--json", action="store_true", help="list, info and verify: print everything as JSON")


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    if options.action != "list" and options.what is None:
        parser.error(f"{options.action} what? Give a name from `skyform datasets list`, or a path.")
    if options.action == "convert" and (options.to is None or options.out is None):
        parser.error("convert needs --to LAYOUT and --out PATH")
    return _RUN[options.action](options, parser)


def _list(options: Namespace, parser: ArgumentParser) -> Exit:
    from skyform.datasets.convert import LAYOUTS
    from skyform.datasets.opening import FORMATS
    from skyform.datasets.published import PUBLISHED

    if options.json:
        return _print_json({id: _published(p) for id, p in PUBLISHED.items()})
    paper, wide = paper_of(sys.stdout), max(map(len, PUBLISHED))
    for id, published in PUBLISHED.items():
        how = "" if published.files else " (fetch it yourself: see `info`)"
        _print(f"{paper.paint(f'{id:<{wide}}', 'bold')}  {published.title}{how}")
    _print("", f"read:    {', '.join(FORMATS)}", f"written: {', '.join(LAYOUTS)}")
    return Exit.OK


def _info(options: Namespace, parser: ArgumentParser) -> Exit:
    from skyform.datasets.published import PUBLISHED
    from skyform.datasets.summary import summarise

    if _is_published(options.what):
        published = PUBLISHED[options.what]
        if options.json:
            return _print_json(_published(published))
        _print(*_published_lines(published))
        return Exit.OK
    dataset = _opened(options)
    summary = summarise(dataset, sample=options.sample)
    if options.json:
        return _print_json(summary.to_dict())
    _print(*_summary_lines(summary, dataset))
    return Exit.OK


def _convert(options: Namespace, parser: ArgumentParser) -> Exit:
    from skyform.cli.progress import Progress
    from skyform.datasets.convert import convert

    dataset = _opened(options)
    with Progress(sys.stderr, count=lambda: len(dataset)) as progress:
        made = convert(
            dataset,
            options.out,
            format=options.to,
            overwrite=options.overwrite,
            progress=lambda done, _: progress.update(done, failed=0),
        )
    say(f"{made.path}: {made.written:,} pictures as {options.to}.")
    if made.left_out:
        say(f"Left out, having no place in this layout ({len(made.left_out):,}):")
        for line in _problem_lines(made.left_out):
            say(line)
    return Exit.OK


def _verify(options: Namespace, parser: ArgumentParser) -> Exit:
    if _is_published(options.what):
        return _verify_published(options)
    dataset = _opened(options)
    found = [*dataset.problems, *(_broken(dataset) if options.every_image else ())]
    if options.json:
        _print_json({"records": len(dataset), "problems": {p.id: p.what for p in found}})
    else:
        _print(
            f"{dataset.title}: {len(found) or 'no'} problem{'s' * (len(found) != 1)}",
            *_problem_lines(found),
        )
        if not options.every_image:
            _print("The pictures were not decoded; --every-image does that too.")
    return Exit.SOME_FAILED if found else Exit.OK


def _verify_published(options: Namespace) -> Exit:
    from skyform.datasets.download import verify
    from skyform.datasets.published import find_published

    folder = _folder(options)
    found = verify(find_published(options.what), folder)
    if options.json:
        _print_json({"name": options.what, "problems": list(found)})
    else:
        _print(*(found or [f"{options.what} in {folder}: as published."]))
    return Exit.SOME_FAILED if found else Exit.OK


def _download(options: Namespace, parser: ArgumentParser) -> Exit:
    from skyform.datasets.download import download
    from skyform.datasets.published import find_published

    terminal = sys.stderr.isatty()
    paths = download(
        find_published(options.what),
        _folder(options),
        progress=_show_bytes if terminal else None,
    )
    if terminal:
        sys.stderr.write("\r\x1b[K")
    _print(*map(str, paths))
    return Exit.OK


def _folder(options: Namespace) -> Path:
    """Where a published set is kept: each in a folder of its own, so that the folder is the set."""
    return options.into or _INTO / options.what


def _show_bytes(name: str, done: int, total: int | None) -> None:
    share = f"{100 * done // total:>3} % of {_bytes(total)}" if total else _bytes(done)
    sys.stderr.write(f"\r{name}  {share}\x1b[K")
    sys.stderr.flush()


_RUN = {
    "list": _list,
    "info": _info,
    "download": _download,
    "verify": _verify,
    "convert": _convert,
}


def _is_published(what: str) -> bool:
    from skyform.datasets.published import PUBLISHED

    return what in PUBLISHED and not Path(what).exists()


def _opened(options: Namespace) -> "DataSet":
    from skyform.datasets.derive import derive_labels
    from skyform.datasets.opening import open_dataset
    from skyform.schema import TAXONOMIES

    dataset = open_dataset(
        options.what,
        format=options.format,
        images=options.images,
        label=options.label,
        allow_missing=options.allow_missing,
    )
    return derive_labels(dataset, TAXONOMIES[options.classes]) if options.classes else dataset


def _broken(dataset: "DataSet") -> "list[Problem]":
    """Pictures that cannot be decoded."""
    from skyform.cli.progress import Progress
    from skyform.datasets.dataset import Problem
    from skyform.errors import SkyformError
    from skyform.images import decode

    out: list[Problem] = []
    with Progress(sys.stderr, count=lambda: len(dataset)) as progress:
        for i, record in enumerate(dataset.records):
            try:
                decode(dataset.image(i))
            except SkyformError as error:
                out.append(Problem(record.id, error.message))
            progress.update(i + 1, failed=len(out))
    return out


def _summary_lines(summary: "Summary", dataset: "DataSet") -> list[str]:
    lines = [
        summary.title,
        f"source       {dataset.source}",
        f"fingerprint  {summary.fingerprint}",
        f"pictures     {summary.records:,} of {summary.objects:,} objects",
    ]
    if summary.voted:
        people = summary.volunteers
        by = "" if people != people else f", by {people:.0f} people in the median"
        lines.append(f"votes        for {summary.voted:,} pictures{by}")
    sizes = ", ".join(f"{size} ({n})" for size, n in list(summary.sizes.items())[:_SHOWN])
    lines.append(f"sizes        {sizes} in a sample of {sum(summary.sizes.values())}")
    lines += ["", *_count_lines(summary, dataset)]
    for title, found in (("left out", summary.problems), ("unreadable", summary.unreadable)):
        if found:
            lines += ["", f"{title} ({len(found):,})", *_problem_lines(found)]
    return [*lines, *(["", summary.advice] if summary.advice else [])]


def _count_lines(summary: "Summary", dataset: "DataSet") -> list[str]:
    """Classes down, splits across."""
    names = {} if dataset.scheme is None else {c.id: c.name for c in dataset.scheme.classes}
    rows = [(id or "(no label)", names.get(id, ""), n) for id, n in summary.counts.items()]
    wide = max(len(id) for id, _, _ in rows)
    splits = summary.splits if any(summary.splits) else ()
    head = "".join(f"{s or 'no split':>12}" for s in splits)
    lines = [f"{'class':<{wide}}{head}{'all':>12}"]
    for id, name, n in rows:
        cells = "".join(f"{n[s]:>12,}" for s in splits)
        said = f"   {name}" if name not in ("", id) else ""
        lines.append(f"{id:<{wide}}{cells}{sum(n.values()):>12,}{said}")
    return lines


def _problem_lines(problems: "Sequence[Problem]") -> list[str]:
    lines = [f"  {p.id}: {p.what}" for p in problems[:_SHOWN]]
    more = len(problems) - _SHOWN
    return [*lines, f"  … {more:,} more"] if more > 0 else lines


def _published(published: "Published") -> Mapping[str, Any]:
    return {
        "title": published.title,
        "files": [
            {"name": f.name, "url": f.url, "checksum": f.checksum, "bytes": f.bytes}
            for f in published.files
        ],
        "page": published.page,
        "licence": published.licence,
        "citation": published.citation,
        "note": published.note,
    }


def _published_lines(published: "Published") -> list[str]:
    lines = [
        published.title,
        *_wrapped("page", published.page),
        *_wrapped("licence", published.licence),
        *_wrapped("citation", published.citation),
        *_wrapped("note", published.note),
    ]
    for file in published.files:
        size = f" ({_bytes(file.bytes)})" if file.bytes else ""
        algorithm, _, digits = file.checksum.partition(":")
        checksum = (
            f"{algorithm.upper()} {digits}"
            if digits
            else "checksum as the archive states it, if it does"
        )
        lines += [f"file      {file.name}{size}", f"          {file.url}", f"          {checksum}"]
    return lines


def _wrapped(title: str, text: str) -> list[str]:
    room = paper_of(sys.stdout).width - 10
    first, *more = wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
    return [f"{title:<10}{first}", *(f"{'':<10}{line}" for line in more)]


def _bytes(n: int) -> str:
    return f"{n / 1e9:.2f} GB" if n >= 1e9 else f"{n / 1e6:.0f} MB" if n >= 1e6 else f"{n:,} bytes"


def _print(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _print_json(values: Any) -> Exit:
    sys.stdout.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")
    return Exit.OK
