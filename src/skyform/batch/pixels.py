"""What an item holds, as something that `skyform.images.decode` takes."""

from io import BytesIO

import numpy as np
from numpy import ndarray

__all__ = ["decodable"]


def decodable(image: bytes | ndarray) -> bytes | ndarray:
    """Encoded files and RGB bytes as they are; flux as the FITS image that it came from.

    An array of brightness does not say that it is one: numbers from 0 to 1 are a picture elsewhere, and rows of a FITS plane run
    from the bottom up. As FITS, planes are stretched, coloured and turned by the one rule for FITS.

    Parameters
    ----------
    image : bytes or array
        An encoded file; uint8 of shape (height, width, 3) with the first row on top; or flux of shape (height, width) or (bands, height,
        width) with the first row at the bottom and bands from blue to red.
    """
    if isinstance(image, bytes) or image.dtype == np.uint8:
        return image
    from astropy.io import fits

    file = BytesIO()
    fits.PrimaryHDU(np.ma.getdata(image) if image.dtype.kind != "f" else _filled(image)).writeto(
        file
    )
    return file.getvalue()


def _filled(image: ndarray) -> ndarray:
    return image.filled(np.nan) if isinstance(image, np.ma.MaskedArray) else image
