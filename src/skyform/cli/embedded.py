"""What the commands of search and discovery take: embeddings in several shapes, and lists of ids."""

import csv
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skyform.cli.console import MODEL, MODELS, say
from skyform.errors import DataError

if TYPE_CHECKING:
    from skyform.search import Embeddings

__all__ = ["embedding_arguments", "open_embeddings", "read_records"]

# As `skyform batch` has it, so that embeddings of both can be compared.
_MODEL = "small"
_HELP = """EMBEDDINGS is a run of `skyform batch --embeddings`; or Parquet, a file or a folder, with the columns id and embedding (a
list of numbers, null where there is none) and whatever else is known of each row; or a .npy array with one row a picture; or pictures
(a folder or a file), which are looked at first. Beyond some 100,000 pictures, run `skyform batch` before."""


def embedding_arguments(parser: ArgumentParser) -> None:
    """Declare the input, and explain it below the options."""
    parser.epilog = _HELP
    add = parser.add_argument
    add("embeddings", metavar="EMBEDDINGS", help="a run, Parquet, a .npy array, or pictures")
    add(
        "--ids",
        metavar="FILE",
        help="the ids of a .npy array, one on each line (default: the rows' numbers)",
    )
    add(
        "--model",
        metavar=MODEL,
        help=f"the model that looks at pictures, or that made a .npy array: {MODELS} (default: {_MODEL})",
    )


def open_embeddings(
    options: Namespace,
    *,
    columns: Sequence[str] | None = None,
    more: Callable[[Sequence[str]], Sequence[str]] | None = None,
) -> "Embeddings":
    """The embeddings that the options of `embedding_arguments` name.

    Parameters
    ----------
    options : Namespace
    columns : sequence of str, optional
        Columns to carry, of those that Parquet has; by default the light ones.
    more : callable, optional
        Told which columns there are, names some to carry besides.

    Raises
    ------
    SkyformError
        If there are none, or they cannot be read.
    """
    from skyform.search import ParquetEmbeddings
    from skyform.search.parquet_embeddings import holds_embeddings

    path = Path(options.embeddings)
    if path.suffix == ".npy":
        return _from_array(path, options)
    if options.ids is not None:
        raise DataError(f"--ids {options.ids} goes with a .npy array; {path} has ids of its own.")
    if not path.exists():
        raise DataError(f"There is nothing at {path}.", remedy="Check it for typing errors.")
    if holds_embeddings(path):
        found = ParquetEmbeddings(path, columns=columns)
        wanted = [c for c in (more(found.available) if more else ()) if c not in found.columns]
        return ParquetEmbeddings(path, columns=(*found.columns, *wanted)) if wanted else found
    return _from_pictures(path, options.model)


def _from_array(path: Path, options: Namespace) -> "Embeddings":
    from skyform.inference.modelfile import ModelFile, model_path
    from skyform.search import ArrayEmbeddings, Origin

    try:
        vectors = np.load(path, mmap_mode="r", allow_pickle=False)
        ids = None
        if options.ids is not None:
            ids = Path(options.ids).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read the array or its ids: {error}.") from error
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise DataError(
            f"{path} holds {vectors.dtype} of shape {vectors.shape}; it must hold floats, one row a picture."
        )
    origin = Origin()
    if options.model is not None:
        info = ModelFile(model_path(options.model)).info
        origin = Origin(info.id, info.preprocess.fingerprint)
    return ArrayEmbeddings(vectors, ids=ids, origin=origin, address=str(path))


def _from_pictures(path: Path, model: str | None) -> "Embeddings":
    """Look at pictures; what the model says of them is carried along."""
    import pyarrow as pa

    from skyform.cli.progress import Progress
    from skyform.inference import Classifier
    from skyform.inference.sources import expand
    from skyform.inference.tables import columns_of, row
    from skyform.search import ArrayEmbeddings, Origin

    classifier = Classifier.load(model or _MODEL)
    info = classifier.info
    columns = columns_of(info)
    rows: list[dict[str, Any]] = []
    vectors: list[np.ndarray] = []
    failed = 0
    paths = expand([str(path)])
    with Progress(sys.stderr, count=lambda: sum(1 for _ in expand([str(path)]))) as progress:
        for prediction in classifier(paths):
            if prediction.failure is not None:
                failed += 1
            else:
                rows.append(row(prediction, columns=columns, scheme=info.scheme))
                # Half the memory, and more precise than what any command makes of it.
                vectors.append(prediction.embedding.astype(np.float16))
            progress.update(len(rows) + failed, failed=failed)
    if failed:
        say(f"{failed:,} pictures cannot be read and are left out; `skyform classify` says why.")
    if not rows:
        raise DataError(f"There is no usable picture in {str(path)!r}.")
    return ArrayEmbeddings(
        np.stack(vectors),
        ids=[_id(r["path"], path) for r in rows],
        columns=pa.Table.from_pylist(rows),
        origin=Origin(info.id, info.preprocess.fingerprint),
        address=str(path),
    )


def _id(path: str, root: Path) -> str:
    """The path within the folder: unlike the file's name, there is only one of it."""
    name = Path(path)
    return (
        name.relative_to(root).as_posix() if root.is_dir() and root in name.parents else name.name
    )


def read_records(path: str) -> list[dict[str, str]]:
    """The rows of a CSV file, or of a file with nothing but an id on each line.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"Cannot read {path}: {error}.") from error
    names = next(csv.reader(StringIO(text)), [])
    if "id" in names:
        return [
            {k: (v or "").strip() for k, v in r.items() if isinstance(k, str)}
            for r in csv.DictReader(StringIO(text))
        ]
    if len(names) > 1:
        raise DataError(
            f"{path} has no column 'id'; its columns are {', '.join(names)}.",
            remedy="Name the column with the ids 'id'.",
        )
    return [{"id": line.strip()} for line in StringIO(text) if line.strip()]
