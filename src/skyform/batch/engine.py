"""What an engine is, and what every engine does with a part: classify it, and put its files into place."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa
from pyarrow import parquet

from skyform.batch.classifying import PartClassifier
from skyform.batch.items import Part
from skyform.batch.work import Job, Work, embedding_name, part_name

__all__ = ["Engine", "PartResult", "do_job"]


@dataclass(frozen=True, slots=True)
class PartResult:
    """A part that is done: its number, its rows, how many of them have an error, and how long it took."""

    number: int
    rows: int
    failed: int
    seconds: float = 0.0


@runtime_checkable
class Engine(Protocol):
    """Runs parts on processes of this machine, or of many."""

    @property
    def workers(self) -> int:
        """How many processes work at once."""
        ...

    def run(self, parts: Iterable[Part], work: Work) -> Iterator[PartResult]:
        """Classify parts, and give what became of each, in the order in which they are done.

        Parts are taken as there is room for them, a few for each process. When the iterator is closed or an error goes through it, the
        parts in flight are dropped; nothing half-written is left in their places.
        """
        ...

    def close(self) -> None:
        """Let go of what the engine holds, such as a cluster."""
        ...


def do_job(classifier: PartClassifier, job: Job, *, work: Work) -> PartResult:
    """Classify one part and put its table, and before it its embeddings, into place: a part with a table is done.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    start = time.monotonic()
    done = classifier.classify(job)
    if job.within is None:
        number = job.part.number
        if done.embeddings is not None:
            work.place.write(embedding_name(number), _parquet(done.embeddings))
        work.place.write(part_name(number), _parquet(done.table))
    seconds = time.monotonic() - start
    return PartResult(job.part.number, done.tally.rows, done.tally.failed, seconds)


def _parquet(table: pa.Table) -> bytes:
    file = BytesIO()
    # Numbers hardly ever repeat: a dictionary of them would only cost time.
    words: Any = [f.name for f in table.schema if pa.types.is_string(f.type)]
    metadata = table.schema.metadata or {}
    table = table.replace_schema_metadata({**metadata, **_lengths(table, words)})
    parquet.write_table(
        table, file, compression="zstd", use_dictionary=words, row_group_size=max(1, len(table))
    )
    return file.getvalue()


def _lengths(table: pa.Table, words: Sequence[str]) -> dict[str, str]:
    """The longest text of each column, where astropy looks for it: it warns, and reads every text, where it is not said."""
    texts = ((name, table[name].unique().to_pylist()) for name in words)
    longest = {name: max((len(t) for t in found if t), default=1) for name, found in texts}
    return {f"table::len::{name}": str(length) for name, length in longest.items()}
