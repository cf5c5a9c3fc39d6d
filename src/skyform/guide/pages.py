"""What a page of the guide holds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

__all__ = [
    "FAMILIES",
    "Confusion",
    "Family",
    "Member",
    "Page",
    "Picture",
    "Reference",
    "Section",
    "Term",
]

Family = Literal["kind", "class", "answer", "topic"]
FAMILIES: tuple[Family, ...] = get_args(Family)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, with what must stand beside it. `name` is its file name, alone."""

    name: str
    path: Path
    caption: str
    credit: str
    licence: str


@dataclass(frozen=True, slots=True)
class Member:
    """A famous member of the class; `distance` has its unit."""

    name: str
    constellation: str
    distance: str
    note: str


@dataclass(frozen=True, slots=True)
class Confusion:
    """The id of a page that this one is mistaken for, and how to tell them apart."""

    page: str
    tell: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a fact comes from, with an https address."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """One of the four parts of a page: its heading, its Markdown, and the safe HTML made from it."""

    heading: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the guide.

    Attributes
    ----------
    id : str
        The file's name without its ending, and the last part of the page's address.
    summary : str
        One sentence.
    answers, classes, kinds : tuple of str
        What it explains: answer ids of any tree, classes as `taxonomy:class`, ids of kinds.
    sees, formed, common, unknown : Section
        What one sees, how it came to be, how common it is, what nobody knows yet. A topic has headings of its own for the same four places.
    """

    id: str
    title: str
    family: Family
    summary: str
    answers: tuple[str, ...]
    classes: tuple[str, ...]
    kinds: tuple[str, ...]
    picture: Picture | None
    sees: Section
    formed: Section
    common: Section
    unknown: Section
    members: tuple[Member, ...]
    confused_with: tuple[Confusion, ...]
    references: tuple[Reference, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """Its four parts, in the order of the page."""
        return (self.sees, self.formed, self.common, self.unknown)


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the glossary; `html` is made from its text, `see` names pages that say more."""

    id: str
    term: str
    html: str
    see: tuple[str, ...]
