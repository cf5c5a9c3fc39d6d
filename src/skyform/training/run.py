"""One training run: a recipe and a data folder in, a run folder with a calibrated, exported model out."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import lightning
import torch
import yaml
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger
from safetensors.torch import load_file, save_file
from torch.utils.data import DataLoader

from skyform.errors import DataError, RecipeError
from skyform.images import Preprocess
from skyform.models import GalaxyNetwork
from skyform.schema import KINDS, SKYFORM
from skyform.training.assumed import taught_with_assumed, taught_with_labels, with_assumed
from skyform.training.data import Drawn, RowDataset, read_rows
from skyform.training.environment import environment
from skyform.training.finish import finish_run
from skyform.training.module import TreeModule
from skyform.training.origin import (
    Teacher,
    check_teacher,
    origin_of_run,
    teacher_of,
    write_teacher,
)
from skyform.training.prepared import Prepared, prepare_rows
from skyform.training.recipe import Recipe, read_recipe
from skyform.training.starting_weights import (
    RUN,
    load_network_of_run,
    load_starting_weights,
)
from skyform.training.teacher import teach

__all__ = ["build_network", "prepare_training", "train_networks", "train_recipe"]

_MARGIN = 1.3


def train_recipe(
    recipe: Path,
    *,
    data: Path,
    out: Path | None = None,
    resume: bool = False,
    overrides: Sequence[str] = (),
) -> Path:
    """Train, calibrate, export and measure one recipe.

    Parameters
    ----------
    recipe : Path
        YAML file, see `Recipe`.
    data : Path
        Folder that holds the sources' files and the starting weights.
    out : Path, optional
        Run folder; `runs/<recipe name>` by default.
    resume : bool
        Go on from the run folder's last checkpoint. The steps are those that an unbroken run takes.
    overrides : sequence of str
        `key=value` settings that replace the recipe's.

    Returns
    -------
    Path
        The run folder: `model/` (ONNX files and card), `recipe.yaml`, `environment.json`, `manifest.json`, `teacher.json` where
        there is a teacher, and for each member its `curves-<seed>/metrics.csv`, `last-<seed>.ckpt` and `network-<seed>.safetensors`.

    Raises
    ------
    RecipeError, DataError, ModelError
        Before anything is computed, where the recipe, the data or the teacher are wrong; also if the folder holds another run, or one that
        another teacher began.
    """
    settings = read_recipe(recipe, overrides=overrides)
    folder = out or Path("runs") / settings.name
    networks, train = train_networks(settings, data=data, folder=folder, resume=resume)
    return finish_run(
        networks,
        train,
        recipe=settings,
        origin=origin_of_run(folder, settings),
        preprocess=Preprocess(size=settings.size, framing=settings.framing),
        data=data,
        folder=folder,
    )


def train_networks(
    recipe: Recipe, *, data: Path, folder: Path, resume: bool = False, cache: Path | None = None
) -> tuple[list[GalaxyNetwork], Prepared]:
    """Train the recipe's members, without exporting or measuring them.

    Prepared pictures are kept in the folder `cache`, which several runs may share; that is `folder / "cache"` by default.

    Returns
    -------
    list of GalaxyNetwork
        One a member, with its averaged weights, which are also in the folder as `network-<seed>.safetensors`.
    Prepared
        The training rows.

    Raises
    ------
    RecipeError, DataError, ModelError
        As `train_recipe`.
    """
    teacher = teacher_of(recipe)
    _check_folder(folder, recipe, teacher, resume=resume)
    train = prepare_training(recipe, data, cache=cache or folder / "cache")
    _write_record(folder, recipe, teacher, train)
    seeds = range(recipe.seed, recipe.seed + recipe.members)
    members = [replace(recipe, seed=seed, members=1) for seed in seeds]
    return [
        _train_member(m, train, data=data, folder=folder, resume=resume) for m in members
    ], train


def _train_member(
    recipe: Recipe, train: Prepared, *, data: Path, folder: Path, resume: bool
) -> GalaxyNetwork:
    """One network. With `resume`, one whose weights are there already is only read."""
    weights = folder / f"network-{recipe.seed}.safetensors"
    lightning.seed_everything(recipe.seed, verbose=False)
    network = build_network(recipe, data)
    if resume and weights.exists():
        network.load_state_dict(load_file(weights))
        return network
    last = folder / f"last-{recipe.seed}.ckpt"
    module = TreeModule(recipe, network, rules=train.rules, margin=_MARGIN)
    drawn = RowDataset(train, restyled=recipe.restyled)
    loader = DataLoader(drawn, sampler=Drawn(train, recipe), batch_size=None)
    module.train()  # Lightning keeps the mode that it finds
    _trainer(folder, recipe).fit(
        module,
        loader,
        ckpt_path=str(last) if resume and last.exists() else None,
        weights_only=False,
    )
    whole = {k: v.contiguous() for k, v in module.network.state_dict().items()}
    save_file(whole, weights.with_suffix(".part"))
    weights.with_suffix(".part").rename(weights)
    return module.network


def build_network(recipe: Recipe, data: Path) -> GalaxyNetwork:
    """The recipe's network, with its starting weights.

    Raises
    ------
    DataError
        If the weights are not there.
    RecipeError
        If they do not fit the backbone.
    """
    network = GalaxyNetwork(
        recipe.backbone,
        answers=len(SKYFORM.answers),
        kinds=len(KINDS),
        dropout=recipe.dropout,
        drop_path=recipe.drop_path,
    )
    if recipe.weights.startswith(RUN):
        load_network_of_run(network, recipe.weights)
    elif recipe.weights:
        load_starting_weights(network.backbone, recipe.weights, data=data)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def prepare_training(recipe: Recipe, data: Path, *, cache: Path) -> Prepared:
    """The recipe's training rows with room around each picture, and with what its teacher says of them.

    Raises
    ------
    DataError
        If there are none.
    """
    rows = read_rows(recipe, data, split="train")
    if not rows:
        raise DataError(f"{data} holds no row of the split 'train' for this recipe.")
    preprocess = Preprocess(size=recipe.size, framing=recipe.framing)
    labelled = [with_assumed(r, recipe.assumed) for r in rows]
    train = prepare_rows(labelled, preprocess.with_margin(_MARGIN), cache=cache)
    if not recipe.teacher:
        return train
    taught = teach(recipe.teacher, rows, cache=cache)
    taught = taught_with_labels(taught, rows, recipe.heeded)
    return replace(train, taught=taught_with_assumed(taught, rows, recipe.assumed))


def _check_folder(folder: Path, recipe: Recipe, teacher: Teacher | None, *, resume: bool) -> None:
    record = folder / "recipe.yaml"
    if not record.exists():
        return
    if not resume:
        raise RecipeError(
            f"{folder} holds a run already.",
            remedy="Go on with --resume, or give another folder with --out.",
        )
    if yaml.safe_load(record.read_text()) != _plain(recipe):
        raise RecipeError(
            f"The recipe is not the one that {folder} was started with.",
            remedy="Give the same recipe and settings, or another folder with --out.",
        )
    check_teacher(folder, recipe, today=teacher)


def _plain(recipe: Recipe) -> object:
    return json.loads(json.dumps(recipe.to_dict()))


def _write_record(folder: Path, recipe: Recipe, teacher: Teacher | None, train: Prepared) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Today's teacher says nothing of the one that began an older run. A folder is a run's as soon as it has the recipe, which comes after.
    if teacher is not None and not (folder / "recipe.yaml").exists():
        write_teacher(folder, teacher)
    (folder / "recipe.yaml").write_text(yaml.safe_dump(_plain(recipe), sort_keys=False))
    (folder / "environment.json").write_text(json.dumps(environment(), indent=2))
    manifest = [{"id": r.id, "source": r.source, "split": r.split} for r in train.rows]
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _trainer(folder: Path, recipe: Recipe) -> lightning.Trainer:
    callbacks: list[lightning.Callback] = [
        ModelCheckpoint(
            folder,
            filename=f"last-{recipe.seed}",
            save_on_train_epoch_end=True,
            enable_version_counter=False,
        ),
        TQDMProgressBar(refresh_rate=10),
    ]
    if recipe.ema > 0:
        callbacks.append(EMAWeightAveraging(decay=recipe.ema))
    return lightning.Trainer(
        accelerator="auto",
        devices=1,
        max_epochs=recipe.epochs,
        precision=recipe.precision,  # type: ignore[arg-type]
        callbacks=callbacks,
        logger=CSVLogger(folder, name="", version=f"curves-{recipe.seed}"),
        log_every_n_steps=10,
        gradient_clip_val=5.0,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )
