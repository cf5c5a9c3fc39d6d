"""Find the pictures of an index that look like a given one.

IMAGE is looked at with the index's model; --id asks for the neighbours of a row of the index instead. The distance is 0 for the
same direction in the space of embeddings, 1 for nothing in common, 2 for the opposite. Neighbours look alike to the network: it was
taught shapes, and knows nothing of size on the sky, redshift or colour beyond the picture.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from skyform.cli.console import MODEL, MODELS, Exit, at_least_one, say
from skyform.cli.findings import check_outputs, deliver, output_arguments
from skyform.cli.index import DEFAULT_INDEX
from skyform.errors import ModelError, SkyformError

if TYPE_CHECKING:
    import pyarrow as pa

    from skyform.schema import Prediction
    from skyform.search import Index, Neighbour

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("image", nargs="?", metavar="IMAGE", help="a picture, or - for standard input")
    add("--id", metavar="ID", help="a row of the index, in the place of a picture")
    add(
        "--index",
        default=DEFAULT_INDEX,
        metavar="INDEX",
        help=f"a folder that `skyform index` made (default: {DEFAULT_INDEX})",
    )
    add(
        "-k",
        "--count",
        type=at_least_one,
        default=10,
        metavar="N",
        help="neighbours to find (default: 10)",
    )
    add(
        "--model",
        metavar=MODEL,
        help=f"{MODELS} (default: the one that made the index, if it comes with Skyform)",
    )
    output_arguments(parser)


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    if (options.image is None) == (options.id is None):
        parser.error("give a picture, or --id ID")
    check_outputs(options)
    from skyform.cli.contact_sheet import Tile
    from skyform.search import Index

    index = Index(options.index)
    first: list[Tile] = []
    if options.id is not None:
        found = index.similar_to_id(options.id, k=options.count)
    else:
        found = index.similar(_embedded(options, index), k=options.count)
        if options.image != "-":
            first.append(Tile(Path(options.image), (Path(options.image).name, "the picture")))
    deliver(
        _table(found, index),
        options,
        heading=f"Most like {options.id or options.image}",
        lines=lambda r: (r["id"], f"distance {r['distance']:.3f}"),
        first=first,
    )
    return Exit.OK


def _embedded(options: Namespace, index: "Index") -> "Prediction":
    """The picture as the index's model sees it."""
    from skyform.cli.inputs import read_standard_input
    from skyform.images import Limits
    from skyform.inference import BUNDLED, Classifier
    from skyform.search import Origin

    made_by = index.info.model.partition("@")[0]
    classifier = Classifier.load(options.model or (made_by if made_by in BUNDLED else None))
    info = classifier.info
    try:
        index.check(Origin(info.id, info.preprocess.fingerprint), what="The picture's embedding")
    except SkyformError as error:
        raise ModelError(
            error.message,
            remedy=f"Give the model {index.info.model} with --model, or build the index anew.",
        ) from error
    limits = Limits()
    piped = options.image == "-"
    source = read_standard_input(most_bytes=limits.max_bytes) if piped else options.image
    prediction = classifier.classify(source, id="stdin" if piped else None)
    if prediction.failure is not None:
        raise SkyformError(prediction.failure.message, remedy=prediction.failure.remedy)
    say(f"{prediction.id}: {prediction.sentence}")
    return prediction


def _table(found: "list[Neighbour]", index: "Index") -> "pa.Table":
    import pyarrow as pa

    others = [f for f in index.schema if f.name not in ("id", "rank", "distance")]
    columns = {
        "rank": pa.array(range(1, len(found) + 1), pa.int32()),
        "id": pa.array([n.id for n in found], pa.string()),
        "distance": pa.array([n.distance for n in found], pa.float32()),
        **{f.name: pa.array([n.values.get(f.name) for n in found], f.type) for f in others},
    }
    return pa.table(columns)
