"""How far a run's pictures are from what the model was made with, as far as the model file can tell.

Two things can be told: how many pictures are farther from the training data than validation pictures were, and how the mix of classes
differs, of each taxonomy that the card has a mix of.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from skyform.batch.tally import DISTANCE_STEP, Tally
from skyform.inference.modelfile import ModelInfo
from skyform.schema import TAXONOMIES, Scheme, Taxonomy

__all__ = ["Drift", "Mix", "drift_of", "wilson_interval"]

_EXPECTED = 0.01  # by the definition of `Calibration.familiar`
_BARS = 40
_95_PERCENT = 1.959964


@dataclass(frozen=True)
class Mix:
    """The mix of classes of one taxonomy or scheme, here and in what the model was made with.

    Attributes
    ----------
    name : str
        Of the taxonomy or scheme.
    names : mapping of class id to its name
    shares : mapping of class id to (share here, share there)
    distance : float
        Half the sum of the differences: the share of pictures that would have to change their class for the mix to be the same.
    by_chance : float
        The distance that pictures of one and the same mix would have on average, so few being counted (normal approximation).
    """

    name: str
    names: Mapping[str, str]
    shares: Mapping[str, tuple[float, float]]
    distance: float
    by_chance: float


@dataclass(frozen=True)
class Drift:
    """What can be said.

    Attributes
    ----------
    beyond : float or None
        Share of the classified pictures farther from the training data than 99 % of the validation pictures of every kind; None where
        the model has no such distance.
    low, high : float
        Ends of the 95 % interval of that share (Wilson 1927, JASA 22, 209).
    histogram : list of int
        Of the distance, in steps of `DISTANCE_STEP` of the one that 99 % stay below.
    mixes : mapping of taxonomy or scheme id to Mix
        Empty where the model's card does not say. Of a model's own classes it is the labels of the training pictures that are compared with; of
        a taxonomy, what the model says of held-out pictures of the sources that it was trained on, so that its mistakes are on both sides.
    """

    beyond: float | None = None
    low: float = 0.0
    high: float = 1.0
    histogram: list[int] = field(default_factory=list[int])
    mixes: Mapping[str, Mix] = field(default_factory=dict[str, Mix])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The section of the report."""
        return ["## Against the training data", "", *self._distance_lines(), *self._mix_lines()]

    def _distance_lines(self) -> list[str]:
        if self.beyond is None:
            return [
                "The model file holds no distance to its training data, so nothing can be said.",
                "",
            ]
        told = (
            f"{100 * self.beyond:.2f} % of the classified pictures (95 % interval {100 * self.low:.2f} to {100 * self.high:.2f} %) are "
            f"flagged `unfamiliar`: farther from the training data than 99 % of the model's validation pictures. "
        )
        if self.low > _EXPECTED:
            told += "That is more than the 1 % that pictures like those would give: look at some of them before trusting the numbers."
        else:
            told += "Pictures like those would give about 1 %."
        bars = ["", "| distance | rows | |", "|---|---:|:---|"]
        most = max(self.histogram, default=0)
        for i, count in enumerate(self.histogram):
            if count:
                end = "…" if i == len(self.histogram) - 1 else f"{(i + 1) * DISTANCE_STEP:.1f}"
                bar = "█" * math.ceil(_BARS * count / most)
                bars.append(f"| {i * DISTANCE_STEP:.1f} to {end} | {count:,} | {bar} |")
        return [told, *bars, "", "Distance 1 is the one that 99 % of validation stay below.", ""]

    def _mix_lines(self) -> list[str]:
        if not self.mixes:
            return [
                "The model file does not say how many pictures of each class it was made with, so the mix of classes cannot be compared.",
            ]
        lines = [
            "The mix of classes beside that of the model's own data: the share of pictures that would have to change their class for both to be "
            "the same, and what chance alone would make of it. Where the sky differs, the selection, or the quality of the pictures, "
            "so does the mix.",
            "",
            "| classes | to change | by chance |",
            "|---|---:|---:|",
            *(
                f"| {m.name} | {100 * m.distance:.1f} % | {100 * m.by_chance:.1f} % |"
                for m in self.mixes.values()
            ),
        ]
        mix = next(iter(self.mixes.values()))
        lines += ["", f"| {mix.name} | here | in the model's data |", "|---|---:|---:|"]
        shares = sorted(mix.shares.items(), key=lambda item: -item[1][0])
        return lines + [
            f"| {mix.names.get(c, c)} | {100 * a:.1f} % | {100 * b:.1f} % |" for c, (a, b) in shares
        ]


def drift_of(tally: Tally, info: ModelInfo) -> Drift:
    """Compare a run with what the model file says of its training data."""
    mixes = _mixes(tally, info)
    classified = tally.rows - tally.failed
    if not tally.distance or not classified or not math.isfinite(info.calibration.familiar):
        return Drift(mixes=mixes)
    low, high = wilson_interval(tally.beyond, classified)
    return Drift(tally.beyond / classified, low, high, tally.distance, mixes)


def wilson_interval(hits: int, of: int) -> tuple[float, float]:
    """Ends of the 95 % interval of a share (Wilson 1927, JASA 22, 209)."""
    p, z2 = hits / of, _95_PERCENT**2
    centre = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = _95_PERCENT * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, centre - half), min(1.0, centre + half)


def _mixes(tally: Tally, info: ModelInfo) -> dict[str, Mix]:
    """The model's own classes first, then the taxonomies."""
    own = () if info.scheme is None else (info.scheme,)
    known = _trained_on(info)
    out: dict[str, Mix] = {}
    for scheme in (*own, *info.taxonomies.values()):
        here, there = tally.classes.get(scheme.id, Counter[str]()), known.get(scheme.id, {})
        if here.total() and sum(there.values()):
            out[scheme.id] = _mix(scheme, here, there)
    return out


def _mix(scheme: Scheme | Taxonomy, here: Counter[str], there: Mapping[str, int]) -> Mix:
    n, m = here.total(), sum(there.values())
    shares = {c: (here[c] / n, there.get(c, 0) / m) for c in dict.fromkeys((*there, *here))}
    pooled = [(here[c] + there.get(c, 0)) / (n + m) for c in shares]
    # The mean of the absolute value of a normal variable is sqrt(2 / pi) of its standard deviation.
    chance = sum(math.sqrt(2 / math.pi * p * (1 - p) * (1 / n + 1 / m)) for p in pooled) / 2
    distance = sum(abs(a - b) for a, b in shares.values()) / 2
    return Mix(scheme.name, {c.id: c.name for c in scheme.classes}, shares, distance, chance)


def _trained_on(info: ModelInfo) -> dict[str, dict[str, int]]:
    """Pictures of each class in the model's data, by taxonomy or scheme, by its card; nothing where it does not say."""
    out: dict[str, dict[str, int]] = {}
    mix, data = info.card.get("mix"), info.card.get("data")
    for id, counts in mix.items() if isinstance(mix, Mapping) else ():
        if id in TAXONOMIES and isinstance(counts, Mapping):
            out[id] = {str(c): n for c, n in counts.items() if isinstance(n, int)}
    pictures = data.get("pictures") if isinstance(data, Mapping) else None
    if info.scheme is not None and isinstance(pictures, Mapping):
        out[info.scheme.id] = {
            str(c): int(n["train"])
            for c, n in pictures.items()
            if isinstance(n, Mapping) and isinstance(n.get("train"), int)
        }
    return out
