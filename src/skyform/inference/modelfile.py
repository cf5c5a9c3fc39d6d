"""A model file: an ONNX graph that carries all that is known about it in its metadata."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from skyform.errors import ModelError
from skyform.evaluation.calibration import Calibration
from skyform.evaluation.class_calibration import ClassCalibration
from skyform.images import Preprocess
from skyform.schema import KINDS, SKYFORM, TAXONOMIES, Scheme, Taxonomy, Tree
from skyform.schema.modelfile import LOOKS, METADATA_KEY, MODEL_TREES, READABLE, check_scheme

__all__ = [
    "BUNDLED",
    "DEFAULT",
    "ModelFile",
    "ModelInfo",
    "Outputs",
    "bundled_path",
    "model_path",
]

# The models that come with Skyform, and what each is for.
BUNDLED: Mapping[str, str] = MappingProxyType(
    {
        "base": "the most accurate",
        "small": "several times as fast",
    }
)
DEFAULT = "base"


@dataclass(frozen=True)
class ModelInfo:
    """What a model file says of itself.

    Attributes
    ----------
    calibration : Calibration
        Of the tree and the kinds.
    card : mapping
        The model card as plain values: data, licences, validation results with intervals, limits.
    tree : Tree or None
        The questions that it answers; None for a model that knows only its own classes.
    names_kinds : bool
        Whether it says what kind of object it is.
    scheme : Scheme or None
        The classes that it learnt of its own.
    class_calibration : ClassCalibration
        Of its own classes.
    maps : tuple of str
        What it can draw evidence for: answer ids, kind ids, and `scheme:class`.
    looks : int
        Orientations of each picture over which it averages its answers.
    """

    name: str
    version: str
    title: str
    precision: str
    preprocess: Preprocess
    calibration: Calibration
    card: Mapping[str, Any]
    tree: Tree | None = SKYFORM
    names_kinds: bool = True
    scheme: Scheme | None = None
    class_calibration: ClassCalibration = field(default_factory=ClassCalibration)
    maps: tuple[str, ...] = ()
    looks: int = 1

    @property
    def id(self) -> str:
        """`name@version`."""
        return f"{self.name}@{self.version}"

    @property
    def answers_tree(self) -> bool:
        """Whether it answers the questions of a tree."""
        return self.tree is not None

    @property
    def taxonomies(self) -> Mapping[str, Taxonomy]:
        """The taxonomies that the model's tree supports, by id; none that has the id of the model's own classes."""
        return self._taxonomies

    @cached_property
    def _taxonomies(self) -> Mapping[str, Taxonomy]:
        own = "" if self.scheme is None else self.scheme.id
        return {
            id: t
            for id, t in TAXONOMIES.items()
            if self.tree is not None and id != own and _supports(self.tree, t)
        }


@dataclass(frozen=True)
class Outputs:
    """Raw outputs for one batch: pooled features, logits, distance to the training data. What a file does not have is None."""

    embedding: ndarray
    answers: ndarray | None = None
    kinds: ndarray | None = None
    distance: ndarray | None = None
    classes: ndarray | None = None


_OUTPUTS = ("embedding", "answers", "kinds", "distance", "classes")


class ModelFile:
    """An opened model. Sessions are safe to share between threads.

    Parameters
    ----------
    path : path
        An ONNX file written by `skyform train`.
    threads : int, optional
        Threads inside one call of the network; all cores by default.

    Raises
    ------
    ModelError
        If the file is missing, is no ONNX model, or was not written by a Skyform of this format.
    """

    def __init__(self, path: str | os.PathLike[str], *, threads: int | None = None) -> None:
        import onnxruntime  # half of the time of a cold start: not before it is needed

        self.path = Path(path)
        if not self.path.is_file():
            raise _no_file(self.path)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
        # Without pools that spin, an idle core stays idle, and another process can have it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(self.path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's own errors share no public base class
            raise ModelError(
                f"{self.path} is not a usable ONNX model: {str(error).splitlines()[0][:200]}",
                remedy="The file may be cut off or damaged: fetch or export it again.",
            ) from error
        shapes = {o.name: list(o.shape) for o in self._session.get_outputs()}
        self._names = [name for name in _OUTPUTS if name in shapes]
        metadata = self._session.get_modelmeta().custom_metadata_map
        self.info = _read_info(metadata, self.path, shapes=shapes)

    def run(self, images: UInt8[ndarray, "b size size 3"]) -> Outputs:
        """Run the network on prepared pictures."""
        return Outputs(**dict(zip(self._names, self._run(self._names, images), strict=True)))

    def _run(self, names: list[str], images: ndarray) -> list[ndarray]:
        outputs = self._session.run(names, {"image": np.ascontiguousarray(images)})
        return [np.asarray(o) for o in outputs]


def _no_file(path: Path) -> ModelError:
    """What to say where no model file is; a folder may be that of a run, with the file in it."""
    if not path.is_dir():
        return ModelError(
            f"The model {path} does not exist.",
            remedy=f"Give the path of an .onnx file, or one of {', '.join(BUNDLED)}.",
        )
    found = sorted({*path.glob("*.onnx"), *path.glob("model/*.onnx")})
    if found:
        return ModelError(
            f"{path} is a folder, not a model file.",
            remedy=f"Give the file in it: {' or '.join(map(str, found))}",
        )
    if any((path / name).is_file() for name in ("recipe.yaml", "result.json")):
        return ModelError(
            f"{path} is the folder of a run that has no model file yet.",
            remedy="Let the run finish first: the same `skyform train` with --resume goes on with it. A model that cannot be exported has none.",
        )
    return ModelError(
        f"{path} is a folder without a model.",
        remedy=f"Give the path of an .onnx file, or one of {', '.join(BUNDLED)}.",
    )


def model_path(model: str | os.PathLike[str] | None) -> Path:
    """The file behind what a person names: one of `BUNDLED`, a path, or nothing for the default. A file `base` is `./base`."""
    if model is None:
        return bundled_path()
    return bundled_path(model) if isinstance(model, str) and model in BUNDLED else Path(model)


def bundled_path(name: str = DEFAULT) -> Path:
    """Where a model that comes with Skyform lies.

    Raises
    ------
    ModelError
        If there is none of that name, or the installation is incomplete.
    """
    if name not in BUNDLED:
        raise ModelError(
            f"No model {name!r} comes with Skyform.", remedy=f"There are {', '.join(BUNDLED)}."
        )
    path = Path(str(resources.files("skyform"))) / "bundled" / f"{name}.onnx"
    if not path.is_file():
        raise ModelError(
            f"The bundled model {path.name} is missing from this installation.",
            remedy="Install Skyform again, or give a model with --model.",
        )
    return path


def _supports(tree: Tree, taxonomy: Taxonomy) -> bool:
    """Whether the tree has all that the taxonomy's rules speak of, in the same columns."""
    answers = {
        a for c in taxonomy.classes for factor in c.rule for product in factor for a in product
    }
    return all(tree.index.get(a) == taxonomy.tree.index[a] for a in answers)


