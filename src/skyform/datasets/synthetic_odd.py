"""The odd kinds of synthetic galaxies: rings, mergers and other disturbances, lenses, dust lanes, and what is no galaxy."""

from dataclasses import replace
from math import pi

import numpy as np

from skyform.datasets.synthetic_galaxy import (
    Arc,
    Bulge,
    Clump,
    Companion,
    Disc,
    DustLane,
    Galaxy,
    Ring,
    Tail,
    Warp,
    size_of,
)
from skyform.datasets.synthetic_kinds import (
    any_galaxy,
    as_seen,
    between,
    edge_on_rounded,
    flattened,
    in_between,
    inclination,
    lenticular,
    medium,
    smooth,
    some_bar,
)

__all__ = [
    "artefact",
    "cloud",
    "disturbed",
    "dust_lane",
    "irregular",
    "lens",
    "merger",
    "ringed",
    "star",
]

Rng = np.random.Generator


def ringed(rng: Rng, details: list[str]) -> Galaxy:
    """A ring about a bulge or bar, with little between."""
    disc = Disc(1.0, inclination(rng, 50.0), old=between(rng, 0.4, 0.8))
    fraction = between(rng, 0.2, 0.45)
    radius = between(rng, 2.0, 3.0)
    ring = Ring(radius, between(rng, 0.22, 0.4), between(rng, 0.5, 0.75), between(rng, 0.0, 0.4))
    return Galaxy(
        "",
        bulge=Bulge(fraction, between(rng, 0.3, 0.5), between(rng, 1.5, 3.0), flattened(disc)),
        disc=disc,
        bar=some_bar(rng) if rng.random() < 0.3 else None,
        ring=ring,
        brightness=18.0,
        resolution=9.0,
    )


def merger(rng: Rng, details: list[str]) -> Galaxy:
    """Two galaxies that pull at each other: tails, a bridge, shapes out of balance."""
    host, other = any_galaxy(rng), any_galaxy(rng)
    size = size_of(host)
    apart, direction = size * between(rng, 0.6, 1.5), between(rng, 0.0, 2 * pi)
    x, y = apart * np.cos(direction), apart * np.sin(direction)
    companion = Companion(
        other, float(x), float(y), between(rng, 0.25, 1.0), between(rng, 0.5, 0.95)
    )
    bridge = Tail(0.3 * size, direction, 0.9 * apart, 0.4, 0.18 * size, 0.05)
    away = Tail(
        0.5 * size, direction + pi, between(rng, 0.8, 2.0) * size, _turn(rng), 0.17 * size, 0.1
    )
    beyond = between(rng, 0.6, 1.6) * size
    past = Tail(apart + 0.2 * size, direction, beyond, _turn(rng), 0.15 * size, 0.08)
    tails = tuple(t for t in (bridge, away, past) if rng.random() < 0.7)
    warp = Warp(between(rng, 0.1, 0.35), direction, float(rng.normal(0, 0.06)), 0.25)
    return replace(
        host, companion=companion, tails=tails, warp=warp, brightness=28.0, resolution=8.0
    )


def _turn(rng: Rng) -> float:
    return float(rng.choice([-1, 1]) * rng.uniform(0.4, 1.8))


def disturbed(rng: Rng, details: list[str]) -> Galaxy:
    """Out of shape, without a second galaxy in sight."""
    host = any_galaxy(rng)
    size, angle = size_of(host), between(rng, 0.0, 2 * pi)
    count = int(rng.integers(1, 3))
    tails = tuple(
        Tail(
            0.5 * size,
            angle + k * pi + float(rng.normal(0, 0.3)),
            between(rng, 0.8, 1.8) * size,
            _turn(rng),
            between(rng, 0.12, 0.22) * size,
            between(rng, 0.08, 0.2),
        )
        for k in range(count)
    )
    warp = Warp(between(rng, 0.3, 0.55), angle, float(rng.normal(0, 0.1)), between(rng, 0.3, 0.6))
    return replace(host, tails=tails, warp=warp, brightness=25.0, resolution=8.5)


