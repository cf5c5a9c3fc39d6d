"""Is the table of `skyform batch` the same after SIGKILL at random moments as without?

The command is run once in peace. Then it is killed again and again, each time after a random delay, in turn the leading process and one of
its workers, and run again. At the end the tables are compared row by row: every number, no row missing, none twice.
"""

import argparse
import os
import random
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from batch_shared import COMMAND, repeated, table_of


def main() -> None:
    """Kill, compare, and end with an error if the tables differ."""
    options = arguments()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pictures = repeated(options.source, folder=folder, count=options.count)
        broken = pictures / "0000" / "broken.jpg"
        broken.write_bytes(b"\xff\xd8\xff\xe0 cut off")
        start = time.monotonic()
        finish(command(pictures, folder / "in-peace", options))
        seconds = time.monotonic() - start
        print(f"in peace: {seconds:.1f} s", flush=True)
        killed = kill_often(pictures, folder / "killed", options, seconds=seconds, chance=chance)
        finish(command(pictures, folder / "killed", options))
        compare(folder / "in-peace", folder / "killed")
    print(f"equal after {killed} kills")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("source", nargs="?", type=Path, metavar="DIR", help="JPEG files; drawn if left out")
    add("--count", type=int, default=20_000, help="pictures (default: 20000)")
    add("--kills", type=int, default=20, help="default: 20")
    add("--part-size", type=int, default=256, help="default: 256")
    add("--model", default="small", help="default: small")
    add("--seed", type=int, default=0)
    return parser.parse_args()


def command(pictures: Path, to: Path, options: argparse.Namespace) -> "subprocess.Popen[bytes]":
    """Start the command."""
    words = ["batch", str(pictures), "--to", str(to), "--model", options.model, "--embeddings"]
    words += ["--part-size", str(options.part_size), "--workers", "2", "--progress", "none"]
    return subprocess.Popen([*COMMAND, *words], stderr=subprocess.PIPE)


def finish(process: "subprocess.Popen[bytes]") -> None:
    """Wait for a command that must do its work."""
    _, said = process.communicate()
    # One picture cannot be read, which the exit code tells.
    if process.returncode != 1:
        raise SystemExit(f"exit code {process.returncode}:\n{said.decode()}")


def kill_often(
    pictures: Path, to: Path, options: argparse.Namespace, *, seconds: float, chance: random.Random
) -> int:
    """Kill the command as often as asked for; begin anew where it was done before that."""
    killed = 0
    while killed < options.kills:
        process = command(pictures, to, options)
        time.sleep(chance.uniform(0.2, max(1.0, 0.6 * seconds)))
        target = process.pid if killed % 2 == 0 else worker_of(process.pid, chance)
        if process.poll() is None and target is not None:
            os.kill(target, signal.SIGKILL)
            killed += 1
            # Of a killed worker the command itself must not take notice; it goes on until the next kill.
            if target != process.pid:
                time.sleep(chance.uniform(0.2, 0.3 * seconds))
                process.kill()
        process.communicate()
        done = len(list((to / "parts").glob("*.parquet")))
        print(f"{killed}/{options.kills} kills, {done} parts", flush=True)
        if done * options.part_size >= options.count and killed < options.kills:
            (to / "manifest.json").unlink(missing_ok=True)
            for part in (to / "parts").glob("*"):
                part.unlink()
    return killed


def worker_of(pid: int, chance: random.Random) -> int | None:
    """One of the command's workers (Linux)."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return None
    workers = [int(c) for c in children if b"spawn_main" in _command_line(c)]
    return chance.choice(workers) if workers else None


def _command_line(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def compare(one: Path, other: Path) -> None:
    """End with an error where anything differs."""
    whole, killed = table_of(one), table_of(other)
    ids = killed["id"].to_pylist()
    if len(set(ids)) != len(ids):
        raise SystemExit(f"{len(ids) - len(set(ids))} rows are there twice")
    if not whole.equals(killed):
        raise SystemExit(f"the tables differ: {len(whole)} rows and {len(killed)}")
    left = [p.name for p in other.rglob("*.tmp-*")]
    if left:
        raise SystemExit(f"left behind: {left}")
    print(f"{len(whole):,} rows, {sum(map(bool, whole['error'].to_pylist()))} with an error")


if __name__ == "__main__":
    main()
