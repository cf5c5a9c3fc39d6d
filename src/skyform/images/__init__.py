"""From anything that a person has to what a network needs: decode, stretch, find the object, crop, quality flags."""

from skyform.images.decode import Source, decode
from skyform.images.find import Found, find_object
from skyform.images.fingerprint import picture_hash, turned_hashes
from skyform.images.limits import Limits
from skyform.images.picture import Picture
from skyform.images.preparer import Preparer
from skyform.images.preprocess import Prepared, Preprocess

__all__ = [
    "Found",
    "Limits",
    "Picture",
    "Prepared",
    "Preparer",
    "Preprocess",
    "Source",
    "decode",
    "find_object",
    "picture_hash",
    "turned_hashes",
]
