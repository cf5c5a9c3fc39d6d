"""The pictures in docs/synthetic.md: ten galaxies of each look, and what is drawn for training alone.

python benchmarks/synthetic_grid.py docs/synthetic.jpg [--side 112] [--seed 5]
python benchmarks/synthetic_grid.py docs/synthetic_rows.jpg --rows
"""

import argparse
import io
import sys
from itertools import islice
from pathlib import Path

from PIL import Image

from skyform.datasets import cluster_rows, nebula_rows, spiral_rows
from skyform.datasets.synthetic import synthetic_dataset

_ROWS = (
    ("sdss", ("round", "in-between", "cigar", "lenticular+bar", "edge-on-rounded")),
    ("sdss", ("tight+2-arm", "medium+bar+2-arm", "loose+2-arm", "medium+4-arm", "ring")),
    ("decals", ("merger", "disturbed", "edge-on-boxy", "irregular", "dust-lane")),
    ("hst", ("medium+3-arm", "loose+bar", "lens", "merger", "tight+flocculent")),
    ("grey", ("medium+2-arm", "edge-on-no-bulge", "in-between", "ring", "star")),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("to", type=Path)
    parser.add_argument("--side", type=int, default=112)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--rows", action="store_true")
    options = parser.parse_args()
    side = options.side
    sheet = rows_of_training(side, options.seed) if options.rows else galaxies(side, options.seed)
    sheet.save(options.to, quality=85)
    return 0


def galaxies(side: int, seed: int) -> Image.Image:
    sheet = Image.new("RGB", (10 * side, len(_ROWS) * side))
    for row, (survey, kinds) in enumerate(_ROWS):
        for column in range(10):
            dataset = synthetic_dataset(
                1,
                seed=seed + column,
                size=2 * side,
                survey=survey,
                framing=0.2,
                quality=0,
                mixture={kinds[column // 2]: 1.0},
            )
            picture = Image.fromarray(dataset.image(0))
            small = picture.resize((side, side), Image.Resampling.LANCZOS)
            sheet.paste(small, (column * side, row * side))
    return sheet


def rows_of_training(side: int, seed: int) -> Image.Image:
    """Two rows of spirals, one of clusters, two of nebulae."""
    sheet = Image.new("RGB", (10 * side, 5 * side))
    sources = ((spiral_rows, 20, 0.55), (cluster_rows, 10, 1.0), (nebula_rows, 20, 1.0))
    rows = [(r, part) for draw, n, part in sources for r in islice(draw(n, seed=seed), n)]
    for n, (row, part) in enumerate(rows):
        picture = Image.open(io.BytesIO(row.image)).convert("RGB")
        edge = round(picture.width * (1 - part) / 2)
        middle = picture.crop((edge, edge, picture.width - edge, picture.height - edge))
        small = middle.resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(small, (n % 10 * side, n // 10 * side))
    return sheet


if __name__ == "__main__":
    sys.exit(main())
