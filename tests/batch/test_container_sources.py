"""HDF5, Parquet, tar, zip and FITS files with many pictures: whole, in slices, and broken."""

import gzip
import json
import os
import zipfile
from io import BytesIO
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from source_makers import (
    all_items,
    cold_items,
    cube,
    galaxy10,
    opened,
    parquet_of_pictures,
    picture,
    tar_of,
    zip_of,
)

from skyform.batch.sources.fitsfiles import FitsSource
from skyform.batch.sources.hdf5 import Hdf5Source
from skyform.batch.sources.parquet import ParquetSource
from skyform.batch.sources.perprocess import PerProcess, Streams
from skyform.batch.sources.tarshards import TarSource
from skyform.batch.sources.zips import ZipSource
from skyform.errors import DataError
from skyform.images import decode

SIZES = [1, 3, 4, 100]


# HDF5


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("chunk", [None, 1, 4])
def test_galaxy10s_layout(tmp_path: Path, size: int, chunk: int | None):
    images = galaxy10(tmp_path / "g.h5", chunk=chunk)
    source = opened(tmp_path / "g.h5", keep=("ans",))
    assert isinstance(source, Hdf5Source)
    assert source.total == 10
    items = all_items(source, size=size)
    assert [i.id for i in items] == [f"g.h5#{i}" for i in range(10)]
    assert all(np.array_equal(i.image, images[k]) for k, i in enumerate(items))
    assert [i.ra for i in items] == pytest.approx(np.linspace(10, 20, 10))
    assert [i.extra["ans"] for i in items] == list(range(10))
    cold = cold_items(source, size=size)
    assert [i.id for i in cold] == [i.id for i in items]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(cold, items, strict=True))


def test_parts_end_where_chunks_do(tmp_path: Path):
    galaxy10(tmp_path / "g.h5", chunk=4)
    source = opened(tmp_path / "g.h5")
    assert [p.count for p in source.parts(9)] == [8, 2]
    assert [p.count for p in source.parts(3)] == [3, 3, 3, 1]


def test_grey_and_measured_rows_become_rgb(tmp_path: Path):
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "g.h5", "w") as file:
        file["grey"] = rng.integers(0, 256, (3, 5, 6), dtype=np.uint8)
        file["deep/flux"] = rng.normal(100, 5, (3, 5, 6))
        file["deep/name"] = [b"m31", b"m33", b"m51"]
    grey = all_items(opened(tmp_path / "g.h5", dataset="grey"))
    with h5py.File(tmp_path / "g.h5") as file:
        assert np.array_equal(grey[1].image, np.repeat(file["grey"][1][..., None], 3, axis=2))
        expected = decode(file["deep/flux"][2]).rgb
    flux = all_items(opened(tmp_path / "g.h5", dataset="deep/flux", id_column="name"))
    assert [i.id for i in flux] == ["m31", "m33", "m51"]
    assert np.array_equal(flux[2].image, expected)


def test_a_damaged_chunk_costs_its_rows(tmp_path: Path):
    images = galaxy10(tmp_path / "g.h5", chunk=2)
    with h5py.File(tmp_path / "g.h5") as file:
        place = file["images"].id.get_chunk_info(2).byte_offset
    data = bytearray((tmp_path / "g.h5").read_bytes())
    data[place + 5] ^= 255
    (tmp_path / "g.h5").write_bytes(data)
    source = opened(tmp_path / "g.h5")
    items = all_items(source, size=100)
    assert [k for k, i in enumerate(items) if i.error] == [4, 5]
    assert items[4].error.startswith("corrupt-image: ")
    assert items[4].ra == pytest.approx(10 + 10 / 9 * 4)
    assert np.array_equal(items[6].image, images[6])


def test_a_truncated_hdf5_is_one_error(tmp_path: Path):
    galaxy10(tmp_path / "g.h5")
    data = (tmp_path / "g.h5").read_bytes()
    (tmp_path / "g.h5").write_bytes(data[:-100])
    with pytest.raises(DataError, match=r"g\.h5 is not a readable HDF5 file.*truncated"):
        opened(tmp_path / "g.h5")


