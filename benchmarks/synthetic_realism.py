"""Does a model that never saw a synthetic galaxy take it for what it is?

Draws galaxies, classifies the pictures with the bundled model, which was trained on surveys' pictures only, and counts how
often its answers are the true ones. Prints a table by kind, and writes it with `--to`.

    python benchmarks/synthetic_realism.py [--count 200] [--survey sdss] [--size 256] [--to realism.json]
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from shared import machine

from skyform.datasets.dataset import Record
from skyform.datasets.synthetic import synthetic_dataset
from skyform.inference import Classifier
from skyform.schema import KAGGLE, SKYFORM, Prediction

_FIRST = "smooth-or-features"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--survey", default="sdss")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--to", type=Path)
    options = parser.parse_args()
    dataset = synthetic_dataset(
        options.count,
        seed=options.seed,
        survey=options.survey,
        size=options.size,
        scheme="galaxy10_sdss",
    )
    pictures = (dataset.image(i) for i in range(len(dataset)))
    table = _compared(list(Classifier.load()(pictures)), dataset.records)
    _print(table)
    if options.to:
        settings = {k: v for k, v in vars(options).items() if k != "to"}
        record = {"machine": machine(), "settings": settings, "kinds": table}
        options.to.write_text(json.dumps(record, indent=2) + "\n")
    return 0


def _compared(
    predictions: Sequence[Prediction], records: Sequence[Record]
) -> dict[str, dict[str, float]]:
    """For each kind, and all: how many there are, and shares and errors of each comparison."""
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for prediction, record in zip(predictions, records, strict=True):
        row = _row(prediction, record)
        found[record.info["kind"]].append(row)
        found["all"].append(row)
    out: dict[str, dict[str, float]] = {}
    for kind in sorted(found, key=lambda k: (k == "all", k)):
        rows = found[kind]
        out[kind] = {"count": len(rows)}
        for name in rows[0]:
            values = np.array([r[name] for r in rows])
            known = values[~np.isnan(values)]
            out[kind][name] = float(known.mean()) if known.size else float("nan")
    return out


def _row(prediction: Prediction, record: Record) -> dict[str, float]:
    """What agrees (1) or not (0) for one galaxy; NaN where there is nothing to compare."""
    truth = set(record.info["truth"]["answers"])
    chosen = {
        question.id: max(question.answers, key=lambda a: prediction.answer(a.id).fraction).id
        for question in SKYFORM.questions
    }
    votes = np.array([prediction.answer(a.id).cumulative for a in KAGGLE.answers])
    crowd = np.zeros(len(votes)) if record.votes is None else record.votes
    first = [crowd[KAGGLE.index[a.id]] for a in KAGGLE.question[_FIRST].answers]
    popular = KAGGLE.question[_FIRST].answers[int(np.argmax(first))].id
    asked = any(a.startswith("sense.") for a in truth)
    spotted = asked and chosen["spiral"] == "spiral.yes"
    return {
        "galaxy": float(prediction.kind is not None and prediction.kind.id == "galaxy"),
        "first answer, truth": float(chosen[_FIRST] in truth),
        "first answer, crowd": float(chosen[_FIRST] == popular),
        "Galaxy10 SDSS": float(prediction.classes["galaxy10_sdss"].id == record.label)
        if record.label
        else float("nan"),
        "arms seen": float(chosen["spiral"] == "spiral.yes") if asked else float("nan"),
        "sense": float(chosen["sense"] in truth) if spotted else float("nan"),
        "RMSE to crowd": float(np.sqrt(np.mean((votes - crowd) ** 2))),
    }


def _print(table: dict[str, dict[str, float]]) -> None:
    names = [n for n in table["all"] if n != "count"]
    print(f"{'kind':18} {'count':>5}  " + "  ".join(f"{n:>19}" for n in names))
    for kind, values in table.items():
        cells = "  ".join(f"{values[n]:19.2f}" for n in names)
        print(f"{kind:18} {values['count']:5}  {cells}")


if __name__ == "__main__":
    sys.exit(main())
