"""What classical models see of a picture: pixels, principal components, histograms of gradients, measured morphology."""

import hashlib
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from skyform.errors import DataError, MissingExtraError, RecipeError
from skyform.models.morphology import MEASUREMENTS, measure_morphology

__all__ = [
    "FEATURES",
    "Features",
    "HogFeatures",
    "JoinedFeatures",
    "MorphologyFeatures",
    "PcaFeatures",
    "PixelFeatures",
    "make_features",
]


class Features(ABC):
    """Pictures → one row of numbers each. `names` says what the columns are, once `fit_transform` has run."""

    names: tuple[str, ...] = ()

    @abstractmethod
    def fit_transform(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """Learn what there is to learn from the training pictures, and return their rows."""

    @abstractmethod
    def transform(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """Rows of other pictures."""


class PixelFeatures(Features):
    """The pixels themselves, 0 to 1.

    Parameters
    ----------
    side : int, optional
        Averaged down to so many pixels a side; as they are by default.
    grey : bool
        Luminance rather than three colours.
    """

    def __init__(self, *, side: int | None = None, grey: bool = False) -> None:
        if side is not None and side < 1:
            raise ValueError(f"side is {side}; it must be above 0")
        self.side = side
        self.grey = grey

    def fit_transform(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """See `Features`."""
        rows = self.transform(pixels)
        self.names = tuple(f"pixel {i}" for i in range(rows.shape[1]))
        return rows

    def transform(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """See `Features`."""
        return np.stack([self._row(p) for p in pixels])

    def _row(self, picture: UInt8[ndarray, "rows cols 3"]) -> Float[ndarray, " d"]:
        from PIL import Image

        image = Image.fromarray(np.ascontiguousarray(picture))
        image = image.convert("L") if self.grey else image
        if self.side is not None and self.side != max(image.size):
            image = image.resize((self.side, self.side), Image.Resampling.BOX)
        return np.asarray(image, dtype=np.float32).ravel() / 255


class PcaFeatures(Features):
    """Principal components of the pixels.

    Parameters
    ----------
    components : int
        At most as many as there are training pictures.
    side, grey : int, bool
        See `PixelFeatures`.
    """

    def __init__(
        self, *, components: int = 64, side: int = 48, grey: bool = False, seed: int = 0
    ) -> None:
        if components < 1:
            raise ValueError(f"components is {components}; it must be above 0")
        self.components = components
        self.seed = seed
        self.pixels = PixelFeatures(side=side, grey=grey)
        self._pca: Any = None

    def fit_transform(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """See `Features`."""
        from sklearn.decomposition import PCA

        rows = self.pixels.fit_transform(pixels)
        self._pca = PCA(min(self.components, *rows.shape), random_state=self.seed)
        self.names = tuple(f"component {i + 1}" for i in range(min(self.components, *rows.shape)))
        return self._pca.fit_transform(rows)

    def transform(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """See `Features`."""
        return self._pca.transform(self.pixels.transform(pixels))

    @property
    def projection(self) -> tuple[Float[ndarray, " pixels"], Float[ndarray, "d pixels"]]:
        """The mean of the training rows, and the components."""
        return self._pca.mean_, self._pca.components_


class HogFeatures(Features):
    """Histograms of oriented gradients of the grey picture (Dalal and Triggs 2005, CVPR).

    Parameters
    ----------
    side : int
        Averaged down to so many pixels a side first.
    orientations, cell, block : int
        Directions of a histogram; pixels a side of a cell; cells a side of the block that is normalised together.
    """

    def __init__(
        self, *, side: int = 64, orientations: int = 9, cell: int = 8, block: int = 2
    ) -> None:
        if cell * block > side:
            raise ValueError(
                f"cell is {cell} and block {block}, more than the side of {side} px together"
            )
        self.side = side
        self.orientations = orientations
        self.cell = cell
        self.block = block
        self._pixels = PixelFeatures(side=side, grey=True)

    def fit_transform(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """See `Features`."""
        rows = self.transform(pixels)
        self.names = tuple(f"gradient {i}" for i in range(rows.shape[1]))
        return rows

    def transform(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """See `Features`."""
        try:
            from skimage.feature import hog
        except ImportError as error:
            raise MissingExtraError(
                "Histograms of gradients need scikit-image, which is not installed.",
                remedy="Install it: pip install 'skyform[lab]'",
            ) from error
        grey = self._pixels.transform(pixels).reshape(len(pixels), self.side, self.side)
        rows: list[Any] = [
            hog(
                picture,
                orientations=self.orientations,
                pixels_per_cell=(self.cell, self.cell),
                cells_per_block=(self.block, self.block),
            )
            for picture in grey
        ]
        return np.stack(rows).astype(np.float32)


class MorphologyFeatures(Features):
    """Measured morphology; what could not be measured takes the median of the training pictures.

    Parameters
    ----------
    method : str
        See `measure_morphology`.
    workers : int
        Processes that measure side by side; -1 for one a core.
    cache : Path, optional
        A file that keeps what was measured, so that no picture is measured twice. Made where there is none.

    Attributes
    ----------
    failures : dict
        Of the last pictures: how many statmorph failed on, so that the `fast` method stepped in, and on how many there was nothing to
        measure (`none`).
    """

    names = tuple(m.name for m in MEASUREMENTS)

    def __init__(
        self,
        *,
        method: Literal["statmorph", "fast"] = "statmorph",
        workers: int = -1,
        cache: str | Path | None = None,
    ) -> None:
        if method not in ("statmorph", "fast"):
            raise ValueError(f"method is {method!r}; it is statmorph or fast")
        self.method: Literal["statmorph", "fast"] = method
        self.workers = workers
        self.cache = None if cache is None else Path(cache)
        self.failures: dict[str, int] = {}
        self._typical = np.zeros(len(MEASUREMENTS))

    def fit_transform(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """See `Features`."""
        rows = self.measured(pixels)
        for i, column in enumerate(rows.T):
            known = column[np.isfinite(column)]
            self._typical[i] = np.median(known) if known.size else 0.0
        return self._filled(rows)

    def transform(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """See `Features`."""
        return self._filled(self.measured(pixels))

    def measured(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """The numbers as they were measured, NaN where they could not be."""
        keys = [_key(p, self.method) for p in pixels]
        known = self._remembered(keys)
        # Pictures that look alike are measured once.
        new = {k: p for k, p in zip(keys, pixels, strict=True) if k not in known}
        for chunk in _chunks(list(new), 256):
            found = dict(
                zip(
                    chunk,
                    _measure_all([new[k] for k in chunk], self.method, self.workers),
                    strict=True,
                )
            )
            self._remember(found)
            known |= found
        methods = [known[k][0] for k in keys]
        wrong = ("none",) if self.method == "fast" else ("fast", "none")
        self.failures = {m: methods.count(m) for m in wrong if m in methods}
        return np.stack([known[k][1] for k in keys])

    def _filled(self, rows: Float[ndarray, "n d"]) -> Float[ndarray, "n d"]:
        return np.where(np.isfinite(rows), rows, self._typical)

    def _remembered(self, keys: Sequence[str]) -> dict[str, tuple[str, ndarray]]:
        if self.cache is None or not self.cache.exists():
            return {}
        out: dict[str, tuple[str, ndarray]] = {}
        with closing(_table(self.cache)) as table:
            for chunk in _chunks(list(dict.fromkeys(keys)), 500):
                marks = ",".join("?" * len(chunk))
                asked = f"SELECT key, method, numbers FROM morphology WHERE key IN ({marks})"
                for key, method, numbers in table.execute(asked, chunk):
                    out[key] = (method, np.frombuffer(numbers))
        return out

    def _remember(self, found: Mapping[str, tuple[str, ndarray]]) -> None:
        if self.cache is None:
            return
        self.cache.parent.mkdir(parents=True, exist_ok=True)
        with closing(_table(self.cache)) as table, table:
            table.executemany(
                "INSERT OR REPLACE INTO morphology VALUES (?, ?, ?)",
                [(k, m, v.astype(float).tobytes()) for k, (m, v) in found.items()],
            )


class JoinedFeatures(Features):
    """Several kinds of features side by side."""

    def __init__(self, parts: Sequence[Features]) -> None:
        self.parts = list(parts)

    @property
    def failures(self) -> dict[str, int]:
        """What could not be measured, see `MorphologyFeatures`."""
        return {k: v for p in self.parts for k, v in getattr(p, "failures", {}).items()}

    def fit_transform(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """See `Features`."""
        rows = np.concatenate([p.fit_transform(pixels) for p in self.parts], axis=1)
        self.names = tuple(n for p in self.parts for n in p.names)
        return rows

    def transform(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """See `Features`."""
        return np.concatenate([p.transform(pixels) for p in self.parts], axis=1)


FEATURES: Mapping[str, Callable[..., Features]] = {
    "pixels": PixelFeatures,
    "pca": PcaFeatures,
    "hog": HogFeatures,
    "morphology": MorphologyFeatures,
}


def make_features(
    kinds: str | Mapping[str, Mapping[str, Any] | None], *, seed: int = 0
) -> Features:
    """Features by name, or several with their settings: `{"hog": {"cell": 16}, "morphology": {}}`.

    Raises
    ------
    RecipeError
        If a name or a setting is unknown, or a setting cannot be.
    """
    wanted = {kinds: {}} if isinstance(kinds, str) else {k: dict(v or {}) for k, v in kinds.items()}
    if not wanted or set(wanted) - set(FEATURES):
        raise RecipeError(
            f"features is {kinds!r}, which names no known features.",
            remedy=f"Those are {', '.join(FEATURES)}.",
        )
    parts: list[Features] = []
    for name, settings in wanted.items():
        given = {"seed": seed, **settings} if name == "pca" else settings
        try:
            parts.append(FEATURES[name](**given))
        except (TypeError, ValueError) as error:
            raise RecipeError(
                f"features.{name} is {settings}: {error}.", remedy="See docs/models.md."
            ) from error
    return parts[0] if len(parts) == 1 else JoinedFeatures(parts)


def _measure_all(
    pictures: Sequence[ndarray], method: Literal["statmorph", "fast"], workers: int
) -> list[tuple[str, ndarray]]:
    if len(pictures) < 16 or workers == 1:
        return [_measure(p, method) for p in pictures]
    from joblib import Parallel, delayed

    found: Any = Parallel(n_jobs=workers)(delayed(_measure)(p, method) for p in pictures)
    return list(found)


def _measure(picture: ndarray, method: Literal["statmorph", "fast"]) -> tuple[str, ndarray]:
    morphology = measure_morphology(picture, method=method)
    return morphology.method, morphology.values


def _key(picture: ndarray, method: str) -> str:
    # The number goes up whenever the measurements change.
    digest = hashlib.sha256(
        f"1 {method} {picture.shape} {','.join(MorphologyFeatures.names)}".encode()
    )
    digest.update(np.ascontiguousarray(picture).tobytes())
    return digest.hexdigest()


def _table(path: Path) -> sqlite3.Connection:
    try:
        table = sqlite3.connect(path, timeout=60)
        table.execute(
            "CREATE TABLE IF NOT EXISTS morphology (key TEXT PRIMARY KEY, method TEXT, numbers BLOB)"
        )
    except sqlite3.Error as error:
        raise DataError(
            f"The cache of measurements {path} cannot be used: {error}.",
            remedy="Give another path, or delete the file.",
        ) from error
    return table


def _chunks(items: list[str], size: int) -> Iterator[list[str]]:
    return (items[i : i + size] for i in range(0, len(items), size))
