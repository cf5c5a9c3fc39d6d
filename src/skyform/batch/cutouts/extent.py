"""How much sky a cut-out shows."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.errors import DataError

__all__ = ["GALAXY_ZOO_FACTOR", "Extent"]

GALAXY_ZOO_FACTOR = 8.5
"""Side of a Galaxy Zoo 2 stamp in Petrosian 90 % radii: 424 pixels of 0.02 radii each (Willett et al. 2013, MNRAS 435, 2835, section 2)."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The side of the cut-outs.

    Parameters
    ----------
    arcsec : float, optional
        The same for all; where there is a size column, for the rows in which it is empty.
    factor : float
        What a row's size column (in arcsec) is multiplied with.

    Raises
    ------
    DataError
        If a value is not above 0.
    """

    arcsec: float | None = None
    factor: float = GALAXY_ZOO_FACTOR

    def __post_init__(self) -> None:
        for name, value in (("side_arcsec", self.arcsec), ("size_factor", self.factor)):
            if value is not None and not 0 < value < float("inf"):
                raise DataError(f"{name} is {value}.", remedy="Give a number above 0.")

    def sides(self, sizes: Float[ndarray, " rows"]) -> Float[ndarray, " rows"]:
        """Arcsec for each row; NaN where neither the row's size nor a common side is known."""
        common = np.nan if self.arcsec is None else self.arcsec
        return np.where(np.isfinite(sizes), sizes * self.factor, common)
