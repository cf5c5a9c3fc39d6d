"""The documentation site: its parts fit together, and a tutorial that fails, fails the build.

`make docs` builds the whole site and runs the tutorials, which takes a minute; here are the checks that take seconds.
"""

import ast
import builtins
import json
import pkgutil
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
ROOMS = sorted(m.name for m in pkgutil.iter_modules([str(ROOT / "src" / "skyform")]))
NOTEBOOKS = sorted((DOCS / "tutorials").glob("*.ipynb"))
NAVIGATION = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]

needs_mkdocs = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("mkdocs", "material", "mkdocstrings", "nbclient")),
    reason="needs skyform[docs]",
)


def cells_of(notebook: Path) -> list[dict]:
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_a_page_in_the_reference(room: str):
    page = DOCS / "reference" / f"{room}.md"
    assert f"::: skyform.{room}\n" in page.read_text(encoding="utf-8")
    assert f"reference/{room}.md" in NAVIGATION


def test_every_page_of_the_reference_has_a_room():
    pages = {p.stem for p in (DOCS / "reference").glob("*.md")}
    assert pages == {"skyform", *ROOMS}


def test_there_are_three_tutorials_and_the_navigation_has_them():
    assert len(NOTEBOOKS) == 3
    assert all(f"tutorials/{n.stem}.md" in NAVIGATION for n in NOTEBOOKS)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.stem)
def test_notebooks_are_kept_without_outputs(notebook: Path):
    code = [c for c in cells_of(notebook) if c["cell_type"] == "code"]
    assert code
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in code)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.stem)
def test_notebooks_are_python_that_imports_what_there_is(notebook: Path):
    for cell in (c for c in cells_of(notebook) if c["cell_type"] == "code"):
        lines = "".join(cell["source"]).replace("\\\n", " ").splitlines()
        tree = ast.parse("\n".join(line for line in lines if not line.startswith("!")))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("skyform"):
                module = __import__(str(node.module), fromlist=["*"])
                assert all(hasattr(module, alias.name) for alias in node.names)


def names_bound(tree: ast.AST) -> set[str]:
    """What a piece of Python gives a name to."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(a.asname or a.name).partition(".")[0] for a in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    return bound


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda p: p.stem)
def test_examples_of_a_page_use_only_names_that_it_has_given(page: Path):
    known = {*dir(builtins), "__name__"}
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        tree = ast.parse(block)
        known |= names_bound(tree)
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        assert used <= known, used - known


def build(folder: Path, cell: str) -> subprocess.CompletedProcess[str]:
    """Build a site of one notebook, with the hooks of ours."""
    docs = folder / "docs"
    docs.mkdir()
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# A page\n\n[on](b.ipynb)"},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "source": cell,
            "outputs": [],
            "execution_count": None,
        },
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    for name in "ab":
        (docs / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    (docs / "index.md").write_text("[a](a.ipynb), [recipe](../recipe.yaml)\n", encoding="utf-8")
    (folder / "recipe.yaml").write_text("a: 1\n", encoding="utf-8")
    for page in ("CHANGELOG.md", "CONTRIBUTING.md", "benchmarks/README.md"):
        (folder / page).parent.mkdir(exist_ok=True)
        (folder / page).write_text("# Page\n\n[start](docs/index.md)\n", encoding="utf-8")
    (folder / "benchmarks/README.md").write_text("[start](../docs/index.md)\n", encoding="utf-8")
    hooks = [str(DOCS / "hooks" / name) for name in ("tutorials.py", "repository.py")]
    config = {"site_name": "test", "strict": True, "hooks": hooks, "site_dir": "site"}
    config["validation"] = {"omitted_files": "ignore"}
    (folder / "mkdocs.yml").write_text(json.dumps(config), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@needs_mkdocs
def test_a_notebook_becomes_a_page_with_its_outputs(tmp_path: Path):
    cell = "print('one\\rtwo')\nget_ipython().system('echo from a shell')\nprint(6 * 7)"
    done = build(tmp_path, cell)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "site/a/index.html").read_text(encoding="utf-8")
    assert "two" in page
    assert "one" not in page.partition("output")[2]
    assert "from a shell" in page
    assert "42" in page
    assert 'href="../b/"' in page
    assert json.loads((tmp_path / "site/a.ipynb").read_text(encoding="utf-8"))["cells"]
    start = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert 'href="a/"' in start
    assert 'href="repository/recipe.yaml"' in start
    assert (tmp_path / "site/repository/recipe.yaml").read_text(encoding="utf-8") == "a: 1\n"
    assert 'href=".."' in (tmp_path / "site/contributing/index.html").read_text(encoding="utf-8")


@needs_mkdocs
@pytest.mark.parametrize("cell", ["1 / 0", "get_ipython().system('exit 3')"])
def test_a_tutorial_that_fails_fails_the_build(tmp_path: Path, cell: str):
    done = build(tmp_path, cell)
    assert done.returncode != 0
    assert "The tutorial a.ipynb does not run any more" in done.stderr
