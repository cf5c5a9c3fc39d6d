"""What does a hop to another process cost a picture, against decoding it in a thread?

Cut-outs of 424 px as FITS, TIFF and JPEG are prepared for the network both ways, in turns. JPEGs are never sent there: the last row says why.
"""

import argparse
import io
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from astropy.io import fits
from shared import SIDE, Figure, draw_galaxy, report

from skyform.images import Limits, Preprocess
from skyform.inference import Preparation
from skyform.server.decoding import Decoders


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--to", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    preparation = Preparation(Preprocess(), Limits())
    decoders = Decoders(processes=1, seconds=60.0)
    figures: list[Figure] = []
    try:
        for name, data in _files().items():
            here = partial(preparation, data)
            there = partial(decoders.run, here)
            figures += _compared(name, here, there, repeats=options.repeats)
    finally:
        decoders.close()
    report(f"Preparing {SIDE} px, in a thread and in another process", figures, to=options.to)


def _files() -> dict[str, bytes]:
    image = draw_galaxy(np.random.default_rng(0))
    files: dict[str, bytes] = {}
    out = io.BytesIO()
    light = np.asarray(image).mean(axis=2).astype(np.float32)
    fits.PrimaryHDU(light * 40).writeto(out)
    files["FITS"] = out.getvalue()
    for format in ("TIFF", "JPEG"):
        out = io.BytesIO()
        image.save(out, format)
        files[format] = out.getvalue()
    return files


def _compared(
    name: str, here: Callable[[], object], there: Callable[[], object], *, repeats: int
) -> list[Figure]:
    for work in (here, there):
        work()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for work, taken in zip((here, there), times, strict=True):
            start = time.perf_counter()
            work()
            taken.append(1e3 * (time.perf_counter() - start))
    ratio = float(np.median(times[1]) / np.median(times[0]))
    return [
        Figure(f"{name}, in a thread", "ms", times[0]),
        Figure(f"{name}, in a process", "ms", times[1], {"in a thread": ratio}),
    ]


if __name__ == "__main__":
    main()
