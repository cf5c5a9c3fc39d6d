"""Catalogues: tables with a column of paths or addresses of pictures, and lists of paths."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from skyform.batch.items import Item, Part
from skyform.batch.sources.addresses import absolute, join, shown
from skyform.batch.sources.fetching import Wanted, fetch
from skyform.batch.sources.files import Files
from skyform.batch.sources.options import SourceOptions
from skyform.batch.sources.pieces import Located, digest, numbered, stamp
from skyform.batch.sources.roles import Roles, roles_of
from skyform.batch.sources.tables import Row, Table
from skyform.errors import CorruptImageError, DataError, UnreadableFileError
from skyform.inference.tables import Column

__all__ = ["CatalogueSource"]


@dataclass(frozen=True)
class CatalogueSource:
    """The pictures that a table lists.

    Parameters
    ----------
    address : str
        What the user gave.
    file : Located
        The table's file.
    files : Files
    table : Table
    roles : Roles
    images : str
        The folder that relative paths start from, as the user would write it.
    folder : str
        The same, absolute.
    connections : int
        Remote files that are fetched at once.
    """

    address: str
    file: Located
    files: Files
    table: Table
    roles: Roles
    images: str
    folder: str
    connections: int = 8

    @classmethod
    def open(
        cls, file: Located, files: Files, *, table: Table, options: SourceOptions
    ) -> "CatalogueSource":
        """Find the columns.

        Raises
        ------
        DataError
            If there is no column of paths, or one that was named is not there.
        """
        roles = roles_of(table.columns, options, where=file.path)
        if not roles.path:
            names = ", ".join(c.name for c in table.columns[:20]) or "none"
            raise DataError(
                f"{file.path} has no column of paths or addresses that can be told by its name; its columns are {names}.",
                remedy="Name it with --path-column.",
            )
        images = posixpath.dirname(file.path) if options.images is None else options.images
        folder = absolute(images or ".")
        return cls(file.path, file, files, table, roles, images, folder, options.connections)

    @property
    def total(self) -> int | None:
        """The rows, where the table knows how many it has."""
        return self.table.rows

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is carried into the results."""
        return self.roles.keep

    @property
    def fingerprint(self) -> str:
        """Of the table's size and time, and of the columns used. The pictures themselves are not looked at."""
        return digest("catalogue", stamp([self.file], self.files), self.roles.names, self.images)

    def parts(self, size: int) -> Iterator[Part]:
        """Parts of at most `size` rows; each says where in the table they are."""
        return numbered(self.table.pieces(size), size=size)

    def read(self, part: Part) -> Iterator[Item]:
        """The pictures of those rows."""
        rows = self.table.read(part.payload, self.roles.names)
        wanted = (self._wanted(r) for r in rows)
        return fetch(wanted, files=self.files, connections=self.connections)

    def _wanted(self, row: Row) -> Wanted:
        place = f"{self.file.name}#{row.number}"
        if row.values is None:
            error = CorruptImageError(
                f"Row {row.number} of {self.file.path} cannot be read: it is damaged, or the file ends there.",
                remedy="Fetch the catalogue again.",
            )
            return Wanted(place, place, "", error=error)
        name, roles = self.roles.path_of(row.values), self.roles
        error = None
        if not name:
            error = UnreadableFileError(
                f"Row {row.number} of {self.file.path} has no {roles.path}.",
                remedy="Leave the row out, or fill it in.",
            )
        return Wanted(
            roles.id_of(row.values, otherwise=place),
            shown(join(self.images, name)) if name else place,
            join(self.folder, name) if name else "",
            error=error,
            extra=roles.extra_of(row.values),
            **roles.place_of(row.values),
        )
