"""Pictures that have nothing to do with the sky, of sorts that training never draws: pages, screens, drawings, scans, handwriting.

Training's own negatives (`datasets.everyday`) are cuts of photographs, white noise, linear gradients, coloured polygons, random letters and
trails. None of the generators here makes those.
"""

from collections.abc import Sequence
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray
from PIL import Image, ImageDraw, ImageFilter

from skyform.datasets.everyday import HELD_OUT_PHOTOGRAPHS
from skyform.errors import MissingExtraError

__all__ = [
    "chart",
    "checkerboard",
    "clouds",
    "coded",
    "handwriting",
    "line_drawing",
    "night_lights",
    "page",
    "photograph",
    "scan",
    "screenshot",
    "speckle",
]

Rng = np.random.Generator
_SIDE = 256
_WORDS = (
    *(
        "the",
        "of",
        "and",
        "to",
        "in",
        "is",
        "it",
        "was",
        "that",
        "for",
        "as",
        "this",
        "be",
        "which",
    ),
    *("measure", "table", "light", "figure", "between", "chapter", "method", "result", "section"),
    *("water", "street", "paper", "morning", "number", "window", "letter", "account", "Tuesday"),
)


def page(rng: Rng) -> Image.Image:
    """A page of prose with a heading and paragraphs, sometimes turned a little as by a hand scanner."""
    picture = Image.new("RGB", (_SIDE, _SIDE), _tint(rng, 225, 255))
    draw = ImageDraw.Draw(picture)
    ink, size = _tint(rng, 0, 60), int(rng.integers(8, 15))
    draw.text((14, 10), _prose(rng, 3).title(), fill=ink, font_size=size + 6)
    y = 36
    while y < _SIDE - 10:
        if rng.random() < 0.15:
            y += size
        draw.text((14, y), _prose(rng, int(rng.integers(4, 9))), fill=ink, font_size=size)
        y += size + 4
    return picture.rotate(float(rng.normal(0, 2)), fillcolor=(240, 240, 240))


def screenshot(rng: Rng) -> Image.Image:
    """A window with a bar, buttons and lines of text, on a light or a dark ground."""
    dark = rng.random() < 0.5
    ground, ink = ((28, 30, 36), (210, 214, 220)) if dark else ((246, 247, 249), (40, 44, 52))
    picture = Image.new("RGB", (_SIDE, _SIDE), ground)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, _SIDE, 22), fill=_tint(rng, 40, 200))
    for n, colour in enumerate(((235, 95, 85), (240, 190, 60), (90, 200, 90))):
        draw.ellipse((8 + 14 * n, 7, 16 + 14 * n, 15), fill=colour)
    draw.rectangle((0, 22, 60, _SIDE), fill=_tint(rng, 20, 90) if dark else _tint(rng, 215, 240))
    for y in range(34, _SIDE - 14, 18):
        draw.text((8, y), _prose(rng, 1)[:8], fill=ink, font_size=9)
        draw.text((70, y), _prose(rng, int(rng.integers(1, 5))), fill=ink, font_size=9)
        if rng.random() < 0.25:
            draw.rounded_rectangle((190, y, 240, y + 13), 4, fill=_tint(rng, 60, 220))
    return picture


def line_drawing(rng: Rng) -> Image.Image:
    """Outlines of circles, boxes and wandering strokes on paper."""
    picture = Image.new("RGB", (_SIDE, _SIDE), _tint(rng, 235, 255))
    draw = ImageDraw.Draw(picture)
    ink = _tint(rng, 0, 90)
    for _ in range(int(rng.integers(3, 10))):
        width = int(rng.integers(1, 4))
        x, y = (int(v) for v in rng.integers(10, 200, 2))
        w, h = (int(v) for v in rng.integers(15, 120, 2))
        shape = int(rng.integers(0, 3))
        if shape == 0:
            draw.ellipse((x, y, x + w, y + h), outline=ink, width=width)
        elif shape == 1:
            draw.rectangle((x, y, x + w, y + h), outline=ink, width=width)
        else:
            path = np.array((x, y)) + np.cumsum(rng.normal(0, 9, (30, 2)), axis=0)
            draw.line([(float(a), float(b)) for a, b in path], fill=ink, width=width)
    return picture


