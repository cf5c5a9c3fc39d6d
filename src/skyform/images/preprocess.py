"""From a decoded picture to what the network sees. The same frozen `Preprocess` serves training and prediction."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from skyform.errors import CropError, ModelError
from skyform.images.find import Found, find_object
from skyform.images.picture import Picture
from skyform.images.resize import resize_box
from skyform.schema import Flag, Frame

__all__ = ["LEAST_SQUARE", "Look", "Prepared", "Preprocess", "Square"]

LEAST_SQUARE = 8  # px that a chosen square has at least on a side


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture ready for the network: `pixels` (RGB, 0 to 255), the `frame` they were taken from, and quality flags."""

    pixels: UInt8[ndarray, "size size 3"]
    frame: Frame
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Square:
    """A square of a picture: its left upper corner and its side, in px of the full picture."""

    x: float
    y: float
    side: float


@dataclass(frozen=True, slots=True)
class Look:
    """What to take of a picture, in its pixels: the object, if one was found, and the left, top and side of the square."""

    found: Found | None
    left: float
    top: float
    side: float

    def scaled(self, factor: float) -> "Look":
        """The same on the same picture with `factor` times as many pixels on a side."""
        found = self.found
        if found is not None:
            x, y, radius = found.x * factor, found.y * factor, found.radius * factor
            found = replace(found, x=x, y=y, radius=radius)
        return Look(found, self.left * factor, self.top * factor, self.side * factor)


@dataclass(frozen=True, slots=True)
class Preprocess:
    """Find the object, crop to it at the survey framing, resize.

    Parameters
    ----------
    size : int
        Side of the network's input, px.
    framing : float
        Side of the crop in units of the radius that holds 90 % of the object's light in the segmentation (about 1.4 Petrosian
        90 % radii in Galaxy Zoo 2's stamps). 3 gives about the central half of a Galaxy Zoo stamp.
    least_crop : float
        The crop is never smaller than this share of the picture's shorter side.
    whole : float
        A crop of at least this share of the shorter side is the whole picture: it is a cut-out already.
    centred : float
        An object within this share of the shorter side from the centre counts as centred, and the crop stays on the centre.
    margin : float
        Extra room around the crop, as a factor on its side; training uses it to turn and shift without black corners.
    version : int
        Raised whenever the algorithm changes, so that a model refuses to run on pictures prepared otherwise.
    """

    size: int = 128
    framing: float = 3.0
    least_crop: float = 0.25
    whole: float = 0.85
    centred: float = 0.06
    margin: float = 1.0
    version: int = 1

    def __post_init__(self) -> None:
        for name in ("size", "framing", "least_crop", "whole", "margin"):
            value = getattr(self, name)
            if not value > 0:
                raise ValueError(f"{name} is {value}; it must be above 0")

    @property
    def min_side(self) -> int:
        """Shorter side, in px, below which decoding at reduced scale would lose detail that the network could see."""
        return round(self.size / self.least_crop)

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change with any setting."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def with_margin(self, margin: float) -> "Preprocess":
        """The same framing with more room around it, at the same scale."""
        return replace(self, margin=margin, size=round(self.size * margin))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Preprocess":
        """The inverse of `to_dict`.

        Raises
        ------
        ModelError
            If a setting is unknown, or the version is not the one that this code implements.
        """
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown or values.get("version") != cls().version:
            raise ModelError(
                f"The model was made for another preprocessing (version {values.get('version')}, "
                f"unknown settings {sorted(unknown)}).",
                remedy="Install the Skyform version that the model names, or export the model again.",
            )
        return cls(**values)

    def __call__(self, picture: Picture) -> Prepared:
        """Prepare one picture. Never fails: a picture without an object is used whole, and flagged."""
        pixels = np.empty((self.size, self.size, 3), np.uint8)
        frame, flags = self.take(picture, self.look(picture.rgb), out=pixels)
        return Prepared(pixels, frame, flags)

    def look(self, rgb: UInt8[ndarray, "height width 3"]) -> Look:
        """Find the object, and choose the square around it."""
        found = find_object(rgb)
        height, width = rgb.shape[:2]
        shorter = min(height, width)
        x, y, side = width / 2, height / 2, float(shorter)
        if found is not None:
            wanted = max(self.framing * found.radius, self.least_crop * shorter)
            off_centre = max(abs(found.x - x), abs(found.y - y)) > self.centred * shorter
            if wanted < self.whole * shorter:
                side = wanted
            if off_centre:
                x, y = found.x, found.y
        x, y = _inside(x, side, width), _inside(y, side, height)
        side *= self.margin
        return Look(found, x - side / 2, y - side / 2, side)

    def framed(self, picture: Picture, square: Square) -> Prepared:
        """Prepare a square of the picture that a person chose, whatever is in it.

        Raises
        ------
        CropError
            If the square's middle is not on the picture, or it is less than `LEAST_SQUARE` px wide or wider than twice the picture.
        """
        _check_square(square, picture)
        scale = picture.rgb.shape[1] / picture.width
        side = square.side * scale
        x, y = (square.x + square.side / 2) * scale, (square.y + square.side / 2) * scale
        left, top = int(max(x - side / 2, 0.0)), int(max(y - side / 2, 0.0))
        part = picture.rgb[top : math.ceil(y + side / 2), left : math.ceil(x + side / 2)]
        pixels = np.empty((self.size, self.size, 3), np.uint8)
        side *= self.margin
        look = Look(None, x - side / 2, y - side / 2, side)
        self._cut(picture.rgb, look, out=pixels)
        own = _quality(part.shape[:2], pixels, find_object(part), scale=1 / scale)
        flags = tuple(dict.fromkeys((*picture.flags, *own)))
        return Prepared(pixels, _frame(look, picture), flags)

    def take(
        self, picture: Picture, look: Look, *, out: UInt8[ndarray, "size size 3"]
    ) -> tuple[Frame, tuple[Flag, ...]]:
        """Fill `out` with what was chosen; where it lies in the full picture, and quality flags."""
        rgb = picture.rgb
        self._cut(rgb, look, out=out)
        own = _quality(rgb.shape[:2], out, look.found, scale=picture.width / rgb.shape[1])
        return _frame(look, picture), tuple(dict.fromkeys((*picture.flags, *own)))

    def _cut(
        self,
        rgb: UInt8[ndarray, "height width 3"],
        look: Look,
        *,
        out: UInt8[ndarray, "size size 3"],
    ) -> None:
        height, width = rgb.shape[:2]
        left, top = max(look.left, 0.0), max(look.top, 0.0)
        right = min(look.left + look.side, float(width))
        bottom = min(look.top + look.side, float(height))
        scale = self.size / look.side
        wide = min(max(1, round((right - left) * scale)), self.size)
        high = min(max(1, round((bottom - top) * scale)), self.size)
        # Beyond the picture there is more of its border. Rounding may put the part one pixel further than there is room for.
        x = min(round((left - look.left) * scale), self.size - wide)
        y = min(round((top - look.top) * scale), self.size - high)
        if (wide, high) != (self.size, self.size):
            out[...] = _border_colour(rgb)
        resize_box(rgb, (left, top, right, bottom), out=out[y : y + high, x : x + wide])


