"""The figures of the model card again, from the command line's own output.

Writes the validation pictures of a data folder as files, runs `skyform classify` on the folder, reads the table that it wrote, and compares
every figure with the model's card.

    python benchmarks/validation.py DATA [--model small] [--average] [--to validation.json]
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from skyform.datasets import SOURCES, Row, read_source
from skyform.evaluation import Answered, validation_scores
from skyform.inference import Classifier
from skyform.schema import KAGGLE, KINDS
from skyform.training.truth import truth_of

_CLASSES = ("galaxy10_sdss", "galaxy10_decals", "hubble", "galaxy_zoo_1")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--average", action="store_true")
    parser.add_argument("--model", default="base", help="base, small or a file")
    parser.add_argument("--to", type=Path)
    options = parser.parse_args()
    rows = _validation_rows(options.data)
    with tempfile.TemporaryDirectory() as folder:
        table = _classified(rows, Path(folder), options)
    scores = validation_scores([truth_of(r) for r in rows], _answered(rows, table))
    info = Classifier.load(options.model).info
    card = info.card["validation"][info.precision]
    worst = 0.0
    print(f"{'measure':40} {'n':>5} {'command line':>22} {'card':>7}")
    for name, score in scores.items():
        on_card = card.get(name, {}).get("value", float("nan"))
        worst = max(worst, abs(score.value - on_card))
        interval = f"{score.value:.3f} ({score.low:.3f}-{score.high:.3f})"
        print(f"{name:40} {score.n:5} {interval:>22} {on_card:7.3f}")
    if options.to:
        record = {k: v.to_dict() for k, v in scores.items()}
        options.to.write_text(json.dumps(record, indent=2))
    if options.average:
        return 0
    print(f"largest difference from the card: {worst:.4f}")
    return int(worst > 0.005)


def _validation_rows(data: Path) -> list[Row]:
    return [
        row
        for source in SOURCES.values()
        if (data / source.file).is_file()
        for row in read_source(source, data)
        if row.split == "validation"
    ]


def _classified(
    rows: list[Row], folder: Path, options: argparse.Namespace
) -> dict[str, dict[str, str]]:
    pictures, target = folder / "pictures", folder / "results.csv"
    pictures.mkdir()
    for row in rows:
        (pictures / f"{row.id}.jpg").write_bytes(row.image)
    entry = "import sys; from skyform.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", entry, "classify", str(pictures), "--to", str(target)]
    command += ["--model", options.model, "--quiet"]
    command += ["--average"] if options.average else []
    subprocess.run(command, check=True)
    with target.open(newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def _answered(rows: list[Row], table: dict[str, dict[str, str]]) -> Answered:
    found = [table[row.id] for row in rows]
    columns = [a.column for a in KAGGLE.answers]
    kinds = {k.id for k in KINDS}
    if failed := [r["id"] for r in found if r["error"] or r["kind"] not in kinds]:
        raise SystemExit(f"{len(failed)} pictures failed, the first is {failed[0]}")
    return Answered(
        np.array([[float(r[c]) for c in columns] for r in found]),
        [r["kind"] for r in found],
        {t: np.array([int(r[t]) for r in found]) for t in _CLASSES},
    )


if __name__ == "__main__":
    sys.exit(main())
