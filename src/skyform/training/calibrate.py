"""A model file calibrated anew: the same network, with temperatures, class rules, sets and intervals fitted to other pictures."""

from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from skyform.errors import ModelError
from skyform.evaluation import Calibration
from skyform.images import Preprocess
from skyform.schema import KINDS, SKYFORM, modelfile
from skyform.training.attach import copy_with_metadata, read_description
from skyform.training.judging import judge, validation_rows
from skyform.training.prepared import prepare_rows

__all__ = ["calibrate_file"]

# What semantic versioning calls build metadata: the same network, calibrated by its user.
_OWN = "+own"


def calibrate_file(
    model: Path,
    target: Path,
    *,
    data: Path,
    changes: Mapping[str, Any] | None = None,
    exclude_licences: Sequence[str] | None = None,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Fit a model's calibration to the validation pictures of a data folder, and write the model with it to another file.

    What the pictures say too little about stays as it was (`skyform.evaluation.recalibration`). The copy's card says under `calibrated_on`
    how many pictures of each source it was fitted to, under `kept` which parts stayed, and under `left_out` which sets it has no more.

    Parameters
    ----------
    model, target : Path
        The ONNX file, and where the calibrated copy goes.
    data : Path
        Folder with the Parquet files of `skyform.datasets.SOURCES`.
    changes : mapping, optional
        `name`, `version`, `title` and `looks` of the copy, where they differ. Without a `version` the copy's is the model's with
        "+own" after it, since the copy says other things than the model.
    exclude_licences : sequence of str, optional
        Pictures whose licence contains one of these texts are measured on and not fitted to; by default those that the model's card names.
    cache : Path, optional
        Folder that keeps the prepared pictures.

    Returns
    -------
    dict
        The copy's description, see `skyform.schema.modelfile.description`.

    Raises
    ------
    ModelError
        If the file is no model of Skyform's tree and kinds.
    DataError
        If the folder holds no validation picture, or fewer than `evaluation.recalibration.LEAST_PICTURES` with a known answer.
    """
    original = read_description(model)
    described: dict[str, Any] = {
        **original,
        "version": _own_version(original["version"]),
        **(changes or {}),
    }
    if described["tree"] != SKYFORM.id or described["kinds"] != [k.id for k in KINDS]:
        raise ModelError(
            f"{model} does not answer Skyform's tree and kinds, which is what is calibrated.",
            remedy="Give a model that `skyform train` made with a recipe of the tree.",
        )
    preprocess = Preprocess.from_dict(described["preprocess"])
    looks = described.get("looks", 1)
    card = dict(described["card"])
    excluded = card.get("exclude_licences", ()) if exclude_licences is None else exclude_licences
    rows = validation_rows(data)
    pixels = prepare_rows(rows, preprocess, cache=cache).pixels
    judged = judge(
        model,
        rows,
        pixels,
        learnt=card.get("train", ()),
        looks=looks,
        exclude_licences=excluded,
        before=Calibration.from_dict(original["calibration"]),
    )
    for stale in ("reliability", "measures"):
        card.pop(stale, None)
    card |= {
        **{k: described[k] for k in ("name", "version", "title")},
        "looks": looks,
        "bytes": {described["precision"]: model.stat().st_size},
        "calibrated": date.today().isoformat(),
        "skyform": version("skyform"),
        "validation": {
            described["precision"]: {k: v.to_dict() for k, v in judged.scores.items()},
        },
        "mix": judged.mix,
        "calibrated_on": judged.fitted_to,
        "kept": list(judged.kept),
        "left_out": list(judged.left_out),
    }
    values = modelfile.description(
        **{k: described[k] for k in ("name", "version", "title", "precision", "preprocess")},
        card=card,
        tree=described["tree"],
        kinds=described["kinds"],
        looks=looks,
        calibration=judged.calibration.to_dict(),
    )
    copy_with_metadata(model, target, values)
    return values


def _own_version(version: str) -> str:
    return version if version.endswith(_OWN) else version + _OWN
