"""What a site's robots.txt allows, by RFC 9309: the longest rule that matches decides, with `*` and `$` understood.

The standard library's reader takes the first rule that matches and knows no patterns, so it would let us into places like `/*.jpg$`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

__all__ = ["OPEN", "Rules", "read_rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What one robot may visit.

    Attributes
    ----------
    paths : tuple of (str, bool)
        Patterns of paths, and whether they are allowed.
    pause : float
        Seconds that the site wants between requests; 0 where it does not say.
    """

    paths: tuple[tuple[str, bool], ...] = ()
    pause: float = 0.0

    def allow(self, url: str) -> bool:
        """Whether an address may be visited. Of two rules that are equally long, the one that allows counts."""
        parts = urlsplit(url)
        path = _plain(parts.path or "/") + (f"?{_plain(parts.query)}" if parts.query else "")
        matching = [(len(pattern), ok) for pattern, ok in self.paths if _matches(pattern, path)]
        return max(matching, default=(0, True))[1]


OPEN = Rules()
"""Everything is allowed."""


def read_rules(text: str, *, robot: str) -> Rules:
    """The rules of a robots.txt for one robot: those of the groups that name it, else those for everyone (`*`).

    Lines that are no rules are passed over, as the RFC asks.
    """
    named: list[tuple[str, str]] = []
    everyone: list[tuple[str, str]] = []
    mine = False
    for agents, key, value in _grouped(text):
        if robot.lower() in agents:
            mine = True
            named.append((key, value))
        elif "*" in agents:
            everyone.append((key, value))
    lines = named if mine else everyone
    paths = tuple((_plain(v), k == "allow") for k, v in lines if k in ("allow", "disallow") and v)
    pauses = [float(v) for k, v in lines if k == "crawl-delay" and re.fullmatch(r"\d+(\.\d+)?", v)]
    return Rules(paths, max(pauses, default=0.0))


def _grouped(text: str) -> Iterator[tuple[frozenset[str], str, str]]:
    """Each line after a group's names, with those names; a group's first line may be all it has."""
    agents: frozenset[str] = frozenset()
    naming = False
    for line in text.lstrip("\ufeff").splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent":
            name = value.lower().partition("/")[0].strip()
            agents = agents | {name} if naming else frozenset({name})
            naming = True
            yield agents, "", ""
        elif key:
            naming = False
            yield agents, key, value


def _plain(path: str) -> str:
    """The path with equal escapes spelt equally."""
    return quote(unquote(path), safe="/*$?=&;:@+,!~'()")


def _matches(pattern: str, path: str) -> bool:
    end = pattern.endswith("$")
    parts = [re.escape(part) for part in pattern.removesuffix("$").split("*")]
    return re.match(".*".join(parts) + ("$" if end else ""), path) is not None
