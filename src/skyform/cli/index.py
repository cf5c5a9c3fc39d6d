"""Build an index of embeddings, to find pictures that look alike.

The index is a folder with the vectors, the ids and what else is known of each row, the model and its preprocessing. It is built
aside and moved into place when it is whole; an interrupted build goes on where it was when the same command is given again. Memory
holds the graph, about 0.35 kB a vector at 128 dimensions of 8 bits, and 0.4 GB besides: under 4 GB for ten million. Searching maps
the files and reads what it touches.
"""

from argparse import ArgumentParser, Namespace

from skyform.cli.console import Exit, at_least_one, say
from skyform.cli.embedded import embedding_arguments, open_embeddings

__all__ = ["DEFAULT_INDEX", "arguments", "run"]

DEFAULT_INDEX = "skyform.index"


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    embedding_arguments(parser)
    add = parser.add_argument
    add(
        "--to",
        default=DEFAULT_INDEX,
        metavar="INDEX",
        help=f"the folder to make (default: {DEFAULT_INDEX})",
    )
    add("--force", action="store_true", help="replace an index that is there")
    add(
        "--columns",
        metavar="NAMES",
        help="columns to keep with the ids, separated by commas (default: those of text and whole numbers, and the position)",
    )
    add(
        "--dims",
        type=at_least_one,
        default=128,
        metavar="N",
        help="principal components to compare by (default: 128)",
    )
    add(
        "--storage",
        choices=("i8", "f16"),
        default="i8",
        help="bits of each coordinate: i8 halves the vectors' size and finds a little less (default: i8)",
    )
    add(
        "--threads",
        type=at_least_one,
        metavar="N",
        help="threads (default: one for each core; with 1 the same input makes the same index)",
    )


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    import sys

    from skyform.cli.progress import Progress
    from skyform.cli.session import stopped_by_signals
    from skyform.search import build_index

    columns = None if options.columns is None else [c for c in options.columns.split(",") if c]
    embeddings = open_embeddings(options, columns=columns)
    total = sum(embeddings.pieces)
    with (
        stopped_by_signals(),
        Progress(sys.stderr, count=lambda: total) as progress,
    ):
        info = build_index(
            embeddings,
            options.to,
            dims=options.dims,
            storage=options.storage,
            threads=options.threads or 0,
            overwrite=options.force,
            on_progress=lambda done: progress.update(done, failed=0),
        )
    say(
        f"{options.to}: {info.count:,} vectors of {info.dims} dimensions, {info.bytes / 1e6:,.1f} MB; they hold "
        f"{100 * info.explained:.0f} % of the variance of {info.features}. Model: {info.model or 'not known'}"
    )
    if info.skipped:
        say(f"Left out, having no usable embedding: {info.skipped:,}")
    return Exit.OK
