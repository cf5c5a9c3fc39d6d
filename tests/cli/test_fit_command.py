"""`skyform fit` from the command line, with the bundled model, and what its models do in the other commands."""

import json
from pathlib import Path

import pytest
from made_up_data import drawn_galaxy
from PIL import Image

from skyform.cli import fit, main, parser_of
from skyform.cli.console import Exit
from skyform.errors import ModelError
from skyform.evaluation.run_files import read_result
from skyform.inference import Classifier

Capture = pytest.CaptureFixture[str]


def fitted(*words: object) -> int:
    """What the command gives; errors are raised."""
    parser = parser_of("fit")
    return fit.run(parser.parse_intermixed_args([str(w) for w in words]), parser)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Discs from above and from the side, one folder each."""
    root = tmp_path_factory.mktemp("discs")
    for name, edge_on in (("face-on", False), ("edge-on", True)):
        (root / name).mkdir()
        for i in range(12):
            drawn_galaxy(100 * edge_on + i, edge_on=edge_on).save(root / name / f"{name}{i}.png")
    return root


@pytest.fixture(scope="module")
def run(folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    out = tmp_path_factory.mktemp("runs") / "discs"
    assert fitted(folders, "--out", out, "--name", "discs", "--validation", "0.25") == Exit.OK
    return out


@pytest.fixture
def model(run: Path, folders: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.chdir(tmp_path)
    return str(run / "model" / "discs.onnx")


def test_from_folders_to_a_model(run: Path, folders: Path):
    result = read_result(run)
    assert result.summary.scores["accuracy"].value > 0.8
    assert result.summary.n_validation == 6
    # What was typed is the test run's own command line here; test_train_command looks at the words.
    assert result.summary.command.split()[0] == "skyform"
    info = Classifier.load(run / "model" / "discs.onnx").info
    assert info.id == "discs@1"
    assert info.scheme is not None
    assert set(info.scheme.ids) == {"face-on", "edge-on"}
    assert info.answers_tree
    assert info.names_kinds


def test_what_it_tells(folders: Path, tmp_path: Path, monkeypatch, capsys: Capture):
    monkeypatch.chdir(tmp_path)
    (folders / "edge-on" / "zz.png").write_bytes(b"\x89PNG\r\n\x1a\n cut")
    try:
        words = (folders, "--to", "m/my.onnx", "--relabel", "face-on=round", "--head", "boosted")
        assert fitted(*words) == Exit.OK
    finally:
        (folders / "edge-on" / "zz.png").unlink()
    err = capsys.readouterr().err
    assert "2 classes: edge-on, round" in err
    assert "95 % interval" in err
    assert "Left out: 1 picture that could not be read." in err
    assert "zz" in err
    assert "skyform classify PICTURE --model m/my.onnx" in err
    assert Path("m/my.onnx").is_file()
    (folder,) = Path("runs").iterdir()
    assert (folder / "result.json").is_file()


def test_classify_with_it(model: str, folders: Path, capsys: Capture):
    assert main(["classify", str(folders), "--model", model, "--to", "r.jsonl", "--average"]) == 0
    rows = [json.loads(line) for line in Path("r.jsonl").read_text().splitlines()]
    assert list(rows[0])[2:5] == [
        f"{folders.name}",
        f"{folders.name}_name",
        f"{folders.name}_confidence",
    ]
    right = [r["id"].startswith(r[f"{folders.name}_name"]) for r in rows]
    assert sum(right) >= 20
    assert "Most likely" in capsys.readouterr().out


def test_the_table_shows_own_classes_first(
    model: str, folders: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
):
    picture = str(folders / "edge-on" / "edge-on0.png")
    monkeypatch.setenv("COLUMNS", "165")
    assert main(["classify", picture, "--model", model]) == 0
    title, entry = capsys.readouterr().out.splitlines()[:2]
    own = folders.name.upper()
    assert title.index(own) < title.index("KIND")
    assert entry[title.index(own) :].startswith("edge-on ")
    assert max(map(len, (title, entry))) <= 165
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["classify", picture, "--model", model]) == 0
    assert all(len(line) <= 80 for line in capsys.readouterr().out.splitlines())


def test_models_demo_and_explain_with_it(model: str, folders: Path, capsys: Capture):
    assert main(["models", "--model", model]) == 0
    out = capsys.readouterr().out
    assert f"classes  {folders.name}: 0 edge-on, 1 face-on" in out
    assert "12 questions, 39 answers" in out
    assert main(["demo", "--model", model]) == 0
    assert "10 classified" in capsys.readouterr().err
    picture = str(folders / "face-on" / "face-on3.png")
    assert main(["explain", picture, "--model", model, "--to", "e.png"]) == 0
    with Image.open("e.png") as drawn:
        assert drawn.width == 1720
    assert main(["explain", picture, "--model", model, "--answer", "edge-on", "--to", "f.png"]) == 0
    assert Path("f.png").stat().st_size > 1000
    assert main(["explain", picture, "--model", model, "--answer", "side-on"]) == 2
    assert f"{folders.name}:edge-on" in capsys.readouterr().err


def test_models_that_know_only_their_classes(tmp_path: Path, folders: Path, capsys: Capture):
    from made_up_models import made_up_model

    only = str(made_up_model(tmp_path / "only.onnx"))
    picture = str(folders / "face-on" / "face-on3.png")
    assert main(["classify", picture, "--model", only]) == 0
    assert main(["models", "--model", only]) == 0
    out = capsys.readouterr().out
    assert "Most likely" in out
    assert "classes  Colours: 7 Red, like M 42, 8 Green, 9 Blue" in out
    assert "questions" not in out
    target = str(tmp_path / "e.png")
    assert main(["explain", picture, "--model", only, "--to", target]) == 0
    assert f"Evidence: {target}" in capsys.readouterr().err
    target = str(tmp_path / "r.csv")
    assert main(["classify", picture, "--model", only, "--to", target, "--format", "kaggle"]) == 3
    assert "does not answer 37 of the challenge's 37" in capsys.readouterr().err
    assert not Path(target).exists()


def test_a_base_that_cannot_get_classes_is_refused_before_any_work(model: str, folders: Path):
    with pytest.raises(ModelError, match="has classes of its own already"):
        fitted(folders, "--model", model)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--relabel", "a"], "OLD=NEW"),
        (["--relabel", "=b"], "OLD=NEW"),
        (["--to", "m.pt"], "name an .onnx file"),
        (["--name", "a/b"], "letters, digits"),
        (["--validation", "2"], "'2' is not a share"),
        (["--validation", "some"], "'some' is not a share"),
        (["--accuracy", "0"], "'0' is not a share"),
        (["--head", "deep"], "invalid choice"),
    ],
)
def test_usage(words: list[str], message: str, capsys: Capture):
    with pytest.raises(SystemExit) as end:
        fitted("data", *words)
    assert end.value.code == 2
    assert message in capsys.readouterr().err
