"""A run from start to end: the plan, the manifest, the parts that are not done yet, the merged file, the summary."""

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from skyform.batch.engine import Engine, PartResult
from skyform.batch.fields import Schema
from skyform.batch.items import Part, Source
from skyform.batch.locks import Share, claimed, setting_up
from skyform.batch.manifest import (
    MANIFEST,
    Manifest,
    described_model,
    described_source,
    differences,
    read_manifest,
)
from skyform.batch.merging import MERGED, Format, merge
from skyform.batch.places import Place, open_place
from skyform.batch.plan import PLAN, done_parts, planned_parts, write_plan
from skyform.batch.progress import Pace, Pulse
from skyform.batch.repeats import repeated_ids
from skyform.batch.summary import (
    SUMMARY,
    LastProcess,
    Summary,
    part_tally,
    total_tally,
    write_summary,
)
from skyform.batch.tally import Tally
from skyform.batch.work import EMBEDDINGS, PARTS, Work
from skyform.batch.writing import Origin
from skyform.errors import BatchError
from skyform.images import Limits
from skyform.inference.modelfile import ModelFile, ModelInfo, model_path
from skyform.inference.tables import Column

__all__ = ["Begin", "Outcome", "Settings", "run_batch"]

Begin = Literal["continue", "resume", "restart"]

