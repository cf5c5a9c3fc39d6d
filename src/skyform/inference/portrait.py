"""The evidence picture: what the network looked at, which parts spoke for the answer, and the answer with its uncertainty.

Drawn with Pillow and its own font. Three columns on a dark ground: the picture with the network's frame, the framed part under the
evidence map, the statement.
"""

import os
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from skyform.errors import OutputError
from skyform.inference.evidence import subject_name
from skyform.inference.ink import ACCENT, DIM, GROUND, PAPER, Ink, Length
from skyform.inference.statement import draw_statement
from skyform.schema import Frame, Prediction, Scheme

__all__ = ["check_target", "draw_portrait", "heat", "save_portrait"]

_WIDTH = 1720  # px at scale 1; the layout's own unit
_LEAST_WIDTH = 800
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_MARGIN, _GUTTER = 40, 32
_PANEL = 520
_CAPTION = 16
_LEGEND = 8

# Colours at evenly spaced points of Cividis, which reads alike with and without colour vision deficiency
# (Nuñez, Anderton and Renslow 2018, PLoS ONE 13, e0199239).
_HEAT = np.array(
    [(0, 34, 78), (48, 63, 108), (87, 93, 109), (124, 123, 120), (165, 156, 116), (210, 193, 97), (254, 232, 56)],
    dtype=np.float64,
)  # fmt: skip
_WEAK = 0.15  # evidence below this is not shown
_COVER = 0.5  # opacity of the strongest evidence
_CONTOUR = 0.5  # evidence along the line that is drawn


def draw_portrait(
    prediction: Prediction,
    picture: UInt8[ndarray, "rows columns 3"],
    *,
    size: int = _WIDTH,
    scheme: Scheme | None = None,
) -> Image.Image:
    """Draw the evidence picture of one prediction.

    Parameters
    ----------
    prediction : Prediction
        Of a picture that was classified; with `evidence`, or the middle column shows only the framed part.
    picture : array of uint8, shape (rows, columns, 3)
        The picture that was classified, RGB as displayed; it may be at a reduced scale.
    size : int
        Width of the result, px; all sizes in it scale along, and the height follows from what there is to say.
    scheme : Scheme, optional
        The classes that the model learnt of its own.

    Returns
    -------
    Image
        RGB.

    Raises
    ------
    ValueError
        If the prediction failed, or `size` is below 800.
    """
    if prediction.failure is not None or prediction.frame is None:
        raise ValueError(
            f"prediction of {prediction.id!r} failed; only a classified picture has evidence"
        )
    if size < _LEAST_WIDTH:
        raise ValueError(
            f"size is {size}; it must be at least {_LEAST_WIDTH} px for the text to be legible"
        )
    scale = size / _WIDTH
    left = _MARGIN + 2 * (_PANEL + _GUTTER)
    room = _WIDTH - left - _MARGIN
    # Once on a scrap to learn the height, once for good.
    scrap = Ink(Image.new("RGB", (1, 1)), scale=scale)
    text_end = draw_statement(scrap, prediction, x=left, y=_MARGIN, width=room, scheme=scheme)
    height = max(text_end, _MARGIN + _PANEL + 90) + _MARGIN
    canvas = Image.new("RGB", (size, round(height * scale)), GROUND)
    ink = Ink(canvas, scale=scale)
    image = Image.fromarray(picture)
    _draw_picture(ink, image, prediction.frame)
    _draw_framed(ink, image, prediction.frame, evidence=prediction.evidence)
    _draw_caption(ink, prediction, scheme)
    draw_statement(ink, prediction, x=left, y=_MARGIN, width=room, scheme=scheme)
    return canvas


def check_target(path: str | os.PathLike[str]) -> None:
    """Find out before the work whether `save_portrait` knows the extension.

    Raises
    ------
    OutputError
        If it is none of .png, .jpg, .jpeg and .webp.
    """
    suffix = Path(path).suffix
    if suffix.lower() not in _SUFFIXES:
        raise OutputError(
            f"The extension {suffix!r} of {os.fspath(path)!r} names no picture format that Skyform writes.",
            remedy=f"Use one of {', '.join(_SUFFIXES)}.",
        )


