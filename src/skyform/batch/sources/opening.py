"""From what a person typed to a source: a look at what is there, and the reader for it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from skyform.batch.items import Source
from skyform.batch.sources.addresses import (
    absolute,
    braces,
    has_pattern,
    is_remote,
    join,
    last_name,
    shown,
)
from skyform.batch.sources.anytable import head_of, open_table
from skyform.batch.sources.catalogues import CatalogueSource
from skyform.batch.sources.files import Files
from skyform.batch.sources.fitsfiles import FitsSource
from skyform.batch.sources.folders import FolderSource
from skyform.batch.sources.hdf5 import Hdf5Source
from skyform.batch.sources.kinds import Kind, kind_of, kind_of_name
from skyform.batch.sources.named import ManySources, NamedFiles
from skyform.batch.sources.options import SourceOptions
from skyform.batch.sources.parquet import ParquetSource, image_columns
from skyform.batch.sources.pieces import Located
from skyform.batch.sources.tables import open_parquet
from skyform.batch.sources.tarshards import TarSource
from skyform.batch.sources.walking import Walk, lister, split_pattern
from skyform.batch.sources.zips import ZipSource
from skyform.errors import DataError
from skyform.images.formats import Other, sniff
from skyform.inference.sources import PICTURE_SUFFIXES

__all__ = ["open_source"]

_WORKS = (
    "Give a folder or pattern of pictures; a text list or catalogue (CSV, Parquet, FITS, VOTable) of paths or addresses; "
    "pictures in HDF5, Parquet, tar, zip or FITS; or the address of one of these."
)

_FITS = (".fits", ".fit", ".fts", ".fits.gz", ".fits.fz")
# What is looked for in a folder without pictures, in this order.
_CONTAINERS: Mapping[Kind, tuple[str, ...]] = {
    "parquet": ("*.parquet",),
    "tar": ("*.tar", "*.tar.gz", "*.tgz"),
    "hdf5": ("*.h5", "*.hdf5"),
    "zip": ("*.zip",),
}


def open_source(source: str | Sequence[str], *, options: SourceOptions | None = None) -> Source:
    """Open what a person typed: it is looked at, and nothing is read that is not needed for that.

    Parameters
    ----------
    source : str or sequence of str
        A path, an address, a pattern (`stamps/*/*.jpg`, `shards-{000..099}.tar`), or several of them.
    options : SourceOptions, optional

    Returns
    -------
    Source
        With `columns`, the columns of the catalogue that its items carry, beside what the protocol asks for.

    Raises
    ------
    DataError
        If there is nothing, or nothing that can be read.
    MissingExtraError
        If an address needs a part of Skyform that is not installed.
    """
    given = [source] if isinstance(source, str) else list(source)
    if not given:
        raise DataError("No source was given.", remedy=_WORKS)
    chosen = options or SourceOptions()
    files = Files(attempts=chosen.attempts, wait=chosen.wait, limits=chosen.limits)
    return _Opening(files, chosen).several(given)


class _Opening:
    """The steps, with what they all need."""

    def __init__(self, files: Files, options: SourceOptions) -> None:
        self.files = files
        self.options = options

    def several(self, given: Sequence[str]) -> Source:
        """One source for all that was given; files of one kind that follow each other, as from a shell's `*.tar`, are one too."""
        expanded = [a for g in given for a in self._expanded(g)]
        if len(expanded) == 1:
            return self.one(expanded[0])
        sources: list[Source] = []
        for kind, group in groupby(expanded, key=self._kind_by_name):
            addresses = list(group)
            address = given[0] if len(given) == 1 else _together(addresses)
            if kind is None:
                sources += [self.one(a) for a in addresses]
            else:
                sources.append(self._of_kind(kind, address, _named(addresses)))
        if len(sources) == 1:
            return sources[0]
        return ManySources(tuple(sources), own_ids=bool(self.options.id_column))

    def one(self, address: str) -> Source:
        """A source for one address or pattern."""
        if has_pattern(address) and not _exists(address):
            return self._pattern(address)
        status = self.files.status(absolute(address))
        if status is None:
            raise DataError(
                f"There is nothing at {shown(address)}.", remedy="Check it for typing errors."
            )
        if status.kind == "folder" or status.is_page:
            return self._folder(address)
        file = Located(absolute(address), last_name(address), shown(address))
        head = head_of(file, self.files)
        kind = kind_of(head, name=file.name)
        if kind is None:
            raise _no_source(file, head)
        return self._of_kind(kind, address, (file,))

    def _expanded(self, given: str) -> Iterator[str]:
        return iter([given]) if _exists(given) else braces(given)

    def _kind_by_name(self, address: str) -> Kind | None:
        """What a name among several says; None where it has to be looked at."""
        if has_pattern(address) or (not is_remote(address) and os.path.isdir(address)):
            return None
        name = last_name(address).lower()
        if name.endswith(PICTURE_SUFFIXES):
            return "fits" if self.options.cube and ".f" in name else "picture"
        kind = kind_of_name(name)
        return kind if kind in _CONTAINERS else None

    def _of_kind(self, kind: Kind, address: str, located: tuple[Located, ...]) -> Source:
        files, options = self.files, self.options
        if kind == "picture":
            return NamedFiles(shown(address), located, files, options.connections)
        if kind == "hdf5":
            return Hdf5Source.open(shown(address), located, files, options=options)
        if kind == "tar":
            return TarSource.open(shown(address), located, files, options=options)
        if kind == "zip":
            return ZipSource.open(shown(address), located, files)
        if kind == "fits":
            return self._fits(address, located)
        if kind == "parquet" and self._has_pictures(located[0]):
            return ParquetSource.open(shown(address), located, files, options=options)
        catalogues = [self._catalogue(kind, file) for file in located]
        if len(catalogues) == 1:
            return catalogues[0]
        return ManySources(tuple(catalogues), own_ids=bool(options.id_column))

    def _has_pictures(self, file: Located) -> bool:
        if self.options.path_column:
            return False
        with open_parquet(file, self.files) as parquet:
            return bool(image_columns(parquet.schema_arrow))

    def _catalogue(self, kind: Kind, file: Located) -> Source:
        table = open_table(file, self.files, kind=kind)
        options = self.options
        if kind == "list":
            # A list has one column, which is the id as well.
            options = replace(options, path_column="path", id_column="path", keep=())
        return CatalogueSource.open(file, self.files, table=table, options=options)

    def _fits(self, address: str, located: tuple[Located, ...]) -> Source:
        if self.options.path_column:
            return self._catalogue("fits", located[0])
        try:
            return FitsSource.open(shown(address), located, self.files, cube=self.options.cube)
        except DataError as no_image:
            try:
                open_table(located[0], self.files, kind="fits")
            except DataError:
                raise no_image from None
        return self._catalogue("fits", located[0])

    def _pattern(self, address: str) -> Source:
        root, pattern = split_pattern(address)
        kind = kind_of_name(pattern[-1])
        if self.options.cube and pattern[-1].lower().endswith(_FITS):
            kind = "fits"
        if kind is None:
            source = self._pictures(address, is_pattern=True)
        else:
            found = self._matching(root, pattern)
            source = self._of_kind(kind, address, found) if found else None
        if source is None:
            raise DataError(
                f"Nothing matches {shown(address)}.",
                remedy="Put the pattern in quotes. For other files than pictures it must say how names end, as '*.tar' does.",
            )
        return source

    def _folder(self, address: str) -> Source:
        source = self._pictures(address, is_pattern=False)
        if source is not None:
            return source
        for kind, endings in _CONTAINERS.items():
            found = [f for e in endings for f in self._matching(address, ("**", e))]
            if found:
                return self._of_kind(kind, address, tuple(sorted(found, key=lambda f: f.name)))
        raise DataError(
            f"There are no pictures in {shown(address)}, nor Parquet, tar, HDF5 or zip files.",
            remedy=f"Pictures are files that end in {', '.join(PICTURE_SUFFIXES)}.",
        )

    def _pictures(self, address: str, *, is_pattern: bool) -> FolderSource | None:
        """The pictures of a folder or pattern; None where there is not one."""
        source = FolderSource(
            address, self.files, is_pattern, self._skipped, self.options.connections
        )
        return source if next(source.parts(1), None) is not None else None

    def _matching(self, root: str, pattern: Sequence[str]) -> tuple[Located, ...]:
        walk = Walk(absolute(root), lister(self.files, self._skipped))
        written = "" if root == "." else shown(root)
        return tuple(
            Located(join(walk.root, name), name, join(written, name))
            for folder in walk.matching(pattern)
            for name in (folder.path + n for n in folder.names)
        )

    @property
    def _skipped(self) -> tuple[str, ...]:
        return tuple(absolute(s).rstrip("/") for s in self.options.skip)


def _exists(address: str) -> bool:
    """Whether a file of this machine has that very name, so that it is no pattern."""
    return not is_remote(address) and os.path.lexists(address)


def _named(addresses: Sequence[str]) -> tuple[Located, ...]:
    """Files under the names that were given; in an id, a file's own name is enough where no other has it."""
    names = [last_name(a) for a in addresses]
    alone = len(set(names)) == len(names)
    return tuple(
        Located(absolute(a), n if alone else shown(a), shown(a))
        for a, n in zip(addresses, names, strict=True)
    )


def _together(addresses: Sequence[str]) -> str:
    more = f" and {len(addresses) - 1} more" if len(addresses) > 1 else ""
    return addresses[0] + more


def _no_source(file: Located, head: bytes) -> DataError:
    what = sniff(head)
    if not head:
        said = "is empty"
    elif isinstance(what, Other):
        said = f"is {what.what}"
    else:
        said = "is no picture, table or archive that is known"
    return DataError(f"{file.path} {said}.", remedy=_WORKS)