# While parts are tried anew, what was made of all of them is not up to date; a file for each share says so.
_STATE, _RETRY = ".skyform", "retry-"
_OURS = re.compile(r"part-\d{6,}\.parquet(\.tmp-[\w-]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a run is done.

    Parameters
    ----------
    model : str
        "small" or "base", or the path of a model file.
    schema : "friendly" or "full"
    embeddings : bool
        Whether to write the network's features beside the table.
    format : "parquet", "fits", "votable" or "csv"
        Parquet are the parts themselves; others add one file with all rows.
    share : Share
        Which of the parts this process does.
    part_size, batch_size : int
        Items of a part; pictures that go through the network together.
    limits : Limits
        Largest picture that is opened.
    begin : "continue", "resume" or "restart"
        What to do where a run has been begun: go on if nothing has changed; go on with the pictures planned then even if the source has
        changed; or remove it and begin anew.
    retry_failed : bool
        Whether to do parts anew that are done and have rows with errors.

    Raises
    ------
    ValueError
        If a size is below 1.
    """

    model: str = "small"
    schema: Schema = "friendly"
    embeddings: bool = False
    format: Format = "parquet"
    share: Share = field(default_factory=Share)
    part_size: int = 2048
    batch_size: int = 16
    limits: Limits = field(default_factory=Limits)
    begin: Begin = "continue"
    retry_failed: bool = False

    def __post_init__(self) -> None:
        for name in ("part_size", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give a number of at least 1.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run went.

    Attributes
    ----------
    rows, failed : int
        Done by this process, and those of them with an error.
    earlier : int
        Items that were done before.
    seconds : float
        For `rows`.
    tally : Tally or None
        Over the whole run; None while other shares are missing.
    files : tuple of str
        What to look at: the parts, or the merged file, and the summary.
    parts : int
        Of the share.
    repeated : int or None
        Rows with the id of an earlier one; None where they were not counted by this process.
    """

    rows: int
    failed: int
    earlier: int
    seconds: float
    tally: Tally | None
    files: tuple[str, ...]
    parts: int = 0
    repeated: int | None = None

    @property
    def complete(self) -> bool:
        """Whether all parts of the run are done."""
        return self.tally is not None


def run_batch(
    source: Source,
    *,
    to: str,
    engine: Engine,
    settings: Settings | None = None,
    said: Callable[[Pulse], None] = lambda pulse: None,
) -> Outcome:
    """Classify all that a source gives, into one destination. Run again after any interruption, it goes on.

    Parameters
    ----------
    source : Source
    to : str
        A folder, or an address that fsspec knows.
    engine : Engine
    settings : Settings, optional
    said : callable
        Told how far the run is.

    Raises
    ------
    BatchError
        If the run there was begun with something else, another process is at work on it, or workers keep dying.
    OutputError
        If results cannot be written, such as on a full disk.
    ModelError, DataError
        If the model or the source cannot be used.
    """
    settings = settings or Settings()
    place = open_place(to)
    path = model_path(settings.model).absolute()
    info = ModelFile(path, threads=1).info
    pace = Pace(said)
    with ExitStack() as stack:
        with setting_up(place):
            alone = settings.begin == "restart"
            stack.enter_context(claimed(place, settings.share, alone=alone))
            manifest = _begun(
                source, place=place, path=path, info=info, settings=settings, pace=pace
            )
            _sweep_rest(place)
        # Before the work, and after it: processes that are told to stop leave at once.
        _sweep_parts(place, settings.share)
        stack.callback(_sweep_parts, place, settings.share)
        work = _work(source, place=place, path=path, settings=settings, manifest=manifest)
        done = _Done(place, settings.share, retry_failed=settings.retry_failed)
        rows, failed = _classify(engine, work, done=done, pace=pace)
        seconds = pace.seconds
        with setting_up(place):
            _check_written(place, settings.share, path=to)
            here = LastProcess(rows, seconds, engine.workers)
            tally, files, repeated = _finish(
                place, manifest, info, settings.format, here, pace=pace
            )
            place.remove(_retry_mark(settings.share))
        pace.end(rows, failed=failed, earlier=done.items, seconds=seconds)
    return Outcome(rows, failed, done.items, seconds, tally, files, done.parts, repeated)


class _Done:
    """What of a share is done already, and is not to be done anew."""

    def __init__(self, place: Place, share: Share, *, retry_failed: bool) -> None:
        self._place, self._share = place, share
        self._parts = done_parts(place)
        if retry_failed:
            mine = (n for n in self._parts if share.has(n))
            again = {n for n in mine if part_tally(place, n).failed}
            if again:
                place.write(_retry_mark(share), b"")
            self._parts -= again
        self.items, self.left, self.parts = 0, 0, 0
        for part in planned_parts(place, share=share):
            self.parts += 1
            if part.number in self._parts:
                self.items += part.count
            else:
                self.left += part.count

    def remaining(self) -> Iterator[Part]:
        """The parts that are not done, in order."""
        for part in planned_parts(self._place, share=self._share):
            if part.number not in self._parts:
                yield part


def _begun(
    source: Source,
    *,
    place: Place,
    path: Path,
    info: ModelInfo,
    settings: Settings,
    pace: Pace,
) -> Manifest:
    """The manifest of the run in the destination: the one that is there, if it fits, or a new one."""
    if settings.begin == "restart":
        _remove(place)
    now = Manifest(
        source=described_source(source),
        model=described_model(path, info),
        parameters={
            "schema": settings.schema,
            "embeddings": settings.embeddings,
            "part_size": settings.part_size,
            "batch_size": settings.batch_size,
            "max_bytes": settings.limits.max_bytes,
            "max_pixels": settings.limits.max_pixels,
        },
    )
    then = read_manifest(place)
    if then is not None:
        _check_same(then, now, place=place, tolerant=settings.begin == "resume")
        return then
    if any(_OURS.fullmatch(name) for name in place.names(PARTS)):
        raise BatchError(
            f"{place.path(PARTS)!r} has parts of a run, but {place.path(MANIFEST)!r} is missing.",
            remedy="Choose another --to, or --restart to remove them and begin anew.",
        )
    pace.begin("planning", total=source.total)
    parts, items = write_plan(source, place=place, size=settings.part_size, said=pace.tell)
    columns: tuple[Column, ...] = getattr(source, "columns", ())
    manifest = replace(now, columns=columns, parts=parts, items=items)
    manifest.write(place)
    return manifest


def _check_same(then: Manifest, now: Manifest, *, place: Place, tolerant: bool) -> None:
    differing = differences(then, now, tolerant=tolerant)
    if not differing:
        return
    remedy = "Give what it was begun with, choose another --to, or --restart to remove it and begin anew."
    if not differences(then, now, tolerant=True):
        remedy = "--resume goes on with the pictures that were planned then; --restart removes what is done and begins anew."
    raise BatchError(
        f"The run in {place.address!r} was begun with something else:\n  " + "\n  ".join(differing),
        remedy=remedy,
    )


def _work(
    source: Source, *, place: Place, path: Path, settings: Settings, manifest: Manifest
) -> Work:
    return Work(
        fingerprint=manifest.fingerprint,
        source=source,
        place=place,
        model=str(path),
        schema=settings.schema,
        columns=manifest.columns,
        embeddings=settings.embeddings,
        batch_size=settings.batch_size,
        limits=settings.limits,
    )


def _classify(engine: Engine, work: Work, *, done: _Done, pace: Pace) -> tuple[int, int]:
    rows, failed = 0, 0
    pace.begin("classifying", total=done.items + done.left, earlier=done.items)
    if done.left:
        with closing(_results(engine, work, done)) as results:
            for result in results:
                if not rows and result.seconds:
                    pace.first_took(result.seconds)
                rows, failed = rows + result.rows, failed + result.failed
                pace.tell(rows, failed=failed)
    return rows, failed


def _results(engine: Engine, work: Work, done: _Done) -> Generator[PartResult, None, None]:
    yield from engine.run(done.remaining(), work)


def _check_written(place: Place, share: Share, *, path: str) -> None:
    """A process on another machine may have written into a folder of the same name there."""
    there = done_parts(place)
    missing = sum(1 for part in planned_parts(place, share=share) if part.number not in there)
    if missing:
        raise BatchError(
            f"{missing:,} parts were reported as done, but are not in {path!r}.",
            remedy="Every node must see the destination at the same path: give a shared folder or a bucket.",
        )


def _finish(
    place: Place,
    manifest: Manifest,
    info: ModelInfo,
    format: Format,
    here: LastProcess,
    *,
    pace: Pace,
) -> tuple[Tally | None, tuple[str, ...], int | None]:
    """Merge and sum up, if no share is missing: the counts, what to look at, and how many ids are repeated."""
    done = len(done_parts(place))
    if done < manifest.parts:
        return None, (place.path(PARTS),) if done else (), None
    stale = here.rows > 0 or any(n.startswith(_RETRY) for n in place.names(_STATE))
    numbers, repeated = range(manifest.parts), None
    tally = total_tally(place, numbers)
    if format == "parquet":
        table = place.path(PARTS)
    else:
        table = place.path(MERGED[format])
        if stale or not place.exists(MERGED[format]):
            pace.begin("merging", total=tally.rows)
            table = merge(place, format, numbers=numbers, origin=_origin(manifest), said=pace.tell)
    if stale or not place.exists(SUMMARY):
        repeated = repeated_ids(place, numbers, rows=tally.rows)
        write_summary(Summary(manifest, tally, here, repeated), place=place, info=info)
    return tally, (table, place.path(SUMMARY)), repeated


def _origin(manifest: Manifest) -> Origin:
    model = manifest.model
    return Origin(model["id"], model["preprocessing"], manifest.skyform)


def _retry_mark(share: Share) -> str:
    return f"{_STATE}/{_RETRY}{share.number}-of-{share.of}"


def _remove(place: Place) -> None:
    """Take away what a run has written, and nothing else. The manifest last, so that what is left still has one."""
    for folder in (PARTS, EMBEDDINGS):
        for name in list(place.names(folder)):
            if _OURS.fullmatch(name):
                place.remove(f"{folder}/{name}")
    marks = [f"{_STATE}/{n}" for n in place.names(_STATE) if n.startswith(_RETRY)]
    for name in (*MERGED.values(), "summary.json", SUMMARY, *marks, MANIFEST, PLAN):
        place.remove(name)


def _sweep_parts(place: Place, share: Share) -> None:
    """Remove what a killed process of this share has left half-written."""
    for folder in (PARTS, EMBEDDINGS):
        for name in list(place.names(folder)):
            match = _OURS.fullmatch(name)
            if match and match.group(1) and share.has(int(name[5 : name.index(".parquet")])):
                place.remove(f"{folder}/{name}")


def _sweep_rest(place: Place) -> None:
    """The same for the files that only one process writes, while setting up or finishing."""
    ends = tuple(name.rpartition("/")[2] + ".tmp-" for name in (*MERGED.values(), PLAN, MANIFEST))
    for folder in ("", PLAN.partition("/")[0]):
        for name in list(place.names(folder)):
            if name.startswith(ends):
                place.remove(f"{folder}/{name}" if folder else name)
