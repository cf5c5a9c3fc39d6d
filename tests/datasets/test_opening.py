import zipfile
from pathlib import Path

import h5py
import pytest
from official_sets import gz2_rows, jpeg, write_csv, write_galaxy10, write_gz2, write_kaggle, zipped

from skyform.datasets.opening import FORMATS, open_dataset
from skyform.errors import DataError


def test_the_formats_are_those_that_the_documentation_names():
    assert FORMATS == (
        "galaxy10_sdss",
        "galaxy10_decals",
        "kaggle",
        "gz2",
        "gz_decals",
        "folders",
        "parquet",
    )


def test_files_are_known_by_what_they_hold(tmp_path: Path):
    path = tmp_path / "data.bin"
    write_galaxy10(path, [1], side=69)
    assert open_dataset(str(path)).id == "galaxy10_sdss"
    assert open_dataset(tmp_path).id == "galaxy10_sdss"


def test_a_folder_with_two_sets_is_not_guessed_at(tmp_path: Path):
    write_galaxy10(tmp_path / "Galaxy10.h5", [1], side=69)
    write_galaxy10(tmp_path / "Galaxy10_DECals.h5", [1], side=256, ra=[0.0], dec=[0.0])
    with pytest.raises(
        DataError, match=r"more than one data set: Galaxy10\.h5 .*, Galaxy10_DECals\.h5"
    ):
        open_dataset(tmp_path)
    with pytest.raises(DataError, match="should hold one file of the format galaxy10_sdss"):
        open_dataset(tmp_path, format="galaxy10_sdss")


@pytest.mark.parametrize("name", ["empty", "text.txt", "table.csv", "archive.zip", "picture.jpg"])
def test_what_is_no_data_set_is_told_what_would_be(tmp_path: Path, name: str):
    path = tmp_path / name
    if name == "empty":
        path.mkdir()
    elif name == "table.csv":
        write_csv(path, ("a", "b"), [(1, 2)])
    elif name == "archive.zip":
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("data.csv", "a,b\n1,2\n")
    else:
        path.write_bytes(jpeg(0))
    with pytest.raises(DataError, match="no data set that Skyform knows") as caught:
        open_dataset(path)
    assert "Galaxy10 SDSS and DECaLS (HDF5)" in caught.value.remedy


def test_what_is_not_there(tmp_path: Path):
    with pytest.raises(DataError, match="nowhere does not exist"):
        open_dataset(tmp_path / "nowhere")
    with pytest.raises(DataError, match="does not exist"):
        open_dataset(tmp_path / "*.parquet")


def test_an_unknown_format(tmp_path: Path):
    with pytest.raises(ValueError, match="format is 'hdf5'; give auto or one of galaxy10_sdss"):
        open_dataset(tmp_path, format="hdf5")


def test_options_that_mean_nothing_are_refused(tmp_path: Path):
    path = tmp_path / "g.h5"
    write_galaxy10(path, [1], side=69)
    with pytest.raises(DataError, match="label is 'ans', which means nothing"):
        open_dataset(path, label="ans")
    with pytest.raises(DataError, match=r"images is .* which means nothing for the format hdf5"):
        open_dataset(path, images=tmp_path)


def test_a_catalogue_in_a_folder_is_found_by_its_format(tmp_path: Path):
    write_gz2(tmp_path / "g", gz2_rows(3))
    write_kaggle(tmp_path / "g" / "sub", ["a", "b", "c"])
    with pytest.raises(DataError, match="more than one data set"):
        open_dataset(tmp_path / "g")
    pictures = tmp_path / "g" / "images"
    assert len(open_dataset(tmp_path / "g", format="gz2", images=pictures)) == 3


def test_archives_inside_an_archive_are_to_be_unpacked(tmp_path: Path):
    inner = zipped(write_kaggle(tmp_path / "k", ["1", "2"]), tmp_path / "k.zip")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as outer:
        outer.write(inner, "images_training_rev1.zip")
    with pytest.raises(DataError, match="holds 0 CSV files"):
        open_dataset(tmp_path / "outer.zip")


def test_an_empty_hdf5_file(tmp_path: Path):
    with h5py.File(tmp_path / "g.h5", "w"):
        pass
    with pytest.raises(DataError, match="has no 'images'; it holds nothing"):
        open_dataset(tmp_path / "g.h5")
