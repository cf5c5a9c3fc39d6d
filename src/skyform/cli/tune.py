"""Look for better settings of an experiment.

The recipe says under `search` what may change: numbers from low to high, or choices. The study is kept in --out: the same command goes on
where it ended, and Optuna's own tools read it. The best settings become a recipe for `skyform train`.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from skyform.cli.console import Exit, say
from skyform.cli.train import data_arguments, need_extra

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("recipe", type=Path, metavar="RECIPE", help="the YAML file of the experiment")
    add("--data", type=Path, required=True, metavar="PATH", help="the data set")
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="the study's folder (default: runs/tune- and the name)",
    )
    add("--trials", type=int, metavar="N", help="how many more trials")
    add("--minutes", type=float, metavar="M", help="begin no trial after this time")
    add(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="replace one setting of the recipe; may be given several times",
    )
    data_arguments(add)


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    if options.trials is None and options.minutes is None:
        parser.error("give a budget: --trials, --minutes or both")
    need_extra("Tuning", ("optuna", "torch", "lightning", "timm"))
    from skyform.datasets.opening import open_dataset
    from skyform.inference import bundled_path
    from skyform.training import read_experiment
    from skyform.training.tuning import tune

    experiment = read_experiment(options.recipe, overrides=tuple(options.set))
    data = open_dataset(
        options.data, format=options.format, images=options.images, label=options.label
    )
    try:
        found = tune(
            experiment,
            data,
            out=options.out or Path("runs") / f"tune-{experiment.name}",
            data_folder=options.weights_from or options.data.parent,
            bundled=bundled_path(),
            trials=options.trials,
            minutes=options.minutes,
            say=say,
        )
    except KeyboardInterrupt:
        say("Stopped. The same command goes on with the study.")
        return Exit.INTERRUPTED
    say(
        f"Best of {found.complete} complete trials ({found.pruned} cut short, {found.failed} failed): loss "
        f"{found.loss:.4f} with {found.settings}"
    )
    say(f"As a recipe: {found.recipe}")
    return Exit.OK