def test_arrays_that_are_no_pictures(tmp_path: Path):
    with h5py.File(tmp_path / "g.h5", "w") as file:
        file["spectra"] = np.zeros((4, 100))
        file["a"] = np.zeros((4, 5, 5))
    assert opened(tmp_path / "g.h5").total == 4
    with h5py.File(tmp_path / "g.h5", "a") as file:
        file["b"] = np.zeros((4, 5, 5))
    with pytest.raises(DataError, match=r"several arrays; it holds a, b.*--dataset"):
        opened(tmp_path / "g.h5")
    with pytest.raises(DataError, match="no array c; it holds"):
        opened(tmp_path / "g.h5", dataset="c")
    with pytest.raises(DataError, match=r"spectra in .* has shape \(4, 100\)"):
        opened(tmp_path / "g.h5", dataset="spectra")


def test_several_hdf5_files(tmp_path: Path):
    for name in ("a", "b"):
        galaxy10(tmp_path / f"{name}.h5", rows=3)
    source = opened(f"{tmp_path}/*.h5")
    items = all_items(source, size=2)
    assert [i.id for i in items] == [f"{f}.h5#{i}" for f in "ab" for i in range(3)]


# Parquet


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("struct", [True, False])
def test_embedded_pictures(tmp_path: Path, size: int, struct: bool):
    made = parquet_of_pictures(tmp_path / "g.parquet", struct=struct)
    source = opened(tmp_path / "g.parquet", keep=("z",))
    assert isinstance(source, ParquetSource)
    assert source.total == 10
    items = all_items(source, size=size)
    assert [i.image for i in items] == made
    assert [i.id for i in items] == [f"g.parquet#{i}" for i in range(10)]
    assert [i.extra["z"] for i in items] == [i / 10 for i in range(10)]
    assert [i.dec for i in items] == [-float(i) for i in range(10)]
    assert cold_items(source, size=size) == items


def test_slices_of_one_group_unpack_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    parquet_of_pictures(tmp_path / "g.parquet", rows=40, group=40)
    source = opened(tmp_path / "g.parquet")
    unpacked: list[int] = []
    through = pq.ParquetFile.iter_batches
    monkeypatch.setattr(
        pq.ParquetFile,
        "iter_batches",
        lambda self, *a, **k: unpacked.append(1) or through(self, *a, **k),
    )
    assert len(all_items(source, size=10)) == 40
    assert len(unpacked) == 1


def test_a_folder_of_parquet(tmp_path: Path):
    made = parquet_of_pictures(tmp_path / "data" / "train-0.parquet", rows=5)
    made += parquet_of_pictures(tmp_path / "data" / "train-1.parquet", rows=4, first=5)
    (tmp_path / "README.md").write_text("about")
    whole = opened(tmp_path)
    assert [i.image for i in all_items(whole, size=7)] == made
    assert all_items(whole)[5].id == "data/train-1.parquet#0"
    pattern = opened(f"{tmp_path}/data/train-*.parquet")
    assert [i.image for i in all_items(pattern)] == made
    assert cold_items(whole) == all_items(whole)


def test_rows_without_a_picture(tmp_path: Path):
    cells = [{"bytes": picture(1), "path": "a"}, {"bytes": None, "path": "b"}, None]
    pq.write_table(pa.table({"image": cells}), tmp_path / "g.parquet")
    good, *bad = all_items(opened(tmp_path / "g.parquet"))
    assert good.error == ""
    assert all(i.error.startswith("no-image-data: ") for i in bad)


def test_damaged_pages_cost_their_rows(tmp_path: Path):
    made = parquet_of_pictures(tmp_path / "g.parquet", rows=30, group=10)
    meta = pq.ParquetFile(tmp_path / "g.parquet").metadata
    place = meta.row_group(1).column(0).data_page_offset
    data = bytearray((tmp_path / "g.parquet").read_bytes())
    data[place : place + 40] = b"\xff" * 40
    (tmp_path / "g.parquet").write_bytes(data)
    source = opened(tmp_path / "g.parquet")
    items = all_items(source, size=10)
    assert [bool(i.error) for i in items] == [False] * 10 + [True] * 10 + [False] * 10
    assert "this row cannot be read" in items[12].error
    assert [i.image for i in items[20:]] == made[20:]
    assert [i.id for i in cold_items(source, size=7)] == [i.id for i in items]


