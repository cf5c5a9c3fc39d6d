"""A classifier that needs no model, in the place of the real one; it reads the files all the same."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from made_up import MODEL, failed, prediction
from PIL import Image

from skyform.errors import ImageError, ModelError
from skyform.evaluation import Calibration
from skyform.images import Limits, Preprocess, decode
from skyform.inference import Classifier, ModelInfo
from skyform.schema import KINDS, SKYFORM, Flag, Frame, Prediction


@dataclass
class FakeClassifier(Classifier):
    """Remembers how it was called. `interrupt_after` pictures it acts as Ctrl-C does."""

    loaded: list[dict[str, Any]] = field(default_factory=list)
    called: list[dict[str, Any]] = field(default_factory=list)
    interrupt_after: int | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def info(self) -> ModelInfo:
        card = {
            "title": "A made-up model",
            "validation": {"gz2": {"rmse": 0.0712345, "interval": [0.066, 0.077]}},
            "data": [{"name": "gz2", "licence": "public"}, {"name": "gz1", "licence": "public"}],
            "limits": "It knows nothing of galaxies, and says so at such length that the line must be broken. "
            * 2,
        }
        name, _, version = MODEL.partition("@")
        maps = (*(a.id for a in SKYFORM.answers), *(k.id for k in KINDS))
        return ModelInfo(
            name, version, "A made-up model", "fp32", Preprocess(), Calibration(), card, maps=maps
        )

    def load(self, model: str | None = None, **options: Any) -> "FakeClassifier":
        if model == "gone":
            raise ModelError("The model gone does not exist.", remedy="Leave --model out.")
        self.loaded.append({"model": model, **options})
        self.limits = options.get("limits") or self.limits
        return self

    def classify(self, image: Any, *, id: str | None = None, **options: Any) -> Prediction:
        self.called.append(options)
        path = os.fspath(image) if isinstance(image, str | os.PathLike) else ""
        name = id or (Path(path).stem if path else "image-0")
        try:
            picture = decode(image, limits=self.limits)
        except ImageError as error:
            return failed(
                name, path=path, code=error.code, message=error.message, remedy=error.remedy
            )
        evidence = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
        kind = "nebula" if "nebula" in name else "galaxy"
        return prediction(
            name,
            path=path,
            seed=sum(name.encode(errors="replace")),
            kind=kind,
            flags=[Flag.TINY] if "tiny" in name else [],
            frame=Frame(
                0.0, 0.0, float(min(picture.width, picture.height)), picture.width, picture.height
            ),
            evidence=evidence if options.get("evidence") else None,
        )

    def __call__(self, images: Iterable[Any], **options: Any) -> Iterator[Prediction]:
        self.called.append(options)
        for number, image in enumerate(images):
            if number == self.interrupt_after:
                raise KeyboardInterrupt
            yield self.classify(image)


def picture_file(path: Path) -> Path:
    """A small picture of a blob."""
    path.parent.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[0:48, 0:48]
    light = 240 * np.exp(-((x - 24) ** 2 + (y - 24) ** 2) / 60)
    Image.fromarray(light.astype(np.uint8)).convert("RGB").save(path)
    return path
