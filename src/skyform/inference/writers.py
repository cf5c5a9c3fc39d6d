"""Writing predictions to result files, row by row.

A file is written beside its place under the name `<file>.part` and moved there when it is complete, so that a result file is
always a whole one. After an interruption the `.part` file is closed properly and keeps the rows so far.

Memory stays flat for any number of rows in all formats but FITS, whose text columns have one fixed width that is known only at the
end: it takes about 1.5 kB a row.
"""

import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from types import TracebackType
from typing import cast

from skyform.errors import OutputError
from skyform.inference.modelfile import ModelInfo
from skyform.inference.sinks import (
    CsvSink,
    FitsSink,
    JsonLinesSink,
    JsonSink,
    ParquetSink,
    Sink,
    VoTableSink,
)
from skyform.inference.tables import (
    COLUMNS,
    KAGGLE_COLUMNS,
    Column,
    Value,
    columns_of,
    kaggle_columns_of,
    kaggle_row,
    row,
)
from skyform.schema import Prediction

__all__ = ["FORMATS", "STANDARD_OUTPUT", "Format", "TableWriter", "format_of", "open_writer"]

STANDARD_OUTPUT = "-"


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of result file: its name, the file extensions that mean it, how it is written, and what it can hold.

    `kaggle` is the layout of the Galaxy Zoo challenge; other files have a column for everything that the model answers.
    """

    name: str
    suffixes: tuple[str, ...]
    sink: Callable[[BufferedIOBase, tuple[Column, ...]], Sink]
    text: bool = True
    kaggle: bool = False


FORMATS: dict[str, Format] = {
    f.name: f
    for f in (
        Format("csv", (".csv",), CsvSink),
        Format("json", (".json",), JsonSink),
        Format("jsonl", (".jsonl", ".ndjson"), JsonLinesSink),
        Format("parquet", (".parquet", ".pq"), ParquetSink, text=False),
        Format("fits", (".fits", ".fit"), FitsSink, text=False),
        Format("vot", (".vot", ".votable"), VoTableSink),
        Format("kaggle", (), CsvSink, kaggle=True),
    )
}


def format_of(path: str | os.PathLike[str], *, format: str | None = None) -> Format:
    """The format to write a file in: the one asked for, or else the one that its extension names.

    Raises
    ------
    OutputError
        If there is no such format, or the extension is not known.
    """
    if format is not None:
        if format in FORMATS:
            return FORMATS[format]
        raise OutputError(
            f"There is no format {format!r}.", remedy=f"Choose from: {', '.join(FORMATS)}."
        )
    suffix = Path(path).suffix.lower()
    for candidate in FORMATS.values():
        if suffix in candidate.suffixes:
            return candidate
    known = ", ".join(s for f in FORMATS.values() for s in f.suffixes)
    raise OutputError(
        f"The extension {suffix!r} of {str(path)!r} names no format that Skyform writes.",
        remedy=f"Use one of {known}, or name the format: {', '.join(FORMATS)}.",
    )


def open_writer(
    path: str | os.PathLike[str], *, format: str | None = None, info: ModelInfo | None = None
) -> "TableWriter":
    """A writer for a result file, to be used in a `with` statement.

    Parameters
    ----------
    path : path
        Where the finished file goes; an older file there is replaced, at the end. `-` is standard output (text formats only).
    format : str, optional
        A name from `FORMATS`; by default the extension decides.
    info : ModelInfo, optional
        Of the model whose predictions will be written; it decides on the columns. By default those of the bundled model.

    Raises
    ------
    OutputError
        If the format is unknown, the model cannot fill it, or the file cannot be created.
    """
    return TableWriter(path, format=format_of(path, format=format), info=info)


class TableWriter:
    """Writes predictions to one result file. Made by `open_writer`.

    Attributes
    ----------
    path : str
        Where the finished file goes.
    rows, skipped : int
        Rows written; predictions left out because the format has no row for them (failures in `kaggle`).
    kept : Path or None
        After an interruption, the file with the rows so far.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, format: Format, info: ModelInfo | None = None
    ) -> None:
        self.path = os.fspath(path)
        self.rows = 0
        self.skipped = 0
        self.kept: Path | None = None
        self._format = format
        self._scheme = None if info is None else info.scheme
        if format.kaggle:
            self._columns = KAGGLE_COLUMNS if info is None else kaggle_columns_of(info)
        else:
            self._columns = COLUMNS if info is None else columns_of(info)
        self._target, self._part = _places(self.path)
        self._file = self._open()
        try:
            self._sink = format.sink(self._file, self._columns)
        except OSError as error:
            self._discard()
            raise self._failed(error) from error

    def write(self, prediction: Prediction) -> None:
        """Add one prediction.

        Raises
        ------
        OutputError
            If the file cannot be written on, such as on a full disk.
        """
        values = self._row(prediction)
        if values is None:
            self.skipped += 1
            return
        try:
            self._sink.add(values)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise self._failed(error) from error
        self.rows += 1

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._sink.finish()
            self._close()
            if error is None and self._part is not None and self._target is not None:
                os.replace(self._part, self._target)
        except BrokenPipeError:
            raise
        except OSError as trouble:
            with suppress(OSError):
                self._close()
            self._set_aside()
            if error is None:
                raise self._failed(trouble) from trouble
            return
        if error is not None:
            self._set_aside()

    def _row(self, prediction: Prediction) -> dict[str, Value] | None:
        if self._format.kaggle:
            return kaggle_row(prediction)
        return row(prediction, columns=self._columns, scheme=self._scheme)

    def _open(self) -> BufferedIOBase:
        try:
            if self._target is None:
                return self._standard_output()
            return (self._part or self._target).open("wb")
        except OSError as error:
            raise self._failed(error) from error

    def _standard_output(self) -> BufferedIOBase:
        if not self._format.text:
            raise OutputError(
                f"{self._format.name} is not a text format, so it cannot go to standard output.",
                remedy="Give a file name with --to, or choose csv, json, jsonl, vot or kaggle.",
            )
        sys.stdout.flush()
        return cast(BufferedIOBase, sys.stdout.buffer)

    def _close(self) -> None:
        if self._target is None:
            self._file.flush()
        else:
            self._file.close()

    def _set_aside(self) -> None:
        """Keep what an unfinished run has written, if it is anything."""
        if self._part is None:
            return
        if self.rows:
            self.kept = self._part
        else:
            self._discard()

    def _discard(self) -> None:
        with suppress(OSError):
            self._close()
        if self._part is not None:
            self._part.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> OutputError:
        kept = f" The rows so far are in {str(self._part)!r}." if self.rows and self._part else ""
        return OutputError(
            f"Cannot write {self.path!r}: {error.strerror or error}.{kept}",
            remedy="Check that the folder exists, may be written to, and has room.",
        )


def _places(path: str) -> tuple[Path | None, Path | None]:
    """Where the finished file goes and where it is written: no second place for pipes and devices, neither for `-`."""
    if path == STANDARD_OUTPUT:
        return None, None
    # A link keeps being a link: what it points to is replaced.
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except OSError:
        mode = stat.S_IFREG
    if stat.S_ISDIR(mode):
        raise OutputError(
            f"{path!r} is a folder.", remedy="Name a file in it, such as results.csv."
        )
    if not stat.S_ISREG(mode):
        return target, None
    return target, target.with_name(target.name + ".part")
