"""Draw where in a picture the answer comes from.

The evidence picture shows what the network looked at, which parts spoke for the answer, and the answer itself with its
uncertainty. FILE may be - for a picture on standard input.
"""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from skyform.cli.console import Exit, say

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("file", metavar="FILE", help="the picture, or - for standard input")
    add(
        "--to",
        metavar="OUT",
        help="the evidence picture, .png, .jpg or .webp (default: the picture's name and -evidence.png, in this folder)",
    )
    add(
        "--answer",
        metavar="ANSWER",
        help="the answer to give evidence for, such as spiral.yes (default: the decisive one)",
    )
    add(
        "--model",
        metavar="NAME_OR_FILE",
        help="the model to use (default: the one that comes with Skyform)",
    )


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    from skyform.errors import SkyformError
    from skyform.images import decode
    from skyform.inference import Classifier
    from skyform.inference.portrait import draw_portrait, save_portrait

    source = sys.stdin.buffer.read() if options.file == "-" else Path(options.file)
    classifier = Classifier.load(options.model)
    known = classifier.info.tree.index
    if options.answer is not None and options.answer not in known:
        parser.error(f"--answer {options.answer}: the model's answers are {', '.join(known)}")
    prediction = classifier.classify(source, evidence=options.answer or True)
    if prediction.failure is not None:
        raise SkyformError(prediction.failure.message, remedy=prediction.failure.remedy)
    stem = prediction.id if prediction.path else "stdin"
    target = Path(options.to or f"{stem}-evidence.png")
    portrait = draw_portrait(prediction, decode(source).rgb, answer=options.answer)
    save_portrait(portrait, target)
    say(f"{prediction.sentence}\nEvidence: {target}")
    return Exit.OK