def test_a_truncated_parquet_is_one_error(tmp_path: Path):
    parquet_of_pictures(tmp_path / "g.parquet")
    data = (tmp_path / "g.parquet").read_bytes()
    (tmp_path / "g.parquet").write_bytes(data[:-50])
    with pytest.raises(DataError, match=r"g\.parquet is not a readable Parquet file"):
        opened(tmp_path / "g.parquet")


def test_several_columns_of_pictures(tmp_path: Path):
    columns = {"g": [picture(1)], "r": [picture(2)], "file": ["x.png"]}
    pq.write_table(pa.table(columns), tmp_path / "g.parquet")
    with pytest.raises(DataError, match=r"2 columns of embedded pictures: g, r.*--image-column"):
        opened(tmp_path / "g.parquet")
    (item,) = all_items(opened(tmp_path / "g.parquet", image_column="r"))
    assert item.image == picture(2)


# tar


def shard(count: int, *, first: int = 0, json_too: bool = True) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    for i in range(first, first + count):
        members[f"s/{i:03}.png"] = picture(i)
        if json_too:
            about = {"ra": 1.5 * i, "dec": -0.5 * i, "objid": f"J{i}", "z": i / 8}
            members[f"s/{i:03}.json"] = json.dumps(about).encode()
        members[f"s/{i:03}.cls"] = b"3"
    return members


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["t.tar", "t.tar.gz", "t.tar.bz2", "t.tar.xz"])
def test_shards(tmp_path: Path, size: int, name: str):
    tar_of(tmp_path / name, shard(10))
    source = opened(tmp_path / name, keep=("z",))
    assert isinstance(source, TarSource)
    items = all_items(source, size=size)
    assert [i.image for i in items] == [picture(i) for i in range(10)]
    assert [i.id for i in items] == [f"{name}#s/{i:03}" for i in range(10)]
    assert items[4].path == f"{tmp_path}/{name}#s/004.png"
    assert [(i.ra, i.dec, i.extra["z"]) for i in items] == [
        (1.5 * i, -0.5 * i, i / 8) for i in range(10)
    ]
    assert cold_items(source, size=size) == items


def test_ids_from_keys_and_fields(tmp_path: Path):
    tar_of(tmp_path / "t.tar", shard(3))
    assert [i.id for i in all_items(opened(tmp_path / "t.tar", id_column="key"))] == [
        "s/000",
        "s/001",
        "s/002",
    ]
    by_field = all_items(opened(tmp_path / "t.tar", id_column="objid"))
    assert [i.id for i in by_field] == ["J0", "J1", "J2"]


def test_several_pictures_of_one_sample(tmp_path: Path):
    members = {"a.g.png": picture(1), "a.r.png": picture(2), "b.png": picture(3), "notes.md": b"x"}
    tar_of(tmp_path / "t.tar", members)
    items = all_items(opened(tmp_path / "t.tar"), size=2)
    assert [i.id for i in items] == ["t.tar#a.g.png", "t.tar#a.r.png", "t.tar#b"]


def test_many_shards_by_braces(tmp_path: Path):
    for s in range(3):
        tar_of(tmp_path / f"s-{s:03}.tar", shard(4, first=4 * s, json_too=False))
    source = opened(f"{tmp_path}/s-{{000..002}}.tar")
    items = all_items(source)
    assert [i.image for i in items] == [picture(i) for i in range(12)]
    assert items[5].id == "s-001.tar#s/005"
    assert all_items(opened(f"{tmp_path}/*.tar")) == items
    assert [i.image for i in all_items(opened(tmp_path))] == [i.image for i in items]


def test_a_missing_shard_is_an_item_with_an_error(tmp_path: Path):
    for s in (0, 2):
        tar_of(tmp_path / f"s-{s}.tar", shard(2, json_too=False))
    source = opened(f"{tmp_path}/s-{{0..2}}.tar")
    items = all_items(source)
    assert [bool(i.error) for i in items] == [False, False, True, False, False]
    assert "s-1.tar" in items[2].error
    assert cold_items(source) == items


