"""Looking for better settings: a stored, resumable Optuna study over an experiment's `search` ranges."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import optuna
import yaml

from skyform.datasets.dataset import DataSet
from skyform.errors import RecipeError
from skyform.evaluation.run_files import RESULT, read_summary
from skyform.training.experiment import Experiment, SearchRange
from skyform.training.experiment_run import run_experiment

__all__ = ["Tuned", "tune"]

_LARGE = ("last.ckpt", "best.pt", "model", "figures", "thumbnails.parquet")


@dataclass(frozen=True)
class Tuned:
    """The best settings found, their loss, and how many trials were complete, pruned or failed."""

    settings: dict[str, Any]
    loss: float
    complete: int
    pruned: int
    failed: int
    recipe: Path


def tune(
    experiment: Experiment,
    data: DataSet,
    *,
    out: Path,
    data_folder: Path | None = None,
    bundled: Path | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Tuned:
    """Try settings until the budget is spent; a study that exists is gone on with.

    Each trial trains as `run_experiment` does, into `out/trial-…`. Its value is the loss on validation, which stays comparable when
    settings change; trials that do worse than the median of the earlier ones at the same epoch are cut short (after five trials). The
    study is `out/study.db` (SQLite, as Optuna's own tools read it), the recipe with the best settings `out/best.yaml`.

    Parameters
    ----------
    trials : int, optional
        How many more trials.
    minutes : float, optional
        No trial begins after this time. One of the two budgets must be given.
    say : callable
        Gets a line after each trial.

    Raises
    ------
    RecipeError
        If the recipe has nothing to search, there is no budget, or no trial was completed.
    """
    if not experiment.search:
        raise RecipeError(
            f"The recipe {experiment.name} has no `search`.",
            remedy="Name settings and ranges, such as search: {learning_rate: {low: 1e-4, high: 1e-2, log: true}}.",
        )
    if trials is None and minutes is None:
        raise RecipeError("There is no budget.", remedy="Give --trials, --minutes or both.")
    out.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=experiment.name,
        storage=f"sqlite:///{out / 'study.db'}",
        sampler=optuna.samplers.TPESampler(seed=experiment.seed + _count(out)),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=2),
        direction="minimize",
        load_if_exists=True,
    )
    _close_broken_trials(study)

    def objective(trial: optuna.Trial) -> float:
        chosen = {n: _suggest(trial, n, r) for n, r in experiment.search.items()}
        settings = experiment.with_settings(**{k.replace(".", "__"): v for k, v in chosen.items()})
        folder = out / f"trial-{trial.number:04}"
        # A trial that was killed under this number left nothing worth keeping.
        shutil.rmtree(folder, ignore_errors=True)
        try:
            run_experiment(
                settings,
                data,
                out=folder,
                data_folder=data_folder,
                bundled=bundled,
                cache=out / "cache",
                callbacks=() if settings.entry.family == "classical" else (_Prune(trial),),
            )
        finally:
            for name in _LARGE:
                _remove(folder / name)
        summary = read_summary(folder / RESULT)
        return _loss(summary.scores, trial)

    def told(_: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        state = trial.state.name.lower()
        value = "" if trial.value is None else f"  loss {trial.value:.4f}"
        say(f"trial {trial.number}  {state}{value}  {trial.params}")

    seconds = None if minutes is None else 60 * minutes
    study.optimize(objective, n_trials=trials, timeout=seconds, callbacks=[told])
    shutil.rmtree(out / "cache", ignore_errors=True)
    return _tuned(experiment, study, out)


class _Prune(lightning.Callback):
    """Tells the study the validation loss of every epoch, and ends a trial that the study gives up."""

    def __init__(self, trial: optuna.Trial) -> None:
        self.trial = trial
        self.best = float("inf")

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        self.best = min(self.best, float(trainer.callback_metrics["validation_loss"]))
        self.trial.set_user_attr("loss", self.best)
        self.trial.report(self.best, trainer.current_epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned


def _suggest(trial: optuna.Trial, name: str, given: SearchRange) -> Any:
    if given.choices is not None:
        texts = [json.dumps(c) for c in given.choices]
        return json.loads(trial.suggest_categorical(name, texts))
    low, high = given.low or 0.0, given.high or 0.0
    if given.whole:
        return trial.suggest_int(name, round(low), round(high), log=given.log)
    return trial.suggest_float(name, low, high, log=given.log)


def _meant(value: Any, given: SearchRange | None) -> Any:
    """A setting as the recipe has it: Optuna's storage takes plain values only, so choices are kept as JSON."""
    return json.loads(value) if given is not None and given.choices is not None else value


def _loss(scores: Any, trial: optuna.Trial) -> float:
    """The network's own best loss; what a classical model has instead is the logarithmic loss of its probabilities."""
    if "loss" in trial.user_attrs:
        return float(trial.user_attrs["loss"])
    return float(scores["log_loss"].value)


def _close_broken_trials(study: optuna.Study) -> None:
    """A trial that was running when its process was killed will never end by itself."""
    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)


def _count(out: Path) -> int:
    return len(list(out.glob("trial-*")))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _tuned(experiment: Experiment, study: optuna.Study, out: Path) -> Tuned:
    states = [t.state for t in study.get_trials(deepcopy=False)]
    count = {s: states.count(s) for s in optuna.trial.TrialState}
    if not count[optuna.trial.TrialState.COMPLETE]:
        raise RecipeError(
            f"No trial of {len(states)} was completed.",
            remedy="Give a larger budget, or look at the first trial's folder for what went wrong.",
        )
    best = {n: _meant(v, experiment.search.get(n)) for n, v in study.best_trial.params.items()}
    settings = {k.replace(".", "__"): v for k, v in best.items()}
    chosen = experiment.with_settings(**settings).to_dict()
    recipe = out / "best.yaml"
    recipe.write_text(yaml.safe_dump(chosen, sort_keys=False), encoding="utf-8")
    return Tuned(
        best,
        float(study.best_value),
        count[optuna.trial.TrialState.COMPLETE],
        count[optuna.trial.TrialState.PRUNED],
        count[optuna.trial.TrialState.FAIL],
        recipe,
    )