def chart(rng: Rng) -> Image.Image:
    """Bars, points or curves between axes with numbers."""
    picture = Image.new("RGB", (_SIDE, _SIDE), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    draw.line((34, 16, 34, 226, 244, 226), fill=(40, 40, 40), width=1)
    for n in range(6):
        draw.text((6, 20 + 38 * n), f"{rng.uniform(0, 100):.0f}", fill=(60, 60, 60), font_size=9)
        draw.line((34, 24 + 38 * n, 244, 24 + 38 * n), fill=(225, 225, 225))
    style = int(rng.integers(0, 3))
    for _ in range(int(rng.integers(1, 4))):
        colour = _tint(rng, 0, 200)
        x = np.linspace(40, 238, 9)
        y = np.clip(130 + np.cumsum(rng.normal(0, 28, 9)), 24, 222)
        points = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
        if style == 0:
            for a, b in points:
                draw.rectangle((a - 6, b, a + 6, 226), fill=colour)
        elif style == 1:
            draw.line(points, fill=colour, width=2)
        else:
            for a, b in points:
                draw.ellipse((a - 3, b - 3, a + 3, b + 3), fill=colour)
    return picture


def checkerboard(rng: Rng) -> Image.Image:
    """Two colours in squares or in rings, straight or turned."""
    cells, angle = rng.uniform(3, 14), rng.uniform(0, np.pi)
    y, x = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE - 0.5
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    odd = (np.floor(u * cells) + np.floor(v * cells)) % 2
    if rng.random() < 0.3:
        odd = np.floor(np.hypot(x, y) * 2 * cells) % 2
    first, second = rng.integers(0, 256, 3), rng.integers(0, 256, 3)
    return _picture(np.where(odd[..., None] > 0, first, second))


def clouds(rng: Rng) -> Image.Image:
    """Noise whose power falls with frequency, as in clouds, marble and rust."""
    slope, grey = rng.uniform(0.6, 1.8), rng.random() < 0.4
    frequency = np.hypot(np.fft.fftfreq(_SIDE)[:, None], np.fft.fftfreq(_SIDE)[None, :])
    frequency[0, 0] = 1.0
    layers = [
        np.fft.ifft2(np.fft.fft2(rng.normal(size=(_SIDE, _SIDE))) / frequency**slope).real
        for _ in range(1 if grey else 3)
    ]
    values = np.stack(layers * (3 if grey else 1), axis=-1)
    values = (values - values.mean()) / values.std()
    return _picture(rng.uniform(60, 190) + rng.uniform(20, 70) * values)


def speckle(rng: Rng) -> Image.Image:
    """Salt, pepper and torn lines, as of a broken channel."""
    values = np.full((_SIDE, _SIDE, 3), float(rng.uniform(0, 200)))
    hit = rng.random((_SIDE, _SIDE)) < rng.uniform(0.02, 0.5)
    values[hit] = rng.choice([0.0, 255.0], (int(hit.sum()), 1 if rng.random() < 0.5 else 3))
    for row in rng.integers(0, _SIDE, int(rng.integers(0, 20))):
        values[row] = rng.uniform(0, 255, (_SIDE, 3))
    return _picture(values)


def coded(rng: Rng) -> Image.Image:
    """A matrix code, or a bar code with its number."""
    picture = Image.new("RGB", (_SIDE, _SIDE), (250, 250, 250))
    draw = ImageDraw.Draw(picture)
    if rng.random() < 0.5:
        cells = int(rng.integers(17, 33))
        code = (rng.random((cells, cells)) < 0.5).astype(np.uint8) * 255
        inner = Image.fromarray(code).convert("RGB").resize((216, 216), Image.Resampling.NEAREST)
        picture.paste(inner, (20, 20))
        return picture
    x = 20
    while x < 236:
        width = int(rng.integers(1, 5))
        draw.rectangle((x, 60, x + width, 180), fill=(0, 0, 0))
        x += width + int(rng.integers(2, 6))
    draw.text((60, 188), "".join(str(d) for d in rng.integers(0, 10, 12)), fill=(0, 0, 0))
    return picture


def scan(rng: Rng) -> Image.Image:
    """A made-up medical scan: bright outlines of organs inside one another on black, with grain."""
    picture = Image.new("L", (_SIDE, _SIDE), 0)
    draw = ImageDraw.Draw(picture)
    a, b = rng.uniform(70, 110, 2)
    draw.ellipse((128 - a, 128 - b, 128 + a, 128 + b), fill=int(rng.integers(140, 240)))
    inner = float(rng.uniform(0.8, 0.93))
    box = (128 - inner * a, 128 - inner * b, 128 + inner * a, 128 + inner * b)
    draw.ellipse(box, fill=int(rng.integers(40, 110)))
    for _ in range(int(rng.integers(4, 10))):
        x, y = 128 + rng.uniform(-0.5, 0.5, 2) * (a, b)
        r, s = rng.uniform(4, 28, 2)
        draw.ellipse((x - r, y - s, x + r, y + s), fill=int(rng.integers(20, 200)))
    values = np.asarray(picture.filter(ImageFilter.GaussianBlur(1.5)), float)
    values = values * (1 + 0.15 * rng.normal(size=values.shape)) + 6 * rng.normal(size=values.shape)
    return _picture(np.repeat(values[..., None], 3, axis=2))


def night_lights(rng: Rng) -> Image.Image:
    """Lamps out of focus and lit windows in the dark: the everyday picture that looks most like a sky."""
    picture = Image.new("RGB", (_SIDE, _SIDE), _tint(rng, 2, 22))
    for _ in range(int(rng.integers(6, 30))):
        layer = Image.new("RGB", (_SIDE, _SIDE), (0, 0, 0))
        draw = ImageDraw.Draw(layer)
        x, y = (float(v) for v in rng.uniform(0, _SIDE, 2))
        r = float(rng.uniform(4, 26))
        colour = (
            int(rng.integers(120, 220)),
            int(rng.integers(70, 190)),
            int(rng.integers(20, 150)),
        )
        if rng.random() < 0.5:
            draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
        else:
            draw.rectangle((x, y, x + r / 2, y + r), fill=colour)
        picture = Image.fromarray(np.maximum(np.asarray(picture), np.asarray(layer)))
    return picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.5))))


