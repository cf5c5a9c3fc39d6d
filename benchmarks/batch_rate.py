"""Images per second of `skyform batch`, from JPEG files in folders to Parquet: on one core, on two, and beside eager PyTorch.

One and two processes of the local engine, each bound to a core, take turns with the field's usual set-up on one core (PyTorch with timm's
ConvNeXt-nano at 224 pixels, see `throughput.py`; needs `skyform[train]`). A rate is that of the whole command after planning, with
the start of its processes; `steady` leaves out what comes before the first part is done. Memory is the largest sum over all of its processes.
With `--growth` a run of that many times as many pictures shows whether memory grows.
"""

import argparse
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from batch_shared import repeated
from shared import Figure, report
from throughput import TORCH_BATCH, pin, torch_task


def main() -> None:
    """Measure and report."""
    options = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pictures = repeated(options.source, folder=folder, count=options.count)
        values: dict[str, list[float]] = {}
        for repeat in range(options.repeats):
            for workers in (1, 2):
                add(values, f"{workers} process", measured(pictures, folder, workers, options))
            if not options.skip_torch:
                rate = torch_rate(pictures, count=options.torch_count)
                values.setdefault("ConvNeXt-nano", []).append(rate)
            print({name: round(v[-1], 1) for name, v in values.items()}, repeat, flush=True)
        if options.growth > 1:
            large = repeated(
                options.source, folder=folder / "large", count=options.count * options.growth
            )
            add(
                values,
                f"2 process, {options.growth}x pictures",
                measured(large, folder, 2, options),
            )
    report(
        "Images per second of `skyform batch`, JPEG files to Parquet",
        figures(values),
        to=options.to,
        **{k: v for k, v in vars(options).items() if k not in ("to", "source")},
        pictures="given" if options.source else "drawn",
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_argument = parser.add_argument
    add_argument(
        "source", nargs="?", type=Path, metavar="DIR", help="JPEG files; drawn if left out"
    )
    add_argument("--count", type=int, default=20_000, help="default: 20000")
    add_argument(
        "--growth", type=int, default=1, help="times as many for a last run (default: none)"
    )
    add_argument("--torch-count", type=int, default=96, help="default: 96")
    add_argument("--repeats", type=int, default=3, help="default: 3")
    add_argument("--model", default="small", help="default: small")
    add_argument("--schema", choices=("friendly", "full"), default="friendly")
    add_argument("--part-size", type=int, default=2048)
    add_argument("--batch-size", type=int, default=16)
    add_argument("--skip-torch", action="store_true", help="leave out ConvNeXt-nano")
    add_argument("--to", type=Path, metavar="FILE", help="write the figures there as JSON")
    return parser.parse_args()


def add(values: dict[str, list[float]], name: str, found: dict[str, float]) -> None:
    """Keep the figures of one run."""
    for what, value in found.items():
        values.setdefault(f"{name}{what}", []).append(value)


def measured(
    pictures: Path, folder: Path, workers: int, options: argparse.Namespace
) -> dict[str, float]:
    """One run: its rate, its rate after the first part, and its memory."""
    from skyform.batch.local import LocalEngine
    from skyform.batch.progress import Pulse
    from skyform.batch.run import Settings, run_batch
    from skyform.batch.sources import open_source

    settings = Settings(
        model=options.model,
        schema=options.schema,
        part_size=options.part_size,
        batch_size=options.batch_size,
        begin="restart",
    )
    seen: list[Pulse] = []
    with Memory() as memory:
        outcome = run_batch(
            open_source(str(pictures)),
            to=str(folder / "results"),
            engine=LocalEngine(workers=workers),
            settings=settings,
            said=seen.append,
        )
    work = [p for p in seen if p.stage == "classifying" and p.done]
    first, last = work[0], work[-1]
    out = {"": outcome.rows / outcome.seconds, ", memory": memory.most}
    if len(work) > 1:
        out[", steady"] = (last.done - first.done) / (last.seconds - first.seconds)
    return out


class Memory:
    """Samples the memory of this process and its children (Linux), MiB."""

    def __init__(self) -> None:
        self.most = 0.0
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._enough.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._enough.wait(0.2):
            pids = ["self", *(str(p.pid) for p in multiprocessing.active_children())]
            self.most = max(self.most, sum(map(_resident, pids)))


def _resident(pid: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(v.split()[1]) / 1024 for v in lines if v.startswith("VmRSS")), 0.0)


def torch_rate(pictures: Path, *, count: int) -> float:
    """Images per second of ConvNeXt-nano, in a process of its own on one core."""
    paths = sorted(pictures.rglob("*.jpg"))[:count]
    context = multiprocessing.get_context("spawn")
    answers: Any = context.Queue()
    process = context.Process(target=_time_torch, args=(paths, answers))
    process.start()
    rate: float = answers.get()
    process.join()
    return rate


def _time_torch(paths: Sequence[Path], answers: Any) -> None:
    pin(None)
    with tempfile.TemporaryDirectory() as scratch:
        task = torch_task(Path(scratch) / "torch.csv")
        task(paths[:TORCH_BATCH])
        start = time.perf_counter()
        task(paths)
        answers.put(len(paths) / (time.perf_counter() - start))


def figures(values: dict[str, list[float]]) -> list[Figure]:
    """The values with ratios: two processes to one, and both to PyTorch."""
    medians = {name: Figure(name, "", v).median for name, v in values.items()}
    ratios: dict[str, dict[str, float]] = {}
    for end in ("", ", steady"):
        one, two = medians.get(f"1 process{end}"), medians.get(f"2 process{end}")
        if one and two:
            ratios[f"2 process{end}"] = {"twice one process": two / (2 * one)}
        if one and "ConvNeXt-nano" in medians:
            ratios[f"1 process{end}"] = {"ConvNeXt-nano": one / medians["ConvNeXt-nano"]}
    return [
        Figure(n, "MiB" if "memory" in n else "images/s", v, ratios.get(n, {}))
        for n, v in values.items()
    ]


if __name__ == "__main__":
    main()
