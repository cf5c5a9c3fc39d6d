"""Small galaxies to measure and to learn from, drawn from a seed."""

import numpy as np


def galaxy(
    *,
    side: int = 96,
    ratio: float = 1.0,
    angle: float = 0.4,
    radius: float = 0.1,
    index: float = 1.0,
    shift: tuple[float, float] = (0.0, 0.0),
    noise: float = 0.004,
    seed: int = 0,
) -> np.ndarray:
    """A Sérsic profile on a dark sky, uint8 RGB; `radius` and `shift` as shares of the side."""
    rng = np.random.default_rng(seed)
    at = (np.arange(side) - (side - 1) / 2) / side
    y, x = np.meshgrid(at - shift[0], at - shift[1], indexing="ij")
    u = x * np.cos(angle) + y * np.sin(angle)
    v = -x * np.sin(angle) + y * np.cos(angle)
    r = np.hypot(u, v / ratio) + 1e-3
    steep = 2 * index - 1 / 3
    # Not clipped in the middle, whatever the profile.
    light = 0.85 * np.exp(-steep * (r / radius) ** (1 / index))
    grey = np.clip(0.04 + light + rng.normal(0, noise, (side, side)), 0, 1)
    return np.repeat((grey * 255).round().astype(np.uint8)[..., None], 3, axis=2)


def pair() -> np.ndarray:
    """Two galaxies close by."""
    one = galaxy(shift=(0.0, -0.09), radius=0.06, seed=1).astype(int)
    two = galaxy(shift=(0.03, 0.1), radius=0.05, noise=0.0).astype(int)
    return np.clip(one + two - 10, 0, 255).astype(np.uint8)


def two_classes(n: int, *, side: int = 32, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Round (0) and edge-on (1) galaxies in every orientation."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    pictures = [
        galaxy(
            side=side,
            ratio=0.2 if label else 0.95,
            angle=rng.uniform(0, np.pi),
            radius=rng.uniform(0.12, 0.16),
            noise=0.02,
            seed=seed + i,
        )
        for i, label in enumerate(y)
    ]
    return np.stack(pictures), y
