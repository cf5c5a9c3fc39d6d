"""The mistakes that a package may show, as one picture beside the card."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from skyform.training.card_measures import SHOWN, Mistake

__all__ = ["gallery_picture"]

_ACROSS = 4
_MOST = 12
_PICTURE = 160  # px
_CELL = (264, 222)
_PAPER, _INK, _DIM = (255, 255, 255), (29, 33, 38), (90, 99, 110)
_SIZE = 12
_LETTERS = 44  # that fit a cell's width


def gallery_picture(mistakes: Sequence[Mistake]) -> bytes | None:
    """The worst mistakes among the pictures of `SHOWN`, as a JPEG with what was said and what is right; None where there is none."""
    shown = [m for m in mistakes if m.source in SHOWN][:_MOST]
    if not shown:
        return None
    width, height = _CELL
    rows = -(-len(shown) // _ACROSS)
    sheet = Image.new("RGB", (width * min(_ACROSS, len(shown)), height * rows), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for n, mistake in enumerate(shown):
        x, y = width * (n % _ACROSS) + 8, height * (n // _ACROSS) + 8
        picture = Image.open(io.BytesIO(mistake.jpeg))
        picture = picture.resize((_PICTURE, _PICTURE), Image.Resampling.BICUBIC)
        sheet.paste(picture, (x, y))
        said = f"said: {mistake.said} ({mistake.confidence:.0%})"
        draw.text((x, y + _PICTURE + 4), said[:_LETTERS], fill=_INK, font_size=_SIZE)
        right = f"label: {mistake.right}"
        draw.text((x, y + _PICTURE + 19), right[:_LETTERS], fill=_INK, font_size=_SIZE)
        draw.text((x, y + _PICTURE + 34), mistake.id[:_LETTERS], fill=_DIM, font_size=_SIZE)
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