@pytest.mark.parametrize("name", ["t.tar", "t.tar.gz"])
@pytest.mark.parametrize("keep", [0.3, 0.5, 0.77])
def test_a_truncated_tar_gives_its_whole_members_and_one_error(
    tmp_path: Path, name: str, keep: float
):
    rng = np.random.default_rng(0)
    members = {f"{i}.jpg": rng.bytes(3000) for i in range(20)}
    tar_of(tmp_path / name, members)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * keep)])
    source = opened(tmp_path / name)
    for size in (2, 100):
        items = all_items(source, size=size)
        *whole, last = items
        assert [i.image for i in whole] == list(members.values())[: len(whole)]
        assert {i.error for i in whole} == {""}
        assert 3 < len(whole) < 20
        assert last.error.startswith("truncated-image: ")
        assert cold_items(source, size=size) == items


def test_every_place_to_cut_a_tar(tmp_path: Path):
    members = {f"{i}.jpg": bytes([65 + i]) * 700 for i in range(4)}
    tar_of(tmp_path / "t.tar", members)
    data = (tmp_path / "t.tar").read_bytes()
    values = list(members.values())
    # From behind the first member, whose block of header and content takes 1536 bytes, to the mark of the end.
    for cut in range(1536, 4 * 1536 + 512, 111):
        (tmp_path / "t.tar").write_bytes(data[:cut])
        source = opened(tmp_path / "t.tar")
        *whole, last = all_items(source, size=2)
        assert [i.image for i in whole] == values[: len(whole)]
        # A member is whole when its content is; its padding may be missing.
        assert len(whole) == min(4, (cut + 1536 - 512 - 700) // 1536)
        assert last.error


def test_a_damaged_header_in_the_middle(tmp_path: Path):
    members = {f"{i}.jpg": b"x" * 700 for i in range(6)}
    tar_of(tmp_path / "t.tar", members)
    data = bytearray((tmp_path / "t.tar").read_bytes())
    data[3 * 1536 + 150] ^= 255
    (tmp_path / "t.tar").write_bytes(data)
    items = all_items(opened(tmp_path / "t.tar"))
    assert [bool(i.error) for i in items] == [False, False, False, True]
    assert "from byte 4608 on" in items[-1].error


def test_a_tar_that_is_none_or_empty(tmp_path: Path):
    tar_of(tmp_path / "t.tar", {"notes.md": b"x"})
    with pytest.raises(DataError, match="holds no pictures"):
        opened(tmp_path / "t.tar")
    tar_of(tmp_path / "e.tar", {})
    with pytest.raises(DataError, match="holds no pictures"):
        opened(tmp_path / "e.tar")


def test_empty_members_are_errors(tmp_path: Path):
    tar_of(tmp_path / "t.tar", {"a.png": b"", "b.png": picture(1)})
    first, second = all_items(opened(tmp_path / "t.tar"))
    assert "0 bytes" in first.error
    assert second.error == ""


# zip


@pytest.mark.parametrize("size", SIZES)
def test_zip_archives(tmp_path: Path, size: int):
    members = {f"stamps/{i}.png": picture(i) for i in range(10)}
    zip_of(tmp_path / "z.zip", {**members, "notes.txt": b"x", "__MACOSX/._1.png": b"x"})
    source = opened(tmp_path / "z.zip")
    assert isinstance(source, ZipSource)
    assert source.total == 10
    items = all_items(source, size=size)
    assert [i.image for i in items] == list(members.values())
    assert [i.id for i in items] == [f"z.zip#{n}" for n in members]
    assert cold_items(source, size=size) == items


def test_damaged_members_of_a_zip(tmp_path: Path):
    zip_of(tmp_path / "z.zip", {f"{i}.png": picture(i) for i in range(3)})
    data = bytearray((tmp_path / "z.zip").read_bytes())
    with zipfile.ZipFile(tmp_path / "z.zip") as archive:
        place = archive.getinfo("1.png").header_offset
    data[place + 60] ^= 255
    (tmp_path / "z.zip").write_bytes(data)
    items = all_items(opened(tmp_path / "z.zip"))
    assert [bool(i.error) for i in items] == [False, True, False]
    assert items[1].error.startswith("corrupt-image: ")


def test_zips_that_are_none(tmp_path: Path):
    zip_of(tmp_path / "z.zip", {"a.png": picture(1)})
    (tmp_path / "z.zip").write_bytes((tmp_path / "z.zip").read_bytes()[:-30])
    with pytest.raises(DataError, match="not a readable zip file"):
        opened(tmp_path / "z.zip")
    zip_of(tmp_path / "n.zip", {"a.txt": b"x"})
    with pytest.raises(DataError, match="no pictures in"):
        opened(tmp_path / "n.zip")


# FITS


def rgb(data: bytes) -> np.ndarray:
    return decode(data).rgb


@pytest.mark.parametrize("size", SIZES)
def test_planes_of_a_cube_are_pictures(tmp_path: Path, size: int):
    planes = cube(tmp_path / "c.fits", (9, 20, 30))
    source = opened(tmp_path / "c.fits")
    assert isinstance(source, FitsSource)
    assert source.total == 9
    items = all_items(source, size=size)
    assert [i.id for i in items] == [f"c.fits#{i}" for i in range(9)]
    for plane, item in zip(planes, items, strict=True):
        assert np.array_equal(fits.getdata(BytesIO(item.image)), plane)
    assert cold_items(source, size=size) == items


def test_few_planes_are_bands(tmp_path: Path):
    cube(tmp_path / "c.fits", (3, 20, 30))
    (bands,) = all_items(opened(tmp_path / "c.fits"))
    assert (bands.id, bands.path) == ("c.fits", f"{tmp_path}/c.fits")
    assert isinstance(bands.image, bytes)
    assert np.array_equal(rgb(bands.image), rgb((tmp_path / "c.fits").read_bytes()))
    assert len(all_items(opened(tmp_path / "c.fits", cube="pictures"))) == 3


def test_pictures_of_bands(tmp_path: Path):
    cube(tmp_path / "c.fits", (7, 3, 20, 30), BANDS="grz")
    items = all_items(opened(tmp_path / "c.fits"))
    assert len(items) == 7
    header = fits.getheader(BytesIO(items[0].image))
    assert (header["NAXIS3"], header["BANDS"]) == (3, "grz")


def test_cubes_without_a_meaning(tmp_path: Path):
    cube(tmp_path / "c.fits", (9, 20, 30), CTYPE3="WAVE-LOG")
    with pytest.raises(DataError, match=r"is a spectrum \(WAVE\).*--cube pictures"):
        opened(tmp_path / "c.fits")
    assert opened(tmp_path / "c.fits", cube="pictures").total == 9
    with pytest.raises(DataError, match="at most 5 bands"):
        opened(tmp_path / "c.fits", cube="bands")


def extensions(path: Path, *named: tuple[str, str]) -> None:
    rng = np.random.default_rng(0)
    hdus: list[fits.hdu.base.ExtensionHDU] = []
    for name, band in named:
        data = rng.normal(0, 1, (20, 30)).astype(np.float32)
        hdu = (
            fits.CompImageHDU(data, name=name)
            if name == "PACKED"
            else fits.ImageHDU(data, name=name)
        )
        if band:
            hdu.header["FILTER"] = band
        hdus.append(hdu)
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)


