"""What can be told of a file or folder without reading it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Listing", "Status"]


@dataclass(frozen=True, slots=True)
class Status:
    """A file or a folder.

    Attributes
    ----------
    kind : "file" or "folder"
    size : int or None
        Bytes, where they are known.
    stamp : str
        Changes when the content does: a time, or what the server calls an ETag; empty where there is neither.
    ranges : bool
        Whether pieces of it may be read.
    is_page : bool
        Whether a web server calls it an HTML page, as it does the listing of a folder.
    """

    kind: Literal["file", "folder"]
    size: int | None = None
    stamp: str = ""
    ranges: bool = True
    is_page: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in one folder, by name and sorted; hidden names are left out.

    `stamps` has the size and stamp of each file where the listing itself told them, as it does for remote folders.
    """

    files: Sequence[str]
    folders: Sequence[str]
    stamps: Mapping[str, str] = field(default_factory=dict[str, str])
