"""All pages of the guide, its glossary, and the page for what Skyform says of a picture."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from skyform.errors import DataError
from skyform.guide.checking import check
from skyform.guide.lessons import lesson_answer, lesson_class
from skyform.guide.marked import Marked
from skyform.guide.pages import FAMILIES, Family, Page, Picture, Term
from skyform.guide.reading import page_from, read_source
from skyform.guide.rendering import links, page_of_link, render
from skyform.schema import Prediction
from skyform.schema.words import SURE

__all__ = ["Guide"]


@dataclass(frozen=True)
class Guide:
    """Pages in the order of the table of contents, terms in alphabetical order, and every picture that may be shown, by file name."""

    pages: tuple[Page, ...]
    terms: tuple[Term, ...]
    pictures: Mapping[str, Picture]

    @classmethod
    def load(cls, folder: Path | None = None, *, samples: Path | None = None) -> "Guide":
        """Read and check a guide.

        Parameters
        ----------
        folder : Path, optional
            With `contents.yaml`, `glossary.yaml`, `texts/` and `pictures/`; by default the one that travels with the package.
        samples : Path, optional
            Folder of further pictures with their `credits.json`; by default that of the package.

        Raises
        ------
        DataError
            If a file is missing or wrong, naming the file and the line.
        """
        package = Path(str(files("skyform")))
        folder = folder or package / "guide"
        pictures = {
            p.name: p
            for place in (samples or package / "samples", folder / "pictures")
            for p in _pictures(place)
        }
        order = _contents(folder)
        sources = {id: read_source(folder / "texts" / f"{id}.md") for id in order}
        pages = {
            id: page_from(sources[id], family=family, pictures=pictures)
            for id, family in order.items()
        }
        check(pages, sources=sources)
        return cls(tuple(pages.values()), _terms(folder, pages), pictures)

    @cached_property
    def by_id(self) -> dict[str, Page]:
        """Page by id."""
        return {p.id: p for p in self.pages}

    @cached_property
    def _explained(self) -> dict[str, str]:
        """Page of every answer (as `answer`), class (as `taxonomy:class`) and kind (as `kind=id`)."""
        return {
            name: p.id
            for p in self.pages
            for name in (*p.answers, *p.classes, *(f"kind={k}" for k in p.kinds))
        }

    def page_of_answer(self, answer: str) -> str:
        """Id of the page that explains an answer of any tree; empty where there is no such answer."""
        return self._explained.get(answer, "") if "." in answer else ""

    def page_of_class(self, taxonomy: str, class_id: str) -> str:
        """Id of the page that explains a class; empty where there is no such class, as for a model's own ones."""
        return self._explained.get(f"{taxonomy}:{class_id}", "")

    def page_of_kind(self, kind: str) -> str:
        """Id of the page that explains a kind of object; empty where there is no such kind."""
        return self._explained.get(f"kind={kind}", "")

    def lesson(self, prediction: Prediction) -> str:
        """Id of the most specific page for what is said of a picture with enough confidence.

        Where nothing is sure enough, it is the page on how to read a galaxy; empty for a picture that failed.
        """
        if prediction.failure:
            return ""
        kind = prediction.kind
        if kind is not None and kind.id != "galaxy" and kind.confidence >= SURE:
            return self.page_of_kind(kind.id)
        if kind is not None and kind.confidence < SURE:
            return _UNSURE
        scheme, answer = lesson_class(prediction.rolled_up), lesson_answer(prediction.rolled_up)
        found = (self.page_of_class(*scheme) if scheme else "") or self.page_of_answer(answer)
        return found or self._page_of_sure_class(prediction) or ("galaxy" if kind else _UNSURE)

    def _page_of_sure_class(self, prediction: Prediction) -> str:
        sure = (c for c in prediction.classes.values() if c.confidence >= SURE)
        return next(filter(None, (self.page_of_class(c.taxonomy, c.id) for c in sure)), "")


_UNSURE = "reading-a-galaxy"


def _contents(folder: Path) -> dict[str, Family]:
    """Family of every page, in the order of the guide."""
    listed = _marked(folder / "contents.yaml")
    if not isinstance(listed.data, dict) or list(listed.data) != list(FAMILIES):
        raise listed.error(
            f"the families are not {', '.join(FAMILIES)}.",
            line=1,
            remedy="List the ids of the pages under these four, in this order.",
        )
    order: dict[str, Family] = {}
    there = {p.stem for p in (folder / "texts").glob("*.md")}
    for family in FAMILIES:
        for i, id in enumerate(listed.data[family]):
            if id in order or id not in there:
                raise listed.error(
                    f"{id!r} is listed twice." if id in order else f"there is no texts/{id}.md.",
                    line=listed.line(family, i),
                    remedy="List every file of texts/ once.",
                )
            order[id] = family
    if there != set(order):
        raise listed.error(
            f"{', '.join(sorted(there - set(order)))} of texts/ is not listed.",
            line=1,
            remedy="List every file of texts/ once.",
        )
    return order


def _terms(folder: Path, pages: Mapping[str, Page]) -> tuple[Term, ...]:
    listed = _marked(folder / "glossary.yaml")
    terms: dict[str, Term] = {}
    for i, entry in enumerate(listed.data or []):
        term, problem = _term(entry, pages)
        if term is None or term.id in terms:
            raise listed.error(
                problem or f"{term and term.id!r} is there twice.",
                line=listed.line(i),
                remedy="Each entry has an id of its own, `term`, `text`, and may have `see` with ids of pages.",
            )
        terms[term.id] = term
    return tuple(sorted(terms.values(), key=lambda t: t.term.casefold()))


def _term(entry: Any, pages: Mapping[str, Page]) -> tuple[Term | None, str]:
    """The term, or why there is none."""
    if not isinstance(entry, dict) or not {"id", "term", "text"} <= set(entry) <= _TERM_FIELDS:
        return None, f"the entry is {entry!r}."
    text, see = str(entry["text"]), [str(s) for s in entry.get("see", [])]
    try:
        html = render(text)
    except DataError as e:
        return None, f"in the text, {e.message}"
    for page in (*see, *filter(None, (page_of_link(link.target) for link in links(text)))):
        if page not in pages:
            return None, f"it names {page!r}, which is no page."
    return Term(str(entry["id"]), str(entry["term"]), html, tuple(see)), ""


_TERM_FIELDS = {"id", "term", "text", "see"}


def _pictures(folder: Path) -> list[Picture]:
    """The pictures that `credits.json` names and that are there; no caption yet."""
    try:
        listed = json.loads((folder / "credits.json").read_text("utf-8"))
    except FileNotFoundError:
        return []
    # Only the name: whatever credits.json says, nothing outside of its folder is a picture.
    names = {Path(c["file"]).name: c for c in listed}
    return [
        Picture(name, folder / name, "", credit["credit"], credit["licence"])
        for name, credit in names.items()
        if (folder / name).is_file()
    ]


def _marked(path: Path) -> Marked:
    try:
        text = path.read_text("utf-8")
    except OSError as e:
        raise DataError(f"{path.name} cannot be read: {e}.", remedy="Put it there.") from None
    return Marked.read(text, name=path.name)
