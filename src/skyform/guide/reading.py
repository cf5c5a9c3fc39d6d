"""One file of the guide → one `Page`.

A file is Markdown with YAML between two lines of `---` above it; below come four parts, each under a heading of the second level.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

from skyform.errors import DataError
from skyform.guide.marked import Marked
from skyform.guide.pages import Confusion, Family, Member, Page, Picture, Reference, Section
from skyform.guide.rendering import render

__all__ = ["HEADINGS", "Source", "page_from", "read_source"]

# Every page but a topic has these.
HEADINGS = (
    "What one sees",
    "How it came to be",
    "How common it is",
    "What nobody knows yet",
)
_FIELDS = (
    "title",
    "summary",
    "answers",
    "classes",
    "kinds",
    "picture",
    "members",
    "confused_with",
    "references",
)
_HEADING = re.compile(r"^## (.+?)\s*$", flags=re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """A file taken apart: its front matter, and its parts with heading, text and the line on which the text begins."""

    id: str
    head: Marked
    parts: tuple[tuple[str, str, int], ...]

    @property
    def fields(self) -> Mapping[str, Any]:
        """The front matter."""
        return cast("Mapping[str, Any]", self.head.data)


def read_source(path: Path) -> Source:
    """Take a file apart.

    Raises
    ------
    DataError
        If it has no front matter, or one that is no mapping in YAML.
    """
    text = path.read_text("utf-8")
    head, closed, body = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not closed:
        raise DataError(
            f"{path.name}, line 1: there is no front matter.",
            remedy="Begin the file with YAML between two lines of ---.",
        )
    marked = Marked.read(head, name=path.name, first=2)
    if not isinstance(marked.data, dict):
        raise marked.error("the front matter is no mapping.", line=2, remedy="Write `title: …`.")
    # Besides the front matter there are the two lines that enclose it.
    return Source(path.stem, marked, _parts(body, first=head.count("\n") + 4))


def page_from(source: Source, *, family: Family, pictures: Mapping[str, Picture]) -> Page:
    """The page that a file describes, without a look at other pages.

    Parameters
    ----------
    family : str
        Where the table of contents lists it.
    pictures : mapping
        Those that there are, by file name.

    Raises
    ------
    DataError
        If a field is missing, unknown or of the wrong type, a heading is not the right one, or a link is refused.
    """
    for name in source.fields:
        if name not in _FIELDS:
            raise source.head.error(
                f"there is no field {name!r}.",
                line=source.head.line(name),
                remedy=f"The fields are {', '.join(_FIELDS)}.",
            )
    sees, formed, common, unknown = _sections(source, family)
    return Page(
        id=source.id,
        title=_text(source, "title"),
        family=family,
        summary=_text(source, "summary"),
        answers=_texts(source, "answers"),
        classes=_texts(source, "classes"),
        kinds=_texts(source, "kinds"),
        picture=_picture(source, pictures),
        sees=sees,
        formed=formed,
        common=common,
        unknown=unknown,
        members=tuple(Member(**m) for m in _items(source, "members", Member)),
        confused_with=tuple(Confusion(**c) for c in _items(source, "confused_with", Confusion)),
        references=tuple(Reference(**r) for r in _items(source, "references", Reference)),
    )


def _parts(body: str, *, first: int) -> tuple[tuple[str, str, int], ...]:
    marks = list(_HEADING.finditer(body))
    ends = [m.start() for m in marks[1:]] + [len(body)]
    return tuple(
        (m[1], body[m.end() : end], first + body.count("\n", 0, m.end()))
        for m, end in zip(marks, ends, strict=True)
    )


def _sections(source: Source, family: Family) -> list[Section]:
    headings = tuple(heading for heading, _, _ in source.parts)
    if len(headings) != len(HEADINGS) or (family != "topic" and headings != HEADINGS):
        raise source.head.error(
            f"the headings are {', '.join(map(repr, headings)) or 'missing'}.",
            line=source.parts[0][2] if source.parts else 1,
            remedy=f"A page has four: {', '.join(map(repr, HEADINGS))}; a topic may name its four otherwise.",
        )
    return [_section(source, *part) for part in source.parts]


def _section(source: Source, heading: str, text: str, line: int) -> Section:
    if not text.strip():
        raise source.head.error(f"{heading!r} is empty.", line=line, remedy="Write it.")
    try:
        html = render(text, first=line)
    except DataError as e:
        raise DataError(f"{source.head.name}, {e.message}", remedy=e.remedy) from None
    return Section(heading, text.strip(), html)


def _text(source: Source, name: str) -> str:
    value = source.fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise source.head.error(
            f"{name} is {value!r}.",
            line=source.head.line(name),
            remedy=f"Write `{name}: …` with some text.",
        )
    return value.strip()


def _texts(source: Source, name: str) -> tuple[str, ...]:
    value = source.fields.get(name, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise source.head.error(
            f"{name} is {value!r}.",
            line=source.head.line(name),
            remedy=f"Write `{name}: [one, two]`.",
        )
    return tuple(cast("list[str]", value))


def _items(source: Source, name: str, item: type) -> list[dict[str, str]]:
    """The mappings of a list; each must have the fields of `item`, all of them text."""
    value = source.fields.get(name, [])
    wanted = sorted(f.name for f in fields(item))
    remedy = f"Write a list of {{{', '.join(f'{w}: …' for w in wanted)}}}."
    if not isinstance(value, list):
        raise source.head.error(f"{name} is {value!r}.", line=source.head.line(name), remedy=remedy)
    for i, entry in enumerate(value):
        if not isinstance(entry, dict) or sorted(entry) != wanted:
            what = f"item {i + 1} of {name} is {entry!r}."
            raise source.head.error(what, line=source.head.line(name, i), remedy=remedy)
        for key, text in entry.items():
            if not isinstance(text, str) or not text.strip():
                what = f"{key} in item {i + 1} of {name} is {text!r}."
                line = source.head.line(name, i, key)
                raise source.head.error(what, line=line, remedy="Write some text.")
    return cast("list[dict[str, str]]", value)


def _picture(source: Source, pictures: Mapping[str, Picture]) -> Picture | None:
    value = source.fields.get("picture")
    if value is None:
        return None
    if not isinstance(value, dict) or sorted(value) != ["caption", "file"]:
        raise source.head.error(
            f"picture is {value!r}.",
            line=source.head.line("picture"),
            remedy="Write `picture: {file: …, caption: …}`.",
        )
    known = pictures.get(str(value["file"]))
    if known is None:
        raise source.head.error(
            f"there is no picture {value['file']!r}.",
            line=source.head.line("picture", "file"),
            remedy="Put it into guide/pictures and into the credits.json there.",
        )
    return Picture(known.name, known.path, str(value["caption"]), known.credit, known.licence)
