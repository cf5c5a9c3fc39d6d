"""What the site keeps: accounts, results, jobs, votes in a database, pictures in object storage."""

from skyform.store.database import Database
from skyform.store.objects import Objects
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

__all__ = [
    "AuditRow",
    "Base",
    "Database",
    "ImageRow",
    "JobItemRow",
    "JobRow",
    "Objects",
    "PlayRow",
    "ResetRow",
    "ResultRow",
    "ReviewRow",
    "SessionRow",
    "Store",
    "TokenRow",
    "UserRow",
    "VoteRow",
]
