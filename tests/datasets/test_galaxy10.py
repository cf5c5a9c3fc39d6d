import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from official_sets import write_galaxy10

from skyform.datasets.galaxy10 import read_galaxy10, sky_objects
from skyform.datasets.opening import open_dataset
from skyform.datasets.stores import Hdf5Store
from skyform.errors import DataError

NOWHERE = {"redshift": np.zeros(4), "pxscale": np.full(4, 0.262)}


@pytest.fixture
def sdss(tmp_path: Path) -> tuple[Path, np.ndarray]:
    path = tmp_path / "Galaxy10.h5"
    return path, write_galaxy10(path, [0, 3, 9, 5], side=69)


@pytest.fixture
def decals(tmp_path: Path) -> tuple[Path, np.ndarray]:
    path = tmp_path / "Galaxy10_DECals.h5"
    places = {"ra": [10.0, 10.0005, 200.0, 0.0], "dec": [5.0, 5.0, -3.0, 89.9]}
    return path, write_galaxy10(path, [0, 3, 9, 5], side=256, **places, **NOWHERE)


def test_sdss_has_its_own_classes(sdss: tuple[Path, np.ndarray]):
    data = open_dataset(sdss[0])
    assert data.id == "galaxy10_sdss"
    assert [r.label for r in data.records] == ["face-on", "cigar", "loose", "edge-on-boxy"]
    assert data.scheme is not None
    assert data.scheme.classes[5].name == "Disk, Edge-on, Boxy Bulge"
    assert np.array_equal(data.image(2), sdss[1][2])


def test_decals_has_its_own_classes_positions_and_objects(decals: tuple[Path, np.ndarray]):
    data = open_dataset(decals[0])
    assert data.id == "galaxy10_decals"
    # The same number 3 as in the other set, and another class.
    assert [r.label for r in data.records] == ["disturbed", "in-between", "edge-on-bulge", "barred"]
    assert data.records[0].info == {"ra": 10.0, "dec": 5.0, "redshift": 0.0, "pxscale": 0.262}
    objects = [r.object for r in data.records]
    assert objects[0] == objects[1] == "10.0000+5.0000"
    assert len(set(objects)) == 3


def test_a_set_is_never_opened_as_the_other(
    sdss: tuple[Path, np.ndarray], decals: tuple[Path, np.ndarray]
):
    with pytest.raises(DataError, match=r"opened as galaxy10_decals, but .* it is galaxy10_sdss"):
        open_dataset(sdss[0], format="galaxy10_decals")
    with pytest.raises(DataError, match=r"opened as galaxy10_sdss, but .* it is galaxy10_decals"):
        open_dataset(decals[0], format="galaxy10_sdss")


def test_another_size_needs_a_word(tmp_path: Path):
    path = tmp_path / "small.h5"
    write_galaxy10(path, [0, 1], side=32)
    with pytest.raises(DataError, match="32 pixels; Galaxy10 SDSS has 69, Galaxy10 DECaLS 256"):
        open_dataset(path)
    assert open_dataset(path, format="galaxy10_sdss").records[1].label == "round"


def test_contradicting_size_and_parts(tmp_path: Path):
    path = tmp_path / "mixed.h5"
    write_galaxy10(path, [0], side=69, ra=[1.0], dec=[1.0])
    with pytest.raises(DataError, match="69 pixels, as Galaxy10 SDSS, and ra and dec"):
        open_dataset(path)


@pytest.mark.parametrize("chunks", [None, (1, 69, 69, 3), (3, 10, 10, 1)])
def test_pictures_come_in_any_order(tmp_path: Path, chunks: tuple[int, ...] | None):
    path = tmp_path / "g.h5"
    images = write_galaxy10(path, [0] * 7, side=69, chunks=chunks)
    data = open_dataset(path)
    for i in (0, 1, 2, 3, 6, 5, 4, 5, 6, 0):
        assert np.array_equal(data.image(i), images[i])
    with h5py.File(path) as file:
        expected = (file["images"].chunks or (1,))[0]
    assert Hdf5Store(path).rows_together == expected


