import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
from astropy.table import Table
from official_sets import (
    DECALS_EARLIER,
    GZ2_ANSWERS,
    gz2_rows,
    jpeg,
    write_csv,
    write_decals,
    write_gz2,
    zipped,
)

from skyform.datasets.galaxy_zoo import gz2_vote_columns, read_gz2
from skyform.datasets.labels import gz2_vote_table, gz2_votes
from skyform.datasets.opening import open_dataset
from skyform.errors import DataError
from skyform.schema import DECALS

ROWS = gz2_rows(6)


def test_votes_are_those_of_one_row_at_a_time():
    columns = gz2_vote_columns(list(ROWS[0]))
    assert columns == tuple(f"{a}_weighted_fraction" for a in GZ2_ANSWERS)
    table = gz2_vote_table(np.array([[r[c] for c in columns] for r in ROWS], dtype=float))
    assert np.array_equal(table, np.array([gz2_votes(r) for r in ROWS]))


def test_no_votes_at_all():
    assert np.isnan(gz2_vote_table(np.full((1, 37), np.nan))).all()
    assert np.isnan(gz2_vote_table(np.zeros((1, 37)))).all()


def test_pictures_are_found_by_the_mapping(tmp_path: Path):
    catalogue = write_gz2(tmp_path / "gz2", ROWS)
    data = open_dataset(tmp_path / "gz2")
    assert (data.id, data.scheme, data.problems) == ("gz2", None, ())
    assert [r.id for r in data.records] == [str(r["dr7objid"]) for r in ROWS]
    assert data.image(4) == jpeg(4)
    assert data.records[2].volunteers == 42
    assert data.records[1].info["gz2_class"] == "Er"
    assert data.records[0].info["survey"] == "sdss"
    assert np.allclose(data.votes[3], gz2_votes(ROWS[3]))
    assert data.fingerprint == open_dataset(catalogue).fingerprint


@pytest.mark.parametrize("kind", ["csv.gz", "fits", "parquet"])
def test_every_form_of_the_catalogue_says_the_same(tmp_path: Path, kind: str):
    plain = write_gz2(tmp_path / "gz2", ROWS)
    expected = open_dataset(plain)
    other = tmp_path / "gz2" / f"gz2_hart16.{kind}"
    if kind == "fits":
        Table(rows=ROWS).write(other)
    elif kind == "parquet":
        pyarrow.parquet.write_table(pyarrow.csv.read_csv(plain), other)
    else:
        write_csv(other, list(ROWS[0]), [list(r.values()) for r in ROWS])
    plain.unlink()
    data = open_dataset(tmp_path / "gz2")
    assert data.fingerprint == expected.fingerprint
    assert data.records[5].info == expected.records[5].info


def test_pictures_named_by_the_object(tmp_path: Path):
    catalogue = write_gz2(tmp_path / "gz2", ROWS)
    (tmp_path / "gz2" / "gz2_filename_mapping.csv").unlink()
    shutil.rmtree(tmp_path / "gz2" / "images")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for k, row in enumerate(ROWS):
        (pictures / f"{row['dr7objid']}.jpg").write_bytes(jpeg(10 + k))
    assert open_dataset(catalogue, images=pictures).image(1) == jpeg(11)


def test_a_few_pictures_of_a_large_catalogue(tmp_path: Path):
    catalogue = write_gz2(tmp_path / "gz2", ROWS)
    for k in (1, 3, 4, 6):
        (tmp_path / "gz2" / "images" / f"{k}.jpg").unlink()
    with pytest.raises(DataError, match=r"4 of the 6 ids .* have no picture"):
        open_dataset(catalogue)
    data = open_dataset(catalogue, allow_missing=True)
    assert [r.id for r in data.records] == [str(ROWS[k]["dr7objid"]) for k in (1, 4)]
    assert (data.image(0), data.image(1)) == (jpeg(1), jpeg(4))
    assert len(data.problems) == 4


