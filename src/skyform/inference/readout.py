"""From a network's raw outputs to `Prediction`s, a batch at a time."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from skyform.images import Prepared
from skyform.inference.modelfile import ModelFile, ModelInfo, Outputs
from skyform.schema import (
    KINDS,
    AnswerEstimate,
    ClassEstimate,
    Flag,
    KindEstimate,
    Prediction,
    Scheme,
    Tree,
    cumulative,
    most_probable_path,
    probability_asked,
    sentence,
)
from skyform.schema.modelfile import mirror_images
from skyform.schema.words import class_sentence

__all__ = ["averaged", "predictions", "turned"]

_UNSURE = 0.66


def averaged(model: ModelFile, pixels: UInt8[ndarray, "b size size 3"]) -> Outputs:
    """Outputs averaged over the eight flips and rotations of a square.

    Logits are averaged as they are: for a softmax that is the normalised geometric mean of the probabilities. A mirrored picture
    winds the other way, so its two sense-of-rotation logits change places, and so do classes that differ in the sense alone.
    """
    runs = [
        _as_upright(model.run(turned(pixels, quarter, mirror)), mirror, model.info)
        for mirror in (False, True)
        for quarter in range(4)
    ]
    return Outputs(
        np.mean([r.embedding for r in runs], axis=0),
        _mean([r.answers for r in runs]),
        _mean([r.kinds for r in runs]),
        _mean([r.distance for r in runs]),
        _mean([r.classes for r in runs]),
    )


def turned(pixels: ndarray, quarter: int, mirror: bool) -> ndarray:
    """Pictures mirrored left to right, if asked for, then turned by quarters anticlockwise."""
    return np.rot90(pixels[:, :, ::-1] if mirror else pixels, quarter, axes=(1, 2))


def _mean(arrays: Sequence[ndarray | None]) -> ndarray | None:
    known = [a for a in arrays if a is not None]
    return np.mean(known, axis=0) if known else None


def _as_upright(outputs: Outputs, mirror: bool, info: ModelInfo) -> Outputs:
    if not mirror:
        return outputs
    answers, classes = outputs.answers, outputs.classes
    if answers is not None and info.tree is not None and "sense" in info.tree.slices:
        answers = answers.copy()
        sense = info.tree.slices["sense"]
        answers[:, sense] = answers[:, sense][:, ::-1]
    if classes is not None and info.scheme is not None:
        classes = classes[:, list(mirror_images(info.scheme))]
    return replace(outputs, answers=answers, classes=classes)


def predictions(
    outputs: Outputs,
    *,
    info: ModelInfo,
    ids: Sequence[str],
    paths: Sequence[str],
    prepared: Sequence[Prepared],
) -> list[Prediction]:
    """Calibrated statements, one for each row of the outputs. A model's own classes, where it has any, speak first."""
    made = [
        Prediction(
            id=ids[i],
            path=paths[i],
            model=info.id,
            flags=item.flags,
            frame=item.frame,
            embedding=outputs.embedding[i],
        )
        for i, item in enumerate(prepared)
    ]
    if outputs.distance is not None:
        strange = outputs.distance > info.calibration.familiar
        made = [
            _flagged(p, Flag.UNFAMILIAR) if s else p for p, s in zip(made, strange, strict=True)
        ]
    if info.names_kinds:
        made = _with_kinds(made, outputs, info)
    if info.tree is not None:
        made = _with_tree(made, outputs, info, info.tree)
    if info.scheme is not None:
        made = _with_own_classes(made, outputs, info, info.scheme)
    return made


def _with_kinds(made: list[Prediction], outputs: Outputs, info: ModelInfo) -> list[Prediction]:
    probabilities = info.calibration.kinds(_given(outputs.kinds), _given(outputs.distance))
    out: list[Prediction] = []
    for prediction, p in zip(made, probabilities, strict=True):
        kind = _kind(p)
        told = replace(prediction, kind=kind)
        if kind.confidence < _UNSURE:
            # Where the model has classes of its own, it is they that are sure or not.
            told = told if info.scheme is not None else _flagged(told, Flag.UNSURE)
        elif kind.id != "galaxy":
            told = _flagged(told, Flag.NOT_A_GALAXY)
        out.append(told)
    return out


def _with_tree(
    made: list[Prediction], outputs: Outputs, info: ModelInfo, tree: Tree
) -> list[Prediction]:
    calibration = info.calibration
    fractions = calibration.fractions(_given(outputs.answers), tree=tree)
    low, high = calibration.bounds(fractions, tree=tree)
    everyone = cumulative(tree, fractions)
    asked = probability_asked(tree, fractions)
    classes = {t.id: calibration.classes(t, fractions) for t in info.taxonomies.values()}
    return [
        replace(
            prediction,
            answers=_answers(tree, fractions[i], low[i], high[i], everyone[i]),
            asked={q: float(a[i]) for q, a in asked.items()},
            path_taken=most_probable_path(tree, fractions[i]),
            sentence=sentence(tree, prediction.kind, fractions[i]),
            classes={
                t: _class(info, t, p[i], float(coverage[i])) for t, (p, coverage) in classes.items()
            },
        )
        for i, prediction in enumerate(made)
    ]


def _with_own_classes(
    made: list[Prediction], outputs: Outputs, info: ModelInfo, scheme: Scheme
) -> list[Prediction]:
    calibration = info.class_calibration
    probabilities = calibration.probabilities(_given(outputs.classes))
    sets = calibration.answer_sets(probabilities)
    out: list[Prediction] = []
    for prediction, p, inside in zip(made, probabilities, sets, strict=True):
        ranked = [int(c) for c in np.argsort(-p, kind="stable")]
        best = scheme.classes[ranked[0]]
        # A threshold of 0 was never fitted: its set of all classes would say nothing.
        answer_set = (
            tuple(scheme.ids[c] for c in ranked if inside[c]) if calibration.threshold else ()
        )
        estimate = ClassEstimate(
            scheme.id,
            best.number,
            best.id,
            best.name,
            float(p.max()),
            1.0,
            tuple(p.tolist()),
            answer_set,
        )
        told = replace(
            prediction,
            classes={scheme.id: estimate, **prediction.classes},
            sentence=class_sentence(scheme, estimate, reject=calibration.reject),
        )
        unsure = estimate.confidence < calibration.reject
        out.append(_flagged(told, Flag.UNSURE) if unsure else told)
    return out


def _given(output: ndarray | None) -> ndarray:
    if output is None:
        raise ValueError("the model file promises an output that the network did not give")
    return output


def _flagged(prediction: Prediction, flag: Flag) -> Prediction:
    return replace(prediction, flags=(*prediction.flags, flag))


def _kind(p: Float[ndarray, " kinds"]) -> KindEstimate:
    best = int(p.argmax())
    return KindEstimate(
        KINDS[best].id,
        KINDS[best].name,
        float(p[best]),
        {k.id: float(v) for k, v in zip(KINDS, p, strict=True)},
    )


def _answers(
    tree: Tree, fraction: ndarray, low: ndarray, high: ndarray, everyone: ndarray
) -> tuple[AnswerEstimate, ...]:
    return tuple(
        AnswerEstimate(a.id, a.question, a.text, a.column, *numbers)
        for a, *numbers in zip(
            tree.answers,
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
