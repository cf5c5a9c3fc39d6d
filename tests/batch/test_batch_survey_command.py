"""`skyform batch --survey` from the command line, against a local server that speaks the services' protocol."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from made_up_services import GALAXIES, made_up_surveys

from skyform.cli import parser_of
from skyform.cli.batch import run
from skyform.cli.console import Exit


def batch(*words: object) -> int:
    parser = parser_of("batch")
    return run(parser.parse_intermixed_args([str(w) for w in words]), parser)


def test_positions_become_a_table_and_the_survey_is_thanked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "".join(f"{ra},{dec}\n" for ra, dec, _ in GALAXIES[:3])
    (tmp_path / "galaxies.csv").write_text(f"ra,dec\n{lines}")
    with made_up_surveys() as surveys:
        words = (tmp_path / "galaxies.csv", "--to", tmp_path / "out", "--survey", "desi")
        how = ("--site", surveys.url, "--cache", tmp_path / "cache", "--interval", "0.01")
        asked = ("--layer", "ls-dr10", "--bands", "grz", "--flux", "--side-px", 128)
        assert batch(*words, *how, *asked, "--cache-days", 30, "--workers", 1) == Exit.OK
        addresses = surveys.asked
    table = pq.read_table(tmp_path / "out" / "parts")
    assert table.num_rows == 3
    assert table["error"].null_count + table["error"].to_pylist().count("") == 3
    assert len(addresses) == 3
    assert all("layer=ls-dr10" in a and "fits" in a and "128" in a for a in addresses)
    assert "legacysurvey.org/acknowledgment" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "-1", "soon", "inf", "nan"])
def test_a_pause_that_is_none_is_a_usage_error(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        batch("a.csv", "--to", "b", "--survey", "desi", f"--interval={text}")
    assert "not a number above 0" in capsys.readouterr().err
