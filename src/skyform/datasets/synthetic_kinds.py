"""The ordinary kinds of synthetic galaxies: which numbers go together in nature, as far as a stamp shows it.

Late types have smaller bulges, more open arms and bluer discs (Kennicutt 1981, AJ 86, 1847; Roberts and Haynes 1994, ARA&A 32,
115), pitch angles run from some 7 to 35 degrees (Seigar and James 1998, MNRAS 299, 685) and to 45 here, Sérsic indices grow
with the bulge's share (Graham and Worley 2008, MNRAS 388, 1708), and about a third of all discs have a bar (Masters et al.
2011, MNRAS 411, 2026).
"""

from dataclasses import replace
from math import pi, radians

import numpy as np

from skyform.datasets.synthetic_galaxy import Arms, Bar, Bulge, Disc, DustLane, Galaxy, Ring, Warp

__all__ = [
    "any_galaxy",
    "as_seen",
    "between",
    "cigar",
    "edge_on_boxy",
    "edge_on_no_bulge",
    "edge_on_rounded",
    "flattened",
    "in_between",
    "inclination",
    "lenticular",
    "loose",
    "medium",
    "round_galaxy",
    "smooth",
    "some_bar",
    "tight",
]

Rng = np.random.Generator


def as_seen(rng: Rng, galaxy: Galaxy, kind: str) -> Galaxy:
    """The galaxy turned at random, at a random distance, with a texture of its own."""
    blur, glow = rng.lognormal(0, 0.35), rng.lognormal(0.4, 0.45)
    return replace(
        galaxy,
        kind=kind,
        position_angle=float(rng.uniform(0, 2 * pi)),
        clockwise=bool(rng.random() < 0.5),
        texture=int(rng.integers(2**31)),
        resolution=float(np.clip(galaxy.resolution * blur, 2.5, 25)),
        # What looks small is mostly far away, and fainter.
        brightness=float(np.clip(galaxy.brightness * glow * blur**0.6, 5, 300)),
    )


def between(rng: Rng, low: float, high: float) -> float:
    """A number drawn evenly between two."""
    return float(rng.uniform(low, high))


def smooth(rng: Rng, axis_ratio: float) -> Galaxy:
    """An early type of one Sérsic component; some are small blue discs that look smooth."""
    red = rng.random() < 0.85
    index = between(rng, 2.5, 5.0) if red else between(rng, 0.9, 1.6)
    if axis_ratio < 0.45:
        # Real spheroids are not that flat: these are discs, or nearly so.
        index = between(rng, 1.0, 2.2)
    old = between(rng, 0.8, 1.0) if red else between(rng, 0.25, 0.6)
    bulge = Bulge(1.0, 1.0, index, axis_ratio, old=old)
    return Galaxy("", bulge=bulge, brightness=36.0 if red else 22.0, resolution=5.5)


def round_galaxy(rng: Rng, details: list[str]) -> Galaxy:
    """An elliptical that looks round."""
    return smooth(rng, between(rng, 0.86, 1.0))


def in_between(rng: Rng, details: list[str]) -> Galaxy:
    """An elliptical that is neither round nor flat."""
    return smooth(rng, between(rng, 0.5, 0.76))


def cigar(rng: Rng, details: list[str]) -> Galaxy:
    """A smooth galaxy three to five times as long as wide."""
    return replace(smooth(rng, between(rng, 0.2, 0.36)), resolution=6.0)


def _edge_on(
    rng: Rng, *, fraction: float, thickness: tuple[float, float], old: tuple[float, float]
) -> Galaxy:
    disc = Disc(
        inclination=radians(between(rng, 84.0, 90.0)),
        thickness=between(rng, *thickness),
        old=between(rng, *old),
    )
    lane = None
    if rng.random() < 0.45:
        height = disc.thickness * between(rng, 0.2, 0.4)
        offset = between(rng, -0.5, 0.5) * disc.thickness
        lane = DustLane(between(rng, 0.3, 1.1), height, between(rng, 2.0, 3.0), offset)
    return Galaxy(
        "",
        disc=disc,
        bulge=None if fraction == 0 else Bulge(fraction, 1.0, 2.0),
        dust=lane,
        warp=Warp(ragged=between(rng, 0.05, 0.3), bend=float(rng.normal(0, 0.01))),
        brightness=15.0,
        resolution=8.0,
    )


def edge_on_rounded(rng: Rng, details: list[str]) -> Galaxy:
    """A disc from the side with a round bulge."""
    fraction = between(rng, 0.2, 0.5)
    galaxy = _edge_on(rng, fraction=fraction, thickness=(0.16, 0.3), old=(0.5, 0.9))
    radius = between(rng, 0.35, 0.6)
    bulge = Bulge(fraction, radius, between(rng, 1.5, 3.5), between(rng, 0.65, 0.95))
    return replace(galaxy, bulge=bulge)


def edge_on_boxy(rng: Rng, details: list[str]) -> Galaxy:
    """A disc from the side with a boxy or peanut-shaped bulge: a bar seen along its side."""
    fraction = between(rng, 0.4, 0.55)
    galaxy = _edge_on(rng, fraction=fraction, thickness=(0.12, 0.18), old=(0.6, 0.9))
    ratio, boxiness = between(rng, 0.48, 0.6), between(rng, 1.5, 3.0)
    bulge = Bulge(fraction, between(rng, 0.7, 0.95), between(rng, 0.6, 0.9), ratio, boxiness, 0.9)
    return replace(galaxy, bulge=bulge, dust=None, resolution=10.0)


def edge_on_no_bulge(rng: Rng, details: list[str]) -> Galaxy:
    """A disc from the side and nothing else."""
    return _edge_on(rng, fraction=0.0, thickness=(0.12, 0.26), old=(0.15, 0.6))


