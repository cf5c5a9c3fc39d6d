"""From a decoded picture to what the network sees. The same frozen `Preprocess` serves training and prediction."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image

from skyform.errors import ModelError
from skyform.images.find import Found, find_object
from skyform.images.picture import Picture
from skyform.schema import Flag, Frame

__all__ = ["Prepared", "Preprocess"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture ready for the network: `pixels` (RGB, 0 to 255), the `frame` they were taken from, and quality flags."""

    pixels: UInt8[ndarray, "size size 3"]
    frame: Frame
    flags: tuple[Flag, ...]


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
        rgb = picture.rgb
        found = find_object(rgb)
        x, y, side = self._square(rgb.shape[0], rgb.shape[1], found)
        pixels = self._cut(rgb, x=x, y=y, side=side)
        scale = picture.width / rgb.shape[1]
        frame = Frame(x * scale, y * scale, side * scale, picture.width, picture.height)
        own = _quality(rgb, pixels, found, scale=scale)
        return Prepared(pixels, frame, tuple(dict.fromkeys((*picture.flags, *own))))

    def _square(self, height: int, width: int, found: Found | None) -> tuple[float, float, float]:
        """Left, top and side of the crop, in px."""
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
        return x - side / 2, y - side / 2, side

    def _cut(
        self, rgb: UInt8[ndarray, "height width 3"], *, x: float, y: float, side: float
    ) -> UInt8[ndarray, "size size 3"]:
        height, width = rgb.shape[:2]
        left, top = max(x, 0.0), max(y, 0.0)
        right, bottom = min(x + side, float(width)), min(y + side, float(height))
        scale = self.size / side
        wide = max(1, round((right - left) * scale))
        high = max(1, round((bottom - top) * scale))
        # Only what the filter reaches is copied into Pillow: two of its radii around the crop.
        reach = 2 * (2 + math.ceil(1 / min(scale, 1.0)))
        x0, y0 = max(int(left) - reach, 0), max(int(top) - reach, 0)
        x1, y1 = math.ceil(right) + reach, math.ceil(bottom) + reach
        part = Image.fromarray(np.ascontiguousarray(rgb[y0:y1, x0:x1])).resize(
            (min(wide, self.size), min(high, self.size)),
            Image.Resampling.BICUBIC,
            box=(left - x0, top - y0, right - x0, bottom - y0),
        )
        if part.size == (self.size, self.size):
            return np.asarray(part)
        canvas = Image.new("RGB", (self.size, self.size), _border_colour(rgb))
        canvas.paste(part, (round((left - x) * scale), round((top - y) * scale)))
        return np.asarray(canvas)


def _inside(centre: float, side: float, length: int) -> float:
    """The centre nearest to the wanted one for which the crop stays in the picture."""
    return min(max(centre, side / 2), length - side / 2)


def _border_colour(rgb: UInt8[ndarray, "height width 3"]) -> tuple[int, int, int]:
    border = np.concatenate((rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]))
    red, green, blue = (int(v) for v in np.median(border, axis=0))
    return red, green, blue


_TINY_RADIUS = 6.0  # px; below that, an arm is narrower than a pixel
_BLANK_RANGE = 4  # grey levels
_SATURATED_SHARE = 0.25
_LOW_SIGNAL = 5.0  # sigmas
_FAR = 0.25  # of the shorter side


def _quality(
    rgb: UInt8[ndarray, "height width 3"],
    pixels: UInt8[ndarray, "size size 3"],
    found: Found | None,
    *,
    scale: float,
) -> list[Flag]:
    flags: list[Flag] = []
    height, width = rgb.shape[:2]
    if int(pixels.max()) - int(pixels.min()) <= _BLANK_RANGE:
        flags.append(Flag.BLANK)
    # Channel by channel: a minimum over the short last axis costs ten times as much.
    dimmest = np.minimum(np.minimum(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    if np.count_nonzero(dimmest >= 250) > _SATURATED_SHARE * dimmest.size:
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
