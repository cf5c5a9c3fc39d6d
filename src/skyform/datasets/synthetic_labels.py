"""What people would answer about a synthetic galaxy: the truth, how far it can be seen, and a crowd's votes.

`true_answers` says what the numbers of the galaxy mean in the words of a decision tree. `expected_fractions` softens that by
what the picture shows of it, and `cast_votes` draws volunteers.
"""

from collections.abc import Mapping
from itertools import pairwise
from math import exp, log

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.datasets.synthetic_galaxy import Galaxy
from skyform.schema import DECALS, KAGGLE, SKYFORM, Tree, cumulative

__all__ = ["cast_votes", "expected_fractions", "one_hot", "true_answers"]

Fractions = Float[ndarray, " answers"]

# Where one answer ends and the next begins: pitch angles in radians, bulge over total, axis ratio.
_PITCHES = (0.292, 0.502)
_BULGES = (0.03, 0.12, 0.5)
_ROUNDNESS = (0.43, 0.81)
_ODD = {
    "ring": "ring",
    "lens": "lens",
    "disturbed": "disturbed",
    "irregular": "irregular",
    "cloud": "other",
    "merger": "merger",
    "dust-lane": "dust-lane",
}


def true_answers(galaxy: Galaxy, tree: Tree = SKYFORM) -> frozenset[str]:
    """The answers that hold, from the root along every question that they open, as `question.answer` ids.

    Parameters
    ----------
    galaxy : Galaxy
    tree : Tree
        `SKYFORM` (37 answers and the sense of rotation), `GZ2`, `KAGGLE` or `DECALS`.
    """
    holds = _decals_truth(galaxy) if tree is DECALS else _gz2_truth(galaxy)
    out: set[str] = set()
    for q in tree.order:
        parents = [tree.answers[p].id for p in tree.parents[q]]
        if q in holds and (not parents or any(p in out for p in parents)):
            out.add(f"{q}.{holds[q]}")
    return frozenset(out)


def one_hot(answers: frozenset[str], tree: Tree = SKYFORM) -> Fractions:
    """Conditional fractions of a crowd that agrees on these answers; NaN where a question is not asked."""
    out = np.full(len(tree.answers), np.nan)
    for answer in answers:
        question = answer.partition(".")[0]
        out[tree.slices[question]] = 0.0
        out[tree.index[answer]] = 1.0
    return out


def _gz2_truth(galaxy: Galaxy) -> dict[str, str]:
    """The answer that holds to each question, were it asked."""
    arms, odd = galaxy.arms, _odd(galaxy)
    winding = "medium"
    number, sense = "cant-tell", "clockwise" if galaxy.clockwise else "anticlockwise"
    if arms is not None:
        winding = ("tight", "medium", "loose")[_position(arms.pitch, _PITCHES)]
        number = {0: "cant-tell", 1: "1", 2: "2", 3: "3", 4: "4"}.get(arms.number, "more")
    return {
        "smooth-or-features": _first(galaxy),
        "edge-on": "yes" if galaxy.disc is not None and galaxy.disc.edge_on else "no",
        "bar": "no" if galaxy.bar is None else "yes",
        "spiral": "no" if arms is None else "yes",
        "bulge": _bulge(galaxy),
        "odd": "yes" if odd else "no",
        "odd-feature": odd,
        "roundness": ("cigar", "in-between", "round")[_position(_axis_ratio(galaxy), _ROUNDNESS)],
        "edge-on-bulge": _edge_on_bulge(galaxy),
        "arm-winding": winding,
        "arm-number": number,
        "sense": sense,
    }


