import random
from pathlib import Path

import pytest
from made_up_runs import class_run, label_run, vote_run

from skyform.errors import DataError
from skyform.evaluation.results_page import keep_summaries, read_summaries, results_page
from skyform.evaluation.run_files import write_result
from skyform.evaluation.runs import RunResult

COMMAND = "skyform results docs/results --to docs/results.md"


def bake_off() -> dict[str, RunResult]:
    return {
        "cnn/seed-0": class_run("cnn", skill=3.0, n=200),
        "cnn/seed-1": class_run("cnn", skill=3.0, n=200, seed=1),
        "forest": class_run("forest", n=200, parameters=0, title="A | forest", reported={}),
        "tree": vote_run(n=100),
        "many": label_run(n=100),
    }


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for place, run in bake_off().items():
        write_result(run, tmp_path / "runs" / place)
    return tmp_path / "runs"


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ("skyform train recipes/a.yaml --data ../b", "skyform train recipes/a.yaml --data ../b"),
        (
            "skyform train /x/recipes/a.yaml --data /d/galaxies/b.parquet --weights-from /d",
            "skyform train recipes/a.yaml --data DATA/galaxies/b.parquet --weights-from DATA",
        ),
        ("skyform fit --images=/x/x 'a b'", "skyform fit --images=DATA/x 'a b'"),
        ("skyform fit 'a", "skyform fit 'a"),
    ],
)
def test_what_is_kept_names_no_folder_of_this_machine(command: str, kept: str, tmp_path: Path):
    run = class_run(command=command).summary
    assert command in results_page({"a": run}, command=COMMAND)
    keep_summaries({"a": run}, tmp_path)
    assert read_summaries(tmp_path)["a"].command == kept


def test_every_system_is_in_a_table_of_its_task(runs: Path):
    page = results_page(read_summaries(runs), command=COMMAND)
    assert f"<!-- Made by `{COMMAND}`. -->" in page
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    assert titles == [
        "## Made-up sky, deepsky: one class for each picture",
        "## Made-up sky: fractions of votes",
        "## Made-up sky: several labels for each picture",
    ]
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    cnn, forest = (next(r for r in rows if name in r) for name in ("The cnn", "forest"))
    assert rows.index(cnn) < rows.index(forest)
    assert "over 2 seeds" in cnn
    assert "accuracy 0.84 (289 test images of its own)" in cnn
    assert r"A \| forest" in forest
    assert forest.replace(r"\|", "").split("|")[2].strip() == "–"
    for table in page.split("## ")[1:]:
        widths = {
            line.replace(r"\|", "").count("|") for line in table.splitlines() if line[:1] == "|"
        }
        assert len(widths) <= 1
    assert page.count("skyform train recipes/cnn.yaml --data DATA") == 4


def test_the_page_is_the_same_from_the_runs_and_from_what_is_kept(runs: Path, tmp_path: Path):
    summaries = read_summaries(runs)
    files = keep_summaries(summaries, tmp_path / "docs")
    assert [f.name for f in files] == [
        "cnn.seed-0.json",
        "cnn.seed-1.json",
        "forest.json",
        "many.json",
        "tree.json",
    ]
    assert sum(f.stat().st_size for f in files) < 25_000
    kept = read_summaries(tmp_path / "docs")
    assert results_page(kept, command=COMMAND) == results_page(summaries, command=COMMAND)


def test_the_order_of_reading_does_not_matter(runs: Path):
    items = list(read_summaries(runs).items())
    page = results_page(dict(items), command=COMMAND)
    random.Random(0).shuffle(items)
    assert results_page(dict(items), command=COMMAND) == page


@pytest.mark.parametrize(
    ("derived", "words"), [(True, "derived from volunteers' votes"), (False, "the set's own")]
)
def test_it_says_where_the_classes_come_from(derived: bool, words: str):
    page = results_page({"a": class_run(derived=derived, notes=()).summary}, command=COMMAND)
    assert words in page
    assert ("derived" in page) == derived


def test_it_says_when_rows_differ():
    one, other = class_run("one", n=100).summary, class_run("other", n=200).summary
    assert "not all systems" in results_page({"a": one, "b": other}, command=COMMAND).lower()
    assert "not all systems" not in results_page({"a": one}, command=COMMAND).lower()


def test_classes_derived_and_given_are_no_one_table():
    summaries = {
        "a": class_run("a", derived=True).summary,
        "b": class_run("b", derived=False).summary,
    }
    assert results_page(summaries, command=COMMAND).count("\n## ") == 2


def test_a_single_run_folder_is_enough(runs: Path, tmp_path: Path):
    summaries = read_summaries(runs / "forest")
    assert [s.name for s in summaries.values()] == ["forest"]
    assert [f.name for f in keep_summaries(summaries, tmp_path / "x")] == ["forest.json"]


def test_folders_without_results(runs: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty holds no result\.json"):
        read_summaries(tmp_path / "empty")
    with pytest.raises(DataError, match="nothing is no folder"):
        read_summaries(tmp_path / "nothing")
    (runs / "tree" / "result.json").write_text('{"format": 1')
    with pytest.raises(DataError, match=r"tree.result\.json cannot be read"):
        read_summaries(runs)
