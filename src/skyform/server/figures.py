"""Figures of this server's model on the gallery's held-out pictures."""

from collections.abc import Mapping, Sequence

import numpy as np

from skyform.evaluation.class_scores import confusion
from skyform.evaluation.metrics import reliability
from skyform.schema import KINDS, TAXONOMIES
from skyform.server.contract import ConfusionTable, ModelFigures, ReliabilityBin
from skyform.server.gallery import Gallery, Judged

__all__ = ["gallery_figures"]

# A hundred pictures do not fill more.
_BINS = 5


def gallery_figures(gallery: Gallery, *, model: str) -> ModelFigures:
    """Reliability over all held-out pictures that can be judged, and a confusion table for each scheme of classes among them.

    Parameters
    ----------
    gallery : Gallery
    model : str
        `name@version`, as it is shown.
    """
    judged = [gallery.judged(h) for h in gallery.all_held()]
    known = [j for j in judged if j.right is not None]
    confidence = np.array([j.confidence for j in known], dtype=float)
    right = np.array([j.right for j in known], dtype=bool)
    bins = reliability(confidence, right, bins=_BINS) if known else ()
    return ModelFigures(
        model=model,
        exhibits=len(known),
        reliability=[
            ReliabilityBin(confidence=b.confidence, right=b.accuracy, count=b.n) for b in bins
        ],
        confusion=[_kinds(gallery), *(t for scheme in TAXONOMIES for t in _classes(known, scheme))],
    )


def _kinds(gallery: Gallery) -> ConfusionTable:
    """Every held-out picture has a kind: what people answered the tree's questions about is a galaxy."""
    pairs: list[tuple[str, str]] = []
    for held in gallery.all_held():
        kind = gallery.statement(held.id)["kind"]
        if kind is not None and "smooth-or-features.star" not in held.answers:
            pairs.append((held.label if held.scheme == "kind" else "galaxy", kind["id"]))
    return _table("kind", {k.id: k.name for k in KINDS}, pairs)


def _classes(judged: list[Judged], scheme: str) -> list[ConfusionTable]:
    """The table of one scheme; none where no picture has a class of it."""
    pairs = [
        (j.held.label, j.predicted.id)
        for j in judged
        if j.predicted is not None and j.held.scheme == scheme
    ]
    if not pairs:
        return []
    return [_table(scheme, {c.id: c.name for c in TAXONOMIES[scheme].classes}, pairs)]


def _table(
    scheme: str, classes: Mapping[str, str], pairs: Sequence[tuple[str, str]]
) -> ConfusionTable:
    index = {id: i for i, id in enumerate(classes)}
    truth, said = (np.array([index[p[side]] for p in pairs], dtype=int) for side in (0, 1))
    counts = confusion(truth, said, classes=len(classes))
    return ConfusionTable(taxonomy=scheme, classes=list(classes.values()), counts=counts.tolist())
