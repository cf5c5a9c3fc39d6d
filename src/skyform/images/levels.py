"""Which brightness becomes black, which white, and how faint light is lifted between them: found on the image, or chosen by a person."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray

__all__ = ["Levels", "Stretch"]

_LEAST_CONTRAST = 1e-3  # of white over black, in softenings; less would divide by nothing


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a person chooses of a stretch; None leaves it to the image.

    Parameters
    ----------
    low, high : float, optional
        What becomes black and white, 0 to 1 on the scale of `Levels.share`.
    softening : float, optional
        As a multiple of what the image itself asks for: below 1, faint light is lifted more.
    """

    low: float | None = None
    high: float | None = None
    softening: float | None = None


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of an asinh stretch, in the image's own unit.

    Attributes
    ----------
    black, white : float
        Brightness that becomes 0 and 1.
    softening : float
        Where linear turns into logarithmic, above `black`.
    floor, ceiling : float
        The range that levels can be chosen from.
    unit : float
        The softening that was found on the image.
    """

    black: float
    white: float
    softening: float
    floor: float
    ceiling: float
    unit: float

    def share(self, brightness: float) -> float:
        """Where a brightness lies in the range: 0 at `floor`, 1 at `ceiling`, on an asinh scale, so that faint light has room."""
        share = self._lifted(brightness) / self._lifted(self.ceiling)
        return min(max(share, 0.0), 1.0)

    def brightness(self, share: float) -> float:
        """The inverse of `share`."""
        return self.floor + self.unit * math.sinh(share * self._lifted(self.ceiling))

    def chosen(self, stretch: Stretch) -> "Levels":
        """The same with what a person chose."""
        black = self.black if stretch.low is None else self.brightness(stretch.low)
        white = self.white if stretch.high is None else self.brightness(stretch.high)
        factor = 1.0 if stretch.softening is None else stretch.softening
        softening = self.unit * factor
        return replace(
            self,
            black=black,
            white=max(white, black + _LEAST_CONTRAST * softening),
            softening=softening,
        )

    @property
    def stretch(self) -> Stretch:
        """The levels as a person would choose them."""
        return Stretch(self.share(self.black), self.share(self.white), self.softening / self.unit)

    def undone(self, shown: Float[ndarray, "*shape"]) -> Float[ndarray, "*shape"]:
        """From 0 to 1 as shown back to brightness above black, in softenings."""
        return np.sinh(shown * np.arcsinh((self.white - self.black) / self.softening))

    def _lifted(self, brightness: float) -> float:
        return math.asinh((brightness - self.floor) / self.unit)
