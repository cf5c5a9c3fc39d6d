"""Runs the tutorials while the site is built, and makes pages of them. A cell that fails, fails the build.

The notebooks are kept without outputs, so that what the site shows is what this version of Skyform says. A page's notebook lies beside
it for download. With SKYFORM_TUTORIALS=skip in the environment pages have no outputs, which is quicker while writing.
"""

import base64
import os
import re
import sys
from pathlib import Path, PurePosixPath

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

__all__ = ["on_files", "on_page_markdown", "page_of", "run"]

_SECONDS = 600  # for one cell
# IPython goes on after a shell command that failed; 1 is a run in which single pictures failed.
_STRICT = """
def _strict(command, shell=get_ipython(), system=get_ipython().system):
    system(command)
    if shell.user_ns["_exit_code"] not in (0, 1):
        raise RuntimeError(f"{command} ended with exit code {shell.user_ns['_exit_code']}")
get_ipython().system = _strict
"""
# What a terminal would have wiped out: lines that were written again, and control sequences.
_OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n)|\x1b\[[0-9;]*[A-Za-z]|\r")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """A page for each notebook, and its pictures."""
    for file in [f for f in files if f.src_uri.endswith(".ipynb")]:
        path = Path(str(file.abs_src_path))
        notebook = nbformat.read(path, as_version=4)
        if os.environ.get("SKYFORM_TUTORIALS") != "skip":
            try:
                run(notebook)
            except CellExecutionError as error:
                raise PluginError(
                    f"The tutorial {path.name} does not run any more:\n{error}"
                ) from error
        page, pictures = page_of(notebook, name=path.stem)
        place = PurePosixPath(file.src_uri)
        files.append(File.generated(config, str(place.with_suffix(".md")), content=page))
        for name, data in pictures.items():
            files.append(File.generated(config, str(place.with_name(name)), content=data))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links to notebooks lead to their pages, but for those to download."""
    return markdown.replace(".ipynb)", ".md)").replace(".md){download}", ".ipynb){download}")


def run(notebook: NotebookNode) -> None:
    """Run all cells in a new kernel, which finds the `skyform` command beside this Python.

    Raises
    ------
    CellExecutionError
        If a cell raises, or a command in it fails.
    """
    beside = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([beside, os.environ.get("PATH", "")])}
    notebook.cells.insert(0, nbformat.v4.new_code_cell(_STRICT))
    client = NotebookClient(
        notebook, timeout=_SECONDS, kernel_name="python3", extra_arguments=["--log-level=ERROR"]
    )
    client.execute(env=environment)
    del notebook.cells[0]


def page_of(notebook: NotebookNode, *, name: str) -> tuple[str, dict[str, bytes]]:
    """The notebook as Markdown, and the pictures that it shows by file name."""
    parts: list[str] = []
    pictures: dict[str, bytes] = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        else:
            language = "console" if cell.source.startswith("!") else "python"
            parts.append(_fenced(cell.source, kind=language))
            for output in _joined(cell.outputs):
                parts.append(_shown(output, pictures, name=f"{name}-{len(pictures)}.png"))
    download = f"[Download this page as a notebook]({name}.ipynb){{download}}"
    return "\n\n".join([parts[0], download, *parts[1:]]) + "\n", pictures


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Text that came in several pieces, as one."""
    out: list[NotebookNode] = []
    for output in outputs:
        if out and output.output_type == out[-1].output_type == "stream":
            out[-1].text += output.text
        else:
            out.append(output)
    return out


def _shown(output: NotebookNode, pictures: dict[str, bytes], *, name: str) -> str:
    if output.output_type == "stream":
        return _fenced(_OVERWRITTEN.sub("", output.text), kind="text .output")
    data = output.data
    if "text/html" in data:
        return f'<div class="output" tabindex="0">\n{data["text/html"]}\n</div>'
    if "image/png" in data:
        pictures[name] = base64.b64decode(data["image/png"])
        return f"![What the code above draws]({name})"
    return _fenced(data["text/plain"], kind="text .output")


def _fenced(text: str, *, kind: str) -> str:
    return f"``` {{.{kind}}}\n{text.rstrip()}\n```"
