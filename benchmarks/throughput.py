"""Images per second and core, from JPEG files on disk to written results.

One process, pinned to one core. Three tasks take turns, so that whatever else the machine does touches all of them: decoding alone,
Skyform from path to a row in a CSV file, and the field's usual set-up, eager PyTorch with timm's ConvNeXt-nano at 224 pixels (needs
`skyform[train]`; its weights are random, which changes nothing about its speed).
"""

import argparse
import csv
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from shared import Figure, pictures, report

Task = Callable[[Sequence[Path]], None]

TORCH_BATCH = 32
TORCH_SIDE = 224


def main() -> None:
    """Measure and report."""
    options = arguments()
    pin(options.core)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        paths = pictures(options.source, folder=folder / "pictures", count=options.count)
        tasks: dict[str, tuple[Task, int]] = {
            "decoding alone": (decode_all, options.count),
            "skyform": (skyform_task(folder / "skyform.csv", options.model), options.count),
        }
        if not options.skip_torch:
            tasks["ConvNeXt-nano"] = (torch_task(folder / "torch.csv"), options.torch_count)
        rates = measure(tasks, paths=paths, repeats=options.repeats)
    report(
        "Images per second and core, JPEG files of 424 px to written results",
        with_ratios([Figure(name, "images/s", values) for name, values in rates.items()]),
        to=options.to,
        count=options.count,
        torch_count=options.torch_count,
        repeats=options.repeats,
        model=options.model,
        pictures="given" if options.source else "drawn",
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "source", nargs="?", type=Path, metavar="DIR", help="pictures to use; drawn if left out"
    )
    parser.add_argument(
        "--count", type=int, default=2000, help="pictures in each repeat (default: 2000)"
    )
    parser.add_argument(
        "--torch-count", type=int, default=96, help="the same for PyTorch (default: 96)"
    )
    parser.add_argument("--repeats", type=int, default=5, help="default: 5")
    parser.add_argument("--core", type=int, help="the core to use (default: the last one allowed)")
    parser.add_argument("--model", choices=("base", "small"), default="base")
    parser.add_argument("--skip-torch", action="store_true", help="leave out ConvNeXt-nano")
    parser.add_argument("--to", type=Path, metavar="FILE", help="write the figures there as JSON")
    return parser.parse_args()


def pin(core: int | None) -> None:
    """Keep this process, and every thread that it will start, on one core."""
    if not hasattr(os, "sched_setaffinity"):
        print("This system can't pin a process to a core; the figures are for the whole machine.")
        return
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0)) if core is None else core})


def decode_all(paths: Sequence[Path]) -> None:
    """Every picture to an array of RGB pixels, and no more."""
    import numpy as np
    from PIL import Image

    for path in paths:
        with Image.open(path) as image:
            np.asarray(image.convert("RGB"))


def skyform_task(table: Path, model: str) -> Task:
    """Every picture to a row of a results table."""
    from skyform.inference import Classifier
    from skyform.inference.writers import open_writer

    classifier = Classifier.load(model, threads=1)

    def task(paths: Sequence[Path]) -> None:
        with open_writer(table) as writer:
            for prediction in classifier(paths):
                writer.write(prediction)

    return task


def torch_task(table: Path) -> Task:
    """Decode, resize, normalise, 37 answers, a row of CSV: in batches, without gradients, on one thread."""
    import timm
    import torch
    from PIL import Image
    from torchvision.transforms import v2

    torch.set_num_threads(1)
    network = timm.create_model("convnext_nano", pretrained=False, num_classes=37).eval()
    prepare = v2.Compose(
        [
            v2.ToImage(),
            v2.Resize(TORCH_SIDE, antialias=True),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )

    def load(path: Path) -> torch.Tensor:
        with Image.open(path) as image:
            return prepare(image.convert("RGB"))

    def task(paths: Sequence[Path]) -> None:
        with table.open("w", newline="") as file, torch.inference_mode():
            rows = csv.writer(file)
            for batch in batches(paths, size=TORCH_BATCH):
                answers = network(torch.stack([load(p) for p in batch])).softmax(1).tolist()
                rows.writerows([p.stem, *a] for p, a in zip(batch, answers, strict=True))

    return task


def batches(paths: Sequence[Path], *, size: int) -> Iterator[list[Path]]:
    """The paths, `size` at a time."""
    left = iter(paths)
    while batch := list(islice(left, size)):
        yield batch


def measure(
    tasks: dict[str, tuple[Task, int]], *, paths: Sequence[Path], repeats: int
) -> dict[str, list[float]]:
    """Images per second of every task in every repeat; the first turn of each is not counted."""
    rates: dict[str, list[float]] = {name: [] for name in tasks}
    for repeat in range(repeats + 1):
        for name, (task, count) in tasks.items():
            some = paths[: count if repeat else TORCH_BATCH]
            start = time.perf_counter()
            task(some)
            if repeat:
                rates[name].append(len(some) / (time.perf_counter() - start))
                print(f"{repeat}/{repeats} {name}: {rates[name][-1]:,.1f} images/s", flush=True)
    return rates


def with_ratios(figures: Sequence[Figure]) -> list[Figure]:
    """Skyform's figure as multiples of the others."""
    ours = next(f for f in figures if f.name == "skyform")
    ratios = {f.name: ours.median / f.median for f in figures if f is not ours}
    return [Figure(f.name, f.unit, f.values, ratios if f is ours else {}) for f in figures]


if __name__ == "__main__":
    main()
