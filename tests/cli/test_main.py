import io
import subprocess
import sys
from pathlib import Path

import pytest
from stand_in import FakeClassifier

from skyform import __version__
from skyform.cli import COMMANDS, main, parser_of
from skyform.cli.console import Exit
from skyform.cli.docs import page

Capture = pytest.CaptureFixture[str]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"


def test_help_names_every_command_and_exit_code(capsys: Capture):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in COMMANDS)
    assert all(code.text in out for code in Exit)


def test_nothing_to_do_is_a_usage_error_with_help(capsys: Capture):
    assert main([]) == 2
    assert "commands:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--version"], ["version"]])
def test_version(arguments: list[str], capsys: Capture):
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"skyform {__version__}\n"


def test_unknown_commands_get_a_hint(capsys: Capture, tmp_path: Path):
    assert main(["clasify", "a.jpg"]) == 2
    assert "Did you mean `skyform classify`?" in capsys.readouterr().err
    assert main(["frobnicate"]) == 2
    assert "`skyform --help` lists them." in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
    assert f"`skyform classify {tmp_path}`" in capsys.readouterr().err
    assert main(["--frobnicate"]) == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: Capture):
    assert main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: skyform {name}")
    assert all(a.help for a in parser_of(name)._actions)


def test_faults_of_ours_are_told_apart(
    classifier: FakeClassifier, monkeypatch: pytest.MonkeyPatch, capsys: Capture
):
    def fail(*args: object, **options: object) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr(classifier, "load", fail)
    assert main(["models"]) == 3
    err = capsys.readouterr().err
    assert "a fault in Skyform itself: RuntimeError: oh" in err
    assert "Traceback" not in err
    assert main(["models", "--debug"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_debug_after_two_dashes_is_a_file(
    classifier: FakeClassifier, tmp_path: Path, capsys: Capture
):
    assert main(["classify", "--", "--debug"]) == 3
    assert "--debug" in capsys.readouterr().out


def test_interruption_is_130(
    classifier: FakeClassifier, monkeypatch: pytest.MonkeyPatch, capsys: Capture
):
    def interrupt(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(classifier, "load", interrupt)
    assert main(["models"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_page_is_fresh(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "40")
    expected = PAGE.read_text(encoding="utf-8")
    assert page() == expected, "stale: run `python -m skyform.cli.docs > docs/cli.md`"


def test_start_is_lean():
    code = (
        "import sys; from skyform.cli import main; main(['version']); "
        "heavy = {'numpy', 'onnxruntime', 'PIL', 'scipy', 'pyarrow', 'astropy', 'rich', 'fastapi', 'torch'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_classifying_loads_no_format_that_is_not_asked_for():
    code = (
        "import sys; import skyform.cli.session; "
        "print(sorted({'pyarrow', 'astropy', 'rich', 'fastapi', 'torch', 'urllib.request'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_reader_that_goes_away(tmp_path: Path):
    # A real pipe, closed at once, as `| head -0` does.
    command = [sys.executable, "-c", "import sys; from skyform.cli import main; sys.exit(main())"]
    process = subprocess.Popen(
        [*command, "version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 141


def test_letters_that_the_terminal_lacks_are_escaped(monkeypatch: pytest.MonkeyPatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(raw, encoding="ascii"))
    assert main(["étoile"]) == 2
    sys.stderr.flush()
    assert b"\\xe9toile" in raw.getvalue()
