"""Evidence maps: where in the picture the answer comes from, out of the network's own last features."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image

from skyform.images import Picture
from skyform.inference.modelfile import ModelFile
from skyform.schema import KINDS, Prediction, Tree, rolled_up

__all__ = ["decisive_answer", "evidence_map"]

_MARGIN = 1.25
_STEPS = 4
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
    model: ModelFile, prediction: Prediction, picture: Picture | None, *, answer: str | None = None
) -> Prediction:
    """The prediction with its evidence map, 32 x 32 over the frame, 0 to 1.

    The logit of an answer is the mean of its class-activation map (Zhou et al. 2016). The map shown is the answer's minus the mean of
    the question's other answers, which is what the softmax looks at; for another kind than a galaxy, the kind's. The network's grid is
    coarse, so it looks 16 times at windows shifted by fractions of a cell, and the maps are laid over each other.

    Raises
    ------
    KeyError
        If the tree has no such answer.
    """
    if picture is None or prediction.kind is None:
        return prediction
    tree = model.info.tree
    size = model.info.preprocess.size
    wide = model.info.preprocess.with_margin(_MARGIN)(picture).pixels
    room = wide.shape[0] - size
    offsets = np.linspace(0, room, _STEPS).round().astype(int)
    windows = np.stack([wide[y : y + size, x : x + size] for y in offsets for x in offsets])
    maps = model.run(windows, evidence=True).evidence
    assert maps is not None
    what, start, stop = _subject(tree, prediction, answer)
    which = [*(a.id for a in tree.answers), *(k.id for k in KINDS)].index(what) - start
    contrast = _against_others(maps[:, start:stop], which)
    shifts = [(int(y), int(x)) for y in offsets for x in offsets]
    laid = _laid_over(contrast, shifts, size=size, room=room)
    return replace(prediction, evidence=laid, evidence_of=what)


def _subject(tree: Tree, prediction: Prediction, answer: str | None) -> tuple[str, int, int]:
    """What the evidence is for, and the first and last column of its question among all the maps."""
    kind = prediction.kind
    if answer is None and kind is not None and kind.id != "galaxy":
        return kind.id, len(tree.answers), len(tree.answers) + len(KINDS)
    id = answer or decisive_answer(tree, prediction)
    part = tree.slices[tree.answers[tree.index[id]].question]
    return id, part.start, part.stop


def _against_others(
    maps: Float[ndarray, "windows answers rows columns"], which: int
) -> Float[ndarray, "windows rows columns"]:
    others = (maps.sum(axis=1) - maps[:, which]) / (maps.shape[1] - 1)
    return maps[:, which] - others


def _laid_over(
    contrast: Float[ndarray, "windows rows columns"],
    shifts: list[tuple[int, int]],
    *,
    size: int,
    room: int,
) -> Float[ndarray, "32 32"]:
    side = size + room
    total, weight = np.zeros((side, side)), np.zeros((side, side))
    for grid, (y, x) in zip(contrast, shifts, strict=True):
        smooth = Image.fromarray(grid.astype(np.float32)).resize(
            (size, size), Image.Resampling.BICUBIC
        )
        total[y : y + size, x : x + size] += np.asarray(smooth)
        weight[y : y + size, x : x + size] += 1
    start = room // 2
    mean = (total / weight)[start : start + size, start : start + size]
    small = np.asarray(
        Image.fromarray(mean.astype(np.float32)).resize((_GRID, _GRID), Image.Resampling.BOX)
    )
    positive = np.maximum(small, 0.0)
    top = float(positive.max())
    return (positive / top if top > 0 else positive).astype(np.float32)
