"""How far a run's pictures are from what the model was made with, as far as the model file can tell.

Two things can be told: how many pictures are farther from the training data than validation pictures were, and, of a model with
classes of its own whose card counts them, how the mix of classes differs. A model of the tree says of its training data only which
sources it came from, so there the second is left unsaid.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from skyform.batch.tally import DISTANCE_STEP, Tally
from skyform.inference.modelfile import ModelInfo

__all__ = ["Drift", "drift_of", "wilson_interval"]

_EXPECTED = 0.01  # by the definition of `Calibration.familiar`
_BARS = 40
_95_PERCENT = 1.959964


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
    mix : mapping of class id to (share here, share in training)
        Empty where the model's card does not say.
    mix_distance : float or None
        Half the sum of the differences: the share of pictures that would have to change their class.
    """

    beyond: float | None = None
    low: float = 0.0
    high: float = 1.0
    histogram: list[int] = field(default_factory=list[int])
    mix: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    mix_distance: float | None = None

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
        if self.mix_distance is None:
            return [
                "The model file does not say how many pictures of each class it was trained on, so the mix of classes cannot be compared.",
            ]
        lines = [
            f"Against the labels of the training pictures, {100 * self.mix_distance:.1f} % of the pictures would have to change their class "
            "for the mix to be the same. The sky's mix, the model's mistakes and the choice of the training pictures all move this number.",
            "",
            "| class | here | in training |",
            "|---|---:|---:|",
        ]
        shares = sorted(self.mix.items(), key=lambda item: -item[1][0])
        return lines + [f"| {c} | {100 * a:.1f} % | {100 * b:.1f} % |" for c, (a, b) in shares]


def drift_of(tally: Tally, info: ModelInfo) -> Drift:
    """Compare a run with what the model file says of its training data."""
    mix, distance = _mix(tally, info)
    classified = tally.rows - tally.failed
    if not tally.distance or not classified or not math.isfinite(info.calibration.familiar):
        return Drift(mix=mix, mix_distance=distance)
    low, high = wilson_interval(tally.beyond, classified)
    return Drift(tally.beyond / classified, low, high, tally.distance, mix, distance)


def wilson_interval(hits: int, of: int) -> tuple[float, float]:
    """Ends of the 95 % interval of a share (Wilson 1927, JASA 22, 209)."""
    p, z2 = hits / of, _95_PERCENT**2
    centre = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = _95_PERCENT * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, centre - half), min(1.0, centre + half)


def _mix(tally: Tally, info: ModelInfo) -> tuple[dict[str, tuple[float, float]], float | None]:
    if info.scheme is None:
        return {}, None
    here, there = tally.classes.get(info.scheme.id, Counter[str]()), _trained_on(info)
    if not here.total() or not sum(there.values()):
        return {}, None
    mix = {
        c: (here[c] / here.total(), there.get(c, 0) / sum(there.values())) for c in info.scheme.ids
    }
    return mix, sum(abs(a - b) for a, b in mix.values()) / 2


def _trained_on(info: ModelInfo) -> dict[str, int]:
    """Training pictures of each class, by the model's card; nothing where it does not say."""
    data = info.card.get("data")
    pictures = data.get("pictures") if isinstance(data, Mapping) else None
    if not isinstance(pictures, Mapping):
        return {}
    return {
        str(c): int(n["train"])
        for c, n in pictures.items()
        if isinstance(n, Mapping) and isinstance(n.get("train"), int)
    }
