"""The Lightning module of an experiment, and what is written down after every epoch."""

import csv
import math
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from skyform.evaluation.wording import duration_text
from skyform.training.augment import Augment
from skyform.training.experiment import Experiment, Stop
from skyform.training.objectives import Objective

__all__ = ["ExperimentModule", "Record"]

_PART = ".part"
CURVES = ("epoch", "loss", "validation_loss", "validation_accuracy", "learning_rate", "seconds")


class ExperimentModule(lightning.LightningModule):
    """Trains one network of the registry.

    Every step seeds the random numbers from its own number, so that a run that was killed and resumed takes the same steps as one that
    was not.
    """

    def __init__(
        self,
        experiment: Experiment,
        network: nn.Module,
        objective: Objective,
        *,
        steps_per_epoch: int,
    ) -> None:
        super().__init__()
        self.experiment = experiment
        self.network = network
        self.objective = objective
        self.steps_per_epoch = steps_per_epoch
        self.augment = None if experiment.augment is None else Augment.of(experiment.augment)
        self.average = _average(network, experiment.ema)

    @property
    def judged(self) -> nn.Module:
        """The network that is validated and kept: the moving average where there is one."""
        return self.network if self.average is None else self.average.module

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        torch.manual_seed(self.experiment.seed * 1_000_003 + self.global_step)
        images = _as_images(batch["pixels"])
        if self.augment is not None:
            images, _ = self.augment(batch["pixels"], size=self.experiment.side, margin=1.0)
        logits = self.network(images.contiguous(memory_format=torch.channels_last))
        with torch.autocast(self.device.type, enabled=False):
            loss = self.objective.loss(logits.float(), batch)
        self.log("loss", loss, on_step=False, on_epoch=True, sync_dist=True)
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        if self.average is not None:
            self.average.update_parameters(self.network)

    def validation_step(self, batch: dict[str, Tensor], batch_idx: int) -> None:
        images = _as_images(batch["pixels"]).contiguous(memory_format=torch.channels_last)
        logits = self.judged(images).float()
        n = len(images)
        with torch.autocast(self.device.type, enabled=False):
            loss = self.objective.plain_loss(logits, batch)
            figure = self.objective.figure(logits, batch)
        self.log("validation_loss", loss, batch_size=n, sync_dist=True)
        self.log("validation_accuracy", figure, batch_size=n, sync_dist=True)

    def configure_optimizers(self) -> Any:
        e = self.experiment
        groups = _groups(self.network, e.learning_rate, e.head_learning_rate)
        makers: Mapping[str, Any] = {
            # R5's figures; Keras' and PyTorch's defaults are 1e-7 and 1e-8.
            "adam": lambda: torch.optim.Adam(groups, weight_decay=e.weight_decay, eps=1e-7),
            "adamw": lambda: torch.optim.AdamW(groups, weight_decay=e.weight_decay),
            "sgd": lambda: torch.optim.SGD(
                groups, lr=e.learning_rate, momentum=e.momentum, weight_decay=e.weight_decay
            ),
        }
        optimiser = makers[e.optimizer]()
        total, warm = self.steps_per_epoch * e.epochs, self.steps_per_epoch * e.epochs * e.warmup
        # A plain function: a bound method would drag the whole module into every checkpoint.
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: _rate(step, total, warm, cosine=e.schedule == "cosine")
        )
        return {
            "optimizer": optimiser,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


class Record(lightning.Callback):
    """After every epoch: curves, the best weights, a checkpoint to go on from, the stopping rule, and a line with the time left.

    Files are written aside and moved into place: whenever the process is killed, the folder holds a whole checkpoint or none.
    """

    def __init__(self, folder: Path, stop: Stop, *, epochs: int) -> None:
        self.folder = folder
        self.stop = stop
        self.epochs = epochs
        self.rows: list[dict[str, float]] = []
        self.best = math.inf
        self.best_epoch = -1
        self.stopped = False
        self.seconds = 0.0
        self._start = 0.0

    def state_dict(self) -> dict[str, Any]:
        names = ("rows", "best", "best_epoch", "stopped", "seconds")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for name, value in state_dict.items():
            setattr(self, name, value)

    def on_train_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        trainer.should_stop = self.stopped

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        self._start = time.monotonic()

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        seconds = time.monotonic() - self._start
        self.seconds += seconds
        values = {k: float(v) for k, v in trainer.callback_metrics.items()}
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        epoch = trainer.current_epoch
        self.rows.append({"epoch": epoch, **values, "learning_rate": rate, "seconds": seconds})
        better = values["validation_loss"] < self.best
        if better:
            self.best, self.best_epoch = values["validation_loss"], epoch
        self.stopped = self._is_enough(values["validation_loss"], epoch)
        trainer.should_stop = trainer.should_stop or self.stopped
        # The checkpoint comes last: what it speaks of is on disk already, whenever the process is killed.
        if trainer.is_global_zero:
            if better:
                best = self.folder / "best.pt"
                torch.save(pl_module.judged.state_dict(), best.with_suffix(_PART))
                best.with_suffix(_PART).replace(best)
            self._write_curves()
        last = self.folder / "last.ckpt"
        # Every process takes part in gathering it; the first one writes it.
        trainer.save_checkpoint(last.with_suffix(_PART), weights_only=False)
        if trainer.is_global_zero:
            last.with_suffix(_PART).replace(last)
            self._say(epoch)

    def _is_enough(self, loss: float, epoch: int) -> bool:
        below, patience = self.stop.validation_loss_below, self.stop.patience
        if below is not None and loss < below:
            return True
        return patience is not None and epoch - self.best_epoch >= patience

    def _write_curves(self) -> None:
        part = self.folder / "curves.csv.part"
        with part.open("w", newline="") as file:
            writer: csv.DictWriter[str] = csv.DictWriter(file, CURVES, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(self.rows)
        part.replace(self.folder / "curves.csv")

    def _say(self, epoch: int) -> None:
        row = self.rows[-1]
        left = self.seconds / len(self.rows) * (self.epochs - epoch - 1)
        text = (
            f"epoch {epoch + 1}/{self.epochs}  loss {row.get('loss', math.nan):.4f}  validation loss "
            f"{row['validation_loss']:.4f}  accuracy {row['validation_accuracy']:.3f}  {duration_text(left)} left"
        )
        end = "\n" if not sys.stderr.isatty() or self.stopped or epoch + 1 == self.epochs else ""
        sys.stderr.write(f"\r\x1b[K{text}{end}" if sys.stderr.isatty() else text + end)
        sys.stderr.flush()


def _as_images(pixels: Tensor) -> Tensor:
    return pixels.permute(0, 3, 1, 2).float() / 255


def _average(network: nn.Module, decay: float) -> AveragedModel | None:
    """An exponential moving average of weights and batch statistics, which forgets its first steps faster."""
    if decay <= 0:
        return None

    def blend(average: Tensor, current: Tensor, count: Tensor | int) -> Tensor:
        d = min(decay, (1 + int(count)) / (10 + int(count)))
        return average * d + current * (1 - d) if average.is_floating_point() else current

    return AveragedModel(network, avg_fn=blend, use_buffers=True)


def _groups(network: nn.Module, rate: float, head_rate: float | None) -> list[dict[str, Any]]:
    """Weights that learn: the head's with its own rate, if it has one."""
    head = getattr(network, "head", None)
    own = set() if head is None else {id(p) for p in head.parameters()}
    learning = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in learning if id(p) not in own], "lr": rate},
        {"params": [p for p in learning if id(p) in own], "lr": head_rate or rate},
    ]
    return [g for g in groups if g["params"]]


def _rate(step: int, total: int, warm: float, *, cosine: bool) -> float:
    """Share of the learning rate: a linear warm-up, then constant or half a cosine."""
    if step < warm:
        return (step + 1) / (warm + 1)
    if not cosine:
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1.0, total - warm))))
