"""The script that shows what the server bears, for a few seconds."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_crowd_with_rubbish_among_it() -> None:
    made = subprocess.run(
        [sys.executable, "benchmarks/serve_endure.py", "--seconds", "3", "--clients", "16"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert made.returncode == 0, made.stderr
    lines = made.stdout.splitlines()
    statuses = {line.split()[1] for line in lines if line.startswith("status")}
    assert statuses == {"200", "422"}