def test_extensions_are_pictures(tmp_path: Path):
    extensions(
        tmp_path / "m.fits", ("A", ""), ("B", ""), ("WHT_A", ""), ("MASK", ""), ("PACKED", "")
    )
    source = opened(tmp_path / "m.fits")
    items = all_items(source, size=2)
    assert [i.id for i in items] == ["m.fits#1", "m.fits#2", "m.fits#5"]
    assert all(rgb(i.image).shape == (20, 30, 3) for i in items if isinstance(i.image, bytes))
    assert cold_items(source, size=1) == items


def test_science_extensions_come_alone(tmp_path: Path):
    extensions(tmp_path / "m.fits", ("SCI", ""), ("MODEL", ""), ("SCI", ""))
    assert [i.id for i in all_items(opened(tmp_path / "m.fits"))] == ["m.fits#1", "m.fits#3"]


def test_three_bands_are_one_colour_picture(tmp_path: Path):
    extensions(tmp_path / "m.fits", ("A", "g DECam"), ("B", "r DECam"), ("C", "z DECam"))
    (item,) = all_items(opened(tmp_path / "m.fits"))
    assert item.image == (tmp_path / "m.fits").read_bytes()
    assert opened(tmp_path / "m.fits", cube="pictures").total == 3


def test_one_image_is_one_picture(tmp_path: Path):
    cube(tmp_path / "one.fits", (20, 30))
    (item,) = all_items(opened(tmp_path / "one.fits"))
    assert item.id == "one.fits"
    assert isinstance(item.image, bytes)
    assert np.array_equal(rgb(item.image), rgb((tmp_path / "one.fits").read_bytes()))