def _read_info(
    metadata: Mapping[str, str], path: Path, *, shapes: Mapping[str, list[Any]]
) -> ModelInfo:
    try:
        values = json.loads(metadata[METADATA_KEY])
        _check_readable(values, path)
        tree = MODEL_TREES[values["tree"]] if values["tree"] else None
        own = values.get("classes") or {}
        scheme = Scheme.from_dict(own["scheme"]) if own else None
        if scheme is not None:
            check_scheme(scheme)
        counts = {
            "answers": len(tree.answers) if tree else 0,
            "kinds": len(values["kinds"]),
            "classes": len(scheme or ()),
        }
        _check_outputs(counts, shapes, path)
        return ModelInfo(
            name=values["name"],
            version=values["version"],
            title=values["title"],
            precision=values["precision"],
            preprocess=Preprocess.from_dict(values["preprocess"]),
            calibration=Calibration.from_dict(values["calibration"]),
            card=values["card"],
            tree=tree,
            names_kinds=bool(values["kinds"]),
            scheme=scheme,
            class_calibration=ClassCalibration.from_dict(own.get("calibration", {})),
            maps=_maps(tree, bool(values["kinds"]), scheme),
            looks=_looks(values.get("looks", 1)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path} is an ONNX model without Skyform's metadata ({error!r}).",
            remedy="Give a model that `skyform train`, `skyform fit` or `skyform export` made.",
        ) from error


def _looks(value: Any) -> int:
    if value not in LOOKS:
        raise ValueError(f"looks is {value!r}")
    return int(value)


def _check_readable(values: Mapping[str, Any], path: Path) -> None:
    if values["format"] not in READABLE:
        known = " and ".join(map(str, READABLE))
        raise ModelError(
            f"{path} has model format {values['format']}; this Skyform reads formats {known}.",
            remedy="Install the Skyform version that wrote it, or export the model again.",
        )
    if values["kinds"] not in ([], [k.id for k in KINDS]):
        raise ModelError(
            f"{path} was trained for the kinds {values['kinds']}, which this Skyform does not know.",
            remedy="Install the Skyform version that wrote it.",
        )


def _check_outputs(counts: Mapping[str, int], shapes: Mapping[str, list[Any]], path: Path) -> None:
    """The graph must have what the metadata promises, with as many columns."""
    if not counts["answers"] and not counts["classes"]:
        raise ModelError(f"{path} answers neither a tree nor classes of its own.")
    needed = {"embedding": None, **{name: n for name, n in counts.items() if n}}
    if counts["kinds"]:
        needed["distance"] = None
    for name, wanted in needed.items():
        if name not in shapes:
            raise ModelError(
                f"{path} has no output {name!r}, which its metadata speaks of.",
                remedy="The file is damaged: export it again.",
            )
        width = shapes[name][-1] if shapes[name] else None
        if wanted is not None and isinstance(width, int) and width != wanted:
            raise ModelError(
                f"The output {name!r} of {path} has {width} columns; its metadata names {wanted}.",
                remedy="The file is damaged: export it again.",
            )


def _maps(tree: Tree | None, kinds: bool, scheme: Scheme | None) -> tuple[str, ...]:
    """What evidence can be drawn for: all that the model answers."""
    answers = [a.id for a in tree.answers] if tree else []
    named = [k.id for k in KINDS] if kinds else []
    own = [f"{scheme.id}:{c}" for c in scheme.ids] if scheme else []
    return (*answers, *named, *own)
