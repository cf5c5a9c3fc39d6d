"""Run folders: `RunResult` written and read, with one clear error for whatever is missing or damaged."""

import csv
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float
from numpy import ndarray

from skyform.errors import DataError, OutputError
from skyform.evaluation.runs import FORMAT, Predictions, RunResult, RunSummary

__all__ = [
    "CURVES",
    "PREDICTIONS",
    "RESULT",
    "THUMBNAILS",
    "read_result",
    "read_summary",
    "write_result",
    "write_summary",
]

RESULT = "result.json"
PREDICTIONS = "predictions.parquet"
THUMBNAILS = "thumbnails.parquet"
CURVES = "curves.csv"
_REMEDY = "Finish the run with --resume, or give the folder of a finished one."


def write_result(result: RunResult, folder: Path) -> None:
    """Write a run into its folder, `result.json` last: a folder that has one is complete.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RESULT).unlink(missing_ok=True)
        table = _predictions_table(result)
        _write(folder / PREDICTIONS, lambda temporary: pq.write_table(table, temporary))
        if result.thumbnails:
            names, data = list(result.thumbnails), list(result.thumbnails.values())
            jpegs = pa.table(
                {"id": pa.array(names, pa.string()), "jpeg": pa.array(data, pa.binary())}
            )
            _write(folder / THUMBNAILS, lambda temporary: pq.write_table(jpegs, temporary))
        if result.curves:
            _write(folder / CURVES, lambda temporary: _write_curves(result.curves, temporary))
        write_summary(result.summary, folder / RESULT)
    except OSError as error:
        raise OutputError(
            f"The run cannot be written to {folder}: {error}.",
            remedy="Free some space, or choose a folder that you may write to.",
        ) from error


def write_summary(summary: RunSummary, file: Path) -> None:
    """Write `result.json` alone, in one step."""
    text = json.dumps(summary.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    _write(file, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_result(folder: Path) -> RunResult:
    """Read a run folder.

    Raises
    ------
    DataError
        If a file is missing, damaged or of another format; the message names it.
    """
    if not folder.is_dir():
        what = "is a file, not a run folder" if folder.exists() else "does not exist"
        raise DataError(f"{folder} {what}.", remedy="Give the folder that `skyform train` made.")
    missing = [name for name in (RESULT, PREDICTIONS) if not (folder / name).is_file()]
    if missing:
        raise DataError(f"{folder} lacks {' and '.join(missing)}.", remedy=_REMEDY)
    summary = read_summary(folder / RESULT)
    predictions = _read_predictions(folder / PREDICTIONS, summary)
    if len(predictions.ids) != summary.n_validation:
        raise DataError(
            f"{folder / PREDICTIONS} has {len(predictions.ids)} rows, but {RESULT} says {summary.n_validation}.",
            remedy=_REMEDY,
        )
    return RunResult(
        summary, predictions, _read_curves(folder / CURVES), _read_thumbnails(folder / THUMBNAILS)
    )


def read_summary(file: Path) -> RunSummary:
    """Read a `result.json`.

    Raises
    ------
    DataError
        If it is missing, damaged or of another format.
    """
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read: {error}.", remedy=_REMEDY) from error
    if not isinstance(values, dict) or "format" not in values:
        raise DataError(f"{file} is no result of a run: it lacks 'format'.", remedy=_REMEDY)
    if values["format"] != FORMAT:
        raise DataError(
            f"{file} has format {values['format']!r}; this version of Skyform reads format {FORMAT}.",
            remedy="Use the version that wrote it, or train again.",
        )
    try:
        return RunSummary.from_dict(values)
    except KeyError as error:
        raise DataError(f"{file} lacks {error}.", remedy=_REMEDY) from error
    except Exception as error:  # whatever a hand-edited value leads to
        raise DataError(f"{file} is damaged: {error}", remedy=_REMEDY) from error


def _write(file: Path, fill: Callable[[Path], object]) -> None:
    """Fill a temporary neighbour and put it in the file's place."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        fill(temporary)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def _predictions_table(result: RunResult) -> pa.Table:
    rows = result.predictions
    columns: dict[str, Any] = {"id": pa.array(list(rows.ids), pa.string())}
    if result.summary.task == "classes":
        names = [rows.columns[int(i)] for i in rows.truth]
        columns["truth"] = pa.array(names, pa.string())
    else:
        columns |= {f"truth_{c}": rows.truth[:, i].astype("f4") for i, c in enumerate(rows.columns)}
    columns |= {f"p_{c}": rows.p[:, i].astype("f4") for i, c in enumerate(rows.columns)}
    return pa.table(columns)


def _read_predictions(file: Path, summary: RunSummary) -> Predictions:
    table = _read_table(file)
    names = tuple(n.removeprefix("p_") for n in table.column_names if n.startswith("p_"))
    classes = summary.scheme.ids if summary.scheme is not None else names
    wanted = ["id", *(f"p_{c}" for c in classes)]
    wanted += ["truth"] if summary.task == "classes" else [f"truth_{c}" for c in classes]
    if missing := [c for c in wanted if c not in table.column_names] or ([] if names else ["p_…"]):
        raise DataError(f"{file} lacks the columns {', '.join(missing)}.", remedy=_REMEDY)
    p = np.stack([table[f"p_{c}"].to_numpy().astype(float) for c in classes], axis=1)
    if not np.isfinite(p).all():
        raise DataError(f"{file} holds predictions that are not finite.", remedy=_REMEDY)
    try:
        if summary.scheme is not None:
            index = summary.scheme.index
            truth = np.array([index[t] for t in table["truth"].to_pylist()], dtype=int)
        else:
            known = [table[f"truth_{c}"].to_numpy().astype(float) for c in classes]
            truth = np.stack(known, axis=1)
        return Predictions(tuple(table["id"].to_pylist()), tuple(classes), truth, p)
    except KeyError as error:
        raise DataError(
            f"{file} holds the true class {error}, which is none of the classes."
        ) from error
    except ValueError as error:
        raise DataError(f"{file} is damaged: {error}.", remedy=_REMEDY) from error


def _read_table(file: Path) -> pa.Table:
    try:
        return pq.read_table(file)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read: {error}.", remedy=_REMEDY) from error


def _read_thumbnails(file: Path) -> dict[str, bytes]:
    if not file.is_file():
        return {}
    table = _read_table(file)
    if missing := [c for c in ("id", "jpeg") if c not in table.column_names]:
        raise DataError(f"{file} lacks the columns {', '.join(missing)}.", remedy=_REMEDY)
    return dict(zip(table["id"].to_pylist(), table["jpeg"].to_pylist(), strict=True))


def _write_curves(curves: Mapping[str, Float[ndarray, " epochs"]], file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(curves)
        for row in zip(*curves.values(), strict=True):
            writer.writerow("" if np.isnan(v) else f"{v:.8g}" for v in row)


def _read_curves(file: Path) -> dict[str, Float[ndarray, " epochs"]]:
    if not file.is_file():
        return {}
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            header, *rows = [r for r in csv.reader(lines) if r] or [[]]
        values = [[float(cell) if cell else np.nan for cell in row] for row in rows]
        columns = np.array(values, dtype=float).reshape(len(rows), len(header))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{file} is damaged: {error}.", remedy=_REMEDY) from error
    return {name: columns[:, i] for i, name in enumerate(header)}
