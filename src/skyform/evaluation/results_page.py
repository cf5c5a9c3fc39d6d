"""`skyform results`: the bake-off as one Markdown page, made from run folders or from their results alone."""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from skyform.errors import DataError
from skyform.evaluation.comparison import group_runs
from skyform.evaluation.ideas_page import IdeaRun, ideas_section
from skyform.evaluation.metrics import Estimate
from skyform.evaluation.run_files import RESULT, read_summary, write_summary
from skyform.evaluation.runs import RunSummary
from skyform.evaluation.wording import (
    METRICS,
    PRIMARY,
    bytes_text,
    count_text,
    duration_text,
    estimate_text,
    metric_of,
)

__all__ = ["keep_summaries", "read_summaries", "results_page"]

_TASKS = {
    "classes": "one class for each picture",
    "labels": "several labels for each picture",
    "fractions": "fractions of votes",
    "votes": "fractions of votes with their uncertainty",
}
_ANSWERS = {
    "labels": "A label is what more than half of the people said.",
    "fractions": "RMSE is over the fractions of all answers, of all people; less is better.",
    "votes": "RMSE is over the expected fractions of all answers, of all people; less is better.",
}


def read_summaries(folder: Path) -> dict[str, RunSummary]:
    """The results of all runs below a folder, by their place in it.

    Takes `result.json` of run folders at any depth, and every other `.json` that lies in the folder itself, as `keep_summaries`
    writes them.

    Raises
    ------
    DataError
        If there is none, or one is damaged.
    """
    if not folder.is_dir():
        raise DataError(
            f"{folder} is no folder.", remedy="Give the folder that holds the run folders."
        )
    files = sorted({*folder.rglob(RESULT), *folder.glob("*.json")})
    if not files:
        raise DataError(
            f"{folder} holds no {RESULT} of a finished run.",
            remedy="Give the folder that holds the run folders.",
        )
    return {_place(f, folder): read_summary(f) for f in files}


def _place(file: Path, folder: Path) -> str:
    inside = file.relative_to(folder)
    return (
        inside.parent if file.name == RESULT and len(inside.parts) > 1 else inside.with_suffix("")
    ).as_posix()


def keep_summaries(summaries: Mapping[str, RunSummary], folder: Path) -> list[Path]:
    """Write the results alone, one small file a run, named after its place: what a repository keeps of a bake-off.

    Their commands name no folder of this machine: a recipe is in `recipes`, everything else below `DATA`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for place, summary in sorted(summaries.items()):
        name = summary.name if place in (".", "result") else place.replace("/", ".")
        files.append(folder / f"{name}.json")
        write_summary(replace(summary, command=_portable(summary.command)), files[-1])
    return files


def _portable(command: str) -> str:
    """A command with absolute paths replaced by what anybody can read; as it is where it has none."""
    try:
        words = shlex.split(command)
    except ValueError:  # edited by hand
        return command
    if not any("/" in (w[:1], w.partition("=")[2][:1]) for w in words):
        return command
    return shlex.join(_portable_word(w, words) for w in words)


def _portable_word(word: str, words: Sequence[str]) -> str:
    option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    path = PurePosixPath(value)
    if not path.is_absolute():
        return word
    if path.suffix in (".yaml", ".yml"):
        return f"{option}{equals}recipes/{path.name}"
    folder = _after("--weights-from", words)
    below = path.relative_to(folder) if folder and path.is_relative_to(folder) else path.name
    return f"{option}{equals}{PurePosixPath('DATA', below)}"


def _after(option: str, words: Sequence[str]) -> str:
    """The value of an option; empty where it is not given."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == option:
            return following
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return ""


@dataclass(frozen=True, slots=True)
class _System:
    """A model with all its seeds."""

    name: str
    runs: tuple[RunSummary, ...]

    @property
    def first(self) -> RunSummary:
        return self.runs[0]

    def mean(self, metric: str) -> Estimate | None:
        found = [r.scores[metric] for r in self.runs if metric in r.scores]
        if not found:
            return None
        parts = ((e.value, e.low, e.high) for e in found)
        value, low, high = (math.fsum(column) / len(found) for column in zip(*parts, strict=True))
        return Estimate(value, low, high, found[0].n)

    def figure(self, metric: str) -> str:
        found = self.mean(metric)
        if found is None:
            return "–"
        text = estimate_text(found)
        values = [r.scores[metric].value for r in self.runs if metric in r.scores]
        if len(values) > 1:
            mean = math.fsum(values) / len(values)
            spread = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1))
            text += f", ± {spread:.3f} over {len(values)} seeds"
        return text


def results_page(
    summaries: Mapping[str, RunSummary], *, command: str, ideas: Sequence[IdeaRun] = ()
) -> str:
    """The page, as Markdown: the ideas, then a table for each task and data set and a section for each system.

    Parameters
    ----------
    summaries : mapping of place to RunSummary
    command : str
        What makes the page again; it stands at its head.
    ideas : sequence of IdeaRun
        Measured for the models that ship.
    """
    lines = [
        "# Results",
        "",
        f"<!-- Made by `{command}`. -->",
        "",
        *_introduction(summaries),
    ]
    lines += ["", *ideas_section(ideas)] if ideas else []
    for task, title, systems in _tables(summaries):
        lines += ["", f"## {title}: {_TASKS[task]}", "", *_about(systems), "", *_table(systems)]
        for system in systems:
            lines += ["", *_section(system)]
    return "\n".join(lines) + "\n"