def save_portrait(portrait: Image.Image, path: str | os.PathLike[str]) -> None:
    """Write an evidence picture; the extension names the format.

    Raises
    ------
    OutputError
        If the extension is not known (see `check_target`), or the file cannot be written.
    """
    check_target(path)
    target = Path(path)
    part = target.with_name(f"{target.stem}.part{target.suffix}")
    try:
        portrait.save(part)
        os.replace(part, target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(
            f"Cannot write {str(target)!r}: {error.strerror or error}.",
            remedy="Check that the folder exists and may be written to.",
        ) from error


def heat(evidence: Float[ndarray, "rows columns"]) -> UInt8[ndarray, "rows columns 4"]:
    """Evidence, 0 to 1, as colours: RGBA, dark blue to yellow, transparent where it is weak. NaN is no evidence."""
    value = np.clip(np.nan_to_num(evidence.astype(np.float64), nan=0.0), 0, 1)
    at = value * (len(_HEAT) - 1)
    points = np.arange(len(_HEAT))
    colours = [np.interp(at, points, _HEAT[:, channel]) for channel in range(3)]
    opacity = 255 * _COVER * np.clip((value - _WEAK) / (1 - _WEAK), 0, 1) ** 0.7
    return np.rint(np.stack([*colours, opacity], axis=-1)).astype(np.uint8)


def _draw_picture(ink: Ink, picture: Image.Image, frame: Frame) -> None:
    """Left column: the whole picture, what lies outside the frame darkened, the frame drawn."""
    side = ink.px(_PANEL)
    fit = min(side / picture.width, side / picture.height)
    shown = picture.resize(
        (max(1, round(picture.width * fit)), max(1, round(picture.height * fit))),
        Image.Resampling.LANCZOS,
        reducing_gap=3.0,
    )
    x = ink.px(_MARGIN) + (side - shown.width) // 2
    y = ink.px(_MARGIN) + (side - shown.height) // 2
    unit = shown.width / frame.width
    box = [round(v * unit) for v in (frame.x, frame.y, frame.x + frame.side, frame.y + frame.side)]
    dark = Image.blend(shown, Image.new("RGB", shown.size, GROUND), 0.35)
    mask = Image.new("L", shown.size, 0)
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    ink.canvas.paste(Image.composite(shown, dark, mask), (x, y))
    box = [
        min(max(v, 0), limit - 1)
        for v, limit in zip(box, (shown.width, shown.height) * 2, strict=True)
    ]
    ink.draw.rectangle(
        (x + box[0], y + box[1], x + box[2], y + box[3]), outline=ACCENT, width=max(1, ink.px(2))
    )
    below = _MARGIN + _PANEL + 14
    ink.text(
        _MARGIN, below, f"{frame.width:,} by {frame.height:,} pixels", size=_CAPTION, fill=PAPER
    )
    ink.text(_MARGIN, below + 22, "The square is what the network saw.", size=_CAPTION, fill=DIM)


def _draw_framed(
    ink: Ink,
    picture: Image.Image,
    frame: Frame,
    *,
    evidence: Float[ndarray, "rows columns"] | None,
) -> None:
    """Middle column: the framed part, with the evidence laid over it and a line around the stronger half."""
    side = ink.px(_PANEL)
    unit = picture.width / frame.width
    box = (frame.x, frame.y, frame.x + frame.side, frame.y + frame.side)
    left, top, right, bottom = (round(v * unit) for v in box)
    shown = picture.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    shown = shown.resize((side, side), Image.Resampling.LANCZOS)
    if evidence is not None:
        known = np.nan_to_num(evidence.astype(np.float32), nan=0.0)
        smooth = Image.fromarray(known).resize((side, side), Image.Resampling.BICUBIC)
        shown.paste(cover := Image.fromarray(heat(np.asarray(smooth))), mask=cover)
        inside = Image.fromarray(np.asarray(smooth) > _CONTOUR).convert("L")
        around = inside.filter(ImageFilter.MaxFilter(2 * max(1, ink.px(1)) + 1))
        shown.paste(ACCENT, mask=ImageChops.subtract(around, inside))
    ink.canvas.paste(shown, (ink.px(_MARGIN + _PANEL + _GUTTER), ink.px(_MARGIN)))


def _draw_caption(ink: Ink, prediction: Prediction, scheme: Scheme | None) -> None:
    """Below the middle column: what the evidence is for, and what its colours mean."""
    x, y = _MARGIN + _PANEL + _GUTTER, _MARGIN + _PANEL + 14
    if prediction.evidence is None:
        ink.text(x, y, "What the network saw.", size=_CAPTION, fill=PAPER)
        return
    what = subject_name(prediction, scheme=scheme)
    ink.text(x, y, f"Evidence for “{what}”", size=_CAPTION, fill=PAPER)
    _draw_legend(ink, x=x, y=y + 26)


def _draw_legend(ink: Ink, *, x: Length, y: Length) -> None:
    label = ink.text(x, y - 4, "weak", size=_CAPTION, fill=DIM)
    ramp = np.tile(np.linspace(0, 1, ink.px(180)), (max(1, ink.px(_LEGEND)), 1))
    strip = Image.new("RGBA", (ramp.shape[1], ramp.shape[0]), (*GROUND, 255))
    strip = Image.alpha_composite(strip, Image.fromarray(heat(ramp)))
    start = x + label + 10
    ink.canvas.paste(strip.convert("RGB"), (ink.px(start), ink.px(y + 3)))
    ink.text(start + 190, y - 4, "strong", size=_CAPTION, fill=DIM)
