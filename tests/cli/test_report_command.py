from pathlib import Path

import pytest
from made_up_runs import class_run

from skyform.cli import parser_of, report
from skyform.cli.console import Exit
from skyform.errors import DataError, MissingExtraError
from skyform.evaluation import pages
from skyform.evaluation.run_files import write_result


def call(*arguments: str) -> int:
    parser = parser_of("report")
    return report.run(parser.parse_args(list(arguments)), parser)


def test_the_report_lies_in_the_run_or_where_it_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    write_result(class_run(n=80), tmp_path / "run")
    assert call(str(tmp_path / "run")) == Exit.OK
    assert "The cnn of the test" in (tmp_path / "run" / "report.html").read_text("utf-8")
    assert str(tmp_path / "run" / "report.html") in capsys.readouterr().err
    assert call(str(tmp_path / "run"), "--to", str(tmp_path / "there.html")) == Exit.OK
    assert (tmp_path / "there.html").read_bytes() == (tmp_path / "run/report.html").read_bytes()


def test_a_folder_that_is_no_run(tmp_path: Path):
    with pytest.raises(DataError, match=r"lacks result\.json"):
        call(str(tmp_path))


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pages, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"skyform\[lab\]"):
        call(str(tmp_path))
