"""Predictions without a model: consistent in themselves, drawn from a seed."""

from collections.abc import Sequence

import numpy as np

from skyform.schema import (
    KINDS,
    SKYFORM,
    TAXONOMIES,
    AnswerEstimate,
    ClassEstimate,
    Failure,
    Flag,
    Frame,
    KindEstimate,
    Prediction,
    cumulative,
    most_probable_path,
    probability_asked,
    sentence,
)

MODEL = "made-up@1"


def prediction(
    id: str = "ngc1300",
    *,
    seed: int = 0,
    path: str | None = None,
    kind: str = "galaxy",
    confidence: float = 0.97,
    flags: Sequence[Flag] = (),
    favoured: Sequence[str] = (),
    evidence: np.ndarray | None = None,
    frame: Frame | None = None,
) -> Prediction:
    """A picture that was classified; the `favoured` answers get most of the votes."""
    fractions = _fractions(np.random.default_rng(seed), favoured)
    everyone = cumulative(SKYFORM, fractions)
    estimate = _kind(kind, confidence)
    return Prediction(
        id=id,
        path=f"{id}.jpg" if path is None else path,
        model=MODEL,
        flags=tuple(flags),
        kind=estimate,
        answers=_answers(fractions, everyone),
        asked={q: float(p) for q, p in probability_asked(SKYFORM, fractions).items()},
        path_taken=most_probable_path(SKYFORM, fractions),
        sentence=sentence(SKYFORM, estimate, fractions),
        classes=_classes(fractions),
        frame=frame or Frame(100.0, 100.0, 224.0, 424, 424),
        embedding=np.zeros(8, np.float32),
        evidence=evidence,
    )


def failed(
    id: str = "broken",
    *,
    path: str | None = None,
    code: str = "truncated-image",
    message: str = "The file ends early.",
    remedy: str = "Copy it again.",
) -> Prediction:
    """A picture that could not be classified."""
    return Prediction(
        id=id,
        path=f"{id}.jpg" if path is None else path,
        model=MODEL,
        failure=Failure(code, message, remedy),
    )


def _fractions(random: np.random.Generator, favoured: Sequence[str]) -> np.ndarray:
    weights = random.gamma(0.6, size=len(SKYFORM.answers)) + 1e-3
    for answer in favoured:
        weights[SKYFORM.index[answer]] += 30
    for columns in SKYFORM.slices.values():
        weights[columns] /= weights[columns].sum()
    return weights


def _kind(kind: str, confidence: float) -> KindEstimate:
    others = (1 - confidence) / (len(KINDS) - 1)
    name = next(k.name for k in KINDS if k.id == kind)
    return KindEstimate(
        kind, name, confidence, {k.id: confidence if k.id == kind else others for k in KINDS}
    )


def _answers(fractions: np.ndarray, everyone: np.ndarray) -> tuple[AnswerEstimate, ...]:
    return tuple(
        AnswerEstimate(
            id=a.id,
            question=a.question,
            text=a.text,
            column=a.column,
            fraction=float(f),
            low=max(0.0, float(f) - 0.1),
            high=min(1.0, float(f) + 0.12),
            cumulative=float(c),
        )
        for a, f, c in zip(SKYFORM.answers, fractions, everyone, strict=True)
    )


def _classes(fractions: np.ndarray) -> dict[str, ClassEstimate]:
    out: dict[str, ClassEstimate] = {}
    for taxonomy in TAXONOMIES.values():
        chances = taxonomy.probabilities(fractions)
        best = int(chances.argmax())
        out[taxonomy.id] = ClassEstimate(
            taxonomy=taxonomy.id,
            number=taxonomy.classes[best].number,
            id=taxonomy.classes[best].id,
            name=taxonomy.classes[best].name,
            confidence=float(chances[best]),
            coverage=float(taxonomy.coverage(fractions)),
            probabilities=tuple(float(c) for c in chances),
        )
    return out
