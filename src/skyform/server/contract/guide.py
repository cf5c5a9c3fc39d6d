"""What people learn: pages, glossary."""

from typing import Literal

from pydantic import Field

from skyform.server.contract.base import Exact

__all__ = [
    "Glossary",
    "GlossaryTerm",
    "GuideConfusion",
    "GuideEntry",
    "GuideHeadings",
    "GuideList",
    "GuideMember",
    "GuidePage",
    "GuidePicture",
    "GuideReference",
]


class GuidePicture(Exact):
    """A picture with the credit that must stand beside it."""

    url: str
    caption: str
    credit: str
    licence: str


class GuideEntry(Exact):
    """One page of the guide in a list."""

    id: str
    title: str
    family: Literal["kind", "class", "answer", "topic"]
    summary: str = Field(description="One sentence.")
    answers: list[str] = Field(description="Answers of the tree that it explains.")
    classes: list[str] = Field(description="Classes that it explains, as `taxonomy:class`.")
    kinds: list[str] = Field(description="Kinds of object that it explains.")
    picture: GuidePicture | None


class GuideMember(Exact):
    """A famous member of the class."""

    name: str
    constellation: str
    distance: str = Field(description="With its unit.")
    note: str


class GuideConfusion(Exact):
    """A neighbour that it is mistaken for."""

    id: str = Field(description="Page of the neighbour.")
    title: str
    tell: str = Field(description="How to tell them apart.")


class GuideReference(Exact):
    """Where a fact comes from."""

    text: str
    url: str


class GuideHeadings(Exact):
    """What stands above the four parts of a page; topics have headings of their own."""

    sees: str
    formed: str
    common: str
    unknown: str


class GuidePage(GuideEntry):
    """A page whole. What ends in `_html` is safe HTML, made from Markdown on the server."""

    headings: GuideHeadings

    sees_html: str = Field(description="What one sees.")
    formed_html: str = Field(description="How it came to be.")
    common_html: str = Field(description="How common it is.")
    unknown_html: str = Field(description="What nobody knows yet.")
    members: list[GuideMember]
    confused_with: list[GuideConfusion]
    references: list[GuideReference]


class GuideList(Exact):
    """All pages."""

    entries: list[GuideEntry]


class GlossaryTerm(Exact):
    """A word and its meaning."""

    id: str
    term: str
    text_html: str
    see: list[str] = Field(description="Pages of the guide that say more.")


class Glossary(Exact):
    """The glossary in alphabetical order."""

    terms: list[GlossaryTerm]
