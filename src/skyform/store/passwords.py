"""Passwords: which are taken, and what is kept of them."""

import base64
import re
import unicodedata
from functools import cached_property
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from skyform.errors import AccountError

__all__ = ["LEAST_LENGTH", "Passwords", "check_password"]

LEAST_LENGTH = 10

# What is left of the commonest long passwords when digits and signs at both ends are gone. Length does the rest.
_COMMON = (
    "abc abcdef abcdefgh abcdefghij administrator admin asdfghjkl asdfghjklzxcvbnm baseball changeme "
    "charlie chocolate computer  dragon einstein football galaxies galaxy galaxyzoo iloveyou kosmos "
    "letmein login manchester master michael milkyway monkey  p@ssw0rd p@ssword passw0rd passwort "
    "password princess qazwsx qazwsxedc qwerty qwertyuiop qwertz qwertzuiop  secret shadow skyform "
    "starwars sunshine superman supernova telescope trustno universe welcome whatever zaq12wsx "
    "zxcvbnm "
)
# Neighbours in the alphabet and on keyboards.
_RUNS = (
    "0123456789 9876543210 abcdefghijklmnopqrstuvwxyz qwertyuiop qwertzuiop asdfghjkl zxcvbnm "
    "1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6u7i8o9p0"
)
_LEAST_DIFFERENT = 5
_MOST_IN_A_ROW = 0.7


class Passwords:
    """Hashes passwords with argon2id, and compares them.

    Parameters
    ----------
    memory : int
        KiB.
    rounds : int
        Passes over the memory.
    """

    def __init__(self, *, memory: int, rounds: int) -> None:
        # One lane: more would only help where processors idle, and several people may sign in at once.
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory, parallelism=1)

    def hash(self, password: str) -> str:
        """What to keep of a password."""
        return self._hasher.hash(_normal(password))

    def verify(self, hash: str | None, password: str) -> bool:
        """Whether it is the one. Without a hash it takes as long, and is False."""
        try:
            return self._hasher.verify(hash or self._nobodys, _normal(password)) and bool(hash)
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, hash: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hash)

    @cached_property
    def _nobodys(self) -> str:
        """A hash that no password is known for, at no cost: zeros in the place of the result."""
        h = self._hasher
        salt, result = (
            base64.b64encode(bytes(size)).decode().rstrip("=") for size in (h.salt_len, h.hash_len)
        )
        costs = f"m={h.memory_cost},t={h.time_cost},p={h.parallelism}"
        return f"$argon2id$v=19${costs}${salt}${result}"


def check_password(password: str, *, email: str) -> None:
    """Refuse a password that others would try first.

    Raises
    ------
    AccountError
        If it is short, common, or made of the e-mail address.
    """
    said = _normal(password).lower()
    if len(said) < LEAST_LENGTH:
        raise AccountError(
            f"The password has {len(said)} characters.",
            remedy=f"Take at least {LEAST_LENGTH}; a few words in a row are easy to remember.",
        )
    if _is_common(said) or _is_name(said, email=email.lower()):
        raise AccountError(
            "This password is one of the first that others would try.",
            remedy="Take several words that have nothing to do with each other.",
        )


def _is_common(said: str) -> bool:
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", said)
    in_a_row = sum(a + b in _RUNS for a, b in pairwise(said))
    return (
        len(set(said)) < _LEAST_DIFFERENT
        or core in _COMMON.split()
        or in_a_row >= _MOST_IN_A_ROW * len(said)
    )


def _is_name(said: str, *, email: str) -> bool:
    local, _, host = email.partition("@")
    names = (local, host.partition(".")[0])
    return any(len(n) > 3 and n in said and len(said) - len(n) < LEAST_LENGTH - 4 for n in names)


def _normal(password: str) -> str:
    """The same characters however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password)
