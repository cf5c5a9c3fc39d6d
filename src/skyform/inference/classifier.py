"""`Classifier`: pictures in, `Prediction`s out."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from skyform.errors import ImageError, SkyformError
from skyform.images import Limits, Picture, Prepared, Source, decode
from skyform.inference.evidence import evidence_map
from skyform.inference.modelfile import ModelFile, ModelInfo, model_path
from skyform.inference.readout import averaged, predictions
from skyform.schema import Failure, Prediction
from skyform.schema.modelfile import ORIENTATIONS

__all__ = ["Classifier"]

_COMPRESSED = (".gz", ".bz2", ".fz")


@dataclass(frozen=True)
class _Item:
    """One input on its way: named, and either prepared or failed. The picture is kept only where evidence is asked for."""

    id: str
    path: str
    prepared: Prepared | None
    failure: Failure | None
    picture: Picture | None = None


class Classifier:
    """Classifies pictures of the sky. Safe to share between threads.

    Parameters
    ----------
    model : ModelFile
        See `Classifier.load` for the usual way.
    limits : Limits
        Largest picture that is opened.

    Examples
    --------
    >>> classifier = Classifier.load()
    >>> for prediction in classifier(["m51.jpg", "ngc1300.fits"]):
    ...     print(prediction.id, prediction.sentence)
    """

    def __init__(self, model: ModelFile, *, limits: Limits | None = None) -> None:
        self.model = model
        self.limits = limits or Limits()

    @classmethod
    def load(
        cls,
        model: str | os.PathLike[str] | None = None,
        *,
        threads: int | None = None,
        limits: Limits | None = None,
    ) -> "Classifier":
        """Open a model that comes with Skyform, or a model file.

        Parameters
        ----------
        model : str or path, optional
            "base" (the default) or "small", see `BUNDLED`; or an ONNX file that `skyform train`, `skyform fit` or `skyform export` made.
        threads : int, optional
            Threads inside one call of the network; all cores by default.
        limits : Limits, optional

        Raises
        ------
        ModelError
        """
        return cls(ModelFile(model_path(model), threads=threads), limits=limits)

    @property
    def info(self) -> ModelInfo:
        """What the model file says of itself."""
        return self.model.info

    def classify(
        self,
        image: Source,
        *,
        id: str | None = None,
        evidence: bool | str = False,
        average: bool | None = None,
    ) -> Prediction:
        """Classify one picture. A picture that cannot be used gives a `Prediction` with `failure`.

        Parameters
        ----------
        image : path, bytes, array or PIL image
        id : str, optional
            Name in the result; the file's stem by default.
        evidence : bool or answer id
            Whether to draw the evidence map: of the decisive answer, or of the one of `info.maps` that is named.
        average : bool, optional
            True averages over all eight flips and rotations, False takes one look; by default the model's own number of looks, for which it was
            calibrated.

        Raises
        ------
        KeyError
            If `evidence` names what the model has no map of.
        """
        item = self._prepare(image, 0, keep=bool(evidence))
        if id is not None:
            item = _Item(id, item.path, item.prepared, item.failure, item.picture)
        return self._predict([item], evidence=evidence, average=average)[0]

    def __call__(
        self,
        images: Iterable[Source] | Source,
        *,
        evidence: bool | str = False,
        average: bool | None = None,
        batch_size: int = 32,
        workers: int | None = None,
    ) -> Iterator[Prediction]:
        """Classify any number of pictures: one `Prediction` each, in order, as they get ready.

        Memory holds a few batches, whatever the number of pictures.

        Parameters
        ----------
        images : iterable of paths, bytes, arrays or PIL images, or a single one
        evidence, average
            See `classify`.
        batch_size : int
            Pictures that go through the network together.
        workers : int, optional
            Threads that read and decode; the number of cores by default. 1 does everything in the calling thread.

        Raises
        ------
        ValueError
            If `batch_size` or `workers` is below 1.
        """
        workers = _cores() if workers is None else workers
        if batch_size < 1 or workers < 1:
            raise ValueError(
                f"batch_size is {batch_size} and workers {workers}; both must be at least 1"
            )
        numbered = enumerate(_each(images))

        def prepare(numbered_image: tuple[int, Source]) -> _Item:
            number, image = numbered_image
            return self._prepare(image, number, keep=bool(evidence))

        for batch in _batches(numbered, prepare, batch_size=batch_size, workers=workers):
            yield from self._predict(batch, evidence=evidence, average=average)

    def _prepare(self, image: Source, number: int, *, keep: bool) -> _Item:
        path = os.fsdecode(image) if isinstance(image, str | os.PathLike) else ""
        id = _stem(path) if path else f"image-{number}"
        try:
            picture = decode(image, limits=self.limits, min_side=self.info.preprocess.min_side)
            prepared = self.info.preprocess(picture)
        except ImageError as error:
            return _Item(id, path, None, Failure(error.code, error.message, error.remedy))
        except Exception as error:  # a fault of ours; it must not cost a run of a million pictures
            return _Item(id, path, None, _our_fault(error))
        return _Item(id, path, prepared, None, picture if keep else None)

    def _predict(
        self, items: Sequence[_Item], *, evidence: bool | str, average: bool | None
    ) -> list[Prediction]:
        good = [i for i in items if i.prepared is not None]
        made: Iterator[Prediction] = iter(())
        if good:
            made = iter(self._classified(good, evidence=evidence, average=average))
        return [
            next(made)
            if item.prepared is not None
            else Prediction(item.id, item.path, self.info.id, failure=item.failure)
            for item in items
        ]

    def _classified(
        self, items: Sequence[_Item], *, evidence: bool | str, average: bool | None
    ) -> list[Prediction]:
        prepared = [i.prepared for i in items if i.prepared is not None]
        pixels = np.stack([p.pixels for p in prepared])
        looks = self.info.looks if average is None else len(ORIENTATIONS) if average else 1
        outputs = averaged(self.model, pixels, looks=looks)
        made = predictions(
            outputs,
            info=self.info,
            ids=[i.id for i in items],
            paths=[i.path for i in items],
            prepared=prepared,
        )
        if not evidence:
            return made
        return [
            evidence_map(
                self.model, p, item.picture, answer=evidence if isinstance(evidence, str) else None
            )
            for p, item in zip(made, items, strict=True)
        ]


def _batches(
    numbered: Iterator[tuple[int, Source]],
    prepare: Callable[[tuple[int, Source]], _Item],
    *,
    batch_size: int,
    workers: int,
) -> Iterator[list[_Item]]:
    """Prepared batches, in order; with several workers the next batch is prepared while this one is in the network."""
    if workers == 1:
        while batch := [prepare(i) for i in islice(numbered, batch_size)]:
            yield batch
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="skyform-decode") as pool:
        waiting: deque[list[Future[_Item]]] = deque()
        try:
            while True:
                while len(waiting) < 2:
                    futures = [pool.submit(prepare, i) for i in islice(numbered, batch_size)]
                    if not futures:
                        break
                    waiting.append(futures)
                if not waiting:
                    return
                yield [f.result() for f in waiting.popleft()]
        finally:
            for future in (f for futures in waiting for f in futures):
                future.cancel()


def _cores() -> int:
    """Cores that this process may use; on a shared machine often fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _each(images: Iterable[Source] | Source) -> Iterable[Source]:
    """A path, bytes, an array or a PIL image is one picture; anything else that can be iterated holds several."""
    if isinstance(images, str | bytes | os.PathLike | np.ndarray) or not isinstance(
        images, Iterable
    ):
        return (images,)
    return images


def _stem(path: str) -> str:
    name = Path(path).name
    stem, suffix = os.path.splitext(name)
    if suffix.lower() in _COMPRESSED:
        stem = os.path.splitext(stem)[0]
    return stem or name


def _our_fault(error: Exception) -> Failure:
    if isinstance(error, SkyformError):
        return Failure(error.code, error.message, error.remedy)
    return Failure(
        "internal-error",
        f"Skyform failed on this picture: {type(error).__name__}: {error}.",
        "Please report it, with the picture.",
    )
