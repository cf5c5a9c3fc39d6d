"""What a synthetic galaxy is made of: numbers only, no pixels.

Lengths are in units of the galaxy's own choosing (the scale length of the disc, or the effective radius of a galaxy without one);
`size_of` says how large the whole is in them. Angles are in radians, anticlockwise as displayed. Places (`x`, `y`) and angles
are in the frame of the galaxy: x along its major axis, and handed as the galaxy is, so that a galaxy turned or mirrored keeps
every other number.
"""

from dataclasses import dataclass, replace
from math import cos, pi, radians

import numpy as np
from scipy import special

__all__ = [
    "Arc",
    "Arms",
    "Bar",
    "Bulge",
    "Clump",
    "Companion",
    "Disc",
    "DustLane",
    "Galaxy",
    "Ring",
    "Tail",
    "Warp",
    "sersic_b",
    "size_of",
]


@dataclass(frozen=True, slots=True)
class Bulge:
    """A Sérsic spheroid. `fraction` of the galaxy's light; `old` is the share of old (red) stars, here and below."""

    fraction: float
    radius: float
    index: float
    axis_ratio: float = 1.0
    boxiness: float = 0.0
    old: float = 1.0


@dataclass(frozen=True, slots=True)
class Disc:
    """An exponential disc. `thickness` is the scale height, `gradient` how much bluer it gets, both per scale length."""

    scale: float = 1.0
    inclination: float = 0.0
    thickness: float = 0.2
    old: float = 0.5
    gradient: float = 0.06

    @property
    def edge_on(self) -> bool:
        """Whether it is drawn from the side: inclined by more than 80 degrees."""
        return self.inclination > radians(80)

    @property
    def axis_ratio(self) -> float:
        """Apparent flattening of an oblate disc (Hubble 1926): q² = cos²i (1 - t²) + t², where t is the true one."""
        c = cos(self.inclination) ** 2
        return float(np.sqrt(c * (1 - self.thickness**2) + self.thickness**2))


@dataclass(frozen=True, slots=True)
class Bar:
    """A flat bar in the plane of the disc: half its length, width over length, its share of the disc's light."""

    length: float
    axis_ratio: float
    fraction: float
    angle: float = 0.0


@dataclass(frozen=True, slots=True)
class Arms:
    """Logarithmic spiral arms: r ∝ exp(θ tan pitch).

    `number` 0 means flocculent: short pieces of arms that nobody can count. `strength` is their share of the disc's light,
    `sharpness` how narrow they are across (the concentration of a von Mises profile), `patchiness` how uneven they are along,
    `knots` the share of their light in star-forming knots; they run from `inner` to `outer`.
    """

    number: int
    pitch: float
    strength: float
    sharpness: float = 2.0
    patchiness: float = 0.5
    knots: float = 0.15
    inner: float = 0.6
    outer: float = 4.5
    phase: float = 0.0


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring of `fraction` of the disc's light, in the plane of the disc."""

    radius: float
    width: float
    fraction: float
    old: float = 0.2


@dataclass(frozen=True, slots=True)
class DustLane:
    """A straight lane of dust: optical depth in the middle band, half its thickness and length, how far off the major axis."""

    depth: float
    height: float
    length: float
    offset: float = 0.0
    angle: float = 0.0


@dataclass(frozen=True, slots=True)
class Warp:
    """How far the shape is off balance.

    `lopsided` stretches one side, in the direction of `angle`; `bend` bends the major axis into a banana; `ragged` makes the
    whole uneven.
    """

    lopsided: float = 0.0
    angle: float = 0.0
    bend: float = 0.0
    ragged: float = 0.0


@dataclass(frozen=True, slots=True)
class Tail:
    """A tidal tail, bridge or plume: starts at a radius and angle, runs for `length` while turning by `turn`, and fades."""

    radius: float
    angle: float
    length: float
    turn: float
    width: float
    fraction: float
    old: float = 0.4


