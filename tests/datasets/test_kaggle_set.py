import shutil
from pathlib import Path

import numpy as np
import pytest
from official_sets import jpeg, kaggle_votes, write_csv, write_kaggle, zipped

from skyform.datasets.kaggle import KAGGLE_COLUMNS
from skyform.datasets.opening import open_dataset
from skyform.errors import DataError

IDS = ["100008", "100023", "0100053"]


def table(folder: Path, ids: list[str], votes: np.ndarray) -> Path:
    rows = [(i, *row) for i, row in zip(ids, votes.tolist(), strict=True)]
    return write_csv(folder / "training_solutions_rev1.csv", ("GalaxyID", *KAGGLE_COLUMNS), rows)


def test_votes_in_the_order_of_the_tree(tmp_path: Path):
    votes = kaggle_votes(3)
    data = open_dataset(write_kaggle(tmp_path / "k", IDS, votes))
    assert (data.id, data.scheme, data.problems) == ("kaggle", None, ())
    # A leading zero belongs to the id.
    assert [r.id for r in data.records] == IDS
    assert np.allclose(data.votes, votes, atol=1e-6)
    assert np.isnan(data.records[0].volunteers)
    assert data.image(2) == jpeg(2)


def test_question_6_sums_to_one_as_published(tmp_path: Path):
    data = open_dataset(write_kaggle(tmp_path / "k", IDS))
    assert np.allclose(data.votes[:, 13:15].sum(axis=1), 1, atol=1e-5)


def test_as_a_zip_archive(tmp_path: Path):
    write_kaggle(tmp_path / "k", IDS)
    data = open_dataset(zipped(tmp_path / "k", tmp_path / "k.zip"))
    assert data.id == "kaggle"
    assert data.image(1) == jpeg(1)


def test_as_kaggle_hands_it_out(tmp_path: Path):
    """The two archives side by side, and the test pictures, which have no rows."""
    folder = write_kaggle(tmp_path / "k", IDS)
    (tmp_path / "inner").mkdir()
    zipped(folder / "training_solutions_rev1.csv", tmp_path / "inner/empty.zip")
    down = tmp_path / "download"
    down.mkdir()
    zipped(folder / "images_training_rev1", down / "images_training_rev1.zip")
    (folder / "only").mkdir()
    shutil.move(folder / "training_solutions_rev1.csv", folder / "only")
    zipped(folder / "only", down / "training_solutions_rev1.zip")
    data = open_dataset(down)
    assert [r.id for r in data.records] == IDS
    assert data.image(0) == jpeg(0)


def test_test_pictures_are_passed_over(tmp_path: Path):
    folder = write_kaggle(tmp_path / "k", IDS)
    (folder / "images_test_rev1").mkdir()
    (folder / "images_test_rev1" / "9.jpg").write_bytes(jpeg(9))
    assert open_dataset(folder).problems == ()


def test_the_table_with_pictures_elsewhere(tmp_path: Path):
    folder = write_kaggle(tmp_path / "k", IDS)
    shutil.move(folder / "images_training_rev1", tmp_path / "pictures")
    with pytest.raises(DataError, match=r"no pictures in .*--images"):
        open_dataset(folder)
    data = open_dataset(folder / "training_solutions_rev1.csv", images=tmp_path / "pictures")
    assert len(data) == 3


def test_a_missing_column_is_named(tmp_path: Path):
    folder = write_kaggle(tmp_path / "k", IDS)
    rows = [(i, *v[:-1]) for i, v in zip(IDS, kaggle_votes(3).tolist(), strict=True)]
    write_csv(folder / "training_solutions_rev1.csv", ("GalaxyID", *KAGGLE_COLUMNS[:-1]), rows)
    with pytest.raises(DataError, match=r"has no column Class11\.6"):
        open_dataset(folder)


def test_ids_without_pictures(tmp_path: Path):
    ids = [str(i) for i in range(8)]
    folder = write_kaggle(tmp_path / "k", ids)
    for id in ids[1:]:
        (folder / "images_training_rev1" / f"{id}.jpg").unlink()
    with pytest.raises(DataError, match=r"7 of the 8 ids .*: 1, 2, 3, 4, 5, … \(7 in all\)"):
        open_dataset(folder)
    data = open_dataset(folder, allow_missing=True)
    assert [r.id for r in data.records] == ["0"]
    assert [p.id for p in data.problems] == ids[1:]
    (folder / "images_training_rev1" / "0.jpg").rename(folder / "x.jpg")
    with pytest.raises(DataError, match="8 of the 8 ids"):
        open_dataset(folder, allow_missing=True)


