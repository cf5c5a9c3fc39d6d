"""Do answers stay when the picture is turned, mirrored, rescaled, blurred or compressed? What it shows has not changed."""

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy import ndarray
from PIL import Image, ImageFilter

from skyform.evaluation.metrics import Estimate, bootstrap

__all__ = ["CONFIDENT", "DISTURBANCES", "Disturbance", "Said", "changed"]

# A galaxy is confident where its class has at least this probability in the undisturbed picture.
CONFIDENT = 0.8
_Picture = UInt8[ndarray, "_ _ 3"]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What is done to a picture: its name for people, the deed, and whether the picture ends up mirrored."""

    title: str
    disturb: Callable[[_Picture, np.random.Generator], _Picture]
    mirrors: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """The class of each picture, as its column, and its probability."""

    column: Int[ndarray, " n"]
    confidence: Float[ndarray, " n"]


def changed(
    before: Said, after: Said, *, mirrors: tuple[int, ...] = (), least: float = CONFIDENT
) -> Estimate | None:
    """Share of the confident pictures whose class is another one afterwards, with its 95 % interval; None where none is confident.

    Parameters
    ----------
    before, after : Said
        Of the same pictures.
    mirrors : tuple of int
        For a disturbance that mirrors: the column of each class's mirror image (`schema.modelfile.mirror_images`).
    least : float
        Probability from which on a picture counts as confident.

    Raises
    ------
    ValueError
        If the two differ in length.
    """
    if len(before.column) != len(after.column):
        raise ValueError(
            f"before has {len(before.column)} pictures, after {len(after.column)}; give the same ones"
        )
    expected = np.array(mirrors)[before.column] if mirrors else before.column
    sure = before.confidence >= least
    if not sure.any():
        return None
    other = (after.column != expected)[sure]
    return bootstrap(lambda flags: float(flags.mean()), other.astype(float))


def _turned(picture: _Picture, rng: np.random.Generator) -> _Picture:
    """Turned by any angle; the corners show the picture's mirrored margin, as black ones would add edges."""
    height, width = picture.shape[:2]
    margin = math.ceil(0.25 * max(height, width))
    padded = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), mode="symmetric")
    angle = float(rng.uniform(0, 360))
    whole = Image.fromarray(padded).rotate(angle, Image.Resampling.BICUBIC)
    return np.asarray(whole)[margin : margin + height, margin : margin + width]


def _quarter(picture: _Picture, rng: np.random.Generator) -> _Picture:
    return np.ascontiguousarray(np.rot90(picture, int(rng.integers(1, 4))))


def _mirrored(picture: _Picture, rng: np.random.Generator) -> _Picture:
    return np.ascontiguousarray(picture[:, ::-1])


def _scaled(factor: float) -> Callable[[_Picture, np.random.Generator], _Picture]:
    def scale(picture: _Picture, rng: np.random.Generator) -> _Picture:
        height, width = (max(1, round(side * factor)) for side in picture.shape[:2])
        image = Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC)
        return np.asarray(image)

    return scale


def _blurred(picture: _Picture, rng: np.random.Generator) -> _Picture:
    """By a Gaussian with a sigma of a 256th of the shorter side: one pixel of a stamp, about half of a survey's own blur."""
    sigma = min(picture.shape[:2]) / 256
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(sigma)))


def _compressed(picture: _Picture, rng: np.random.Generator) -> _Picture:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=50)
    return np.asarray(Image.open(buffer).convert("RGB"))


DISTURBANCES: Mapping[str, Disturbance] = MappingProxyType(
    {
        "rotation": Disturbance("turned by any angle", _turned),
        "quarter": Disturbance("turned by quarters", _quarter),
        "flip": Disturbance("mirrored", _mirrored, mirrors=True),
        "half": Disturbance("half as many pixels a side", _scaled(0.5)),
        "double": Disturbance("twice as many pixels a side", _scaled(2.0)),
        "blur": Disturbance("blurred a little", _blurred),
        "jpeg": Disturbance("JPEG of quality 50", _compressed),
    }
)
