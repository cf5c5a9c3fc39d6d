"""Predictions and trees as HTML for notebooks: styles inline, nothing fetched, colours that follow the page's own."""

from collections.abc import Mapping
from html import escape

from skyform.schema.prediction import AnswerEstimate, ClassEstimate, Prediction
from skyform.schema.taxonomies import TAXONOMIES
from skyform.schema.trees import TREES, Tree
from skyform.schema.words import percent

__all__ = ["prediction_html", "tree_html"]

_WIDTH, _HEIGHT = 100, 14  # of a bar, px
_FILL = "#4a86d8"  # legible on white and on black
_FAINT = "opacity:0.7"
# Wide enough, a line is a question, an answer, a bar and a number; on a phone the question has a line of its own.
_LINE = (
    "display:flex;flex-wrap:wrap;align-items:center;gap:0 12px;margin:0 0 0.25em;font-size:0.92em"
)
_BLOCK = "margin:0 0 0.5em"


def prediction_html(prediction: Prediction) -> str:
    """The sentence, the path through the tree with its intervals, the classes and the flags.

    Parameters
    ----------
    prediction : Prediction
        One that failed shows what was wrong and what to do.
    """
    if prediction.failure is not None:
        said = [("b", prediction.failure.message), ("span", prediction.failure.remedy)]
        lines = "<br>".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in said if text)
        return _boxed([_paragraph(lines), _origin(prediction)])
    galaxy = prediction.kind is None or prediction.kind.id == "galaxy"
    parts = [_paragraph(f"<b>{escape(prediction.sentence)}</b>"), _origin(prediction)]
    if prediction.path_taken and galaxy:
        parts.append(_path(prediction))
    # Of what is no galaxy, the classes of galaxies mean nothing.
    classes = {i: c for i, c in prediction.classes.items() if galaxy or i not in TAXONOMIES}
    if classes:
        parts.append(_classes(classes))
    if prediction.flags:
        flags = "".join(f"<li>{escape(flag.text)}</li>" for flag in prediction.flags)
        parts.append(f'<ul style="{_BLOCK}">{flags}</ul>')
    return _boxed(parts)


def tree_html(tree: Tree) -> str:
    """Every question with its answers, each with the numbers of the questions that it leads to."""
    number = {q.id: n for n, q in enumerate(tree.questions, start=1)}
    leads: dict[int, list[int]] = {}
    for question, parents in tree.parents.items():
        for parent in parents:
            leads.setdefault(parent, []).append(number[question])
    items: list[str] = []
    for question in tree.questions:
        answers = ", ".join(
            escape(a.text) + _arrow(leads.get(tree.index[a.id], [])) for a in question.answers
        )
        items.append(f"<li><b>{escape(question.text)}</b><br>{answers}</li>")
    return _boxed([_paragraph(f"<b>{escape(tree.name)}</b>"), f"<ol>{''.join(items)}</ol>"])


def _boxed(parts: list[str]) -> str:
    return f'<div style="max-width:46em;line-height:1.45">{"".join(parts)}</div>'


def _paragraph(content: str, *, style: str = "") -> str:
    return f'<p style="{_BLOCK};{style}">{content}</p>'


def _origin(prediction: Prediction) -> str:
    kind = prediction.kind
    sure = [] if kind is None else [f"{kind.name} {percent(kind.confidence)}"]
    return _paragraph(escape(" · ".join([prediction.id, *sure, prediction.model])), style=_FAINT)


def _path(prediction: Prediction) -> str:
    """The answers of the path, from the root; those that are not sure enough to say are faint."""
    lines = "".join(
        _line(prediction.answer(id), sure=id in prediction.rolled_up)
        for id in prediction.path_taken
    )
    note = "Expected share of those asked, with the range of 90 %. Faint: not sure enough to say."
    style = "list-style:none;margin:0 0 0.25em;padding:0"
    return f'<ul style="{style}">{lines}</ul>{_paragraph(note, style=_FAINT)}'


def _line(answer: AnswerEstimate, *, sure: bool) -> str:
    return (
        f'<li style="{_LINE};{"" if sure else _FAINT}">'
        f'<span style="flex:1 1 15em">{escape(_question_text(answer.question))}</span>'
        f'<b style="flex:0 0 8em;min-width:0">{escape(answer.text)}</b>{_bar(answer)}'
        f'<span style="flex:0 0 3.5em;white-space:nowrap">{escape(percent(answer.fraction))}</span></li>'
    )


def _bar(answer: AnswerEstimate) -> str:
    """A bar as long as the share, the interval as a whisker through its end."""
    end, low, high = (
        round(_WIDTH * min(max(v, 0.0), 1.0), 1) for v in (answer.fraction, answer.low, answer.high)
    )
    middle = _HEIGHT / 2
    label = f"{percent(answer.fraction)}, between {percent(answer.low)} and {percent(answer.high)}"
    whisker = f"M{low} {middle}H{high}M{low} 3V{_HEIGHT - 3}M{high} 3V{_HEIGHT - 3}"
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" style="flex:none;max-width:none" role="img" '
        f'aria-label="{escape(label)}">'
        f'<rect y="2" width="{_WIDTH}" height="{_HEIGHT - 4}" fill="currentColor" opacity="0.12"/>'
        f'<rect y="2" width="{end}" height="{_HEIGHT - 4}" fill="{_FILL}"/>'
        f'<path d="{whisker}" stroke="currentColor" fill="none"/></svg>'
    )


def _classes(classes: Mapping[str, ClassEstimate]) -> str:
    told = [
        f"{escape(TAXONOMIES[id].name if id in TAXONOMIES else id)}: <b>{escape(found.name)}</b> "
        f"{escape(percent(found.confidence))}"
        for id, found in classes.items()
    ]
    return _paragraph(" · ".join(told))


def _question_text(question: str) -> str:
    found = (t.question[question].text for t in TREES.values() if question in t.question)
    return next(found, question)


def _arrow(numbers: list[int]) -> str:
    return f" → {' and '.join(map(str, numbers))}" if numbers else ""
