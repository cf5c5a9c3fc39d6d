"""A data set as one Parquet file, by Hugging Face's convention for pictures and classes."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skyform.datasets.dataset import DataSet
from skyform.datasets.encoding import encoded, suffix_of
from skyform.datasets.kaggle import KAGGLE_COLUMNS
from skyform.datasets.parquet import PARQUET_SCHEME
from skyform.datasets.pictures import stem_of

__all__ = ["write_parquet"]

_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
# Pictures in a row group come off the disk together: few enough that one picture in any order is cheap to reach.
_GROUP = 100


def write_parquet(dataset: DataSet, path: Path, *, progress: Callable[[int, int], None]) -> None:
    """Write the file; `path` is taken as it is. Use `convert`, which writes under a temporary name first."""
    columns = _columns(dataset)
    fields = [pa.field("image", _IMAGE), *(pa.field(n, c.type) for n, c in columns.items())]
    schema = pa.schema(fields, metadata=_metadata(dataset, fields))
    n = len(dataset)
    with pq.ParquetWriter(path, schema) as writer:
        for first in range(0, n, _GROUP):
            size = min(_GROUP, n - first)
            images = [_image(dataset, i) for i in range(first, first + size)]
            parts = [c.slice(first, size) for c in columns.values()]
            writer.write_table(pa.table([pa.array(images, _IMAGE), *parts], schema=schema))
            progress(first + size, n)


def _image(dataset: DataSet, index: int) -> Mapping[str, Any]:
    picture = encoded(dataset.image(index))
    name = stem_of(dataset.records[index].id)
    return {"bytes": picture, "path": f"{name}{suffix_of(picture)}"}


def _columns(dataset: DataSet) -> dict[str, pa.Array]:
    """All columns but the pictures; those that would be empty throughout are left out."""
    records = dataset.records
    out: dict[str, pa.Array] = {"image_id": pa.array([r.id for r in records], pa.string())}
    if dataset.scheme is not None:
        # Hugging Face numbers classes by their position; -1 would be a number like any other.
        positions = [None if c < 0 else int(c) for c in dataset.labels]
        out["label"] = pa.array(positions, pa.int64())
    for name in ("split", "object"):
        values = [getattr(r, name) for r in records]
        if any(values):
            out[name] = pa.array(values, pa.string())
    people = np.array([r.volunteers for r in records], dtype=float)
    if not np.isnan(people).all():
        out["volunteers"] = pa.array(people, from_pandas=True)
    votes = dataset.votes
    if not np.isnan(votes).all():
        for k, column in enumerate(KAGGLE_COLUMNS):
            out[column] = pa.array(np.ascontiguousarray(votes[:, k]), from_pandas=True)
    for key in dict.fromkeys(k for r in records for k in r.info):
        values = [_plain(r.info.get(key)) for r in records]
        name = f"info_{key}" if key in out or key in ("image", "label") else key
        out[name] = _array(values)
    return out


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _array(values: list[Any]) -> pa.Array:
    """Values of one type as they are; a mixture as JSON text."""
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):
        return pa.array([None if v is None else json.dumps(v, default=str) for v in values])


def _metadata(dataset: DataSet, fields: list[pa.Field]) -> dict[bytes, bytes]:
    features = {f.name: _feature(f.type) for f in fields}
    features["image"] = {"_type": "Image"}
    own: dict[str, Any] = {"id": dataset.id, "title": dataset.title}
    if dataset.scheme is not None:
        features["label"] = {"names": list(dataset.scheme.ids), "_type": "ClassLabel"}
        own["scheme"] = dataset.scheme.to_dict()
    return {
        b"huggingface": json.dumps({"info": {"features": features}}).encode(),
        PARQUET_SCHEME: json.dumps(own).encode(),
    }


def _feature(type: pa.DataType) -> Any:
    """A column's type in Hugging Face's words."""
    if pa.types.is_struct(type):
        return {f.name: _feature(f.type) for f in type}
    if pa.types.is_list(type):
        inner = _feature(type.value_type)
        return (
            [inner]
            if pa.types.is_struct(type.value_type)
            else {"feature": inner, "_type": "Sequence"}
        )
    return {"dtype": "float64" if pa.types.is_float64(type) else str(type), "_type": "Value"}
