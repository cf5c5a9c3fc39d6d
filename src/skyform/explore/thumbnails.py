"""Small pictures inside the page: read again one by one, made small, and written as WebP data addresses."""

import base64
import io
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image

from skyform.datasets.dataset import DataSet
from skyform.errors import SkyformError
from skyform.images import decode

__all__ = ["Thumbnails", "atlas", "data_address"]

_QUALITY = 72
_LONGEST = 4096  # px; some telephones refuse larger pictures


@dataclass
class Thumbnails:
    """Thumbnails of a set's pictures; one that is shown twice is read once."""

    dataset: DataSet
    side: int = 128
    _made: dict[int, str] = field(default_factory=dict[int, str], repr=False)

    def __call__(self, index: int) -> str:
        """The data address of one record's picture, or "" where it cannot be read."""
        if index not in self._made:
            self._made[index] = self._make(index)
        return self._made[index]

    def rgb(self, index: int) -> UInt8[ndarray, "height width 3"]:
        """The whole picture.

        Raises
        ------
        DataError, ImageError
            If it cannot be read.
        """
        return decode(self.dataset.image(index)).rgb

    def _make(self, index: int) -> str:
        try:
            return data_address(self.rgb(index), side=self.side)
        except SkyformError:
            return ""


def data_address(rgb: UInt8[ndarray, "height width 3"], *, side: int | None = None) -> str:
    """A picture as a `data:` address, its longer side at most `side` px."""
    image = Image.fromarray(np.ascontiguousarray(rgb))
    if side is not None:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=_QUALITY, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def atlas(stamps: UInt8[ndarray, "m side side 3"]) -> tuple[str, int]:
    """All stamps side by side in one picture, row by row: its data address, and how many stand in a row.

    One picture takes a third of the space that as many files with a header each would.
    """
    count, side = stamps.shape[:2]
    columns = max(1, min(int(np.ceil(np.sqrt(count))), _LONGEST // side))
    rows = max(1, -(-count // columns))
    sheet = np.zeros((rows * side, columns * side, 3), np.uint8)
    for i, stamp in enumerate(stamps):
        y, x = divmod(i, columns)
        sheet[y * side : (y + 1) * side, x * side : (x + 1) * side] = stamp
    return data_address(sheet), columns
