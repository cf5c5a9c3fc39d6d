"""What a trained model says about the training pictures, for another network to learn from (Hinton et al. 2015, arXiv:1503.02531)."""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import numpy as np
import onnxruntime
from jaxtyping import Float, UInt8
from numpy import ndarray

from skyform.datasets import Row
from skyform.errors import RecipeError
from skyform.evaluation.calibration import softmax
from skyform.images import Preprocess, decode
from skyform.schema import KINDS, SKYFORM, cumulative, modelfile
from skyform.training.prepared import Taught

__all__ = ["BUNDLED_TEACHER", "teach", "teacher_path"]

BUNDLED_TEACHER = "bundled:"
_BATCH = 32


def teach(teacher: str, rows: Sequence[Row], *, cache: Path | None = None) -> Taught:
    """The teacher's answers about every row, averaged over the picture and its mirror image.

    Parameters
    ----------
    teacher : str
        The path of a model file, or `bundled:NAME`.
    rows : sequence of Row
        With their image bytes.
    cache : Path, optional
        Folder that keeps the answers, under a name that changes with teacher and rows.

    Raises
    ------
    RecipeError
        If the model is not there, or does not answer Skyform's tree and kinds.
    """
    path = teacher_path(teacher)
    kept = None if cache is None else cache / f"taught-{_digest(path, rows)}.npz"
    if kept is not None and kept.exists():
        with np.load(kept) as stored:
            return Taught(stored["answers"], stored["kinds"])
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    preprocess = _preprocess(session, path)
    parts: list[tuple[ndarray, ndarray]] = []
    with ThreadPoolExecutor(2) as pool:
        for i in range(0, len(rows), _BATCH):
            made = pool.map(lambda r: preprocess(decode(r.image)).pixels, rows[i : i + _BATCH])
            parts.append(_answers(session, np.stack(list(made))))
    answers, kinds = (np.concatenate(p).astype(np.float32) for p in zip(*parts, strict=True))
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, answers=answers, kinds=kinds)
    return Taught(answers, kinds)


def teacher_path(teacher: str) -> Path:
    """The model file of a teacher as `teach` takes it.

    Raises
    ------
    RecipeError
        If it is not there.
    """
    path = Path(teacher)
    if teacher.startswith(BUNDLED_TEACHER):
        name = f"{teacher.removeprefix(BUNDLED_TEACHER)}.onnx"
        path = Path(str(resources.files("skyform"))) / "bundled" / name
    if not path.is_file():
        raise RecipeError(
            f"teacher is {teacher!r}, which is not there.",
            remedy="Give a model file, bundled:NAME for one that comes with Skyform, or '' for none.",
        )
    return path


def _preprocess(session: onnxruntime.InferenceSession, path: Path) -> Preprocess:
    metadata = session.get_modelmeta().custom_metadata_map
    described = json.loads(metadata.get(modelfile.METADATA_KEY, "{}"))
    if described.get("tree") != SKYFORM.id or len(described.get("kinds", ())) != len(KINDS):
        raise RecipeError(
            f"The teacher {path} does not answer Skyform's tree and kinds.",
            remedy="Give a model that `skyform train` made with a recipe of the tree.",
        )
    return Preprocess.from_dict(described["preprocess"])


def _answers(
    session: onnxruntime.InferenceSession, pixels: UInt8[ndarray, "b size size 3"]
) -> tuple[Float[ndarray, "b answers"], Float[ndarray, "b kinds"]]:
    """Cumulative fractions and probabilities of the kinds."""
    sense = SKYFORM.slices["sense"]
    logits = np.zeros((len(pixels), len(SKYFORM.answers)))
    kinds = np.zeros((len(pixels), len(KINDS)))
    for mirror in (False, True):
        seen = np.ascontiguousarray(pixels[:, :, ::-1]) if mirror else pixels
        answers, kind = session.run(["answers", "kinds"], {"image": seen})
        answers = np.array(answers)
        if mirror:
            answers[:, sense] = answers[:, sense][:, ::-1]
        logits += answers / 2
        kinds += np.asarray(kind) / 2
    fractions = np.hstack([softmax(logits[:, part]) for part in SKYFORM.slices.values()])
    return cumulative(SKYFORM, fractions), softmax(kinds)


def _digest(path: Path, rows: Sequence[Row]) -> str:
    digest = hashlib.sha256(path.read_bytes())
    for row in rows:
        digest.update(hashlib.sha256(row.image).digest())
    return digest.hexdigest()[:16]
