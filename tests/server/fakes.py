"""A classifier that needs no model: real `Prediction`s from seeded fractions, real failures for what is no picture."""

import io
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from PIL import Image

from skyform.errors import (
    EmptyFileError,
    ImageError,
    ImageTooLargeError,
    TruncatedImageError,
    UnknownFormatError,
)
from skyform.images import Prepared, Square, Stretch, decode
from skyform.inference import Ready
from skyform.schema import (
    KINDS,
    SKYFORM,
    TAXONOMIES,
    AnswerEstimate,
    ClassEstimate,
    Failure,
    Flag,
    Frame,
    KindEstimate,
    Prediction,
    Scheme,
    Taxonomy,
    Tree,
    cumulative,
    most_probable_path,
    probability_asked,
    sentence,
)

MODEL = "fake@1"

# Makes an application with these settings and a client for it.
Serve = Callable[..., TestClient]


@dataclass(frozen=True)
class FakeInfo:
    name: str = "fake"
    version: str = "1"
    id: str = MODEL
    card: Mapping[str, Any] = field(default_factory=lambda: {"data": [], "limits": "not a model"})
    tree: Tree | None = SKYFORM
    scheme: Scheme | None = None
    taxonomies: Mapping[str, Taxonomy] = field(default_factory=lambda: TAXONOMIES)
    maps: tuple[str, ...] = tuple(a.id for a in SKYFORM.answers)


class FakeClassifier:
    """Answers from a generator; `kind` is what it sees, `seconds` how long it takes, `error` what it dies of."""

    def __init__(
        self,
        *,
        kind: str = "galaxy",
        flags: tuple[Flag, ...] = (Flag.OFF_CENTRE,),
        seconds: float = 0.0,
        error: Exception | None = None,
        max_pixels: int = 4_000_000,
    ) -> None:
        self.info = FakeInfo()
        self.calls: list[dict[str, Any]] = []
        self.batches: list[int] = []
        self.most_at_once = 0
        self._kind = kind
        self._flags = flags
        self._seconds = seconds
        self._error = error
        self._max_pixels = max_pixels
        self._lock = threading.Lock()
        self._now = 0

    def classify(
        self,
        image: bytes | str | os.PathLike[str],
        *,
        id: str | None = None,
        evidence: bool | str = False,
        average: bool | None = None,
    ) -> Prediction:
        ready = self.prepare(image, id=id, keep=bool(evidence))
        return self.predict([ready], evidence=evidence, average=average)[0]

    def prepare(
        self,
        image: bytes | str | os.PathLike[str],
        *,
        id: str | None = None,
        keep: bool = False,
        square: Square | None = None,
        stretch: Stretch | None = None,
    ) -> Ready:
        """Slow, if so made; the square or the middle of the picture as it is."""
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        name = id or "image-0"
        try:
            time.sleep(self._seconds)
            assert isinstance(image, bytes)
            width, height = self._size(image)
            seen = decode(image, stretch=stretch) if keep else None
        except ImageError as e:
            return Ready(name, "", None, Failure(code=e.code, message=e.message, remedy=e.remedy))
        finally:
            with self._lock:
                self._now -= 1
        side = 0.72 * min(width, height)
        frame = Frame((width - side) / 2, (height - side) / 2, side, width, height)
        if square is not None:
            frame = Frame(square.x, square.y, square.side, width, height)
        prepared = Prepared(np.zeros((2, 2, 3), np.uint8), frame, self._flags)
        return Ready(name, "", prepared, None, seen, square)

    def predict(
        self, ready: Sequence[Ready], *, evidence: bool | str = False, average: bool | None = None
    ) -> list[Prediction]:
        """Fails, if so made; what it was asked is written down."""
        with self._lock:
            self.batches.append(len(ready))
            self.calls += [{"id": r.id, "evidence": evidence, "average": average} for r in ready]
        if self._error is not None:
            raise self._error
        return [
            Prediction(id=r.id, path="", model=MODEL, failure=r.failure)
            if r.prepared is None
            else self._prediction(r.id, r.prepared.frame, evidence=evidence)
            for r in ready
        ]

    def _size(self, image: bytes) -> tuple[int, int]:
        if not image:
            raise EmptyFileError("The file is empty.", remedy="Choose another file.")
        try:
            with Image.open(io.BytesIO(image)) as picture:
                width, height = picture.size
                if width * height > self._max_pixels:
                    raise ImageTooLargeError("Too many pixels.", remedy="Send a smaller one.")
                picture.load()
        except ImageError:
            raise
        except OSError as e:
            if "truncated" in str(e):
                raise TruncatedImageError("The file ends early.", remedy="Save again.") from None
            raise UnknownFormatError(
                "The bytes are not a picture in a format that Skyform reads.",
                remedy="Save it as JPEG or PNG.",
            ) from None
        return width, height

    def _prediction(self, id: str, frame: Frame, *, evidence: bool | str) -> Prediction:
        fractions = spiral_fractions()
        kind = kind_estimate(self._kind)
        return Prediction(
            id=id,
            path="",
            model=MODEL,
            flags=self._flags,
            kind=kind,
            answers=answer_estimates(fractions),
            asked={q: float(p) for q, p in probability_asked(SKYFORM, fractions).items()},
            path_taken=most_probable_path(SKYFORM, fractions),
            sentence=sentence(SKYFORM, kind, fractions),
            classes=class_estimates(fractions),
            frame=frame,
            embedding=np.linspace(-1, 1, 5, dtype=np.float32),
            evidence=evidence_map() if evidence else None,
            evidence_of=evidence if isinstance(evidence, str) else "",
        )


