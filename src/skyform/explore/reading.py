"""The one pass over the pictures: each is read, decoded, measured and let go of."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8, UInt64
from numpy import ndarray
from PIL import Image

from skyform.datasets.dataset import DataSet
from skyform.errors import SkyformError
from skyform.explore.measures import (
    LEVELS,
    PictureMeasures,
    brightness_of,
    contrast_of,
    equalisation,
    measure_picture,
    moved,
    span_of,
)
from skyform.images import Preprocess, decode
from skyform.images.fingerprint import picture_hash
from skyform.inference import Classifier
from skyform.schema import Flag

__all__ = ["MEASURES", "Embedder", "Readings", "Unread", "read_pictures"]

# Name, what it is, and whether its values span orders of magnitude.
MEASURES: dict[str, tuple[str, bool]] = {
    "brightness": ("mean grey level (0 to 255)", False),
    "contrast": ("RMS contrast (share of the full range)", False),
    "span": ("1st to 99th percentile (share of the full range)", False),
    "sharpness": ("variance of the Laplacian (squared grey levels)", True),
    "saturation": ("colour saturation (0 grey, 1 pure colour)", False),
}
MEAN_SIDE = 64  # px of a class's mean picture
STAMP_SIDE = 48  # px of a thumbnail in the map
_BATCH = 32
_AHEAD = 4  # batches that are read before they are needed


@dataclass(frozen=True)
class Embedder:
    """What turns prepared pictures into features: a name, its `Preprocess`, and uint8 pixels in, (batch, features) out."""

    name: str
    preprocess: Preprocess
    embed: Callable[[UInt8[ndarray, "b size size 3"]], Float[ndarray, "b features"]]

    @classmethod
    def bundled(cls) -> "Embedder":
        """The encoder of the model that comes with Skyform.

        Raises
        ------
        ModelError
            If the installation is incomplete.
        """
        model = Classifier.load().model
        return cls(model.info.id, model.info.preprocess, lambda p: model.run(p).embedding)


@dataclass(frozen=True, slots=True)
class Unread:
    """A picture that could not be read: its record, the error's stable code, and the reason."""

    index: int
    id: str
    code: str
    reason: str


@dataclass(eq=False)
class Readings:
    """All that is kept of the pictures: a few numbers for each, sums over all, features of a sample.

    Rows of pictures that could not be read hold NaN, 0 or "".

    Attributes
    ----------
    columns : mapping of str to array of float, shape (n,)
        The measures of `MEASURES`.
    width, height : array of int, shape (n,)
        Pixels, as displayed.
    hashes : array of uint64, shape (n, words)
        `skyform.images.fingerprint.picture_hash` of each picture.
    histograms : array of float, shape (4, 256)
        Share of the pixels at each level of red, green, blue and grey, averaged over the pictures.
    equalised : array of float, shape (256,)
        The grey one, had each picture been equalised by itself.
    means : array of float, shape (groups, 64, 64, 3)
        Mean picture of each group of records.
    sampled : array of int, shape (m,)
        Records whose features were computed.
    """

    n: int
    groups: int
    unread: list[Unread] = field(default_factory=list[Unread])
    columns: dict[str, Float[ndarray, " n"]] = field(default_factory=dict[str, ndarray])
    width: Int[ndarray, " n"] = field(init=False)
    height: Int[ndarray, " n"] = field(init=False)
    format: list[str] = field(init=False)
    digest: list[bytes] = field(init=False)
    flags: list[tuple[Flag, ...]] = field(init=False)
    hashes: UInt64[ndarray, "n words"] = field(init=False)
    histograms: Float[ndarray, "4 levels"] = field(init=False)
    equalised: Float[ndarray, " levels"] = field(init=False)
    means: Float[ndarray, "groups side side 3"] = field(init=False)
    sampled: Int[ndarray, " m"] = field(init=False)
    embeddings: Float[ndarray, "m features"] = field(init=False)
    stamps: UInt8[ndarray, "m side side 3"] = field(init=False)

    def __post_init__(self) -> None:
        n = self.n
        self.columns = {name: np.full(n, np.nan) for name in MEASURES}
        self.width, self.height = np.zeros(n, int), np.zeros(n, int)
        self.format, self.digest, self.flags = [""] * n, [b""] * n, [()] * n
        self.hashes = np.zeros((n, 0), np.uint64)
        self.histograms = np.zeros((4, LEVELS))
        self.equalised = np.zeros(LEVELS)
        self.means = np.zeros((self.groups, MEAN_SIDE, MEAN_SIDE, 3))
        self.sampled = np.zeros(0, int)
        self.embeddings = np.zeros((0, 0), np.float32)
        self.stamps = np.zeros((0, STAMP_SIDE, STAMP_SIDE, 3), np.uint8)

    @property
    def ok(self) -> Bool[ndarray, " n"]:
        """Whether each picture could be read."""
        return self.width > 0


@dataclass(frozen=True, eq=False)
class _Item:
    """One picture on its way through a thread: what was measured, or why it could not be read."""

    index: int
    unread: Unread | None = None
    width: int = 0
    height: int = 0
    format: str = ""
    measures: PictureMeasures | None = None
    hash: ndarray | None = None
    small: ndarray | None = None
    flags: tuple[Flag, ...] = ()
    prepared: ndarray | None = None


