"""What people learn: a page for each kind, class and answer, topics, and a glossary."""

from skyform.guide.library import Guide
from skyform.guide.pages import (
    FAMILIES,
    Confusion,
    Family,
    Member,
    Page,
    Picture,
    Reference,
    Section,
    Term,
)
from skyform.guide.rendering import Link, links, render

__all__ = [
    "FAMILIES",
    "Confusion",
    "Family",
    "Guide",
    "Link",
    "Member",
    "Page",
    "Picture",
    "Reference",
    "Section",
    "Term",
    "links",
    "render",
]
