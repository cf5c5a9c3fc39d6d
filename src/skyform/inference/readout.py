"""From a network's raw outputs to `Prediction`s, a batch at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, UInt8
from numpy import ndarray

from skyform.evaluation.calibration import Calibration
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
    rolled_up,
    sentence,
)
from skyform.schema.modelfile import ORIENTATIONS, mirror_images
from skyform.schema.words import STRANGE, SURE, class_sentence

__all__ = ["as_upright", "averaged", "given", "predictions", "turned"]


def averaged(
    model: ModelFile, pixels: UInt8[ndarray, "b size size 3"], *, looks: int = 8
) -> Outputs:
    """Outputs averaged over the first `looks` (1, 2, 4 or 8) of the eight flips and rotations of a square.

    Logits are averaged as they are: for a softmax that is the normalised geometric mean of the probabilities. A mirrored picture
    winds the other way, so its two sense-of-rotation logits change places, and so do classes that differ in the sense alone.
    """
    if looks == 1:
        return model.run(pixels)
    runs = [
        as_upright(model.run(turned(pixels, quarter, mirror)), mirror, model.info)
        for quarter, mirror in ORIENTATIONS[:looks]
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


def as_upright(outputs: Outputs, mirror: bool, info: ModelInfo) -> Outputs:
    """What is said of mirrored pictures, as it holds for the pictures themselves: what winds one way winds the other way."""
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
    if info.names_kinds and info.tree is not None:
        made = _with_strangeness(made, outputs, info, info.tree)
    if info.scheme is not None:
        made = _with_own_classes(made, outputs, info, info.scheme)
    return made


def _with_kinds(made: list[Prediction], outputs: Outputs, info: ModelInfo) -> list[Prediction]:
    probabilities = info.calibration.kinds(given(outputs.kinds), given(outputs.distance))
    found = info.calibration.answer_set("kind", probabilities)
    sets = _named(found, probabilities, [k.id for k in KINDS])
    out: list[Prediction] = []
    for i, prediction in enumerate(made):
        kind = replace(_kind(probabilities[i]), answer_set=sets[i])
        told = replace(prediction, kind=kind)
        if kind.confidence < SURE:
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
    fractions = calibration.fractions(given(outputs.answers), tree=tree)
    low, high = calibration.bounds(fractions, tree=tree)
    everyone = cumulative(tree, fractions)
    asked = probability_asked(tree, fractions)
    chances = calibration.answer_chances(fractions, tree=tree)
    sets = _question_sets(chances, calibration, tree)
    classes = _classes(fractions, info)
    out: list[Prediction] = []
    for i, prediction in enumerate(made):
        inside = {q: answers[i] for q, answers in sets.items()}
        kept = _sure_of(tree, chances[i], inside)
        told = replace(
            prediction,
            answers=_answers(tree, fractions[i], low[i], high[i], everyone[i], chances[i]),
            asked={q: float(a[i]) for q, a in asked.items()},
            path_taken=most_probable_path(tree, fractions[i]),
            rolled_up=kept,
            answer_sets=inside,
            sentence=sentence(tree, prediction.kind, chances[i], kept=kept),
            classes={t: estimates[i] for t, estimates in classes.items()},
        )
        out.append(told)
    return out


def _question_sets(
    chances: Float[ndarray, "b answers"], calibration: Calibration, tree: Tree
) -> dict[str, list[tuple[str, ...]]]:
    """One set a picture for each question that has a fitted one."""
    out: dict[str, list[tuple[str, ...]]] = {}
    for q, part in tree.slices.items():
        found = calibration.answer_set(q, chances[:, part])
        if found is not None:
            out[q] = _named(found, chances[:, part], [a.id for a in tree.question[q].answers])
    return out


def _sure_of(
    tree: Tree, chances: Float[ndarray, " answers"], sets: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """The part of the most probable path that is sure: likely answers, alone in their sets."""
    # No chance is above 1: a set of several answers ends the path.
    thresholds = {q: SURE if len(answers) == 1 else 2.0 for q, answers in sets.items()}
    return rolled_up(tree, chances, threshold=SURE, thresholds=thresholds)


def _with_strangeness(
    made: list[Prediction], outputs: Outputs, info: ModelInfo, tree: Tree
) -> list[Prediction]:
    calibration = info.calibration
    fractions = calibration.fractions(given(outputs.answers), tree=tree)
    strangeness = calibration.strangeness(
        given(outputs.kinds), given(outputs.distance), fractions, tree=tree
    )
    out: list[Prediction] = []
    for prediction, value in zip(made, strangeness.tolist(), strict=True):
        told = replace(prediction, strangeness=value)
        if value > calibration.strange_above and Flag.NOT_A_GALAXY not in prediction.flags:
            told = _flagged(told, Flag.NOT_A_GALAXY)
            if told.kind is not None and told.kind.confidence >= SURE:
                told = replace(told, sentence=STRANGE)
        out.append(told)
    return out


def _with_own_classes(
    made: list[Prediction], outputs: Outputs, info: ModelInfo, scheme: Scheme
) -> list[Prediction]:
    calibration = info.class_calibration
    probabilities = calibration.probabilities(given(outputs.classes))
    # A threshold of 0 was never fitted: its set of all classes would say nothing.
    found = calibration.answer_sets(probabilities) if calibration.threshold else None
    sets = _named(found, probabilities, scheme.ids)
    out: list[Prediction] = []
    for i, prediction in enumerate(made):
        p = probabilities[i]
        best = scheme.classes[int(p.argmax())]
        estimate = ClassEstimate(
            scheme.id,
            best.number,
            best.id,
            best.name,
            float(p.max()),
            1.0,
            tuple(p.tolist()),
            sets[i],
        )
        told = replace(
            prediction,
            classes={scheme.id: estimate, **prediction.classes},
            sentence=class_sentence(scheme, estimate, reject=calibration.reject),
        )
        unsure = estimate.confidence < calibration.reject
        out.append(_flagged(told, Flag.UNSURE) if unsure else told)
    return out


def given(output: ndarray | None) -> ndarray:
    """An output that the file's metadata promises."""
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


