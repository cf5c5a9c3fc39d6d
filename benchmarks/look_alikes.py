"""How alike the gallery's look-alikes are: `python benchmarks/look_alikes.py DATA`.

For each bundled model, how often the six nearest labelled pictures of a held-out one are of its class, by whole embeddings and by their
places along fewer axes; how near the first and the sixth are; and how long a query takes. The classes are those that every label
tells: the first levels of the tree, and the kinds.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from skyform.datasets import SOURCES, Row, example_rules, read_source
from skyform.inference import BUNDLED, Classifier
from skyform.schema import FIVE_WAY, GALAXY10_DECALS
from skyform.schema.walks import holds, required_answers
from skyform.server.exhibiting import held_of, labelled_of
from skyform.server.exhibits import Exhibits
from skyform.server.neighbours import Neighbours

NEAREST = 6
DIMS = (16, 32, 64, 128, 256)


def main() -> None:
    """Print one line of a Markdown table for each way to compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    sources = ("galaxy10_decals", "examples", "deepsky")
    rows = {r.id: r for s in sources for r in read_source(SOURCES[s], options.data)}
    held = [r for h in held_of(rows.values()) if class_of(r := rows[h.source_id])]
    labelled = [rows[n.source_id] for n in labelled_of(rows.values())]
    known = np.array([bool(class_of(r)) for r in labelled])
    print(
        f"{len(held)} held-out pictures; of {len(labelled)} labelled ones {known.sum()} tell a class"
    )
    print("| model | compared by | nearest of the class | first of six | sixth of six | µs |")
    print("|---|---|---|---|---|---|")
    for name in BUNDLED:
        classifier = Classifier.load(name)
        queries, pool = (
            np.stack([p.embedding for p in classifier(r.image for r in part)])
            for part in (held, labelled)
        )
        mean = pool.mean(axis=0)
        _, _, axes = np.linalg.svd(pool - mean, full_matrices=False)
        ways = {"whole": (queries, pool), "centred": (queries - mean, pool - mean)}
        for dims in DIMS:
            turned = [((x - mean) @ axes[:dims].T).astype("f2") for x in (queries, pool)]
            ways[f"{dims} axes, half precision"] = (turned[0], turned[1])
        query = time_of_query(name, queries[0])
        for way, (left, right) in ways.items():
            likeness = unit(left) @ unit(right).T
            first, sixth = (np.sort(likeness, axis=1)[:, -k] for k in (1, NEAREST))
            agreement = agreeing(
                likeness[:, known], held, [r for r, k in zip(labelled, known, strict=True) if k]
            )
            print(
                f"| {name} | {way} | {agreement:.3f} | {np.median(first):.2f} | "
                f"{np.median(sixth):.2f}, {np.mean(sixth >= 0.5):.0%} at least 0.5 | {query:.0f} |"
            )


def class_of(row: Row) -> str:
    """The class that a label tells; empty where it tells none."""
    if row.source == "deepsky":
        return str(row.raw["label"])
    if row.source == "galaxy10_decals":
        given = required_answers(GALAXY10_DECALS.classes[row.raw["label"]].rule)
    else:
        rules = example_rules(row.raw["answers"])
        given = {q: a for rule in rules for q, a in required_answers(rule).items()}
    return next((c.id for c in FIVE_WAY.classes if holds(c.rule, given)), "")


def agreeing(likeness: np.ndarray, held: list[Row], labelled: list[Row]) -> float:
    """Share of the nearest that are of the class of the one that is asked about."""
    classes = np.array([class_of(r) for r in labelled])
    nearest = np.argsort(-likeness, axis=1)[:, :NEAREST]
    own = np.array([class_of(r) for r in held])
    return float(np.mean(classes[nearest] == own[:, None]))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1."""
    vectors = vectors.astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def time_of_query(name: str, embedding: np.ndarray) -> float:
    """Microseconds of one query, as the server makes it; the median of a thousand."""
    neighbours = Neighbours(Exhibits(), model=Classifier.load(name).info.id)
    neighbours.look_alikes(embedding)
    times = []
    for _ in range(1000):
        start = time.perf_counter()
        neighbours.look_alikes(embedding)
        times.append(time.perf_counter() - start)
    return 1e6 * float(np.median(times))


if __name__ == "__main__":
    main()
