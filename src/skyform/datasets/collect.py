"""Collecting pictures from web pages into a class folder, with a record of where each one came from.

The pictures keep the bytes that the site sent. Beside them lies `provenance.csv`, one row for each picture; a second run reads it,
fetches nothing twice, and goes on with the next number.
"""

import csv
import hashlib
import io
import re
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from jaxtyping import UInt64
from numpy import ndarray
from PIL import Image, UnidentifiedImageError

from skyform.datasets.alike import find_copies
from skyform.datasets.web import RefusedError, Visitor
from skyform.datasets.webpage import PageImages, find_images
from skyform.errors import DataError, OutputError, SkyformError

__all__ = ["PROVENANCE", "Collected", "Provenance", "Skipped", "collect", "read_provenance"]

PROVENANCE = "provenance.csv"
"""Name of the record beside the pictures."""

_SUFFIX = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "TIFF": ".tif",
    "GIF": ".gif",
    "BMP": ".bmp",
}
_HTML = ("text/html", "application/xhtml+xml")
_PAGE_BYTES = 10_000_000
_MOST_PIXELS = 100_000_000
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a picture came from: its file name and SHA-256, the page and its own address, when, its size, and the page's licence."""

    file: str
    sha256: str
    page: str
    image: str
    fetched: str
    width: int
    height: int
    licence: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """An address that gave no new picture: the kind of reason, for counting, and the whole of it."""

    url: str
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Collected:
    """What a run brought: the new files, what was left out, and how many pages could be read."""

    files: tuple[Path, ...]
    skipped: tuple[Skipped, ...]
    pages: int

    @property
    def reasons(self) -> dict[str, int]:
        """How many addresses were left out for each kind of reason, the most frequent first."""
        return dict(Counter(s.kind for s in self.skipped).most_common())


