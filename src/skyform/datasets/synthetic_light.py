"""The light of a synthetic galaxy as it leaves the galaxy: no telescope, no sky, no noise.

`light` gives surface brightness at any points, in three populations: old stars, young stars, glowing gas. What colours these
are is the survey's business. The model is a function of position alone, so it can be sampled as finely as one likes, and
turning or mirroring the galaxy turns or mirrors the light exactly.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy import special

from skyform.datasets.synthetic_galaxy import (
    Arc,
    Arms,
    Bar,
    Bulge,
    Clump,
    Disc,
    DustLane,
    Galaxy,
    Ring,
    Tail,
    Warp,
    sersic_b,
    size_of,
)
from skyform.datasets.synthetic_texture import Texture

__all__ = ["Light", "edge_on_disc", "light", "sersic"]

Map = Float[ndarray, "*shape"]


@dataclass(frozen=True)
class Light:
    """Surface brightness of old stars, young stars and gas, and the optical depth of the dust before them (in the middle band).

    The total over the plane is about 1 (what companions, tails, arcs and clumps bring comes on top).
    """

    populations: Float[ndarray, "3 *shape"]
    dust: Float[ndarray, "*shape"]


def light(galaxy: Galaxy, x: Map, y: Map, *, step: float = 0.0) -> Light:
    """The light at points `x`, `y`, in the galaxy's units; x to the right, y up, the galaxy's centre at 0, 0.

    Parameters
    ----------
    galaxy : Galaxy
    x, y : arrays of float of one shape
    step : float
        Distance between samples. The cusp of a Sérsic profile is softened below a third of it, for a sample stands for its
        neighbourhood.
    """
    out = Light(np.zeros((3, *x.shape), np.float32), np.zeros(x.shape, np.float32))
    if galaxy.artefact:
        return out
    frame = _framed(galaxy, x.astype(np.float32), y.astype(np.float32))
    texture = Texture(galaxy.texture)
    warped = _warped(galaxy.warp, *frame)
    bulge, disc = galaxy.bulge, galaxy.disc
    if bulge is not None:
        _add(out, _bulge(bulge, *warped, step=step) * bulge.fraction, old=bulge.old)
    if disc is not None and disc.edge_on:
        side = edge_on_disc(*warped, scale=disc.scale, height=_apparent_height(disc))
        ragged = _ragged(galaxy.warp, texture, *warped)
        old = _fading(disc, np.abs(warped[0]))
        _add(out, side * ragged * (1 - galaxy.bulge_fraction), old=old)
    elif disc is not None:
        _add_plane(out, galaxy, disc, texture, *warped)
    _add_extras(out, galaxy, texture, *frame)
    _add_companion(out, galaxy, *frame, step=step)
    return out


def sersic(
    radius: Map, *, index: float, effective: float, axis_ratio: float = 1.0, flux: float = 1.0
) -> Map:
    """Surface brightness of a Sérsic profile of a given total flux.

    I(r) = Iₑ exp(-b ((r/rₑ)^(1/n) - 1)), whose total light is 2π n q rₑ² Iₑ eᵇ b⁻²ⁿ Γ(2n) (Graham and Driver 2005, PASA 22, 118);
    `radius` is the elliptical radius along the major axis.
    """
    b = sersic_b(index)
    total = 2 * np.pi * index * axis_ratio * effective**2 * b ** (-2 * index)
    centre = flux / (total * special.gamma(2 * index))
    return np.float32(centre) * np.exp(np.float32(-b) * (radius / effective) ** (1 / index))


def edge_on_disc(x: Map, y: Map, *, scale: float, height: float) -> Map:
    """Surface brightness of an exponential disc seen from the side, of total flux 1.

    The isothermal sheet of van der Kruit and Searle 1981 (A&A 95, 105): (|x|/h) K₁(|x|/h) sech²(y/z₀), which holds
    2h (π/2) 2z₀ of light. The disc flares: it is a fifth thicker with each scale length outwards.
    """
    along = np.maximum(np.abs(x) / scale, 1e-4)
    flared = height * (1 + np.float32(0.2) * np.maximum(along - 1, 0))
    up = np.minimum(np.abs(y) / flared, 30)
    # K1 through a table: the function itself costs as much as all the rest of the galaxy.
    table = np.geomspace(1e-4, 40, 400)
    profile = np.interp(along, table, table * special.k1(table)).astype(np.float32)
    return profile / np.cosh(up) ** 2 / (2 * np.pi * scale * flared)


def _framed(galaxy: Galaxy, x: Map, y: Map) -> tuple[Map, Map]:
    """Points in the galaxy's frame. In it, arms wind outward anticlockwise: trailing, they turn clockwise."""
    c, s = np.float32(np.cos(galaxy.position_angle)), np.float32(np.sin(galaxy.position_angle))
    across = y * c - x * s
    return x * c + y * s, across if galaxy.clockwise else -across


