"""What something is, is seen from what it holds; what is no source is said so."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st
from source_makers import (
    all_items,
    cold_items,
    cube,
    galaxy10,
    opened,
    parquet_of_pictures,
    picture,
    pictures_in,
    tar_of,
    zip_of,
)

from skyform.batch.items import Source
from skyform.batch.sources import SourceOptions, open_source
from skyform.batch.sources.catalogues import CatalogueSource
from skyform.batch.sources.fitsfiles import FitsSource
from skyform.batch.sources.hdf5 import Hdf5Source
from skyform.batch.sources.kinds import kind_of
from skyform.batch.sources.named import ManySources, NamedFiles
from skyform.batch.sources.parquet import ParquetSource
from skyform.batch.sources.tarshards import TarSource
from skyform.batch.sources.zips import ZipSource
from skyform.errors import DataError
from skyform.images import Limits


def write_all(folder: Path) -> dict[str, type]:
    """A source of each kind, and what it is."""
    pictures_in(folder, "s/0.png", "one.png")
    (folder / "cat.csv").write_text("id,path,ra,dec\n7,s/0.png,1,2\n")
    (folder / "list.txt").write_text("s/0.png\n")
    pq.write_table(pa.table({"path": ["s/0.png"]}), folder / "cat.parquet")
    Table({"path": ["s/0.png"]}).write(folder / "cat.fits")
    parquet_of_pictures(folder / "g.parquet")
    galaxy10(folder / "g.h5")
    tar_of(folder / "t.tar", {"a.png": picture(1)})
    tar_of(folder / "t.tar.gz", {"a.png": picture(1)})
    zip_of(folder / "z.zip", {"a.png": picture(1)})
    cube(folder / "c.fits", (7, 20, 30))
    return {
        "one.png": NamedFiles,
        "cat.csv": CatalogueSource,
        "list.txt": CatalogueSource,
        "cat.parquet": CatalogueSource,
        "cat.fits": CatalogueSource,
        "g.parquet": ParquetSource,
        "g.h5": Hdf5Source,
        "t.tar": TarSource,
        "t.tar.gz": TarSource,
        "z.zip": ZipSource,
        "c.fits": FitsSource,
    }


def test_every_kind_is_known(tmp_path: Path):
    for name, kind in write_all(tmp_path).items():
        source = opened(tmp_path / name)
        assert type(source) is kind
        assert isinstance(source, Source)
        assert source.address == str(tmp_path / name)
        assert len(source.fingerprint) == 32
        items = all_items(source)
        assert items
        assert {i.error for i in items} == {""}
        assert len({i.id for i in items}) == len(items)


def test_names_do_not_matter(tmp_path: Path):
    for name, kind in write_all(tmp_path).items():
        (tmp_path / name).rename(tmp_path / "thing")
        assert type(opened(tmp_path / "thing")) is kind, name


def test_a_path_column_makes_a_catalogue_of_anything(tmp_path: Path):
    pictures_in(tmp_path, "a.png")
    pq.write_table(pa.table({"thumb": [b"x"], "file": ["a.png"]}), tmp_path / "p.parquet")
    assert type(opened(tmp_path / "p.parquet", path_column="file")) is CatalogueSource
    table = fits.BinTableHDU(Table({"file": ["a.png"]}))
    fits.HDUList([fits.PrimaryHDU(np.zeros((5, 5))), table]).writeto(tmp_path / "p.fits")
    assert type(opened(tmp_path / "p.fits")) is FitsSource
    (item,) = all_items(opened(tmp_path / "p.fits", path_column="file"))
    assert item.error == ""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7 and so on", "is a PDF document"),
        (b"\x7fELF\x02\x01\x01", "is a program"),
        (b'{"error": "no such bucket"}', "is JSON text"),
        (b"<!DOCTYPE html><html></html>", "is an HTML page"),
        (b"\x01\x02\x03\x04 something", "no picture, table or archive"),
    ],
)
def test_what_is_no_source(tmp_path: Path, data: bytes, said: str):
    (tmp_path / "thing").write_bytes(data)
    with pytest.raises(DataError, match=f"{said}.*Give a folder or pattern"):
        opened(tmp_path / "thing")


def test_a_pipe_is_refused(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="is a pipe or a device"):
        opened(tmp_path / "pipe")


def test_larger_pictures_by_choice(tmp_path: Path):
    pictures_in(tmp_path, "a.png")
    (item,) = all_items(opened(tmp_path, limits=Limits(max_bytes=20)))
    assert item.error.startswith("image-too-large: ")


def test_nothing_at_all():
    with pytest.raises(DataError, match="No source was given"):
        open_source([])


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.tar", "a.txt", "a.fits", "a"]))
def test_any_bytes_have_a_kind_or_none(data: bytes, name: str):
    assert kind_of(data, name=name) in (
        None,
        "picture",
        "hdf5",
        "parquet",
        "fits",
        "tar",
        "zip",
        "votable",
        "csv",
        "list",
    )


def test_several_sources_of_several_kinds(tmp_path: Path):
    write_all(tmp_path)
    names = ("s", "g.h5", "t.tar", "t.tar.gz", "one.png", "cat.csv")
    source = opened(*(tmp_path / n for n in names))
    assert isinstance(source, ManySources)
    # Both tars are one source.
    assert len(source.sources) == 5
    items = all_items(source, size=4)
    assert len(items) == 1 + 10 + 2 + 1 + 1
    assert len({i.id for i in items}) == len(items)
    assert items[-1].id.endswith("cat.csv/7")
    cold = cold_items(source, size=4)
    assert [i.id for i in cold] == [i.id for i in items]


def test_ids_of_a_named_column_stay_as_they_are(tmp_path: Path):
    pictures_in(tmp_path, "a.png")
    for i in range(2):
        (tmp_path / f"{i}.csv").write_text(f"star,path\nJ{i},a.png\n")
    items = all_items(opened(f"{tmp_path}/*.csv", id_column="star"))
    assert [i.id for i in items] == ["J0", "J1"]


@pytest.mark.parametrize("size", [0, -1])
def test_parts_hold_something(tmp_path: Path, size: int):
    pictures_in(tmp_path, "a.png")
    with pytest.raises(ValueError, match="at least 1 item"):
        opened(tmp_path).parts(size)


@pytest.mark.parametrize("wrong", [{"connections": 0}, {"attempts": 0}, {"cube": "planes"}])
def test_options_that_are_wrong(wrong: dict):
    with pytest.raises((ValueError, TypeError)):
        SourceOptions(**wrong)


def test_other_processes_read_the_same(tmp_path: Path):
    """A new interpreter, without anything of this one."""
    write_all(tmp_path)
    code = (
        "import json, pickle, sys\n"
        "from skyform.batch.items import Part\n"
        "source, parts = pickle.load(sys.stdin.buffer)\n"
        "print(json.dumps([i.id for p in parts for i in source.read(Part(*p))]))\n"
    )
    source = opened(*(tmp_path / n for n in ("g.h5", "g.parquet", "t.tar", "c.fits", "cat.csv")))
    parts = [(p.number, p.count, dict(p.payload)) for p in source.parts(3)]
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps((source, parts)),
        capture_output=True,
        cwd=tmp_path.parent,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == [i.id for i in all_items(source)]
