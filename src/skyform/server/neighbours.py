"""Labelled galaxies that look like a picture."""

from functools import cached_property

import numpy as np
from jaxtyping import Float32
from numpy import ndarray

from skyform.server.contract import LookAlike
from skyform.server.exhibits import Exhibits, Labelled, View

__all__ = ["Neighbours"]

# Of held-out pictures, nearly all have as many look-alikes above this; benchmarks/look_alikes.py prints the share.
_LEAST = 0.5


class Neighbours:
    """Labelled galaxies, to be found by their embedding.

    Parameters
    ----------
    exhibits : Exhibits
    model : str
        `name@version` of the model that makes the embeddings. Those of other models than the bundled ones cannot be compared.
    """

    def __init__(self, exhibits: Exhibits, *, model: str) -> None:
        self._exhibits = exhibits
        self._model = model

    def look_alikes(self, embedding: Float32[ndarray, " features"], n: int = 6) -> list[LookAlike]:
        """The most like an embedding, the likest first; fewer than `n` where the others are unlike, none for a model that is not bundled.

        Likeness is the cosine of the angle between the embeddings, seen from the mean of the labelled ones.
        """
        view = self._view
        if view is None or embedding.shape != view.mean.shape:
            return []
        return self._nearest(view.place(embedding[None])[0], n)

    def like_exhibit(self, position: int, n: int = 6) -> list[LookAlike]:
        """The most like the held-out picture at this position, as `look_alikes`."""
        view = self._view
        return [] if view is None else self._nearest(view.held[position], n)

    def picture(self, id: str) -> bytes | None:
        """The small picture (JPEG) of one of them; None where there is none."""
        found = self._by_id.get(id)
        return None if found is None else found.picture

    @cached_property
    def _view(self) -> View | None:
        return self._exhibits.views.get(self._model)

    @cached_property
    def _by_id(self) -> dict[str, Labelled]:
        return {n.id: n for n in self._exhibits.labelled}

    @cached_property
    def _directions(self) -> Float32[ndarray, "labelled dims"]:
        view = self._view
        places = np.zeros((0, 0), np.float32) if view is None else view.labelled
        return places / np.maximum(np.linalg.norm(places, axis=1, keepdims=True), 1e-12)

    def _nearest(self, place: Float32[ndarray, " dims"], n: int) -> list[LookAlike]:
        length = float(np.linalg.norm(place))
        if not np.isfinite(length) or length == 0:
            return []
        likeness = self._directions @ (place / length)
        order = np.argsort(-likeness)[:n]
        labelled = self._exhibits.labelled
        return [
            _look_alike(labelled[i], float(likeness[i])) for i in order if likeness[i] >= _LEAST
        ]


def _look_alike(labelled: Labelled, likeness: float) -> LookAlike:
    return LookAlike(
        id=labelled.id,
        picture=f"/api/v1/neighbours/{labelled.id}/picture",
        label=labelled.label,
        likeness=min(max(likeness, -1.0), 1.0),
        credit=labelled.credit,
        licence=labelled.licence,
    )
