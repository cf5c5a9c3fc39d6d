import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_up_runs import class_run, label_run, vote_run

from skyform.errors import DataError, OutputError
from skyform.evaluation.run_files import read_result, read_summary, write_result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_result(class_run(n=40, thumbnails=3), tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("make", [class_run, label_run, vote_run])
def test_what_is_written_is_read(make: object, tmp_path: Path):
    run = make(n=40)
    write_result(run, tmp_path)
    back = read_result(tmp_path)
    assert back.summary.to_dict() == run.summary.to_dict()
    assert back.predictions.ids == run.predictions.ids
    assert back.predictions.columns == run.predictions.columns
    np.testing.assert_allclose(back.predictions.truth, run.predictions.truth, atol=1e-6)
    np.testing.assert_allclose(back.predictions.p, run.predictions.p, atol=1e-6)
    for name, values in run.curves.items():
        np.testing.assert_allclose(back.curves[name], values, rtol=1e-6)


def test_pictures_are_kept_as_they_are(folder: Path):
    assert read_result(folder).thumbnails == class_run(n=40, thumbnails=3).thumbnails


def test_a_model_without_epochs_has_no_curves(tmp_path: Path):
    run = class_run(n=40)
    write_result(type(run)(run.summary, run.predictions), tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["predictions.parquet", "result.json"]
    back = read_result(tmp_path)
    assert back.curves == {}
    assert back.thumbnails == {}


def test_an_unknown_epoch_stays_unknown(tmp_path: Path):
    run = class_run(n=40)
    run.curves["validation_loss"][0] = np.nan
    write_result(run, tmp_path)
    assert np.isnan(read_result(tmp_path).curves["validation_loss"][0])


def test_result_json_comes_last(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """A run that is broken off while it writes again must not look finished."""

    def broken(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(pq, "write_table", broken)
    with pytest.raises(OutputError, match=r"cannot be written to .*no space left"):
        write_result(class_run(n=40), folder)
    assert not (folder / "result.json").exists()
    assert not [p for p in folder.iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        (["result.json"], "run lacks result.json"),
        (["predictions.parquet"], "run lacks predictions.parquet"),
        (["result.json", "predictions.parquet"], "lacks result.json and predictions.parquet"),
    ],
)
def test_missing_files_are_named(folder: Path, gone: list[str], message: str):
    for name in gone:
        (folder / name).unlink()
    with pytest.raises(DataError, match=message):
        read_result(folder)


def test_no_folder(folder: Path, tmp_path: Path):
    with pytest.raises(DataError, match="nothing does not exist"):
        read_result(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"result\.json is a file, not a run folder"):
        read_result(folder / "result.json")


@pytest.mark.parametrize("name", ["result.json", "predictions.parquet", "thumbnails.parquet"])
@pytest.mark.parametrize("keep", [0, 20, 0.5])
def test_a_truncated_file_is_named(folder: Path, name: str, keep: float):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(keep * len(data)) if 0 < keep < 1 else int(keep)])
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        read_result(folder)


def change(file: Path, **values: object) -> None:
    found = json.loads(file.read_text()) | values
    file.write_text(json.dumps({k: v for k, v in found.items() if v != "gone"}))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": 2}, "has format 2; this version of Skyform reads format 1"),
        ({"format": "gone"}, "lacks 'format'"),
        ({"scores": "gone"}, "lacks 'scores'"),
        ({"name": "gone"}, "is damaged: .*name"),
        ({"colour": "red"}, "is damaged: .*colour"),
        ({"scores": {"accuracy": {"value": 1}}}, "lacks 'low'"),
        ({"scores": 3}, "is damaged"),
        ({"scheme": {"id": "x", "name": "x", "classes": []}}, "is damaged: .*empty"),
        ({"n_validation": 41}, "has 40 rows, but result.json says 41"),
    ],
)
def test_a_changed_result_is_refused(folder: Path, values: dict[str, object], message: str):
    change(folder / "result.json", **values)
    with pytest.raises(DataError, match=message):
        read_result(folder)


def test_a_list_is_no_result(tmp_path: Path):
    (tmp_path / "a.json").write_text("[1, 2]")
    with pytest.raises(DataError, match=r"a\.json is no result of a run"):
        read_summary(tmp_path / "a.json")


def test_columns_and_classes_must_be_those_of_the_scheme(folder: Path):
    file = folder / "predictions.parquet"
    table = pq.read_table(file)
    pq.write_table(table.drop_columns(["p_lens", "truth"]), file)
    with pytest.raises(DataError, match="lacks the columns p_lens, truth"):
        read_result(folder)
    strange = pa.array(["comet"] * 40)
    pq.write_table(table.set_column(table.column_names.index("truth"), "truth", strange), file)
    with pytest.raises(DataError, match="true class 'comet', which is none of the classes"):
        read_result(folder)
    twice = pa.array(["x"] * 40)
    pq.write_table(table.set_column(0, "id", twice), file)
    with pytest.raises(DataError, match="an id twice"):
        read_result(folder)


def test_predictions_that_are_no_numbers(folder: Path):
    file = folder / "predictions.parquet"
    table = pq.read_table(file)
    at = table.column_names.index("p_lens")
    pq.write_table(table.set_column(at, "p_lens", pa.array([np.nan] * 40)), file)
    with pytest.raises(DataError, match="not finite"):
        read_result(folder)


@pytest.mark.parametrize("text", ["epoch,loss\n1\n", "epoch,loss\n1,much\n"])
def test_damaged_curves(folder: Path, text: str):
    (folder / "curves.csv").write_text(text)
    with pytest.raises(DataError, match=r"curves\.csv is damaged"):
        read_result(folder)
