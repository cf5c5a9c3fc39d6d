"""A source for the tests of the engines: pictures in a folder, by number; some of them are traps."""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from skyform.batch.classifying import PartClassifier
from skyform.batch.engine import PartResult, do_job
from skyform.batch.items import Item, Part
from skyform.batch.work import Job, Work
from skyform.inference.tables import Column

CATALOGUE = (
    Column("mag", "number", "Magnitude", "phot.mag", unit="mag"),
    Column("survey", "text", "", ""),
    Column("id", "integer", "Number in the survey", "meta.id"),
)


@dataclass(frozen=True)
class ListedSource:
    """`count` items, drawn from their number. `deadly` ones kill the process that touches them, `once` ones only the first time;
    `endless` ones keep it for ever.

    `scratch` is a folder where processes leave word for each other.
    """

    count: int
    scratch: str
    deadly: tuple[int, ...] = ()
    deadly_reading: tuple[int, ...] = ()
    endless: tuple[int, ...] = ()
    once: tuple[int, ...] = ()
    bad: tuple[int, ...] = ()
    columns: tuple[Column, ...] = ()
    fingerprint: str = "0"
    broken: tuple[int, ...] = ()
    address: str = "listed"

    @property
    def total(self) -> int | None:
        return self.count

    def parts(self, size: int) -> Iterator[Part]:
        for number, start in enumerate(range(0, self.count, size)):
            end = min(start + size, self.count)
            yield Part(number, end - start, {"start": start, "end": end})

    def read(self, part: Part) -> Iterator[Item]:
        for i in range(part.payload["start"], part.payload["end"]):
            self._spring(i)
            yield self._item(i)

    def _item(self, i: int) -> Item:
        extra = {"mag": 15.5 + i, "survey": f"s{i % 2}", "id": 2**60 + i} if self.columns else {}
        if i in self.bad:
            return Item(f"item-{i}", f"/p/{i}.jpg", b"not a picture at all", extra=extra)
        if i in self.broken:
            return Item(
                f"item-{i}", f"/p/{i}.jpg", None, error="unreadable-file: gone.", extra=extra
            )
        image: Any = Deadly() if i in self.deadly else drawn(i)
        if i in self.endless:
            image = Endless()
        return Item(f"item-{i}", f"/p/{i}.jpg", image, ra=float(i % 360), dec=-1.5, extra=extra)

    def _spring(self, i: int) -> None:
        if i in self.deadly_reading:
            os.kill(os.getpid(), signal.SIGKILL)
        if i in self.once:
            mark = Path(self.scratch) / f"died-{i}"
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)


class Deadly(bytes):
    """Bytes that kill the process that begins to decode them."""

    def __len__(self) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0


class Endless(bytes):
    """Bytes that nobody ever comes to the end of."""

    def __len__(self) -> int:
        while True:
            time.sleep(0.01)


@dataclass
class InlineEngine:
    """Does the parts in this process. After `stop_after` of them it acts as Ctrl-C does."""

    stop_after: int | None = None
    workers: int = 1
    done: list[int] = field(default_factory=list)

    def run(self, parts: Iterable[Part], work: Work) -> Iterator[PartResult]:
        classifier = PartClassifier(work)
        for part in parts:
            if len(self.done) == self.stop_after:
                raise KeyboardInterrupt
            yield do_job(classifier, Job(part), work=work)
            self.done.append(part.number)

    def close(self) -> None:
        pass


def drawn(i: int) -> np.ndarray:
    """A small blob whose colour and place come from its number."""
    rng = np.random.default_rng(i)
    y, x = np.mgrid[:40, :40]
    cx, cy = rng.uniform(12, 28, 2)
    light = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / rng.uniform(10, 60))
    noise = rng.normal(0, 0.02, (40, 40, 3))
    pixels = light[..., None] * rng.uniform(0.3, 1, 3) + noise
    return (np.clip(pixels, 0, 1) * 255).astype(np.uint8)


def picture_files(folder: Path, count: int) -> list[Path]:
    """JPEG files of blobs."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{i:04d}.jpg" for i in range(count)]
    for i, path in enumerate(paths):
        Image.fromarray(drawn(i)).save(path)
    return paths
