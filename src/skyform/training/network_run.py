"""Training one network of the registry: from prepared parts to the weights that did best on validation."""

import logging
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import nn
from torch.utils.data import DataLoader

from skyform.datasets.splits import class_weights
from skyform.errors import DataError
from skyform.models.assembly import Network
from skyform.models.exported import load_exported
from skyform.models.registry import build_network
from skyform.training.experiment import OURS, Experiment
from skyform.training.experiment_module import ExperimentModule, Record
from skyform.training.objectives import Objective, objective_of
from skyform.training.preparing import Parts
from skyform.training.views import Batches, SampleBatches, Views, enlarged, oriented, plain_views

__all__ = ["Trained", "predict", "train_network"]

_BATCH = 64
_SEEN = 64  # pictures that set the statistics of weights without any


@dataclass(frozen=True)
class Trained:
    """A network with its best weights, in evaluation mode; `seconds` of training, and the epoch that the weights are from."""

    network: Network
    objective: Objective
    seconds: float
    best_epoch: int
    epochs: int


def train_network(
    experiment: Experiment,
    parts: Parts,
    *,
    folder: Path,
    data_folder: Path | None,
    bundled: Path | None,
    resume: bool,
    callbacks: tuple[lightning.Callback, ...] = (),
) -> Trained:
    """Train, or go on from the folder's last checkpoint.

    Raises
    ------
    DataError
        If the starting weights are not there.
    """
    lightning.seed_everything(experiment.seed, verbose=False)
    objective = _objective(experiment, parts)
    network = _network(experiment, objective, parts, data_folder=data_folder, bundled=bundled)
    views = _views(experiment, parts)
    order = Batches(len(views), experiment.batch_size, seed=experiment.seed)
    module = ExperimentModule(experiment, network, objective, steps_per_epoch=len(order))
    record = Record(folder, experiment.stop, epochs=experiment.epochs)
    last = folder / "last.ckpt"
    module.train()  # whatever the starting weights left; Lightning keeps the mode. A frozen body stays as it is.
    start = time.monotonic()
    with _quiet_lightning():
        _trainer(experiment, folder, (record, *callbacks)).fit(
            module,
            DataLoader(SampleBatches(parts.train, views), sampler=order, batch_size=None),
            _validation_loader(experiment, parts),
            ckpt_path=str(last) if resume and last.exists() else None,
            weights_only=False,
        )
    _end_other_processes()
    best = torch.load(folder / "best.pt", map_location="cpu", weights_only=True)
    network.load_state_dict(best)
    seconds = max(record.seconds, time.monotonic() - start)
    return Trained(network.cpu().eval(), objective, seconds, record.best_epoch, len(record.rows))


def _end_other_processes() -> None:
    """With several devices, one process goes on after training."""
    if not torch.distributed.is_initialized():
        return
    first = torch.distributed.get_rank() == 0
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()
    if not first:
        raise SystemExit(0)


@contextmanager
def _quiet_lightning() -> Generator[None, None, None]:
    """Without Lightning's hints: our own line says how the run goes, and a worker would only copy what a memory map holds."""
    log = logging.getLogger("lightning.pytorch")
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*does not have many workers.*")
            warnings.filterwarnings("ignore", message=".*LeafSpec.*")
            yield
    finally:
        log.setLevel(before)


def predict(
    network: nn.Module, pixels: UInt8[ndarray, "n size size 3"], *, average: bool = False
) -> Float[ndarray, "n outputs"]:
    """Logits, averaged over the eight flips and turns if asked for."""
    orientations = range(8) if average else range(1)
    parts: list[ndarray] = []
    with torch.inference_mode():
        for i in range(0, len(pixels), _BATCH):
            batch = np.asarray(pixels[i : i + _BATCH])
            looks = [_logits(network, oriented(batch, o)) for o in orientations]
            parts.append(np.mean(looks, axis=0))
    return np.concatenate(parts)


def _logits(network: nn.Module, pixels: ndarray) -> ndarray:
    x = torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).float() / 255
    return network(x.contiguous(memory_format=torch.channels_last)).float().numpy()


def _objective(experiment: Experiment, parts: Parts) -> Objective:
    weights = None
    if experiment.task == "classes" and experiment.balance == "weights":
        weights = class_weights(parts.train.labels)
    return objective_of(
        experiment.task,
        scheme=parts.train.dataset.scheme,
        weights=weights,
        smoothing=experiment.label_smoothing,
    )


def _network(
    experiment: Experiment,
    objective: Objective,
    parts: Parts,
    *,
    data_folder: Path | None,
    bundled: Path | None,
) -> Network:
    weights = _weights(experiment, data_folder, bundled)
    exported = weights is not None and weights.suffix == ".onnx"
    network = build_network(
        experiment.model,
        outputs=objective.outputs,
        size=experiment.side,
        weights=None if exported else weights,
        **experiment.options,
    )
    if weights is not None and exported:
        seen = torch.from_numpy(np.array(parts.train.pixels[:_SEEN]))
        load_exported(network, weights, images=seen.permute(0, 3, 1, 2).float() / 255)
    if experiment.freeze == "backbone":
        network.freeze_body()
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _weights(experiment: Experiment, data_folder: Path | None, bundled: Path | None) -> Path | None:
    """The file of the starting weights."""
    if not experiment.weights:
        return None
    if experiment.weights == OURS and bundled is not None:
        return bundled
    path = (data_folder or Path()) / experiment.weights
    if not path.is_file():
        raise DataError(
            f"The starting weights {path} do not exist.",
            remedy="Name their folder with --weights-from, start from our own with --from ours, or from scratch with --set weights=",
        )
    return path


def _views(experiment: Experiment, parts: Parts) -> Views:
    if experiment.offline is None or experiment.task != "classes":
        return plain_views(len(parts.train))
    return enlarged(parts.train.labels, count=experiment.offline.count, seed=experiment.seed)


def _validation_loader(experiment: Experiment, parts: Parts) -> DataLoader[Any]:
    views = plain_views(len(parts.validation))
    order = Batches(len(views), max(_BATCH, experiment.batch_size), seed=None)
    return DataLoader(SampleBatches(parts.validation, views), sampler=order, batch_size=None)


def _trainer(
    experiment: Experiment, folder: Path, callbacks: tuple[lightning.Callback, ...]
) -> lightning.Trainer:
    return lightning.Trainer(
        accelerator="auto",
        devices=experiment.devices,
        strategy="ddp" if experiment.devices > 1 else "auto",
        max_epochs=experiment.epochs,
        precision=experiment.precision,
        callbacks=list(callbacks),
        default_root_dir=folder,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        gradient_clip_val=5.0,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        deterministic="warn",
    )
