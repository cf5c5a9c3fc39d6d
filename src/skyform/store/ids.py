"""Random ids."""

import re
import secrets

__all__ = ["is_id", "new_id"]

_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """A new one: 128 random bits as 32 hexadecimal digits. Nobody can guess another's."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether it can be one at all. What is no id never reaches the database, which has its own ideas of odd characters."""
    return _ID.fullmatch(text) is not None
