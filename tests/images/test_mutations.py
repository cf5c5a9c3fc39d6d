"""A thousand damaged files: each is either a picture or an error that says what to do, and soon."""

import time
from collections import Counter
from pathlib import Path

import numpy as np
from makers import FILES, make, mutate

from skyform.errors import ImageError
from skyform.images.decode import decode
from skyform.images.picture import Picture

COUNT = 1000
LONGEST = 5.0  # seconds for one file
EXTENSIONS = (".jpg", ".png", ".fits", ".tif", ".webp", ".gif", ".bmp", ".txt", "")


def outcome(path: Path, *, min_side: int | None) -> Picture | ImageError:
    try:
        return decode(path, min_side=min_side)
    except ImageError as error:
        return error


def test_a_thousand_damaged_files(tmp_path: Path) -> None:
    names = tuple(FILES)
    whole = {name: make(name) for name in names}
    results: Counter[str] = Counter()
    for i in range(COUNT):
        rng = np.random.default_rng([2718, i])
        name = names[i % len(names)]
        path = tmp_path / f"{i}{rng.choice(EXTENSIONS)}"
        path.write_bytes(mutate(whole[name], rng=rng))
        started = time.monotonic()
        result = outcome(path, min_side=None if i % 2 else 32)
        assert time.monotonic() - started < LONGEST, (name, i)
        if isinstance(result, ImageError):
            assert str(path) in result.message, (name, i)
            assert len(result.message) > len(str(path)) + 10, (name, i)
            assert result.remedy, (name, i)
            results[result.code] += 1
        else:
            assert result.rgb.dtype == np.uint8
            assert min(result.rgb.shape[:2]) >= 1
            assert min(result.width, result.height) >= 1
            results["picture"] += 1
    # Every kind of outcome must occur, or the damage is not of every kind.
    for code in (
        "picture",
        "corrupt-image",
        "truncated-image",
        "unknown-format",
        "unsupported-image",
    ):
        assert results[code] > 5, results
