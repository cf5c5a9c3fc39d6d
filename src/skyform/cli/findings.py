"""What the commands of search and discovery give: a table in a file or on the terminal, and a gallery."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skyform.cli.console import Paper, Stream, paper_of, say
from skyform.errors import OutputError

if TYPE_CHECKING:
    import pyarrow as pa

    from skyform.cli.contact_sheet import Tile
    from skyform.inference.writers import Format

__all__ = ["check_outputs", "deliver", "output_arguments", "print_rows", "write_rows"]

_FORMATS = ("csv", "json", "jsonl", "parquet")
_MOST_SHOWN = 20
_MOST_TILES = 96
_WIDEST = 40  # characters of a column on the terminal


def output_arguments(parser: ArgumentParser) -> None:
    """Declare where the results go."""
    add = parser.add_argument_group("output").add_argument
    add(
        "--to",
        metavar="FILE",
        help="write the list to a file: csv, json, jsonl or parquet (default: the first rows, on the terminal)",
    )
    add(
        "--gallery",
        metavar="FILE",
        help=f"show the first {_MOST_TILES} pictures side by side: a page (.html) or a picture (.png, .jpg, .webp)",
    )
    add("--pictures", metavar="DIR", help="where the pictures of the rows' paths or ids are")


def check_outputs(options: Namespace) -> None:
    """Refuse names that nothing can be written to, before any work.

    Raises
    ------
    OutputError
        If an extension names no format.
    """
    from skyform.cli.contact_sheet import check_gallery_target
    from skyform.inference.writers import format_of

    if options.to is not None and format_of(options.to).name not in _FORMATS:
        raise OutputError(
            f"--to {options.to!r} names a format for predictions.",
            remedy=f"Use one of {', '.join(_FORMATS)}.",
        )
    if options.gallery is not None:
        check_gallery_target(options.gallery)


def deliver(
    rows: "pa.Table",
    options: Namespace,
    *,
    heading: str,
    lines: Callable[[Mapping[str, Any]], tuple[str, ...]],
    first: Sequence["Tile"] = (),
) -> None:
    """Write or show the table, and make the gallery if it is asked for.

    Parameters
    ----------
    rows : table
        With a column `id`.
    options : Namespace
    heading : str
        Of the gallery.
    lines : callable
        What to say below the picture of a row.
    first : sequence of Tile
        Shown before the rows.
    """
    if options.to is not None:
        write_rows(rows, options.to)
        say(f"{options.to}: {len(rows):,} rows")
    else:
        print_rows(rows, stream=sys.stdout, paper=paper_of(sys.stdout))
    if options.gallery is None:
        return
    from skyform.cli.contact_sheet import Tile, picture_of, write_gallery

    shown = rows.slice(0, _MOST_TILES).to_pylist()
    tiles = [*first, *(Tile(picture_of(r, folder=options.pictures), lines(r)) for r in shown)]
    missing = write_gallery(tiles, options.gallery, heading=heading)
    say(f"Gallery: {options.gallery}")
    if missing:
        say(
            f"{missing:,} of {len(tiles):,} pictures cannot be reached; --pictures DIR says where they are."
        )


def write_rows(rows: "pa.Table", path: str) -> None:
    """Write a table as CSV, JSON, JSON Lines or Parquet, by the name's extension; aside first, then in its place.

    In text, numbers of single precision have at most six decimals, and all others as many as tell them apart.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    from pyarrow import parquet

    from skyform.inference.writers import format_of

    target = Path(path)
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            if format_of(path).name == "parquet":
                parquet.write_table(rows, file, compression="zstd")
            else:
                _write_text(rows, file, format=format_of(path))
        os.replace(part, target)
    except OSError as error:
        raise OutputError(f"Cannot write {path!r}: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)


def _columns(rows: "pa.Table") -> Iterator[Any]:
    import pyarrow as pa

    from skyform.inference.tables import Column

    for field in rows.schema:
        if pa.types.is_integer(field.type):
            yield Column(field.name, "integer", "", "")
        elif pa.types.is_floating(field.type):
            yield Column(field.name, "number", "", "")
        else:
            yield Column(field.name, "text", "", "")


def _write_text(rows: "pa.Table", file: Any, *, format: "Format") -> None:
    import pyarrow as pa

    sink = format.sink(file, tuple(_columns(rows)))
    coarse = {f.name for f in rows.schema if f.type in (pa.float16(), pa.float32())}
    for batch in rows.to_batches(max_chunksize=8192):
        for record in batch.to_pylist():
            values = {k: _plain(v, coarse=k in coarse) for k, v in record.items()}
            if format.name == "csv":
                values = {k: _decimal(v) for k, v in values.items()}
            sink.add(values)
    sink.finish()


def _plain(value: Any, *, coarse: bool) -> Any:
    if isinstance(value, float):
        if not np.isfinite(value):
            return None
        return round(value, 6) if coarse else value
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if value is None or whole else str(value)


def _decimal(value: Any) -> Any:
    """A number as the shortest text that tells it apart, never with an exponent."""
    return np.format_float_positional(value, trim="0") if isinstance(value, float) else value


def print_rows(rows: "pa.Table", *, stream: Stream, paper: Paper) -> None:
    """The first rows, with as many columns as fit."""
    shown = rows.slice(0, _MOST_SHOWN)
    columns: list[list[str]] = []
    room = paper.width
    for name in shown.column_names:
        # A class's name says more than its number.
        if f"{name}_name" in shown.column_names:
            continue
        cells = [name, *(_cell(v) for v in shown[name].to_pylist())]
        width = max(map(len, cells))
        if width + 2 > room or not any(cells[1:]):
            continue
        room -= width + 2
        numeric = all(isinstance(v, int | float | None) for v in shown[name].to_pylist())
        columns.append([c.rjust(width) if numeric else c.ljust(width) for c in cells])
    for number, cells in enumerate(zip(*columns, strict=True)):
        line = "  ".join(cells).rstrip()
        stream.write((paper.paint(line, "bold") if number == 0 else line) + "\n")
    if len(rows) > len(shown):
        stream.write(f"… {len(rows) - len(shown):,} more\n")


def _cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
