"""A mistake in a file of the guide is told with its file and line."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from skyform.errors import DataError
from skyform.guide import Guide, Page, Picture
from skyform.guide.checking import check
from skyform.guide.reading import Source, page_from, read_source

GOOD = """---
title: A bar
summary: A straight band.
answers: [bar.yes]
picture:
  file: bar.jpg
  caption: A bar.
members:
  - name: M95
    constellation: Leo
    distance: about 33 million light years
    note: A bar with a ring.
confused_with:
  - page: other
    tell: Look twice.
references:
  - text: Somebody 2011
    url: https://arxiv.org/abs/1003.0449
---

## What one sees

A band. See [the other](other.md).

## How it came to be

Slowly.

## How common it is

A third.

## What nobody knows yet

Much.
"""


def source_of(tmp_path: Path, text: str, *, name: str = "bar") -> Source:
    path = tmp_path / f"{name}.md"
    path.write_text(text, "utf-8")
    return read_source(path)


def page_of(tmp_path: Path, text: str, *, family: str = "answer") -> Page:
    pictures = {"bar.jpg": Picture("bar.jpg", tmp_path / "bar.jpg", "", "Somebody", "MIT")}
    return page_from(source_of(tmp_path, text), family=family, pictures=pictures)


def test_a_good_file(tmp_path: Path):
    page = page_of(tmp_path, GOOD)
    assert (page.id, page.title, page.family) == ("bar", "A bar", "answer")
    assert page.members[0].constellation == "Leo"
    assert page.picture is not None
    assert (page.picture.credit, page.picture.caption) == ("Somebody", "A bar.")
    assert page.sees.html == '<p>A band. See <a href="/learn/other">the other</a>.</p>'
    assert [s.heading for s in page.sections][1] == "How it came to be"


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("---\ntitle", "title", 1, "there is no front matter"),
        ("title: A bar", "title: [", 4, "expected|while parsing|did not find"),
        ("title: A bar", "titel: A bar", 2, "there is no field 'titel'"),
        ("summary: A straight band.", "summary: 7", 3, "summary is 7"),
        ("answers: [bar.yes]", "answers: bar.yes", 4, "answers is 'bar.yes'"),
        ("  file: bar.jpg", "  file: gone.jpg", 6, "there is no picture 'gone.jpg'"),
        ("  caption: A bar.\n", "", 5, "picture is"),
        ("    distance: about 33 million light years\n", "", 9, "item 1 of members"),
        ("    note: A bar with a ring.", "    note: 5", 12, "note in item 1 of members is 5"),
        ("references:\n", "references:\n  - nothing\n", 17, "item 1 of references"),
        ("## How common it is", "## How rare it is", 23, "the headings are"),
        ("Slowly.\n", "", 26, "'How it came to be' is empty"),
        ("(other.md)", "(javascript:x)", 24, "the link to 'javascript:x' leads neither"),
        ("A third.", "![x](bar.jpg)", 32, "there is a picture in the text"),
    ],
)
def test_a_wrong_file(tmp_path: Path, old: str, new: str, line: int, what: str):
    assert old in GOOD
    with pytest.raises(DataError, match=what) as caught:
        page_of(tmp_path, GOOD.replace(old, new, 1))
    assert caught.value.message.startswith("bar.md, line ")
    assert abs(int(caught.value.message.split("line ")[1].split(":")[0]) - line) <= 1
    assert caught.value.remedy


def test_the_line_is_exact(tmp_path: Path):
    text = GOOD.replace("(other.md)", "(javascript:x)")
    with pytest.raises(DataError) as caught:
        page_of(tmp_path, text)
    line = int(caught.value.message.split("line ")[1].split(":")[0])
    assert "javascript" in text.splitlines()[line - 1]


def test_a_topic_names_its_parts_itself(tmp_path: Path):
    text = GOOD.replace("## How it came to be", "## How it works")
    assert page_of(tmp_path, text, family="topic").formed.heading == "How it works"
    with pytest.raises(DataError, match="the headings are"):
        page_of(tmp_path, text, family="class")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("page: other", "page: nobody", "mistaken for 'nobody'"),
        ("page: other", "page: bar", "mistaken for 'bar'"),
        ("url: https://", "url: http://", "has no https address"),
        ("(other.md)", "(nobody.md)", "leads to 'nobody.md', which is no page"),
        ("[bar.yes]", "[bar.perhaps]", "there is no 'bar.perhaps' among the answers"),
        ("[bar.yes]", "[bar.yes, ring.yes]", "there is no 'ring.yes' among the answers"),
        ("answers: [bar.yes]", "classes: ['hubble:oval']", "no 'hubble:oval' among the classes"),
        ("answers: [bar.yes]", "kinds: [comet]", "there is no 'comet' among the kinds"),
    ],
)
def test_what_a_page_names_must_exist(tmp_path: Path, old: str, new: str, what: str):
    text = GOOD.replace(old, new, 1)
    page, source = page_of(tmp_path, text), source_of(tmp_path, text)
    other = source_of(tmp_path, GOOD.replace("page: other", "page: bar"), name="other")
    pages = {
        "bar": page,
        "other": page_from(other, family="answer", pictures={"bar.jpg": page.picture}),
    }
    with pytest.raises(DataError, match=what) as caught:
        check(pages, sources={"bar": source, "other": other})
    line = int(caught.value.message.split("line ")[1].split(":")[0])
    assert new.split(": ")[-1].strip("[]()'").split(", ")[-1] in text.splitlines()[line - 1]


def test_two_pages_on_one_thing_and_none_on_another(tmp_path: Path):
    page, source = page_of(tmp_path, GOOD), source_of(tmp_path, GOOD)
    other = source_of(tmp_path, GOOD.replace("page: other", "page: bar"), name="other")
    twin = page_from(other, family="answer", pictures={"bar.jpg": page.picture})
    both = {"bar": page, "other": twin}
    with pytest.raises(DataError, match=r"other\.md, line 4: 'bar\.yes' is explained by 'bar'"):
        check(both, sources={"bar": source, "other": other})
    bare = source_of(
        tmp_path,
        GOOD.replace("page: other", "page: bar").replace("answers: [bar.yes]\n", ""),
        name="other",
    )
    empty = page_from(bare, family="answer", pictures={"bar.jpg": page.picture})
    with pytest.raises(DataError, match=r"No page explains the answers .*bar\.no.*spiral\.yes"):
        check({"bar": page, "other": empty}, sources={"bar": source, "other": bare})


def test_addresses_of_the_site_are_taken(tmp_path: Path):
    text = GOOD.replace("page: other", "page: bar").replace("(other.md)", "(bar.md)")
    tree = source_of(tmp_path, text, name="tree")
    page = page_of(tmp_path, text.replace("page: bar", "page: tree"))
    pages = {
        "tree": page_from(tree, family="answer", pictures={"bar.jpg": page.picture}),
        "bar": page,
    }
    with pytest.raises(DataError, match="'tree' is taken"):
        check(pages, sources={"tree": tree, "bar": source_of(tmp_path, text)})


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packaged guide without its pictures' bytes."""
    packaged = Path(str(files("skyform"))) / "guide"
    folder = tmp_path / "guide"
    shutil.copytree(packaged / "texts", folder / "texts")
    (folder / "pictures").mkdir()
    for name in ("contents.yaml", "glossary.yaml", "pictures/credits.json"):
        shutil.copy(packaged / name, folder / name)
    for credit in json.loads((folder / "pictures" / "credits.json").read_text("utf-8")):
        (folder / "pictures" / credit["file"]).touch()
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_copy_is_the_same_guide(copy: Path, guide: Guide):
    again = Guide.load(copy)
    assert [p.id for p in again.pages] == [p.id for p in guide.pages]
    assert again.terms == guide.terms


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("  - ring\n", "  - ring\n  - ring\n", r"contents\.yaml, line \d+: 'ring' is listed twice"),
        ("  - ring\n", "", r"contents\.yaml, line 1: ring of texts/ is not listed"),
        ("  - ring\n", "  - wring\n", r"contents\.yaml, line \d+: there is no texts/wring\.md"),
        ("topic:", "topics:", r"contents\.yaml, line 1: the families are not kind, class"),
    ],
)
def test_a_wrong_table_of_contents(copy: Path, old: str, new: str, what: str):
    edit(copy / "contents.yaml", old, new)
    with pytest.raises(DataError, match=what):
        Guide.load(copy)


