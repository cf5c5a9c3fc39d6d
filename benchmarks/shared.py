"""What the benchmarks share: pictures to work on, the machine they ran on, and how results are shown and kept."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["SIDE", "Figure", "draw_galaxy", "machine", "pictures", "report"]

SIDE = 424
_SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True)
class Figure:
    """One measured quantity: the value of every repeat, in `unit`."""

    name: str
    unit: str
    values: Sequence[float]
    ratios: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def median(self) -> float:
        """The value that is reported."""
        return statistics.median(self.values)


def pictures(source: Path | None, *, folder: Path, count: int) -> list[Path]:
    """`count` JPEG files of 424 x 424 pixels in `folder`.

    Made from the pictures under `source`, or drawn if that is None. Where there are fewer, they are repeated as links, so that every
    path is another one but the disk stays small.
    """
    folder.mkdir(parents=True, exist_ok=True)
    originals = (
        _converted(source, folder=folder, most=count) if source else _drawn(folder, most=count)
    )
    paths = list(originals)
    while len(paths) < count:
        paths.append(_link(originals[len(paths) % len(originals)], number=len(paths)))
    return paths


def _converted(source: Path, *, folder: Path, most: int) -> list[Path]:
    found = sorted(p for p in source.rglob("*") if p.suffix.lower() in _SUFFIXES)[:most]
    if not found:
        raise SystemExit(
            f"There are no pictures under {str(source)!r}; leave the folder out to have some drawn."
        )
    out: list[Path] = []
    for number, path in enumerate(found):
        with Image.open(path) as image:
            picture = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        out.append(_save(picture, folder=folder, number=number))
    return out


def _drawn(folder: Path, *, most: int) -> list[Path]:
    rng = np.random.default_rng(0)
    return [_save(draw_galaxy(rng), folder=folder, number=n) for n in range(min(most, 256))]


def draw_galaxy(rng: np.random.Generator) -> Image.Image:
    """A disc with a bulge, two arms and noise: about as hard to decode as a survey's cut-out."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    angle, flatness, size = rng.uniform(0, np.pi), rng.uniform(0.3, 1.0), rng.uniform(15, 40)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = (y * np.cos(angle) - x * np.sin(angle)) / flatness
    radius = np.hypot(along, across) / size
    arms = 1 + 0.6 * np.cos(2 * np.arctan2(across, along) - 4 * np.log1p(radius))
    light = 0.6 * np.exp(-radius) * arms + 0.8 * np.exp(-((2.5 * radius) ** 0.7))
    colour = rng.uniform(0.6, 1.0, 3)
    noise = rng.normal(0.04, 0.02, (SIDE, SIDE, 3))
    pixels = np.clip(light[..., None] * colour + noise, 0, 1)
    return Image.fromarray((pixels * 255).astype(np.uint8))


def _save(picture: Image.Image, *, folder: Path, number: int) -> Path:
    path = folder / f"{number:06d}.jpg"
    picture.save(path, quality=90)
    return path


def _link(original: Path, *, number: int) -> Path:
    path = original.with_name(f"{number:06d}.jpg")
    try:
        os.link(original, path)
    except OSError:
        path.symlink_to(original.name)
    return path


def machine() -> dict[str, str]:
    """The processor and the versions that a figure depends on."""
    out = {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    for name in ("skyform", "numpy", "pillow", "onnxruntime", "torch", "timm"):
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            continue
    return out


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), ""
    )


def report(title: str, figures: Sequence[Figure], *, to: Path | None, **settings: Any) -> None:
    """Print the figures as a table, and write them as JSON to `to`."""
    width = max(len(f.name) for f in figures)
    print(f"\n{title}\n")
    print(f"{'':{width}}  {'median':>10}  {'lowest':>10}  {'highest':>10}")
    for f in figures:
        numbers = "  ".join(f"{v:>10,.4g}" for v in (f.median, min(f.values), max(f.values)))
        ratios = "  ".join(f"{v:.3g} x {k}" for k, v in f.ratios.items())
        print(f"{f.name:{width}}  {numbers}  {f.unit}  {ratios}".rstrip())
    if to is not None:
        record = {
            "benchmark": title,
            "machine": machine(),
            "settings": settings,
            "figures": [{**asdict(f), "median": f.median} for f in figures],
        }
        to.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        print(f"\nWritten to {to}")