def _frame(look: Look, picture: Picture) -> Frame:
    """Where a square of the decoded pixels lies in the full picture."""
    scale = picture.width / picture.rgb.shape[1]
    return Frame(
        look.left * scale, look.top * scale, look.side * scale, picture.width, picture.height
    )


def _check_square(square: Square, picture: Picture) -> None:
    """Raise where a chosen square cannot be meant."""
    x, y = square.x + square.side / 2, square.y + square.side / 2
    width, height = picture.width, picture.height
    if not (0 <= x <= width and 0 <= y <= height):
        raise CropError(
            f"The middle of the chosen square, {x:g}, {y:g}, is not on the picture of {width} × {height} pixels.",
            remedy="Choose a square around the object; x and y are its left upper corner.",
        )
    most = 2 * max(width, height)
    if not LEAST_SQUARE <= square.side <= most:
        raise CropError(
            f"The chosen square is {square.side:g} pixels wide.",
            remedy=f"Choose one of {LEAST_SQUARE} to {most} pixels.",
        )


def _inside(centre: float, side: float, length: int) -> float:
    """The centre nearest to the wanted one for which the crop stays in the picture."""
    return min(max(centre, side / 2), length - side / 2)


def _border_colour(rgb: UInt8[ndarray, "height width 3"]) -> UInt8[ndarray, "3"]:
    border = np.concatenate((rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]))
    return np.median(border, axis=0).astype(np.uint8)


_TINY_RADIUS = 6.0  # px; below that, an arm is narrower than a pixel
_BLANK_RANGE = 4  # grey levels
_WHITE = 250  # grey level
_SATURATED_SHARE = 0.25
_LOW_SIGNAL = 5.0  # sigmas
_FAR = 0.25  # of the shorter side


def _quality(
    shape: tuple[int, int],
    pixels: UInt8[ndarray, "size size 3"],
    found: Found | None,
    *,
    scale: float,
) -> list[Flag]:
    flags: list[Flag] = []
    height, width = shape
    brightest = int(pixels.max())
    if brightest - int(pixels.min()) <= _BLANK_RANGE:
        flags.append(Flag.BLANK)
    if brightest >= _WHITE and _white_share(pixels) > _SATURATED_SHARE:
        flags.append(Flag.SATURATED)
    if found is None:
        flags.append(Flag.NOTHING_FOUND)
        return flags
    if found.radius * scale < _TINY_RADIUS:
        flags.append(Flag.TINY)
    if found.peak - found.background < _LOW_SIGNAL * found.noise:
        flags.append(Flag.LOW_SIGNAL)
    if max(abs(found.x - width / 2), abs(found.y - height / 2)) > _FAR * min(height, width):
        flags.append(Flag.OFF_CENTRE)
    if found.touches_edge:
        flags.append(Flag.CUT_BY_EDGE)
    if found.rivals > 0:
        flags.append(Flag.SEVERAL_OBJECTS)
    return flags


def _white_share(pixels: UInt8[ndarray, "size size 3"]) -> float:
    # Channel by channel: a minimum over the short last axis costs ten times as much.
    dimmest = np.minimum(np.minimum(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    return np.count_nonzero(dimmest >= _WHITE) / dimmest.size
