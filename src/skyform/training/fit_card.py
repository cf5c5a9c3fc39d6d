"""The card of a head on frozen features: what it was fitted to, how well it does, what to keep in mind."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from typing import Any

from skyform.training.fit import FittedClasses

__all__ = ["card_text", "card_values"]

_MEASURES = {
    "accuracy": "right",
    "balanced_accuracy": "right, every class counting the same",
    "macro_f1": "F1, mean over the classes",
    "weighted_f1": "F1, weighted by the classes' sizes",
    "top_2": "true class among the first two",
    "log_loss": "log loss",
    "brier": "Brier score",
    "ece": "expected calibration error (ten bins)",
    "baseline": "for comparison: always the commonest class",
    "set_coverage": "answer set holds the true class",
    "set_size": "classes in the answer set, mean",
    "answered": "answered, rather than “can't tell”",
    "answered_accuracy": "right, of those answered",
}


def card_values(
    fitted: FittedClasses, *, name: str, base: Mapping[str, Any], notes: tuple[str, ...]
) -> dict[str, Any]:
    """The card as plain values, for the model file. `base` is the description of the model that gives the features."""
    counts = {s: Counter(r.label for r in fitted.part(s).records) for s in ("train", "validation")}
    dataset = fitted.dataset
    return {
        "name": name,
        "title": f"{fitted.scheme.name}: classes of {dataset.title or dataset.id}",
        "date": date.today().isoformat(),
        "skyform": version("skyform"),
        "fit": dict(fitted.settings),
        "data": {
            "id": dataset.id,
            "title": dataset.title,
            "fingerprint": dataset.fingerprint,
            "pictures": {
                c: {s: counts[s][c] for s in ("train", "validation")} for c in fitted.scheme.ids
            },
        },
        "validation": {k: v.to_dict() for k, v in fitted.scores.items()},
        "class_calibration": fitted.calibration.to_dict(),
        "notes": list(notes),
        "base": {
            "id": f"{base['name']}@{base['version']}",
            "precision": base["precision"],
            "card": base["card"],
        },
    }


def card_text(card: Mapping[str, Any], *, problems: tuple[str, ...] = ()) -> str:
    """The card as Markdown."""
    return (
        "\n\n".join([_head(card), _pictures(card), _results(card), _keep_in_mind(card, problems)])
        + "\n"
    )


def _head(card: Mapping[str, Any]) -> str:
    base, fit = card["base"], card["fit"]
    how = "multinomial logistic regression" if fit["head"] == "linear" else "gradient-boosted trees"
    strength = f", regularisation {fit['regularisation']:.3g}" if "regularisation" in fit else ""
    looks = "the average of the eight flips and rotations" if fit["average"] else "one look"
    return f"""# {card["name"]}

{card["title"]}. Written by `skyform fit` on {card["date"]} with Skyform {card["skyform"]}.

- **Head**: {how} on the features of {base["id"]} ({base["precision"]}), {looks} at each picture{strength}, seed {fit["seed"]}. The features
  were not trained further.
- **Everything else** that the model says (tree, kinds, evidence for them) is that of {base["id"]}, and so are the licences of its training data;
  its own card is inside the model file: `skyform models --model FILE --json`."""


def _pictures(card: Mapping[str, Any]) -> str:
    data = card["data"]
    lines = [
        "## Pictures",
        "",
        f"{data['title'] or data['id']} (fingerprint `{data['fingerprint']}`). Pictures of one object, and near-identical ones, are on one side.",
        "",
        "| class | training | validation |",
        "|---|---|---|",
        *(f"| {c} | {n['train']} | {n['validation']} |" for c, n in data["pictures"].items()),
    ]
    return "\n".join(lines)


def _results(card: Mapping[str, Any]) -> str:
    calibration = card["class_calibration"]
    lines = [
        "## Results on the validation pictures",
        "",
        "With 95 % bootstrap intervals. Nothing was fitted to these pictures, and the head was not fitted again with them: the figures are "
        "those of the head in this file.",
        "",
        "| measure | value | from | to | pictures |",
        "|---|---|---|---|---|",
        *(
            f"| {_MEASURES.get(key, key)} | {s['value']:.3f} | {s['low']:.3f} | {s['high']:.3f} | {s['n']} |"
            for key, s in card["validation"].items()
        ),
        "",
        f"Temperature {calibration['temperature']:.3g}; answer sets made to hold the true class in {100 * calibration['coverage']:.0f} % of cases; "
        + (
            f"“can't tell” below {calibration['reject']:.2f}."
            if calibration["reject"]
            else "every picture is answered."
        )
        + " These were fitted on cross-validated predictions of the training pictures "
        f"({100 * card['fit']['cross_validated_accuracy']:.1f} % of them right).",
    ]
    return "\n".join(lines)


def _keep_in_mind(card: Mapping[str, Any], problems: tuple[str, ...]) -> str:
    notes = [
        "Probabilities hold for pictures like these, in the proportions of these: elsewhere they shift.",
        "A picture that shows none of the classes still gets one of them; `unlike anything the model was trained on` is said by the "
        "base model's distance, which knows its own training pictures only.",
        *card["notes"],
    ]
    lines = ["## To keep in mind", "", *(f"- {n}" for n in notes)]
    if problems:
        lines += [
            "",
            "Left out, because they could not be read:",
            "",
            *(f"- {p}" for p in problems),
        ]
    return "\n".join(lines)
