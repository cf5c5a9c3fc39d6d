"""The exhibits that travel with the package: held-out pictures, labelled look-alikes, and what the bundled models say of them.

Three Parquet files and a JSON file in `skyform/exhibits`, written by `python -m skyform.server.exhibiting` and never by hand.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32
from numpy import ndarray

from skyform.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Exhibits", "Held", "Labelled", "View", "write_exhibits"]

HELD, LABELLED, VIEWS, COMPARISON = (
    "held.parquet",
    "labelled.parquet",
    "views.parquet",
    "comparison.json",
)
_REMEDY = "Install Skyform again, or rebuild them with python -m skyform.server.exhibiting DATA."


@dataclass(frozen=True, slots=True)
class Held:
    """A held-out picture and what people say of it.

    `id` is made of the picture's SHA-256, so that it says nothing of the class. `scheme`, `number`, `label` and `name` are the true
    class: of a taxonomy, of the kinds (`kind`), or of the answers to one question of the tree. `answers` are the tree's answers that
    people gave, without what they imply; empty where they gave none. `source_id` is the id in the data set `source`.
    """

    id: str
    title: str
    survey: str
    credit: str
    licence: str
    source: str
    source_id: str
    scheme: str
    number: int
    label: str
    name: str
    truth_text: str
    answers: tuple[str, ...]
    picture: bytes
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled picture of the training set, to be shown as a look-alike."""

    id: str
    label: str
    credit: str
    licence: str
    source: str
    source_id: str
    picture: bytes


@dataclass(frozen=True)
class View:
    """What one model sees in the exhibits.

    Attributes
    ----------
    model : str
        `name@version`.
    digest : str
        SHA-256 of the model's file.
    mean, axes : arrays of float32, shapes (features,) and (dims, features)
        An embedding's place is its difference from the mean along the axes.
    held, labelled : arrays of float32, shapes (held, dims) and (labelled, dims)
        Places of the exhibits, in their order.
    statements : tuple of str
        `Prediction.to_dict` of each held-out picture, as JSON.
    """

    model: str
    digest: str
    mean: Float32[ndarray, " features"]
    axes: Float32[ndarray, "dims features"]
    held: Float32[ndarray, "held dims"]
    labelled: Float32[ndarray, "labelled dims"]
    statements: tuple[str, ...]

    def place(self, embeddings: Float32[ndarray, "n features"]) -> Float32[ndarray, "n dims"]:
        """Where embeddings lie among the exhibits."""
        return (embeddings - self.mean) @ self.axes.T


class Exhibits:
    """The exhibits in a folder, read when they are first needed.

    Parameters
    ----------
    folder : Path, optional
        By default that of the package.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(str(files("skyform"))) / "exhibits"

    @cached_property
    def held(self) -> tuple[Held, ...]:
        """The held-out pictures, by class."""
        return tuple(_held(row) for row in self._table(HELD).to_pylist())

    @cached_property
    def labelled(self) -> tuple[Labelled, ...]:
        """The pictures with labels."""
        return tuple(Labelled(**row) for row in self._table(LABELLED).to_pylist())

    @cached_property
    def views(self) -> Mapping[str, View]:
        """What the bundled models see, by `name@version`."""
        return {row["model"]: _view(row) for row in self._table(VIEWS).to_pylist()}

    @cached_property
    def comparison(self) -> tuple[Mapping[str, str], ...]:
        """Rows of the comparison with the reference systems."""
        path = self._folder / COMPARISON
        try:
            return tuple(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from error

    def _table(self, name: str) -> "pa.Table":
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self._folder / name
        try:
            return pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(path, error) from error


def write_exhibits(
    folder: Path,
    *,
    held: Sequence[Held],
    labelled: Sequence[Labelled],
    views: Sequence[View],
    comparison: Sequence[Mapping[str, str]],
) -> None:
    """Write all files. The same exhibits give the same bytes."""
    import pyarrow as pa

    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / HELD, held, like=Held)
    _write(folder / LABELLED, labelled, like=Labelled)
    _save(pa.Table.from_pylist([_view_row(v) for v in views]), folder / VIEWS)
    text = json.dumps(list(comparison), indent=1, ensure_ascii=False)
    (folder / COMPARISON).write_text(text + "\n", encoding="utf-8")


def _held(row: dict[str, Any]) -> Held:
    row["answers"] = tuple(row["answers"])
    return Held(**row)


def _write(
    path: Path,
    rows: Sequence[Held] | Sequence[Labelled],
    *,
    like: type[Held] | type[Labelled],
) -> None:
    import pyarrow as pa

    types = {
        "number": pa.int32(),
        "answers": pa.list_(pa.string()),
        "picture": pa.binary(),
        "thumbnail": pa.binary(),
    }
    schema = pa.schema([(f.name, types.get(f.name, pa.string())) for f in fields(like)])
    _save(pa.Table.from_pylist([asdict(r) for r in rows], schema=schema), path)


def _save(table: "pa.Table", path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression="zstd", compression_level=19)


# Half precision holds three digits, which is more than likeness is shown with.
_ARRAYS = {"mean": "<f4", "axes": "<f2", "held": "<f2", "labelled": "<f2"}


def _view_row(view: View) -> dict[str, Any]:
    arrays = {name: getattr(view, name).astype(kind).tobytes() for name, kind in _ARRAYS.items()}
    return {
        "model": view.model,
        "digest": view.digest,
        "dims": len(view.axes),
        "statements": list(view.statements),
        **arrays,
    }


def _view(row: Mapping[str, Any]) -> View:
    flat = {
        name: np.frombuffer(row[name], dtype=kind).astype(np.float32)
        for name, kind in _ARRAYS.items()
    }
    shaped = {name: flat[name].reshape(-1, row["dims"]) for name in ("held", "labelled")}
    axes = flat["axes"].reshape(row["dims"], -1)
    return View(
        row["model"],
        row["digest"],
        flat["mean"],
        axes,
        **shaped,
        statements=tuple(row["statements"]),
    )


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"The exhibits in {path} cannot be read: {error}.", remedy=_REMEDY)
