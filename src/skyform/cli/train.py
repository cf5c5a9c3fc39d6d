"""Train a model from a recipe.

There are two kinds of recipe. An experiment (it names a `task`) trains one model of the registry on one data set: --data is then anything
that `skyform datasets info` reads. The tree's own recipe, recipes/base.yaml, learns from many sets at once: --data is the folder
that holds them.

Everything the run makes goes into one folder: the model for `skyform classify --model`, the recipe as it was run, the split, figures,
and checkpoints to go on from with --resume, wherever the run ended. `skyform report` shows an experiment's folder as a page.
"""

import shutil
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from skyform.cli.console import Exit, as_typed, say
from skyform.datasets import FORMATS
from skyform.errors import MissingExtraError

__all__ = ["NEEDED", "arguments", "data_arguments", "need_extra", "run"]

NEEDED = ("torch", "torchvision", "lightning", "timm", "onnx")


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("recipe", type=Path, metavar="RECIPE", help="the YAML file that says how to train")
    add(
        "--data",
        type=Path,
        required=True,
        metavar="PATH",
        help="the data set; for the tree's own recipe the folder of the data sets",
    )
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="the run's folder (default: runs/ and the recipe's name)",
    )
    add("--resume", action="store_true", help="go on from the run folder's last checkpoint")
    add(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="replace one setting of the recipe, such as batch_size=32; may be given several times",
    )
    group = parser.add_argument_group("experiments")
    add = group.add_argument
    data_arguments(add)
    add(
        "--from",
        dest="start",
        metavar="WEIGHTS",
        help="start from these weights: `ours` for the bundled encoder, or a file as in the recipe's weights",
    )
    add(
        "--seeds",
        type=int,
        metavar="N",
        help="run N times, with the recipe's seed and those after it, into seed-… folders",
    )


def data_arguments(add: Callable[..., Any]) -> None:
    """Declare how an experiment's data set is read."""
    add("--images", type=Path, metavar="DIR", help="the folder with the pictures of a catalogue")
    add("--label", metavar="COLUMN", help="the column with the labels")
    add("--format", choices=("auto", *FORMATS), default="auto", help="what the data set is")
    add(
        "--weights-from",
        type=Path,
        metavar="DIR",
        help="the folder that the recipe's starting weights are below (default: the data set's)",
    )


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    for override in options.set:
        if "=" not in override:
            parser.error(f"--set {override}: write it as KEY=VALUE, such as --set batch_size=32")
    if options.seeds is not None and options.seeds < 1:
        parser.error(f"--seeds {options.seeds}: give a number of at least 1")
    need_extra("Training", NEEDED)
    from skyform.training.experiment import is_experiment

    try:
        if is_experiment(options.recipe):
            return _experiments(options)
        return _tree(options)
    except KeyboardInterrupt:
        say("Stopped. The same command with --resume goes on from the last checkpoint.")
        return Exit.INTERRUPTED


def need_extra(what: str, modules: tuple[str, ...], *, extra: str = "train") -> None:
    """Make sure that an optional part is installed.

    Raises
    ------
    MissingExtraError
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"{what} needs {', '.join(missing)}, which the base installation leaves out.",
            remedy=f"Install it: pip install 'skyform[{extra}]'",
        )


def _tree(options: Namespace) -> Exit:
    from skyform.training import train_recipe

    folder = train_recipe(
        options.recipe,
        data=options.data,
        out=options.out,
        resume=options.resume,
        overrides=tuple(options.set),
    )
    say(f"Done: {folder}")
    return Exit.OK


def _experiments(options: Namespace) -> Exit:
    from skyform.datasets.opening import open_dataset
    from skyform.inference import bundled_path
    from skyform.training import read_experiment, run_experiment

    start = [] if options.start is None else [f"weights={options.start}"]
    experiment = read_experiment(options.recipe, overrides=(*options.set, *start))
    data = open_dataset(
        options.data, format=options.format, images=options.images, label=options.label
    )
    out = options.out or Path("runs") / experiment.name
    runs = [(out, experiment)]
    if options.seeds is not None:
        seeds = range(experiment.seed, experiment.seed + options.seeds)
        runs = [(out / f"seed-{s}", experiment.with_settings(seed=s)) for s in seeds]
    for folder, settings in runs:
        run_experiment(
            settings,
            data,
            out=folder,
            data_folder=options.weights_from or options.data.parent,
            bundled=bundled_path(),
            resume=options.resume,
            cache=out / "cache" if len(runs) > 1 else None,
            command=as_typed(),
        )
        say(f"Done: {folder}  (skyform report {folder} shows it)")
    if len(runs) > 1:
        shutil.rmtree(out / "cache", ignore_errors=True)
    return Exit.OK
