"""Building an index: streamed, written aside, and moved into place when it is whole."""

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skyform.errors import DataError, OutputError
from skyform.search.embeddings import Block, Embeddings
from skyform.search.graph import Storage, encoded, new_graph, opened_graph
from skyform.search.index import INFO, PROJECTION, IndexInfo, is_index
from skyform.search.projection import Projection, fit_projection
from skyform.search.rows import RowsFile, schema_of

if TYPE_CHECKING:
    import os

    from usearch.index import Index as UsearchIndex

__all__ = ["DIMS", "build_index"]

DIMS = 128
_PROGRESS = "progress.json"
_EVERY = 1_000_000  # vectors between two states to resume from


def build_index(
    embeddings: Embeddings,
    path: "str | os.PathLike[str]",
    *,
    dims: int = DIMS,
    storage: Storage = "i8",
    threads: int = 0,
    overwrite: bool = False,
    checkpoint: int = _EVERY,
    on_progress: Callable[[int], None] | None = None,
) -> IndexInfo:
    """Build an index in a folder.

    Embeddings are read in blocks, so memory holds little but the graph itself: at 128 dimensions of 8 bits about 0.35 kB a vector.
    The work is done in `<path>.part`; every million vectors its state is saved, and an interrupted build goes on from there when
    it is started again with the same embeddings and settings.

    Parameters
    ----------
    embeddings : Embeddings
    path : path
        The folder to make.
    dims : int
        Principal components to compare by; all of them, that is the embedding only turned, where there are not as many.
    storage : "i8" or "f16"
        Bits of each coordinate.
    threads : int
        0 uses every core; 1 makes the same index every time.
    overwrite : bool
        Replace an index that is there.
    checkpoint : int
        Vectors between two states to resume from.
    on_progress : callable, optional
        Told the number of vectors so far.

    Returns
    -------
    IndexInfo

    Raises
    ------
    OutputError
        If there is something in the place, or the disk is full.
    DataError
        If there is no usable embedding.
    MissingExtraError
        If usearch is not installed.
    """
    target = Path(path)
    _check_target(target, overwrite)
    part = target.with_name(target.name + ".part")
    settings = {"dims": dims, "storage": storage}
    try:
        build = _Build.begun(part, embeddings, settings)
        build.run(threads=threads, every=checkpoint, told=on_progress or (lambda done: None))
        info = build.finished()
        _move(part, target)
        (target / _PROGRESS).unlink(missing_ok=True)
    except (OSError, RuntimeError) as error:
        # usearch tells of a full disk by a RuntimeError.
        raise OutputError(
            f"The index {str(target)!r} cannot be written: {str(error).splitlines()[0][:200]}.",
            remedy="Check that the folder may be written to and has room; what is done so far is kept in "
            f"{str(part)!r}, and the same command goes on from there.",
        ) from error
    return info


@dataclass
class _State:
    """What progress.json holds: what is being built, and up to where."""

    fingerprint: str
    storage: Storage
    piece: int = 0
    count: int = 0
    skipped: int = 0
    rows: list[str] = field(default_factory=list[str])
    graph: str = ""
    bytes: int = 0