def _introduction(summaries: Mapping[str, RunSummary]) -> list[str]:
    reported = any(s.reported for s in summaries.values())
    lines = [
        "Each system was trained from its recipe in `recipes/` and judged on validation pictures that it was not trained on. "
        "In brackets stand 95 % bootstrap intervals over those pictures; they say how far chance in the choice of pictures "
        "reaches, and nothing of pictures of another kind.",
    ]
    if any("DATA" in s.command for s in summaries.values()):
        lines += [
            "",
            "In the commands, `DATA` is the folder of the labelled images and of the starting weights.",
        ]
    if reported:
        lines += [
            "",
            "A **reported** figure is the one that a system's authors state, measured on their data. Ours is measured on the data set "
            "named above each table. Where the two differ, the tasks do too, and one figure above or below the other proves little: "
            "what can be compared are the rows of one table.",
        ]
    return lines


def _tables(summaries: Mapping[str, RunSummary]) -> list[tuple[str, str, list[_System]]]:
    """Task, title and systems of each table, the best system first."""
    found: dict[tuple[str, ...], list[str]] = {}
    for place, s in sorted(summaries.items()):
        scheme = "" if s.scheme is None else s.scheme.name
        key = (s.task, s.dataset["title"], scheme, s.dataset["id"], str(s.derived))
        found.setdefault(key, []).append(place)
    tables: list[tuple[str, str, list[_System]]] = []
    for (task, title, scheme, *_), places in sorted(found.items()):
        runs = [summaries[p] for p in places]
        groups = group_runs(runs, names=places)
        systems = [_System(name, tuple(runs[i] for i in at)) for name, at in groups.items()]
        systems.sort(key=lambda s: (_badness(s), s.name))
        tables.append((task, f"{title}, {scheme}" if scheme else title, systems))
    return tables


def _badness(system: _System) -> float:
    metric = PRIMARY[system.first.task]
    found = system.mean(metric)
    if found is None:
        return math.inf
    return found.value if metric_of(metric).less_is_better else -found.value


def _about(systems: Sequence[_System]) -> list[str]:
    """What the rows of a table have in common, and where they have not."""
    first = systems[0].first
    lines: list[str] = []
    if first.scheme is not None:
        names = ", ".join(c.name for c in first.scheme.classes)
        lines.append(f"{len(first.scheme)} classes: {names}.")
        if first.derived:
            lines.append(
                "**These classes were derived from volunteers' votes**, by rules on the answers; they are not the labels of the "
                "published set of this name."
            )
        else:
            lines.append("The classes are the set's own.")
    lines += [_ANSWERS[first.task]] if first.task in _ANSWERS else []
    prints = {(r.dataset["fingerprint"], r.n_validation) for s in systems for r in s.runs}
    if len(prints) > 1:
        lines.append("Not all systems were judged on the same pictures: see n.")
    elif "baseline" in first.scores:
        lines.append(
            f"Always giving the commonest answer would reach {first.scores['baseline'].value:.3f}."
        )
    return [" ".join(lines)]


def _table(systems: Sequence[_System]) -> list[str]:
    metrics = _columns(systems)
    titles = [metric_of(m).title for m in metrics]
    head = ["system", "reported", *titles, "n", "training", "parameters", "model file"]
    lines = [f"| {' | '.join(head)} |", "|---|---|" + "---|" * len(titles) + "--:|--:|--:|--:|"]
    for s in systems:
        cells = [
            _escaped(s.first.title or s.name),
            _reported(s.first),
            s.figure(metrics[0]),
            *("–" if (e := s.mean(m)) is None else f"{e.value:.3f}" for m in metrics[1:]),
            count_text(s.first.n_validation),
            duration_text(math.fsum(r.seconds for r in s.runs) / len(s.runs)),
            count_text(s.first.parameters) if s.first.parameters else "–",
            bytes_text(s.first.bytes) if s.first.bytes else "–",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _columns(systems: Sequence[_System]) -> list[str]:
    """The primary figure, two more that every system has, and whatever a source reports."""
    first = PRIMARY[systems[0].first.task]
    more = [m for m in ("balanced_accuracy", "macro_f1", "exact", "first_question") if m in METRICS]
    known = [m for m in more if all(s.mean(m) is not None for s in systems)]
    return [first, *known[:2]]


def _reported(run: RunSummary) -> str:
    if not run.reported:
        return "–"
    figures = ", ".join(f"{metric_of(n).words} {v:.3g}" for n, v in run.reported.items())
    return _escaped(f"{figures} ({run.reported_on})" if run.reported_on else figures)


def _section(system: _System) -> list[str]:
    run = system.first
    lines = [f"### {run.title or system.name}", ""]
    what = f"`{system.name}`"
    if run.source:
        what += f", after {run.source}"
    what += f". Trained on {count_text(run.n_train)} pictures in {duration_text(run.seconds)}"
    what += f" ({run.device})." if run.device else "."
    lines.append(what)
    if len(system.runs) > 1:
        lines[-1] += (
            f" Figures are means over the seeds {', '.join(str(r.seed) for r in system.runs)}."
        )
    figures = [
        f"{metric_of(n).words} {estimate_text(e)}"
        for n in run.scores
        if n not in (PRIMARY[run.task], "baseline") and not n.startswith("question.")
        if (e := system.mean(n)) is not None
    ]
    if figures:
        lines += ["", "Beside the table: " + "; ".join(figures) + "."]
    lines += [line for note in run.notes for line in ("", note)]
    if run.command:
        lines += ["", "```bash", run.command, "```"]
    return lines


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
