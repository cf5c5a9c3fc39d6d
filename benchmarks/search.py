"""How long does it take to find the ten nearest of a million embeddings, how many of them are the true ones, and what does the index cost?

Without SOURCE the embeddings are drawn: a mixture of Gaussians in 1,280 dimensions, whose variances fall off as those of galaxies'
embeddings do. With SOURCE, which may be all that `skyform index` takes, they are real embeddings, repeated on the way to one of their
ten neighbours, with some noise. Queries are drawn in the same way and are not in the index. Building and searching are processes of their
own, so that their memory can be told apart. Recall is counted twice: against an exact search among the vectors that the index
compares, and against one among the whole embeddings.
"""

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from shared import Figure, report

K = 10
FEATURES = 1280
BLOCK = 8192
PIECE = 65_536
LATENT = 256
MEBIBYTE = 2**20


class Drawn:
    """Embeddings that are drawn when they are read, the same at every reading."""

    def __init__(
        self, count: int, *, clusters: int, real: np.ndarray | None, seed: int = 0
    ) -> None:
        from skyform.search import Origin

        self.address, self.origin = "drawn embeddings", Origin()
        self.count, self.clusters, self.real, self.seed = count, clusters, real, seed
        self.features = FEATURES if real is None else real.shape[1]
        self.near = neighbours_of(real) if real is not None else None
        rng = np.random.default_rng(seed)
        # Galaxies' embeddings have half of their variance in 8 directions and 94 % in 128.
        spectrum = (1 + np.arange(LATENT)) ** -0.6
        self.basis = rng.normal(size=(LATENT, FEATURES)).astype(np.float32) / FEATURES**0.5
        self.basis *= spectrum[:, None].astype(np.float32)
        self.centres = rng.normal(size=(clusters, LATENT)).astype(np.float32)

    @property
    def fingerprint(self) -> str:
        return f"{self.count}-{self.clusters}-{self.seed}-{self.real is None}"

    @property
    def pieces(self) -> Sequence[int]:
        return [min(PIECE, self.count - s) for s in range(0, self.count, PIECE)]

    def read(self, piece: int) -> Iterator[Any]:
        import pyarrow as pa

        from skyform.search.embeddings import Block

        for start in range(piece * PIECE, min((piece + 1) * PIECE, self.count), BLOCK):
            n = min(BLOCK, min((piece + 1) * PIECE, self.count) - start)
            ids = pa.array([f"object-{start + i:09d}" for i in range(n)])
            yield Block(self.draw(n, key=start + 1), pa.table({"id": ids}))

    def draw(self, n: int, *, key: int) -> np.ndarray:
        rng = np.random.default_rng((self.seed, key))
        if self.real is None or self.near is None:
            latent = self.centres[rng.integers(0, self.clusters, n)]
            latent = latent + 0.5 * rng.standard_normal((n, LATENT), np.float32)
            noise = 0.01 * rng.standard_normal((n, FEATURES), np.float32)
            return latent @ self.basis + noise
        one = rng.integers(0, len(self.real), n)
        other = self.near[one, rng.integers(0, self.near.shape[1], n)]
        share = rng.uniform(0, 0.5, (n, 1)).astype(np.float32)
        mixed = self.real[one] * (1 - share) + self.real[other] * share
        return mixed + 0.02 * mixed.std() * rng.standard_normal(mixed.shape, np.float32)


def neighbours_of(vectors: np.ndarray) -> np.ndarray:
    """The ten nearest of each, by cosine."""
    units = unit(vectors - vectors.mean(axis=0))
    found = [
        np.argpartition(-(units[s : s + 512] @ units.T), K + 1, axis=1)[:, : K + 1]
        for s in range(0, len(units), 512)
    ]
    return np.concatenate(found)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def main() -> None:
    """Measure and report."""
    options = arguments()
    real = real_embeddings(options.source)
    settings = (options.count, options.clusters, real)
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        index = Path(scratch) / "index"
        with spawn.Pool(1) as pool:
            built = pool.apply(build, (settings, index, vars(options)))
        print(f"built: {built}", flush=True)
        with spawn.Pool(1) as pool:
            found = pool.apply(search, (settings, index, options.queries))
        truth = exact(settings, index, options.queries)
    figures = [
        Figure("building", "s", [built["seconds"]]),
        Figure("building: processor time", "s", [built["cpu"]]),
        Figure("building: peak memory", "MiB", [built["peak"]]),
        Figure("building: before it begins", "MiB", [built["before"]]),
        Figure("the folder on disk", "MiB", [built["bytes"] / MEBIBYTE]),
        Figure("opening", "ms", [1e3 * found["opening"]]),
        Figure("searching: memory added", "MiB", [found["added"]]),
    ]
    for effort, times, rows in found["runs"]:
        milliseconds = np.array(times) * 1e3
        figures += [
            Figure(f"effort {effort}: one query, {K} neighbours", "ms", milliseconds.tolist()),
            Figure(
                f"effort {effort}: 99 % of queries within",
                "ms",
                [float(np.percentile(milliseconds, 99))],
            ),
            Figure(f"effort {effort}: recall among vectors", "", [recall(rows, truth["vectors"])]),
            Figure(
                f"effort {effort}: recall among embeddings", "", [recall(rows, truth["embeddings"])]
            ),
        ]
    kept = {k: v for k, v in vars(options).items() if k not in ("to", "scratch", "source")}
    report(f"Neighbours among {options.count:,} embeddings", figures, to=options.to, **kept)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add(
        "source",
        nargs="?",
        metavar="SOURCE",
        help="real embeddings, or pictures; drawn if left out",
    )
    add("--count", type=int, default=1_000_000, help="vectors in the index (default: 1000000)")
    add(
        "--clusters",
        type=int,
        default=2000,
        help="Gaussians that they are drawn from (default: 2000)",
    )
    add("--queries", type=int, default=500, help="default: 500")
    add("--dims", type=int, default=128, help="default: 128")
    add("--storage", choices=("i8", "f16"), default="i8", help="default: i8")
    add("--threads", type=int, default=1, help="to build with (default: 1)")
    add("--scratch", type=Path, metavar="DIR", help="where the index is made")
    add("--to", type=Path, metavar="FILE", help="write the figures there as JSON")
    return parser.parse_args()


