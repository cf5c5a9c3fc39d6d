"""Choose which pictures to label next.

One after the other, the picture is chosen with the largest uncertainty x distance: the one that the model is unsure of, and that
is unlike what is labelled or chosen already. The uncertainty is told from the columns beside the embeddings: from fractions with
intervals (`skyform batch --schema full`), what one more person's answer would tell; from fractions or probabilities alone, their entropy; from
--uncertainty, any column. Without any of these the choice covers the set evenly.
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

import numpy as np

from skyform.cli.console import Exit, at_least_one, say
from skyform.cli.embedded import embedding_arguments, open_embeddings
from skyform.cli.findings import check_outputs, deliver, output_arguments
from skyform.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from skyform.search import Embeddings, Selection

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    embedding_arguments(parser)
    add = parser.add_argument
    add(
        "--next",
        type=at_least_one,
        default=100,
        metavar="N",
        help="how many to choose (default: 100)",
    )
    add(
        "--labelled",
        metavar="FILE",
        help="what has a label already: CSV with a column id (rows whose column label is empty don't count), or ids one on each line",
    )
    add(
        "--uncertainty",
        metavar="COLUMN",
        help="the column that says how unsure the model is; where its name ends in _confidence, how sure",
    )
    output_arguments(parser)


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    check_outputs(options)
    embeddings = open_embeddings(options, more=lambda names: _wanted(names, options.uncertainty))
    rows = _table(_chosen(embeddings, options))
    deliver(
        rows,
        options,
        heading="To label next",
        lines=lambda r: (f"{r['rank']}. {r['id']}", f"uncertainty {r['uncertainty']:.2f}"),
    )
    return Exit.OK


def _wanted(names: "Sequence[str]", column: str | None) -> tuple[str, ...]:
    """The columns that uncertainty is told from."""
    from skyform.search.uncertainty import uncertainty_columns

    if column is None:
        return uncertainty_columns(names)
    if column not in names:
        raise DataError(
            f"There is no column {column!r} beside the embeddings.",
            remedy=f"There are: {', '.join(names)}.",
        )
    return (column,)


def _chosen(embeddings: "Embeddings", options: Namespace) -> "Selection":
    from skyform.search import select_next, uncertainty_of
    from skyform.search.projection import project
    from skyform.search.selection import DIMS

    projected = project(embeddings, dims=DIMS)
    unsure = uncertainty_of(projected.rows, column=options.uncertainty)
    labelled = None
    if options.labelled is not None:
        labelled = _labelled(options.labelled, projected.rows["id"])
        say(f"{len(labelled):,} of {len(projected):,} are labelled.")
    say(
        "No column tells how unsure the model is: the choice covers the set evenly."
        if unsure is None
        else f"Uncertainty: {unsure.means}."
    )
    return select_next(
        projected,
        count=options.next,
        uncertainty=None if unsure is None else unsure.values,
        labelled=labelled,
    )


def _labelled(path: str, ids: "pa.ChunkedArray") -> np.ndarray:
    """Numbers of the rows that have a label."""
    from skyform.cli.embedded import read_records

    given = {r["id"] for r in read_records(path) if r.get("label", "given")}
    rows = np.flatnonzero([id in given for id in ids.to_pylist()])
    if given and not len(rows):
        raise DataError(
            f"None of the {len(given):,} ids in {path} is a row of these embeddings.",
            remedy="The ids must be those of the column id beside the embeddings.",
        )
    return rows


def _table(chosen: "Selection") -> "pa.Table":
    import pyarrow as pa

    from skyform.search.parquet_embeddings import is_light

    known = chosen.projected.rows.take(chosen.rows)
    taken = ("rank", "id", "label", "uncertainty", "distance")
    others = [f.name for f in known.schema if f.name not in taken and is_light(f)]
    return pa.table(
        {
            "rank": pa.array(range(1, len(known) + 1), pa.int32()),
            "id": known["id"],
            "label": pa.nulls(len(known), pa.string()),
            "uncertainty": pa.array(chosen.uncertainty, pa.float32()),
            "distance": pa.array(chosen.distance, pa.float32()),
            **{name: known[name] for name in others},
        }
    )
