"""How the exhibits are made: what may travel, what is left out, and that it comes out alike."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from skyform.datasets import SOURCES, Labels, Row
from skyform.errors import DataError
from skyform.schema import Failure, Prediction
from skyform.server.exhibiting import held_of, labelled_of, rights_of, view_of
from skyform.server.exhibits import Exhibits, write_exhibits

SMOOTH = "Is the galaxy simply smooth and rounded, with no sign of a disk?"
ROUND = "How rounded is it?"
ODD = "What are the odd features?"


def jpeg(number: int, side: int = 40) -> bytes:
    out = io.BytesIO()
    rng = np.random.default_rng(number)
    Image.fromarray(rng.integers(0, 255, (side, side, 3), np.uint8)).save(out, "JPEG")
    return out.getvalue()


def row(number: int, source: str = "examples", **given: Any) -> Row:
    values: dict[str, Any] = {
        "split": "validation",
        "survey": "sdss",
        "licence": "",
        "raw": {"answers": [{"question": SMOOTH, "answer": "Smooth"}]},
        "image": jpeg(number),
    }
    values |= given
    return Row(id=f"{source}-{number}", source=source, labels=Labels(), **values)


def answered(*answers: tuple[str, str]) -> dict[str, Any]:
    return {"answers": [{"question": q, "answer": a} for q, a in answers]}


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_only_listed_sources_travel(source: str) -> None:
    allowed = source in ("examples", "galaxy10_decals")
    assert (rights_of(row(1, source)) is not None) == allowed


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("repo MIT; CFHTLS imagery", True),
        ("repo MIT, owner photo", True),
        ("repo MIT; image origin unstated (SEDS-like/DSS/CCD)", False),
        ("CC BY-NC 2.0 (LCOGT/Faulkes, per-image)", False),
        ("GPL-2+ collection; per-image credits in textures.json", False),
        ("none stated", False),
        ("third-party", False),
        ("", False),
    ],
)
def test_of_the_deep_sky_only_free_pictures_travel(licence: str, allowed: bool) -> None:
    picture = row(1, "deepsky", licence=licence, raw={"label": "nebula"})
    assert (rights_of(picture) is not None) == allowed
    assert len(held_of([picture])) == allowed


def test_training_pictures_are_labelled_and_validation_pictures_are_held_out() -> None:
    rows = [row(1), row(2, split="train"), row(3, split="test")]
    assert [h.source_id for h in held_of(rows)] == ["examples-1"]
    assert [n.source_id for n in labelled_of(rows)] == ["examples-2"]


def test_labels_that_contradict_themselves_or_say_nothing_are_left_out() -> None:
    rows = [
        row(1, raw=answered((ODD, "Ring"), (ODD, "Dust lane"))),
        row(2, raw=answered((ODD, "Overlapping"), (ODD, "Ring"))),
        row(3, raw=answered(("How many clumps are there?", "3"))),
        row(4, raw={"answers": []}),
        row(5, "deepsky", licence="repo MIT; CFHTLS imagery", raw={"label": "lens_candidate_low"}),
    ]
    assert held_of(rows) == []


def test_the_truth_is_the_answer_that_rests_on_the_others() -> None:
    (held,) = held_of([row(1, raw=answered((ROUND, "In between"), (SMOOTH, "Smooth")))])
    assert held.answers == ("smooth-or-features.smooth", "roundness.in-between")
    assert (held.scheme, held.number, held.label) == ("roundness", 1, "in-between")
    assert "between round and cigar shaped" in held.truth_text
    assert held.picture == jpeg(1)


def test_a_picture_that_would_have_to_be_changed_is_refused() -> None:
    with pytest.raises(DataError, match="JPEG of 500 x 500 pixels"):
        held_of([row(1, image=jpeg(1, side=500))])


def classify(pictures: Iterable[bytes]) -> Iterator[Prediction]:
    """Sees the mean colours of pictures."""
    for picture in pictures:
        pixels = np.asarray(Image.open(io.BytesIO(picture)), dtype=np.float32)
        features = pixels.mean(axis=(0, 1)) / 7
        yield Prediction("x", "", "made-up@1", strangeness=1 / 3, embedding=features)


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [row(i) for i in range(4)] + [row(i, split="train") for i in range(4, 12)]
    held, labelled = held_of(rows), labelled_of(rows)
    written = []
    for name in ("once", "again"):
        view = view_of(
            "made-up@1",
            digest="0" * 64,
            held=held,
            said=list(classify(h.picture for h in held)),
            labelled=classify(jpeg(i) for i in range(4, 12)),
        )
        comparison = [{"system": "R1"}]
        write_exhibits(
            tmp_path / name, held=held, labelled=labelled, views=[view], comparison=comparison
        )
        written.append({f.name: f.read_bytes() for f in (tmp_path / name).iterdir()})
    assert written[0] == written[1]
    read = Exhibits(tmp_path / "once")
    assert list(read.held) == held
    assert list(read.labelled) == labelled
    assert '"strangeness":0.33333' in read.views["made-up@1"].statements[0]
    np.testing.assert_allclose(read.views["made-up@1"].held, view.held, rtol=1e-3, atol=1e-2)


def test_a_picture_that_the_model_cannot_use_is_named() -> None:
    failed = Prediction("m31", "", "made-up@1", failure=Failure("empty-file", "It is empty."))
    with pytest.raises(DataError, match="m31 cannot be used: It is empty"):
        view_of("made-up@1", digest="", held=[], said=[], labelled=[failed])
