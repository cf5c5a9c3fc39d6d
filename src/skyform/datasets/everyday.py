"""Negatives: pictures of no celestial object, to teach a network to say "none of these".

Random cuts of the photographs that ship inside scikit-image and scikit-learn, and seeded textures. A few of those photographs are left
out on purpose, so that tests can show pictures of a sort that training never saw.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from importlib.util import find_spec

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image, ImageDraw, ImageFilter

from skyform.datasets.catalogue import Row
from skyform.datasets.labels import Labels, star_rule
from skyform.errors import MissingExtraError

__all__ = ["HELD_OUT_PHOTOGRAPHS", "everyday_rows"]

# The Hubble deep field and the Moon are celestial, so they are in neither list.
_PHOTOGRAPHS: dict[str, tuple[str, ...]] = {
    "skimage.data": (
        "astronaut.png",
        "brick.png",
        "camera.png",
        "cell.png",
        "coins.png",
        "color.png",
        "grass.png",
        "gravel.png",
        "horse.png",
        "ihc.png",
        "motorcycle_left.png",
        "page.png",
        "retina.jpg",
        "rocket.jpg",
        "text.png",
    ),
    "sklearn.datasets.images": ("china.jpg", "flower.jpg"),
}
_VALIDATION: dict[str, tuple[str, ...]] = {"skimage.data": ("coffee.png", "clock_motion.png")}
HELD_OUT_PHOTOGRAPHS: tuple[str, ...] = ("chelsea.png",)


def everyday_rows(
    *, photographs: int, textures: int, seed: int, split: str = "train"
) -> Iterator[Row]:
    """`photographs` random cuts and `textures` made-up pictures, as JPEG rows of kind "none".

    The two splits cut different photographs and draw different textures; `HELD_OUT_PHOTOGRAPHS` are in neither.

    Raises
    ------
    MissingExtraError
        If scikit-image or scikit-learn is not installed (`pip install 'skyform[train]'`).
    """
    train = split == "train"
    rng = np.random.default_rng(seed if train else (seed, 1))
    pictures = _open_photographs(_PHOTOGRAPHS if train else _VALIDATION)
    for n in range(photographs):
        yield _row(f"photograph-{n}", split, _random_cut(pictures[n % len(pictures)], rng))
    for n in range(textures):
        yield _row(f"texture-{n}", split, _TEXTURES[n % len(_TEXTURES)](rng))


def _row(id: str, split: str, picture: Image.Image) -> Row:
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=90)
    labels = Labels(rules=((star_rule(), 0.9),), kinds=frozenset({"none"}))
    return Row(
        f"everyday-{split}-{id}", "everyday", split, "everyday", buffer.getvalue(), labels, {}
    )


def _open_photographs(photographs: Mapping[str, Sequence[str]]) -> list[Image.Image]:
    out: list[Image.Image] = []
    for package, names in photographs.items():
        if find_spec(package.split(".")[0]) is None:
            raise MissingExtraError(
                f"The photographs of {package} are not installed.",
                remedy="pip install 'skyform[train]'",
            )
        for name in names:
            with (resources.files(package) / name).open("rb") as file:
                out.append(Image.open(file).convert("RGB"))
    return out


def _random_cut(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    side = int(min(picture.size) * rng.uniform(0.35, 1.0))
    x = int(rng.integers(0, picture.width - side + 1))
    y = int(rng.integers(0, picture.height - side + 1))
    cut = picture.crop((x, y, x + side, y + side)).resize((256, 256), Image.Resampling.BICUBIC)
    if rng.random() < 0.3:
        # Night scenes and dim rooms: black ground alone must not make a sky.
        cut = cut.point([int(255 * (v / 255) ** rng.uniform(1.5, 3.0)) for v in range(256)] * 3)
    return cut


def _noise(rng: np.random.Generator) -> Image.Image:
    grey = rng.random() < 0.3
    level, spread = rng.uniform(0, 160), rng.uniform(3, 80)
    noise = rng.normal(level, spread, (256, 256, 1 if grey else 3))
    picture = Image.fromarray(_levels(np.broadcast_to(noise, (256, 256, 3))))
    return picture.filter(ImageFilter.GaussianBlur(float(rng.choice([0, 0, 1, 3, 12]))))


def _gradient(rng: np.random.Generator) -> Image.Image:
    ys, xs = np.mgrid[0:256, 0:256] / 255
    angle = rng.uniform(0, 2 * np.pi)
    ramp = (np.cos(angle) * xs + np.sin(angle) * ys)[..., None]
    waves = 20 * np.sin(2 * np.pi * rng.uniform(0, 12) * ramp)
    return Image.fromarray(
        _levels(rng.uniform(0, 255, 3) + ramp * rng.uniform(-200, 200, 3) + waves)
    )


def _shapes(rng: np.random.Generator) -> Image.Image:
    picture = Image.new("RGB", (256, 256), _colour(rng))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(1, 12))):
        x0, x1 = sorted(int(v) for v in rng.integers(0, 256, 2))
        y0, y1 = sorted(int(v) for v in rng.integers(0, 256, 2))
        shape = int(rng.integers(0, 3))
        if shape == 0:
            draw.rectangle((x0, y0, x1, y1), fill=_colour(rng))
        elif shape == 1:
            draw.line((x0, y0, x1, y1), fill=_colour(rng), width=int(rng.integers(1, 12)))
        else:
            draw.polygon(
                [(int(a), int(b)) for a, b in rng.integers(0, 256, (4, 2))], fill=_colour(rng)
            )
    return picture


def _lettering(rng: np.random.Generator) -> Image.Image:
    dark = rng.random() < 0.5
    ground, ink = ((12, 12, 16), (230, 230, 230)) if dark else ((250, 250, 248), (20, 20, 20))
    picture = Image.new("RGB", (256, 256), ground)
    draw = ImageDraw.Draw(picture)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz     ABCDEFGH0123456789.,:;()=+-"))
    size = int(rng.integers(9, 40))
    for y in range(4, 256, size + 4):
        text = "".join(rng.choice(letters, int(rng.integers(4, 60))))
        draw.text((int(rng.integers(0, 30)), y), text, fill=ink, font_size=size)
    return picture


def _cosmic_rays(rng: np.random.Generator) -> Image.Image:
    """Sky noise with trails and bleeding columns, as a detector shows without any object."""
    sky = rng.normal(rng.uniform(4, 30), rng.uniform(2, 10), (256, 256, 3))
    picture = Image.fromarray(_levels(sky))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(1, 5))):
        x0, y0, x1, y1 = (int(v) for v in rng.integers(-60, 316, 4))
        draw.line((x0, y0, x1, y1), fill=_colour(rng, least=120), width=int(rng.integers(1, 5)))
    return picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 1.2))))


def _colour(rng: np.random.Generator, *, least: int = 0) -> tuple[int, int, int]:
    red, green, blue = (int(v) for v in rng.integers(least, 256, 3))
    return red, green, blue


def _levels(values: ndarray) -> UInt8[ndarray, "height width 3"]:
    return np.clip(values, 0, 255).astype(np.uint8)


_TEXTURES = (_noise, _gradient, _shapes, _lettering, _cosmic_rays)