def real_embeddings(source: str | None) -> np.ndarray | None:
    """All embeddings of a source."""
    if source is None:
        return None
    from skyform.cli.embedded import open_embeddings
    from skyform.search.embeddings import blocks

    options = argparse.Namespace(embeddings=source, ids=None, model=None)
    return np.concatenate([b.vectors for b in blocks(open_embeddings(options))])


def build(settings: tuple[Any, ...], path: Path, options: dict[str, Any]) -> dict[str, float]:
    """Build the index in this process."""
    from skyform.search import build_index

    count, clusters, real = settings
    drawn = Drawn(count, clusters=clusters, real=real)
    drawn.draw(BLOCK, key=0)
    before = resident()
    start, cpu = time.perf_counter(), time.process_time()
    build_index(
        drawn, path, dims=options["dims"], storage=options["storage"], threads=options["threads"]
    )
    return {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        "before": before,
        # ru_maxrss is in KiB on Linux.
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "bytes": sum(f.stat().st_size for f in path.iterdir()),
    }


def search(settings: tuple[Any, ...], path: Path, queries: int) -> dict[str, Any]:
    """Search in this process, one query after the other, with different efforts."""
    from skyform.search import Index

    count, clusters, real = settings
    vectors = Drawn(count, clusters=clusters, real=real).draw(queries, key=0)
    before = resident()
    start = time.perf_counter()
    index = Index(path)
    opening = time.perf_counter() - start
    runs: list[tuple[int, list[float], np.ndarray]] = []
    index.search(vectors[:1], k=K)
    for effort in (64, 128, 256):
        times: list[float] = []
        rows: list[np.ndarray] = []
        for vector in vectors:
            start = time.perf_counter()
            found, _ = index.search(vector[None], k=K, effort=effort)
            times.append(time.perf_counter() - start)
            rows.append(found[0])
        runs.append((effort, times, np.stack(rows)))
    return {"opening": opening, "runs": runs, "added": resident() - before}


def exact(settings: tuple[Any, ...], path: Path, queries: int) -> dict[str, np.ndarray]:
    """The true neighbours, among the projected vectors and among the whole embeddings (both around their mean)."""
    from skyform.search.index import PROJECTION
    from skyform.search.projection import Projection

    count, clusters, real = settings
    drawn = Drawn(count, clusters=clusters, real=real)
    projection = Projection.load(path / PROJECTION)
    ways = {"vectors": projection, "embeddings": lambda x: x - projection.mean}
    asked = drawn.draw(queries, key=0)
    wanted = {name: unit(way(asked)) for name, way in ways.items()}
    best = {name: (np.full((queries, K), -2.0), np.full((queries, K), -1)) for name in ways}
    done = 0
    for piece in range(len(drawn.pieces)):
        for block in drawn.read(piece):
            rows = np.arange(done, done + len(block.vectors))
            for name, way in ways.items():
                near = wanted[name] @ unit(way(block.vectors)).T
                best[name] = merged(*best[name], near, rows)
            done += len(rows)
    return {name: rows for name, (_, rows) in best.items()}


def merged(
    close: np.ndarray, rows: np.ndarray, near: np.ndarray, numbers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The best ten of those so far and of a block."""
    top = np.argpartition(-near, min(K, near.shape[1] - 1), axis=1)[:, :K]
    both = np.concatenate([close, np.take_along_axis(near, top, axis=1)], axis=1)
    which = np.concatenate([rows, numbers[top]], axis=1)
    order = np.argsort(-both, axis=1)[:, :K]
    return np.take_along_axis(both, order, axis=1), np.take_along_axis(which, order, axis=1)


def recall(found: np.ndarray, truth: np.ndarray) -> float:
    """Share of the true neighbours that were found."""
    hits = [len(set(a) & set(b)) for a, b in zip(found.tolist(), truth.tolist(), strict=True)]
    return sum(hits) / truth.size


def resident() -> float:
    """Memory of this process in MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEBIBYTE


if __name__ == "__main__":
    main()
