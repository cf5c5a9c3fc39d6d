"""From a network's raw outputs to `Prediction`s, a batch at a time."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from skyform.images import Prepared
from skyform.inference.modelfile import ModelFile, ModelInfo, Outputs
from skyform.schema import (
    KINDS,
    SKYFORM,
    AnswerEstimate,
    ClassEstimate,
    Flag,
    KindEstimate,
    Prediction,
    cumulative,
    most_probable_path,
    probability_asked,
    sentence,
)

__all__ = ["averaged", "predictions", "turned"]

_UNSURE = 0.66


def averaged(model: ModelFile, pixels: UInt8[ndarray, "b size size 3"]) -> Outputs:
    """Outputs averaged over the eight flips and rotations of a square.

    Logits are averaged as they are: for a softmax that is the normalised geometric mean of the probabilities. A mirrored picture
    winds the other way, so its two sense-of-rotation logits change places.
    """
    runs = [
        _as_upright(model.run(turned(pixels, quarter, mirror)), mirror)
        for mirror in (False, True)
        for quarter in range(4)
    ]
    return Outputs(
        np.mean([r.answers for r in runs], axis=0),
        np.mean([r.kinds for r in runs], axis=0),
        np.mean([r.embedding for r in runs], axis=0),
        np.mean([r.distance for r in runs], axis=0),
    )


def turned(pixels: ndarray, quarter: int, mirror: bool) -> ndarray:
    """Pictures mirrored left to right, if asked for, then turned by quarters anticlockwise."""
    return np.rot90(pixels[:, :, ::-1] if mirror else pixels, quarter, axes=(1, 2))


def _as_upright(outputs: Outputs, mirror: bool) -> Outputs:
    if not mirror:
        return outputs
    answers = outputs.answers.copy()
    sense = SKYFORM.slices["sense"]
    answers[:, sense] = answers[:, sense][:, ::-1]
    return Outputs(answers, outputs.kinds, outputs.embedding, outputs.distance)


def predictions(
    outputs: Outputs,
    *,
    info: ModelInfo,
    ids: Sequence[str],
    paths: Sequence[str],
    prepared: Sequence[Prepared],
) -> list[Prediction]:
    """Calibrated statements, one for each row of the outputs."""
    tree, calibration = info.tree, info.calibration
    fractions = calibration.fractions(outputs.answers, tree=tree)
    low, high = calibration.bounds(fractions, tree=tree)
    everyone = cumulative(tree, fractions)
    asked = probability_asked(tree, fractions)
    kinds = calibration.kinds(outputs.kinds, outputs.distance)
    classes = {t.id: calibration.classes(t, fractions) for t in info.taxonomies.values()}
    strange = outputs.distance > calibration.familiar
    made: list[Prediction] = []
    for i, item in enumerate(prepared):
        kind = _kind(kinds[i])
        made.append(
            Prediction(
                id=ids[i],
                path=paths[i],
                model=info.id,
                flags=_flags(item, kind, bool(strange[i])),
                kind=kind,
                answers=_answers(info, fractions[i], low[i], high[i], everyone[i]),
                asked={q: float(a[i]) for q, a in asked.items()},
                path_taken=most_probable_path(tree, fractions[i]),
                sentence=sentence(tree, kind, fractions[i]),
                classes={
                    t: _class(info, t, p[i], float(coverage[i]))
                    for t, (p, coverage) in classes.items()
                },
                frame=item.frame,
                embedding=outputs.embedding[i],
            )
        )
    return made


def _kind(p: Float[ndarray, " kinds"]) -> KindEstimate:
    best = int(p.argmax())
    return KindEstimate(
        KINDS[best].id,
        KINDS[best].name,
        float(p[best]),
        {k.id: float(v) for k, v in zip(KINDS, p, strict=True)},
    )


def _answers(
    info: ModelInfo, fraction: ndarray, low: ndarray, high: ndarray, everyone: ndarray
) -> tuple[AnswerEstimate, ...]:
    return tuple(
        AnswerEstimate(a.id, a.question, a.text, a.column, *numbers)
        for a, *numbers in zip(
            info.tree.answers,
            fraction.tolist(),
            low.tolist(),
            high.tolist(),
            everyone.tolist(),
            strict=True,
        )
    )


def _class(info: ModelInfo, taxonomy: str, p: ndarray, coverage: float) -> ClassEstimate:
    best = info.taxonomies[taxonomy].classes[int(p.argmax())]
    return ClassEstimate(
        taxonomy, best.number, best.id, best.name, float(p.max()), coverage, tuple(p.tolist())
    )


def _flags(item: Prepared, kind: KindEstimate, strange: bool) -> tuple[Flag, ...]:
    flags = list(item.flags)
    if strange:
        flags.append(Flag.UNFAMILIAR)
    if kind.confidence < _UNSURE:
        flags.append(Flag.UNSURE)
    elif kind.id != "galaxy":
        flags.append(Flag.NOT_A_GALAXY)
    return tuple(flags)
