"""Tiny files of exactly the official schemas, drawn from seeds."""

import csv
import gzip
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from PIL import Image

from skyform.schema import DECALS, KAGGLE, cumulative

__all__ = [
    "DECALS_EARLIER",
    "GZ2_ANSWERS",
    "gz2_rows",
    "jpeg",
    "kaggle_votes",
    "write_csv",
    "write_decals",
    "write_galaxy10",
    "write_gz2",
    "write_kaggle",
    "zipped",
]

# The answers of gz2_hart16, in the order of its columns; a35 does not exist, and dust lane is a38.
GZ2_ANSWERS = tuple(
    f"{question}_{answer}"
    for question, answers in {
        "t01_smooth_or_features": "a01_smooth a02_features_or_disk a03_star_or_artifact",
        "t02_edgeon": "a04_yes a05_no",
        "t03_bar": "a06_bar a07_no_bar",
        "t04_spiral": "a08_spiral a09_no_spiral",
        "t05_bulge_prominence": "a10_no_bulge a11_just_noticeable a12_obvious a13_dominant",
        "t06_odd": "a14_yes a15_no",
        "t07_rounded": "a16_completely_round a17_in_between a18_cigar_shaped",
        "t08_odd_feature": "a19_ring a20_lens_or_arc a21_disturbed a22_irregular a23_other a24_merger a38_dust_lane",
        "t09_bulge_shape": "a25_rounded a26_boxy a27_no_bulge",
        "t10_arms_winding": "a28_tight a29_medium a30_loose",
        "t11_arms_number": "a31_1 a32_2 a33_3 a34_4 a36_more_than_4 a37_cant_tell",
    }.items()
    for answer in answers.split()
)
_GZ2_KINDS = ("count", "weight", "fraction", "weighted_fraction", "debiased", "flag")
# Campaigns A and B asked these instead.
DECALS_EARLIER: Mapping[str, Sequence[str]] = {
    "smooth-or-featured": ("smooth", "featured-or-disk", "artifact"),
    "how-rounded": ("completely", "in-between", "cigar-shaped"),
    "disk-edge-on": ("yes", "no"),
    "edge-on-bulge": ("rounded", "boxy", "none"),
    "bar": ("yes", "no"),
    "has-spiral-arms": ("yes", "no"),
    "spiral-winding": ("tight", "medium", "loose"),
    "spiral-arm-count": ("1", "2", "3", "4", "more-than-4"),
    "bulge-size": ("none", "obvious", "dominant"),
    "merging": ("merger", "tidal-debris", "both", "neither"),
}


def jpeg(seed: int, *, side: int = 24, format: str = "JPEG") -> bytes:
    """An encoded picture of noise."""
    rng = np.random.default_rng(seed)
    out = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (side, side, 3), dtype=np.uint8)).save(out, format)
    return out.getvalue()


def write_galaxy10(
    path: Path, answers: Sequence[int], *, side: int, chunks: Any = None, **parts: Any
) -> np.ndarray:
    """Write `images` and `ans`, and other parts by name; returns the images."""
    rng = np.random.default_rng(len(answers))
    images = rng.integers(0, 255, (len(answers), side, side, 3), dtype=np.uint8)
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=images, chunks=chunks)
        file["ans"] = np.array(answers, dtype=np.uint8)
        for name, values in parts.items():
            file[name] = np.asarray(values)
    return images


def kaggle_votes(n: int, seed: int = 0) -> np.ndarray:
    """Cumulative fractions that agree with the tree, shape (n, 37)."""
    rng = np.random.default_rng(seed)
    parts = [rng.dirichlet(np.full(len(q.answers), 0.5), n) for q in KAGGLE.questions]
    return cumulative(KAGGLE, np.hstack(parts))


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    """Write a table, compressed if its name says so."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_kaggle(folder: Path, ids: Sequence[str], votes: np.ndarray | None = None) -> Path:
    """Write the training table and its pictures, as the unpacked download has them."""
    votes = kaggle_votes(len(ids)) if votes is None else votes
    images = folder / "images_training_rev1"
    images.mkdir(parents=True)
    for k, id in enumerate(ids):
        (images / f"{id}.jpg").write_bytes(jpeg(k))
    header = ("GalaxyID", *(a.column for a in KAGGLE.answers))
    rows = [(i, *(f"{v:.6f}" for v in row)) for i, row in zip(ids, votes, strict=True)]
    write_csv(folder / "training_solutions_rev1.csv", header, rows)
    return folder


def gz2_rows(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Rows of the Galaxy Zoo 2 catalogue; some rare questions are left unanswered, as there."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for i in range(n):
        fractions = np.concatenate(
            [rng.dirichlet(np.ones(len(q.answers))) for q in KAGGLE.questions]
        )
        if i % 3 == 1:
            fractions[KAGGLE.slices["arm-number"]] = 0
        row: dict[str, Any] = {
            "dr7objid": 587722981736120300 + 7 * i,
            "ra": 150.0 + i,
            "dec": 2.0 + 0.1 * i,
            "rastring": "10:00:00.00",
            "decstring": "+02:00:00.0",
            "sample": "original",
            "gz2_class": ("Sc?t", "Er", "Ei")[i % 3],
            "total_classifications": 40 + i,
            "total_votes": 200,
        }
        for answer, f in zip(GZ2_ANSWERS, fractions, strict=True):
            row |= {f"{answer}_{kind}": round(float(f), 3) for kind in _GZ2_KINDS}
        rows.append(row)
    return rows


def write_gz2(
    folder: Path, rows: Sequence[Mapping[str, Any]], *, name: str = "gz2_hart16.csv"
) -> Path:
    """Write the catalogue, `gz2_filename_mapping.csv`, and the pictures by asset id; returns the catalogue."""
    images = folder / "images"
    images.mkdir(parents=True)
    ids = [r["dr7objid"] for r in rows]
    for k in range(len(ids)):
        (images / f"{k + 1}.jpg").write_bytes(jpeg(k))
    mapping = [(i, "original", k + 1) for k, i in enumerate(ids)]
    write_csv(folder / "gz2_filename_mapping.csv", ("objid", "sample", "asset_id"), mapping)
    return write_csv(folder / name, list(rows[0]), [list(r.values()) for r in rows])


def write_decals(
    folder: Path, fractions: Sequence[Mapping[str, float]], *, earlier: bool = False
) -> Path:
    """Write a catalogue of one row for each mapping of `question_answer` to a fraction (0 where not given), and the pictures."""
    answers = (
        [f"{q}_{a}" for q, names in DECALS_EARLIER.items() for a in names]
        if earlier
        else [a.column for a in DECALS.answers]
    )
    header = ["iauname", "ra", "dec", "redshift", "jpeg_loc" if earlier else "png_loc"]
    header += ["smooth-or-featured_total-votes", *(f"{a}_fraction" for a in answers)]
    rows: list[list[Any]] = []
    for k, given in enumerate(fractions):
        name = f"J1129{k:02}.88-000427.4"
        place = folder / "dr5" / name[:4] / f"{name}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(jpeg(k, format="PNG"))
        cells = [given.get(a, "") for a in answers]
        rows.append([name, 172.0 + k, -0.07, 0.05, f"/dr5/{name[:4]}/{name}.png", 30 + k, *cells])
    return write_csv(folder / f"gz_decals_volunteers_{'ab' if earlier else 'c'}.csv", header, rows)


def zipped(folder: Path, archive: Path) -> Path:
    """The folder's files in a zip archive, below the folder's name."""
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder.parent))
    return archive