@dataclass(frozen=True, slots=True)
class Clump:
    """A round cloud of stars, or of gas where `gas` is near 1."""

    x: float
    y: float
    size: float
    fraction: float
    old: float = 0.0
    gas: float = 0.0


@dataclass(frozen=True, slots=True)
class Arc:
    """A background galaxy drawn out by the gravity of this one: an arc about the centre, and a small counter image across."""

    radius: float
    width: float
    span: float
    angle: float
    fraction: float
    counter: float = 0.3
    old: float = 0.0


@dataclass(frozen=True)
class Galaxy:
    """Everything that is drawn of one galaxy.

    Attributes
    ----------
    kind : str
        What it was drawn as, a key of `skyform.datasets.synthetic_draw.MIXTURE`.
    position_angle : float
        Of the major axis, from the x axis towards y (up).
    clockwise : bool
        The sense in which it seems to turn if its arms trail; mirroring the picture exchanges it.
    brightness : float
        Mean surface brightness within the 90 % light radius, over the noise of one SDSS pixel.
    resolution : float
        The 90 % light radius over the full width at half maximum of SDSS's point-spread function.
    texture : int
        Seed of what is uneven in it.
    artefact : str
        "" for a galaxy; "star", "trail" or "bleed" for what is none.
    """

    kind: str
    bulge: Bulge | None = None
    disc: Disc | None = None
    bar: Bar | None = None
    arms: Arms | None = None
    ring: Ring | None = None
    dust: DustLane | None = None
    warp: Warp | None = None
    tails: tuple[Tail, ...] = ()
    clumps: tuple[Clump, ...] = ()
    arc: Arc | None = None
    companion: "Companion | None" = None
    position_angle: float = 0.0
    clockwise: bool = True
    brightness: float = 20.0
    resolution: float = 7.0
    texture: int = 0
    artefact: str = ""

    @property
    def bulge_fraction(self) -> float:
        """Bulge over total light."""
        return 0.0 if self.bulge is None else self.bulge.fraction

    def turned(self, angle: float) -> "Galaxy":
        """The same galaxy with its position angle larger by `angle` radians."""
        return replace(self, position_angle=self.position_angle + angle)

    def mirrored(self) -> "Galaxy":
        """The same galaxy as a mirror shows it, left and right exchanged."""
        angle = pi - self.position_angle
        return replace(self, position_angle=angle, clockwise=not self.clockwise)


@dataclass(frozen=True)
class Companion:
    """A second galaxy: where its centre is, its light and its size over those of the first one."""

    galaxy: Galaxy
    x: float
    y: float
    flux: float
    size: float = 1.0


def sersic_b(index: float) -> float:
    """The constant b of a Sérsic profile, which puts half the light inside the effective radius.

    Solves γ(2n, b) = Γ(2n) / 2 exactly (Graham and Driver 2005, PASA 22, 118); Ciotti and Bertin 1999 (A&A 352, 447) give
    it as a series, b ≈ 2n - 1/3 + 4/(405 n) + …
    """
    return float(special.gammaincinv(2 * index, 0.5))


def size_of(galaxy: Galaxy) -> float:
    """The radius of 90 % of the light, in the galaxy's units, measured as a survey would.

    Counted within four half-light radii, as a survey's Petrosian aperture also leaves out the faintest wings (Graham et al.
    2005, AJ 130, 1535); seen face-on; companions, tails and clumps don't count.
    """
    radius = np.geomspace(0.02, 60, 200)
    grown = np.zeros_like(radius)
    if galaxy.bulge is not None:
        b = galaxy.bulge
        reduced = sersic_b(b.index) * (radius / b.radius) ** (1 / b.index)
        grown += b.fraction * special.gammainc(2 * b.index, reduced)
    if galaxy.disc is not None:
        share = 1 - galaxy.bulge_fraction
        grown += share * special.gammainc(2, radius / galaxy.disc.scale)
    if grown[-1] == 0:
        return 1.0
    half = np.interp(0.5 * grown[-1], grown, radius)
    inside = np.interp(4 * half, radius, grown)
    return float(np.interp(0.9 * inside, grown, radius))