def irregular(rng: Rng, details: list[str]) -> Galaxy:
    """A small blue galaxy without symmetry: a ragged disc, and clumps that form stars."""
    disc = Disc(1.0, inclination(rng, 65.0), 0.35, old=between(rng, 0.0, 0.3))
    clumps: list[Clump] = []
    for _ in range(int(rng.integers(6, 13))):
        r, angle = abs(rng.normal(0, 1.6)), rng.uniform(0, 2 * pi)
        x, y = r * np.cos(angle), r * np.sin(angle) * disc.axis_ratio
        share = min(0.25, 0.05 * rng.lognormal(0, 0.7))
        size = between(rng, 0.12, 0.45)
        gas = between(rng, 0.0, 0.25)
        clumps.append(Clump(float(x), float(y), size, float(share), between(rng, 0.0, 0.2), gas))
    warp = Warp(between(rng, 0.3, 0.6), between(rng, 0.0, 2 * pi), float(rng.normal(0, 0.08)), 0.75)
    return Galaxy("", disc=disc, warp=warp, clumps=tuple(clumps), brightness=15.0, resolution=8.0)


def lens(rng: Rng, details: list[str]) -> Galaxy:
    """A massive red galaxy with the image of a blue one behind it drawn out around it."""
    galaxy = smooth(rng, between(rng, 0.75, 1.0))
    size = size_of(galaxy)
    radius = between(rng, 0.85, 1.3) * size
    angle, span = between(rng, 0.0, 2 * pi), between(rng, 1.2, 3.2)
    arc = Arc(radius, 0.07 * size, span, angle, between(rng, 0.08, 0.2))
    return replace(
        galaxy, arc=arc, bulge=Bulge(1.0, 1.0, 3.5, 0.9), resolution=7.0, brightness=35.0
    )


def dust_lane(rng: Rng, details: list[str]) -> Galaxy:
    """A lane across a spheroid, or a thick one along an edge-on disc."""
    if rng.random() < 0.5:
        galaxy = smooth(rng, between(rng, 0.6, 0.95))
        size = size_of(galaxy)
        angle = between(rng, 0.0, pi)
    else:
        galaxy = edge_on_rounded(rng, details)
        size, angle = size_of(galaxy), 0.0
    height = between(rng, 0.05, 0.09) * size
    lane = DustLane(between(rng, 1.5, 3.0), height, size, float(rng.normal(0, 0.02)) * size, angle)
    return replace(galaxy, dust=lane, resolution=10.0)


def cloud(rng: Rng, details: list[str]) -> Galaxy:
    """An ordinary galaxy with a glowing cloud of gas beside it, as Hanny's Voorwerp (Lintott et al. 2009, MNRAS 399, 129)."""
    maker = (in_between, lenticular, medium)[int(rng.integers(3))]
    galaxy = as_seen(rng, maker(rng, []), "")
    size, angle = size_of(galaxy), between(rng, 0.0, 2 * pi)
    clumps: list[Clump] = []
    for _ in range(5):
        r, a = between(rng, 1.0, 1.6) * size, angle + float(rng.normal(0, 0.15))
        x, y = float(r * np.cos(a)), float(r * np.sin(a))
        clumps.append(Clump(x, y, between(rng, 0.08, 0.18) * size, 0.03, 0.0, 0.95))
    return replace(galaxy, clumps=tuple(clumps))


def star(rng: Rng, details: list[str]) -> Galaxy:
    """A star in the middle, and no galaxy."""
    return Galaxy("", artefact="star", brightness=between(rng, 100.0, 200.0), resolution=4.0)


def artefact(rng: Rng, details: list[str]) -> Galaxy:
    """What the telescope made: the trail of a satellite, or an overexposed column."""
    return Galaxy("", artefact=str(rng.choice(["trail", "bleed"])), brightness=60.0)