def test_a_picture_is_a_copy(tmp_path: Path):
    path = tmp_path / "g.h5"
    images = write_galaxy10(path, [0] * 4, side=69, chunks=(4, 69, 69, 3))
    data = open_dataset(path)
    for i in (0, 1, 2):
        picture = data.image(i)
        assert isinstance(picture, np.ndarray)
        picture[:] = 0
    assert np.array_equal(data.image(1), images[1])


def test_threads_share_a_store(decals: tuple[Path, np.ndarray]):
    data = open_dataset(decals[0])
    order = [i % 4 for i in range(40)]
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(data.image, order))
    assert all(np.array_equal(p, decals[1][i]) for p, i in zip(read, order, strict=True))


def test_a_store_can_be_pickled_and_used_in_another_process(sdss: tuple[Path, np.ndarray]):
    data = open_dataset(sdss[0])
    data.image(0)
    again = pickle.loads(pickle.dumps(data))
    assert np.array_equal(again.image(3), sdss[1][3])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert np.array_equal(pool.map(data.store.read, [1])[0], sdss[1][1])


def test_a_truncated_file(decals: tuple[Path, np.ndarray]):
    path = decals[0]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=r"not a readable HDF5 file.*truncated.*fetch it again"):
        open_dataset(path)


def test_a_file_damaged_inside_says_which_picture(tmp_path: Path):
    path = tmp_path / "g.h5"
    with h5py.File(path, "w") as file:
        images = np.random.default_rng(0).integers(0, 255, (3, 69, 69, 3), dtype=np.uint8)
        stored = file.create_dataset(
            "images", data=images, chunks=(1, 69, 69, 3), compression="gzip"
        )
        file["ans"] = np.zeros(3, dtype=np.uint8)
        at = stored.id.get_chunk_info(2).byte_offset
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\0" * 2000)
    data = open_dataset(path)
    assert np.array_equal(data.image(1), images[1])
    with pytest.raises(DataError, match=r"Picture 2 in .* cannot be read"):
        data.image(2)


def test_no_ans(tmp_path: Path):
    path = tmp_path / "g.h5"
    with h5py.File(path, "w") as file:
        file["images"] = np.zeros((2, 69, 69, 3), dtype=np.uint8)
    with pytest.raises(DataError, match="has no 'ans'; it holds images"):
        open_dataset(path)


def test_ans_out_of_range(tmp_path: Path):
    path = tmp_path / "g.h5"
    write_galaxy10(path, [0, 1, 12, 10], side=69)
    with pytest.raises(DataError, match=r"holds 10, 12 \(first in row 2\).*0 to 9"):
        open_dataset(path)


def test_parts_of_different_length(tmp_path: Path):
    path = tmp_path / "g.h5"
    write_galaxy10(path, [0, 1, 2], side=256, ra=[0.0, 1.0], dec=[0.0, 1.0, 2.0])
    with pytest.raises(DataError, match="differ in length: images 3, ans 3, ra 2, dec 3"):
        open_dataset(path)


def test_images_of_another_type(tmp_path: Path):
    path = tmp_path / "g.h5"
    with h5py.File(path, "w") as file:
        file["images"] = np.zeros((2, 69, 69, 3))
        file["ans"] = np.zeros(2, dtype=np.uint8)
    with pytest.raises(DataError, match=r"shape \(2, 69, 69, 3\) and type float64"):
        read_galaxy10(path)


def test_objects_are_joined_across_the_pole_and_zero_degrees():
    ra = np.array([359.9999, 0.0001, 0.0, 180.0, np.nan, 50.0])
    dec = np.array([0.0, 0.0, 89.9999, 89.9999, 0.0, 0.0])
    assert sky_objects(ra, dec).tolist() == [0, 0, 2, 2, 4, 5]


@given(st.lists(st.tuples(st.floats(0, 360), st.floats(-90, 90)), max_size=20))
def test_an_object_is_named_after_its_first_row(places: list[tuple[float, float]]):
    ra, dec = np.array([p[0] for p in places]), np.array([p[1] for p in places])
    group = sky_objects(ra, dec)
    assert all(group[g] == g for g in group)
    assert all(g <= i for i, g in enumerate(group))
