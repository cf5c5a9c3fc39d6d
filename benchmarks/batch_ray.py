"""Does `skyform batch --engine ray` make the same table when one of two nodes is killed in the middle?

The two nodes are two network namespaces of this machine, joined by a pair of virtual cables; each runs a Ray node with an address of its own.
When some of the parts are done, every process in the second namespace gets SIGKILL. The table is compared with that of the
local engine. Needs Linux, root, `ip`, and `skyform[ray]`.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from batch_shared import COMMAND, repeated, table_of

HEAD, OTHER = "skyform-a", "skyform-b"
ADDRESSES = {HEAD: "10.77.0.1", OTHER: "10.77.0.2"}
PORT = 6399


def main() -> None:
    """Run, kill, compare."""
    options = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pictures = repeated(options.source, folder=folder, count=options.count)
        local = command(pictures, folder / "local", options, "--workers", "2")
        finish(subprocess.Popen([*COMMAND, *local]))
        with two_nodes(folder):
            address = f"{ADDRESSES[HEAD]}:{PORT}"
            words = command(
                pictures, folder / "ray", options, "--engine", "ray", "--address", address
            )
            start = time.monotonic()
            words = ["ip", "netns", "exec", HEAD, *COMMAND, *words]
            process = subprocess.Popen(words, env=environment())
            before = kill_node_when_some_are_done(process, folder / "ray", options)
            finish(process)
            seconds = time.monotonic() - start
        one, other = table_of(folder / "local"), table_of(folder / "ray")
        if not one.equals(other):
            raise SystemExit(f"the tables differ: {len(one)} rows and {len(other)}")
    print(
        f"{len(one):,} rows, equal to the local engine's; a node was killed after {before} parts; {seconds:.0f} s"
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("source", nargs="?", type=Path, metavar="DIR", help="JPEG files; drawn if left out")
    add("--count", type=int, default=20_000, help="pictures (default: 20000)")
    add("--part-size", type=int, default=256, help="default: 256")
    add("--kill-after", type=float, default=0.4, help="share of the parts (default: 0.4)")
    add("--model", default="small", help="default: small")
    return parser.parse_args()


def command(pictures: Path, to: Path, options: argparse.Namespace, *more: str) -> list[str]:
    """The words of the command."""
    words = ["batch", str(pictures), "--to", str(to), "--model", options.model]
    return [*words, "--part-size", str(options.part_size), "--progress", "none", *more]


def finish(process: "subprocess.Popen[bytes]") -> None:
    """Wait for a command that must do its work."""
    if process.wait() != 0:
        raise SystemExit(f"exit code {process.returncode}")


@contextmanager
def two_nodes(folder: Path) -> Iterator[None]:
    """A Ray cluster of two nodes, each in a network namespace."""
    try:
        for name in ADDRESSES:
            ip("netns", "add", name)
        ip("link", "add", "skyform-va", "netns", HEAD, "type", "veth", "peer", "name", "skyform-vb", "netns", OTHER)  # fmt: skip
        for name, device in ((HEAD, "skyform-va"), (OTHER, "skyform-vb")):
            ip("-n", name, "address", "add", f"{ADDRESSES[name]}/24", "dev", device)
            for each in ("lo", device):
                ip("-n", name, "link", "set", each, "up")
        ray_node(HEAD, folder, "--head", f"--port={PORT}", "--include-dashboard=false")
        ray_node(OTHER, folder, f"--address={ADDRESSES[HEAD]}:{PORT}")
        yield
    finally:
        for name in ADDRESSES:
            kill_all_in(name)
            subprocess.run(["ip", "netns", "del", name], check=False)


def ray_node(name: str, folder: Path, *words: str) -> None:
    """Start one node with one core."""
    ray = Path(sys.executable).with_name("ray")
    command = ["ip", "netns", "exec", name, str(ray), "start", *words]
    command += [f"--node-ip-address={ADDRESSES[name]}", "--num-cpus=1", "--disable-usage-stats"]
    command += ["--object-store-memory=100000000"]
    if "--head" in words:
        command.append(f"--temp-dir={folder / 'ray-files'}")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment())


def environment() -> dict[str, str]:
    """What all of Ray's processes share. Nothing but them can reach into the namespaces, so no token is asked for."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "RAY_AUTH_MODE": "disabled"}


def kill_node_when_some_are_done(
    process: "subprocess.Popen[bytes]", to: Path, options: argparse.Namespace
) -> int:
    """SIGKILL for all of the second node; how many parts were done then."""
    wanted = max(1, int(options.kill_after * options.count / options.part_size))
    while process.poll() is None:
        done = len(list((to / "parts").glob("*.parquet")))
        if done >= wanted:
            print(f"{kill_all_in(OTHER)} processes of the second node killed", flush=True)
            return done
        time.sleep(0.05)
    raise SystemExit("the run ended before a node was killed: take more pictures")


def kill_all_in(name: str) -> int:
    """SIGKILL for every process in a namespace."""
    found = subprocess.run(
        ["ip", "netns", "pids", name], check=False, capture_output=True, text=True
    )
    pids = [int(p) for p in found.stdout.split()]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return len(pids)


def ip(*words: str) -> None:
    """Run `ip`."""
    subprocess.run(["ip", *words], check=True)


if __name__ == "__main__":
    main()
