"""Colours and text for pictures that Skyform draws, in units that scale with the picture."""

import unicodedata
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

__all__ = [
    "ACCENT",
    "DIM",
    "FAINT",
    "FILLED",
    "GROUND",
    "PAPER",
    "WARNING",
    "Colour",
    "Ink",
    "Length",
]

Colour = tuple[int, int, int]
Length = int | float

GROUND: Colour = (14, 17, 23)
FAINT: Colour = (44, 51, 64)
DIM: Colour = (146, 156, 173)
PAPER: Colour = (232, 236, 243)
ACCENT: Colour = (255, 213, 79)
FILLED: Colour = (190, 148, 38)
WARNING: Colour = (255, 160, 92)

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Ink:
    """Draws on a canvas with positions and sizes in layout units.

    Parameters
    ----------
    canvas : Image
        RGB, drawn on in place.
    scale : float
        Pixels of the canvas for each unit.
    """

    def __init__(self, canvas: Image.Image, *, scale: Length) -> None:
        self.canvas = canvas
        self.draw = ImageDraw.Draw(canvas)
        self._scale = scale

    def px(self, length: Length) -> int:
        """A length in whole pixels of the canvas."""
        return round(length * self._scale)

    def width_of(self, text: str, *, size: Length) -> float:
        """Width of one line of text, in units."""
        return self.draw.textlength(_legible(text), font=self._font(size)) / self._scale

    def text(self, x: Length, y: Length, text: str, *, size: Length, fill: Colour) -> float:
        """Write one line with its upper left corner at `x`, `y`; returns its width."""
        font = self._font(size)
        self.draw.text((self.px(x), self.px(y)), _legible(text), font=font, fill=fill)
        return self.width_of(text, size=size)

    def text_right(self, x: Length, y: Length, text: str, *, size: Length, fill: Colour) -> None:
        """Write one line that ends at `x`."""
        self.text(x - self.width_of(text, size=size), y, text, size=size, fill=fill)

    def paragraph(
        self, x: Length, y: Length, text: str, *, size: Length, fill: Colour, width: Length
    ) -> float:
        """Write text in lines of at most `width`; returns where the next line would start."""
        for line in self._lines(text, size=size, width=width):
            self.text(x, y, line, size=size, fill=fill)
            y += 1.35 * size
        return y

    def shortened(self, text: str, *, size: Length, width: Length) -> str:
        """As much of the text as fits in one line."""
        while len(text) > 1 and self.width_of(text, size=size) > width:
            text = text[:-2].rstrip() + "…"
        return text

    def bar(self, x: Length, y: Length, width: Length, *, height: Length, fill: Colour) -> None:
        """A filled box; one of less than a pixel is left out."""
        if self.px(width) >= 1:
            left, top = self.px(x), self.px(y)
            right, bottom = self.px(x + width) - 1, self.px(y + height) - 1
            self.draw.rectangle((left, top, max(right, left), max(bottom, top)), fill=fill)

    def _lines(self, text: str, *, size: Length, width: Length) -> list[str]:
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width_of(longer, size=size) <= width:
                lines[-1] = longer
            else:
                lines.append(self.shortened(word, size=size, width=width))
        return lines

    def _font(self, size: Length) -> _Font:
        return _font(max(6, self.px(size)))


# Pillow's own font has little more than ASCII; what else we use and it has.
_HAS = frozenset("…“”·°")
_INSTEAD = str.maketrans({"×": "x", "−": "-", "–": "-", "—": "-", "’": "'"})


def _legible(text: str) -> str:
    """The text in letters that the font has: without accents, and `?` for what it cannot show at all."""
    whole = unicodedata.normalize("NFC", text).translate(_INSTEAD)
    return "".join(c if c in _HAS else _plainer(c) for c in whole)


def _plainer(character: str) -> str:
    ascii = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return ascii if ascii.isprintable() and ascii else "?"


@lru_cache(maxsize=32)
def _font(pixels: int) -> _Font:
    return ImageFont.load_default(pixels)
