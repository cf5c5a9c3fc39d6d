"""For administrators: who is here, who may do what, what was done."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

import skyform
from skyform.errors import AccountError
from skyform.server.contract import AuditEntry, AuditPage, Overview, UserAdmin, UserPage
from skyform.server.problems import RequestError
from skyform.server.routers.account import erase, last_admin, user_note
from skyform.server.routers.common import Admin, Cursor, Limit, RoleChange, Shared, add
from skyform.server.transactions import in_transaction, while_reading
from skyform.store import UserRow, accounts, audit
from skyform.store.overview import numbers_of

__all__ = ["admin_routes"]

Search = Annotated[
    str,
    Query(
        max_length=200,
        pattern=r"^[^\x00]*$",
        description="Only those whose address or name holds this.",
    ),
]


def admin_routes() -> APIRouter:
    """Their routes."""
    router = APIRouter(prefix="/api/v1", tags=["admin"])
    add(
        router,
        "GET",
        "/admin/overview",
        overview,
        errors=(401, 403),
        summary="The server in numbers",
    )
    add(router, "GET", "/admin/users", list_users, errors=(401, 403), summary="The accounts")
    add(
        router,
        "PUT",
        "/admin/users/{id}/role",
        change_role,
        errors=(401, 403, 404, 409, 422),
        summary="Give a role",
    )
    add(
        router,
        "DELETE",
        "/admin/users/{id}",
        delete_user,
        status=204,
        errors=(401, 403, 404, 409),
        summary="Delete an account",
    )
    add(router, "GET", "/admin/audit", list_audit, errors=(401, 403), summary="What was done")
    return router


async def overview(visitor: Admin, shared: Shared) -> Overview:
    """For administrators."""
    numbers = await while_reading(
        shared.store, lambda session: numbers_of(session, now=datetime.now(UTC))
    )
    return Overview(
        **asdict(numbers),
        version=skyform.__version__,
        model=shared.classifier.info.id,
        started_at=shared.started_at,
    )


async def list_users(
    visitor: Admin, shared: Shared, cursor: Cursor = None, limit: Limit = 24, search: Search = ""
) -> UserPage:
    """The newest first."""

    def find(session: Session) -> UserPage:
        page = accounts.list_accounts(session, cursor=cursor, limit=limit, search=search)
        kept = accounts.results_of(session, [row.id for row in page.items])
        items = [_note(row, results=kept.get(row.id, 0)) for row in page.items]
        return UserPage(items=items, next=page.next, total=page.total)

    return await while_reading(shared.store, find)


async def change_role(id: str, role: RoleChange, shared: Shared, visitor: Admin) -> UserAdmin:
    """The last administrator stays one."""

    def change(session: Session) -> UserAdmin:
        row = _found(session, id)
        try:
            accounts.set_role(
                session, row, role.role, now=datetime.now(UTC), actor=visitor.user or ""
            )
        except AccountError as error:
            raise last_admin(error) from None
        return _note(row, results=accounts.results_of(session, [id]).get(id, 0))

    changed = await in_transaction(shared.store, change)
    shared.accounts.sessions.forget(user=id)
    return changed


async def delete_user(id: str, shared: Shared, visitor: Admin) -> None:
    """With everything that it gave; a curator's decisions stay, without a name."""
    await while_reading(shared.store, lambda session: _found(session, id))
    await erase(shared, id, actor=visitor.user or "")


async def list_audit(
    visitor: Admin, shared: Shared, cursor: Cursor = None, limit: Limit = 24
) -> AuditPage:
    """The newest first."""

    def find(session: Session) -> AuditPage:
        page = audit.list_audit(session, cursor=cursor, limit=limit)
        names = ("at", "actor", "action", "subject", "detail")
        items = [AuditEntry(**{n: getattr(row, n) for n in names}) for row in page.items]
        return AuditPage(items=items, next=page.next)

    return await while_reading(shared.store, find)


def _found(session: Session, id: str) -> UserRow:
    row = accounts.read_account(session, id)
    if row is None:
        raise RequestError(
            f"There is no account {id[:80]!r}.",
            remedy="GET /api/v1/admin/users lists them.",
            status=404,
            code="not-found",
        )
    return row


def _note(row: UserRow, *, results: int) -> UserAdmin:
    return UserAdmin(
        **user_note(row).model_dump(),
        last_seen_at=row.last_seen_at,
        locked=accounts.is_locked(row, now=datetime.now(UTC)),
        results=results,
    )
