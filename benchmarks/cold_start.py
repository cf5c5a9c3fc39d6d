"""Wall time of `skyform classify one.jpg`, against a Python that imports NumPy, Pillow and ONNX Runtime and ends.

Each is a process of its own. The two take turns; the files are in the system's cache, as they are the second time that a person
calls it.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from shared import Figure, pictures, report

IMPORTS = "import numpy, PIL.Image, onnxruntime"
ENTRY = "import sys; from skyform.cli import main; sys.exit(main())"


def main() -> None:
    """Measure and report."""
    options = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        picture = options.picture or pictures(None, folder=Path(scratch), count=1)[0]
        commands = {
            "python": [sys.executable, "-c", "pass"],
            "imports": [sys.executable, "-c", IMPORTS],
            "skyform classify": [*skyform(), "classify", str(picture)],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for repeat in range(options.repeats + 1):
            for name, command in commands.items():
                seconds = wall_time(command)
                if repeat:
                    times[name].append(seconds)
    figures = [Figure(name, "s", values) for name, values in times.items()]
    base = figures[1].median
    figures[2].ratios["imports"] = figures[2].median / base
    report(
        "Cold start: one picture, from the command to its end",
        figures,
        to=options.to,
        repeats=options.repeats,
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "picture", nargs="?", type=Path, metavar="FILE", help="the picture; drawn if left out"
    )
    parser.add_argument("--repeats", type=int, default=15, help="default: 15")
    parser.add_argument("--to", type=Path, metavar="FILE", help="write the figures there as JSON")
    return parser.parse_args()


def skyform() -> list[str]:
    """The console script beside this Python, or the same by hand where it is not installed."""
    script = Path(sys.executable).with_name("skyform")
    return [str(script)] if script.exists() else [sys.executable, "-c", ENTRY]


def wall_time(command: Sequence[str]) -> float:
    """Seconds from start to end. A command that fails ends the benchmark."""
    start = time.perf_counter()
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return seconds


if __name__ == "__main__":
    main()
