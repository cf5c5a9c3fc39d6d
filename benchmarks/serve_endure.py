"""Does the server bear a crowd, some of which send rubbish?

Many clients send pictures for a minute, one in twenty of them broken: cut off, empty, mere text, or with bytes turned over. Every answer is
compared with the one that the same picture gets alone; memory is measured all along. The script fails where a status is 500 or more
(503 with Retry-After apart, which is counted), where an answer is wrong, or where memory grows.
"""

import argparse
import json
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from serving import Measured, Server, measured, one_each, running, upload
from shared import Figure, pictures, report

_TOLERANCE = (
    2e-3  # of a probability: a picture in a batch is not computed in the same order as alone
)
_SETTLED = 20.0  # seconds
_GROWTH = 0.1  # of memory, from the second quarter to the last


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="real pictures; drawn if left out")
    parser.add_argument("--model", default="small")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--to", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        files = pictures(options.folder, folder=Path(work), count=95)
        good = [p.read_bytes() for p in files]
    data, hopeless = _mixed(good)
    bodies = [upload(d) for d in data]
    with running("--model", options.model, "--rate-classify", "0") as server:
        alone = [(a.status, json.loads(a.body)) for a in one_each(server, bodies)]
        memory: list[tuple[float, int]] = []
        stop = threading.Event()
        watch = threading.Thread(target=_watch, args=(server, memory, stop))
        watch.start()
        made = measured(
            server, bodies, clients=options.clients, seconds=options.seconds, keep=lambda _: True
        )
        stop.set()
        watch.join()
    problems = _problems(made, alone, hopeless, memory)
    _report(made, memory, options)
    if problems:
        raise SystemExit("\n".join(problems))


def _mixed(good: list[bytes]) -> tuple[list[bytes], set[int]]:
    """The pictures with one in twenty broken, and which of those can be of no use to anybody."""
    rng = np.random.default_rng(0)
    data, hopeless = list(good), set[int]()
    for number, place in enumerate(range(0, len(good) + len(good) // 19, 20)):
        source = good[place % len(good)]
        spoilt = bytearray(source)
        for at in rng.integers(20, len(source), 50):
            spoilt[at] ^= 255
        data.insert(
            place, (source[: len(source) // 2], b"", b"no picture", bytes(spoilt))[number % 4]
        )
        # What is only spoilt may still be decoded.
        hopeless |= {place} if number % 4 < 3 else set()
    return data, hopeless


def _watch(server: Server, memory: list[tuple[float, int]], stop: threading.Event) -> None:
    while not stop.wait(0.25):
        memory.append((time.perf_counter(), server.memory()))


def _problems(
    made: Measured,
    alone: list[tuple[int, Any]],
    hopeless: set[int],
    memory: list[tuple[float, int]],
) -> list[str]:
    out: list[str] = []
    for a in made.answers:
        status, expected = alone[a.kind]
        if a.status == 503:
            continue  # by design, and counted below
        if a.status != status:
            out.append(f"Upload {a.kind} got status {a.status}, alone {status}.")
        elif status == 200 and not _same(json.loads(a.body), expected):
            out.append(f"Upload {a.kind} got another answer than alone.")
    if any(alone[n][0] == 200 for n in hopeless):
        out.append("A broken upload was classified.")
    early, late = _quarters(memory)
    # In a few seconds it is still growing to what it needs.
    if memory[-1][0] - memory[0][0] > _SETTLED and late > early * (1 + _GROWTH):
        out.append(f"Memory grew from {early / 2**20:.0f} to {late / 2**20:.0f} MiB.")
    return out[:20]


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    pairs = zip(one["answers"], other["answers"], strict=True)
    return one["frame"] == other["frame"] and all(
        abs(a["fraction"] - b["fraction"]) < _TOLERANCE for a, b in pairs
    )


def _quarters(memory: list[tuple[float, int]]) -> tuple[float, float]:
    """Median memory in the second quarter of the time, and in the last."""
    sizes = [size for _, size in memory]
    quarter = max(1, len(sizes) // 4)
    return float(np.median(sizes[quarter : 2 * quarter])), float(np.median(sizes[-quarter:]))


def _report(made: Measured, memory: list[tuple[float, int]], options: argparse.Namespace) -> None:
    statuses = Counter(a.status for a in made.answers)
    early, late = _quarters(memory)
    report(
        f"{options.clients} clients for {options.seconds:g} s, model {options.model}",
        [
            Figure("uploads", "/s", [made.rate]),
            Figure("p99", "ms", [made.percentile(0.99)]),
            Figure("memory, second quarter", "MiB", [early / 2**20]),
            Figure("memory, last quarter", "MiB", [late / 2**20]),
            *(Figure(f"status {s}", "", [float(n)]) for s, n in sorted(statuses.items())),
        ],
        to=options.to,
        clients=options.clients,
        seconds=options.seconds,
        model=options.model,
    )


if __name__ == "__main__":
    main()
