"""The house rules that no single room can check for itself."""

import ast
import importlib
import json
import pickle
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import skyform
from skyform import errors

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "skyform"
ROOMS = sorted(m.name for m in pkgutil.iter_modules([str(SOURCE)]))
MEGABYTE = 1_000_000
# What the base install does not bring.
HEAVY = ("torch", "torchvision", "timm", "lightning", "sklearn", "skimage", "onnx", "ray")


def tracked() -> list[Path]:
    """Files that git tracks, or would after `git add .`, as they are in the checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [f for f in files if f.is_file()]


def text_of(file: Path) -> str | None:
    """The file's text, or None where it is binary."""
    data = file.read_bytes()
    return None if b"\0" in data else data.decode("utf-8", errors="replace")


def isort_style(name: str) -> tuple[int, list[tuple[int, int | str]]]:
    """The order that ruff's RUF022 wants: constants, classes, functions; numbers in a name count as numbers."""
    group = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    parts = re.split(r"(\d+)", name)
    return group, [(0, int(p)) if p.isdigit() else (1, p) for p in parts if p]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_it_offers(room: str):
    module = importlib.import_module(f"skyform.{room}")
    names = getattr(module, "__all__", None)
    assert names, f"skyform.{room} has no __all__"
    assert names == sorted(names, key=isort_style)
    assert len(set(names)) == len(names)
    assert all(hasattr(module, n) for n in names)
    if room != "errors":
        assert module.__doc__, f"skyform.{room} has no docstring"


@pytest.mark.parametrize("room", [r for r in ROOMS if (SOURCE / r).is_dir()])
def test_a_room_offers_all_that_it_gathers(room: str):
    tree = ast.parse((SOURCE / room / "__init__.py").read_text(encoding="utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    gathered = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"skyform.{room}.")
        for alias in node.names
    }
    assert gathered - used <= set(importlib.import_module(f"skyform.{room}").__all__)


def test_the_import_contract_holds():
    done = run(Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "command", ["import skyform", *(f"import skyform.{r}" for r in ("inference", "server", "cli"))]
)
def test_the_base_install_is_enough(command: str):
    probe = f"{command}, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = run(sys.executable, "-c", probe)
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded.isdisjoint(HEAVY)


def test_classifying_does_not_wait_for_optimisers():
    probe = "import skyform.cli.session, sys; print('scipy.optimize' in sys.modules)"
    assert run(sys.executable, "-c", probe).stdout.strip() == "False"


def test_import_skyform_is_instant():
    done = run(
        sys.executable, "-c", "import skyform, sys, json; print(json.dumps(sorted(sys.modules)))"
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded.isdisjoint({"numpy", "onnxruntime", "PIL", "astropy", "pyarrow"})


def test_no_file_is_large_but_models():
    large = {
        str(f.relative_to(ROOT)): f.stat().st_size
        for f in tracked()
        if f.stat().st_size > 3 * MEGABYTE and f.suffix != ".onnx"
    }
    assert large == {}


def test_no_file_names_a_place_on_one_machine():
    places = re.compile(r"(?<![\w.])/(?:work|root|home|Users|tmp)/\w")
    found = [
        f"{f.relative_to(ROOT)}: {line.strip()[:100]}"
        for f in tracked()
        for line in (text_of(f) or "").splitlines()
        if places.search(line)
    ]
    assert found == []


def test_the_readme_speaks_of_commands_that_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"^(?:\$ )?skyform ([a-z]+)", text, flags=re.MULTILINE))
    commands |= set(re.findall(r"`skyform ([a-z]+)", text))
    show_help = "import sys; from skyform.cli import main; sys.exit(main(['--help']))"
    done = run(sys.executable, "-c", show_help)
    assert done.returncode == 0, done.stderr
    offered = set(re.findall(r"[a-z]+", done.stdout))
    assert commands
    assert commands <= offered


def test_the_readme_speaks_of_targets_that_exist():
    targets = set(
        re.findall(
            r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE
        )
    )
    spoken = {
        t
        for page in ("README.md", "CONTRIBUTING.md")
        for t in re.findall(
            r"^make ([a-z]+)|`make ([a-z]+)",
            (ROOT / page).read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )
        for t in t
        if t
    }
    assert spoken
    assert spoken <= targets


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in (p for p in tracked() if p.suffix == ".md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_one_version():
    version = skyform.__version__
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^version: (\S+)$", citation, flags=re.MULTILINE)[1] == version
    assert re.search(r"^## (\S+)", changes, flags=re.MULTILINE)[1] == version


def test_one_licence():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "BSD-3-Clause"
    assert "license: BSD-3-Clause" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("BSD 3-Clause License")


def drawn_tree() -> dict[str, str]:
    """Each error in the drawing at the top of errors.py, and the one it hangs under."""
    parent: dict[str, str] = {}
    stack: list[str] = []
    for bars, name in re.findall(
        r"^([│├└─ ]*)([A-Z]\w+Error)\b", errors.__doc__ or "", flags=re.MULTILINE
    ):
        del stack[len(bars) // 4 :]
        if stack:
            parent[name] = stack[-1]
        stack.append(name)
    return parent


ERRORS = [getattr(errors, name) for name in errors.__all__]


def test_every_error_is_drawn_where_it_belongs():
    assert drawn_tree() == {
        e.__name__: e.__bases__[0].__name__ for e in ERRORS if e is not errors.SkyformError
    }


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: e.__name__)
def test_errors_cross_process_borders(error: type[errors.SkyformError]):
    copy = pickle.loads(pickle.dumps(error("a.jpg is empty.", remedy="Download it again.")))
    assert type(copy) is error
    assert (copy.message, copy.remedy) == ("a.jpg is empty.", "Download it again.")
    assert str(copy) == "a.jpg is empty. Download it again."


def test_error_codes_are_unique():
    codes = [e.code for e in ERRORS]
    assert len(set(codes)) == len(codes)


def run(*command: object) -> subprocess.CompletedProcess[str]:
    """A command in the root of the checkout, without a terminal."""
    return subprocess.run(
        [str(c) for c in command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
