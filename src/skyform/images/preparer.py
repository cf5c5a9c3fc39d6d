"""The short way from a file to a place in a batch: no more of it is decoded than the network will see."""

import os

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from skyform.images.decode import Source, decode, decode_bytes
from skyform.images.files import read_file
from skyform.images.find import small_factor
from skyform.images.jpeg import MOST_ROOM, SCALES, PlainJpeg, plain_jpeg, reduced_scale
from skyform.images.limits import DEFAULT_LIMITS, Limits, check_bytes
from skyform.images.negative import is_negative, turned_positive
from skyform.images.picture import Picture
from skyform.images.preprocess import Preprocess
from skyform.images.structure import outline_jpeg
from skyform.schema import Flag, Frame

__all__ = ["Preparer"]

_Framed = tuple[Frame, tuple[Flag, ...]]

_JPEG = b"\xff\xd8\xff"
_NAME = "the given bytes"
# A crop is taken from a picture at reduced scale if it has at least this many pixels there for each of the network's, on a side.
# Less than one, since the filter that shrinks full pixels to the network's smooths about as much.
_LEAST = 0.8
_TYPICAL = 0.5  # crop's share of the shorter side, by which a scale is tried
_ROOM = 2**16  # bytes of memory to begin with


class Preparer:
    """Prepares pictures one after the other, straight into a batch.

    The same as `preprocess(decode(source, min_side=preprocess.min_side))`, on average within a grey level, and faster for JPEGs: they are
    decoded at reduced scale where the crop then still has the network's resolution, and into memory that is used again and again.
    Hence one `Preparer` for each thread.

    Parameters
    ----------
    preprocess : Preprocess
        As the model has it.
    limits : Limits
        Largest picture that is opened.

    Examples
    --------
    >>> preparer = Preparer(classifier.info.preprocess)
    >>> batch = np.empty((len(files), preparer.size, preparer.size, 3), np.uint8)
    >>> framed = [preparer.into(file, out=pixels) for file, pixels in zip(files, batch)]
    """

    def __init__(self, preprocess: Preprocess, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self.preprocess = preprocess
        self.limits = limits
        self._memory = np.empty(_ROOM, np.uint8)

    @property
    def size(self) -> int:
        """Side of the network's input, px."""
        return self.preprocess.size

    def into(self, source: Source | Picture, *, out: ndarray) -> tuple[Frame, tuple[Flag, ...]]:
        """Prepare one picture.

        Parameters
        ----------
        source : path, bytes, array, PIL image or Picture
            What `decode` takes, or what it gave.
        out : array of uint8, shape (size, size, 3)
            Filled with red, green and blue, 0 to 255.

        Returns
        -------
        Frame
            Where in the full picture the pixels are from.
        tuple of Flag
            What decoding and preparing noticed.

        Raises
        ------
        ImageError
            As `decode` does; what is in `out` then means nothing.
        ValueError
            If `out` has another shape or type.
        """
        if out.shape != (self.size, self.size, 3) or out.dtype != np.uint8:
            raise ValueError(
                f"out has shape {out.shape} and type {out.dtype}; "
                f"give ({self.size}, {self.size}, 3) and uint8."
            )
        if isinstance(source, bytes):
            check_bytes(len(source), name=_NAME, limits=self.limits)
            return self._from_bytes(source, out, name=_NAME)
        if isinstance(source, str | os.PathLike):
            name = os.fsdecode(source)
            return self._from_bytes(read_file(name, limits=self.limits), out, name=name)
        if not isinstance(source, Picture):
            source = decode(source, limits=self.limits, min_side=self.preprocess.min_side)
        return self._from_picture(source, out)

    def _from_picture(self, picture: Picture, out: ndarray) -> _Framed:
        return self.preprocess.take(picture, self.preprocess.look(picture.rgb), out=out)

    def _from_bytes(self, data: bytes, out: ndarray, *, name: str) -> _Framed:
        framed = self._from_jpeg(data, out, name=name) if data.startswith(_JPEG) else None
        if framed is not None:
            return framed
        least = self.preprocess.min_side
        picture = decode_bytes(data, name=name, limits=self.limits, min_side=least)
        return self._from_picture(picture, out)

    def _from_jpeg(self, data: bytes, out: ndarray, *, name: str) -> _Framed | None:
        """None where `decode_bytes` must do it."""
        outline = outline_jpeg(data, name=name)
        jpeg = plain_jpeg(data, outline, name=name, limits=self.limits)
        if jpeg is None or jpeg.orientation != 1:
            return None
        # What `decode` would choose: never less is needed, and the object is looked for on the same small copy.
        finest = reduced_scale(jpeg.width, jpeg.height, min_side=self.preprocess.min_side)
        scale = self._first_scale(jpeg, finest)
        rgb = self._decoded(jpeg, scale)
        if rgb is None:
            return None
        negative = is_negative(rgb)
        look = self.preprocess.look(255 - rgb if negative else rgb)
        finer = next(s for s in SCALES if s == finest or self._is_enough(look.side * scale / s))
        if finer < scale:
            look = look.scaled(scale / finer)
            rgb = self._decoded(jpeg, finer)
        if rgb is None:
            return None
        picture = Picture(rgb=rgb, width=jpeg.width, height=jpeg.height, format="JPEG")
        if negative:
            picture = turned_positive(picture)
        return self.preprocess.take(picture, look, out=out)

    def _is_enough(self, side: float) -> bool:
        return side >= _LEAST * self.size

    def _first_scale(self, jpeg: PlainJpeg, finest: int) -> int:
        """The most by which to reduce for a crop of the typical size, if the small copy stays the same."""
        blocks = small_factor(-(-jpeg.width // finest), -(-jpeg.height // finest))
        crop = _TYPICAL * min(jpeg.width, jpeg.height) * self.preprocess.margin
        return next(
            (
                scale
                for scale in SCALES
                if scale > finest and blocks % (scale // finest) == 0 and crop / scale >= self.size
            ),
            finest,
        )

    def _decoded(self, jpeg: PlainJpeg, scale: int) -> UInt8[ndarray, "rows columns 3"] | None:
        room = jpeg.room(scale=scale)
        if self._memory.size < room <= MOST_ROOM:
            self._memory = np.empty(room, np.uint8)
        return jpeg.decode(scale=scale, buffer=self._memory)
