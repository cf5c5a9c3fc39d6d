"""Run the recipes of R1 to R5 and ours on real data: `python benchmarks/bake_off.py DATA --out runs/bake-off`.

DATA is the folder of labelled images. What is finished is not run again; what was interrupted goes on. Then
`skyform results runs/bake-off --keep docs/results --to docs/results.md` makes the page.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from skyform.cli import main as skyform
from skyform.evaluation.run_files import RESULT

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run what is not finished; the number of runs that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/bake-off"))
    parser.add_argument("--plan", type=Path, default=HERE / "bake_off.yaml")
    parser.add_argument("--only", default="", help="run folders whose path holds this text")
    options = parser.parse_args()
    plan = yaml.safe_load(options.plan.read_text())
    failed = 0
    for number, group in enumerate(plan["groups"], start=1):
        for run in group["runs"]:
            folder = options.out / f"{number}-{Path(group['data']).stem}" / run["recipe"]
            if options.only in str(folder) and not _is_done(folder, run):
                failed += _run(folder, group, run, options.data)
    return failed


def _is_done(folder: Path, run: dict[str, Any]) -> bool:
    if "seeds" not in run:
        return (folder / RESULT).exists()
    return len(list(folder.glob(f"seed-*/{RESULT}"))) >= run["seeds"]


def _run(folder: Path, group: dict[str, Any], run: dict[str, Any], data: Path) -> int:
    settings = [*group["set"], *run.get("set", [])]
    recipe = HERE.parent / "recipes" / f"{run['recipe']}.yaml"
    arguments = ["train", os.path.relpath(recipe)]
    arguments += ["--data", str(data / group["data"]), "--weights-from", str(data)]
    arguments += ["--out", str(folder), "--resume"]
    arguments += [part for s in settings for part in ("--set", s)]
    if "seeds" in run:
        arguments += ["--seeds", str(run["seeds"])]
    print(f"== {group['title']}: {run['recipe']}", flush=True)
    start = time.monotonic()
    sys.argv = ["skyform", *arguments]
    code = skyform(arguments)
    print(f"== {run['recipe']}: exit {code} after {time.monotonic() - start:.0f} s", flush=True)
    return int(code != 0)


if __name__ == "__main__":
    sys.exit(main())
