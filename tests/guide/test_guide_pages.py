"""What every page of the packaged guide must be."""

import json
import re
from collections import defaultdict
from importlib.resources import files
from pathlib import Path

import pytest

from skyform.guide import Guide, Page
from skyform.schema import KINDS, TAXONOMIES, TREES

FOLDER = Path(str(files("skyform"))) / "guide"
IDS = sorted(p.stem for p in (FOLDER / "texts").glob("*.md"))
# Nothing that an ordinary page has three famous members of, and nobody has counted it.
WITHOUT_MEMBERS = {"none-of-these", "star-or-artefact"}
# What we write otherwise.
AMERICAN = re.compile(
    r"\b(colors?|colored|center(s|ed)?|gray|disks?|meters?|catalogs?|neighbors?|artifacts?|favor\w*)\b",
    re.IGNORECASE,
)
# One word each; those of two stand below.
_ONE_WORD = """
Andromeda Antlia Apus Aquarius Aquila Ara Aries Auriga Boötes Caelum Camelopardalis Cancer
Capricornus Carina Cassiopeia Centaurus Cepheus Cetus Chamaeleon Circinus Columba Corvus Crater
Crux Cygnus Delphinus Dorado Draco Equuleus Eridanus Fornax Gemini Grus Hercules Horologium Hydra
Hydrus Indus Lacerta Leo Lepus Libra Lupus Lynx Lyra Mensa Microscopium Monoceros Musca Norma
Octans Ophiuchus Orion Pavo Pegasus Perseus Phoenix Pictor Pisces Puppis Pyxis Reticulum Sagitta
Sagittarius Scorpius Sculptor Scutum Serpens Sextans Taurus Telescopium Triangulum Tucana Vela
Virgo Volans Vulpecula
"""
CONSTELLATIONS = set(_ONE_WORD.split()) | {
    "Canes Venatici",
    "Canis Major",
    "Canis Minor",
    "Coma Berenices",
    "Corona Australis",
    "Corona Borealis",
    "Leo Minor",
    "Piscis Austrinus",
    "Triangulum Australe",
    "Ursa Major",
    "Ursa Minor",
}


@pytest.fixture(params=IDS)
def page(request: pytest.FixtureRequest, guide: Guide) -> Page:
    return guide.by_id[request.param]


def prose(page: Page) -> str:
    """All that a reader reads, but for names and references; links without their targets."""
    texts = [page.title, page.summary, *(s.text for s in page.sections)]
    texts += [m.note for m in page.members] + [c.tell for c in page.confused_with]
    texts += [page.picture.caption] if page.picture else []
    return re.sub(r"\]\([^)]*\)", "", " ".join(texts))


def test_there_are_enough_pages_of_every_family(guide: Guide):
    count = {
        f: sum(p.family == f for p in guide.pages) for f in ("kind", "class", "answer", "topic")
    }
    assert len(guide.pages) >= 42
    assert min(count.values()) >= 7
    assert [p.family for p in guide.pages] == sorted(
        (p.family for p in guide.pages), key=["kind", "class", "answer", "topic"].index
    )


def test_every_answer_of_every_tree_has_a_page(guide: Guide):
    for tree in TREES.values():
        for answer in tree.answers:
            assert answer.id in guide.by_id[guide.page_of_answer(answer.id)].answers


def test_every_class_of_every_taxonomy_has_a_page(guide: Guide):
    for taxonomy in TAXONOMIES.values():
        for c in taxonomy.classes:
            page = guide.by_id[guide.page_of_class(taxonomy.id, c.id)]
            assert f"{taxonomy.id}:{c.id}" in page.classes


def test_every_kind_has_a_page(guide: Guide):
    for kind in KINDS:
        assert guide.by_id[guide.page_of_kind(kind.id)].kinds == (kind.id,)


def test_what_does_not_exist_has_no_page(guide: Guide):
    assert guide.page_of_answer("bar.maybe") == ""
    # Neither is a class taken for an answer, nor a kind.
    assert guide.page_of_answer("galaxy10_sdss:round") == ""
    assert guide.page_of_class("galaxy10_sdss", "nonsense") == ""
    assert guide.page_of_kind("comet") == ""


