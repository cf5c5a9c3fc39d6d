"""Predictions as a table to read, row by row as they come."""

import re
import textwrap
import unicodedata
from collections.abc import Sequence

from skyform.cli.console import Paper, Stream
from skyform.inference.tables import plain_text
from skyform.schema import ClassEstimate, Prediction

__all__ = ["Report", "percent", "seen_width"]

_GAP = "  "
_NAME = 24
_KIND, _GALAXY10, _HUBBLE = 24, 34, 16
# From this width on, kind and classes have columns of their own; below it they stand under the sentence.
_WIDE = 140
_COLOUR = re.compile("\x1b\\[\\d*m")


class Report:
    """Writes one entry for each prediction, aligned; wide terminals get one line, narrow ones two.

    Parameters
    ----------
    stream : text file
        Where to write.
    paper : Paper
        Its width, and whether it takes colours.
    """

    def __init__(self, stream: Stream, *, paper: Paper) -> None:
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
            titles += [what, _fit("KIND", _KIND), _fit("GALAXY10 (SDSS)", _GALAXY10), "HUBBLE"]
        else:
            titles.append("WHAT IT SHOWS")
        return [self._paper.paint(_GAP.join(titles), "dim")]

    @property
    def _room(self) -> int:
        """Characters beside the name."""
        return self._paper.width - self._name - len(_GAP)

    @property
    def _sentence(self) -> int:
        """Characters for the sentence."""
        return self._room - (_KIND + _GALAXY10 + _HUBBLE + 3 * len(_GAP) if self._wide else 0)

    def _entry(self, prediction: Prediction) -> list[str]:
        paper = self._paper
        name = paper.paint(_fit(plain_text(prediction.id), self._name), "bold")
        if prediction.failure is not None:
            text = "not classified: " + plain_text(" ".join(str(prediction.failure).split()))
            return self._lines(name, [paper.paint(line, "red") for line in _wrap(text, self._room)])
        body = _wrap(prediction.sentence, self._sentence)
        if self._wide:
            body[0] = _GAP.join(
                [_fit(body[0], self._sentence), *self._facts(prediction, aligned=True)]
            )
        else:
            body += _joined(self._facts(prediction, aligned=False), self._room)
        for flag in prediction.flags:
            body += [paper.paint(line, "yellow") for line in _wrap(f"! {flag.text}", self._room)]
        return self._lines(name, body)

    def _facts(self, prediction: Prediction, *, aligned: bool) -> list[str]:
        """Kind and classes with their percentages; the classes of galaxies only, since they mean nothing elsewhere."""
        if prediction.kind is None:
            return []
        widths = (_KIND, _GALAXY10, _HUBBLE) if aligned else (0, 0, 0)
        facts = [self._fact(prediction.kind.name, prediction.kind.confidence, widths[0])]
        if prediction.kind.id != "galaxy":
            return facts
        for taxonomy, width in (("galaxy10_sdss", widths[1]), ("hubble", widths[2])):
            estimate: ClassEstimate | None = prediction.classes.get(taxonomy)
            if estimate is not None:
                facts.append(self._fact(estimate.name, estimate.confidence, width))
        return facts

    def _fact(self, name: str, confidence: float, width: int) -> str:
        number = percent(confidence)
        style = "green" if confidence > 0.9 else "yellow" if confidence > 0.66 else "dim"
        painted = self._paper.paint(number, style)
        padding = " " * max(0, width - len(name) - 1 - len(number))
        return f"{name} {painted}{padding}"

    def _lines(self, name: str, body: Sequence[str]) -> list[str]:
        indent = " " * self._name
        return [f"{name if i == 0 else indent}{_GAP}{line}".rstrip() for i, line in enumerate(body)]


def percent(probability: float) -> str:
    """A probability in whole percent that never claims certainty: "97 %", ">99 %", "<1 %"."""
    if probability > 0.99:
        return ">99 %"
    if probability < 0.01:
        return "<1 %"
    return f"{100 * probability:.0f} %"


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
