"""Pictures of results side by side: one HTML page, or one picture."""

import html
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from skyform.errors import OutputError, SkyformError

__all__ = ["Tile", "check_gallery_target", "picture_of", "write_gallery"]

_PAGES = (".html", ".htm")
_PICTURES = (".png", ".jpg", ".jpeg", ".webp")
_SIDE = 160  # px of a tile's picture
_ACROSS = 6
_LINE = 15
_GAP = 10


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture with the lines below it; `source` is None where the picture cannot be reached."""

    source: Path | None
    lines: tuple[str, ...]


def check_gallery_target(path: str) -> None:
    """Refuse a name that is neither a page's nor a picture's.

    Raises
    ------
    OutputError
    """
    if Path(path).suffix.lower() not in (*_PAGES, *_PICTURES):
        raise OutputError(
            f"--gallery {path!r} is neither a page nor a picture.",
            remedy=f"Use one of {', '.join((*_PAGES, *_PICTURES))}.",
        )


def picture_of(values: Mapping[str, Any], *, folder: str | None) -> Path | None:
    """The file of a row's picture, from its path or id, as it stands or within `folder`; None if there is no such file."""
    names = [str(values[n]) for n in ("path", "id") if values.get(n)]
    for name in names:
        for candidate in (Path(name), *((Path(folder) / name,) if folder else ())):
            if candidate.is_file():
                return candidate
    return None


def write_gallery(tiles: Sequence[Tile], path: str, *, heading: str) -> int:
    """Write the tiles, six in a row.

    Parameters
    ----------
    tiles : sequence of Tile
    path : str
        .html, or a picture's name.
    heading : str

    Returns
    -------
    int
        How many pictures could not be shown.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    stamps = [_stamp(t.source) for t in tiles]
    target = Path(path)
    part = target.with_name(f"{target.stem}.part{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix.lower() in _PAGES:
            part.write_text(_page(tiles, stamps, heading), encoding="utf-8")
        else:
            _sheet(tiles, stamps, heading).save(part, quality=90)
        os.replace(part, target)
    except OSError as error:
        raise OutputError(f"Cannot write {path!r}: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
    return sum(s is None for s in stamps)


def _stamp(source: Path | None) -> Image.Image | None:
    from skyform.images import decode

    if source is None:
        return None
    try:
        rgb = decode(source, min_side=_SIDE).rgb
    except SkyformError:
        return None
    image = Image.fromarray(np.ascontiguousarray(rgb))
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    return image


def _sheet(
    tiles: Sequence[Tile], stamps: Sequence[Image.Image | None], heading: str
) -> Image.Image:
    from skyform.inference.ink import DIM, FAINT, GROUND, PAPER, Ink

    across = min(_ACROSS, max(len(tiles), 1))
    down = -(-len(tiles) // across)
    most = max((len(t.lines) for t in tiles), default=0)
    wide, high = _SIDE + _GAP, _SIDE + _LINE * most + 2 * _GAP
    canvas = Image.new("RGB", (across * wide + _GAP, down * high + 3 * _GAP + _LINE), GROUND)
    ink = Ink(canvas, scale=1)
    ink.text(_GAP, _GAP, heading, size=14, fill=PAPER)
    for i, (tile, stamp) in enumerate(zip(tiles, stamps, strict=True)):
        y, x = divmod(i, across)
        left, top = _GAP + x * wide, 3 * _GAP + _LINE + y * high - _GAP
        ink.bar(left, top, _SIDE, height=_SIDE, fill=FAINT)
        if stamp is None:
            ink.text(left + 8, top + 8, "no picture", size=11, fill=DIM)
        else:
            canvas.paste(
                stamp, (left + (_SIDE - stamp.width) // 2, top + (_SIDE - stamp.height) // 2)
            )
        for n, line in enumerate(tile.lines):
            text = ink.shortened(line, size=11, width=_SIDE)
            ink.text(left, top + _SIDE + 4 + n * _LINE, text, size=11, fill=DIM if n else PAPER)
    return canvas


def _page(tiles: Sequence[Tile], stamps: Sequence[Image.Image | None], heading: str) -> str:
    from skyform.explore.thumbnails import data_address

    figures: list[str] = []
    for tile, stamp in zip(tiles, stamps, strict=True):
        first, *others = [html.escape(line) for line in tile.lines] or [""]
        shown = f'<div class="none" style="width:{_SIDE}px;height:{_SIDE}px">no picture</div>'
        if stamp is not None:
            shown = f'<img src="{data_address(np.asarray(stamp))}" alt="{first}">'
        lines = "".join(f"<small>{line}</small>" for line in others)
        figures.append(
            f'<figure>{shown}<figcaption title="{first}"><b>{first}</b>{lines}</figcaption></figure>'
        )
    title = html.escape(heading)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n<body><h1>{title}</h1><main>\n"
        + "\n".join(figures)
        + "\n</main></body></html>\n"
    )


_STYLE = (
    "body{background:#0e1117;color:#e8ecf3;font:14px system-ui,sans-serif;margin:1.5rem}h1{font-size:1.2rem}"
    f"main{{display:grid;grid-template-columns:repeat(auto-fill,{_SIDE}px);gap:14px}}figure{{margin:0}}"
    f"img{{width:{_SIDE}px;height:{_SIDE}px;object-fit:contain;background:#2c3340}}"
    ".none{background:#2c3340;color:#929cad;display:grid;place-items:center}"
    "figcaption b,small{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}small{color:#929cad}"
)
