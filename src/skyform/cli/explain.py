"""Draw where in a picture the answer comes from.

The evidence picture shows what the network looked at, which parts spoke for the answer, and the answer itself with its
uncertainty. FILE may be - for a picture on standard input.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from skyform.cli.console import MODEL, MODELS, Exit, say

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
        help="the answer to give evidence for, such as spiral.yes, or a class that the model learnt (default: the decisive one)",
    )
    add(
        "--model",
        metavar=MODEL,
        help=f"{MODELS} (default: base)",
    )


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    from skyform.cli.inputs import read_standard_input
    from skyform.errors import SkyformError
    from skyform.images import Limits, decode
    from skyform.inference import Classifier
    from skyform.inference.evidence import map_of
    from skyform.inference.portrait import check_target, draw_portrait, save_portrait

    if options.to is not None:
        check_target(options.to)
    piped = options.file == "-"
    limits = Limits()
    source = read_standard_input(most_bytes=limits.max_bytes) if piped else Path(options.file)
    classifier = Classifier.load(options.model, limits=limits)
    info = classifier.info
    if options.answer is not None:
        try:
            map_of(info, options.answer)
        except KeyError:
            known = ", ".join(info.maps)
            parser.error(f"--answer {options.answer}: the model's answers are {known}")
    id = "stdin" if piped else None
    prediction = classifier.classify(source, id=id, evidence=options.answer or True)
    if prediction.failure is not None:
        raise SkyformError(prediction.failure.message, remedy=prediction.failure.remedy)
    target = Path(options.to or f"{prediction.id}-evidence.png")
    picture = decode(source, limits=limits).rgb
    save_portrait(draw_portrait(prediction, picture, scheme=info.scheme), target)
    say(f"{prediction.sentence}\nEvidence: {target}")
    return Exit.OK