def _warped(warp: Warp | None, x: Map, y: Map) -> tuple[Map, Map]:
    if warp is None:
        return x, y
    y = y + np.float32(warp.bend) * x**2 / (1 + np.abs(x))
    toward = x * np.float32(np.cos(warp.angle)) + y * np.float32(np.sin(warp.angle))
    stretch = 1 - np.float32(warp.lopsided) * toward / (1 + np.hypot(x, y))
    return x * stretch, y * stretch


def _add(out: Light, brightness: Map, *, old: float | Map, gas: float = 0.0) -> None:
    stars = brightness * np.float32(1 - gas)
    red = stars * old
    out.populations[0] += red
    out.populations[1] += stars - red
    if gas:
        out.populations[2] += brightness * np.float32(gas)


def _bulge(bulge: Bulge, x: Map, y: Map, *, step: float) -> Map:
    """A Sérsic bulge with generalised ellipses for isophotes (Athanassoula et al. 1990, MNRAS 245, 130), pinched if boxy."""
    q, power = bulge.axis_ratio, 2 + bulge.boxiness
    if bulge.boxiness:
        # A peanut is thicker beside the centre than above it.
        waist = 1 - 0.07 * bulge.boxiness * np.exp(-((2 * x / bulge.radius) ** 2))
        radius = (np.abs(x) ** power + np.abs(y / (q * waist)) ** power) ** (1 / power)
    else:
        radius = np.sqrt(x**2 + (y / q) ** 2)
    radius = np.sqrt(radius**2 + np.float32(step / 3) ** 2)
    return sersic(radius, index=bulge.index, effective=bulge.radius, axis_ratio=q)


def _apparent_height(disc: Disc) -> float:
    """Scale height of a disc that is not quite edge-on: its tilt adds to its thickness."""
    return disc.scale * float(np.hypot(disc.thickness, 0.8 * np.cos(disc.inclination)))


def _fading(disc: Disc, radius: Map) -> Map:
    """Share of old stars: discs get bluer outwards."""
    return np.clip(disc.old - disc.gradient * (radius / disc.scale - 1.5), 0, 1)


def _add_plane(out: Light, galaxy: Galaxy, disc: Disc, texture: Texture, x: Map, y: Map) -> None:
    """Everything that lies in the plane of an inclined disc: the disc, bar, ring and arms."""
    q = np.float32(disc.axis_ratio)
    y = y / q
    radius = np.sqrt(x**2 + y**2)
    angle = np.arctan2(y, x)
    share = np.float32((1 - galaxy.bulge_fraction) / q)
    bar, ring, arms = galaxy.bar, galaxy.ring, galaxy.arms
    parts = (bar.fraction if bar else 0.0, ring.fraction if ring else 0.0)
    rest = 1 - sum(parts) - (arms.strength if arms else 0.0)
    exponential = np.exp(-radius / disc.scale) / np.float32(2 * np.pi * disc.scale**2)
    old = _fading(disc, radius)
    smooth = exponential * _ragged(galaxy.warp, texture, x, y)
    _add(out, smooth * (share * np.float32(rest)), old=old)
    if bar is not None:
        _add(out, _bar(bar, x, y) * (share * parts[0]), old=min(1.0, disc.old + 0.3))
    if ring is not None:
        clumps = np.exp(0.5 * texture.at(angle, 0.3 * radius) - 0.12)
        _add(out, _ring(ring, radius) * clumps * (share * parts[1]), old=ring.old)
    if arms is not None:
        _add_arms(out, arms, disc, texture, radius, angle, share=share)


