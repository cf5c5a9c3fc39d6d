"""What a model might answer about pictures of which everything is known."""

import numpy as np

from skyform.evaluation import softmax
from skyform.evaluation.fitting import Evidence
from skyform.schema import GALAXY10_SDSS, KAGGLE, KINDS, SKYFORM, TAXONOMIES, cumulative

__all__ = ["made_up_evidence"]


def made_up_evidence(n: int = 200, *, sharpness: float = 2.0) -> Evidence:
    """Votes drawn from known fractions; logits that claim more than they know, by `sharpness`."""
    rng = np.random.default_rng(0)
    parts, logits = [], []
    for q in SKYFORM.questions:
        k = len(q.answers)
        p = rng.dirichlet(np.ones(k), n)
        parts.append(np.stack([rng.dirichlet(20 * row + 1e-3) for row in p]))
        logits.append(sharpness * np.log(p + 1e-6))
    fractions = np.hstack(parts)
    votes = cumulative(KAGGLE, fractions[:, :37])
    kind_logits = rng.normal(0, 1, (n, len(KINDS)))
    kind = np.array([rng.choice(len(KINDS), p=softmax(row)) for row in kind_logits])
    shares = GALAXY10_SDSS.shares(fractions)
    classes = {t: np.full(n, -1) for t in TAXONOMIES}
    classes["galaxy10_sdss"] = shares.argmax(axis=1)
    return Evidence(
        answers=np.hstack(logits),
        kinds=sharpness * kind_logits,
        distance=rng.uniform(0.5, 1.5, n),
        votes=votes,
        counts=np.full(n, 40.0),
        rules=[()] * n,
        kind=kind,
        classes=classes,
    )
