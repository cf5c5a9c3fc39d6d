import time

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from skyform.errors import AccountError
from skyform.store.passwords import LEAST_LENGTH, Passwords, check_password

EMAIL = "mira.lind@observatory.example"


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(memory=8, rounds=1)


def test_what_is_kept_is_argon2id_with_a_salt(passwords: Passwords) -> None:
    first, second = passwords.hash("several quiet words"), passwords.hash("several quiet words")
    assert first.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert first != second
    assert passwords.verify(first, "several quiet words")
    assert passwords.verify(second, "several quiet words")
    assert not passwords.verify(first, "several quiet word")


@hypothesis(max_examples=30)
@given(st.text(max_size=40), st.text(max_size=40))
def test_only_the_same_password_opens(one: str, two: str) -> None:
    passwords = Passwords(memory=8, rounds=1)
    import unicodedata

    alike = unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", two)
    assert passwords.verify(passwords.hash(one), two) == alike


def test_keyboards_that_compose_differently_agree(passwords: Passwords) -> None:
    assert passwords.verify(passwords.hash("gal\u00e4xie nebel"), "gala\u0308xie nebel")


@pytest.mark.parametrize("hash", [None, "", "x", "$argon2id$broken", "plain text"])
def test_nothing_opens_without_a_hash(passwords: Passwords, hash: str | None) -> None:
    for password in ("", "several quiet words", "x"):
        assert passwords.verify(hash, password) is False


def test_an_unknown_address_takes_as_long() -> None:
    """The ratio only, and a generous one: what matters is that there is no answer at once."""
    passwords = Passwords(memory=4096, rounds=2)
    hash = passwords.hash("several quiet words")

    def seconds(known: str | None) -> float:
        took = []
        for _ in range(7):
            start = time.process_time()
            passwords.verify(known, "another password")
            took.append(time.process_time() - start)
        return min(took)

    assert 0.4 < seconds(None) / seconds(hash) < 2.5


def test_other_costs_are_noticed(passwords: Passwords) -> None:
    hash = passwords.hash("several quiet words")
    assert not passwords.outdated(hash)
    assert Passwords(memory=16, rounds=1).outdated(hash)
    assert Passwords(memory=8, rounds=2).outdated(hash)
    assert Passwords(memory=8, rounds=2).verify(hash, "several quiet words")


@pytest.mark.parametrize("password", ["", "short", "a" * (LEAST_LENGTH - 1)])
def test_short_passwords_are_refused(password: str) -> None:
    with pytest.raises(AccountError, match=rf"has {len(password)} characters.*{LEAST_LENGTH}"):
        check_password(password, email=EMAIL)


@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "Password2024!",
        "1234567890",
        "9876543210!",
        "qwertyuiop12",
        "1q2w3e4r5t",
        "aaaaaaaaaaaa",
        "abababababab",
        "skyform2026",
        "galaxyzoo!!!",
        "mira.lind99",
        "observatory1",
        "abcdefghijkl",
    ],
)
def test_common_passwords_are_refused(password: str) -> None:
    with pytest.raises(AccountError, match="first that others would try"):
        check_password(password, email=EMAIL)


@pytest.mark.parametrize(
    "password",
    [
        "several quiet words",
        "hubble saw a deep field",
        "mira.lind likes nebulae in winter",
        "Zk7#pQ2vLm",
        "пять тихих слов",
        "星雲星雲猫犬鳥魚花月",
    ],
)
def test_good_passwords_are_taken(password: str) -> None:
    check_password(password, email=EMAIL)
