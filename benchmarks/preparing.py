"""What each step from an encoded picture to the network's input costs, against Pillow's decoding of the same file alone.

Takes pictures from a Parquet file with an `image` column (bytes, or a struct with `bytes`) and saves them as JPEG at several sizes; a FITS
cube of three bands is made from each at 256 px. `--size` is the network's. Everything takes turns within one run, on one core, and processor
time is counted.

    python benchmarks/preparing.py gz2.parquet [--size 96] [--count 60] [--to preparing.json]

`short way` is `Preparer.into`, of which `decode`, `find` and `crop` are parts, measured in place; `the rest` is checks and calls. `long way` is
`Preprocess()(decode(...))`.
"""

import argparse
import io
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from astropy.io import fits
from PIL import Image
from shared import Figure, report
from throughput import pin

from skyform.images import Limits, Picture, Preparer, Preprocess, decode

SIDES = (424, 288, 224, 120, 80)
FITS_SIDE = 256
QUALITY = 90


@dataclass
class Clock:
    """Adds up where the processor's time goes; what other processes take does not count."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict[str, float](float))

    def timed(self, name: str, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call, and remember how long it took."""
        start = time.thread_time()
        try:
            return call(*args, **options)
        finally:
            self.seconds[name] += time.thread_time() - start


class TimedPreprocess(Preprocess):
    """Tells the clock about its steps."""

    clock = Clock()

    def look(self, rgb: np.ndarray) -> Any:
        return self.clock.timed("find", super().look, rgb)

    def take(self, picture: Picture, look: Any, *, out: np.ndarray) -> Any:
        return self.clock.timed("crop", super().take, picture, look, out=out)


class TimedPreparer(Preparer):
    """Tells the same clock about decoding."""

    def _decoded(self, jpeg: Any, scale: int) -> Any:
        return TimedPreprocess.clock.timed("decode", super()._decoded, jpeg, scale)


def main() -> None:
    """Measure and report."""
    options = arguments()
    pin(options.core)
    originals = pictures(options.source, count=options.count)
    files = {f"JPEG {side}": [jpeg(p, side) for p in originals] for side in options.sides}
    files[f"FITS 3x{FITS_SIDE}²"] = [fits_cube(p) for p in originals[: max(1, options.count // 4)]]
    values: dict[str, list[float]] = defaultdict(list)
    for repeat in range(options.repeats + 1):
        for kind, made in files.items():
            for name, microseconds in one_turn(made, size=options.size).items():
                if repeat:
                    values[f"{kind} {name}"].append(microseconds)
    report(
        f"Microseconds for each picture, prepared for a network of {options.size} px",
        with_ratios([Figure(name, "µs", v) for name, v in values.items()]),
        to=options.to,
        size=options.size,
        count=options.count,
        repeats=options.repeats,
        bytes={kind: int(np.mean([len(d) for d in made])) for kind, made in files.items()},
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, metavar="FILE", help="a Parquet file with pictures")
    parser.add_argument("--size", type=int, default=96, help="the network's (default: 96)")
    parser.add_argument("--sides", type=int, nargs="+", default=SIDES, help="of the JPEGs, px")
    parser.add_argument("--count", type=int, default=60, help="pictures (default: 60)")
    parser.add_argument("--repeats", type=int, default=7, help="default: 7")
    parser.add_argument("--core", type=int, help="the core to use (default: the last one allowed)")
    parser.add_argument("--to", type=Path, metavar="FILE", help="write the figures there as JSON")
    return parser.parse_args()


def pictures(source: Path, *, count: int) -> list[Image.Image]:
    """The first pictures of the file, as squares."""
    column = next(pq.ParquetFile(source).iter_batches(count, columns=["image"])).column(0)
    found: list[Image.Image] = []
    for cell in column.to_pylist():
        rgb = decode(cell["bytes"] if isinstance(cell, dict) else cell).rgb
        side = min(rgb.shape[:2])
        found.append(Image.fromarray(rgb[:side, :side]))
    return found


def jpeg(picture: Image.Image, side: int) -> bytes:
    """The picture at that size, as surveys serve it: chroma at half resolution."""
    out = io.BytesIO()
    resized = picture.resize((side, side), Image.Resampling.LANCZOS)
    resized.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def fits_cube(picture: Image.Image) -> bytes:
    """Its three colours as bands of brightness, as 32-bit floats."""
    rgb = np.asarray(picture.resize((FITS_SIDE, FITS_SIDE)), np.float32)
    noise = np.random.default_rng(0).normal(0, 0.5, rgb.shape)
    flux = np.sinh(rgb / 60) + noise
    out = io.BytesIO()
    fits.PrimaryHDU(np.moveaxis(flux, 2, 0).astype(np.float32)).writeto(out)
    return out.getvalue()


def one_turn(made: Sequence[bytes], *, size: int) -> dict[str, float]:
    """Microseconds a picture for each step."""
    clock = TimedPreprocess.clock = Clock()
    preparer = TimedPreparer(TimedPreprocess(size=size), limits=Limits())
    batch = np.empty((len(made), size, size, 3), np.uint8)
    plain = Preprocess(size=size)
    is_fits = made[0].startswith(b"SIMPLE")
    for data, out in zip(made, batch, strict=True):
        clock.timed("short way", preparer.into, data, out=out)
        if is_fits:
            clock.timed("decode", decode, data)
    steps = {name: clock.seconds[name] for name in ("decode", "find", "crop", "short way")}
    steps["the rest"] = steps["short way"] - steps["decode"] - steps["find"] - steps["crop"]
    for data in made:
        clock.timed("long way", lambda d: plain(decode(d, min_side=plain.min_side)), data)
        clock.timed("alone", astropy_alone if is_fits else pillow_alone, data)
    steps["long way"] = clock.seconds["long way"]
    steps["astropy reading alone" if is_fits else "Pillow decoding alone"] = clock.seconds["alone"]
    return {name: seconds / len(made) * 1e6 for name, seconds in steps.items()}


def pillow_alone(data: bytes) -> None:
    """Decode, and no more."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()


def astropy_alone(data: bytes) -> None:
    """Read the bands, and no more."""
    with fits.open(io.BytesIO(data), memmap=False) as hdus:
        np.asarray(hdus[0].data, np.float32)


def with_ratios(figures: Sequence[Figure]) -> list[Figure]:
    """Both ways as multiples of reading alone."""
    out: list[Figure] = []
    alone = {f.name.rsplit(" ", 3)[0]: f.median for f in figures if f.name.endswith("alone")}
    for figure in figures:
        kind, _, step = figure.name.rpartition(" ")
        kind = kind.rpartition(" ")[0]
        is_whole = figure.name.endswith(" way") and step == "way"
        ratios = {"reading alone": figure.median / alone[kind]} if is_whole else {}
        out.append(Figure(figure.name, figure.unit, figure.values, ratios))
    return out


if __name__ == "__main__":
    main()
