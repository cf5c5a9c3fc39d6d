"""What a notebook shows of a prediction and of a tree."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from made_up import failed, prediction

from skyform.schema import DECALS, SKYFORM, TREES, Flag, Prediction, Tree
from skyform.schema.words import percent


class Page(HTMLParser):
    """Text, labels of drawings, and whether every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


SPIRAL = ("smooth-or-features.features", "edge-on.no", "spiral.yes")


def page_of(shown: Prediction | Tree) -> Page:
    return Page(shown._repr_html_())


def test_a_prediction_says_its_sentence_path_and_classes():
    made = prediction(favoured=SPIRAL)
    page = page_of(made)
    assert page.texts[0] == made.sentence
    texts = set(page.texts)
    for id in made.path_taken:
        assert made.answer(id).text in texts
        assert SKYFORM.question[id.partition(".")[0]].text in texts
    assert {c.name for c in made.classes.values()} <= texts


def test_bars_tell_their_interval_to_those_who_cannot_see_them():
    made = prediction(favoured=SPIRAL)
    labels = [value for name, value in page_of(made).attributes if name == "aria-label"]
    first = made.answer(made.path_taken[0])
    assert len(labels) == len(made.path_taken)
    assert (
        labels[0]
        == f"{percent(first.fraction)}, between {percent(first.low)} and {percent(first.high)}"
    )


def test_what_is_not_sure_is_faint():
    made = prediction(favoured=SPIRAL)
    sure = replace(made, rolled_up=made.path_taken)
    faint = sure._repr_html_().count("opacity:0.7")
    assert made._repr_html_().count("opacity:0.7") == faint + len(made.path_taken)


def test_what_is_no_galaxy_has_no_path():
    made = prediction(kind="nebula", flags=[Flag.NOT_A_GALAXY])
    page = page_of(made)
    assert Flag.NOT_A_GALAXY.text in page.texts
    assert not [name for name, _ in page.attributes if name == "aria-label"]
    assert made.classes["hubble"].name not in page.texts


def test_a_model_of_other_classes_shows_those():
    made = replace(prediction(), kind=None, answers=(), path_taken=(), asked={})
    own = replace(made.classes["hubble"], taxonomy="nebulae", name="planetary")
    page = page_of(replace(made, classes={"nebulae": own}))
    assert "planetary" in page.texts
    assert any(text.startswith("nebulae: ") for text in page.texts)


def test_a_failed_picture_says_what_to_do():
    texts = page_of(failed(message="The file ends early.", remedy="Copy it again.")).texts
    assert {"The file ends early.", "Copy it again."} <= set(texts)


def test_names_cannot_carry_markup():
    made = prediction("<script>alert(1)</script>")
    assert "<script" not in made._repr_html_()
    assert "<script" not in replace(made, sentence="a <script> b")._repr_html_()
    assert "<script" not in failed("x", message="<script> is no picture.")._repr_html_()


@pytest.mark.parametrize("shown", [prediction(), *TREES.values()], ids=lambda s: s.id)
def test_nothing_is_fetched(shown: Prediction | Tree):
    assert not {"src", "href", "class"} & {name for name, _ in page_of(shown).attributes}


@pytest.mark.parametrize("tree", TREES.values(), ids=lambda t: t.id)
def test_a_tree_shows_every_question_and_answer(tree: Tree):
    page = page_of(tree)
    assert [t for t in page.texts if t in {q.text for q in tree.questions}] == [
        q.text for q in tree.questions
    ]
    told = " ".join(page.texts)
    assert all(a.text in told for a in tree.answers)


def test_an_answer_names_the_questions_that_it_leads_to():
    assert "not edge-on → 3 and 4 and 5" in DECALS._repr_html_()
    assert "spiral arms → 10 and 12" in SKYFORM._repr_html_()
    assert "star or artefact</li>" in SKYFORM._repr_html_()
