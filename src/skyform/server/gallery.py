"""The gallery: held-out pictures with what people and this server's model say of them."""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from skyform.schema import SKYFORM, Prediction, chance
from skyform.server.contract import (
    Classification,
    Exhibit,
    ExhibitDetail,
    ExhibitPage,
    GalleryFilters,
    NamedClass,
)
from skyform.server.exhibits import Exhibits, Held
from skyform.server.neighbours import Neighbours
from skyform.server.problems import RequestError

__all__ = ["Gallery", "Judged", "judge", "picture_address"]

_GALLERY = "/api/v1/gallery"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model says of a held-out picture, beside the truth. `right` is None where the two cannot be compared."""

    held: Held
    predicted: NamedClass | None
    confidence: float
    right: bool | None
    sentence: str


class Gallery:
    """The held-out pictures, seen by one model.

    What the bundled models say of them comes with the package. Any other model classifies them itself, each when it is first asked
    for, and is remembered for as long as the server runs.

    Parameters
    ----------
    exhibits : Exhibits
    model : str
        `name@version` of the model that `classify` asks.
    classify : callable
        From a picture's bytes and id to the statement about it.
    """

    def __init__(
        self, exhibits: Exhibits, *, model: str, classify: Callable[[bytes, str], Prediction]
    ) -> None:
        self._exhibits = exhibits
        self._model = model
        self._classify = classify
        self.neighbours = Neighbours(exhibits, model=model)
        self._said: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._exhibits.held)

    def held(self, id: str) -> Held:
        """One held-out picture.

        Raises
        ------
        RequestError
            404 where there is none.
        """
        position = self._position.get(id)
        if position is None:
            raise RequestError(
                f"There is no exhibit {id[:40]!r}.",
                remedy="Choose one from the gallery.",
                status=404,
                code="not-found",
            )
        return self._exhibits.held[position]

    def all_held(self) -> tuple[Held, ...]:
        """All of them, by class."""
        return self._exhibits.held

    def comparison(self) -> tuple[Mapping[str, str], ...]:
        """The reference systems beside ours, as it comes with the package."""
        return self._exhibits.comparison

    def statement(self, id: str) -> Mapping[str, Any]:
        """What this server's model says of one, as `Prediction.to_dict`."""
        held = self.held(id)
        # What is known waits for nobody who asks the model.
        known = self._said.get(id)
        if known is not None:
            return known
        with self._lock:
            if id not in self._said:
                self._said[id] = self._stated(self._model, id) or self._asked(held)
            return self._said[id]

    def tree_statement(self, id: str) -> Mapping[str, Any]:
        """The same; of a bundled model where this server's does not answer the tree."""
        own = self.statement(id)
        if SKYFORM.index.keys() <= {a["id"] for a in own["answers"]}:
            return own
        return self._stated(next(iter(self._exhibits.views)), id) or own

    def judged(self, held: Held) -> Judged:
        """What this server's model says of one, beside the truth."""
        return judge(held, self.statement(held.id))

    def shown(self, id: str) -> Exhibit:
        """One, as the API shows it in lists."""
        return Exhibit(**_shown(self.judged(self.held(id))))

    def detail(self, id: str, *, request_id: str) -> ExhibitDetail:
        """One with the whole statement."""
        statement = dict(self.statement(id))
        for part in (statement["kind"], *statement["classes"].values()):
            if part is not None:
                part["chance"] = chance(part["confidence"])
        statement |= {"request_id": request_id, "embedding": None}
        whole = Classification.model_validate(statement)
        whole.look_alikes = self.neighbours.like_exhibit(self._position[id])
        return ExhibitDetail(**_shown(self.judged(self.held(id))), classification=whole)

    def page(
        self,
        *,
        order: str = "class",
        classes: Collection[str] = (),
        surveys: Collection[str] = (),
        mistakes: bool = False,
        start: int = 0,
        limit: int = 24,
    ) -> ExhibitPage:
        """Those that fit, from `start` on.

        Parameters
        ----------
        order : "class", "confidence" or "mistakes"
            By true class; the most confident first; or the wrong ones first, the most confident first.
        classes, surveys : collections of str
            Only these (`scheme:class`); empty for all.
        mistakes : bool
            Only those on which the model is wrong.
        """
        every = [self.judged(h) for h in self._exhibits.held]
        found = [
            j
            for j in every
            if (not classes or _class_key(j.held) in classes)
            and (not surveys or j.held.survey in surveys)
            and not (mistakes and j.right is not False)
        ]
        shown = _ordered(found, order)[start : start + limit]
        end = start + len(shown)
        return ExhibitPage(
            items=[Exhibit(**_shown(j)) for j in shown],
            next=str(end) if end < len(found) else None,
            total=len(found),
            filters=self._filters(mistakes=sum(j.right is False for j in every)),
        )

    def draw(self, scheme: str) -> str:
        """The id of a random one, every class of the scheme being equally likely.

        Raises
        ------
        RequestError
            404 where no exhibit has a class of that scheme.
        """
        by_class: dict[str, list[str]] = {}
        for held in self._exhibits.held:
            if held.scheme == scheme:
                by_class.setdefault(held.label, []).append(held.id)
        if not by_class:
            there = ", ".join(dict.fromkeys(h.scheme for h in self._exhibits.held))
            raise RequestError(
                f"No exhibit has a class of {scheme[:40]!r}.",
                remedy=f"Choose from {there}.",
                status=404,
                code="not-found",
            )
        return random.choice(by_class[random.choice(list(by_class))])

    @cached_property
    def _position(self) -> Mapping[str, int]:
        return {h.id: i for i, h in enumerate(self._exhibits.held)}

    def _stated(self, model: str, id: str) -> Mapping[str, Any] | None:
        """What a bundled model says, as it came with the package; None for any other."""
        view = self._exhibits.views.get(model)
        return None if view is None else json.loads(view.statements[self._position[id]])

    def _asked(self, held: Held) -> Mapping[str, Any]:
        return self._classify(held.picture, held.id).to_dict()

    def _filters(self, *, mistakes: int) -> GalleryFilters:
        held = self._exhibits.held
        return GalleryFilters(
            classes=dict(Counter(_class_key(h) for h in held)),
            names={_class_key(h): h.name for h in held},
            surveys=dict(sorted(Counter(h.survey for h in held).items())),
            mistakes=mistakes,
        )