def test_as_it_is_downloaded(tmp_path: Path):
    """The catalogue, the mapping and the archive of pictures in one folder."""
    folder = tmp_path / "gz2"
    write_gz2(folder, ROWS, name="gz2_hart16.csv.gz")
    zipped(folder / "images", folder / "images_gz2.zip")
    shutil.rmtree(folder / "images")
    data = open_dataset(folder)
    assert len(data) == 6
    assert data.image(5) == jpeg(5)


def test_debiased_fractions_and_another_label(tmp_path: Path):
    rows = [{**r, f"{GZ2_ANSWERS[0]}_debiased": 1.0} for r in ROWS]
    rows = [{**r, **{f"{a}_debiased": 0.0 for a in GZ2_ANSWERS[1:3]}} for r in rows]
    catalogue = write_gz2(tmp_path / "gz2", rows)
    data = read_gz2(catalogue, kind="debiased")
    assert np.allclose(data.votes[:, 0], 1)
    labelled = open_dataset(catalogue, label="gz2_class")
    assert labelled.scheme is not None
    assert labelled.scheme.ids == ("Ei", "Er", "Sc?t")
    assert labelled.records[0].label == "Sc?t"
    with pytest.raises(DataError, match="has no column shape"):
        open_dataset(catalogue, label="shape")


def test_the_same_sky_under_two_ids_is_one_object(tmp_path: Path):
    rows = [dict(r) for r in ROWS]
    rows[3] |= {"ra": rows[1]["ra"], "dec": rows[1]["dec"] + 0.5 / 3600, "sample": "stripe82"}
    data = open_dataset(write_gz2(tmp_path / "gz2", rows))
    assert data.records[3].object == data.records[1].object == data.records[1].id
    assert len({r.object for r in data.records}) == 5


def test_a_missing_vote_column(tmp_path: Path):
    rows = [{c: v for c, v in r.items() if "a24_merger" not in c} for r in ROWS]
    with pytest.raises(DataError, match="36 columns that end in 'weighted_fraction'"):
        open_dataset(write_gz2(tmp_path / "gz2", rows))


def test_a_fraction_out_of_range(tmp_path: Path):
    rows = [dict(r) for r in ROWS]
    rows[2]["t03_bar_a06_bar_weighted_fraction"] = 35
    with pytest.raises(DataError, match=r"t03_bar_a06_bar_weighted_fraction of \d+ .* is 35"):
        open_dataset(write_gz2(tmp_path / "gz2", rows))


def test_ids_that_lost_their_digits(tmp_path: Path):
    rows = [dict(r) for r in ROWS]
    catalogue = write_gz2(tmp_path / "gz2", rows, name="gz2.csv")
    table = pyarrow.csv.read_csv(catalogue)
    at = table.column_names.index("dr7objid")
    broken = table.set_column(at, "dr7objid", table.column("dr7objid").cast("double", safe=False))
    pyarrow.parquet.write_table(broken, tmp_path / "gz2" / "gz2.parquet")
    with pytest.raises(DataError, match="floating-point numbers, which drop the last digits"):
        open_dataset(tmp_path / "gz2" / "gz2.parquet")


def test_the_same_object_twice(tmp_path: Path):
    catalogue = write_gz2(tmp_path / "gz2", ROWS)
    write_csv(catalogue, list(ROWS[0]), [list(r.values()) for r in (*ROWS, ROWS[2])])
    with pytest.raises(DataError, match=f"ids more than once: {ROWS[2]['dr7objid']}"):
        open_dataset(catalogue)


def smooth(shape: str, **more: float) -> dict[str, float]:
    return {
        "smooth-or-featured_smooth": 0.9,
        "smooth-or-featured_featured-or-disk": 0.1,
        "smooth-or-featured_artifact": 0.0,
        f"how-rounded_{shape}": 1.0,
        **more,
    }


