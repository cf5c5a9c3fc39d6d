"""Teach a model classes of your own, from labelled pictures, in seconds.

The bundled network looks at the pictures, and a small head learns the classes from what it sees; the network itself stays as it
is. DATA is class folders, a table with its pictures, a Parquet or HDF5 file: whatever `skyform datasets` reads. What comes out is a
model for `skyform classify --model` and `skyform serve --model`, with its card and its figures.
"""

import re
import shlex
import shutil
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from skyform.cli.console import MODEL, MODELS, Exit, as_typed, say
from skyform.errors import OutputError

if TYPE_CHECKING:
    from skyform.training.fit import FittedClasses

__all__ = ["arguments", "run"]

_MOST_PROBLEMS = 10


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("data", metavar="DATA", help="the labelled pictures: a folder or a file")
    add = parser.add_argument_group("data").add_argument
    add("--label", metavar="COLUMN", help="the column that holds the classes")
    add("--images", metavar="DIR", help="where the pictures of a table are")
    add("--scheme", metavar="ID", help="derive classes from votes, such as hubble or galaxy10_sdss")
    add(
        "--relabel",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="rename a class, or join it with another; OLD= drops it; may be given several times",
    )
    add(
        "--validation",
        type=_validation,
        metavar="SHARE",
        help="share of the pictures to measure on, such as 0.2, or published: the split that the set came with "
        "(default: published where there is one, else 0.2)",
    )
    _learning_arguments(parser)
    add = parser.add_argument_group("output").add_argument
    add("--to", metavar="FILE.onnx", help="also put the model here")
    add("--name", metavar="NAME", help="of the model (default: the data's name)")
    add("--out", metavar="DIR", help="the run's folder (default: runs/ and the name)")


def _learning_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("learning").add_argument
    add(
        "--head",
        choices=("linear", "boosted"),
        default="linear",
        help="linear is quick, boosted bends its borders (default: linear)",
    )
    add(
        "--average",
        action="store_true",
        help="learn from the average over the eight flips and rotations of each picture: eight times the work",
    )
    add(
        "--accuracy",
        type=_share,
        metavar="SHARE",
        help="say “can't tell” where the answer would be right less often than this, such as 0.95",
    )
    add(
        "--model",
        metavar=MODEL,
        help=f"the model that looks at the pictures: {MODELS} (default: small)",
    )
    add("--seed", type=int, default=0, metavar="N", help="of the split and the head (default: 0)")


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    mapping = dict(_pair(text, parser) for text in options.relabel)
    if options.to is not None and not options.to.lower().endswith(".onnx"):
        parser.error(f"--to {options.to}: name an .onnx file")
    if options.name is not None and not re.fullmatch(r"[\w.-]+", options.name):
        parser.error(f"--name {options.name}: use letters, digits, '.', '_' and '-'")
    fitted, base = _fitted(options, mapping)
    from skyform.training.fit_run import write_fitted

    name = options.name or re.sub(r"[^\w.-]+", "-", fitted.dataset.id)
    folder = Path(options.out or Path("runs") / name)
    model = write_fitted(fitted, folder, base=base, name=name, command=as_typed())
    if options.to is not None:
        model = _copied(model, Path(options.to))
    for line in _told(fitted, model, folder):
        say(line)
    return Exit.OK


def _fitted(options: Namespace, mapping: dict[str, str]) -> "tuple[FittedClasses, Path]":
    """The head, and the file of the model that it works on."""
    from skyform.cli.progress import Progress
    from skyform.datasets.opening import open_dataset
    from skyform.inference import Classifier
    from skyform.inference.embedding import embeddings
    from skyform.training.attach import check_base
    from skyform.training.fit import fit_classes
    from skyform.training.fit_rows import with_classes

    classifier = Classifier.load(options.model or "small")
    check_base(classifier.model.path)
    data = open_dataset(options.data, images=options.images, label=options.label)
    data = with_classes(data, scheme=options.scheme or "", mapping=mapping)
    with Progress(sys.stderr, count=lambda: len(data)) as progress:
        fitted = fit_classes(
            data,
            embed=lambda pictures: embeddings(classifier, pictures, average=options.average),
            head=options.head,
            validation=options.validation,
            seed=options.seed,
            average=options.average,
            wanted_accuracy=options.accuracy,
            on_progress=lambda done, failed: progress.update(done, failed=failed),
        )
    return fitted, classifier.model.path


def _told(fitted: "FittedClasses", model: Path, folder: Path) -> Iterator[str]:
    """What came out, in a few lines."""
    classes = ", ".join(c.name for c in fitted.scheme.classes)
    trained, measured = (fitted.splits.count(s) for s in ("train", "validation"))
    yield f"{len(fitted.scheme)} classes: {classes}"
    yield f"Learnt from {trained:,} pictures, measured on {measured:,} others, in {fitted.seconds:.1f} s:"
    for key, what in (("accuracy", "right"), ("balanced_accuracy", "each class counting the same")):
        score = fitted.scores[key]
        yield f"  {100 * score.value:.1f} % {what} (95 % interval {100 * score.low:.1f} to {100 * score.high:.1f})"
    yield from fitted.notes
    for problem in fitted.problems[:_MOST_PROBLEMS]:
        yield f"  {problem.id}: {problem.what}"
    if len(fitted.problems) > _MOST_PROBLEMS:
        yield f"  and {len(fitted.problems) - _MOST_PROBLEMS:,} more, listed in {folder / 'model' / 'CARD.md'}"
    yield f"Model: {model}   Run: {folder}"
    yield f"Use it: skyform classify PICTURE --model {shlex.quote(str(model))}"


def _copied(model: Path, target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(model, target))
    except OSError as error:
        raise OutputError(
            f"The model cannot be written to {target}: {error.strerror or error}.",
            remedy=f"It is in {model}.",
        ) from error


def _pair(text: str, parser: ArgumentParser) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not equals or not old:
        parser.error(f"--relabel {text}: write it as OLD=NEW, or OLD= to drop a class")
    return old, new


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise ArgumentTypeError(f"{text!r} is not a share above 0 and below 1")
    return value


def _validation(text: str) -> float | Literal["published"]:
    return "published" if text == "published" else _share(text)
