"""`Classifier`: pictures in, `Prediction`s out."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np

from skyform.images import Limits, Source, Square, Stretch
from skyform.inference.evidence import evidence_map
from skyform.inference.modelfile import ModelFile, ModelInfo, model_path
from skyform.inference.preparing import Preparation, Ready
from skyform.inference.readout import averaged, predictions
from skyform.schema import Prediction
from skyform.schema.modelfile import ORIENTATIONS

__all__ = ["Classifier"]


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
        self.preparation = Preparation(self.info.preprocess, self.limits)

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
        ready = self.prepare(image, id=id, keep=bool(evidence))
        return self.predict([ready], evidence=evidence, average=average)[0]

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

        def prepare(numbered_image: tuple[int, Source]) -> Ready:
            number, image = numbered_image
            named = isinstance(image, str | os.PathLike)
            return self.prepare(image, id=None if named else f"image-{number}", keep=bool(evidence))

        for batch in _batches(numbered, prepare, batch_size=batch_size, workers=workers):
            yield from self.predict(batch, evidence=evidence, average=average)

    def prepare(
        self,
        image: Source,
        *,
        id: str | None = None,
        keep: bool = False,
        square: Square | None = None,
        stretch: Stretch | None = None,
    ) -> Ready:
        """The first half of `classify`; see `Preparation`."""
        return self.preparation(image, id=id, keep=keep, square=square, stretch=stretch)

    def predict(
        self,
        ready: Sequence[Ready],
        *,
        evidence: bool | str = False,
        average: bool | None = None,
    ) -> list[Prediction]:
        """The second half of `classify`, for any number of pictures together: one `Prediction` each, in order.

        Parameters
        ----------
        ready : sequence of Ready
            From `prepare`; with `keep` where evidence is asked for.
        evidence, average
            See `classify`.

        Raises
        ------
        KeyError
            If `evidence` names what the model has no map of.
        """
        good = [r for r in ready if r.prepared is not None]
        made: Iterator[Prediction] = iter(())
        if good:
            made = iter(self._classified(good, evidence=evidence, average=average))
        return [
            next(made)
            if r.prepared is not None
            else Prediction(r.id, r.path, self.info.id, failure=r.failure)
            for r in ready
        ]

    def _classified(
        self, items: Sequence[Ready], *, evidence: bool | str, average: bool | None
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
                self.model,
                p,
                item.picture,
                answer=evidence if isinstance(evidence, str) else None,
                square=item.square,
            )
            for p, item in zip(made, items, strict=True)
        ]


def _batches(
    numbered: Iterator[tuple[int, Source]],
    prepare: Callable[[tuple[int, Source]], Ready],
    *,
    batch_size: int,
    workers: int,
) -> Iterator[list[Ready]]:
    """Prepared batches, in order; with several workers the next batch is prepared while this one is in the network."""
    if workers == 1:
        while batch := [prepare(i) for i in islice(numbered, batch_size)]:
            yield batch
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="skyform-decode") as pool:
        waiting: deque[list[Future[Ready]]] = deque()
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
