"""Do the neighbours have the same class, are the anomalies anomalies, does a person's say help, does choosing beat chance?

DATA is a folder with the labelled sets. The bundled model looks at all pictures; what is reported is on the validation pictures, which
it was not trained on, but for the choice of what to label, where the training pictures are the pool to choose from.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

GALAXIES = ("gz1", "gz1_wide", "gz2", "kaggle", "kaggle_more")
UNUSUAL = ("merger", "star_or_dont_know", "not_galaxy", "nebula", "cluster", "lens")
SETS = ("gz1", "gz1_wide", "clean5", "deepsky")
SEEDS = 5
VIEWED, ROUND = 100, 10
LABELS, STEP = 120, 20

Embedded = Mapping[str, np.ndarray]


def main() -> None:
    """Print four tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--model", default="small", help="base, small or a file (default: small)")
    parser.add_argument("--kept", type=Path, metavar="FILE.npz", help="keep the embeddings here")
    options = parser.parse_args()
    seen = embedded(options.data, options.kept, model=options.model)
    print(f"Embeddings of {seen['model']}")
    neighbours(seen)
    anomalies(seen)
    asking(seen)
    choosing(seen)


def embedded(data: Path, kept: Path | None, *, model: str) -> Embedded:
    """Embeddings with the set, the split and the class of each picture."""
    from skyform.inference import Classifier
    from skyform.inference.embedding import embeddings

    if kept is not None and kept.is_file():
        with np.load(kept) as values:
            return dict(values)
    rows = list(labelled(data))
    classifier = Classifier.load(model)
    vectors = embeddings(classifier, (image for image, *_ in rows))
    found = {
        name: np.array([r[i + 1] for r in rows]) for i, name in enumerate(("set", "split", "class"))
    }
    found["vectors"] = np.stack([np.asarray(v) for v in vectors])
    found["model"] = np.array(classifier.info.id)
    if kept is not None:
        np.savez(kept, **found)
    return found


def labelled(data: Path) -> Iterator[tuple[bytes, str, str, str]]:
    """Picture, set, split and class."""
    from pyarrow import parquet

    for file in (
        *(f"galaxies/{name}.parquet" for name in (*GALAXIES, "not_galaxy")),
        "deepsky.parquet",
    ):
        table = parquet.ParquetFile(data / file)
        wanted = [c for c in ("image", "split", "label", "clean5") if c in table.schema_arrow.names]
        for batch in table.iter_batches(256, columns=wanted):
            for row in batch.to_pylist():
                name = Path(file).stem
                label = "not_galaxy" if name == "not_galaxy" else row.get("label")
                if name.startswith("kaggle"):
                    label = row.get("clean5")
                yield row["image"]["bytes"], name, row["split"], label or ""


def part(seen: Embedded, name: str, split: str) -> np.ndarray:
    """Pictures of one set that have a class."""
    sets = GALAXIES[3:] if name == "clean5" else (name,)
    return np.flatnonzero(
        np.isin(seen["set"], sets) & (seen["split"] == split) & (seen["class"] != "")
    )


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def neighbours(seen: Embedded) -> None:
    """Share of the five nearest that have the class of the picture, each class counting the same."""
    from skyform.search import ArrayEmbeddings
    from skyform.search.projection import fit_projection

    vectors = seen["vectors"].astype(np.float32)
    ways: dict[str, np.ndarray] = {"all, as they are": vectors}
    for dims in (32, 64, 128, 256):
        projection = fit_projection(ArrayEmbeddings(vectors), dims=dims)
        ways[f"{dims} components"] = projection(vectors)
        if dims in (64, 128):
            ways[f"{dims}, whitened"] = projection(vectors, whiten=True)
    print(
        "\nNeighbours of the same class\n\n| compared by | "
        + " | ".join(SETS)
        + " |\n|---" * 1
        + "|---" * len(SETS)
        + "|"
    )
    for way, coordinates in ways.items():
        scores: list[str] = []
        for name in SETS:
            at = part(seen, name, "validation")
            near = unit(coordinates[at]) @ unit(coordinates[at]).T
            np.fill_diagonal(near, -2)
            classes = seen["class"][at]
            same = classes[np.argsort(-near, axis=1)[:, :5]] == classes[:, None]
            scores.append(f"{np.mean([same[classes == c].mean() for c in np.unique(classes)]):.3f}")
        print(f"| {way} | " + " | ".join(scores) + " |")


def pool_of(
    seen: Embedded, rng: np.random.Generator, *, each: int
) -> tuple[np.ndarray, np.ndarray]:
    """Validation galaxies with some of each unusual kind among them, and the kind of each ("" for galaxies)."""
    validation = seen["split"] == "validation"
    usual = validation & np.isin(seen["set"], GALAXIES) & ~np.isin(seen["class"], UNUSUAL)
    rows = [np.flatnonzero(usual)]
    kinds = [np.full(len(rows[0]), "", dtype="<U20")]
    for kind in UNUSUAL:
        own = rng.permutation(np.flatnonzero(validation & (seen["class"] == kind)))[:each]
        rows.append(own)
        kinds.append(np.full(len(own), kind, dtype="<U20"))
    return np.concatenate(rows), np.concatenate(kinds)


