"""What is known of each indexed vector: its id and the columns that came with it, in Arrow files that are mapped, not read."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MappedRows", "RowsFile", "schema_of"]


class RowsFile:
    """An Arrow file that grows by tables of one schema.

    Parameters
    ----------
    path : path
    schema : Schema
    """

    def __init__(self, path: Path, *, schema: "pa.Schema") -> None:
        import pyarrow as pa

        self._schema = schema
        self._file = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_file(self._file, schema)

    def add(self, rows: "pa.Table") -> None:
        """Append rows, in the columns and types of the schema."""
        self._writer.write_table(rows.select(self._schema.names).cast(self._schema))

    def close(self) -> None:
        """Complete the file."""
        self._writer.close()
        self._file.close()


def schema_of(path: Path) -> "pa.Schema":
    """The columns of an Arrow file."""
    import pyarrow as pa

    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).schema


class MappedRows:
    """The rows of several Arrow files, one after the other; `schema` has their columns.

    Raises
    ------
    OSError, ArrowInvalid
        If a file is missing or is something else.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        import pyarrow as pa

        readers: list[Any] = [pa.ipc.open_file(pa.memory_map(str(f))) for f in files]
        self._batches = [r.get_batch(i) for r in readers for i in range(r.num_record_batches)]
        self.schema: pa.Schema = readers[0].schema if readers else pa.schema([])
        self._ends = np.array(list(accumulate(len(b) for b in self._batches)), dtype=np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def values(self, numbers: Iterable[int]) -> list[dict[str, Any]]:
        """The rows of these numbers, as plain values."""
        found: list[dict[str, Any]] = []
        for number in numbers:
            at = int(np.searchsorted(self._ends, number, side="right"))
            batch = self._batches[at]
            start = int(self._ends[at]) - len(batch)
            found += batch.slice(number - start, 1).to_pylist()
        return found

    def find(self, id: str) -> int:
        """The number of the first row with this id, -1 if there is none."""
        import pyarrow.compute as pc

        for batch, end in zip(self._batches, self._ends, strict=True):
            at = pc.index(batch.column("id"), id).as_py()
            if at >= 0:
                return int(end) - len(batch) + at
        return -1