def spiral_fractions() -> np.ndarray:
    """A barred two-armed spiral; what nobody would ask of it is drawn from a seeded generator."""
    rng = np.random.default_rng(7)
    out = np.zeros(len(SKYFORM.answers))
    for q, columns in SKYFORM.slices.items():
        out[columns] = rng.dirichlet(np.ones(len(SKYFORM.question[q].answers)))
    for q, values in {
        "smooth-or-features": (0.05, 0.94, 0.01),
        "edge-on": (0.03, 0.97),
        "bar": (0.56, 0.44),
        "spiral": (0.96, 0.04),
        "arm-winding": (0.22, 0.7, 0.08),
        "arm-number": (0.05, 0.82, 0.05, 0.02, 0.01, 0.05),
        "bulge": (0.03, 0.55, 0.4, 0.02),
        "odd": (0.12, 0.88),
        "sense": (0.91, 0.09),
    }.items():
        out[SKYFORM.slices[q]] = values
    return out


def kind_estimate(kind: str) -> KindEstimate:
    """97 % this kind, the rest shared."""
    rest = 0.03 / (len(KINDS) - 1)
    name = {k.id: k.name for k in KINDS}[kind]
    return KindEstimate(kind, name, 0.97, {k.id: 0.97 if k.id == kind else rest for k in KINDS})


def answer_estimates(fractions: np.ndarray) -> tuple[AnswerEstimate, ...]:
    """Every answer of the tree, with an interval a tenth to either side."""
    shares = cumulative(SKYFORM, fractions)
    return tuple(
        AnswerEstimate(
            id=a.id,
            question=a.question,
            text=a.text,
            column=a.column,
            fraction=float(f),
            low=float(max(f - 0.1, 0.0)),
            high=float(min(f + 0.1, 1.0)),
            cumulative=float(c),
        )
        for a, f, c in zip(SKYFORM.answers, fractions, shares, strict=True)
    )


def class_estimates(fractions: np.ndarray) -> dict[str, ClassEstimate]:
    """The class in every taxonomy."""
    out = {}
    for t in TAXONOMIES.values():
        p = t.probabilities(fractions)
        best = t.classes[int(p.argmax())]
        out[t.id] = ClassEstimate(
            taxonomy=t.id,
            number=best.number,
            id=best.id,
            name=best.name,
            confidence=float(p.max()),
            coverage=float(t.coverage(fractions)),
            probabilities=tuple(float(x) for x in p),
        )
    return out


def evidence_map() -> np.ndarray:
    """Two blobs on a 7 x 7 grid, 0 to 1."""
    y, x = np.mgrid[-1:1:7j, -1:1:7j]
    blobs = np.exp(-6 * ((x - 0.35) ** 2 + y**2)) + 0.7 * np.exp(
        -8 * ((x + 0.4) ** 2 + (y - 0.3) ** 2)
    )
    return (blobs / blobs.max()).astype(np.float32)


def picture(format: str = "PNG", *, width: int = 96, height: int = 64) -> bytes:
    """A generated galaxy: a round glow over faint noise."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:height, :width]
    r = np.hypot(x - width / 2, (y - height / 2) * 1.6) / (0.12 * width)
    glow = 230 * np.exp(-r)[..., None] * np.array([1.0, 0.9, 0.75])
    pixels = np.clip(glow + rng.normal(8, 2, (height, width, 3)), 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format)
    return out.getvalue()
