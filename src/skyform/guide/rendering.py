"""From Markdown to HTML that can be shown as it is.

Raw HTML is shown as text, pictures are refused, and a link leads to a page of the guide (`[a bar](bar.md)`) or to an https address.
"""

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from skyform.errors import DataError

__all__ = ["Link", "links", "page_of_link", "render"]

_PAGE = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)\.md")


@dataclass(frozen=True, slots=True)
class Link:
    """A link's target as it is written, and the line on which its paragraph begins."""

    target: str
    line: int


def render(text: str, *, first: int = 1) -> str:
    """HTML of a Markdown text.

    Pages of the guide become addresses of the site (`/learn/<id>`). Whether a page exists is not looked at.

    Parameters
    ----------
    first : int
        Line on which the text begins, for errors.

    Raises
    ------
    DataError
        If the text holds a picture, or a link to anything but a page of the guide or an https address.
    """
    markdown = _markdown()
    tokens = markdown.parse(text)
    for link in _links(tokens, first):
        _check(link)
    for token in _all(tokens):
        if token.type == "link_open":
            page = page_of_link(str(token.attrs["href"]))
            if page:
                token.attrs["href"] = f"/learn/{page}"
            else:
                token.attrs["rel"] = "noopener noreferrer"
    return str(markdown.renderer.render(tokens, markdown.options, {})).strip()


def links(text: str, *, first: int = 1) -> tuple[Link, ...]:
    """All links of a Markdown text that begins on line `first`."""
    return tuple(_links(_markdown().parse(text), first))


def page_of_link(target: str) -> str:
    """The page of the guide that a link leads to; empty for any other target."""
    found = _PAGE.fullmatch(target)
    return found[1] if found else ""


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False})
    # The library would print a link that it dislikes as text; we want to see it, and refuse.
    markdown.validateLink = lambda url: True
    return markdown


def _all(tokens: list[Token]) -> list[Token]:
    return [t for token in tokens for t in (token, *(token.children or ()))]


def _links(tokens: list[Token], first: int) -> list[Link]:
    found: list[Link] = []
    line = first
    for token in tokens:
        line = first + token.map[0] if token.map else line
        for child in token.children or ():
            if child.type == "link_open":
                found.append(Link(str(child.attrs["href"]), line))
            elif child.type == "image":
                raise DataError(
                    f"line {line}: there is a picture in the text.",
                    remedy="Name it in the front matter.",
                )
    return found


def _check(link: Link) -> None:
    if not page_of_link(link.target) and not link.target.startswith("https://"):
        raise DataError(
            f"line {link.line}: the link to {link.target!r} leads neither to a page nor to an https address.",
            remedy="Write (page-id.md) or (https://…).",
        )
