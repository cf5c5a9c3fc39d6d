"""Peak memory of `skyform classify FOLDER --to results.csv`, for a short run and a long one: it should not grow.

Each run is a process of its own. The peak is the kernel's own figure for the process or, if that is more, the largest sum that was
sampled over it and its children (Linux).
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from cold_start import skyform
from shared import Figure, pictures, report

MEBIBYTE = 2**20


def main() -> None:
    """Measure and report."""
    options = arguments()
    figures: list[Figure] = []
    for count in options.counts:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            pictures(options.source, folder=folder / "pictures", count=count)
            table = folder / "results.csv"
            command = [
                *skyform(),
                "classify",
                str(folder / "pictures"),
                "--quiet",
                "--to",
                str(table),
            ]
            start = time.perf_counter()
            peak = peak_memory(command)
            seconds = time.perf_counter() - start
            check_rows(table, count=count)
        print(f"{count:,} pictures: {peak:,.0f} MiB, {seconds:,.0f} s", flush=True)
        figures.append(Figure(f"{count:,} pictures", "MiB", [peak]))
    growth = figures[-1].median - figures[0].median
    figures.append(Figure("growth", "MiB", [growth]))
    report("Peak memory of a run", figures, to=options.to, counts=options.counts)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "source", nargs="?", type=Path, metavar="DIR", help="pictures to use; drawn if left out"
    )
    parser.add_argument(
        "--counts", type=int, nargs="+", default=[200, 20_000], help="default: 200 20000"
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="write the figures there as JSON")
    return parser.parse_args()


def peak_memory(command: Sequence[str]) -> float:
    """Peak resident memory of a command in MiB. A command that fails ends the benchmark."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    sampled = 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        sampled = max(sampled, resident(process.pid))
        time.sleep(0.05)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    # ru_maxrss is in KiB on Linux.
    return max(sampled, usage.ru_maxrss * 1024) / MEBIBYTE


def resident(pid: int) -> int:
    """Resident bytes of a process and of all its descendants; 0 where the system does not say."""
    folder = Path("/proc") / str(pid)
    try:
        pages = int((folder / "statm").read_text().split()[1])
        children = [
            c
            for task in (folder / "task").iterdir()
            for c in (task / "children").read_text().split()
        ]
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident(int(c)) for c in children)


def check_rows(table: Path, *, count: int) -> None:
    """A run that left pictures out would be no measure."""
    with table.open(encoding="utf-8") as file:
        rows = sum(1 for _ in file) - 1
    if rows != count:
        raise SystemExit(f"{rows} rows for {count} pictures in {table}")


if __name__ == "__main__":
    main()
