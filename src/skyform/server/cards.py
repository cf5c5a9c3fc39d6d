"""The card of a result, to show around: the picture, the sentence, the chance, the path as bands."""

import io
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image

from skyform.inference.ink import ACCENT, DIM, FAINT, GROUND, PAPER, Colour, Ink, Length
from skyform.schema import KINDS, Frame, Prediction, chance
from skyform.schema.words import percent

__all__ = ["HEIGHT", "WIDTH", "card_png"]

WIDTH, HEIGHT = 1200, 630  # what the previews of links are made for

_LEFT = HEIGHT + 44  # the picture fills a square on the left
_ROOM = WIDTH - _LEFT - 44
_TOP = 46.0
_FOOT = HEIGHT - 48
_SMALL, _TEXT = 17, 20
_SIZES = (38, 34, 30, 26)  # of the sentence: the largest in which it has at most so many lines
_LINES = 4
_BAND = 14
_ROW = 52
_TITLE = 34
_MOST_ROWS = 5
_MOST_KINDS = 3
_REST: Colour = (72, 82, 99)


@dataclass(frozen=True, slots=True)
class _Band:
    """Shares of one question, of which one is told; `sure` where the sentence may say so too."""

    label: str
    shares: tuple[float, ...]
    told: int
    sure: bool


def card_png(prediction: Prediction, picture: UInt8[ndarray, "rows columns 3"]) -> bytes:
    """Draw the card.

    Parameters
    ----------
    prediction : Prediction
        Of a picture that was classified.
    picture : array of uint8, shape (rows, columns, 3)
        The picture, RGB as displayed; it may be at a reduced scale.

    Returns
    -------
    bytes
        A PNG of 1200 by 630 pixels.
    """
    canvas = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
    canvas.paste(_square(Image.fromarray(picture), prediction.frame), (0, 0))
    ink = Ink(canvas, scale=1)
    y = _draw_sentence(ink, prediction.sentence)
    y = _draw_chance(ink, prediction, y=y + 6)
    title, bands = _bands(prediction)
    bands = _chosen(bands, most=min(_MOST_ROWS, int((_FOOT - 18 - _TITLE - y) // _ROW)))
    # What room is left goes between the answer and what it rests on.
    y = _FOOT - 18 - _ROW * len(bands)
    if bands:
        ink.text(_LEFT, y - _TITLE, title, size=_SMALL, fill=DIM)
    for band in bands:
        _draw_band(ink, band, y=y)
        y += _ROW
    ink.text(_LEFT, _FOOT, f"Skyform · {prediction.model}", size=_SMALL, fill=DIM)
    out = io.BytesIO()
    canvas.save(out, "PNG")
    return out.getvalue()


def _square(picture: Image.Image, frame: Frame | None) -> Image.Image:
    """The picture on a square: whole where it is nearly one, or else the part around the object."""
    width, height = picture.size
    side = min(width, height)
    x, y = width / 2, height / 2
    if frame is not None:
        unit = width / frame.width
        x, y = (frame.x + frame.side / 2) * unit, (frame.y + frame.side / 2) * unit
    left = min(max(x - side / 2, 0), width - side)
    top = min(max(y - side / 2, 0), height - side)
    box = (left, top, left + side, top + side)
    return picture.resize((HEIGHT, HEIGHT), Image.Resampling.LANCZOS, box=box)


def _draw_sentence(ink: Ink, sentence: str) -> Length:
    """As large as fits; returns where it ends."""
    for size in _SIZES:
        end = ink.paragraph(WIDTH, 0.0, sentence, size=size, fill=PAPER, width=_ROOM)
        if end <= _LINES * 1.35 * size + 1 or size == _SIZES[-1]:
            return ink.paragraph(_LEFT, _TOP, sentence, size=size, fill=PAPER, width=_ROOM)
    return _TOP


def _draw_chance(ink: Ink, prediction: Prediction, *, y: Length) -> Length:
    if prediction.kind is not None:
        name, value = prediction.kind.name, prediction.kind.confidence
    elif prediction.classes:
        best = next(iter(prediction.classes.values()))
        name, value = best.name, best.confidence
    else:
        return y
    words = f"{name}: {chance(value)}, {percent(value)}"
    words = ink.shortened(words[:1].upper() + words[1:], size=_TEXT, width=_ROOM)
    ink.text(_LEFT, y, words, size=_TEXT, fill=ACCENT)
    return y + 1.35 * _TEXT


def _draw_band(ink: Ink, band: _Band, *, y: Length) -> None:
    number = percent(band.shares[band.told])
    label = ink.shortened(band.label, size=_TEXT, width=_ROOM - 80)
    ink.text(_LEFT, y, label, size=_TEXT, fill=PAPER if band.sure else DIM)
    ink.text_right(_LEFT + _ROOM, y, number, size=_TEXT, fill=PAPER if band.sure else DIM)
    top = y + 28
    ink.bar(_LEFT, top, _ROOM, height=_BAND, fill=FAINT)
    # The one that is told first, the others behind it in their own order.
    order = [band.told, *(i for i in range(len(band.shares)) if i != band.told)]
    whole = sum(band.shares) or 1.0
    x = float(_LEFT)
    for i in order:
        width = _ROOM * band.shares[i] / whole
        fill = (ACCENT if band.sure else DIM) if i == band.told else _REST
        ink.bar(x, top, max(width - 2, 0), height=_BAND, fill=fill)
        x += width


def _bands(prediction: Prediction) -> tuple[str, list[_Band]]:
    """The path through the tree for a galaxy; else the kinds, or the model's own class. With a title."""
    kind = prediction.kind
    if prediction.path_taken and (kind is None or kind.id == "galaxy"):
        path = [_path_band(prediction, id) for id in prediction.path_taken]
        return "Of people who were asked, so many would say", path
    if kind is not None:
        names = {k.id: k.name for k in KINDS}
        ranked = sorted(kind.probabilities.items(), key=lambda pair: -pair[1])[:_MOST_KINDS]
        bands = [_single(names.get(id, id), p, sure=id == kind.id) for id, p in ranked]
        return "The most likely kinds of object", bands
    best = next(iter(prediction.classes.values()), None)
    return "", [] if best is None else [_single(best.name, best.confidence, sure=True)]


def _chosen(bands: list[_Band], *, most: int) -> list[_Band]:
    """As many as there is room for, in their order; what is sure before what is not."""
    ranked = sorted(range(len(bands)), key=lambda i: not bands[i].sure)[: max(most, 0)]
    return [bands[i] for i in sorted(ranked)]


def _path_band(prediction: Prediction, id: str) -> _Band:
    answer = prediction.answer(id)
    asked = [a for a in prediction.answers if a.question == answer.question]
    shares = tuple(float(np.clip(a.fraction, 0, 1)) for a in asked)
    return _Band(answer.text, shares, asked.index(answer), id in prediction.rolled_up)


def _single(name: str, share: float, *, sure: bool) -> _Band:
    return _Band(name, (share, 1 - share), 0, sure)