def _decals_truth(galaxy: Galaxy) -> dict[str, str]:
    gz2 = _gz2_truth(galaxy)
    bar = galaxy.bar
    strength = "no" if bar is None else ("strong" if bar.fraction > 0.2 else "weak")
    first = {"smooth": "smooth", "features": "featured-or-disk", "star": "artifact"}
    sizes = {"none": "none", "just-noticeable": "small", "obvious": "moderate", "dominant": "large"}
    size = "dominant" if galaxy.bulge_fraction > 0.58 else sizes[gz2["bulge"]]
    roundness = gz2["roundness"]
    number = gz2["arm-number"]
    return {
        "smooth-or-featured": first[gz2["smooth-or-features"]],
        "disk-edge-on": gz2["edge-on"],
        "has-spiral-arms": gz2["spiral"],
        "bar": strength,
        "bulge-size": size,
        "how-rounded": "cigar-shaped" if roundness == "cigar" else roundness,
        "edge-on-bulge": gz2["edge-on-bulge"],
        "spiral-winding": gz2["arm-winding"],
        "spiral-arm-count": "more-than-4" if number == "more" else number,
        "merging": _merging(galaxy),
    }


def _position(value: float, edges: tuple[float, ...]) -> int:
    return sum(value > e for e in edges)


def _kind(galaxy: Galaxy) -> str:
    return galaxy.kind.partition("+")[0]


def _first(galaxy: Galaxy) -> str:
    if galaxy.artefact:
        return "star"
    # A spheroid is smooth, whatever lies across it or beside it.
    return "smooth" if galaxy.disc is None else "features"


def _odd(galaxy: Galaxy) -> str:
    return "" if galaxy.artefact else _ODD.get(_kind(galaxy), "")


def _bulge(galaxy: Galaxy) -> str:
    names = ("none", "just-noticeable", "obvious", "dominant")
    return names[_position(galaxy.bulge_fraction, _BULGES)]


def _edge_on_bulge(galaxy: Galaxy) -> str:
    if galaxy.bulge is None or galaxy.bulge.fraction < _BULGES[0]:
        return "none"
    return "boxy" if galaxy.bulge.boxiness > 0.5 else "rounded"


def _merging(galaxy: Galaxy) -> str:
    if galaxy.companion is not None:
        return "merger"
    if galaxy.warp is None or _kind(galaxy) not in ("disturbed", "irregular"):
        return "none"
    return "major-disturbance" if galaxy.warp.lopsided > 0.4 else "minor-disturbance"


def _axis_ratio(galaxy: Galaxy) -> float:
    """Of the whole, as it appears."""
    if galaxy.disc is None:
        return 1.0 if galaxy.bulge is None else galaxy.bulge.axis_ratio
    thin = galaxy.disc.axis_ratio
    bulge = 1.0 if galaxy.bulge is None else galaxy.bulge.axis_ratio
    return thin + galaxy.bulge_fraction * (bulge - thin)


def expected_fractions(galaxy: Galaxy, *, seeing: float, depth: float = 1.0) -> Fractions:
    """Conditional fractions that a large crowd would give to the answers of `SKYFORM`.

    Parameters
    ----------
    galaxy : Galaxy
    seeing : float
        Full width at half maximum of the point-spread function over the galaxy's 90 % light radius, no less than about a pixel.
    depth : float
        How many times deeper than SDSS the picture is.
    """
    sharp = _logistic((1 / seeing - 4.0) / 1.3)
    deep = _logistic(log(galaxy.brightness * depth / 7) / 0.45)
    clear = sharp * deep
    votes = {
        "smooth-or-features": _first_votes(galaxy, sharp, deep),
        "edge-on": _yes_no(_edge_on_look(galaxy)),
        "bar": _yes_no(0.05 + _bar_look(galaxy, clear)),
        "spiral": _yes_no(0.07 + 0.9 * _arms_look(galaxy, clear)),
        "bulge": _ordinal(
            log(galaxy.bulge_fraction + 0.01), [log(b + 0.01) for b in _BULGES], 0.28
        ),
        "odd": _yes_no(0.08 + 0.84 * _odd_look(galaxy, sharp, deep)),
        "odd-feature": _odd_votes(galaxy),
        "roundness": _ordinal(_blurred_ratio(galaxy, seeing), _ROUNDNESS, 0.045)[::-1],
        "edge-on-bulge": _edge_on_bulge_votes(galaxy, sharp),
        "arm-winding": _winding_votes(galaxy, clear),
        "arm-number": _number_votes(galaxy, clear),
        "sense": _sense_votes(galaxy, clear),
    }
    return np.concatenate([_shared(votes[q.id]) for q in SKYFORM.questions])


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-value))


