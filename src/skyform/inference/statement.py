"""The text column of the evidence picture: sentence, own classes, kind, the path through the tree with its uncertainty, classes, flags."""

from skyform.inference.ink import DIM, FAINT, FILLED, PAPER, WARNING, Ink, Length
from skyform.inference.tables import plain_text
from skyform.schema import KINDS, TAXONOMIES, AnswerEstimate, KindEstimate, Prediction, Scheme
from skyform.schema.words import percent

__all__ = ["draw_statement"]

_TEXT = 16
_SMALL = 13
_ROW = 27
_LABEL = 190  # answers' and classes' names
_NUMBER = 56
_BAR = 10
_CLEAR = 0.9
_OWN = 5  # bars of the model's own classes
_CLASSES = ("galaxy10_sdss", "galaxy10_decals", "hubble", "galaxy_zoo_1")


def draw_statement(
    ink: Ink,
    prediction: Prediction,
    *,
    x: Length,
    y: Length,
    width: Length,
    scheme: Scheme | None = None,
) -> Length:
    """Draw the column; returns where it ends. `scheme` holds the classes that the model learnt of its own."""
    name = ink.shortened(plain_text(prediction.id), size=_SMALL, width=width)
    ink.text(x, y - 4, name, size=_SMALL, fill=DIM)
    y = ink.paragraph(x, y + 18, prediction.sentence, size=27, fill=PAPER, width=width) + 14
    if scheme is not None and scheme.id in prediction.classes:
        y = _heading(ink, scheme.name.upper(), x=x, y=y)
        for name, chance in _own_classes(prediction, scheme):
            y = _row(ink, name, chance, x=x, y=y, width=width)
        y += 12
    kind = prediction.kind
    if kind is not None:
        y = _heading(ink, "KIND OF OBJECT", x=x, y=y)
        for name, chance in _kinds(kind):
            y = _row(ink, name, chance, x=x, y=y, width=width)
        y += 12
    if prediction.answers and (kind is None or kind.id == "galaxy"):
        y = _draw_galaxy(ink, prediction, x=x, y=y, width=width, scheme=scheme)
    for flag in prediction.flags:
        y = ink.paragraph(x, y + 6, f"! {flag.text}", size=_TEXT, fill=WARNING, width=width)
    ink.text(x, y + 14, f"Skyform, model {prediction.model}", size=_SMALL, fill=DIM)
    return y + 14 + _SMALL


def _own_classes(prediction: Prediction, scheme: Scheme) -> list[tuple[str, float]]:
    """The most probable of the model's own classes."""
    chances = prediction.classes[scheme.id].probabilities
    named = zip((c.name for c in scheme.classes), chances, strict=True)
    return sorted(named, key=lambda pair: -pair[1])[:_OWN]


def _kinds(kind: KindEstimate) -> list[tuple[str, float]]:
    """The kind, and where it is not clear the next two, with their probabilities."""
    names = {k.id: k.name for k in KINDS}
    others = sorted(((p, k) for k, p in kind.probabilities.items() if k != kind.id), reverse=True)
    close = [] if kind.confidence > _CLEAR else others[:2]
    return [(kind.name, kind.confidence), *((names.get(k, k), p) for p, k in close)]


def _draw_galaxy(
    ink: Ink,
    prediction: Prediction,
    *,
    x: Length,
    y: Length,
    width: Length,
    scheme: Scheme | None,
) -> Length:
    y = _heading(ink, "PATH THROUGH THE TREE, WITH 90 % INTERVALS", x=x, y=y)
    for id in prediction.path_taken:
        answer = prediction.answer(id)
        y = _row(ink, answer.text, answer.fraction, x=x, y=y, width=width, interval=answer)
    y = _heading(ink, "CLASSES", x=x, y=y + 12)
    own = "" if scheme is None else scheme.id
    for id in _CLASSES:
        estimate = prediction.classes.get(id)
        if estimate is not None and id != own:
            ink.text(x, y, TAXONOMIES[id].name, size=_TEXT, fill=DIM)
            room = width - _LABEL - _NUMBER
            label = ink.shortened(estimate.name, size=_TEXT, width=room)
            ink.text(x + _LABEL, y, label, size=_TEXT, fill=PAPER)
            number = percent(estimate.confidence)
            ink.text_right(x + width, y, number, size=_TEXT, fill=PAPER)
            y += _ROW
    return y + 6


def _heading(ink: Ink, text: str, *, x: Length, y: Length) -> Length:
    ink.text(x, y, text, size=_SMALL, fill=DIM)
    return y + 25


def _row(
    ink: Ink,
    label: str,
    value: float,
    *,
    x: Length,
    y: Length,
    width: Length,
    interval: AnswerEstimate | None = None,
) -> Length:
    """Name, bar, number; the interval as a whisker through the bar's end."""
    text = ink.shortened(label, size=_TEXT, width=_LABEL - 12)
    ink.text(x, y, text, size=_TEXT, fill=PAPER)
    start, room = x + _LABEL, width - _LABEL - _NUMBER
    top = y + 6
    ink.bar(start, top, room, height=_BAR, fill=FAINT)
    ink.bar(start, top, room * min(max(value, 0.0), 1.0), height=_BAR, fill=FILLED)
    if interval is not None:
        low, high = max(interval.low, 0.0), min(interval.high, 1.0)
        middle = top + _BAR / 2
        ink.bar(start + room * low, middle - 1, room * (high - low), height=2, fill=PAPER)
        for end in (low, high):
            ink.bar(start + room * end - 1, middle - 5, 2, height=10, fill=PAPER)
    ink.text_right(x + width, y, percent(value), size=_TEXT, fill=PAPER)
    return y + _ROW
