"""Everything that the site keeps, as one thing to open and close."""

from pathlib import Path

from sqlalchemy.exc import OperationalError

from skyform.errors import StoreError
from skyform.store.database import Database
from skyform.store.migrating import migrate
from skyform.store.objects import Objects

__all__ = ["Store"]


class Store:
    """Database and object storage.

    Parameters
    ----------
    database : str
        SQLAlchemy's address.
    objects : str
        Folder or address for pictures.

    Raises
    ------
    StoreError
        If one of the addresses cannot be used.
    MissingExtraError
        If what it needs is not installed.
    """

    def __init__(self, *, database: str, objects: str) -> None:
        self.database = Database(database)
        self.objects = Objects(objects)

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database; None for another."""
        url = self.database.engine.url
        if url.get_backend_name() != "sqlite" or not url.database:
            return None
        return Path(url.database)

    def prepare(self) -> bool:
        """Make the database, or bring it up to this version; returns whether there was anything to do.

        Raises
        ------
        StoreError
            If it cannot be reached, or is of a newer version.
        """
        try:
            if self.file is not None:
                # A new folder is nobody else's: on a machine of many, others have no business with what is in it.
                self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return migrate(self.database.engine)
        except (OperationalError, OSError) as error:
            why = str(getattr(error, "orig", error)).strip().partition("\n")[0]
            raise StoreError(
                f"The database {self.database.engine.url.render_as_string()} cannot be opened: {why}.",
                remedy="Check the address, that its server runs, and that its folder may be written to.",
            ) from error

    def close(self) -> None:
        """Give everything back."""
        self.database.close()
