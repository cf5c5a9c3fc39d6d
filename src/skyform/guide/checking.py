"""Whether the pages fit together: what they name must exist, and everything that Skyform can say must have a page."""

from collections.abc import Mapping, Sequence

from skyform.errors import DataError
from skyform.guide.pages import Page
from skyform.guide.reading import Source
from skyform.guide.rendering import links, page_of_link
from skyform.schema import KINDS, TAXONOMIES, TREES

__all__ = ["check", "sayable"]

# The site has pages of its own at these addresses.
_TAKEN = ("fork", "glossary", "tree")


def sayable() -> dict[str, list[str]]:
    """All that a page may explain: answers of every tree, classes of every taxonomy as `taxonomy:class`, and kinds."""
    answers = {a.id for tree in TREES.values() for a in tree.answers}
    classes = [f"{t.id}:{c.id}" for t in TAXONOMIES.values() for c in t.classes]
    return {
        "answers": sorted(answers),
        "classes": classes,
        "kinds": [k.id for k in KINDS],
    }


def check(pages: Mapping[str, Page], *, sources: Mapping[str, Source]) -> None:
    """Compare pages with each other and with the schema.

    Parameters
    ----------
    pages : mapping
        By id.
    sources : mapping
        The file of each page, for the line of a mistake.

    Raises
    ------
    DataError
        If a page names what does not exist, two explain the same thing, or nobody explains something.
    """
    said = sayable()
    for page in pages.values():
        source = sources[page.id]
        if page.id in _TAKEN:
            raise source.head.error(f"{page.id!r} is taken.", line=1, remedy="Rename the file.")
        _check_links(page, source, pages)
        for what, known in said.items():
            _check_names(getattr(page, what), known, source=source, what=what)
    for what, known in said.items():
        _check_coverage(pages, sources, what=what, known=known)


def _check_links(page: Page, source: Source, pages: Mapping[str, Page]) -> None:
    for i, confusion in enumerate(page.confused_with):
        if confusion.page not in pages or confusion.page == page.id:
            raise source.head.error(
                f"it is mistaken for {confusion.page!r}, which is no other page.",
                line=source.head.line("confused_with", i, "page"),
                remedy=_NAME_A_PAGE,
            )
    for i, reference in enumerate(page.references):
        if not reference.url.startswith("https://"):
            raise source.head.error(
                f"the reference to {reference.url!r} has no https address.",
                line=source.head.line("references", i, "url"),
                remedy="Give one that begins with https://.",
            )
    for heading, text, first in source.parts:
        for link in links(text, first=first):
            target = page_of_link(link.target)
            if target and target not in pages:
                raise source.head.error(
                    f"a link in {heading!r} leads to {link.target!r}, which is no page.",
                    line=link.line,
                    remedy=_NAME_A_PAGE,
                )


_NAME_A_PAGE = "Name one that is listed in contents.yaml."


def _check_names(names: Sequence[str], known: Sequence[str], *, source: Source, what: str) -> None:
    for i, name in enumerate(names):
        if name not in known:
            raise source.head.error(
                f"there is no {name!r} among the {what}.",
                line=source.head.line(what, i),
                remedy="skyform.schema has their ids.",
            )


def _check_coverage(
    pages: Mapping[str, Page],
    sources: Mapping[str, Source],
    *,
    what: str,
    known: Sequence[str],
) -> None:
    first: dict[str, str] = {}
    for page in pages.values():
        for i, name in enumerate(getattr(page, what)):
            if name in first:
                raise sources[page.id].head.error(
                    f"{name!r} is explained by {first[name]!r} already.",
                    line=sources[page.id].head.line(what, i),
                    remedy="Name it on one page only.",
                )
            first[name] = page.id
    missing = [name for name in known if name not in first]
    if missing:
        raise DataError(
            f"No page explains the {what} {', '.join(missing)}.",
            remedy=f"Name them under `{what}` of a page.",
        )
