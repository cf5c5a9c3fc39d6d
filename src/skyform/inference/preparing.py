"""The first half of classifying: from whatever a person has to what the network sees. Needs no network, so that another process can do it."""

import os
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from skyform.errors import ImageError, SkyformError
from skyform.images import (
    Limits,
    Picture,
    Prepared,
    Preparer,
    Preprocess,
    Source,
    Square,
    Stretch,
    decode,
)
from skyform.schema import Failure

__all__ = ["Preparation", "Ready"]

_COMPRESSED = (".gz", ".bz2", ".fz")


@dataclass(frozen=True)
class Ready:
    """One picture on its way: named, and either prepared or failed.

    Attributes
    ----------
    id, path : str
        As in the `Prediction` to come.
    prepared : Prepared or None
        What the network will see.
    failure : Failure or None
        Why it sees nothing.
    picture : Picture or None
        The whole picture, where it was asked to be kept.
    square : Square or None
        The part that a person chose.
    """

    id: str
    path: str
    prepared: Prepared | None
    failure: Failure | None
    picture: Picture | None = None
    square: Square | None = None


class _OfThread(threading.local):
    """A thread's own `Preparer`: it decodes into memory that is used again and again."""

    def __init__(self, preprocess: Preprocess, limits: Limits) -> None:
        self.preparer = Preparer(preprocess, limits=limits)


@dataclass(frozen=True)
class Preparation:
    """Prepares pictures for one model.

    Parameters
    ----------
    preprocess : Preprocess
        As the model has it.
    limits : Limits
        Largest picture that is opened.
    """

    preprocess: Preprocess
    limits: Limits

    def __call__(
        self,
        image: Source,
        *,
        id: str | None = None,
        keep: bool = False,
        square: Square | None = None,
        stretch: Stretch | None = None,
    ) -> Ready:
        """Decode, find the object, crop. Never fails: a picture that cannot be used comes with its `failure`.

        Parameters
        ----------
        image : path, bytes, array or PIL image
        id : str, optional
            Name in the result; the file's stem by default.
        keep : bool
            Whether to keep the whole picture too, as evidence maps need it.
        square : Square, optional
            Take this part of the picture instead of the object that is found.
        stretch : Stretch, optional
            See `decode`.
        """
        path = os.fsdecode(image) if isinstance(image, str | os.PathLike) else ""
        name = id if id is not None else _stem(path) if path else "image-0"
        picture = None
        try:
            if keep or square is not None or stretch is not None:
                # A chosen part may be small: it is cut from the full pixels.
                least = self.preprocess.min_side if square is None else None
                picture = decode(image, limits=self.limits, min_side=least, stretch=stretch)
            if square is not None and picture is not None:
                prepared = self.preprocess.framed(picture, square)
            elif picture is None or picture.format == "JPEG":
                # A kept JPEG too goes the short way: one picture has one answer.
                prepared = self._prepared(image)
            else:
                prepared = self.preprocess(picture)
        except ImageError as error:
            return Ready(name, path, None, Failure(error.code, error.message, error.remedy))
        except Exception as error:  # a fault of ours; it must not cost a run of a million pictures
            return Ready(name, path, None, _our_fault(error))
        return Ready(name, path, prepared, None, picture if keep else None, square)

    def __getstate__(self) -> dict[str, Any]:
        # What a thread has is not for another process.
        return {"preprocess": self.preprocess, "limits": self.limits}

    @cached_property
    def _own(self) -> _OfThread:
        return _OfThread(self.preprocess, self.limits)

    def _prepared(self, image: Source) -> Prepared:
        preparer = self._own.preparer
        pixels = np.empty((preparer.size, preparer.size, 3), np.uint8)
        frame, flags = preparer.into(image, out=pixels)
        return Prepared(pixels, frame, flags)


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
