"""One protocol for every idea: the same short recipe with one thing changed, several seeds, the same validation pictures.

Trains what is missing, and writes one JSON file a run, with the answers to every validation picture's known questions right or wrong, so that
two ideas are compared picture by picture.

    python benchmarks/ideas.py DATA [--runs runs/ideas] [--only IDEA …] [--seeds 0 1]
    python benchmarks/ideas.py DATA --score        # only the files for the results page, from the runs that are there

`skyform results docs/results --to docs/results.md` makes the table of them.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import yaml

from skyform.evaluation.fitting import fit_calibration
from skyform.evaluation.ideas_page import IdeaRun, write_idea
from skyform.evaluation.picture_scores import SQUARED, drawn_together, picture_scores
from skyform.images import Preprocess
from skyform.training.judging import answered, validation_rows
from skyform.training.measure import network_outputs
from skyform.training.prepared import prepare_rows
from skyform.training.recipe import read_recipe
from skyform.training.run import train_networks
from skyform.training.truth import evidence_of, truth_of

HERE = Path(__file__).parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--plan", type=Path, default=HERE / "ideas.yaml")
    parser.add_argument("--runs", type=Path, default=Path("runs/ideas"))
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--score", action="store_true")
    parser.add_argument("--to", type=Path, default=HERE.parent / "docs/results/ideas")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    plan = yaml.safe_load(options.plan.read_text())
    for seed in [] if options.score else options.seeds:
        for name, idea in plan["ideas"].items():
            folder = options.runs / f"{name}.seed-{seed}"
            if (options.only and name not in options.only) or (folder / "outputs.npz").exists():
                continue
            run(plan["recipe"], [*plan["base"], *idea["set"], f"seed={seed}"], options.data, folder)
    for name, idea in plan["ideas"].items():
        for folder in sorted(options.runs.glob(f"{name}.seed-*")):
            if (folder / "outputs.npz").exists():
                score(name, idea, options.data, folder, options.to)
    return 0


def run(recipe: str, overrides: list[str], data: Path, folder: Path) -> None:
    """Train one variant, and keep its answers to the validation pictures."""
    started = time.monotonic()
    settings = read_recipe(HERE.parent / recipe, overrides=overrides)
    cache = folder.parent / "cache"
    networks, _ = train_networks(
        settings, data=data, folder=folder, resume=folder.exists(), cache=cache
    )
    trained = time.monotonic() - started
    rows = validation_rows(data)
    preprocess = Preprocess(size=settings.size, framing=settings.framing)
    pixels = prepare_rows(rows, preprocess, cache=cache).pixels
    outputs = network_outputs(networks[0], pixels, looks=(1, 8))
    np.savez_compressed(
        folder / "outputs.npz",
        ids=np.array([r.id for r in rows]),
        seconds=trained,
        **{
            f"{k}_{looks}": v
            for looks, part in outputs.items()
            for k, v in part.items()
            if k != "embedding"
        },
        embedding=outputs[1]["embedding"].astype(np.float16),
    )
    print(json.dumps({"run": folder.name, "seconds": round(trained)}), flush=True)


def score(name: str, idea: dict, data: Path, folder: Path, to: Path) -> None:
    """What each picture contributes to each figure, with a calibration fitted as for a model that ships."""
    seed = int(yaml.safe_load((folder / "recipe.yaml").read_text())["seed"])
    rows = validation_rows(data)
    with np.load(folder / "outputs.npz") as kept:
        if kept["ids"].tolist() != [r.id for r in rows]:
            raise SystemExit(f"{folder} was measured on other pictures: train it again")
        outputs = {k: kept[f"{k}_1"] for k in ("answers", "kinds")}
        seconds = float(kept["seconds"])
    # Nothing is known yet of distances in the embedding: no picture counts as far.
    evidence = evidence_of(rows, {**outputs, "distance": np.ones(len(rows))})
    said = answered(evidence, fit_calibration(evidence))
    truths = [truth_of(r) for r in rows]
    figures = picture_scores(truths, said)
    together = {k: v.tolist() for k, v in drawn_together(truths, said).items()}
    rounded = {k: [round(float(v), 5) for v in values] for k, values in figures.items()}
    run = IdeaRun(
        name,
        idea["title"],
        idea.get("predicted", ""),
        idea["set"],
        seed,
        seconds,
        rounded,
        together,
    )
    path = write_idea(run, to)
    for key, values in figures.items():
        mean = float(np.mean(values))
        print(f"{folder.name:32} {key:24} {mean**0.5 if key in SQUARED else mean:.3f}")
    print(path, flush=True)


if __name__ == "__main__":
    sys.exit(main())