def _bar(bar: Bar, x: Map, y: Map) -> Map:
    """A bar of total flux 1 with a flat profile that ends steeply (Elmegreen and Elmegreen 1985, ApJ 288, 438)."""
    c, s = np.float32(np.cos(bar.angle)), np.float32(np.sin(bar.angle))
    along = np.abs(x * c + y * s) / bar.length
    across = np.abs(y * c - x * s) / (bar.length * bar.axis_ratio)
    radius = (along**2.6 + across**2.6) ** (1 / 2.6)
    # Of exp(-ρ²) over a generalised ellipse of power 2.6, whose area is 1.08 of the ellipse's.
    return np.exp(-(radius**2) * 1.6) * np.float32(
        1.6 / (1.08 * np.pi * bar.length**2 * bar.axis_ratio)
    )


def _ring(ring: Ring, radius: Map) -> Map:
    profile = np.exp(-0.5 * ((radius - ring.radius) / ring.width) ** 2)
    return profile / np.float32((2 * np.pi) ** 1.5 * ring.radius * ring.width)


def _add_arms(
    out: Light,
    arms: Arms,
    disc: Disc,
    texture: Texture,
    radius: Map,
    angle: Map,
    *,
    share: Map | np.float32,
) -> None:
    """Arms: broad ridges over the disc, patchy along, with knots of young stars and dust on the inner side."""
    log = np.log(radius + np.float32(1e-3))
    # Constant along an arm. Arms wobble: no real one keeps its pitch angle (Savchenko and Reshetnikov 2013, MNRAS 436, 1074).
    winding = angle - log / np.float32(np.tan(arms.pitch)) - np.float32(arms.phase)
    winding = winding + 0.15 * texture.at(angle, 0.6 * log + 2)
    wave, ridge = _ridge(arms, winding, texture.at(2 * winding, 0.9 * log))
    run = _smoothstep(radius / (1.3 * arms.inner)) * np.exp(-((radius / arms.outer) ** 4))
    # Arms fade more slowly outwards than the disc under them.
    base = np.exp(-0.9 * radius / disc.scale) * np.float32(0.9**2 / (2 * np.pi * disc.scale**2))
    brightness = ridge * run * base * (share * np.float32(arms.strength))
    knots = np.exp(1.9 * texture.at(6 * angle, 4.5 * log + 1) - 1.8) * np.float32(arms.knots)
    _add(out, brightness * np.float32(1 - arms.knots), old=np.clip(disc.old - 0.3, 0, 1))
    _add(out, brightness * knots, old=0.0, gas=0.25)
    lane = np.maximum(wave * 0.6 - 0.8 * texture.at(2 * winding + 0.5, 1.3 * log), 0)
    out.dust[...] += np.float32(0.5 * arms.strength) * lane * run


def _ridge(arms: Arms, winding: Map, flocks: Map) -> tuple[Map, Map]:
    """Where between two arms a point lies (-1 to 1), and how bright the arms are there (1 on the mean)."""
    wave, ridge, uneven = flocks, np.float32(1.0), np.float32(0.9)
    if arms.number:
        uneven = np.float32(arms.patchiness)
        wave = np.cos(arms.number * winding)
        ridge = np.exp(np.float32(arms.sharpness) * (wave - 1)) / special.i0e(arms.sharpness)
        # One arm outshines another.
        ridge *= 1 + 0.25 * np.cos(winding + np.float32(1.0))
    return wave, ridge * np.exp(uneven * flocks - uneven**2 / 2)


def _smoothstep(values: Map) -> Map:
    t = np.clip(values, 0, 1)
    return t * t * (3 - 2 * t)


def _ragged(warp: Warp | None, texture: Texture, x: Map, y: Map) -> Map | np.float32:
    """A factor of mean 1 that makes a galaxy uneven."""
    if warp is None or warp.ragged == 0:
        return np.float32(1.0)
    field = texture.at(0.35 * x, 0.35 * y + 3)
    return np.exp(np.float32(warp.ragged) * field - np.float32(warp.ragged**2 / 2))