def test_whole_numbers_and_missing_pixels_stay_what_they_are(tmp_path: Path):
    data = np.arange(6 * 20 * 30, dtype=np.uint16).reshape(6, 20, 30)
    fits.PrimaryHDU(data).writeto(tmp_path / "c.fits")
    items = all_items(opened(tmp_path / "c.fits"))
    inside = fits.getdata(BytesIO(items[5].image))
    assert inside.dtype.kind == "u"
    assert np.array_equal(inside, data[5])


def test_a_truncated_cube_keeps_its_whole_planes(tmp_path: Path):
    planes = cube(tmp_path / "c.fits", (9, 40, 50))
    (tmp_path / "c.fits").write_bytes((tmp_path / "c.fits").read_bytes()[: 2880 + 5 * 8000 + 100])
    source = opened(tmp_path / "c.fits")
    items = all_items(source)
    assert len(items) == 9
    assert [bool(i.error) for i in items] == [False] * 5 + [True] * 4
    assert np.array_equal(fits.getdata(BytesIO(items[4].image)), planes[4])


def test_compressed_fits(tmp_path: Path):
    extensions(tmp_path / "m.fits", ("A", ""), ("B", ""))
    packed = gzip.compress((tmp_path / "m.fits").read_bytes())
    (tmp_path / "m.fits.gz").write_bytes(packed)
    plain = all_items(opened(tmp_path / "m.fits"))
    assert [i.image for i in all_items(opened(tmp_path / "m.fits.gz"))] == [i.image for i in plain]


def test_fits_without_images(tmp_path: Path):
    fits.PrimaryHDU().writeto(tmp_path / "empty.fits")
    with pytest.raises(DataError, match="no image with two axes"):
        opened(tmp_path / "empty.fits")
    extensions(tmp_path / "w.fits", ("MASK", ""))
    with pytest.raises(DataError, match="only weights or masks"):
        opened(tmp_path / "w.fits")


# What they share


def test_fingerprints_tell_sources_apart(tmp_path: Path):
    galaxy10(tmp_path / "g.h5")
    parquet_of_pictures(tmp_path / "g.parquet")
    tar_of(tmp_path / "t.tar", shard(2))
    zip_of(tmp_path / "z.zip", {"a.png": picture(1)})
    cube(tmp_path / "c.fits", (9, 20, 30))
    names = ("g.h5", "g.parquet", "t.tar", "z.zip", "c.fits")
    first = [opened(tmp_path / n).fingerprint for n in names]
    assert len(set(first)) == len(names)
    assert [opened(tmp_path / n).fingerprint for n in names] == first
    galaxy10(tmp_path / "g.h5", rows=11)
    parquet_of_pictures(tmp_path / "g.parquet", rows=11)
    tar_of(tmp_path / "t.tar", shard(3))
    zip_of(tmp_path / "z.zip", {"b.png": picture(2)})
    (tmp_path / "c.fits").unlink()
    cube(tmp_path / "c.fits", (8, 20, 30))
    again = [opened(tmp_path / n).fingerprint for n in names]
    assert all(a != b for a, b in zip(again, first, strict=True))


def test_a_stream_is_begun_again_only_to_go_back():
    begun: list[int] = []

    def numbers():
        begun.append(1)
        return iter(range(100))

    streams = Streams[int]()
    assert list(streams.slice("a", 10, 13, opened=numbers)) == [10, 11, 12]
    assert list(streams.slice("a", 20, 22, opened=numbers)) == [20, 21]
    assert len(begun) == 1
    assert list(streams.slice("a", 5, 6, opened=numbers)) == [5]
    assert list(streams.slice("b", 6, 7, opened=numbers)) == [6]
    assert len(begun) == 3
    half = streams.slice("b", 7, 20, opened=numbers)
    assert next(half) == 7
    assert list(streams.slice("b", 8, 9, opened=numbers)) == [8]
    assert len(begun) == 4


def test_what_is_open_stays_in_its_process():
    mine = PerProcess(list[int])
    mine.get().append(1)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(len(mine.get())).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 9) == b"0"
    assert mine.get() == [1]
    os.close(reader)
    os.close(writer)
