"""Rows to try queries on."""

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from skyform.store import JobItemRow, JobRow, ResultRow, SessionRow, Store, UserRow, VoteRow
from skyform.store.images import keep_image
from skyform.store.owners import Owner
from skyform.store.results import NewResult, add_result


def user(session: Session, *, now: datetime, name: str = "Vera") -> Owner:
    """An account."""
    row = UserRow(
        id=uuid4().hex,
        email=f"{name.lower()}@example.org",
        name=name,
        role="member",
        password_hash="$argon2id$made-up",
        openid_subject=None,
        keep_history=True,
        failed_sign_ins=0,
        locked_until=None,
        created_at=now,
        last_seen_at=None,
    )
    session.add(row)
    session.flush()
    return Owner(user=row.id)


def visitor(session: Session, *, now: datetime, days: int = 30) -> Owner:
    """A visitor's session."""
    row = SessionRow(
        id=uuid4().hex,
        secret_hash=uuid4().hex * 2,
        user_id=None,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    return Owner(session=row.id)


def result(
    session: Session,
    store: Store,
    owner: Owner,
    *,
    now: datetime,
    picture: bytes = b"a galaxy",
    title: str = "NGC 1",
    expires_at: datetime | None = None,
) -> ResultRow:
    """A kept result with its picture."""
    digest = keep_image(session, store.objects, picture, media_type="image/png")
    new = NewResult(
        image_digest=digest,
        title=title,
        model="fake@1",
        sentence="Very likely a spiral galaxy.",
        classification={"id": title, "answers": [0.25, None], "text": "Ærø"},
        kind="galaxy",
        confidence=0.97,
        uncertainty=0.25,
        expires_at=expires_at,
    )
    return add_result(session, owner, new, now=now)


def vote(
    session: Session,
    owner: Owner,
    *,
    subject: str,
    now: datetime,
    answer: str = "bar.yes",
) -> VoteRow:
    """An answer to the question whether there is a bar."""
    row = VoteRow(
        subject=subject,
        **owner.columns(),
        question="bar",
        answer=answer,
        source="feedback",
        comment="",
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def job(
    session: Session,
    store: Store,
    owner: Owner,
    *,
    now: datetime,
    picture: bytes,
    status: str = "done",
    expires_at: datetime | None = None,
) -> JobRow:
    """A job of one picture."""
    digest = keep_image(session, store.objects, picture, media_type="image/png")
    row = JobRow(
        id=uuid4().hex,
        **owner.columns(),
        title="A night",
        status=status,
        model="fake@1",
        total=1,
        done=1,
        failed=0,
        created_at=now,
        finished_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    session.add(
        JobItemRow(
            job_id=row.id,
            position=0,
            name="one.png",
            image_digest=digest,
            status="done",
            classification={"id": "one"},
            error=None,
        )
    )
    session.flush()
    return row
