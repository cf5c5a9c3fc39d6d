"""Who asks: session, account, tokens; and what an administrator sees."""

from datetime import datetime
from typing import Any, Literal

from pydantic import EmailStr, Field, SecretStr

from skyform.server.contract.base import Exact

__all__ = [
    "AuditEntry",
    "AuditPage",
    "Credentials",
    "OpenIdNote",
    "Overview",
    "PasswordChange",
    "PasswordForgotten",
    "PasswordReset",
    "Role",
    "SessionNote",
    "SignUp",
    "TokenCreate",
    "TokenList",
    "TokenNote",
    "TokenSecret",
    "User",
    "UserAdmin",
    "UserChange",
    "UserPage",
]

Role = Literal["member", "curator", "admin"]

_PASSWORD = Field(min_length=10, max_length=200)
# Control characters are nobody's name.
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]*$"


class User(Exact):
    """One's own account."""

    id: str
    email: str
    name: str
    role: Role
    created_at: datetime
    keep_history: bool = Field(
        description="Whether what this account classifies on the site is kept."
    )
    has_password: bool


class OpenIdNote(Exact):
    """The provider that one can sign in with."""

    name: str
    url: str = Field(description="Where to send the visitor.")


class SessionNote(Exact):
    """Who the server takes the visitor for, and how one can sign in."""

    user: User | None = Field(description="Null for a visitor.")
    csrf: str = Field(
        description="To be sent as X-CSRF-Token with every request that changes something."
    )
    registration: bool = Field(description="Whether one can make an account oneself.")
    openid: OpenIdNote | None
    password_reset: bool = Field(description="Whether a forgotten password can be set by mail.")


class Credentials(Exact):
    """What one signs in with."""

    email: EmailStr
    password: SecretStr = Field(max_length=200)


class SignUp(Exact):
    """A new account."""

    email: EmailStr
    password: SecretStr = _PASSWORD
    name: str = Field(default="", max_length=80, pattern=_PRINTABLE)


class UserChange(Exact):
    """What one may change of one's account; what is left out stays."""

    name: str | None = Field(default=None, max_length=80, pattern=_PRINTABLE)
    keep_history: bool | None = None


class PasswordChange(Exact):
    """A new password; the current one is needed where there is one."""

    current: SecretStr | None = Field(default=None, max_length=200)
    new: SecretStr = _PASSWORD


class PasswordForgotten(Exact):
    """Whose password is forgotten."""

    email: EmailStr


class PasswordReset(Exact):
    """A new password, with what was sent by mail."""

    token: SecretStr = Field(max_length=200, description="What follows # in the mail's link.")
    new: SecretStr = _PASSWORD


class TokenCreate(Exact):
    """A token for scripts."""

    name: str = Field(min_length=1, max_length=80, pattern=_PRINTABLE)
    days: int | None = Field(default=None, ge=1, le=3650, description="Null never expires.")


class TokenNote(Exact):
    """A token, without its secret."""

    id: str
    name: str
    hint: str = Field(description="Its first characters.")
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class TokenSecret(TokenNote):
    """A new token; its secret is shown this once."""

    token: str = Field(description="To be sent as `Authorization: Bearer …`.")


class TokenList(Exact):
    """One's own tokens."""

    tokens: list[TokenNote]


class UserAdmin(User):
    """An account as an administrator sees it."""

    last_seen_at: datetime | None
    locked: bool
    results: int


class UserPage(Exact):
    """Accounts, the newest first."""

    items: list[UserAdmin]
    next: str | None
    total: int


class AuditEntry(Exact):
    """Something that was done to accounts or to others' things."""

    at: datetime
    actor: str = Field(description="User id; empty for the server itself.")
    action: str
    subject: str
    detail: dict[str, Any]


class AuditPage(Exact):
    """The audit, the newest first."""

    items: list[AuditEntry]
    next: str | None


class Overview(Exact):
    """The server in numbers."""

    users: int
    results: int
    images: int
    image_bytes: int
    jobs_waiting: int
    votes: int
    reviews_waiting: int
    version: str
    model: str
    started_at: datetime