def _shared(votes: list[float]) -> Fractions:
    """Votes that sum to 1, none of them quite 0: somebody always clicks on the wrong button."""
    out = np.maximum(np.array(votes, dtype=float), 0.004)
    return out / out.sum()


def _yes_no(chance: float) -> list[float]:
    chance = min(chance, 0.98)
    return [chance, 1 - chance]


def _ordinal(value: float, edges: tuple[float, ...] | list[float], softness: float) -> list[float]:
    """Shares of ordered answers for a value between their edges, with people who disagree by `softness`."""
    above = [1.0, *(_logistic((value - e) / softness) for e in edges), 0.0]
    return [a - b for a, b in pairwise(above)]


def _arms_look(galaxy: Galaxy, clear: float) -> float:
    """How much the arms stand out, 0 to 1: strength, tilt, and for tight or many arms the sharpness that they need."""
    arms, disc = galaxy.arms, galaxy.disc
    if arms is None or disc is None:
        return 0.0
    gap = arms.pitch / max(arms.number, 2)
    needed = _logistic((clear - 0.42 + 1.2 * (gap - 0.1)) / 0.1)
    return min(1.0, 1.9 * arms.strength) * needed * min(1.0, 1.35 * disc.axis_ratio)


def _bar_look(galaxy: Galaxy, clear: float) -> float:
    if galaxy.bar is None:
        return 0.0
    return 0.9 * _logistic((galaxy.bar.fraction - 0.1) / 0.035) * _logistic((clear - 0.35) / 0.1)


def _edge_on_look(galaxy: Galaxy) -> float:
    if galaxy.disc is None:
        return _logistic((0.3 - _axis_ratio(galaxy)) / 0.06) * 0.8
    return 0.03 + 0.95 * _logistic((np.degrees(galaxy.disc.inclination) - 77) / 2.5)


def _odd_look(galaxy: Galaxy, sharp: float, deep: float) -> float:
    odd = _odd(galaxy)
    if not odd:
        return 0.0
    if odd in ("merger", "lens", "other"):
        return 0.6 + 0.4 * deep
    return 0.25 + 0.75 * deep * (0.4 + 0.6 * sharp)


def _first_votes(galaxy: Galaxy, sharp: float, deep: float) -> list[float]:
    if galaxy.artefact:
        return [0.05, 0.04, 0.91] if galaxy.artefact != "star" else [0.13, 0.02, 0.85]
    if _first(galaxy) == "smooth":
        # A flat spheroid passes for a disc.
        seen = 0.07 + 0.3 * _edge_on_look(galaxy) + 0.45 * _odd_look(galaxy, sharp, deep)
    else:
        clear = sharp * deep
        parts = (
            _arms_look(galaxy, clear),
            0.85 * _bar_look(galaxy, clear),
            0.95 * _edge_on_look(galaxy) * (0.55 + 0.45 * sharp),
            0.75 * _odd_look(galaxy, sharp, deep),
            0.45 * sharp if galaxy.disc is not None else 0.0,
            0.0 if galaxy.ring is None else min(0.97, 1.6 * galaxy.ring.fraction) * sharp,
        )
        seen = 0.1 + 0.87 * max(parts)
    star = 0.012 + 0.03 * (1 - deep)
    return [1 - seen - star, seen, star]


