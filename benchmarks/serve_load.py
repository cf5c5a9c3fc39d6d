"""How many uploads a second does one server process answer, and how long does each wait?

A real `skyform serve` is started, and asked over kept connections: first by one client, then by many. A bare Starlette server, which only
reads the same uploads, takes turns with it: what it needs is the price of HTTP itself. Rates are given for each second of one core that
the server used, since clients and servers share the machine. Options that this script does not know go to `skyform serve`: with `--batch 1`
every picture goes through the network alone.
"""

import argparse
import tempfile
from pathlib import Path

from serving import ECHO, Measured, Server, measured, running, upload
from shared import Figure, pictures, report


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="real pictures; drawn if left out")
    parser.add_argument("--model", default="small")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10, help="for each turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--to", type=Path, help="write the figures as JSON")
    options, others = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as work:
        files = pictures(options.folder, folder=Path(work), count=200)
        bodies = [upload(p.read_bytes()) for p in files]
    serve = ("--model", options.model, "--rate-classify", "0", *others)
    lone: list[Measured] = []
    many: list[Measured] = []
    peer: list[Measured] = []
    plain: list[Measured] = []
    with (
        running(*serve) as server,
        running(program=ECHO) as echo,
        running("asyncio", "h11", program=ECHO) as slow,
    ):
        for who in (server, echo, slow):
            measured(who, bodies, clients=4, seconds=2)
        for _ in range(options.turns):
            lone.append(measured(server, bodies, clients=1, seconds=options.seconds / 2))
            many.append(_many(server, bodies, options))
            peer.append(_many(echo, bodies, options))
            plain.append(_many(slow, bodies, options))
    report(
        f"{options.clients} clients, model {options.model}",
        [*_figures(lone, many, peer), _peer("asyncio and h11", plain)],
        to=options.to,
        clients=options.clients,
        model=options.model,
        serve=others,
    )


def _many(server: Server, bodies: list[tuple[bytes, str]], options: argparse.Namespace) -> Measured:
    made = measured(server, bodies, clients=options.clients, seconds=options.seconds)
    wrong = [a for a in made.answers if a.status != 200]
    if wrong:
        raise SystemExit(f"{len(wrong)} uploads failed, the first with status {wrong[0].status}.")
    return made


def _figures(lone: list[Measured], many: list[Measured], peer: list[Measured]) -> list[Figure]:
    share = sum(m.each_core for m in many) / max(sum(m.each_core for m in peer), 1e-9)
    return [
        Figure("alone, median", "ms", [m.percentile(0.5) for m in lone]),
        Figure("alone, p99", "ms", [m.percentile(0.99) for m in lone]),
        Figure("together, uploads", "/s", [m.rate for m in many]),
        Figure("together, cores used", "", [m.processor / m.wall for m in many]),
        Figure(
            "together, uploads",
            "/s and core",
            [m.each_core for m in many],
            {"bare Starlette": share},
        ),
        Figure("together, median", "ms", [m.percentile(0.5) for m in many]),
        Figure("together, p99", "ms", [m.percentile(0.99) for m in many]),
        _peer("uvloop and httptools", peer),
    ]


def _peer(name: str, turns: list[Measured]) -> Figure:
    return Figure(f"bare Starlette, {name}", "/s and core", [m.each_core for m in turns])


if __name__ == "__main__":
    main()
