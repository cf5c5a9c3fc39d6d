"""What the benchmarks of `skyform batch` share: a folder of many files, the command, and the table that it made."""

import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from shared import SIDE, draw_galaxy

__all__ = ["COMMAND", "repeated", "table_of"]

COMMAND = (sys.executable, "-c", "import sys; from skyform.cli import main; sys.exit(main())")
_SUFFIXES = (".jpg", ".jpeg")
_IN_A_FOLDER = 1000
_DRAWN = 64


def repeated(source: Path | None, *, folder: Path, count: int) -> Path:
    """A folder with `count` JPEG files, a thousand in each subfolder: links to the files under `source`, or to drawn galaxies.

    The files are taken as they are: size and quality decide what decoding costs.
    """
    originals = _found(source) if source else _drawn(folder / "drawn")
    pictures = folder / "pictures"
    for number in range(count):
        path = pictures / f"{number // _IN_A_FOLDER:04d}" / f"{number:07d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        original = originals[number % len(originals)].resolve()
        try:
            os.link(original, path)
        except OSError:
            path.symlink_to(original)
    return pictures


def table_of(results: Path) -> pa.Table:
    """All rows of a run, in the order of its parts."""
    return pa.concat_tables(pq.read_table(p) for p in sorted((results / "parts").glob("*.parquet")))


def _found(source: Path) -> list[Path]:
    found = sorted(p for p in source.rglob("*") if p.suffix.lower() in _SUFFIXES)
    if not found:
        raise SystemExit(f"There are no JPEG files under {str(source)!r}.")
    return found


def _drawn(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    paths = [folder / f"{n:03d}.jpg" for n in range(_DRAWN)]
    for path in paths:
        draw_galaxy(rng).resize((SIDE // 2, SIDE // 2)).save(path, quality=90)
    return paths
