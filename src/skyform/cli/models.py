"""Show what a model was made from and how well it does: its card."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from skyform.cli.console import Exit, Paper, paper_of

if TYPE_CHECKING:
    from skyform.inference import ModelInfo

__all__ = ["arguments", "card_lines", "run"]

_INDENT = "  "
_LONG_LIST = 12


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--model",
        metavar="FILE.onnx",
        help="the model file to show (default: the one that comes with Skyform)",
    )
    parser.add_argument("--json", action="store_true", help="print the whole card as JSON")


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    from skyform.inference import Classifier

    info = Classifier.load(options.model).info
    if options.json:
        sys.stdout.write(json.dumps(info.card, indent=2, ensure_ascii=False) + "\n")
        return Exit.OK
    paper = paper_of(sys.stdout)
    sys.stdout.write(paper.paint(info.id, "bold") + "\n")
    for line in card_lines({**_answers(info), **info.card}, paper=paper):
        sys.stdout.write(f"{_INDENT}{line}\n")
    return Exit.OK


def _answers(info: "ModelInfo") -> dict[str, str]:
    """What the model answers, in words."""
    out: dict[str, str] = {}
    if info.scheme is not None:
        names = ", ".join(f"{c.number} {c.name}" for c in info.scheme.classes)
        out["classes"] = f"{info.scheme.name}: {names}"
    if info.tree is not None:
        questions, answers = len(info.tree.questions), len(info.tree.answers)
        out["tree"] = f"{info.tree.name}: {questions} questions, {answers} answers"
    return out


def card_lines(card: Mapping[str, Any], *, paper: Paper, depth: int = 0) -> Iterator[str]:
    """A card, which is nested plain values, as indented lines; long lists are cut, `--json` has them whole."""
    indent = _INDENT * depth
    for key, value in card.items():
        title = paper.paint(str(key).replace("_", " "), "dim")
        if isinstance(value, Mapping):
            yield f"{indent}{title}"
            yield from card_lines(value, paper=paper, depth=depth + 1)
        elif _is_list(value) and any(isinstance(v, Mapping) for v in value):
            yield f"{indent}{title}"
            for item in value:
                inner = item if isinstance(item, Mapping) else {"": item}
                yield from card_lines(inner, paper=paper, depth=depth + 1)
        else:
            room = max(20, paper.width - len(indent) - len(str(key)) - 4)
            first, *more = wrap(_plain(value), room) or [""]
            yield f"{indent}{title}  {first}"
            yield from (f"{indent}{' ' * len(str(key))}  {line}" for line in more)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _plain(value: Any) -> str:
    if _is_list(value):
        shown = ", ".join(_plain(v) for v in value[:_LONG_LIST])
        return shown + (f", … ({len(value)} in all)" if len(value) > _LONG_LIST else "")
    return f"{value:.4g}" if isinstance(value, float) else str(value)
