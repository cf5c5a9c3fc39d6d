"""The work on one part: its items read, decoded and prepared into one buffer, run through the network, made into a table."""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from skyform.batch.estimates import joined
from skyform.batch.items import Item, Part
from skyform.batch.pixels import decodable
from skyform.batch.tables import Rows, TableMaker, flag_lists
from skyform.batch.tally import Tally, tally_of
from skyform.batch.work import Job, Work
from skyform.errors import ImageError
from skyform.images.preparer import Preparer
from skyform.inference.modelfile import ModelFile, Outputs
from skyform.inference.readout import averaged
from skyform.schema import Flag

__all__ = ["Classified", "PartClassifier", "classify_part"]

_KILLED = (
    "worker-died: The process that worked on this picture died, or came to no end, each time that it tried. Open the picture on its own "
    "to see why; it may need more memory than there is."
)
_UNREAD = (
    "worker-died: The process that read the part died at this item, each time that it tried; what comes after it in the part was "
    "not read. Check the file that the part comes from."
)
_NOTHING = "no-image: The source gave no picture for this item."


@dataclass(frozen=True, slots=True)
class Classified:
    """A part's table, its embeddings if they are wanted (one row for each row of the table), and its counts."""

    table: pa.Table
    embeddings: pa.Table | None
    tally: Tally


def classify_part(work: Work, part: Part) -> pa.Table:
    """The table of one part, with a model opened for it alone: for notebooks and tests. See `PartClassifier`."""
    return PartClassifier(work).classify(Job(part)).table


class PartClassifier:
    """Classifies parts, one after the other, on one thread.

    Parameters
    ----------
    work : Work

    Raises
    ------
    ModelError
        If the model file cannot be used.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._model = ModelFile(work.model, threads=1)
        self._info = self._model.info
        self._maker = TableMaker(self._info, schema=work.schema, columns=work.columns)
        self._preparer = Preparer(self._info.preprocess, limits=work.limits)
        side = self._preparer.size
        self._buffer = np.zeros((work.batch_size, side, side, 3), np.uint8)
        self._fill = 0
        self._since: float | None = None
        # A part without one good picture has embeddings of the same width as all others.
        self._features = (
            self._model.run(self._buffer[:1]).embedding.shape[1] if work.embeddings else 0
        )

    @property
    def since(self) -> float | None:
        """When the picture that is being decoded was begun, by `time.monotonic`; None where none is."""
        return self._since

    def classify(self, job: Job) -> Classified:
        """Read and classify the items of a part.

        A picture that cannot be used is a row with an error. What the source raises, goes on to the caller.
        """
        rows, batches = Rows(), list[Outputs]()
        self._fill = 0
        for item in self._items(job):
            flags, error = self._prepare(item)
            _add(rows, item, error, flags)
            self._fill += not error
            if self._fill == len(self._buffer):
                batches.append(self._run())
        if self._fill:
            batches.append(self._run())
        outputs = joined(batches, info=self._info, features=self._features)
        return self._finished(rows, outputs)

    def _items(self, job: Job) -> Iterator[Item]:
        start, end = job.within or (0, None)
        number = job.part.number
        if job.stop == 0:
            yield _lost(number, 0)
            return
        for position, item in enumerate(self._work.source.read(job.part)):
            if position >= start:
                yield replace(item, image=None, error=_KILLED) if position in job.skip else item
            # Not one more: the next may be the one that kills.
            if position + 1 == end:
                return
            if position + 1 == job.stop:
                yield _lost(number, position + 1)
                return

    def _prepare(self, item: Item) -> tuple[tuple[Flag, ...], str]:
        """Fill the next place of the buffer with what the network will see; the flags, and why there is nothing to see."""
        if item.error or item.image is None:
            return (), _coded(item.error) if item.error else _NOTHING
        self._since = time.monotonic()
        try:
            place = self._buffer[self._fill]
            return self._preparer.into(decodable(item.image), out=place)[1], ""
        except ImageError as error:
            return (), _told(f"{error.code}: {error}", item)
        except Exception as error:  # a fault of ours; it must not cost a run of a million pictures
            said = (
                f"internal-error: Skyform failed on this picture: {type(error).__name__}: {error}. "
            )
            return (), _told(f"{said}Please report it, with the picture.", item)
        finally:
            self._since = None

    def _run(self) -> Outputs:
        pixels = self._buffer[: self._fill]
        outputs = averaged(self._model, pixels, looks=self._info.looks)
        self._fill = 0
        if self._work.embeddings:
            return outputs
        # The widest output by far, and a part holds thousands of pictures.
        return replace(outputs, embedding=np.empty((len(outputs.embedding), 0), np.float32))

    def _finished(self, rows: Rows, outputs: Outputs) -> Classified:
        numbers = self._maker.estimates(outputs)
        flags = flag_lists(rows, numbers, self._info)
        tally = tally_of(
            rows,
            numbers,
            flags=flags,
            info=self._info,
            taxonomies=self._maker.taxonomies,
        )
        table = self._maker.table(rows, numbers, flags=flags)
        table = table.replace_schema_metadata(
            {**(table.schema.metadata or {}), b"tally": tally.to_json().encode()}
        )
        return Classified(table, self._embeddings(table, outputs), tally)

    def _embeddings(self, table: pa.Table, outputs: Outputs) -> pa.Table | None:
        if not self._work.embeddings:
            return None
        features = outputs.embedding.shape[1]
        values = pa.FixedSizeListArray.from_arrays(
            pa.array(outputs.embedding.ravel(), pa.float32()), features
        )
        failed = np.array([bool(e) for e in table["error"].to_pylist()], bool)
        places = pa.array(np.cumsum(~failed) - 1, pa.int64(), mask=failed)
        schema = pa.schema(
            [table.schema.field("id"), pa.field("embedding", pa.list_(pa.float32(), features))],
            metadata={
                "model": self._info.id,
                "preprocessing": self._info.preprocess.fingerprint,
            },
        )
        return pa.table([table["id"], values.take(places)], schema=schema)


def _add(rows: Rows, item: Item, error: str, flags: tuple[Flag, ...]) -> None:
    rows.ids.append(item.id)
    rows.paths.append(item.path)
    rows.ra.append(item.ra)
    rows.dec.append(item.dec)
    rows.errors.append(error)
    rows.flags.append(flags)
    rows.extras.append(item.extra)
    rows.misplaced += item.misplaced


def _lost(part: int, position: int) -> Item:
    return Item(f"part-{part:06d}#{position}", "", None, error=_UNREAD)


def _told(text: str, item: Item) -> str:
    """An error in one line, with the item's path where the decoders had no name for what they were given."""
    for unnamed in ("the given bytes", "the given array"):
        text = text.replace(f"{unnamed}:", f"{item.path}:")
    return " ".join(text.split())


def _coded(error: str) -> str:
    """The source's error with a code before it, if it has none."""
    code = error.partition(": ")[0]
    plain = " ".join(error.split())
    return plain if _is_code(code) else f"unreadable: {plain}"


def _is_code(word: str) -> bool:
    letters: Collection[str] = word.split("-")
    return all(part.isalpha() and part.islower() for part in letters)
