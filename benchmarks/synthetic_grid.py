"""The picture in docs/synthetic.md: ten galaxies of each look, and the kinds they are.

python benchmarks/synthetic_grid.py docs/synthetic.jpg [--side 112] [--seed 5]
"""

import argparse
import sys
from pathlib import Path

from PIL import Image

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
    options = parser.parse_args()
    side = options.side
    sheet = Image.new("RGB", (10 * side, len(_ROWS) * side))
    for row, (survey, kinds) in enumerate(_ROWS):
        for column in range(10):
            dataset = synthetic_dataset(
                1,
                seed=options.seed + column,
                size=2 * side,
                survey=survey,
                framing=0.2,
                quality=0,
                mixture={kinds[column // 2]: 1.0},
            )
            picture = Image.fromarray(dataset.image(0))
            small = picture.resize((side, side), Image.Resampling.LANCZOS)
            sheet.paste(small, (column * side, row * side))
    sheet.save(options.to, quality=85)
    return 0


if __name__ == "__main__":
    sys.exit(main())
