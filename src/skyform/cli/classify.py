"""Say what pictures show.

PATH is a picture, a folder (read with all its subfolders), a pattern in quotes such as 'night/**/*.jpg', or - for one picture
on standard input. JPEG, PNG, WebP, TIFF, GIF, BMP and FITS are read. A picture that cannot be classified gets a row that
says why; it never ends the run.

Results go to the terminal as a table, or with --to into a file with one row for each picture, in order. The file's extension
names its format: csv, json, jsonl, parquet, fits or vot (VOTable). It is written as FILE.part and moved into place when
complete; an interrupted run keeps its rows there. FITS results are gathered in memory, about 1.5 kB a row; all others
take no more memory for a million pictures than for one.
"""

from argparse import ArgumentParser, Namespace

from skyform.cli.console import MODEL, MODELS, Exit, at_least_one

__all__ = ["arguments", "run"]

_FORMATS = ("csv", "json", "jsonl", "parquet", "fits", "vot", "kaggle")


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add(
        "paths",
        nargs="*",
        metavar="PATH",
        help="pictures, folders, patterns, or - for standard input",
    )
    add(
        "--from-list",
        metavar="FILE",
        help="also classify the paths in this file, one on each line; - reads them from standard input",
    )
    add("--no-recursive", action="store_true", help="leave out the subfolders of folders")
    _output_arguments(parser)
    model = parser.add_argument_group("model")
    add = model.add_argument
    add(
        "--model",
        metavar=MODEL,
        help=f"{MODELS} (default: base)",
    )
    add(
        "--average",
        action="store_const",
        const=True,
        help="average over the eight flips and rotations: eight times the work, a little more accurate",
    )
    _speed_arguments(parser)


def _output_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("output").add_argument
    add("--to", metavar="FILE", help="write the results to this file; - is standard output")
    add(
        "--format",
        choices=_FORMATS,
        help="the file's format, where its extension does not name it; kaggle is the Galaxy Zoo challenge's "
        "submission file, which leaves out failed pictures",
    )
    add("--quiet", action="store_true", help="print no table, no progress and no summary")


def _speed_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("speed and limits").add_argument
    add(
        "--workers",
        type=at_least_one,
        metavar="N",
        help="pictures decoded at a time (default: by the processor)",
    )
    add(
        "--threads",
        type=at_least_one,
        metavar="N",
        help="threads of the network (default: by the processor)",
    )
    add(
        "--batch-size",
        type=at_least_one,
        default=32,
        metavar="N",
        help="pictures a batch (default: 32)",
    )
    add(
        "--limit-pixels",
        "--max-pixels",
        type=at_least_one,
        metavar="N",
        help="refuse pictures with more pixels than this",
    )
    add(
        "--limit-bytes",
        "--max-bytes",
        type=at_least_one,
        metavar="N",
        help="refuse files with more bytes than this",
    )


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    _check(options, parser)
    # Not before the check: a wrong option is told at once, without loading the network's libraries.
    from skyform.cli.session import classify

    return classify(options)


def _check(options: Namespace, parser: ArgumentParser) -> None:
    """End with a usage error where options contradict each other."""
    if not options.paths and options.from_list is None:
        parser.error("nothing to classify: give pictures, folders or patterns, or --from-list")
    readers = options.paths.count("-") + (options.from_list == "-")
    if readers > 1:
        parser.error("standard input can be read once: only one - is possible")
    if options.format is not None and options.to is None:
        parser.error(f"--format {options.format} needs --to FILE")
    if options.to == "-" and options.format is None:
        parser.error("--to - needs --format, such as --format csv")
