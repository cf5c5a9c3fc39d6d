"""Train a model from a recipe.

Everything the run makes goes into one folder: the model for `skyform classify --model`, its card, the recipe as it was run, and
checkpoints to go on from with --resume.
"""

from argparse import ArgumentParser, Namespace
from importlib.util import find_spec
from pathlib import Path

from skyform.cli.console import Exit, say
from skyform.errors import MissingExtraError

__all__ = ["arguments", "run"]

_NEEDED = ("torch", "torchvision", "lightning", "timm", "onnx")


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("recipe", type=Path, metavar="RECIPE", help="the YAML file that says how to train")
    add("--data", type=Path, required=True, metavar="DIR", help="the folder with the data sets")
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


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    for override in options.set:
        if "=" not in override:
            parser.error(f"--set {override}: write it as KEY=VALUE, such as --set batch_size=32")
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"Training needs {', '.join(missing)}, which the base installation leaves out.",
            remedy="Install it: pip install 'skyform[train]'",
        )
    from skyform.training import train_recipe

    try:
        folder = train_recipe(
            options.recipe,
            data=options.data,
            out=options.out,
            resume=options.resume,
            overrides=tuple(options.set),
        )
    except KeyboardInterrupt:
        say("Stopped. The same command with --resume goes on from the last checkpoint.")
        return Exit.INTERRUPTED
    say(f"Done: {folder}")
    return Exit.OK
