"""What can be said of a source beyond its address."""

from dataclasses import dataclass, field
from typing import Literal

from skyform.images.limits import Limits

__all__ = ["SourceOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """How to read a source; the defaults look at what is there.

    Parameters
    ----------
    path_column : str, optional
        The catalogue's column of paths or addresses.
    id_column : str, optional
        The column of ids; in a tar, `key` or a field of the samples' JSON. Empty to name rows by file and number in any case.
    ra_column, dec_column : str, optional
        Columns of the position in degrees, ICRS.
    keep : tuple of str
        Columns to carry into the results; `*` for all.
    images : str, optional
        The folder that a catalogue's relative paths start from; by default the catalogue's own.
    image_column : str, optional
        The column of pictures in a Parquet file that has several.
    dataset : str, optional
        The array of pictures in an HDF5 file.
    cube : "pictures" or "bands", optional
        What the planes of a FITS cube are.
    skip : tuple of str
        Folders and files that are not read, such as the results of an earlier run.
    connections : int
        Remote files that are fetched at once.
    attempts : int
        How often a remote call is tried.
    wait : float
        Seconds before the second try; they double from try to try.
    limits : Limits
        The most bytes of a picture.

    Raises
    ------
    ValueError
        If `connections` or `attempts` is below 1, or `cube` is another word.
    """

    path_column: str | None = None
    id_column: str | None = None
    ra_column: str | None = None
    dec_column: str | None = None
    keep: tuple[str, ...] = ()
    images: str | None = None
    image_column: str | None = None
    dataset: str | None = None
    cube: Literal["pictures", "bands"] | None = None
    skip: tuple[str, ...] = ()
    connections: int = 8
    attempts: int = 8
    wait: float = 0.5
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        for name in ("connections", "attempts"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give a number of at least 1.")
        if self.cube not in (None, "pictures", "bands"):
            raise ValueError(f"cube is {self.cube!r}; give 'pictures' or 'bands'.")