def _blurred_ratio(galaxy: Galaxy, seeing: float) -> float:
    """Axis ratio after blurring, which rounds what is small."""
    half, blur = 0.45, 0.42 * seeing
    flat = half * _axis_ratio(galaxy)
    return float(np.hypot(flat, blur) / np.hypot(half, blur))


def _edge_on_bulge_votes(galaxy: Galaxy, sharp: float) -> list[float]:
    truth = _edge_on_bulge(galaxy)
    if truth == "none":
        return [0.14, 0.02, 0.84]
    if truth == "rounded":
        seen = _logistic((galaxy.bulge_fraction - 0.1) / 0.05)
        return [0.9 * seen, 0.05, 0.05 + 0.9 * (1 - seen)]
    boxy = 0.85 * (0.3 + 0.7 * sharp)
    return [0.92 - boxy, boxy, 0.08]


def _winding_votes(galaxy: Galaxy, clear: float) -> list[float]:
    pitch = 0.33 if galaxy.arms is None else galaxy.arms.pitch
    sharp = _ordinal(pitch, _PITCHES, 0.05)
    return [
        clear**0.5 * s + (1 - clear**0.5) * p for s, p in zip(sharp, (0.3, 0.4, 0.3), strict=True)
    ]


def _number_votes(galaxy: Galaxy, clear: float) -> list[float]:
    number = 0 if galaxy.arms is None else galaxy.arms.number
    votes = [0.05, 0.32, 0.05, 0.03, 0.03, 0.52]
    if number == 0:
        return votes if galaxy.arms is None else [0.02, 0.08, 0.06, 0.06, 0.38, 0.4]
    at = min(number, 5) - 1
    # The more arms, the harder they are to count.
    counted = clear**0.5 * (0.94 - 0.06 * max(number - 2, 0))
    out = [(1 - counted) * v for v in votes]
    out[at] += 0.88 * counted
    for beside in (at - 1, at + 1):
        if 0 <= beside < 5:
            out[beside] += 0.06 * counted
    return out


def _sense_votes(galaxy: Galaxy, clear: float) -> list[float]:
    seen = 0.5 + 0.47 * _arms_look(galaxy, clear) ** 0.5
    return [seen, 1 - seen] if galaxy.clockwise else [1 - seen, seen]


_PRIOR: Mapping[str, float] = {
    "ring": 0.12,
    "lens": 0.03,
    "disturbed": 0.16,
    "irregular": 0.18,
    "other": 0.28,
    "merger": 0.15,
    "dust-lane": 0.08,
}


def _odd_votes(galaxy: Galaxy) -> list[float]:
    odd = _odd(galaxy)
    out = {f: (0.22 if odd else 1.0) * share for f, share in _PRIOR.items()}
    if odd:
        out[odd] += 0.78
    return [out[a.id.partition(".")[2]] for a in SKYFORM.question["odd-feature"].answers]


def cast_votes(
    expected: Fractions, *, volunteers: int, rng: np.random.Generator, agreement: float = 60.0
) -> Float[ndarray, "37"]:
    """Cumulative fractions of `skyform.schema.KAGGLE` from a crowd that answers one question after the other.

    Each question's counts are Dirichlet-multinomial: a picture's own fractions scatter about the expected ones by a Dirichlet
    distribution of total concentration `agreement`, and people answer by them (Walmsley et al. 2022, MNRAS 509, 3966).
    """
    counts = np.zeros(len(KAGGLE.answers))
    fractions = expected[: len(KAGGLE.answers)].copy()
    for question in KAGGLE.order:
        columns = KAGGLE.slices[question]
        parents = KAGGLE.parents[question]
        asked = int(counts[list(parents)].sum()) if parents else volunteers
        if asked:
            inclined = rng.dirichlet(agreement * expected[columns])
            counts[columns] = rng.multinomial(asked, inclined)
            fractions[columns] = counts[columns] / asked
    return cumulative(KAGGLE, fractions)