def _named(
    sets: Bool[ndarray, "b answers"] | None,
    p: Float[ndarray, "b answers"],
    ids: Sequence[str],
) -> list[tuple[str, ...]]:
    """The ids in each picture's set, the most probable first; empty without sets."""
    if sets is None:
        return [()] * len(p)
    ranked: list[list[int]] = np.argsort(-p, axis=1, kind="stable").tolist()
    return [
        tuple(ids[c] for c in order if inside[c])
        for order, inside in zip(ranked, sets.tolist(), strict=True)
    ]


def _answers(
    tree: Tree,
    fraction: ndarray,
    low: ndarray,
    high: ndarray,
    everyone: ndarray,
    confidence: ndarray,
) -> tuple[AnswerEstimate, ...]:
    return tuple(
        AnswerEstimate(a.id, a.question, a.text, a.column, *numbers)
        for a, *numbers in zip(
            tree.answers,
            fraction.tolist(),
            low.tolist(),
            high.tolist(),
            everyone.tolist(),
            confidence.tolist(),
            strict=True,
        )
    )


def _classes(
    fractions: Float[ndarray, "b answers"], info: ModelInfo
) -> dict[str, list[ClassEstimate]]:
    """One estimate a picture in each taxonomy that the model's tree supports."""
    out: dict[str, list[ClassEstimate]] = {}
    for taxonomy in info.taxonomies.values():
        p, coverage = info.calibration.classes(taxonomy, fractions)
        found = info.calibration.answer_set(taxonomy.id, p)
        sets = _named(found, p, [c.id for c in taxonomy.classes])
        out[taxonomy.id] = []
        for i, row in enumerate(p):
            best = taxonomy.classes[int(row.argmax())]
            out[taxonomy.id].append(
                ClassEstimate(
                    taxonomy.id,
                    best.number,
                    best.id,
                    best.name,
                    float(row.max()),
                    float(coverage[i]),
                    tuple(row.tolist()),
                    sets[i],
                )
            )
    return out
