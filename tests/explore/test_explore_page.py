"""The report as a page: complete, self-contained, and safe with any name."""

import base64
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from planted import DISC, ROUND, SCHEME, blob, colour_embedder, data_set, jpeg, vote_row

from skyform.cli.console import Paper
from skyform.cli.explore import summary_lines
from skyform.datasets.dataset import DataSet, Record
from skyform.evaluation.plotting import DARK, LIGHT, Panel
from skyform.explore import explore, findings_of, numbers_of
from skyform.explore.class_figures import spread_panel
from skyform.explore.page import page_of
from skyform.explore.thumbnails import Thumbnails, atlas, data_address
from skyform.explore.words import clipped, number, percent, plural, shortened
from skyform.schema import ClassName, Scheme

_VOID = {"meta", "link", "img", "br", "wbr", "path", "use", "rect", "circle"}


class Page(HTMLParser):
    """The page's elements, its text, and whether every element is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Mapping[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[Mapping[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(dataset: DataSet, **options: object) -> tuple[str, Page]:
    text = page_of(explore(dataset, embedder=colour_embedder(), **options))
    return text, Page(text)


def full_set() -> DataSet:
    """Labels, votes, a broken picture, copies, an object with two pictures, and a name with markup in it."""
    labels = [ROUND, DISC] * 14
    pictures = [jpeg(blob(i, label)) for i, label in enumerate(labels)]
    pictures[4], pictures[9] = b"<html>not found</html>", pictures[0]
    dataset = data_set(labels, pictures=pictures, splits=["train", "test"] * 14)
    records = [
        replace(r, votes=vote_row(i), volunteers=40.0, object="m31" if i < 2 else "")
        for i, r in enumerate(dataset.records)
    ]
    records[6] = replace(records[6], id="<script>alert('x')</script>&amp;")
    return replace(dataset, records=records, title="Stars & <b>bars</b>")


@pytest.fixture(scope="module")
def full() -> tuple[str, Page]:
    return page(full_set())


def test_nothing_is_fetched_from_elsewhere(full: tuple[str, Page]):
    text, parsed = full
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w", re.sub(r"base64,[\w+/=]+", "", text))
    for tag, attributes in parsed.elements:
        for name in ("src", "href", "xlink:href", "data", "action"):
            address = attributes.get(name)
            assert address is None or address.startswith(("data:", "#")), (tag, address)
    assert not re.findall(r"url\((?!#|data:)|@import", text)
    policy = next(m for m in parsed.all("meta") if m.get("http-equiv"))
    assert "default-src 'none'" in str(policy["content"])


def test_every_element_is_closed_and_ids_are_unique(full: tuple[str, Page]):
    _, parsed = full
    assert parsed.open == []
    ids = [a["id"] for _, a in parsed.elements if "id" in a]
    assert len(ids) == len(set(ids))
    used = {a["xlink:href"] for _, a in parsed.elements if a.get("xlink:href")}
    used |= {a["clip-path"][4:-1] for _, a in parsed.elements if a.get("clip-path")}
    used |= {a["href"] for a in parsed.all("a")}
    assert used
    assert used <= {f"#{i}" for i in ids}


def test_the_page_says_what_the_numbers_say(full: tuple[str, Page]):
    _, parsed = full
    exploration = explore(full_set(), embedder=colour_embedder())
    for finding in findings_of(exploration):
        assert " ".join(finding.text.split()) in parsed.text
    assert f"Fingerprint {exploration.dataset.fingerprint}" in parsed.text
    numbers = numbers_of(exploration)
    for own in numbers["classes"]["counts"]:
        row = f"{own['name']} {own['count']} {percent(own['share'])}"
        assert " ".join(row.split()) in parsed.text
    assert "unknown-format" in parsed.text
    assert "Contradicting labels: Flat disc, Round & red." in parsed.text
    assert "In more than one split: test, train." in parsed.text
    assert "A round blob <of> red light." in parsed.text
    assert "11. How many spiral arms are there?" in parsed.text


def test_names_are_text_and_never_markup(full: tuple[str, Page]):
    text, parsed = full
    assert "<script>alert" not in text
    assert "Stars & <b>bars</b>" in parsed.text
    assert parsed.all("b") == [{}] * len(parsed.all("b"))
    told = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert told is not None
    assert "<" not in told[1]


def test_everything_to_see_has_words(full: tuple[str, Page]):
    _, parsed = full
    assert parsed.all("img")
    assert all(i.get("alt") for i in parsed.all("img"))
    drawings = [d for d in parsed.all("div") if d.get("role") == "img"]
    assert len(drawings) > 20
    assert all(d.get("aria-label") for d in drawings)
    assert all(
        r.get("aria-label") and r.get("tabindex") == "0"
        for r in parsed.all("div")
        if r.get("role") == "region"
    )
    (chart,) = [d["aria-label"] for d in drawings if "Bar chart" in str(d["aria-label"])]
    assert chart == "Bar chart of pictures in each class: Round & red 14, Flat disc 14."


def test_the_map_has_a_mark_for_each_picture(full: tuple[str, Page]):
    _, parsed = full
    paths = [p for p in parsed.all("path") if "data-group" in p]
    assert sum(str(p["d"]).count("M") for p in paths) == 27
    buttons = parsed.all("button")
    assert [b["aria-pressed"] for b in buttons] == ["true", "true"]
    assert {b["data-group"] for b in buttons} == {p["data-group"] for p in paths}


def test_colours_follow_the_scheme(full: tuple[str, Page]):
    text, _ = full
    used = set(re.findall(r"var\(--(c\d+|ink|quiet|faint|paper)\)", text))
    assert used <= set(LIGHT) == set(DARK)
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert not [c for d in drawings for c in re.findall(r"(?:fill|stroke): (#\w+)", d)]


def test_the_page_does_not_depend_on_chance():
    def once() -> str:
        return re.sub(r"in [\d.]+ s\.", "", page(data_set([ROUND, DISC] * 8))[0])

    assert once() == once()


def one_label_each() -> DataSet:
    names = [f"class {i}" for i in range(30)]
    scheme = Scheme("many", "Many", tuple(ClassName(i, n, n) for i, n in enumerate(names)))
    return data_set(names, scheme=scheme)


def votes_only() -> DataSet:
    dataset = data_set([""] * 6, scheme=None)
    return replace(
        dataset, records=[replace(r, votes=vote_row(i)) for i, r in enumerate(dataset.records)]
    )


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (data_set([ROUND]), "There is one class only"),
        (data_set([""] * 5, scheme=None), "no labels and no votes"),
        (data_set([""] * 5), "No picture has a class."),
        (data_set([ROUND], pictures=[b""]), "None of the 1 picture could be read"),
        (data_set([ROUND] * 3, pictures=[np.zeros((1, 1, 3), np.uint8)] * 3), "1 × 1"),
        (data_set([ROUND] * 30, pictures=[blob(1)] * 30), "30 pictures in all"),
        (one_label_each(), "The 24 largest of 30 classes."),
        (votes_only(), "Classes that follow from the votes"),
        (replace(data_set([ROUND]), scheme=SCHEME, title=""), "planted"),
    ],
    ids=["one", "none", "unlabelled", "broken", "pixel", "equal", "many", "votes", "untitled"],
)
def test_odd_sets_have_a_page_too(dataset: DataSet, said: str):
    _, parsed = page(dataset)
    assert parsed.open == []
    assert said in parsed.text


def test_page_and_terminal_count_the_same_classes():
    dataset = votes_only()
    x = explore(dataset, embedder=colour_embedder(), map=False)
    present = sum(c.count > 0 for c in x.balance.counts)
    assert 0 < present < 5
    assert f"classes {present} of 5 (from votes)" in Page(page_of(x)).text
    lines = summary_lines(x, paper=Paper(100, colour=False))
    assert lines[1].startswith(f"{present} of 5 classes (from votes): ")
    assert "tree “Kaggle Galaxy Zoo”" in Page(page_of(x)).text


def test_long_names_of_columns_break_after_underscores():
    classes = tuple(ClassName(i, n, f"{n}_of_low_<b>") for i, n in enumerate((ROUND, DISC)))
    scheme = Scheme("planted", "Planted", classes)
    text, parsed = page(data_set([ROUND, DISC] * 14, scheme=scheme))
    assert '<th scope="col">round_<wbr>of_<wbr>low_<wbr>&lt;b&gt;</th>' in text
    assert parsed.open == []


def test_without_a_map():
    text, parsed = page(data_set([ROUND, DISC] * 4), map=False)
    assert "map-data" not in text
    assert not parsed.all("button")


def test_the_decals_tree_has_its_own_questions():
    decals = np.full(34, np.nan)
    decals[:3] = 0.8, 0.15, 0.05
    dataset = replace(
        data_set([""], scheme=None), records=[Record("a", info={"decals": decals.tolist()})]
    )
    _, parsed = page(dataset)
    assert "1 picture with votes on the questions of the tree “Galaxy Zoo DECaLS”." in parsed.text


def test_pictures_for_the_page_are_read_again_and_only_those():
    dataset = data_set([ROUND, DISC] * 200)
    exploration = explore(dataset, map=False, embedder=colour_embedder())
    dataset.store.reads.clear()
    page_of(exploration)
    assert 0 < len(dataset.store.reads) < 80


def test_a_picture_that_is_gone_when_the_page_is_written():
    dataset = data_set([ROUND] * 4, pictures=[jpeg(blob(i)) for i in range(4)])
    thumbnails = Thumbnails(dataset)
    dataset.store.pictures[2] = b""
    assert thumbnails(2) == ""
    assert thumbnails(1).startswith("data:image/webp;base64,")


def test_the_atlas_holds_every_stamp_in_order():
    stamps = np.stack([np.full((8, 8, 3), 20 * i, np.uint8) for i in range(11)])
    address, columns = atlas(stamps)
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))
    assert (columns, sheet.shape[:2]) == (4, (24, 32))
    seen = [sheet[8 * (i // 4) + 4, 8 * (i % 4) + 4].mean() for i in range(11)]
    assert seen == pytest.approx([20 * i for i in range(11)], abs=4)


def test_thumbnails_are_small():
    wide = np.zeros((100, 400, 3), np.uint8)
    data = base64.b64decode(data_address(wide, side=128).partition(",")[2])
    assert Image.open(io.BytesIO(data)).size == (128, 32)


def test_a_measure_without_any_value_has_a_panel():
    nothing = np.full(3, np.nan)
    panel = spread_panel(
        "x",
        [nothing, np.array([0.0, 1.0])],
        title="T",
        unit="u",
        classes=["a", "b"],
        colours=[0, 1],
        logarithmic=True,
    )
    assert isinstance(panel, Panel)
    assert "none" in panel.svg


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (percent(0.00001), "<0.1\N{NO-BREAK SPACE}%"),
        (percent(0.0), "0\N{NO-BREAK SPACE}%"),
        (percent(0.034), "3.4\N{NO-BREAK SPACE}%"),
        (percent(0.997), "100\N{NO-BREAK SPACE}%"),
        (number(float("nan")), "–"),
        (number(0.0), "0"),
        (number(99.96), "100"),
        (number(12345.6), "12,346"),
        (number(0.7099), "0.710"),
        (number(0.00001), "<0.001"),
        (plural(1, "class", "classes"), "1 class"),
        (plural(1200, "picture"), "1,200 pictures"),
        (shortened("abcdef", 4), "abc…"),
        (clipped("abcdefgh", 5), "ab…gh"),
        (clipped("abcde", 5), "abcde"),
    ],
)
def test_words(found: str, wanted: str):
    assert found == wanted
