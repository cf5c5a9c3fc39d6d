"""What model files say of themselves, and what they may not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.errors import ModelError
from skyform.schema import KINDS, TAXONOMIES, ClassEstimate, ClassName, Scheme
from skyform.schema.modelfile import (
    FORMAT,
    MODEL_TREES,
    READABLE,
    RESERVED_COLUMNS,
    check_scheme,
    class_columns,
    description,
    mirror_images,
)
from skyform.schema.words import class_sentence

TYPES = Scheme.from_names("types", ["disc", "ball", "mess"])
ABOUT = {
    "name": "m",
    "version": "1",
    "title": "M",
    "precision": "fp32",
    "preprocess": {"size": 32},
    "card": {"data": "none"},
}


def test_a_description_is_plain_json_of_the_newest_format():
    kinds = [k.id for k in KINDS]
    values = description(
        **ABOUT, tree="skyform", kinds=kinds, scheme=TYPES, class_calibration={"reject": 0.5}
    )
    assert json.loads(json.dumps(values)) == values
    assert values["format"] == FORMAT == max(READABLE)
    assert values["kinds"] == kinds
    assert Scheme.from_dict(values["classes"]["scheme"]) == TYPES
    assert values["classes"]["calibration"] == {"reject": 0.5}
    assert description(**ABOUT, tree="kaggle")["classes"] is None
    alone = description(**ABOUT, scheme=TYPES)
    assert (alone["tree"], alone["kinds"], alone["calibration"]) == ("", [], {})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "answers neither a tree nor classes"),
        ({"tree": "oak"}, "tree is 'oak'; models answer skyform, kaggle, gz2"),
        ({"tree": "skyform", "kinds": ["galaxy"]}, r"kinds are \['galaxy'\]"),
        ({"scheme": TYPES, "card": {"accuracy": float("nan")}}, "card of m is no plain JSON"),
        ({"scheme": TYPES, "card": {"at": object()}}, "card of m is no plain JSON"),
        ({"scheme": Scheme.from_names("Kind", ["a", "b"])}, "second table column 'Kind'"),
    ],
)
def test_a_wrong_description_is_refused(change: dict, message: str):
    with pytest.raises(ModelError, match=message):
        description(**{**ABOUT, **change})


@pytest.mark.parametrize(
    ("scheme", "column"),
    [
        (Scheme.from_names("id", ["a", "b"]), "id"),
        (Scheme.from_names("FLAGS", ["a", "b"]), "FLAGS"),
        (Scheme.from_names("kind", ["a", "b"]), "kind"),
        (Scheme.from_names("class1.1", ["a", "b"]), "class1.1"),
        (Scheme.from_names("hubble_confidence", ["a", "b"]), "hubble_confidence"),
        (Scheme.from_names("types", ["S0", "s0"]), "p_s0"),
        (Scheme.from_names("p_a", ["a", "b"]), "p_a"),
    ],
)
def test_no_column_may_be_there_twice(scheme: Scheme, column: str):
    with pytest.raises(ModelError, match=f"second table column '{column}'"):
        check_scheme(scheme)


@pytest.mark.parametrize("number", [-1, 2**31])
def test_numbers_that_files_cannot_hold(number: int):
    scheme = Scheme("t", "T", (ClassName(number, "a", "a"), ClassName(3, "b", "b")))
    with pytest.raises(ModelError, match=f"has the number {number}"):
        check_scheme(scheme)


@pytest.mark.parametrize("taxonomy", TAXONOMIES.values(), ids=lambda t: t.id)
def test_a_scheme_may_stand_in_a_taxonomys_place(taxonomy):
    check_scheme(Scheme.of(taxonomy))


@given(st.lists(st.text("abAB_-.1", min_size=1, max_size=6), min_size=2, max_size=6, unique=True))
def test_a_scheme_that_passes_has_columns_of_its_own(names: list[str]):
    scheme = Scheme.from_names(names[0], names)
    columns = [c.lower() for c in class_columns(scheme)]
    try:
        check_scheme(scheme)
    except ModelError:
        return
    assert len(set(columns)) == len(columns)
    assert RESERVED_COLUMNS.isdisjoint(columns)


def test_trees_that_models_answer_have_the_questions_that_we_speak_of():
    assert all("smooth-or-features" in tree.question for tree in MODEL_TREES.values())


@pytest.mark.parametrize(
    ("names", "mirrored"),
    [
        (["elliptical", "spiral_clockwise", "spiral_anticlockwise"], (0, 2, 1)),
        (["CW", "ACW", "edge"], (1, 0, 2)),
        (["counter-clockwise", "clockwise"], (1, 0)),
        (["clockwise", "other"], (0, 1)),
        (["scw", "acws"], (0, 1)),
    ],
)
def test_mirror_images(names: list[str], mirrored: tuple[int, ...]):
    scheme = Scheme.from_names("t", names)
    assert mirror_images(scheme) == mirrored


@given(st.permutations(["a_cw", "a_acw", "b", "clockwise", "anticlockwise"]))
def test_a_mirror_image_of_a_mirror_image_is_the_class_itself(names: list[str]):
    images = mirror_images(Scheme.from_names("t", names))
    assert tuple(images[i] for i in images) == tuple(range(len(names)))


def estimate(p: list[float], answer_set: tuple[str, ...] = ()) -> ClassEstimate:
    best = max(range(3), key=p.__getitem__)
    return ClassEstimate(
        "types", best, TYPES.ids[best], TYPES.ids[best], p[best], 1.0, tuple(p), answer_set
    )


@pytest.mark.parametrize(
    ("said", "reject", "expected"),
    [
        (estimate([0.87, 0.1, 0.03]), 0.0, "Most likely disc (87 %)."),
        (estimate([0.001, 0.998, 0.001], ("ball",)), 0.5, "Most likely ball (>99 %)."),
        (
            estimate([0.55, 0.4, 0.05], ("disc", "ball")),
            0.5,
            "It could be disc or ball; most likely disc (55 %).",
        ),
        (
            estimate([0.4, 0.35, 0.25], ("disc", "ball", "mess")),
            0.0,
            "It could be disc, ball or mess; most likely disc (40 %).",
        ),
        (
            estimate([0.4, 0.35, 0.25], ("disc", "ball", "mess")),
            0.5,
            "The model can't tell; its first guess is disc (40 %).",
        ),
    ],
)
def test_sentences_of_own_classes(said: ClassEstimate, reject: float, expected: str):
    assert class_sentence(TYPES, said, reject=reject) == expected


def test_sentences_of_many_classes_and_of_names_with_commas():
    many = Scheme.from_names("t", ["Disk, Face-on", "b", "c", "d", "e"])
    said = ClassEstimate(
        "t", 0, "Disk, Face-on", "Disk, Face-on", 0.3, 1.0, (0.3, 0.2, 0.2, 0.2, 0.1), many.ids
    )
    assert class_sentence(many, said) == (
        "It could be “Disk, Face-on”, b, c or 2 others; most likely “Disk, Face-on” (30 %)."
    )