def anomalies(seen: Embedded) -> None:
    """How well each score tells each kind from the galaxies: the area under the curve, one kind at a time among them."""
    from sklearn.metrics import roc_auc_score

    from skyform.search import anomaly_scores

    names = ("isolation", "distance", "remainder", "score")
    found: dict[tuple[str, str], list[float]] = {}
    for seed in range(SEEDS):
        rows, kinds = pool_of(seen, np.random.default_rng(seed), each=25)
        for kind in UNUSUAL:
            at = (kinds == "") | (kinds == kind)
            scores = anomaly_scores(seen["vectors"][rows[at]], seed=seed)
            for name in names:
                area = roc_auc_score(kinds[at] == kind, getattr(scores, name))
                found.setdefault((name, kind), []).append(float(area))
    print("\nAnomalies told from galaxies (area under the curve)\n")
    print("| score | " + " | ".join(UNUSUAL) + " | mean |\n|---" + "|---" * len(UNUSUAL) + "|---|")
    for name in names:
        areas = [float(np.mean(found[name, kind])) for kind in UNUSUAL]
        print(f"| {name} | " + " | ".join(f"{a:.3f}" for a in areas) + f" | {np.mean(areas):.3f} |")


def asking(seen: Embedded) -> None:
    """A person who wants one kind and finds the rest dull looks at a hundred pictures, ten at a time."""
    from skyform.search import anomaly_scores, reweighed

    found: dict[tuple[str, str], list[int]] = {}
    there: dict[str, list[int]] = {}
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        rows, kinds = pool_of(seen, rng, each=25)
        scores = anomaly_scores(seen["vectors"][rows], seed=seed)
        for kind in UNUSUAL:
            likes = np.where(kinds == kind, 5.0, 0.0)
            order = np.argsort(-scores.score)
            viewed = {"by score": order[:VIEWED], "by chance": rng.permutation(len(rows))[:VIEWED]}
            asked = order[:ROUND]
            while len(asked) < VIEWED:
                told = reweighed(scores, rows=asked, scores=likes[asked], seed=seed)
                told[asked] = -1
                asked = np.concatenate([asked, np.argsort(-told)[:ROUND]])
            viewed["by score and say"] = asked
            for way, looked in viewed.items():
                found.setdefault((way, kind), []).append(int((kinds[looked] == kind).sum()))
            there.setdefault(kind, []).append(int((kinds == kind).sum()))
    print(f"\nFound among the first {VIEWED} pictures that a person looks at\n")
    print("| order | " + " | ".join(UNUSUAL) + " |\n|---" + "|---" * len(UNUSUAL) + "|")
    for way in ("by chance", "by score", "by score and say"):
        print(f"| {way} | " + " | ".join(f"{np.mean(found[way, k]):.1f}" for k in UNUSUAL) + " |")
    print("| there are | " + " | ".join(f"{np.mean(there[k]):.0f}" for k in UNUSUAL) + " |")


def choosing(seen: Embedded) -> None:
    """Balanced accuracy of a linear head on the validation part, after choosing training pictures to label."""
    ways: dict[str, Callable[..., np.ndarray]] = {
        "by chance": by_chance,
        "uncertainty": by_uncertainty,
        "distance": by_distance,
        "uncertainty x distance": by_both,
    }
    print(
        f"\nBalanced accuracy with {LABELS} labels\n\n| chosen by | "
        + " | ".join(SETS)
        + " |\n|---"
        + "|---" * len(SETS)
        + "|"
    )
    for way, choose in ways.items():
        cells: list[str] = []
        for name in SETS:
            scores = [loop(seen, name, choose, seed) for seed in range(SEEDS)]
            cells.append(f"{np.mean(scores):.3f} ± {np.std(scores, ddof=1) / SEEDS**0.5:.3f}")
        print(f"| {way} | " + " | ".join(cells) + " |", flush=True)


def loop(seen: Embedded, name: str, choose: Callable[..., np.ndarray], seed: int) -> float:
    """Label, learn, choose; and again."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score

    from skyform.search import ArrayEmbeddings
    from skyform.search.projection import project
    from skyform.search.uncertainty import entropy

    pool, test = part(seen, name, "train"), part(seen, name, "validation")
    projected = project(ArrayEmbeddings(seen["vectors"][pool]), dims=64)
    both = project(ArrayEmbeddings(seen["vectors"][np.concatenate([pool, test])]), dims=64)
    x, y = both.coordinates, seen["class"][np.concatenate([pool, test])]
    rng = np.random.default_rng(seed)
    known = rng.permutation(len(pool))[:STEP]
    while True:
        head = LogisticRegression(C=0.3, max_iter=2000).fit(x[known], y[known])
        if len(known) >= LABELS:
            return float(balanced_accuracy_score(y[len(pool) :], head.predict(x[len(pool) :])))
        unsure = entropy(head.predict_proba(x[: len(pool)]))
        known = np.concatenate([known, choose(projected, unsure, known, rng)])


def by_chance(projected, unsure, known, rng):
    return rng.permutation(np.setdiff1d(np.arange(len(projected)), known))[:STEP]


def by_uncertainty(projected, unsure, known, rng):
    order = np.argsort(-unsure)
    return order[~np.isin(order, known)][:STEP]


def by_distance(projected, unsure, known, rng):
    from skyform.search import select_next

    return select_next(projected, count=STEP, labelled=known).rows


def by_both(projected, unsure, known, rng):
    from skyform.search import select_next

    return select_next(projected, count=STEP, labelled=known, uncertainty=unsure).rows


if __name__ == "__main__":
    main()