def handwriting(rng: Rng) -> Image.Image:
    """A handwritten digit of scikit-learn's set, dark on light or light on dark."""
    from sklearn.datasets import load_digits

    images: Float[ndarray, "n 8 8"] = load_digits().images  # type: ignore[attr-defined]
    values = images[int(rng.integers(0, len(images)))] * 15.9
    if rng.random() < 0.5:
        values = 255 - values
    digit = Image.fromarray(values.astype(np.uint8)).resize(
        (_SIDE, _SIDE), Image.Resampling.BICUBIC
    )
    return digit.convert("RGB")


def photograph(rng: Rng) -> Image.Image:
    """A random cut of a photograph that training holds out, from scikit-image or Matplotlib.

    Raises
    ------
    MissingExtraError
        If neither of the two is installed.
    """
    found = _photographs()
    if not found:
        raise MissingExtraError(
            "Photographs to test with come from scikit-image and Matplotlib, which are not installed.",
            remedy="Install them: pip install 'skyform[lab]'",
        )
    with Image.open(found[int(rng.integers(0, len(found)))]) as file:
        picture = file.convert("RGB")
    side = int(min(picture.size) * rng.uniform(0.35, 1.0))
    x = int(rng.integers(0, picture.width - side + 1))
    y = int(rng.integers(0, picture.height - side + 1))
    cut = picture.crop((x, y, x + side, y + side))
    return cut.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)


def _photographs() -> Sequence[Path]:
    out: list[Path] = []
    if find_spec("skimage") is not None:
        folder = Path(str(resources.files("skimage.data")))
        out += [folder / name for name in HELD_OUT_PHOTOGRAPHS]
    if find_spec("matplotlib") is not None:
        folder = Path(str(resources.files("matplotlib"))) / "mpl-data" / "sample_data"
        out += [folder / "grace_hopper.jpg", folder / "Minduka_Present_Blue_Pack.png"]
    return [path for path in out if path.is_file()]


def _prose(rng: Rng, words: int) -> str:
    return " ".join(str(w) for w in rng.choice(_WORDS, words))


def _tint(rng: Rng, least: int, most: int) -> tuple[int, int, int]:
    red, green, blue = (int(v) for v in rng.integers(least, most + 1, 3))
    return red, green, blue


def _picture(values: ndarray) -> Image.Image:
    levels: UInt8[ndarray, "height width 3"] = np.clip(values, 0, 255).astype(np.uint8)
    return Image.fromarray(levels)
