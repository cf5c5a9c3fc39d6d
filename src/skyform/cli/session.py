"""One run over many pictures: every prediction goes to the file, to the table, and into the tally."""

import signal
import sys
import threading
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from types import FrameType

from skyform.cli.console import Exit, paper_of, say, silence_output
from skyform.cli.inputs import count_inputs, iter_inputs
from skyform.cli.progress import Progress
from skyform.cli.table import PredictionTable
from skyform.evaluation.wording import duration_text
from skyform.images import Limits
from skyform.inference import Classifier
from skyform.inference.writers import STANDARD_OUTPUT, TableWriter, format_of, open_writer
from skyform.schema import Prediction

__all__ = ["Tally", "classify", "run_over", "stopped_by_signals", "summary"]

_TABLE_ROWS = 30  # with --to, a longer table is not shown


@dataclass
class Tally:
    """What a run has done so far. `reasons` counts the failures by their code, `seconds` the time for pictures alone."""

    classified: int = 0
    reasons: Counter[str] = field(default_factory=lambda: Counter())
    seconds: float = 0.0

    @property
    def failed(self) -> int:
        """Pictures that could not be classified."""
        return self.reasons.total()

    @property
    def done(self) -> int:
        """All pictures so far."""
        return self.classified + self.failed

    @property
    def code(self) -> Exit:
        """The exit code that tells scripts."""
        if not self.classified:
            return Exit.FAILED
        return Exit.SOME_FAILED if self.failed else Exit.OK

    def add(self, prediction: Prediction) -> None:
        """Count one prediction."""
        if prediction.failure is None:
            self.classified += 1
        else:
            self.reasons[prediction.failure.code] += 1


def classify(options: Namespace) -> Exit:
    """Classify what the options of `skyform classify` ask for, and say how it went."""
    tally = Tally()
    writer: TableWriter | None = None
    if options.to is not None:
        # A wrong extension is told before the model is loaded.
        format_of(options.to, format=options.format)
    try:
        with stopped_by_signals():
            limits = _limits(options)
            classifier = Classifier.load(options.model, threads=options.threads, limits=limits)
            if options.to is not None:
                writer = open_writer(options.to, format=options.format, info=classifier.info)
            with writer or nullcontext():
                _classify_into(writer, classifier=classifier, tally=tally, options=options)
    except KeyboardInterrupt:
        _say_stopped(tally, writer)
        return Exit.INTERRUPTED
    if not tally.done:
        say("skyform: there is nothing to classify: the list of pictures is empty.")
    elif not options.quiet:
        say(summary(tally, writer=writer))
    return tally.code


def run_over(
    predictions: Iterable[Prediction],
    *,
    tally: Tally,
    writer: TableWriter | None,
    report: PredictionTable | None,
    progress: Progress,
) -> None:
    """Take every prediction where it belongs. A file is completed even when nobody reads the table any more."""
    start = time.monotonic()
    for prediction in predictions:
        if writer is not None:
            writer.write(prediction)
        tally.add(prediction)
        tally.seconds = time.monotonic() - start
        progress.update(tally.done, failed=tally.failed)
        if report is None:
            continue
        try:
            report.add(prediction)
        except BrokenPipeError:
            if writer is None:
                raise
            report = None
            silence_output()


def summary(tally: Tally, *, writer: TableWriter | None = None) -> str:
    """What happened, in a line or two."""
    parts = [f"{tally.classified:,} classified"]
    if tally.failed:
        reasons = ", ".join(f"{n:,} {code}" for code, n in tally.reasons.most_common())
        parts.append(f"{tally.failed:,} failed ({reasons})")
    rate = tally.done / max(tally.seconds, 1e-6)
    speed = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
    text = f"{', '.join(parts)} in {duration_text(tally.seconds)} ({speed} images/s)."
    if writer is not None and writer.path != STANDARD_OUTPUT:
        text += f" Results: {writer.path}"
    if writer is not None and writer.skipped:
        text += (
            f"\nNot in the file: {writer.skipped:,} failed. A submission has no place for errors, and a "
            "guess would be dishonest."
        )
    return text


@contextmanager
def stopped_by_signals() -> Generator[None, None, None]:
    """Let SIGTERM, which batch systems and containers send, end the run as Ctrl-C does: with the rows so far kept."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _classify_into(
    writer: TableWriter | None, *, classifier: Classifier, tally: Tally, options: Namespace
) -> None:
    inputs = iter_inputs(options, most_bytes=classifier.limits.max_bytes)
    first = list(islice(inputs, _TABLE_ROWS + 1))
    few = len(first) <= _TABLE_ROWS
    shown = not options.quiet and options.to != STANDARD_OUTPUT and (few or options.to is None)
    predictions = classifier(
        chain(first, inputs),
        average=options.average,
        batch_size=options.batch_size,
        workers=options.workers,
    )
    # Rows on a terminal are progress enough, and a progress line would tear them apart.
    silent = options.quiet or few or (shown and sys.stdout.isatty())
    paper = paper_of(sys.stdout)
    with Progress(sys.stderr, count=lambda: count_inputs(options), enabled=not silent) as progress:
        run_over(
            map(_named, predictions),
            tally=tally,
            writer=writer,
            report=PredictionTable(sys.stdout, paper=paper, info=classifier.info)
            if shown
            else None,
            progress=progress,
        )


def _limits(options: Namespace) -> Limits:
    given = {"max_pixels": options.limit_pixels, "max_bytes": options.limit_bytes}
    return replace(Limits(), **{k: v for k, v in given.items() if v is not None})


def _named(prediction: Prediction) -> Prediction:
    """The prediction, with a name if its picture came from standard input."""
    return prediction if prediction.path else replace(prediction, id="stdin", path="-")


def _say_stopped(tally: Tally, writer: TableWriter | None) -> None:
    text = f"Stopped after {tally.done:,} pictures."
    if writer is not None and writer.kept is not None:
        text += f" The {writer.rows:,} rows so far are in {writer.kept}"
    say(text)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
