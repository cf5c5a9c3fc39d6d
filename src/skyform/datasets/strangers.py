"""Pictures to test a reject answer with: of sorts that training never saw, far from the sky and near it, drawn from a seed."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image

from skyform.datasets import strangers_far as far
from skyform.datasets import strangers_near as near
from skyform.errors import DataError

__all__ = ["STRANGERS", "Stranger", "stranger_pictures"]

_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Stranger:
    """One sort of picture: its name for people, whether it is near the sky's galaxies, and what draws one."""

    title: str
    near: bool
    draw: Callable[[np.random.Generator], Image.Image]


STRANGERS: Mapping[str, Stranger] = MappingProxyType(
    {
        "photograph": Stranger("photographs that training holds out", False, far.photograph),
        "page": Stranger("pages of prose", False, far.page),
        "screenshot": Stranger("screenshots", False, far.screenshot),
        "line-drawing": Stranger("line drawings", False, far.line_drawing),
        "chart": Stranger("charts", False, far.chart),
        "handwriting": Stranger("handwritten digits", False, far.handwriting),
        "coded": Stranger("bar codes and matrix codes", False, far.coded),
        "checkerboard": Stranger("checkerboards and rings", False, far.checkerboard),
        "clouds": Stranger("clouds of coloured noise", False, far.clouds),
        "speckle": Stranger("salt and pepper", False, far.speckle),
        "scan": Stranger("made-up medical scans", False, far.scan),
        "night-lights": Stranger("lamps in the dark", False, far.night_lights),
        "faint-star": Stranger("single stars", True, near.faint_star),
        "bright-star": Stranger("saturated stars with spikes", True, near.bright_star),
        "double-star": Stranger("double stars", True, near.double_star),
        "trail": Stranger("trails of satellites", True, near.trail),
        "blank-sky": Stranger("blank sky", True, near.blank_sky),
        "chip-edge": Stranger("edges of the detector", True, near.chip_edge),
    }
)


def stranger_pictures(kind: str, count: int, *, seed: int = 0) -> list[bytes]:
    """`count` JPEG pictures of one sort, 256 px on a side; the same seed gives the same pictures.

    Raises
    ------
    DataError
        If there is no such sort.
    MissingExtraError
        If "photograph" is asked for without the `lab` extra.
    """
    if kind not in STRANGERS:
        raise DataError(
            f"kind is {kind!r}, which is no sort of strangers.",
            remedy=f"The sorts are {', '.join(STRANGERS)}.",
        )
    rng = np.random.default_rng((seed, list(STRANGERS).index(kind)))
    out: list[bytes] = []
    for _ in range(count):
        buffer = io.BytesIO()
        STRANGERS[kind].draw(rng).save(buffer, "JPEG", quality=_QUALITY)
        out.append(buffer.getvalue())
    return out