def read_pictures(
    dataset: DataSet,
    *,
    groups: Int[ndarray, " n"],
    sample: Int[ndarray, " m"],
    embedder: Embedder | None = None,
    progress: Callable[[int, int], object] = lambda done, failed: None,
    workers: int | None = None,
) -> Readings:
    """Read every picture once.

    Parameters
    ----------
    dataset : DataSet
    groups : array of int, shape (n,)
        Of which pictures to make a mean picture together, 0 to k - 1; negative for none.
    sample : array of int, shape (m,)
        Records whose features are wanted; without an `embedder` there are none.
    embedder : Embedder, optional
    progress : callable
        Told after each picture how many are done, and how many of these could not be read.
    workers : int, optional
        Threads that read and decode; the number of cores by default.
    """
    count = int(groups.max(initial=-1)) + 1
    readings = Readings(len(dataset), count)
    wanted = set() if embedder is None else set(sample.tolist())
    preprocess = Preprocess() if embedder is None else embedder.preprocess
    features = _Features(embedder)

    def measure(index: int) -> _Item:
        return _measured(dataset, index, preprocess=preprocess, keep=index in wanted)

    for done, item in enumerate(_in_order(measure, len(dataset), workers=workers), start=1):
        _enter(readings, item, group=int(groups[item.index]))
        if item.prepared is not None:
            features.add(item.index, item.prepared)
        progress(done, len(readings.unread))
    features.finish(readings)
    members = np.bincount(groups[readings.ok & (groups >= 0)], minlength=count)
    readings.means /= np.maximum(members, 1)[:, None, None, None]
    readings.histograms /= max(int(readings.ok.sum()), 1)
    readings.equalised /= max(int(readings.ok.sum()), 1)
    return readings


def _measured(dataset: DataSet, index: int, *, preprocess: Preprocess, keep: bool) -> _Item:
    id = dataset.records[index].id
    try:
        picture = decode(dataset.image(index))
        prepared = preprocess(picture)
        return _Item(
            index,
            width=picture.width,
            height=picture.height,
            format=picture.format,
            measures=measure_picture(picture.rgb),
            hash=picture_hash(picture.rgb),
            small=_square(picture.rgb, side=MEAN_SIDE),
            flags=prepared.flags,
            prepared=prepared.pixels if keep else None,
        )
    except SkyformError as error:
        return _Item(index, Unread(index, id, error.code, error.message))
    except Exception as error:  # one strange file must not cost the report on all others
        return _Item(index, Unread(index, id, "internal-error", f"{type(error).__name__}: {error}"))


def _enter(readings: Readings, item: _Item, *, group: int) -> None:
    """Write one picture into the columns and sums."""
    at, measures = item.index, item.measures
    if item.unread is not None:
        readings.unread.append(item.unread)
    if measures is None or item.hash is None:
        return
    if readings.hashes.shape[1] == 0:
        readings.hashes = np.zeros((readings.n, item.hash.size), np.uint64)
    readings.hashes[at] = item.hash
    readings.width[at], readings.height[at] = item.width, item.height
    readings.format[at], readings.digest[at] = item.format, measures.digest
    readings.flags[at] = item.flags
    grey = measures.histograms[3]
    values = (
        brightness_of(grey),
        contrast_of(grey),
        span_of(grey),
        measures.sharpness,
        measures.saturation,
    )
    for column, value in zip(readings.columns.values(), values, strict=True):
        column[at] = value
    # Shares rather than counts, or the largest pictures would decide alone.
    pixels = grey.sum()
    readings.histograms += measures.histograms / pixels
    readings.equalised += moved(grey, equalisation(grey)) / pixels
    if group >= 0:
        readings.means[group] += item.small


class _Features:
    """Gathers prepared pictures and runs the network on a batch at a time."""

    def __init__(self, embedder: Embedder | None) -> None:
        self._embedder = embedder
        self._waiting: list[ndarray] = []
        self._indices: list[int] = []
        self._stamps: list[ndarray] = []
        self._embedded: list[ndarray] = []

    def add(self, index: int, pixels: ndarray) -> None:
        """One more prepared picture."""
        self._indices.append(index)
        self._stamps.append(_square(pixels, side=STAMP_SIDE))
        self._waiting.append(pixels)
        if len(self._waiting) == _BATCH:
            self._run()

    def finish(self, readings: Readings) -> None:
        """Embed what is left and hand everything over."""
        self._run()
        if self._indices:
            readings.sampled = np.array(self._indices)
            readings.stamps = np.stack(self._stamps)
            readings.embeddings = np.concatenate(self._embedded)

    def _run(self) -> None:
        if self._embedder is not None and self._waiting:
            features = self._embedder.embed(np.stack(self._waiting))
            self._embedded.append(np.asarray(features, dtype=np.float32))
            self._waiting.clear()


def _in_order(
    measure: Callable[[int], _Item], count: int, *, workers: int | None
) -> Iterator[_Item]:
    """Measured pictures in the set's order, a few of them ahead of their turn."""
    workers = workers or _cores()
    with ThreadPoolExecutor(workers, thread_name_prefix="skyform-explore") as pool:
        waiting: deque[Future[_Item]] = deque()
        try:
            for index in range(count):
                waiting.append(pool.submit(measure, index))
                if len(waiting) >= _AHEAD * _BATCH:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _square(rgb: UInt8[ndarray, "height width 3"], *, side: int) -> UInt8[ndarray, "side side 3"]:
    """The central square of a picture, resized."""
    height, width = rgb.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    part = np.ascontiguousarray(rgb[top : top + edge, left : left + edge])
    return np.asarray(Image.fromarray(part).resize((side, side), Image.Resampling.BOX))