def test_pictures_without_rows_and_empty_pictures_are_listed(tmp_path: Path):
    folder = write_kaggle(tmp_path / "k", IDS)
    (folder / "images_training_rev1" / "7.jpg").write_bytes(jpeg(7))
    (folder / "images_training_rev1" / "8.jpg").write_bytes(b"")
    (folder / "images_training_rev1" / "._7.jpg").write_bytes(b"x")
    problems = {Path(p.id).name: p.what for p in open_dataset(folder).problems}
    assert problems == {
        "7.jpg": "no row in training_solutions_rev1.csv",
        "8.jpg": "the file is empty",
    }


def test_two_pictures_of_one_name(tmp_path: Path):
    folder = write_kaggle(tmp_path / "k", IDS)
    shutil.copytree(folder / "images_training_rev1", folder / "copy")
    with pytest.raises(DataError, match=r"several pictures of the same name: .*100008"):
        open_dataset(folder)


def test_the_same_id_twice(tmp_path: Path):
    folder = write_kaggle(tmp_path / "k", IDS)
    table(folder, [IDS[0], IDS[1], IDS[0]], kaggle_votes(3))
    with pytest.raises(DataError, match="ids more than once: 100008"):
        open_dataset(folder)


def test_a_fraction_out_of_range(tmp_path: Path):
    votes = kaggle_votes(3)
    votes[1, 4] = 1.5
    folder = write_kaggle(tmp_path / "k", IDS)
    table(folder, IDS, votes)
    with pytest.raises(DataError, match=r"Class2\.2 of 100023 .* is 1\.5; .*\(1 rows are wrong\)"):
        open_dataset(folder)


def test_an_empty_cell(tmp_path: Path):
    folder = write_kaggle(tmp_path / "k", IDS)
    rows = [[i, *v] for i, v in zip(IDS, kaggle_votes(3).tolist(), strict=True)]
    rows[2][5] = ""
    write_csv(folder / "training_solutions_rev1.csv", ("GalaxyID", *KAGGLE_COLUMNS), rows)
    with pytest.raises(DataError, match=r"Class2\.2 of 0100053 .* is nan"):
        open_dataset(folder)


def test_one_row_that_contradicts_the_tree_is_left_out(tmp_path: Path):
    votes = kaggle_votes(3)
    votes[0, 15:18] = [0.9, 0.9, 0.9]
    folder = write_kaggle(tmp_path / "k", IDS)
    table(folder, IDS, votes)
    data = open_dataset(folder)
    assert [r.id for r in data.records] == IDS[1:]
    assert data.problems[0].id == "100008"
    assert data.problems[0].what.startswith("question 7 sums to 2.700, not to ")
    # The pictures still belong to their records.
    assert data.image(0) == jpeg(1)


def test_a_question_that_nobody_answered_is_no_contradiction(tmp_path: Path):
    votes = kaggle_votes(1)
    votes[0, :3] = [0.95, 0.05, 0]
    votes[0, 3:13], votes[0, 25:37] = 0, 0
    votes[0, 15:18] = [0.5, 0.25, 0.2]
    folder = write_kaggle(tmp_path / "k", ["5"])
    table(folder, ["5"], votes)
    assert open_dataset(folder).problems == ()


def test_a_benchmark_file_is_no_truth(tmp_path: Path):
    folder = write_kaggle(tmp_path / "k", IDS)
    table(folder, IDS, np.zeros((3, 37)))
    with pytest.raises(DataError, match="contradict the tree: 100008"):
        open_dataset(folder)


def test_words_where_numbers_should_be(tmp_path: Path):
    folder = write_kaggle(tmp_path / "k", IDS)
    rows = [[i, *v] for i, v in zip(IDS, kaggle_votes(3).tolist(), strict=True)]
    rows[1][3] = "spiral"
    write_csv(folder / "training_solutions_rev1.csv", ("GalaxyID", *KAGGLE_COLUMNS), rows)
    with pytest.raises(DataError, match=r"not a readable table: .*spiral"):
        open_dataset(folder)


def test_a_cut_off_row(tmp_path: Path):
    folder = write_kaggle(tmp_path / "k", IDS)
    path = folder / "training_solutions_rev1.csv"
    path.write_text(path.read_text()[:-60])
    with pytest.raises(DataError, match="not a readable table"):
        open_dataset(folder)


def test_a_folder_without_the_table(tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(jpeg(0))
    with pytest.raises(DataError, match=r"holds no training_solutions_rev1\.csv"):
        open_dataset(tmp_path, format="kaggle")
