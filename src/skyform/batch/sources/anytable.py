"""A catalogue of any format as a table."""

from skyform.batch.sources.astrotables import AstropyTable
from skyform.batch.sources.files import Files
from skyform.batch.sources.kinds import HEAD, Kind, kind_of
from skyform.batch.sources.pieces import Located
from skyform.batch.sources.tables import ParquetTable, Table
from skyform.batch.sources.texts import TextTable, compression_of
from skyform.errors import DataError

__all__ = ["head_of", "open_table"]


def head_of(file: Located, files: Files) -> bytes:
    """The first bytes of a file.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    try:
        with files.open(file.address) as stream:
            return stream.read(HEAD)
    except OSError as error:
        raise DataError(f"{file.path} cannot be read: {error.strerror or error}.") from error


def open_table(file: Located, files: Files, *, kind: Kind | None = None) -> Table:
    """A table in CSV, Parquet, FITS or VOTable, or a list with one path on each line; `kind` where that is known already.

    Raises
    ------
    DataError
        If it is none of these, or damaged.
    """
    kind = kind or kind_of(head_of(file, files), name=file.name)
    if kind == "parquet":
        return ParquetTable.open(file, files)
    if kind == "fits":
        return AstropyTable.open(file, files, format="FITS")
    if kind == "votable":
        return AstropyTable.open(file, files, format="VOTable")
    if kind == "csv":
        return TextTable.open(file, files, compression=compression_of(file, files))
    if kind == "list":
        return TextTable.listed(file, files, compression=compression_of(file, files))
    raise DataError(
        f"{file.path} is no table that can be read.", remedy="Give CSV, Parquet, FITS or VOTable."
    )