def spiral(**more: float) -> dict[str, float]:
    return {
        "smooth-or-featured_smooth": 0.0,
        "smooth-or-featured_featured-or-disk": 1.0,
        "smooth-or-featured_artifact": 0.0,
        "disk-edge-on_yes": 0.0,
        "disk-edge-on_no": 1.0,
        "has-spiral-arms_yes": 1.0,
        "has-spiral-arms_no": 0.0,
        "spiral-winding_tight": 0.0,
        "spiral-winding_medium": 0.5,
        "spiral-winding_loose": 0.5,
        **more,
    }


def test_decals_fractions_and_derived_classes(tmp_path: Path):
    calm = {"merging_none": 0.7, "merging_minor-disturbance": 0.3}
    write_decals(
        tmp_path,
        [
            smooth("round", **calm),
            spiral(**calm, bar_strong=0.3, bar_weak=0.5, bar_no=0.2),
            spiral(**calm, bar_strong=0.1, bar_weak=0.1, bar_no=0.8),
            smooth("round", merging_merger=0.8, merging_none=0.2),
            {
                **spiral(bar_no=1.0),
                "merging_major-disturbance": 0.9,
                "merging_none": 0.1,
                "merging_merger": 0.0,
            },
            spiral(**calm, bar_strong=0.25, bar_weak=0.25, bar_no=0.5),
        ],
    )
    data = open_dataset(tmp_path)
    assert data.id == "gz_decals"
    assert data.scheme is not None
    assert data.scheme.id == "galaxy10_decals"
    labels = [r.label for r in data.records]
    assert labels == ["round", "barred", "unbarred-loose", "merging", "disturbed", ""]
    first = data.records[0]
    assert first.id == first.object == "J112900.88-000427.4"
    assert first.volunteers == 30
    assert first.info["ra"] == 172.0
    fractions = first.info["decals"]
    assert fractions.shape == (34,)
    assert fractions[DECALS.index["merging.minor-disturbance"]] == 0.3
    assert np.isnan(fractions[DECALS.index["bar.no"]])
    assert np.isnan(data.votes).all()
    assert data.image(3) == jpeg(3, format="PNG")


def test_the_earlier_campaigns_of_decals(tmp_path: Path):
    calm = {"merging_neither": 1.0, "merging_merger": 0.0, "merging_both": 0.0}
    write_decals(
        tmp_path,
        [
            smooth("completely", **calm),
            spiral(**calm, bar_yes=0.7, bar_no=0.3),
            smooth("completely", merging_neither=0.1, merging_merger=0.5, merging_both=0.4),
            {
                **smooth("completely", merging_neither=0.1, merging_merger=0.0, merging_both=0.0),
                "merging_tidal-debris": 0.9,
            },
        ],
        earlier=True,
    )
    data = open_dataset(tmp_path)
    assert [r.label for r in data.records] == ["round", "barred", "merging", "disturbed"]
    assert data.records[0].info["campaign"] == "ab"
    fractions = data.records[2].info["decals"]
    assert fractions[DECALS.index["merging.merger"]] == pytest.approx(0.9)
    # What campaigns A and B did not offer is unknown, not zero.
    offered = {"how-rounded.round", "merging.none"}
    unknown = {a.id for a, f in zip(DECALS.answers, fractions, strict=True) if np.isnan(f)}
    assert {"bar.strong", "merging.minor-disturbance", "bulge-size.none"} <= unknown
    assert not offered & unknown
    assert "both" in DECALS_EARLIER["merging"]


def test_a_missing_decals_column(tmp_path: Path):
    path = write_decals(tmp_path, [smooth("round")])
    path.write_text(path.read_text().replace("bar_weak_fraction", "bar_faint_fraction"))
    with pytest.raises(DataError, match="has no column bar_weak_fraction"):
        open_dataset(tmp_path)


def test_decals_percentages_are_refused(tmp_path: Path):
    rows: list[dict[str, Any]] = [smooth("round"), {"smooth-or-featured_smooth": 90.0}]
    with pytest.raises(DataError, match=r"smooth-or-featured_smooth_fraction in row 1 .* is 90"):
        open_dataset(write_decals(tmp_path, rows))
