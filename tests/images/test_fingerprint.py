"""Fingerprints: copies stay close, different galaxies do not, and turning a fingerprint is turning the picture."""

import io

import numpy as np
import pytest
from PIL import Image

from skyform.datasets.alike import near_identical
from skyform.images.fingerprint import picture_hash, turned_hashes


def stamp(seed: int, *, side: int = 200, stars: int = 6) -> np.ndarray:
    """A small galaxy on a dark sky, with a few stars around it and a little noise, as in a survey's stamps."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side - 0.5
    angle, flat = rng.uniform(0, np.pi), rng.uniform(0.4, 1)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    light = 200 * np.exp(-np.hypot(u, v / flat) / rng.uniform(0.03, 0.06))
    picture = light[..., None] * np.array([1, 0.85, 0.6])
    for _ in range(stars):
        at = rng.uniform(-0.48, 0.48, 2)
        blob = rng.uniform(60, 250) * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 1e-4)
        picture = picture + blob[..., None] * rng.uniform(0.5, 1, 3)
    noisy = picture + rng.normal(4, 3, picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def saved(rgb: np.ndarray, *, quality: int = 75, scale: float = 1.0) -> np.ndarray:
    """The picture after it was resized and saved as JPEG."""
    picture = Image.fromarray(rgb)
    side = round(rgb.shape[0] * scale)
    buffer = io.BytesIO()
    picture.resize((side, side), Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Between two fingerprints' levels, or two fingerprints' detail, as directions."""
    u, v = (h.view(np.uint8).astype(float) - 128 for h in (a, b))
    return float(np.linalg.norm(u / np.linalg.norm(u) - v / np.linalg.norm(v)))


@pytest.mark.parametrize(
    ("quality", "scale"), [(95, 1.0), (75, 1.0), (50, 1.0), (80, 0.9), (80, 0.7), (80, 0.5)]
)
def test_copies_are_close(quality: int, scale: float):
    for seed in range(8):
        one = stamp(seed)
        other = saved(one, quality=quality, scale=scale)
        first, second = picture_hash(one), picture_hash(other)
        assert distance(first[:96], second[:96]) < 0.2
        # Directions 1 apart have half of their detail in common.
        assert distance(first[96:], second[96:]) < 1


def test_small_galaxies_on_a_dark_sky_do_not_chain():
    hashes = np.stack([picture_hash(stamp(seed)) for seed in range(100)])
    assert near_identical(hashes).tolist() == list(range(100))


def test_even_lone_galaxies_without_stars_stay_apart():
    hashes = np.stack([picture_hash(stamp(seed, stars=0)) for seed in range(100)])
    assert len(set(near_identical(hashes).tolist())) == 100
    # Their levels alone would not tell them apart.
    assert len(set(near_identical(hashes[:, :96]).tolist())) < 50


def test_copies_among_others_are_found():
    pictures = [stamp(seed) for seed in range(40)]
    copies = [saved(p, quality=70, scale=0.8) for p in pictures[:10]]
    groups = near_identical(np.stack([picture_hash(p) for p in pictures + copies]))
    assert groups.tolist() == [*range(40), *range(10)]


def test_turning_a_fingerprint_is_turning_the_picture():
    picture = stamp(3, side=128)
    turned = [h[0] for h in turned_hashes(picture_hash(picture)[None])]
    assert len(turned) == 7
    expected = [
        picture_hash(np.ascontiguousarray(np.rot90(p, k)))
        for k in range(4)
        for p in (picture, picture[:, ::-1])
    ][1:]
    for made, wanted in zip(turned, expected, strict=True):
        assert distance(made[:96], wanted[:96]) < 0.05
        assert distance(made[96:], wanted[96:]) < 0.5


def test_turned_copies_are_found_only_when_asked_for():
    pictures = [stamp(seed) for seed in range(12)]
    pictures.append(saved(np.ascontiguousarray(np.rot90(pictures[5])[:, ::-1])))
    hashes = np.stack([picture_hash(p) for p in pictures])
    assert near_identical(hashes)[12] == 12
    assert near_identical(hashes, also=turned_hashes(hashes))[12] == 5


def test_a_blank_picture_has_nothing_to_compare():
    for level in (0, 255):
        blank = picture_hash(np.full((50, 80, 3), level, np.uint8))
        assert (blank.view(np.uint8) == 128).all()


def test_any_shape_gives_the_same_length():
    rng = np.random.default_rng(0)
    for shape in ((1, 1), (3, 500), (69, 69), (640, 480)):
        hash = picture_hash(rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
        assert hash.shape == (224,)
        assert hash.dtype == np.uint64


def test_no_pixels_are_refused():
    with pytest.raises(ValueError, match=r"\(0, 5, 3\)"):
        picture_hash(np.zeros((0, 5, 3), np.uint8))