class _Build:
    """One build under way."""

    def __init__(
        self,
        part: Path,
        embeddings: Embeddings,
        projection: Projection,
        graph: "UsearchIndex",
        state: _State,
    ) -> None:
        self._part, self._embeddings, self._projection = part, embeddings, projection
        self._graph, self._state = graph, state
        self._rows: RowsFile | None = None
        self._schema = schema_of(part / state.rows[0]) if state.rows else None

    @classmethod
    def begun(cls, part: Path, embeddings: Embeddings, settings: dict[str, Any]) -> "_Build":
        """A new build, or the one that was interrupted."""
        storage: Storage = settings["storage"]
        text = json.dumps([embeddings.fingerprint, settings], sort_keys=True)
        fingerprint = hashlib.sha256(text.encode()).hexdigest()
        graph = new_graph(dims=1, storage=storage)  # a missing library is told before any work
        state = _read_state(part, fingerprint)
        if state is not None:
            with suppress(OSError, RuntimeError, ValueError, KeyError):
                # What cannot be read, after a loss of power perhaps, is made anew.
                projection = Projection.load(part / PROJECTION)
                graph = opened_graph(
                    part / state.graph, dims=projection.dims, storage=storage, mapped=False
                )
                return cls(part, embeddings, projection, graph, state)
        projection = fit_projection(embeddings, dims=settings["dims"])
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        projection.save(part / PROJECTION)
        graph = new_graph(dims=projection.dims, storage=storage)
        return cls(part, embeddings, projection, graph, _State(fingerprint, storage))

    def run(self, *, threads: int, every: int, told: Callable[[int], None]) -> None:
        """Add all that is not there yet."""
        state, saved = self._state, self._state.count
        try:
            for piece in range(state.piece, len(self._embeddings.pieces)):
                before = state.count
                for block in self._embeddings.read(piece):
                    self._add(block, threads=threads)
                    told(state.count)
                state.skipped += self._embeddings.pieces[piece] - (state.count - before)
                state.piece = piece + 1
                if state.count - saved >= every:
                    self._save()
                    saved = state.count
        finally:
            self._close_rows()

    def finished(self) -> IndexInfo:
        """Write the graph and what is to be said of the index."""
        state, projection, origin = self._state, self._projection, self._embeddings.origin
        self._save()
        info = IndexInfo(
            count=state.count,
            skipped=state.skipped,
            features=projection.features,
            dims=projection.dims,
            explained=round(projection.explained, 6),
            storage=state.storage,
            model=origin.model,
            preprocess=origin.preprocess,
            source=Path(self._embeddings.address).name,
            columns=tuple(self._schema.names if self._schema else ()),
            rows=tuple(state.rows),
            graph=state.graph,
            bytes=state.bytes,
        )
        _write_json(self._part / INFO, info.to_dict())
        return info

    def _add(self, block: Block, *, threads: int) -> None:
        if not len(block.vectors):
            return
        if self._rows is None:
            name = f"rows-{len(self._state.rows)}.arrow"
            self._schema = self._schema or block.rows.schema.remove_metadata()
            self._rows = RowsFile(self._part / name, schema=self._schema)
            self._state.rows.append(name)
        try:
            self._rows.add(block.rows)
        except (ValueError, KeyError, NotImplementedError) as error:
            raise DataError(
                f"The files of {self._embeddings.address} disagree about the type of a column: {error}.",
                remedy="Name the columns to carry with --columns.",
            ) from error
        coded = encoded(self._projection(block.vectors), storage=self._state.storage)
        keys = np.arange(self._state.count, self._state.count + len(coded), dtype=np.uint64)
        self._graph.add(keys, coded, threads=threads)
        self._state.count += len(coded)

    def _save(self) -> None:
        """A state to resume from. The old graph stays until the new one is written and named in progress.json."""
        state = self._state
        self._close_rows()
        old, state.graph = state.graph, f"graph-{state.piece}.usearch"
        if old == state.graph:
            return
        self._graph.save(self._part / state.graph)
        state.bytes = (self._part / state.graph).stat().st_size
        _write_json(self._part / _PROGRESS, vars(state))
        if old:
            (self._part / old).unlink()

    def _close_rows(self) -> None:
        if self._rows is not None:
            self._rows.close()
            self._rows = None


def _read_state(part: Path, fingerprint: str) -> _State | None:
    """Where an interrupted build of the same index stands, or None."""
    try:
        state = _State(**json.loads((part / _PROGRESS).read_text(encoding="utf-8")))
        whole = (part / state.graph).stat().st_size == state.bytes
    except (OSError, ValueError, TypeError):
        return None
    return state if whole and state.fingerprint == fingerprint else None


def _write_json(path: Path, values: dict[str, Any]) -> None:
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    aside.replace(path)


def _check_target(target: Path, overwrite: bool) -> None:
    if is_index(target):
        if not overwrite:
            raise OutputError(
                f"The index {str(target)!r} exists.", remedy="Give another name, or --force."
            )
    elif target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise OutputError(
            f"{str(target)!r} exists and is not an index.", remedy="Give the name of a new folder."
        )


def _move(part: Path, target: Path) -> None:
    """Put the finished index in its place. The old one stays whole until the new one is there."""
    old = target.with_name(target.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    with suppress(FileNotFoundError):
        target.rename(old)
    part.rename(target)
    shutil.rmtree(old, ignore_errors=True)