def _add_extras(out: Light, galaxy: Galaxy, texture: Texture, x: Map, y: Map) -> None:
    """Dust lane, tails, clumps and arcs: what is not in the plane."""
    for tail in galaxy.tails:
        _add(out, _tail(tail, texture, x, y), old=tail.old)
    for clump in galaxy.clumps:
        _add(out, _clump(clump, x, y), old=clump.old, gas=clump.gas)
    if galaxy.arc is not None:
        _add(out, _arc(galaxy.arc, x, y), old=galaxy.arc.old)
    if galaxy.dust is not None:
        out.dust[...] += _lane(galaxy.dust, texture, x, y)


def _lane(dust: DustLane, texture: Texture, x: Map, y: Map) -> Map:
    c, s = np.float32(np.cos(dust.angle)), np.float32(np.sin(dust.angle))
    along, across = x * c + y * s, y * c - x * s - np.float32(dust.offset)
    frayed = np.exp(0.35 * texture.at(2 * along, 3 * across))
    profile = np.exp(-0.5 * (across / dust.height) ** 2 - (along / dust.length) ** 2)
    return np.float32(dust.depth) * profile * frayed


def _gaussian(x: Map, y: Map, *, at: tuple[float, float], size: float) -> Map:
    squared = (x - np.float32(at[0])) ** 2 + (y - np.float32(at[1])) ** 2
    return np.exp(-squared / np.float32(2 * size**2)) / np.float32(2 * np.pi * size**2)


def _clump(clump: Clump, x: Map, y: Map) -> Map:
    return np.float32(clump.fraction) * _gaussian(x, y, at=(clump.x, clump.y), size=clump.size)


_TAIL_STEPS = 14


def _tail(tail: Tail, texture: Texture, x: Map, y: Map) -> Map:
    """Overlapping clouds along a curve, wider and fainter towards the end."""
    along = (np.arange(_TAIL_STEPS) + 0.5) / _TAIL_STEPS
    heading = tail.angle + tail.turn * along
    stride = tail.length / _TAIL_STEPS
    xs = tail.radius * np.cos(tail.angle) + np.cumsum(np.cos(heading)) * stride
    ys = tail.radius * np.sin(tail.angle) + np.cumsum(np.sin(heading)) * stride
    weight = np.exp(-1.6 * along)
    weight *= tail.fraction / weight.sum()
    out = np.zeros(x.shape, np.float32)
    for px, py, part, w in zip(xs, ys, along, weight, strict=True):
        size = tail.width * (0.7 + 0.9 * part)
        out += np.float32(w) * _gaussian(x, y, at=(float(px), float(py)), size=float(size))
    return out * np.exp(0.35 * texture.at(0.7 * x, 0.7 * y) - 0.06)


def _arc(arc: Arc, x: Map, y: Map) -> Map:
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    turn = np.angle(np.exp(1j * (angle - arc.angle))).astype(np.float32)
    across = np.exp(-0.5 * ((radius - arc.radius) / arc.width) ** 2)
    along = np.exp(-((turn / (arc.span / 2)) ** 4))
    area = np.float32(arc.radius * arc.span * 0.9 * arc.width * np.sqrt(2 * np.pi))
    away = arc.angle + np.pi
    at = (float(0.75 * arc.radius * np.cos(away)), float(0.75 * arc.radius * np.sin(away)))
    counter = np.float32(arc.counter) * _gaussian(x, y, at=at, size=1.2 * arc.width)
    return np.float32(arc.fraction) * (across * along / area + counter)


def _add_companion(out: Light, galaxy: Galaxy, x: Map, y: Map, *, step: float) -> None:
    if galaxy.companion is None:
        return
    c = galaxy.companion
    # How many of the companion's units make one of the galaxy's.
    scale = np.float32(size_of(c.galaxy) / (c.size * size_of(galaxy)))
    other = light(c.galaxy, (x - c.x) * scale, (y - c.y) * scale, step=step * float(scale))
    out.populations[...] += other.populations * (np.float32(c.flux) * scale**2)
    out.dust[...] += other.dust
