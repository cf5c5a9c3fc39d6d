"""Pages and files of the repository outside docs/, such as the change log and the recipes, as part of the site.

In the repository, pages link to files by their place in it. On the site, those files are pages or copies, so that every link leads
somewhere without a network.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

__all__ = ["on_files", "on_page_markdown"]

# Pages that lie elsewhere in the repository, by their place on the site.
_PAGES = {
    "changes.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "benchmarks.md": "benchmarks/README.md",
}
_COPIES = "repository"
_LINK = re.compile(r"(?<=\]\()([^)#:\s]+)(?=[)#])")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add those pages, and a copy of each file that a page links to."""
    root = Path(config.config_file_path).parent
    for uri, source in _PAGES.items():
        files.append(
            File.generated(config, uri, content=(root / source).read_text(encoding="utf-8"))
        )
    for file in [f for f in files if f.is_documentation_page()]:
        for target in _LINK.findall(file.content_string):
            place = _place(file.src_uri, target)
            uri = _uri(place)
            known = place.startswith("docs/") or place in _PAGES.values()
            if not known and files.get_file_from_path(uri) is None and (root / place).is_file():
                content = (root / place).read_bytes()
                files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links to files of the repository into links to pages and copies on the site."""
    here = page.file.src_uri

    def moved(match: re.Match[str]) -> str:
        place = _place(here, match[1])
        return posixpath.relpath(_uri(place), posixpath.dirname(here) or ".")

    return _LINK.sub(moved, markdown)


def _place(page: str, target: str) -> str:
    """Where in the repository a link of a page leads."""
    copied = page.removeprefix(f"{_COPIES}/")
    source = _PAGES.get(page, f"docs/{page}" if copied == page else copied)
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))


def _uri(place: str) -> str:
    """Where on the site a file of the repository lies."""
    pages = {source: uri for uri, source in _PAGES.items()}
    if place.startswith("docs/"):
        return place.removeprefix("docs/")
    return pages.get(place, f"{_COPIES}/{place}")
