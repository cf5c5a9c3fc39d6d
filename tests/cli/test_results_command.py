from pathlib import Path

import pytest
from made_up_runs import class_run, vote_run

from skyform.cli import parser_of, results
from skyform.cli.console import Exit
from skyform.errors import DataError, OutputError
from skyform.evaluation.run_files import write_result


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_result(class_run(n=100), tmp_path / "runs/cnn")
    write_result(vote_run(n=100), tmp_path / "runs/tree")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> int:
    parser = parser_of("results")
    return results.run(parser.parse_args(list(arguments)), parser)


def test_the_kept_results_make_the_same_page_without_the_runs(here: Path):
    assert call("runs", "--keep", "docs/results", "--to", "docs/results.md") == Exit.OK
    page = (here / "docs/results.md").read_text("utf-8")
    assert "Made by `skyform results docs/results --to docs/results.md`" in page
    (here / "docs/results.md").unlink()
    (here / "runs").rename(here / "gone")
    assert call("docs/results", "--to", "docs/results.md") == Exit.OK
    assert (here / "docs/results.md").read_text("utf-8") == page


def test_without_a_file_the_page_goes_to_standard_output(
    here: Path, capsys: pytest.CaptureFixture[str]
):
    assert call("runs") == Exit.OK
    out = capsys.readouterr()
    assert out.out.startswith("# Results\n")
    assert "fractions of votes" in out.out
    assert out.err == ""


def test_what_cannot_be_read_or_written(here: Path):
    (here / "empty").mkdir()
    with pytest.raises(DataError, match=r"holds no result\.json"):
        call("empty")
    (here / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written to file"):
        call("runs", "--keep", "file")
