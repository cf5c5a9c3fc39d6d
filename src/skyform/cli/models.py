"""Show what a model was made from and how well it does: its card. Or measure a model and write its card anew.

  skyform models                                   the card of the model that comes with Skyform
  skyform models --measure DATA --to FOLDER        measure it on the data in DATA and write CARD.md and card.html
  skyform models --calibrate DATA --to FOLDER      fit temperatures, class rules, intervals and sets to that data first, and write the model
                                                   with them as well

DATA is a folder with the Parquet files that the bundled models were trained on; of each, the validation split is used. CARD.md and
mistakes.jpg show only pictures whose licence allows it; card.html shows all, and is for your own eyes. A calibration needs 30 labelled
pictures, and keeps what they say too little about; docs/confidence.md says how many each part needs.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from skyform.cli.console import MODEL, MODELS, Exit, Paper, paper_of, say

if TYPE_CHECKING:
    import numpy as np

    from skyform.inference import Classifier, ModelInfo
    from skyform.training.card_measures import CardModel

__all__ = ["arguments", "calibration_lines", "card_lines", "run"]

_INDENT = "  "
_LONG_LIST = 12


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--model",
        metavar=MODEL,
        help=f"the model to show: {MODELS} (default: base)",
    )
    parser.add_argument("--json", action="store_true", help="print the whole card as JSON")
    add = parser.add_argument_group("measuring").add_argument
    add("--measure", type=Path, metavar="DATA", help="measure the model on this folder's data")
    add(
        "--calibrate",
        type=Path,
        metavar="DATA",
        help="fit the model's calibration to this folder's data, then measure it there",
    )
    add("--to", type=Path, metavar="FOLDER", help="where the card goes, and the calibrated model")
    add(
        "--average",
        action="store_true",
        help="measure answers averaged over the eight flips and rotations",
    )


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    if options.measure is not None and options.calibrate is not None:
        parser.error("--calibrate measures too: give it or --measure")
    if (options.measure or options.calibrate or options.to) and not (
        options.to and (options.measure or options.calibrate)
    ):
        parser.error("--measure DATA (or --calibrate DATA) and --to FOLDER go together")
    from skyform.inference import Classifier

    if options.calibrate is not None:
        return _calibrate(options)
    classifier = Classifier.load(options.model)
    if options.measure is not None:
        _measure(classifier, options, data=options.measure)
        return Exit.OK
    info = classifier.info
    if options.json:
        sys.stdout.write(json.dumps(info.card, indent=2, ensure_ascii=False) + "\n")
        return Exit.OK
    paper = paper_of(sys.stdout)
    sys.stdout.write(paper.paint(info.id, "bold") + "\n")
    for line in card_lines({**_answers(info), **info.card}, paper=paper):
        sys.stdout.write(f"{_INDENT}{line}\n")
    return Exit.OK


def _calibrate(options: Namespace) -> Exit:
    """Write the model with a calibration of its own, measured, and its card."""
    from skyform.evaluation.pages import require_lab
    from skyform.inference import Classifier, model_path
    from skyform.training.attach import read_description, write_metadata
    from skyform.training.calibrate import calibrate_file

    require_lab("A measured card")
    source = model_path(options.model)
    options.to.mkdir(parents=True, exist_ok=True)
    target = options.to / f"{Classifier.load(source).info.name}.onnx"
    say("calibration")
    card = calibrate_file(source, target, data=options.calibrate)["card"]
    for line in calibration_lines(card):
        say(line)
    measures = _measure(Classifier.load(target), options, data=options.calibrate)
    described = read_description(target)
    described["card"]["measures"] = measures
    write_metadata(target, described)
    say(f"Calibrated model: {target}")
    return Exit.OK


def calibration_lines(card: Mapping[str, Any]) -> Iterator[str]:
    """What a calibrated copy was fitted to, what it kept of its model's calibration, and what it has no more; and why."""
    sources = card["calibrated_on"]
    counts = ", ".join(f"{name} {count:,}" for name, count in sources.items())
    yield f"Fitted to {sum(sources.values()):,} pictures: {counts}."
    if not card["kept"]:
        yield "Every part is new."
        return
    yield f"Kept as before, because too few pictures say enough about them: {_by_part(card['kept'])}. All else is new."
    if card["left_out"]:
        yield (
            f"Left out, because the probabilities beneath are new and too few pictures are there for new sets: {_by_part(card['left_out'])}."
        )


def _by_part(parts: Sequence[str]) -> str:
    """`question: bar`, `question: odd` and `kinds` as "question (bar, odd); kinds"."""
    names: dict[str, list[str]] = {}
    for part, _, name in (p.partition(": ") for p in parts):
        names.setdefault(part, []).append(name)
    return "; ".join(f"{p} ({', '.join(n)})" if any(n) else p for p, n in names.items())


def _measure(classifier: "Classifier", options: Namespace, *, data: Path) -> dict[str, Any]:
    """Measure the model, and write its card as Markdown, as a page, and as numbers."""
    from skyform.evaluation.pages import require_lab, write_page

    require_lab("A measured card")
    from skyform.evaluation.card_page import GalleryLine, card_page
    from skyform.training.card import LIMITS, MEASURE_NAMES, write_card
    from skyform.training.card_gallery import gallery_picture
    from skyform.training.card_measures import measure_card

    info = classifier.info
    model = _card_model(classifier, looks=8 if options.average else info.looks)
    measures, mistakes = measure_card(model, data, progress=say)
    folder: Path = options.to
    lines = [
        GalleryLine(m.jpeg, f"said {m.said} ({m.confidence:.0%})", f"label {m.right}", m.id)
        for m in mistakes
    ]
    known = {k: getattr(info, k) for k in ("name", "version", "title")}
    preprocess = {
        "preprocess": info.preprocess.to_dict(),
        "fingerprint": info.preprocess.fingerprint,
    }
    card = {**known, **preprocess, **info.card}
    page = card_page(card, measures, scores=MEASURE_NAMES, limits=LIMITS, mistakes=lines)
    write_page(page, folder / "card.html")
    gallery = gallery_picture(mistakes)
    if gallery is not None:
        (folder / "mistakes.jpg").write_bytes(gallery)
    (folder / "measures.json").write_text(json.dumps(measures, indent=2), encoding="utf-8")
    shown = "mistakes.jpg" if gallery is not None else ""
    write_card({**card, "measures": measures}, folder / "CARD.md", gallery=shown)
    say(f"Card of {info.id}: {folder / 'CARD.md'}, {folder / 'card.html'}")
    return measures


def _card_model(classifier: "Classifier", *, looks: int) -> "CardModel":
    from skyform.errors import ModelError
    from skyform.inference.readout import averaged
    from skyform.training.card_measures import CardModel

    info = classifier.info
    if info.tree is None or not info.names_kinds:
        raise ModelError(
            f"{info.id} does not answer both the tree and the kind of object, which a card measures.",
            remedy="A head on labels of your own has its figures in its card already: `skyform models --model FILE`.",
        )

    def answer(pixels: "np.ndarray") -> dict[str, "np.ndarray"]:
        outputs = averaged(classifier.model, pixels, looks=looks)
        named = {name: getattr(outputs, name) for name in ("answers", "kinds", "distance")}
        return {name: values for name, values in named.items() if values is not None}

    return CardModel(answer, info.preprocess, info.calibration)


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
