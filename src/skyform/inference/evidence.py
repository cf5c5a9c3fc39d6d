"""Evidence maps: where in the picture the answer comes from, out of the network's own last features."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image

from skyform.images import Picture
from skyform.inference.modelfile import ModelFile
from skyform.inference.readout import turned
from skyform.schema import KINDS, Prediction, Tree, rolled_up

__all__ = ["decisive_answer", "evidence_map"]

_MARGIN = 1.25
_STEPS = 3
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
    coarse, and its padding shifts the cells: so it looks at nine windows, each in all eight orientations, and the maps are turned back
    and laid over each other. The greatest evidence in the picture is 1; where nothing speaks for the answer, the map is 0.

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
    what, start, stop = _subject(tree, prediction, answer)
    which = [*(a.id for a in tree.answers), *(k.id for k in KINDS)].index(what) - start
    steps = np.linspace(0, room, _STEPS).round().astype(int).tolist()
    shifts = [(y, x) for y in steps for x in steps]
    windows = np.stack([wide[y : y + size, x : x + size] for y, x in shifts])
    contrast = np.zeros((len(shifts), size, size))
    for mirror in (False, True):
        for quarter in range(4):
            maps = model.evidence(turned(windows, quarter, mirror))
            # A mirrored picture winds the other way.
            mine = 1 - which if mirror and what.startswith("sense.") else which
            grids = _against_others(maps[:, start:stop], mine)
            contrast += _upright(_enlarged(grids, size), quarter, mirror)
    laid = _laid_over(contrast, shifts, room=room)
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


def _enlarged(
    grids: Float[ndarray, "windows rows columns"], size: int
) -> Float[ndarray, "windows size size"]:
    return np.stack([_resized(g, size, Image.Resampling.BICUBIC) for g in grids])


def _resized(grid: ndarray, size: int, how: Image.Resampling) -> Float[ndarray, "size size"]:
    return np.asarray(Image.fromarray(grid.astype(np.float32)).resize((size, size), how))


def _upright(grids: ndarray, quarter: int, mirror: bool) -> ndarray:
    back = np.rot90(grids, -quarter, axes=(1, 2))
    return back[:, :, ::-1] if mirror else back


def _laid_over(
    contrast: Float[ndarray, "windows size size"], shifts: list[tuple[int, int]], *, room: int
) -> Float[ndarray, "32 32"]:
    size = contrast.shape[-1]
    # Windows fade towards their edges, so that no seam shows where one ends.
    fade = np.outer(np.hanning(size + 2)[1:-1], np.hanning(size + 2)[1:-1])
    total, weight = np.zeros((size + room,) * 2), np.zeros((size + room,) * 2)
    for grid, (y, x) in zip(contrast, shifts, strict=True):
        total[y : y + size, x : x + size] += grid * fade
        weight[y : y + size, x : x + size] += fade
    start = room // 2
    mean = (total / weight)[start : start + size, start : start + size]
    positive = np.maximum(_resized(mean, _GRID, Image.Resampling.BOX), 0.0)
    top = float(positive.max())
    return (positive / top if top > 0 else positive).astype(np.float32)
