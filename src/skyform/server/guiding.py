"""The guide as types of the contract."""

from urllib.parse import quote

from skyform.guide import Guide, Page
from skyform.server.contract import (
    Glossary,
    GlossaryTerm,
    GuideConfusion,
    GuideEntry,
    GuideHeadings,
    GuideList,
    GuideMember,
    GuidePage,
    GuidePicture,
    GuideReference,
)

__all__ = ["glossary", "guide_list", "guide_page"]


def guide_list(guide: Guide) -> GuideList:
    """All pages, in the order of the guide."""
    return GuideList(entries=[_entry(p) for p in guide.pages])


def glossary(guide: Guide) -> Glossary:
    """All terms, in alphabetical order."""
    return Glossary(
        terms=[
            GlossaryTerm(id=t.id, term=t.term, text_html=t.html, see=list(t.see))
            for t in guide.terms
        ]
    )


def guide_page(guide: Guide, page: Page) -> GuidePage:
    """A page whole."""
    sees, formed, common, unknown = page.sections
    return GuidePage(
        **_entry(page).model_dump(),
        headings=GuideHeadings(
            sees=sees.heading,
            formed=formed.heading,
            common=common.heading,
            unknown=unknown.heading,
        ),
        sees_html=sees.html,
        formed_html=formed.html,
        common_html=common.html,
        unknown_html=unknown.html,
        members=[
            GuideMember(
                name=m.name, constellation=m.constellation, distance=m.distance, note=m.note
            )
            for m in page.members
        ],
        confused_with=[
            GuideConfusion(id=c.page, title=guide.by_id[c.page].title, tell=c.tell)
            for c in page.confused_with
        ],
        references=[GuideReference(text=r.text, url=r.url) for r in page.references],
    )


def _entry(page: Page) -> GuideEntry:
    return GuideEntry(
        id=page.id,
        title=page.title,
        family=page.family,
        summary=page.summary,
        answers=list(page.answers),
        classes=list(page.classes),
        kinds=list(page.kinds),
        picture=_picture(page),
    )


def _picture(page: Page) -> GuidePicture | None:
    shown = page.picture
    if shown is None:
        return None
    return GuidePicture(
        url=f"/api/v1/guide/pictures/{quote(shown.name)}",
        caption=shown.caption,
        credit=shown.credit,
        licence=shown.licence,
    )
