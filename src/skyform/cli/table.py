"""Predictions as a table to read, row by row as they come."""

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from skyform.cli.console import Paper, Stream
from skyform.inference import ModelInfo
from skyform.inference.tables import plain_text
from skyform.schema import Prediction
from skyform.schema.words import percent

__all__ = ["PredictionTable", "seen_width"]

_GAP = "  "
_NAME = 24
# From this width on, kind and classes have columns of their own; below it they stand under the sentence.
_WIDE = 140
_COLOUR = re.compile("\x1b\\[\\d*m")


@dataclass(frozen=True, slots=True)
class _Fact:
    """A name with its percentage that each prediction may have: `of` is "kind", or the id of a taxonomy or scheme.

    `always` tells that it holds for more than galaxies, `said` that the sentence has it too.
    """

    of: str
    title: str
    width: int
    always: bool = True
    said: bool = False


_KIND = _Fact("kind", "KIND", 24)
# Classes of galaxies mean nothing elsewhere.
_GALAXY10 = _Fact("galaxy10_sdss", "GALAXY10 (SDSS)", 34, always=False)
_HUBBLE = _Fact("hubble", "HUBBLE", 16, always=False)
_OWN_WIDTH = 30


def _facts_of(info: ModelInfo | None) -> tuple[_Fact, ...]:
    """What a model says beside its sentence; its own classes first."""
    if info is None:
        return (_KIND, _GALAXY10, _HUBBLE)
    facts = [_KIND] if info.names_kinds else []
    shown = (_GALAXY10, _HUBBLE) if info.scheme is None else (_HUBBLE,)
    facts += [f for f in shown if f.of in info.taxonomies]
    if info.scheme is None:
        return tuple(facts)
    title = plain_text(info.scheme.name).upper()
    return (_Fact(info.scheme.id, title, _OWN_WIDTH, said=True), *facts)


class PredictionTable:
    """Writes one entry for each prediction, aligned; wide terminals get one line, narrow ones two.

    Parameters
    ----------
    stream : text file
        Where to write.
    paper : Paper
        Its width, and whether it takes colours.
    info : ModelInfo, optional
        Of the model that makes the predictions; by default the bundled one's layout.
    """

    def __init__(self, stream: Stream, *, paper: Paper, info: ModelInfo | None = None) -> None:
        self._facts = _facts_of(info)
        self._stream = stream
        self._paper = paper
        self._wide = paper.width >= _WIDE
        self._name = min(_NAME, max(8, paper.width // 4))
        self._started = False

    def add(self, prediction: Prediction) -> None:
        """Write one prediction."""
        lines = [] if self._started else self._header()
        self._started = True
        lines += self._entry(prediction)
        self._stream.write("\n".join(lines) + "\n")
        self._stream.flush()

    def _header(self) -> list[str]:
        titles = [_fit("PICTURE", self._name)]
        if self._wide:
            what = _fit("WHAT IT SHOWS", self._sentence)
            titles += [what, *(_fit(f.title, f.width) for f in self._facts)]
        else:
            titles.append("WHAT IT SHOWS")
        return [self._paper.paint(_GAP.join(titles).rstrip(), "dim")]

    @property
    def _room(self) -> int:
        """Characters beside the name."""
        return self._paper.width - self._name - len(_GAP)

    @property
    def _sentence(self) -> int:
        """Characters for the sentence."""
        return self._room - sum(f.width + len(_GAP) for f in self._facts if self._wide)

    def _entry(self, prediction: Prediction) -> list[str]:
        paper = self._paper
        name = paper.paint(_fit(plain_text(prediction.id), self._name), "bold")
        if prediction.failure is not None:
            text = "not classified: " + plain_text(" ".join(str(prediction.failure).split()))
            return self._lines(name, [paper.paint(line, "red") for line in _wrap(text, self._room)])
        body = _wrap(prediction.sentence, self._sentence)
        facts = [self._fact(f, prediction) for f in self._facts if self._wide or not f.said]
        if self._wide:
            body[0] = _GAP.join([_fit(body[0], self._sentence), *facts])
        else:
            body += _joined([f.rstrip() for f in facts if f.strip()], self._room)
        for flag in prediction.flags:
            body += [paper.paint(line, "yellow") for line in _wrap(f"! {flag.text}", self._room)]
        return self._lines(name, body)

    def _fact(self, fact: _Fact, prediction: Prediction) -> str:
        """Name and percentage, as wide as the column in a wide table."""
        width = fact.width if self._wide else 0
        kind = prediction.kind
        estimate = kind if fact.of == "kind" else prediction.classes.get(fact.of)
        if estimate is None or not (fact.always or kind is None or kind.id == "galaxy"):
            return " " * width
        number = percent(estimate.confidence)
        style = (
            "green"
            if estimate.confidence > 0.9
            else "yellow"
            if estimate.confidence > 0.66
            else "dim"
        )
        name = plain_text(estimate.name)
        if width and seen_width(name) > width - len(number) - 1:
            name = _fit(name, width - len(number) - 1)
        padding = " " * max(0, width - seen_width(name) - 1 - len(number))
        return f"{name} {self._paper.paint(number, style)}{padding}"

    def _lines(self, name: str, body: Sequence[str]) -> list[str]:
        indent = " " * self._name
        return [f"{name if i == 0 else indent}{_GAP}{line}".rstrip() for i, line in enumerate(body)]


def seen_width(text: str) -> int:
    """Columns that a terminal uses for the text: East Asian letters take two, combining marks none."""
    return sum(_columns(c) for c in text)


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width) or [""]


def _joined(facts: Sequence[str], width: int) -> list[str]:
    """Facts with dots between them, in as many lines as they need."""
    lines: list[str] = []
    for fact in facts:
        longer = f"{lines[-1]} · {fact}" if lines else fact
        if lines and seen_width(_COLOUR.sub("", longer)) <= width:
            lines[-1] = longer
        else:
            lines.append(fact)
    return lines


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _fit(text: str, width: int) -> str:
    """The text in exactly this many columns; what is too long loses its middle, since names often differ at the end."""
    if seen_width(text) > width:
        tail_room = (width - 1) // 3
        tail = _leading(text[::-1], tail_room)[::-1]
        text = f"{_leading(text, width - 1 - tail_room)}…{tail}"
    return text + " " * (width - seen_width(text))


def _leading(text: str, width: int) -> str:
    """As much of the text's beginning as fits."""
    used = 0
    for i, character in enumerate(text):
        used += _columns(character)
        if used > width:
            return text[:i]
    return text
