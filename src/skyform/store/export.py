"""Everything that one account or visitor gave, as a zip archive of JSON and pictures."""

import json
import mimetypes
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import BufferedIOBase
from typing import IO, Any, cast

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from skyform.store.images import read_image
from skyform.store.owners import Owner
from skyform.store.store import Store
from skyform.store.tables import (
    AuditRow,
    Base,
    ImageRow,
    JobItemRow,
    JobRow,
    PlayRow,
    ResetRow,
    ResultRow,
    ReviewRow,
    SessionRow,
    TokenRow,
    UserRow,
    VoteRow,
)

__all__ = ["write_export"]

# They open doors, and say nothing about a person.
_SECRETS = ("password_hash", "secret_hash")

_README = """Everything that was kept of you at this Skyform site, written at {now}.

Each .json file is a list, with times in UTC; pictures/ holds the pictures that you gave, under their SHA-256, which results.json and
job_items.json name as image_digest. Left out are only the hashes of passwords and other secrets.
"""


def write_export(
    store: Store, owner: Owner, file: BufferedIOBase | IO[bytes], *, now: datetime
) -> None:
    """Write the archive.

    Parameters
    ----------
    owner : Owner
        An account, or a visitor's session.
    file : binary file
        Open for writing.
    """
    with (
        zipfile.ZipFile(cast("IO[bytes]", file), "w", zipfile.ZIP_DEFLATED) as archive,
        store.database.reading() as session,
    ):
        archive.writestr("README.txt", _README.format(now=now.isoformat(timespec="seconds")))
        for name, statement in _tables(owner).items():
            _write_rows(archive, f"{name}.json", session, statement)
        for image in session.scalars(_images(owner)):
            _write_picture(archive, store, image)


def _tables(owner: Owner) -> Mapping[str, Select[Any]]:
    """What is whose: every table that names an account or a session."""
    mine: dict[str, Select[Any]] = {
        table.__tablename__: select(table).where(owner.clause(table))
        for table in (ResultRow, JobRow, VoteRow, PlayRow)
    }
    mine["job_items"] = select(JobItemRow).join(JobRow).where(owner.clause(JobRow))
    if owner.user is None:
        return {**mine, "sessions": select(SessionRow).where(SessionRow.id == owner.session)}
    id = owner.user
    return {
        **mine,
        "users": select(UserRow).where(UserRow.id == id),
        "sessions": select(SessionRow).where(SessionRow.user_id == id),
        "tokens": select(TokenRow).where(TokenRow.user_id == id),
        "resets": select(ResetRow).where(ResetRow.user_id == id),
        "reviews": select(ReviewRow).where(ReviewRow.curator_id == id),
        "audit": select(AuditRow).where(
            or_(AuditRow.actor == id, AuditRow.subject == f"user:{id}")
        ),
    }


def _images(owner: Owner) -> Select[ImageRow]:
    results = select(ResultRow.image_digest).where(owner.clause(ResultRow))
    items = select(JobItemRow.image_digest).join(JobRow).where(owner.clause(JobRow))
    return select(ImageRow).where(or_(ImageRow.digest.in_(results), ImageRow.digest.in_(items)))


def _write_rows(
    archive: zipfile.ZipFile, name: str, session: Session, statement: Select[Any]
) -> None:
    # Row by row: a history may be longer than memory is large.
    rows = session.scalars(statement.execution_options(yield_per=100))
    with archive.open(name, "w", force_zip64=True) as out:
        out.write(b"[")
        for i, row in enumerate(rows):
            text = json.dumps(dict(_values(row)), ensure_ascii=False, default=datetime.isoformat)
            out.write(f"{',' if i else ''}\n{text}".encode())
            session.expunge(row)
        out.write(b"\n]\n")


def _values(row: Base) -> Iterator[tuple[str, Any]]:
    for column in row.__table__.columns:
        if column.key not in _SECRETS:
            yield column.key, getattr(row, column.key)


def _write_picture(archive: zipfile.ZipFile, store: Store, image: ImageRow) -> None:
    ending = mimetypes.guess_extension(image.media_type) or ""
    try:
        data = read_image(store.objects, image.digest)
    except FileNotFoundError:
        # Deleted since the list was made.
        return
    # Pictures are compressed already.
    archive.writestr(f"pictures/{image.digest}{ending}", data, zipfile.ZIP_STORED)