def some_bar(rng: Rng) -> Bar:
    """A bar of a length and strength that a stamp shows."""
    length = between(rng, 0.8, 1.5)
    return Bar(length, between(rng, 0.2, 0.35), between(rng, 0.12, 0.3), between(rng, 0.0, pi))


def _wants(rng: Rng, details: list[str], chance: float) -> bool:
    """Whether there is a bar: as asked for, or by chance."""
    return "bar" in details or ("no-bar" not in details and bool(rng.random() < chance))


def inclination(rng: Rng, most: float = 62.0) -> float:
    """Of discs in random directions (cos i is uniform), up to `most` degrees."""
    return float(np.arccos(rng.uniform(np.cos(radians(most)), 1)))


def lenticular(rng: Rng, details: list[str]) -> Galaxy:
    """A disc without arms: a bulge, perhaps a bar, and a faint wide ring where it ends."""
    barred = _wants(rng, details, 0.45)
    fraction = between(rng, 0.12, 0.65)
    disc = Disc(1.0, inclination(rng, 68.0), old=between(rng, 0.55, 0.95), gradient=0.05)
    lens = Ring(between(rng, 1.5, 2.3), between(rng, 0.4, 0.7), between(rng, 0.1, 0.25), old=0.6)
    return Galaxy(
        "",
        bulge=Bulge(fraction, between(rng, 0.2, 0.45), between(rng, 1.5, 3.5), flattened(disc)),
        disc=disc,
        bar=some_bar(rng) if barred else None,
        ring=lens,
        brightness=35.0,
        resolution=7.0,
    )


def flattened(disc: Disc) -> float:
    """A bulge in an inclined disc: rounder than the disc."""
    return 1 - 0.45 * (1 - disc.axis_ratio)


_PITCH = {"tight": (9.5, 15.0), "medium": (18.5, 26.5), "loose": (31.0, 45.0)}
_BULGE = {"tight": (0.15, 0.56), "medium": (0.05, 0.3), "loose": (0.0, 0.25)}
_OLD = {"tight": (0.4, 0.75), "medium": (0.25, 0.6), "loose": (0.1, 0.45)}
# Shares of 1, 2, 3, 4, 5 arms and of flocculent ones: two is by far the commonest number (Willett et al. 2013, MNRAS 435, 2835).
_NUMBERS = {
    "tight": (0.06, 0.60, 0.11, 0.04, 0.05, 0.14),
    "medium": (0.06, 0.60, 0.13, 0.07, 0.05, 0.09),
    "loose": (0.10, 0.69, 0.10, 0.04, 0.03, 0.04),
}


def tight(rng: Rng, details: list[str]) -> Galaxy:
    """Spiral arms of small pitch angle, a large bulge."""
    return _spiral(rng, "tight", details)


def medium(rng: Rng, details: list[str]) -> Galaxy:
    """Spiral arms of medium pitch angle."""
    return _spiral(rng, "medium", details)


def loose(rng: Rng, details: list[str]) -> Galaxy:
    """Open spiral arms, little bulge."""
    return _spiral(rng, "loose", details)


def _spiral(rng: Rng, winding: str, details: list[str]) -> Galaxy:
    disc = Disc(1.0, inclination(rng), old=between(rng, *_OLD[winding]))
    barred = _wants(rng, details, 0.35)
    bar = some_bar(rng) if barred else None
    fraction = max(0.0, between(rng, *_BULGE[winding]) - 0.02)
    radius = 0.15 + 0.5 * fraction
    index = float(np.clip(1 + 4 * fraction + rng.normal(0, 0.3), 0.8, 4))
    bulge = Bulge(fraction, radius, index, flattened(disc), old=between(rng, 0.75, 1.0))
    return Galaxy(
        "",
        bulge=bulge if fraction else None,
        disc=disc,
        bar=bar,
        arms=_arms(rng, winding, details, bar),
        warp=Warp(float(rng.uniform(0, 0.12)), between(rng, 0.0, 2 * pi), 0.0, 0.15),
        brightness=20.0,
        resolution=9.0,
    )


def _arms(rng: Rng, winding: str, details: list[str], bar: Bar | None) -> Arms:
    asked = [int(d[0]) for d in details if d.endswith("-arm")]
    number = asked[0] if asked else int(rng.choice(6, p=_NUMBERS[winding]) + 1) % 6
    if "flocculent" in details:
        number = 0
    elif number == 5:
        number = int(rng.integers(5, 7))
    pitch = radians(between(rng, *_PITCH[winding]))
    inner = bar.length * 0.9 if bar else between(rng, 0.4, 0.8)
    # Two arms start where the bar ends.
    phase = bar.angle - np.log(inner) / np.tan(pitch) if bar else rng.uniform(0, 2 * pi)
    return Arms(
        number,
        pitch,
        strength=between(rng, 0.3, 0.65) if number else between(rng, 0.3, 0.55),
        sharpness=between(rng, 1.2, 3.5) if number < 3 else between(rng, 1.0, 2.2),
        patchiness=between(rng, 0.25, 0.6),
        knots=between(rng, 0.05, 0.3) * (0.5 if winding == "tight" else 1.0),
        inner=inner,
        outer=between(rng, 3.6, 4.8) if winding == "tight" else between(rng, 3.0, 4.2),
        phase=float(phase % (2 * pi)),
    )


def any_galaxy(rng: Rng) -> Galaxy:
    """One of the ordinary kinds."""
    makers = (round_galaxy, in_between, edge_on_rounded, lenticular, medium, loose)
    maker = makers[int(rng.choice(len(makers), p=(0.2, 0.2, 0.08, 0.12, 0.2, 0.2)))]
    return as_seen(rng, maker(rng, []), "")
