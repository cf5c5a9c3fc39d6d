"""Compare the heads of `skyform fit`: `python benchmarks/fit_heads.py DATA --relabel OLD=NEW --draw 50`.

For each bundled model, with one look or the average of eight, and each head: accuracy on the published validation part
after learning from the whole training part, and the mean over five random draws of a few training pictures.
"""

import argparse
import time
from collections.abc import Iterable, Iterator

import numpy as np

from skyform.datasets.dataset import DataSet, Stored
from skyform.datasets.opening import open_dataset
from skyform.datasets.splits import cap_classes
from skyform.inference import BUNDLED, Classifier
from skyform.inference.embedding import embeddings
from skyform.schema import Failure
from skyform.training.fit import Embed, fit_classes
from skyform.training.fit_rows import with_classes

DRAWS = 5


def main() -> None:
    """Print one line of a Markdown table for each combination."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--label")
    parser.add_argument("--relabel", action="append", default=[], metavar="OLD=NEW")
    parser.add_argument("--draw", type=int, default=50, help="training pictures in a draw")
    options = parser.parse_args()
    data = open_dataset(options.data, label=options.label)
    data = with_classes(data, scheme="", mapping=dict(t.split("=", 1) for t in options.relabel))
    data = data.subset(np.flatnonzero(data.labels >= 0))
    print(f"| model | looks | head | accuracy | from {options.draw} pictures | s |")
    print("|---|---|---|---|---|---|")
    for model in BUNDLED:
        classifier = Classifier.load(model)
        for average in (False, True):
            start = time.process_time()
            seen = np.stack(
                list(embeddings(classifier, map(data.image, range(len(data))), average=average))
            )
            looking = time.process_time() - start
            for head in ("linear", "boosted"):
                start = time.process_time()
                whole = fit_classes(data, embed=_known(seen), head=head, average=average)
                seconds = looking + time.process_time() - start
                few = [
                    _accuracy_of_draw(data, seen, head, average, options.draw, s)
                    for s in range(DRAWS)
                ]
                score = whole.scores["accuracy"]
                print(
                    f"| {model} | {8 if average else 1} | {head} | {score.value:.3f} ({score.low:.3f} to {score.high:.3f}) "
                    f"| {np.mean(few):.3f} ({min(few):.3f} to {max(few):.3f}) | {seconds:.1f} |",
                    flush=True,
                )


def _known(features: np.ndarray) -> Embed:
    """Features that were computed before, in the place of the network."""

    def embed(pictures: Iterable[Stored]) -> Iterator[np.ndarray | Failure]:
        for i, _ in enumerate(pictures):
            yield features[i]

    return embed


def _accuracy_of_draw(
    data: DataSet, seen: np.ndarray, head: str, average: bool, count: int, seed: int
) -> float:
    train = np.flatnonzero([r.split == "train" for r in data.records])
    rest = np.flatnonzero([r.split == "validation" for r in data.records])
    classes = len(set(data.labels.tolist()))
    labels = data.labels[train]
    drawn = cap_classes(labels, cap=-(-count // classes), seed=seed)
    drawn = np.sort(np.random.default_rng(seed).permutation(drawn)[:count])
    at = np.concatenate([train[drawn], rest])
    fitted = fit_classes(
        data.subset(at), embed=_known(seen[at]), head=head, average=average, seed=seed
    )
    return fitted.scores["accuracy"].value


if __name__ == "__main__":
    main()
