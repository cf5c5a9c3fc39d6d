"""The tables. Times are UTC and carry their zone; ids are random text unless said otherwise."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = [
    "AuditRow",
    "Base",
    "ImageRow",
    "JobItemRow",
    "JobRow",
    "PlayRow",
    "ResetRow",
    "ResultRow",
    "ReviewRow",
    "SessionRow",
    "TokenRow",
    "UserRow",
    "VoteRow",
]


class Moment(TypeDecorator[datetime]):
    """A time with its zone. SQLite forgets zones; what comes out is UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; a time without a zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; use datetime.now(UTC)")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """With the zone that SQLite dropped."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """All tables, with names for constraints so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Moment(),
        dict[str, Any]: JSON(),
        str: String(200),
    }


class UserRow(Base):
    """An account."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)  # in lower case
    name: Mapped[str]
    role: Mapped[str] = mapped_column(String(16))  # member, curator, admin
    password_hash: Mapped[str | None]  # argon2; none for those who sign in elsewhere only
    openid_subject: Mapped[str | None] = mapped_column(
        String(400), unique=True
    )  # issuer, blank, subject
    keep_history: Mapped[bool]
    failed_sign_ins: Mapped[int]
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]


class SessionRow(Base):
    """A browser that the server knows again, with or without an account. The cookie's secret is stored as its SHA-256 only."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class TokenRow(Base):
    """A token for scripts; stored as its SHA-256 only."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    hint: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class ResetRow(Base):
    """A link that was sent by mail, to set a new password with; stored as its SHA-256 only. It goes when it is used."""

    __tablename__ = "resets"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ImageRow(Base):
    """A picture in object storage, under its SHA-256; results and job items point at it, and it goes with the last of them."""

    __tablename__ = "images"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(60))
    size: Mapped[int] = mapped_column(BigInteger)  # bytes
    created_at: Mapped[datetime]


class ResultRow(Base):
    """A kept result. It belongs to an account, or to a session without one until `expires_at`."""

    __tablename__ = "results"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    session_id: Mapped[str | None] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    image_digest: Mapped[str] = mapped_column(ForeignKey("images.digest"), index=True)
    title: Mapped[str]
    shared: Mapped[bool]
    model: Mapped[str]
    kind: Mapped[str | None] = mapped_column(String(40))
    confidence: Mapped[float | None]
    uncertainty: Mapped[float]  # 0 to 1; what curators' list begins with
    sentence: Mapped[str] = mapped_column(Text)
    classification: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)

    __table_args__ = (Index("ix_results_user_id_created_at", "user_id", "created_at"),)


class JobRow(Base):
    """Many pictures at once."""

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    session_id: Mapped[str | None] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[str]
    status: Mapped[str] = mapped_column(String(16), index=True)  # queued, running, done
    model: Mapped[str]
    total: Mapped[int]
    done: Mapped[int]
    failed: Mapped[int]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)


class JobItemRow(Base):
    """One picture of a job."""

    __tablename__ = "job_items"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    image_digest: Mapped[str | None] = mapped_column(ForeignKey("images.digest"), index=True)
    status: Mapped[str] = mapped_column(String(16))  # queued, done, failed
    classification: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    attempts: Mapped[int] = mapped_column(default=0)  # how often a server process began with it
    claimed_by: Mapped[str | None] = mapped_column(String(32))  # the server process at work on it
    claimed_until: Mapped[datetime | None]  # then another process may take it over
    sequence: Mapped[int | None]  # from 1, in the order in which items were finished

    __table_args__ = (Index("ix_job_items_status_claimed_until", "status", "claimed_until"),)


class VoteRow(Base):
    """One person's answer to one question about one picture. `subject` is `result:<id>` or `exhibit:<id>`."""

    __tablename__ = "votes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    subject: Mapped[str] = mapped_column(String(80), index=True)
    user_id: Mapped[str | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    session_id: Mapped[str | None] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    question: Mapped[str] = mapped_column(String(60))  # or `kind`
    answer: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(16))  # feedback, play, curator
    comment: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("subject", "user_id", "question", name="uq_votes_subject_user"),
        UniqueConstraint("subject", "session_id", "question", name="uq_votes_subject_session"),
    )


class PlayRow(Base):
    """A round that was played, or is being played (`finished_at` empty)."""

    __tablename__ = "plays"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    session_id: Mapped[str | None] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    exhibit: Mapped[str] = mapped_column(String(80))
    points: Mapped[int]
    right: Mapped[bool | None]
    model_right: Mapped[bool | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ReviewRow(Base):
    """What a curator decided on a result; the latest one counts."""

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    result_id: Mapped[str] = mapped_column(ForeignKey("results.id", ondelete="CASCADE"), index=True)
    curator_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decision: Mapped[str] = mapped_column(String(16))  # accept, correct, discard
    labels: Mapped[dict[str, Any]]  # question id -> answer id, `kind` -> kind id
    note: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime]


class AuditRow(Base):
    """Something that was done to accounts or to others' things. Never deleted by those it is about; holds no more than ids."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(32))  # user id; empty for the server itself
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]]
