"""robots.txt: the longest matching rule, patterns, groups, and files that are no rules at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.datasets.robots import OPEN, read_rules

SITE = "https://example.org"


def allowed(text: str, path: str, *, robot: str = "skyform") -> bool:
    return read_rules(text, robot=robot).allow(SITE + path)


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ("Disallow: /private", "/private/a.jpg", False),
        ("Disallow: /private", "/privateer", False),
        ("Disallow: /private/", "/private", True),
        ("Disallow:", "/anything", True),
        ("Disallow: /", "/", False),
        ("Disallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("Allow: /a/b\nDisallow: /a", "/a/c", False),
        ("Disallow: /a\nAllow: /a", "/a", True),
        ("Disallow: /*.jpg$", "/x/y.jpg", False),
        ("Disallow: /*.jpg$", "/x/y.jpg?size=2", True),
        ("Disallow: /*?", "/x", True),
        ("Disallow: /*?", "/x?y=1", False),
        ("Disallow: /*/thumbs/*.png", "/a/b/thumbs/c.png", False),
        ("Disallow: /a%2fb", "/a%2Fb", False),
        ("Disallow: /höhle", "/h%C3%B6hle", False),
        ("disallow : /a # a comment", "/a", False),
        ("DISALLOW:/a", "/a", False),
        ("Nonsense\nDisallow /a\n: /a", "/a", True),
    ],
)
def test_rules(rules: str, path: str, expected: bool):
    assert allowed(f"User-agent: *\n{rules}\n", path) is expected


def test_a_group_that_names_us_counts_instead_of_everyones():
    text = "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: SkyForm/2\nDisallow: /no\n"
    assert allowed(text, "/yes")
    assert not allowed(text, "/no")
    assert not allowed(text, "/yes", robot="third")
    assert not allowed(text, "/no", robot="other")


def test_groups_with_our_name_are_joined():
    text = "User-agent: skyform\nDisallow: /a\nUser-agent: *\nDisallow: /\nUser-agent: skyform\nDisallow: /b"
    assert [allowed(text, p) for p in ("/a", "/b", "/c")] == [False, False, True]


def test_an_empty_group_with_our_name_allows_everything():
    assert allowed("User-agent: *\nDisallow: /\nUser-agent: skyform\n", "/a")


def test_pauses():
    text = "User-agent: *\nCrawl-delay: 2.5\nUser-agent: b\nCrawl-delay: soon"
    assert read_rules(text, robot="skyform").pause == 2.5
    assert read_rules(text, robot="b").pause == 0
    assert read_rules("", robot="skyform").pause == 0


def test_a_byte_order_mark_is_passed_over():
    assert not allowed("\ufeffUser-agent: *\nDisallow: /a", "/a")


@given(st.text(), st.text(alphabet="abc/*$?%.é"))
def test_nothing_breaks_it(text: str, path: str):
    rules = read_rules(f"User-agent: *\nDisallow: /{path}\n{text}", robot="skyform")
    assert rules.allow(f"{SITE}/{path}") in (True, False)
    assert OPEN.allow(f"{SITE}/{path}")
