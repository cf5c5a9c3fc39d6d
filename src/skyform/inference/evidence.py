"""Evidence maps: where in the picture the answer comes from, found by taking the structure away place by place."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, UInt8
from numpy import ndarray
from PIL import Image, ImageFilter

from skyform.images import Picture, Square
from skyform.inference.modelfile import ModelFile, ModelInfo, Outputs
from skyform.inference.readout import as_upright, given, turned
from skyform.schema import KINDS, Prediction, Scheme, Tree, rolled_up
from skyform.schema.modelfile import ORIENTATIONS

__all__ = ["decisive_answer", "evidence_map", "map_of", "subject_name"]

_PLACES = 8  # on a side
_REACH = 0.08  # of the side: how far a place reaches
_BLUR = 0.12  # of the side
_DIMMED = 0.3  # how far what is blurred is taken to the sky's own colour
_LEAST = 0.2  # of the logarithm of the odds: what is hardly evidence, and is drawn weak
_GRID = 32


def decisive_answer(tree: Tree, prediction: Prediction) -> str:
    """The answer that a person would ask about: the last one of the path that is sure, and that shows in the picture.

    Whether something is odd, and how the arms wind around, are asked after the shape is known; they decide nothing.
    """
    fractions = np.array([a.fraction for a in prediction.answers])
    shape = [
        a
        for a in rolled_up(tree, fractions, threshold=0.5)
        if a.partition(".")[0]
        not in ("odd", "odd-feature", "sense", "bulge", "arm-number", "arm-winding")
    ]
    return shape[-1] if shape else tree.answers[int(fractions[tree.slices[tree.root]].argmax())].id


def evidence_map(
    model: ModelFile,
    prediction: Prediction,
    picture: Picture | None,
    *,
    answer: str | None = None,
    square: Square | None = None,
) -> Prediction:
    """The prediction with its evidence map, 32 x 32 over the frame, 0 to 1.

    Place by place the picture is blurred and dimmed a little, so that its structure goes, and the network is asked again (occlusion, Zeiler
    and Fergus 2014, arXiv:1311.2901; by blurring, Fong and Vedaldi 2017, arXiv:1704.03296). What speaks for the answer is where its odds,
    against the question's other answers, get worse by it. The 64 places overlap, and their eight columns take turns in the eight flips and
    rotations. The greatest evidence in the picture is 1, unless even that hardly moves the odds; where nothing speaks for the answer,
    the map is 0.

    Unless an answer is named, the map is for the model's own class; else for the decisive answer, and for another kind than a galaxy, the
    kind.

    Raises
    ------
    KeyError
        If the model knows no answer that is named so.
    """
    info = model.info
    what = _decisive(info, prediction) if answer is None else map_of(info, answer)
    if picture is None or not prediction.ok or what is None:
        return prediction
    preprocess = info.preprocess
    prepared = preprocess(picture) if square is None else preprocess.framed(picture, square)
    return replace(prediction, evidence=_map(model, prepared.pixels, what), evidence_of=what)


def _map(
    model: ModelFile, pixels: UInt8[ndarray, "size size 3"], what: str
) -> Float32[ndarray, "32 32"]:
    size = len(pixels)
    veils = _veils(size)
    lost = np.empty(len(veils), np.float32)
    veil = _veil(pixels)
    for turn, (quarter, mirror) in enumerate(ORIENTATIONS):
        mine = veils[turn :: len(ORIENTATIONS), :, :, None]
        veiled = np.rint(pixels * (1 - mine) + veil * mine).astype(np.uint8)
        seen = turned(np.concatenate([pixels[None], veiled]), quarter, mirror)
        odds = _log_odds(as_upright(model.run(seen), mirror, model.info), model.info, what)
        lost[turn :: len(ORIENTATIONS)] = odds[0] - odds[1:]
    mean = np.tensordot(lost, veils, axes=1) / veils.sum(axis=0)
    small = Image.fromarray(mean).resize((_GRID, _GRID), Image.Resampling.BOX)
    positive = np.maximum(np.asarray(small), 0.0)
    return positive / np.float32(max(float(positive.max()), _LEAST))


def _veil(pixels: UInt8[ndarray, "size size 3"]) -> Float32[ndarray, "size size 3"]:
    """The picture without its structure, and with part of its light."""
    soft = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(_BLUR * len(pixels)))
    edge = np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))
    sky = np.median(edge, axis=0).astype(np.float32)
    return (1 - _DIMMED) * np.asarray(soft, np.float32) + _DIMMED * sky


@lru_cache(maxsize=4)
def _veils(size: int) -> Float32[ndarray, "64 size size"]:
    """How much of each pixel is blurred, for each place: soft discs on a square grid, row by row.

    There are as many columns as orientations, so that each column is seen in one of its own.
    """
    centres = (np.arange(_PLACES) + 0.5) / _PLACES * size
    away = (np.arange(size) + 0.5 - centres[:, None]) ** 2
    bell = np.exp(-away / (2 * (_REACH * size) ** 2)).astype(np.float32)
    return (bell[:, None, :, None] * bell[None, :, None, :]).reshape(-1, size, size)


def _log_odds(outputs: Outputs, info: ModelInfo, what: str) -> Float[ndarray, " b"]:
    """Of an answer against the others of its question, a kind against the other kinds, or a class against the other classes."""
    logits, place = _choices(outputs, info, what)
    others = np.delete(logits, place, axis=1)
    return logits[:, place] - np.logaddexp.reduce(others, axis=1)


def map_of(info: ModelInfo, answer: str) -> str:
    """The name among `info.maps` that is meant: as it is, or a class of the model's own without its scheme.

    Raises
    ------
    KeyError
        If the model has no such map.
    """
    own = "" if info.scheme is None else f"{info.scheme.id}:{answer}"
    for name in (own, answer):
        if name in info.maps:
            return name
    raise KeyError(answer)


def subject_name(prediction: Prediction, *, scheme: Scheme | None = None) -> str:
    """What the prediction's evidence is for, in words."""
    what = prediction.evidence_of
    if scheme is not None and what.startswith(f"{scheme.id}:"):
        id = what.removeprefix(f"{scheme.id}:")
        return next((c.name for c in scheme.classes if c.id == id), id)
    names = {a.id: a.text for a in prediction.answers} | {k.id: k.name for k in KINDS}
    return names.get(what, prediction.kind.name if prediction.kind else "")


def _decisive(info: ModelInfo, prediction: Prediction) -> str | None:
    """What a person would ask about, or None where there is no map of it."""
    kind, what = prediction.kind, None
    if info.scheme is not None and info.scheme.id in prediction.classes:
        what = f"{info.scheme.id}:{prediction.classes[info.scheme.id].id}"
    if what not in info.maps and kind is not None and kind.id != "galaxy":
        what = kind.id
    if what not in info.maps and info.tree is not None and prediction.answers:
        what = decisive_answer(info.tree, prediction)
    return what if what in info.maps else None


def _choices(outputs: Outputs, info: ModelInfo, what: str) -> tuple[ndarray, int]:
    """The logits that compete with the one that is meant, itself among them, and its column."""
    if info.scheme is not None and what.startswith(f"{info.scheme.id}:"):
        return given(outputs.classes), info.scheme.ids.index(what.partition(":")[2])
    if info.tree is None or what not in info.tree.index:
        return given(outputs.kinds), [k.id for k in KINDS].index(what)
    part = info.tree.slices[what.partition(".")[0]]
    return given(outputs.answers)[:, part], info.tree.index[what] - part.start
