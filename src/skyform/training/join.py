"""Finished runs joined into one model whose answers are the mean of theirs."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import yaml
from safetensors.torch import load_file

from skyform.errors import RecipeError
from skyform.images import Preprocess
from skyform.models import GalaxyNetwork
from skyform.training.finish import finish_run
from skyform.training.origin import joined_origin, origin_of_run, read_teacher
from skyform.training.recipe import Recipe, read_recipe
from skyform.training.run import build_network, prepare_training

__all__ = ["join_runs"]

RECORD = "joined.yaml"


def join_runs(
    runs: Sequence[Path], *, data: Path, out: Path, name: str, version: str, title: str, looks: int
) -> Path:
    """Export the networks of several runs as one model, calibrate and measure it.

    Backbones may differ; what they see may not. Several networks that err differently are surer together than each alone (Lakshminarayanan
    et al. 2017, arXiv:1612.01474), and a recipe's `members` are of one backbone only.

    Parameters
    ----------
    runs : sequence of Path
        Folders of `train_recipe`. The training pictures of the one with the most sources decide the ranges of int8 and the distance in the
        embedding.
    data : Path
        Folder that holds the sources' files.
    out : Path
        New folder: `model/`, `scores.json`, and `joined.yaml` with the recipes and the teachers of all runs.
    name, version, title : str
        Of the joined model.
    looks : int
        Orientations over which it averages.

    Raises
    ------
    RecipeError
        If there are fewer than two runs, one is not finished, or their pictures are prepared differently; or if `out` is there already.
    """
    if len(runs) < 2:
        raise RecipeError(f"{len(runs)} run is given; two are the fewest that can be joined.")
    if out.exists():
        raise RecipeError(f"{out} exists already.", remedy="Give another folder with --out.")
    recipes = [_recipe_of(run) for run in runs]
    seen = {(r.size, r.framing) for r in recipes}
    if len(seen) > 1:
        raise RecipeError(
            f"The runs see pictures differently: size and framing are {sorted(seen)}.",
            remedy="Join runs whose last phase has one size, with one framing.",
        )
    networks = [n for run, r in zip(runs, recipes, strict=True) for n in _networks(run, r, data)]
    widest = max(recipes, key=lambda r: len(r.shares))
    excluded = dict.fromkeys(t for r in recipes for t in r.exclude_licences)
    joined = replace(
        widest,
        name=name,
        version=version,
        title=title,
        looks=looks,
        members=len(networks),
        backbone=" + ".join(dict.fromkeys(r.backbone for r in recipes)),
        exclude_licences=list(excluded),
    )
    out.mkdir(parents=True)
    train = prepare_training(replace(widest, teacher=""), data, cache=out / "cache")
    record = {
        "name": name,
        "version": version,
        "runs": [r.to_dict() for r in recipes],
        "teachers": [_teacher(*of) for of in zip(runs, recipes, strict=True)],
    }
    (out / RECORD).write_text(yaml.safe_dump(record, sort_keys=False))
    preprocess = Preprocess(size=widest.size, framing=widest.framing)
    return finish_run(
        networks,
        train,
        recipe=joined,
        origin=joined_origin([origin_of_run(*of) for of in zip(runs, recipes, strict=True)]),
        preprocess=preprocess,
        data=data,
        folder=out,
    )


def _recipe_of(run: Path) -> Recipe:
    path = run / "recipe.yaml"
    if not path.is_file() or not list(run.glob("network-*.safetensors")):
        raise RecipeError(
            f"{run} is no finished run of the tree's recipe.",
            remedy="Give a folder that `skyform train` wrote; an unfinished one goes on with --resume.",
        )
    return read_recipe(path)


def _teacher(run: Path, recipe: Recipe) -> dict[str, Any]:
    """What the run's folder says of its teacher; nothing where it had none, or is too old to say."""
    teacher = read_teacher(run) if recipe.teacher else None
    return {} if teacher is None else asdict(teacher)


def _networks(run: Path, recipe: Recipe, data: Path) -> list[GalaxyNetwork]:
    networks: list[GalaxyNetwork] = []
    for seed in range(recipe.seed, recipe.seed + recipe.members):
        network = build_network(replace(recipe, weights=""), data)
        network.load_state_dict(load_file(run / f"network-{seed}.safetensors"))
        networks.append(network)
    return networks