@pytest.mark.parametrize(
    ("new", "what"),
    [
        ("- {id: x, term: X}\n", r"glossary\.yaml, line 1: the entry is"),
        (
            "- {id: x, term: X, text: '[x](nobody.md)'}\n",
            "line 1: it names 'nobody', which is no page",
        ),
        ("- {id: x, term: X, text: x, see: [nobody]}\n", "line 1: it names 'nobody'"),
        (
            "- {id: x, term: X, text: '[x](http://x.org)'}\n",
            "line 1: in the text, line 1: the link",
        ),
        (
            "- {id: x, term: X, text: x}\n- {id: x, term: X, text: x}\n",
            "line 2: 'x' is there twice",
        ),
        ("- {id: x\n", r"glossary\.yaml, line \d: "),
    ],
)
def test_a_wrong_glossary(copy: Path, new: str, what: str):
    (copy / "glossary.yaml").write_text(new, "utf-8")
    with pytest.raises(DataError, match=what):
        Guide.load(copy)


def test_a_missing_file(copy: Path):
    (copy / "glossary.yaml").unlink()
    with pytest.raises(DataError, match=r"glossary\.yaml cannot be read"):
        Guide.load(copy)


def test_credits_cannot_reach_outside(copy: Path, tmp_path: Path):
    (tmp_path / "secret.jpg").touch()
    path = copy / "pictures" / "credits.json"
    listed = json.loads(path.read_text("utf-8"))
    listed.append({"file": "../../secret.jpg", "credit": "x", "licence": "x"})
    path.write_text(json.dumps(listed), "utf-8")
    assert "secret.jpg" not in Guide.load(copy).pictures
