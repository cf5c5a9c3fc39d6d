"""Ideas for the models that ship, each measured against the same recipe without it: a section of the results page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.errors import DataError
from skyform.evaluation.picture_scores import SQUARED
from skyform.evaluation.significance import Paired, paired_bootstrap
from skyform.evaluation.wording import count_text, duration_text

__all__ = ["IdeaRun", "ideas_section", "read_ideas", "write_idea"]

_BASE = "base"
_CLEAR = 0.05

_TITLES = {
    "gz2_rmse": "GZ2 RMSE-37",
    "gz2_first_question": "GZ2 first question",
    "gz1_balanced": "GZ1 balanced",
    "gz1_wide_balanced": "GZ1 re-framed, balanced",
    "examples_answer": "examples",
    "galaxy10_decals_class": "DECaLS classes",
    "galaxy10_decals_odd_balanced": "DECaLS odd or not, balanced",
    "galaxy10_sdss_class": "SDSS classes",
    "deepsky_kind": "deep sky",
}


@dataclass(frozen=True)
class IdeaRun:
    """One short training: which idea, which seed, and what every validation picture contributes to each figure.

    Attributes
    ----------
    idea, title : str
        The idea called "base" is the recipe without any.
    predicted : str
        What was expected of it before it was measured.
    settings : sequence of str
        What it changes in the recipe.
    seed : int
    seconds : float
        Of training, on two processor cores shared with other work.
    figures : mapping of figure to one number a picture
        See `skyform.evaluation.picture_scores`.
    together : mapping of figure to one number a picture
        Pictures of one number show the same object and are drawn together; figures without are of different objects throughout.
    """

    idea: str
    title: str
    predicted: str
    settings: Sequence[str]
    seed: int
    seconds: float
    figures: Mapping[str, Sequence[float]]
    together: Mapping[str, Sequence[int]] = field(default_factory=dict)


def write_idea(run: IdeaRun, folder: Path) -> Path:
    """Write `<idea>.seed-<n>.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.idea}.seed-{run.seed}.json"
    path.write_text(json.dumps(asdict(run), separators=(",", ":")) + "\n", encoding="utf-8")
    return path


def read_ideas(folder: Path) -> list[IdeaRun]:
    """All runs in a folder, by idea and seed.

    Raises
    ------
    DataError
        If a file is damaged.
    """
    runs: list[IdeaRun] = []
    for path in sorted(folder.glob("*.json")):
        try:
            runs.append(IdeaRun(**json.loads(path.read_text(encoding="utf-8"))))
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{path} is no result of an idea: {error}.",
                remedy="Write it again with benchmarks/ideas.py.",
            ) from error
    return runs


def ideas_section(runs: Sequence[IdeaRun]) -> list[str]:
    """The section as lines of Markdown: the base's figures, then each idea's difference from it."""
    by_idea = _grouped(runs)
    if _BASE not in by_idea:
        raise DataError(
            "The ideas have no run of the recipe without any.",
            remedy=f"Run benchmarks/ideas.py with --only {_BASE}.",
        )
    base = by_idea.pop(_BASE)
    names = [n for n in _TITLES if n in base[0].figures]
    lines = [
        "## Ideas for the models that ship",
        "",
        "Each idea is one change to the same short recipe, judged on the same validation pictures, one look at each. The first row gives the "
        "figures without any; the others give the difference, positive where the figure is higher (for the RMSE lower is better), with its 95 % "
        "interval: a paired bootstrap over the objects, of each picture's mean over the seeds. **Bold** is a difference that chance in the choice of pictures "
        "explains with less than 5 % probability; with so many comparisons, one in twenty of those is chance all the same. What chance in training does "
        "comes on top: the ± of the first row, the standard deviation between seeds. A difference of one seed is a hint.",
        "",
        f"| idea | predicted | seeds | training | {' | '.join(_TITLES[n] for n in names)} |",
        "|---|---|--:|--:|" + "---|" * len(names),
        _row(base, [_value(base, n) for n in names]),
    ]
    for idea in by_idea.values():
        lines.append(_row(idea, [_difference(idea, base, n) for n in names]))
    settings = [
        f"- {runs[0].title}: `{' '.join(s)}`"
        for runs in by_idea.values()
        if (s := [str(x) for x in runs[0].settings])
    ]
    command = "`python benchmarks/ideas.py DATA` trains them all."
    return [*lines, "", f"What each changes in the recipe; {command}", "", *settings]


def _grouped(runs: Sequence[IdeaRun]) -> dict[str, list[IdeaRun]]:
    out: dict[str, list[IdeaRun]] = {}
    for run in runs:
        out.setdefault(run.idea, []).append(run)
    return out


def _row(runs: Sequence[IdeaRun], cells: Sequence[str]) -> str:
    seconds = duration_text(sum(r.seconds for r in runs) / len(runs))
    head = (runs[0].title, runs[0].predicted or "–", count_text(len(runs)), seconds)
    return f"| {' | '.join((*head, *cells))} |"


def _value(runs: Sequence[IdeaRun], name: str) -> str:
    each = [float(np.mean(r.figures[name])) for r in runs]
    figures = np.sqrt(each) if name in SQUARED else np.array(each)
    text = f"{figures.mean():.3f}"
    return f"{text} ± {figures.std(ddof=1):.3f}" if len(figures) > 1 else text


def _difference(idea: Sequence[IdeaRun], base: Sequence[IdeaRun], name: str) -> str:
    compared = _compared(idea, base, name)
    if compared is None:
        return "–"
    d = compared.difference
    text = f"{d.value:+.3f} ({d.low:+.3f} to {d.high:+.3f})".replace("-", "−")
    return f"**{text}**" if compared.p < _CLEAR else text


def _compared(idea: Sequence[IdeaRun], base: Sequence[IdeaRun], name: str) -> Paired | None:
    """Picture by picture, over the seeds that both have; None where there is no such seed or figure."""
    if any(name not in r.figures for r in (*idea, *base)):
        return None
    seeds = {r.seed for r in idea} & {r.seed for r in base}
    first = [r for r in idea if r.seed in seeds]
    second = [r for r in base if r.seed in seeds]
    if not seeds:
        return None
    together = base[0].together.get(name)
    return paired_bootstrap(
        _averaged(first, name),
        _averaged(second, name),
        root=name in SQUARED,
        groups=None if together is None else np.array(together, dtype=int),
    )


def _averaged(runs: Sequence[IdeaRun], name: str) -> Float[ndarray, " pictures"]:
    """Each picture's mean over the seeds: pictures are what is drawn at random, seeds are not."""
    return np.mean([np.asarray(r.figures[name], dtype=float) for r in runs], axis=0)