def _ordered(judged: Iterable[Judged], order: str) -> list[Judged]:
    if order == "confidence":
        return sorted(judged, key=lambda j: -j.confidence)
    if order == "mistakes":
        return sorted(judged, key=lambda j: ((False, None, True).index(j.right), -j.confidence))
    return list(judged)


def picture_address(id: str) -> str:
    """Where the picture of a held-out one is."""
    return f"{_GALLERY}/{id}/picture"


def judge(held: Held, statement: Mapping[str, Any]) -> Judged:
    """What a statement says in the scheme of the truth, and whether it is right."""
    found = _predicted(held, statement)
    if found is None:
        kind = statement["kind"]
        sure = 0.0 if kind is None else kind["confidence"]
        return Judged(held, None, sure, None, statement["sentence"])
    predicted, confidence = found
    right = predicted.id == held.label
    return Judged(held, predicted, confidence, right, statement["sentence"])


def _predicted(held: Held, statement: Mapping[str, Any]) -> tuple[NamedClass, float] | None:
    if held.scheme == "kind" and statement["kind"] is not None:
        kind = statement["kind"]
        number = list(kind["probabilities"]).index(kind["id"])
        found = NamedClass(taxonomy="kind", number=number, id=kind["id"], name=kind["name"])
        return found, kind["confidence"]
    if held.scheme in statement["classes"]:
        best = statement["classes"][held.scheme]
        found = NamedClass(
            taxonomy=held.scheme, number=best["number"], id=best["id"], name=best["name"]
        )
        return found, best["confidence"]
    answers = [a for a in statement["answers"] if a["question"] == held.scheme]
    if not answers:
        return None
    number, best = max(enumerate(answers), key=lambda numbered: numbered[1]["fraction"])
    found = NamedClass(
        taxonomy=held.scheme,
        number=number,
        id=best["id"].partition(".")[2],
        name=best["text"],
    )
    sure = best["confidence"]
    return found, best["fraction"] if sure is None else sure


def _class_key(held: Held) -> str:
    return f"{held.scheme}:{held.label}"


def _shown(judged: Judged) -> dict[str, Any]:
    held = judged.held
    truth = NamedClass(taxonomy=held.scheme, number=held.number, id=held.label, name=held.name)
    return {
        "id": held.id,
        "title": held.title,
        "picture": picture_address(held.id),
        "thumbnail": f"{_GALLERY}/{held.id}/thumbnail",
        "survey": held.survey,
        "credit": held.credit,
        "licence": held.licence,
        "truth": truth,
        "truth_text": held.truth_text,
        "predicted": judged.predicted,
        "confidence": judged.confidence,
        "chance": chance(judged.confidence),
        "right": judged.right,
        "sentence": judged.sentence,
    }