def collect(
    urls: Sequence[str],
    into: Path,
    *,
    label: str,
    visitor: Visitor,
    limit: int | None = None,
    min_side: int = 100,
    most_bytes: int = 20_000_000,
    fingerprint: Callable[[bytes], UInt64[ndarray, " words"]] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Collected:
    """Fetch the pictures of web pages into a folder, as `<label>-0001.jpg` and so on.

    A picture is kept where it can be decoded, is large enough, and is not in the folder already: neither the same bytes nor, with
    `fingerprint`, a copy that was saved again or resized. Nothing is ever overwritten.

    Parameters
    ----------
    urls : sequence of str
        Pages, or pictures.
    into : Path
        The folder of one class; made where it does not exist.
    label : str
        What the file names start with: letters, digits, `_`, `.` and `-`.
    visitor : Visitor
        Who fetches.
    limit : int, optional
        The most new pictures.
    min_side : int
        Pixels that the shorter side of a picture must have.
    most_bytes : int
        The largest picture to fetch.
    fingerprint : callable, optional
        The fingerprint of encoded bytes, such as `skyform.images.fingerprint.picture_hash` of what they decode to; may raise
        `SkyformError` for a picture that cannot be read.
    tell : callable
        Hears a line about each page.

    Raises
    ------
    DataError
        If `label` cannot be part of a file name, or the folder's provenance.csv is damaged.
    OutputError
        If the folder cannot be written.
    """
    if not _LABEL.fullmatch(label):
        raise DataError(
            f"label is {label!r}, which cannot start a file name.",
            remedy="Use letters, digits, '_', '.' and '-', such as N or nebula.",
        )
    try:
        into.mkdir(parents=True, exist_ok=True)
        folder = _Folder(into, label=label, fingerprint=fingerprint)
        run = _Run(visitor, folder, limit=limit, min_side=min_side, most_bytes=most_bytes)
        for url in urls:
            if run.is_full:
                break
            tell(run.visit(url))
    except OSError as error:
        raise OutputError(
            f"{into} cannot be written: {error.strerror or error}.", remedy="Choose another folder."
        ) from error
    return Collected(tuple(folder.new), tuple(run.skipped), run.pages)


def read_provenance(folder: Path) -> list[Provenance]:
    """The provenance of the pictures in a folder; empty where there is no record.

    Raises
    ------
    DataError
        If the record is damaged.
    """
    file = folder / PROVENANCE
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    try:
        return [Provenance(**(r | {k: int(r[k]) for k in ("width", "height")})) for r in rows]  # type: ignore[arg-type]
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(
            f"{file} is damaged: {error}.",
            remedy=f"Its columns are {', '.join(_COLUMNS)}; mend it, or move it away with its pictures.",
        ) from error


_COLUMNS = tuple(f.name for f in fields(Provenance))


@dataclass(frozen=True, slots=True)
class _Found:
    """The bytes of a picture, its address as the page gives it, the page, and the licence that it states."""

    data: bytes
    url: str
    page: str
    licence: str


class _Folder:
    """The class folder: what it holds, and where the next picture goes."""

    def __init__(
        self,
        path: Path,
        *,
        label: str,
        fingerprint: Callable[[bytes], UInt64[ndarray, " words"]] | None,
    ) -> None:
        self._path = path
        self._label = label
        self._fingerprint = fingerprint
        self._rows = read_provenance(path)
        self._names: dict[str, str] = {}
        self._hashes: list[UInt64[ndarray, " words"]] = []
        self._hashed: list[str] = []
        self.new: list[Path] = []
        self.addresses = {row.image for row in self._rows}
        for file in sorted(path.iterdir()):
            if file.suffix.lower() in (*_SUFFIX.values(), ".jpeg", ".tiff"):
                self._remember(file.name, file.read_bytes())
        numbers = re.compile(rf"{re.escape(label)}-(\d+)\.\w+")
        used = [int(m[1]) for f in path.iterdir() if (m := numbers.fullmatch(f.name))]
        recorded = [int(m[1]) for row in self._rows if (m := numbers.fullmatch(row.file))]
        self._next = max([*used, *recorded, 0]) + 1

    def _remember(self, name: str, data: bytes) -> None:
        self._names.setdefault(hashlib.sha256(data).hexdigest(), name)
        if self._fingerprint is not None:
            try:
                self._hashes.append(self._fingerprint(data))
                self._hashed.append(name)
            except SkyformError:
                return  # a file that was there before and cannot be read

    def twin(self, data: bytes) -> tuple[str, bool] | None:
        """The file that this picture is in already, and whether byte for byte.

        Raises
        ------
        SkyformError
            If the picture cannot be read.
        """
        name = self._names.get(hashlib.sha256(data).hexdigest())
        if name is not None:
            return name, True
        if self._fingerprint is None:
            return None
        hash = self._fingerprint(data)
        copies = find_copies(hash, np.stack(self._hashes)) if self._hashes else np.zeros(0, int)
        return (self._hashed[int(copies[0])], False) if copies.size else None

    def add(self, picture: _Found, *, size: tuple[int, int], suffix: str) -> None:
        """Write a picture under the next number, and where it came from."""
        name = f"{self._label}-{self._next:04}{suffix}"
        self._next += 1
        with (self._path / name).open("xb") as stream:
            stream.write(picture.data)
        self.new.append(self._path / name)
        self._remember(name, picture.data)
        self.record(name, picture, size=size)

    def record(self, name: str, picture: _Found, *, size: tuple[int, int]) -> None:
        """Note where a picture came from, unless that is known."""
        if any(row.file == name for row in self._rows):
            return
        row = Provenance(
            file=name,
            sha256=hashlib.sha256(picture.data).hexdigest(),
            page=picture.page,
            image=picture.url,
            fetched=datetime.now(UTC).isoformat(timespec="seconds"),
            width=size[0],
            height=size[1],
            licence=picture.licence,
        )
        file = self._path / PROVENANCE
        is_new = not file.exists()
        with file.open("a", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, _COLUMNS)
            if is_new:
                writer.writeheader()
            writer.writerow(asdict(row))
        self._rows.append(row)


class _Run:
    """One run over pages."""

    def __init__(
        self,
        visitor: Visitor,
        folder: _Folder,
        *,
        limit: int | None,
        min_side: int,
        most_bytes: int,
    ) -> None:
        self._visitor = visitor
        self._folder = folder
        self._limit = limit
        self._min_side = min_side
        self._most_bytes = most_bytes
        self._seen: set[str] = set()
        self.skipped: list[Skipped] = []
        self.pages = 0

    @property
    def is_full(self) -> bool:
        """Whether the limit is reached."""
        return self._limit is not None and len(self._folder.new) >= self._limit

    def visit(self, url: str) -> str:
        """Take the pictures of a page, or a picture; a line about what came of it."""
        before = len(self._folder.new)
        if self._was_fetched(url):
            return f"{url}: fetched before"
        try:
            page = self._visitor.get(url, most_bytes=max(_PAGE_BYTES, self._most_bytes))
        except RefusedError as refused:
            self.skipped.append(Skipped(url, "page not read", str(refused)))
            return f"{url}: not read, {refused}"
        self.pages += 1
        # A server that does not say what it sends may send either.
        if page.kind in _HTML or (not page.kind and page.data.lstrip().startswith(b"<")):
            images = find_images(page.data.decode(page.charset, "replace"), url=page.url)
            self._take(images, page=page.url)
            found = len(images.images)
        else:
            self._keep(_Found(page.data, url, page=url, licence=""))
            found = 1
        return f"{url}: {found:,} pictures, {len(self._folder.new) - before:,} new"

    def _was_fetched(self, url: str) -> bool:
        if url in self._folder.addresses or url in self._seen:
            self.skipped.append(Skipped(url, "fetched before", "it was fetched before"))
            return True
        self._seen.add(url)
        return False

    def _take(self, images: PageImages, *, page: str) -> None:
        for url in images.images:
            if self.is_full:
                return
            if self._was_fetched(url):
                continue
            try:
                data = self._visitor.get(url, most_bytes=self._most_bytes).data
            except RefusedError as refused:
                self.skipped.append(Skipped(url, "not fetched", str(refused)))
                continue
            self._keep(_Found(data, url, page=page, licence=images.licence))

    def _keep(self, picture: _Found) -> None:
        """Keep a picture, unless there is a reason not to."""
        try:
            suffix, size = _examine(picture.data)
            if min(size) < self._min_side:
                raise _UnfitError(
                    "too small", f"{size[0]}x{size[1]} pixels, below {self._min_side}"
                )
            twin = self._folder.twin(picture.data)
            if twin is None:
                self._folder.add(picture, size=size, suffix=suffix)
                return
            name, exact = twin
            if exact:
                # It may be there without a record, from a run that was cut off between the two.
                self._folder.record(name, picture, size=size)
            raise _UnfitError(
                "there already", f"the same {'file' if exact else 'picture'} as {name}"
            )
        except _UnfitError as error:
            self.skipped.append(Skipped(picture.url, error.kind, str(error)))
        except SkyformError as error:
            self.skipped.append(Skipped(picture.url, "not a picture", str(error)))


class _UnfitError(Exception):
    """A picture that will not be kept."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


def _examine(data: bytes) -> tuple[str, tuple[int, int]]:
    """The suffix and size of a picture, by its content; decoded to the end, so that half a picture is found out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(_SUFFIX)) as picture:
                size, suffix = picture.size, _SUFFIX[str(picture.format)]
                if size[0] * size[1] > _MOST_PIXELS:
                    raise _UnfitError("too large", f"{size[0]}x{size[1]} pixels")
                picture.load()
    except UnidentifiedImageError as error:
        raise _UnfitError("not a picture", "it is no picture in a format that we read") from error
    except _UnfitError:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds on broken files
        raise _UnfitError("not a picture", f"it cannot be decoded ({error})") from error
    return suffix, size
