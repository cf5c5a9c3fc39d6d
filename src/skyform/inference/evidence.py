"""Evidence maps: where in the picture the answer comes from, out of the network's own last features."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image

from skyform.images import Picture, Square
from skyform.inference.modelfile import ModelFile, ModelInfo
from skyform.inference.readout import turned
from skyform.schema import KINDS, Prediction, Scheme, Tree, rolled_up
from skyform.schema.modelfile import mirror_images

__all__ = ["decisive_answer", "evidence_map", "map_of", "subject_name"]

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
    model: ModelFile,
    prediction: Prediction,
    picture: Picture | None,
    *,
    answer: str | None = None,
    square: Square | None = None,
) -> Prediction:
    """The prediction with its evidence map, 32 x 32 over the frame, 0 to 1; as it was where the model has no such maps.

    The logit of an answer is the mean of its class-activation map (Zhou et al. 2016). The map shown is the answer's minus the mean of
    the question's other answers, which is what the softmax looks at. Unless an answer is named, it is for the model's own class; else
    for the decisive answer, and for another kind than a galaxy, the kind. The network's grid is coarse, and its padding shifts
    the cells: so it looks at nine windows, each in all eight orientations, and the maps are turned back and laid over each other. The
    greatest evidence in the picture is 1; where nothing speaks for the answer, the map is 0.

    Raises
    ------
    KeyError
        If the model has no map of the answer that is named.
    """
    info = model.info
    what = _decisive(info, prediction) if answer is None else map_of(info, answer)
    if picture is None or not prediction.ok or what is None:
        return prediction
    size = info.preprocess.size
    preprocess = info.preprocess.with_margin(_MARGIN)
    wide = (preprocess(picture) if square is None else preprocess.framed(picture, square)).pixels
    room = wide.shape[0] - size
    group, mirrored = _choices(info, what)
    columns = [info.maps.index(name) for name in group]
    steps = np.linspace(0, room, _STEPS).round().astype(int).tolist()
    shifts = [(y, x) for y in steps for x in steps]
    windows = np.stack([wide[y : y + size, x : x + size] for y, x in shifts])
    contrast = np.zeros((len(shifts), size, size))
    for mirror in (False, True):
        which = group.index(mirrored if mirror else what)
        for quarter in range(4):
            maps = model.evidence(turned(windows, quarter, mirror))
            grids = _against_others(maps[:, columns], which)
            contrast += _upright(_enlarged(grids, size), quarter, mirror)
    laid = _laid_over(contrast, shifts, room=room)
    return replace(prediction, evidence=laid, evidence_of=what)


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


def _choices(info: ModelInfo, what: str) -> tuple[list[str], str]:
    """The names that the answer competes with, itself among them, and which of them it is in a mirror."""
    if info.scheme is not None and what.startswith(f"{info.scheme.id}:"):
        group = [f"{info.scheme.id}:{c}" for c in info.scheme.ids]
        return group, group[mirror_images(info.scheme)[group.index(what)]]
    if info.tree is None or what not in info.tree.index:
        return [k.id for k in KINDS], what
    question = info.tree.question[what.partition(".")[0]]
    group = [a.id for a in question.answers]
    # A mirrored picture winds the other way.
    return group, group[1 - group.index(what)] if question.id == "sense" else what


def _against_others(
    maps: Float[ndarray, "windows answers rows columns"], which: int
) -> Float[ndarray, "windows rows columns"]:
    others = (maps.sum(axis=1) - maps[:, which]) / max(1, maps.shape[1] - 1)
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
