"""Whose a thing is: an account's, or that of a visitor's session."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false

__all__ = ["Owner"]


@dataclass(frozen=True, slots=True)
class Owner:
    """An account, or a visitor's session; one that has neither owns nothing.

    Things of an account carry only the account, so that they outlive the session that they came through.
    """

    user: str | None = None
    session: str | None = None

    def columns(self) -> dict[str, str | None]:
        """The values that a thing of theirs carries.

        Raises
        ------
        ValueError
            If there is neither an account nor a session.
        """
        if self.user is None and self.session is None:
            raise ValueError("an owner needs an account or a session before a thing can be kept")
        return {
            "user_id": self.user,
            "session_id": self.session if self.user is None else None,
        }

    def owns(self, row: Any) -> bool:
        """Whether a thing is theirs; `row` has `user_id` and `session_id`."""
        if self.user is not None:
            return row.user_id == self.user
        return self.session is not None and row.user_id is None and row.session_id == self.session

    def clause(self, table: Any) -> ColumnElement[bool]:
        """The condition that a row of a table with `user_id` and `session_id` is theirs."""
        if self.user is not None:
            return table.user_id == self.user
        if self.session is not None:
            return and_(table.user_id.is_(None), table.session_id == self.session)
        return false()
