"""Fingerprints of pictures: fixed-length numbers that stay nearly the same when a picture is saved again or resized.

A fingerprint has two parts. The *levels* are a small picture of the picture, at two scales: the whole frame, and the middle half of
it, where surveys put their object. Brightness is compressed, so that the faint sources around a galaxy, which no other picture has in
the same places, weigh as much as its bright core, which all galaxies share. The *detail* is what stands out from its surroundings,
compressed so far that the noise of the sky counts: two round galaxies on an empty sky have the same levels, but never the same
noise, of which enough survives JPEG. `skyform.datasets.splits.near_identical` compares both.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, UInt8, UInt64
from numpy import ndarray
from PIL import Image

__all__ = ["picture_hash", "turned_hashes"]

_GRID = 64  # cells along a side that a picture is reduced to before anything else
_LUMA, _CHROMA, _DETAIL = (
    16,
    8,
    32,
)  # cells along a side that are kept; JPEG too keeps less of the colours
_SOFT = 8.0  # levels above the sky at which the compression of brightness sets in
_SOFT_DETAIL = 0.1  # and the same for detail
_CHROMA_WEIGHT = 0.6
_SPREAD = 20.0  # root mean square of each part, around the middle of a byte
_MIDDLE = 128
# Luma and the two colour differences of ITU-R BT.601, as JPEG has them.
_YCC = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]],
    dtype=np.float32,
)
# Cells along the sides of the blocks: luma and two colours of the frame, the same of its middle, detail.
_BLOCKS = (_LUMA, _CHROMA, _CHROMA, _LUMA, _CHROMA, _CHROMA, _DETAIL)


def picture_hash(rgb: UInt8[ndarray, "height width 3"]) -> UInt64[ndarray, " 224"]:
    """The fingerprint of one picture.

    Parameters
    ----------
    rgb : array of uint8, shape (height, width, 3)

    Returns
    -------
    array of uint64, shape (224,)
        96 words of levels and 128 of detail, one byte a value. All bytes are 128 for a picture of one colour throughout. An array
        of zeros is no picture's fingerprint, and may stand for a picture that could not be read.

    Raises
    ------
    ValueError
        If the picture has no pixels.
    """
    if not rgb.size:
        raise ValueError(f"rgb has the shape {rgb.shape}; a picture has one pixel at least.")
    # A triangle as wide as two cells: sharper filters see a star jump between cells when a picture is resized.
    small = Image.fromarray(rgb).resize((_GRID, _GRID), Image.Resampling.BILINEAR)
    channels = np.asarray(small, dtype=np.float32) @ _YCC.T
    quarter = _GRID // 4
    middle = channels[quarter:-quarter, quarter:-quarter]
    views = [view[..., k] for view in (channels, middle) for k in range(3)]
    levels = [_levels(_cells(v, side)) for v, side in zip(views, _BLOCKS[:-1], strict=True)]
    parts = (np.concatenate(levels), _detail(_cells(channels[..., 0], _DETAIL)))
    return np.concatenate([_bytes(part) for part in parts]).view(np.uint64)


def turned_hashes(hashes: UInt64[ndarray, "n 224"]) -> Iterator[UInt64[ndarray, "n 224"]]:
    """The fingerprints that the same pictures would have after each of the seven other quarter turns and mirrorings."""
    for turns in range(4):
        for mirror in (False, True):
            if turns or mirror:
                yield _turned(hashes, turns, mirror=mirror)


def _cells(channel: Float[ndarray, "rows columns"], side: int) -> Float[ndarray, "side side"]:
    return channel.reshape(side, channel.shape[0] // side, side, -1).mean(axis=(1, 3))


def _levels(cells: Float[ndarray, "side side"]) -> Float[ndarray, " cells"]:
    # The median is the sky, or the page: what most of the picture is.
    levels = np.arcsinh((cells.ravel() - np.median(cells)) / _SOFT)
    levels -= levels.mean()
    # Weighted by area, so that a channel counts the same whatever the number of its cells.
    side = len(cells)
    return levels if side == _LUMA else levels * (_CHROMA_WEIGHT * _LUMA / side)


def _detail(cells: Float[ndarray, "side side"]) -> Float[ndarray, " cells"]:
    """How far each cell stands out from the eight around it."""
    side = len(cells)
    edged = np.pad(cells, 1, mode="edge")
    blocks = [edged[i : i + side, j : j + side] for i in range(3) for j in range(3)]
    around = (sum(blocks) - cells) / 8
    return np.arcsinh((cells - around).ravel() / _SOFT_DETAIL)


def _bytes(part: Float[ndarray, " values"]) -> UInt8[ndarray, " values"]:
    size = np.sqrt(np.mean(part**2))
    scaled = part * (_SPREAD / size) if size > 0 else part
    return np.clip(np.rint(scaled) + _MIDDLE, 1, 255).astype(np.uint8)


def _turned(
    hashes: UInt64[ndarray, "n 224"], turns: int, *, mirror: bool
) -> UInt64[ndarray, "n 224"]:
    values = np.ascontiguousarray(hashes).view(np.uint8)
    blocks = []
    start = 0
    for side in _BLOCKS:
        block = values[:, start : start + side * side].reshape(-1, side, side)
        block = np.rot90(block[..., ::-1] if mirror else block, turns, axes=(1, 2))
        blocks.append(block.reshape(len(hashes), -1))
        start += side * side
    return np.ascontiguousarray(np.concatenate(blocks, axis=1)).view(np.uint64)
