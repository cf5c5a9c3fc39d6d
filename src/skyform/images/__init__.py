"""From anything that a person has to what a network needs: decode, stretch, find the object, crop, quality flags."""

from skyform.images.decode import Source, decode
from skyform.images.find import Found, find_object
from skyform.images.fingerprint import picture_hash, turned_hashes
from skyform.images.levels import Levels, Stretch
from skyform.images.limits import Limits
from skyform.images.picture import Picture
from skyform.images.preparer import Preparer
from skyform.images.preprocess import Prepared, Preprocess, Square
from skyform.images.shape import MeasuredShape, measure_shape

__all__ = [
    "Found",
    "Levels",
    "Limits",
    "MeasuredShape",
    "Picture",
    "Prepared",
    "Preparer",
    "Preprocess",
    "Source",
    "Square",
    "Stretch",
    "decode",
    "find_object",
    "measure_shape",
    "picture_hash",
    "turned_hashes",
]
