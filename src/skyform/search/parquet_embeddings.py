"""Embeddings from Parquet: a file, a folder of them, or what a survey-scale run leaves behind."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from skyform.errors import DataError
from skyform.search.embeddings import BLOCK, Block, Origin, fingerprint_of_files, usable

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

__all__ = ["EMBEDDING", "ParquetEmbeddings", "holds_embeddings", "is_light"]

EMBEDDING = "embedding"
_ID = "id"
_MODEL, _PREPROCESS = "model", "preprocessing"
# A run of `skyform batch` has its tables and its embeddings in files of the same names, row for row.
_RUN, _TABLES = "embeddings", "parts"
# Numbers that are carried by default, beside a catalogue's; other numbers are the answers, which would outweigh the vectors.
_POSITION = ("ra", "dec")
_NOT_CARRIED = (EMBEDDING, _ID, _MODEL, _PREPROCESS, "error")


@dataclass(frozen=True, slots=True)
class _Piece:
    """One row group of a file, or a whole file and the table that goes with it."""

    path: Path
    rows: int
    group: int = 0
    table: Path | None = None


class ParquetEmbeddings:
    """Embeddings in the Parquet files of a folder (with its subfolders, in the order of their names), or in one file.

    Each file has a column `id` and a column `embedding`: a list of numbers of the same length in all rows, null where there is none.
    In a run of `skyform batch`, what else is known of each row comes from the tables beside the embeddings. The model and the
    fingerprint of its preprocessing are taken from the files' metadata, or from columns of the names `model` and `preprocessing`.

    Parameters
    ----------
    path : path
    columns : sequence of str, optional
        Further columns to carry along; by default those of text, whole numbers and truth values, the position, and what `skyform batch`
        has carried from a catalogue.

    Attributes
    ----------
    available : tuple of str
        Columns that could be carried.

    Raises
    ------
    DataError
        If there is no such file, a column is missing, or files disagree about model or length.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, columns: Sequence[str] | None = None
    ) -> None:
        self.address = os.fspath(path)
        self._pairs = _pairs(Path(path))
        first, table = self._pairs[0]
        with _opened(first) as file:
            self.features = _features(file, first)
        with _opened(table or first) as file:
            schema = file.schema_arrow
        self.available = tuple(n for n in schema.names if n not in (_ID, EMBEDDING))
        self.columns = tuple(columns) if columns is not None else _carried(schema)
        self.origin = Origin()
        self._pieces: list[_Piece] = []
        for file, beside in self._pairs:
            self._add(file, beside)

    @property
    def pieces(self) -> Sequence[int]:
        """Rows in each row group, or file."""
        return [piece.rows for piece in self._pieces]

    @property
    def fingerprint(self) -> str:
        """Of the files' names, sizes and times, and of the columns."""
        files = (f for pair in self._pairs for f in pair if f is not None)
        return fingerprint_of_files(files, also=self.columns)

    def read(self, piece: int) -> Iterator[Block]:
        """The rows of one row group, or file."""
        from pyarrow import ArrowException

        where = self._pieces[piece]
        try:
            for vectors, rows in self._tables(where):
                yield self._block(vectors, rows, where.path)
        except (OSError, ArrowException) as error:
            raise DataError(
                f"{where.path} cannot be read: {str(error).splitlines()[0][:200]}.",
                remedy="It may be damaged: write it again.",
            ) from error

    def _tables(self, piece: _Piece) -> Iterator[tuple["pa.Table", "pa.Table"]]:
        """Embeddings, and the other columns of the same rows."""
        import pyarrow as pa
        from pyarrow import parquet

        wanted = [_ID, *self.columns]
        if piece.table is None:
            with _opened(piece.path) as file:
                for batch in file.iter_batches(
                    BLOCK, row_groups=[piece.group], columns=[*wanted, EMBEDDING]
                ):
                    table = pa.Table.from_batches([batch])
                    yield table, table.select(wanted)
            return
        # Read as single files: a folder called `name=value` would become a column.
        own = parquet.ParquetFile(piece.path).read([_ID, EMBEDDING])
        beside = parquet.ParquetFile(piece.table).read(wanted)
        if own[_ID] != beside[_ID]:
            raise DataError(
                f"{piece.path} and {piece.table} do not hold the same rows.",
                remedy="Run `skyform batch` again: it completes what was interrupted.",
            )
        for start in range(0, len(own), BLOCK):
            yield own.slice(start, BLOCK), beside.slice(start, BLOCK)

    def _add(self, path: Path, beside: Path | None) -> None:
        with _opened(path) as file:
            carried = [] if beside else self.columns
            _needs(file.schema_arrow, path, (_ID, EMBEDDING, *carried))
            self._agree(_origin(file), path)
            groups = [
                file.metadata.row_group(g).num_rows for g in range(file.metadata.num_row_groups)
            ]
        if beside is None:
            self._pieces += [_Piece(path, rows, g) for g, rows in enumerate(groups) if rows]
            return
        with _opened(beside) as file:
            _needs(file.schema_arrow, beside, (_ID, *self.columns))
            self._agree(_origin(file), beside)
        if sum(groups):
            self._pieces.append(_Piece(path, sum(groups), table=beside))

    def _agree(self, origin: Origin, path: Path) -> None:
        self.origin.check(origin, what=str(path), where=f"the rest of {self.address}")
        self.origin = Origin(
            self.origin.model or origin.model, self.origin.preprocess or origin.preprocess
        )

    def _block(self, embedded: "pa.Table", rows: "pa.Table", path: Path) -> Block:
        import pyarrow as pa

        valid = embedded[EMBEDDING].is_valid()
        column = embedded[EMBEDDING].filter(valid)
        rows = rows.filter(valid)
        rows = rows.set_column(0, _ID, rows[_ID].cast(pa.string()))
        flat = [_flat(chunk) for chunk in column.chunks] or [np.zeros(0, np.float32)]
        numbers = np.concatenate(flat)
        if numbers.size != len(column) * self.features:
            raise DataError(
                f"{path} holds embeddings that are not all {self.features} numbers long.",
                remedy="Do not mix the embeddings of several models in one folder.",
            )
        return usable(numbers.reshape(len(column), self.features), rows)


