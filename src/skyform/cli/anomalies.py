"""Rank pictures by how unlike the others they are.

Three measures are combined, none of which needs labels: how few random cuts isolate the picture, how far its neighbours are, and
how much of it the set's principal components cannot express. The score goes from 0 to 5.

What is unusual is mostly not interesting. So look at the first dozens (--gallery), write 0 (dull) to 5 (fascinating) into the column
human_score of the table, and give it back with --scores: what looks like what you liked rises, what looks like what bored you
sinks, and what is like neither stays where it was (Lochner and Bassett 2021, arXiv:2010.11202). Repeat as often as you like.
"""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

import numpy as np

from skyform.cli.console import Exit, at_least_one, say
from skyform.cli.embedded import embedding_arguments, open_embeddings
from skyform.cli.findings import check_outputs, deliver, output_arguments
from skyform.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from skyform.search import AnomalyScores

__all__ = ["arguments", "run"]

_HUMAN = "human_score"


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    embedding_arguments(parser)
    add = parser.add_argument
    add(
        "--scores",
        metavar="FILE",
        help="what you found interesting: CSV with the columns id and human_score (or score), 0 to 5, empty for not seen",
    )
    add("--top", type=at_least_one, metavar="N", help="only the first N rows (default: all)")
    add(
        "--fading",
        type=_above_zero,
        default=0.1,
        metavar="X",
        help="how soon your scores fade with distance from what you have seen (default: 0.1)",
    )
    add("--seed", type=int, default=0, metavar="N", help="of the random cuts (default: 0)")
    output_arguments(parser)


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    check_outputs(options)
    from skyform.search import anomaly_scores

    rows = _ranked(anomaly_scores(open_embeddings(options), seed=options.seed), options)
    deliver(
        rows,
        options,
        heading="The most unusual pictures",
        lines=lambda r: (f"{r['rank']}. {r['id']}", f"score {r['score']:.2f}"),
    )
    return Exit.OK


def _ranked(found: "AnomalyScores", options: Namespace) -> "pa.Table":
    import pyarrow as pa

    n = len(found.score)
    columns = {"score": found.score}
    human = np.full(n, np.nan)
    if options.scores is not None:
        from skyform.search import reweighed

        human = _human_scores(options.scores, found.projected.rows["id"])
        seen = np.flatnonzero(np.isfinite(human))
        columns = {
            "score": reweighed(
                found, rows=seen, scores=human[seen], fading=options.fading, seed=options.seed
            ),
            "score_before": found.score,
        }
        say(f"{len(seen):,} of your scores are learnt from.")
    columns |= {n: getattr(found, n) for n in ("isolation", "distance", "remainder")}
    order = np.argsort(-columns["score"], kind="stable")[: options.top]
    known = found.projected.rows
    others = [c for c in known.column_names if c not in (*columns, "id", "rank", _HUMAN)]
    return pa.table(
        {
            "rank": pa.array(range(1, len(order) + 1), pa.int32()),
            "id": known["id"].take(order),
            _HUMAN: pa.array(human[order], pa.float32(), from_pandas=True),
            **{name: pa.array(values[order], pa.float32()) for name, values in columns.items()},
            **{c: known[c].take(order) for c in others},
        }
    )


def _human_scores(path: str, ids: "pa.ChunkedArray") -> np.ndarray:
    """A person's score of each row, NaN where there is none."""
    from skyform.cli.embedded import read_records
    from skyform.search.anomalies import HIGHEST

    given: dict[str, float] = {}
    for record in read_records(path):
        text = record.get(_HUMAN, record.get("score", "")) or ""
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= HIGHEST:
            raise DataError(
                f"{path}: the score of {record['id']!r} is {text!r}; it must be 0 to 5."
            )
        given[record["id"]] = value
    out = np.array([given.get(id, np.nan) for id in ids.to_pylist()], dtype=np.float64)
    if not np.isfinite(out).any():
        raise DataError(
            f"{path} has {len(given):,} scores, none of them for a row of these embeddings.",
            remedy="Fill the column human_score in a table that `skyform anomalies --to` made.",
        )
    return out


def _above_zero(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return value
