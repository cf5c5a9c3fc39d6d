"""How fast folders are listed and read for `skyform batch`, beside what the system itself needs, and how memory grows.

python benchmarks/batch_sources.py --files 20000
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from skyform.batch.sources import open_source

PART = 2048
BYTES = 10_000  # of a stamp


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    files: int = parser.parse_args().files
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), files)
        measure(folder, files)
        flat = Path(folder) / "flat"
        flat.mkdir()
        for i in range(files):
            (flat / f"{i:09}.jpg").touch()
        before = memory()
        sum(p.count for p in open_source(str(flat)).parts(PART))
        print(f"names of one folder       {(memory() - before) / files:8.0f} bytes each")


def write(folder: Path, files: int) -> None:
    """Stamps of random bytes, a thousand to a folder."""
    for i in range(files):
        below = folder / f"{i // 10_000}" / f"{i // 1000 % 10}"
        below.mkdir(parents=True, exist_ok=True)
        (below / f"{i:09}.jpg").write_bytes(os.urandom(BYTES))


def measure(folder: str, files: int) -> None:
    """Times on this process's own clock, so that other work on the machine does not count."""
    start = time.perf_counter()
    source = open_source(folder)
    next(source.parts(PART))
    print(f"opened, first part        {time.perf_counter() - start:8.3f} s by the wall clock")
    walked = timed(lambda: sum(len(names) for _, _, names in os.walk(folder)))
    listed = timed(lambda: sum(p.count for p in source.parts(PART)))
    print(f"listed                    {files / listed:8.0f} files/s, os.walk {files / walked:.0f}")
    held: list[float] = []

    def read() -> None:
        for part in source.parts(PART):
            for _ in source.read(part):
                pass
            held.append(memory())

    bare, whole = timed(lambda: read_bare(folder)), timed(read)
    print(
        f"read                      {files / whole:8.0f} files/s, open() alone {files / bare:.0f}"
    )
    print(f"memory, first to last part {(held[-1] - held[0]) / 1e6:+7.1f} MB")


def read_bare(folder: str) -> None:
    """Every file, by nothing but `open`."""
    for below, _, names in os.walk(folder):
        for name in sorted(names):
            with open(os.path.join(below, name), "rb") as file:
                file.read()


def timed(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    start = time.process_time()
    work()
    return max(time.process_time() - start, 1e-9)


def memory() -> float:
    """Bytes in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