def test_length(page: Page):
    body = " ".join(s.text for s in page.sections)
    assert 250 <= len(prose(page).split()) <= 460
    assert 200 <= len(body.split()) <= 400
    assert all(20 <= len(s.text.split()) <= 190 for s in page.sections)


def test_tone(page: Page):
    text = prose(page)
    assert "!" not in text
    assert not AMERICAN.findall(text)
    assert not re.search(r"AI-powered|amazing|stunning|state of the art", text, re.IGNORECASE)
    assert page.summary.endswith(".")
    # One sentence.
    assert not re.search(r"[.?] [A-Z]", page.summary)


def test_how_common_it_is_has_a_figure_and_a_source(page: Page):
    if page.family == "topic" or page.id in WITHOUT_MEMBERS:
        return
    text = " ".join(page.common.text.split())
    assert re.search(r"\d", re.sub(r"\b(19|20)\d\d\b", "", text))
    assert re.search(r"\b(19|20)\d\d\b|Leung and Bovy", text)


def test_a_source_that_the_text_names_is_among_the_references(page: Page):
    text = " ".join(" ".join(s.text for s in page.sections).split())
    named = re.findall(r"([A-ZÀ-Ž][\w-]+) et al\. \(?(\d{4})", text)
    named += re.findall(r"([A-ZÀ-Ž][\w-]+)(?:, \w+)* and [A-ZÀ-Ž][\w-]+ \(?(\d{4})", text)
    for name, year in named:
        assert any(name in r.text and year in r.text for r in page.references), (name, year)


def test_references_can_be_followed(page: Page):
    assert len(page.references) >= 2
    assert len({r.url for r in page.references}) == len(page.references)
    for r in page.references:
        assert re.fullmatch(
            r"https://(arxiv\.org/abs|doi\.org|ui\.adsabs\.harvard\.edu/abs|github\.com)/\S+", r.url
        )
    # A paper is named with its year, a data set with its makers.
    assert all(re.search(r"\b(19|20)\d\d\b|Leung", r.text) for r in page.references)


def test_members(page: Page):
    if page.family == "topic":
        assert len(page.members) in (0, 3)
    else:
        assert len(page.members) == (0 if page.id in WITHOUT_MEMBERS else 3)
    assert len({m.name for m in page.members}) == len(page.members)
    for m in page.members:
        assert m.note.endswith(".")
        assert "light years" in m.distance or re.search(
            r"took about [\d.]+ billion years", m.distance
        )
        assert re.search(r"\d", m.distance)
        assert set(m.constellation.split(" and ")) <= CONSTELLATIONS | {"all round the sky"}


def test_a_member_is_at_one_place_only(guide: Guide):
    places: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for page in guide.pages:
        for m in page.members:
            places[m.name].add((m.constellation, m.distance))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_neighbours(page: Page):
    assert 2 <= len(page.confused_with) <= 4
    assert all(c.tell.endswith(".") for c in page.confused_with)


def test_pictures(guide: Guide):
    shown = [p.picture for p in guide.pages if p.picture]
    assert len(shown) >= 45
    for picture in shown:
        assert picture.path.read_bytes().startswith(b"\xff\xd8\xff")
        assert picture.caption.endswith(".")
        assert picture.credit
        assert picture.licence in ("MIT", "Apache-2.0")


def test_no_picture_travels_for_nothing(guide: Guide):
    there = {p.name for p in (FOLDER / "pictures").glob("*.jpg")}
    listed = {
        c["file"] for c in json.loads((FOLDER / "pictures" / "credits.json").read_text("utf-8"))
    }
    assert there == listed
    assert there <= {p.picture.name for p in guide.pages if p.picture}
    assert sum(p.stat().st_size for p in (FOLDER / "pictures").iterdir()) < 1_500_000


def test_glossary(guide: Guide):
    assert len(guide.terms) >= 60
    assert [t.term.casefold() for t in guide.terms] == sorted(
        t.term.casefold() for t in guide.terms
    )
    for t in guide.terms:
        assert "!" not in t.html
        assert not AMERICAN.findall(t.html)
        assert t.html.startswith("<p>")
        assert len(t.html.split()) < 60