def holds_embeddings(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a Parquet file, or a folder with some."""
    folder = Path(path)
    if folder.is_file():
        return folder.suffix.lower() in (".parquet", ".pq")
    return next(folder.rglob("*.parquet"), None) is not None


def _pairs(path: Path) -> list[tuple[Path, Path | None]]:
    """The files with embeddings, and beside each the table of the same rows where they are kept apart."""
    if path.is_file():
        return [(path, None)]
    run = path if (path / _RUN).is_dir() and (path / _TABLES).is_dir() else path.parent
    if (run / _RUN).is_dir() and (run / _TABLES).is_dir() and path in (run, run / _RUN):
        # Embeddings are written before the table; without it, the part is not done.
        tables = ((f, run / _TABLES / f.name) for f in sorted((run / _RUN).glob("*.parquet")))
        found: list[tuple[Path, Path | None]] = [(f, t) for f, t in tables if t.is_file()]
    else:
        found = [(f, None) for f in sorted(path.rglob("*.parquet")) if not _hidden(f, path)]
    if not found:
        raise DataError(
            f"There is no Parquet file with embeddings in {str(path)!r}.",
            remedy="Give a Parquet file, a folder with some, or a run of `skyform batch --embeddings`.",
        )
    return found


def _hidden(file: Path, root: Path) -> bool:
    return any(part.startswith((".", "_")) for part in file.relative_to(root).parts)


def _opened(path: Path) -> "ParquetFile":
    from pyarrow import ArrowException, parquet

    try:
        return parquet.ParquetFile(path)
    except (OSError, ArrowException) as error:
        raise DataError(
            f"{path} is not a readable Parquet file: {str(error).splitlines()[0][:200]}",
            remedy="It may be cut off: write it again, or take it out of the folder.",
        ) from error


def _needs(schema: "pa.Schema", path: Path, names: Sequence[str]) -> None:
    missing = [n for n in names if n not in schema.names]
    if missing:
        raise DataError(
            f"{path} has no column {missing[0]!r}; it has {', '.join(schema.names[:12])}"
            f"{' and others' if len(schema.names) > 12 else ''}.",
            remedy="Embeddings need the columns id and embedding; `skyform batch --embeddings` writes them.",
        )


def _carried(schema: "pa.Schema") -> tuple[str, ...]:
    return tuple(f.name for f in schema if f.name not in _NOT_CARRIED and is_light(f))


def is_light(field: "pa.Field") -> bool:
    """Whether a column is carried along without being named."""
    import pyarrow as pa

    light = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_integer,
        pa.types.is_boolean,
        pa.types.is_dictionary,
    )
    of_catalogue = (field.metadata or {}).get(b"origin") == b"catalogue"
    return of_catalogue or field.name in _POSITION or any(is_so(field.type) for is_so in light)


def _features(file: "ParquetFile", path: Path) -> int:
    """Length of the embeddings: from the column's type, or from the first embedding where the type leaves it open."""
    import pyarrow as pa

    _needs(file.schema_arrow, path, (_ID, EMBEDDING))
    type = file.schema_arrow.field(EMBEDDING).type
    if pa.types.is_fixed_size_list(type):
        return int(type.list_size)
    if pa.types.is_list(type) or pa.types.is_large_list(type):
        for batch in file.iter_batches(BLOCK, columns=[EMBEDDING]):
            valid = batch.column(0).drop_null()
            if len(valid):
                return len(valid[0])
    raise DataError(
        f"The column {EMBEDDING!r} of {path} holds {type}, and no list of numbers.",
        remedy="Write embeddings as lists of float16 or float32, all of one length.",
    )


def _flat(chunk: Any) -> ndarray:
    """All numbers of a chunk of lists, one after the other."""
    return np.asarray(chunk.flatten().to_numpy(zero_copy_only=False))


def _origin(file: "ParquetFile") -> Origin:
    metadata = file.schema_arrow.metadata or {}
    found = {
        name: metadata.get(name.encode(), b"").decode(errors="replace")
        for name in (_MODEL, _PREPROCESS)
    }
    for name in (n for n, value in found.items() if not value):
        if name in file.schema_arrow.names and file.metadata.num_rows:
            first = next(file.iter_batches(1, columns=[name])).column(0)[0].as_py()
            found[name] = str(first or "")
    return Origin(found[_MODEL], found[_PREPROCESS])
