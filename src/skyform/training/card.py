"""The model card: what a person should know before trusting the model, written from the run's own numbers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skyform.schema import TAXONOMIES

__all__ = ["write_card"]

_NAMES = {
    "gz2_rmse": "Galaxy Zoo 2: RMSE over the 37 cumulative answers (lower is better)",
    "gz2_first_question": "Galaxy Zoo 2: first question right",
    "gz2_galaxy10_class": "Galaxy Zoo 2: Galaxy10 SDSS class where one holds over 55 % of the votes",
    "gz1_accuracy": "Galaxy Zoo 1: elliptical / spiral / edge-on, accuracy",
    "gz1_balanced": "Galaxy Zoo 1: the same, balanced",
    "gz1_sense_of_rotation": "Galaxy Zoo 1: sense of rotation, of spirals called spirals",
    "gz1_wide_accuracy": "Galaxy Zoo 1, re-framed: accuracy of three",
    "gz1_wide_balanced": "Galaxy Zoo 1, re-framed: the same, balanced",
    "gz1_wide_sense_of_rotation": "Galaxy Zoo 1, re-framed: sense of rotation",
    "examples_answer": "Teaching examples of nine surveys: the answer to the question asked",
    "galaxy10_decals_class": "Galaxy10 DECaLS: official class, five of each",
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
    "deepsky": "Stellarium's nebula textures (GPL-2+ collection), SpaceWarps CFHTLS cut-outs (MIT), Messier catalogue (MIT); "
    "types from OpenNGC (CC BY-SA 4.0)",
    "everyday": "cuts of photographs inside scikit-image and scikit-learn, and generated textures",
}


def write_card(card: Mapping[str, Any], path: Path) -> None:
    """Write the card as Markdown. `card` is what the model file's metadata holds."""
    parts = [_head(card), _data(card), _results(card), _reliability(card), _limits()]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _head(card: Mapping[str, Any]) -> str:
    size = card["preprocess"]["size"]
    files = ", ".join(f"{p} {b / 1e6:.1f} MB" for p, b in card["bytes"].items())
    start = "ImageNet weights (Apache-2.0)" if card["weights"] else "random weights"
    return f"""# {card["name"]} {card["version"]}

{card["title"]}. Written by `skyform train` on {card["date"]} with Skyform {card["skyform"]}; every figure below was measured on the ONNX
files that this card belongs to.

- **Answers**: the 37 answers of the Galaxy Zoo 2 tree (one softmax a question), the sense of rotation, and the kind of object (galaxy, star
  cluster, nebula, gravitational lens, none of these).
- **Network**: {card["backbone"]}, from {start}, {size} px input; files: {files}. Seed {card["seed"]}.
- **Preprocessing** `{card["fingerprint"]}`: find the object, crop to {card["preprocess"]["framing"]} times the radius of 90 % of its light, resize to {size} px.
- **Licence**: BSD-3-Clause for the weights; the data's own terms below."""


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
            "says, and the rest is masked. Groups (the same object, identical or near-identical pictures) never straddle the "
            "training and validation splits. Funding for SDSS is acknowledged at <https://www.sdss.org/collaboration/citing-sdss/>.",
        ]
    )


def _results(card: Mapping[str, Any]) -> str:
    lines = [
        "## Results on the validation split",
        "",
        "With 95 % bootstrap intervals; one look at each picture, no averaging over flips. Thresholds and temperatures were fitted on this same "
        "split, the weights were not.",
        "",
        "| measure | pictures | int8 | fp32 |",
        "|---|---|---|---|",
    ]
    int8, fp32 = card["validation"]["int8"], card["validation"]["fp32"]
    for key, score in int8.items():
        lines.append(
            f"| {_NAMES.get(key, key)} | {score['n']} | {_interval(score)} | {fp32[key]['value']:.3f} |"
        )
    pooled = card["pooled_accuracy"]
    lines += [
        "",
        f"All accuracies together, weighted by their pictures: int8 {pooled['int8']:.4f}, fp32 {pooled['fp32']:.4f}; int8 costs "
        f"{100 * (pooled['fp32'] - pooled['int8']):.2f} points.",
    ]
    return "\n".join(lines)


def _interval(score: Mapping[str, float]) -> str:
    return f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"


def _reliability(card: Mapping[str, Any]) -> str:
    measured = card["reliability"]["int8"]
    lines = [
        "## Confidence",
        "",
        "Expected calibration error (ten bins) before and after the temperatures; after: cross-fitted, each half judged by the other half's "
        "fit.",
        "",
        "| confidence in | pictures | before | after |",
        "|---|---|---|---|",
    ]
    for name, m in measured.items():
        if name != "interval_coverage":
            title = TAXONOMIES[name].name if name in TAXONOMIES else "kind of object"
            lines.append(f"| {title} | {m['n']} | {m['ece_before']:.3f} | {m['ece_after']:.3f} |")
    if measured["interval_coverage"] is not None:
        lines += [
            "",
            f"The 90 % intervals of the vote fractions hold {measured['interval_coverage']:.1%} of the observed fractions, where at least "
            "ten people were asked (cross-fitted).",
        ]
    lines += [
        "",
        "Reliability of the kind and of the Galaxy Zoo 1 class (mean confidence, share right, pictures):",
        "",
        "| | " + " | ".join(f"{b / 10:.1f}-{(b + 1) / 10:.1f}" for b in range(10)) + " |",
        "|---" * 11 + "|",
    ]
    for name in ("kind", "galaxy_zoo_1"):
        if name in measured:
            cells = [""] * 10
            for confidence, right, n in measured[name]["bins"]:
                cells[min(int(confidence * 10), 9)] = f"{confidence:.2f}, {right:.2f}, {n}"
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _limits() -> str:
    return """## Limits

- Trained mostly on SDSS stamps of bright, nearby galaxies: answers for high redshift, low surface brightness, or simulated images are extrapolation.
- Galaxy10 DECaLS classes come from the tree by rule, not from training on that set; "disturbed" is found least well.
- Star clusters, nebulae and lenses were learnt from a few hundred pictures; all lenses come from one survey (CFHTLS), so another
  survey's lens may be called a galaxy, and a crowded field with CFHTLS's colours a lens.
- Rare answers (one or four arms, boxy bulges, lenses and arcs) rest on a few dozen labelled pictures.
- Not for: redshifts, photometry, finding objects in wide fields, or counting types without correcting for the sample's selection."""
