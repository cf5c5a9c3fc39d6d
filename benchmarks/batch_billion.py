"""The figures of docs/billion.md: what 10^9 pictures take, from what some thousands take here.

Measured: the rate of one process, the bytes of a row (friendly, full, embeddings), of the plan and of a picture, how fast a folder is listed,
and how long a process takes to start. Assumed, and named as such in the table: prices and how often nodes fail; give your own.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch_shared import repeated
from shared import machine

BILLION = 1_000_000_000
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


@dataclass(frozen=True)
class Measured:
    """What was measured, per picture unless it says otherwise."""

    different: int
    rate: float
    start_seconds: float
    listing_rate: float
    picture_bytes: float
    plan_bytes: float
    friendly_bytes: float
    full_bytes: float
    embedding_bytes: float


def main() -> None:
    """Measure, work out, print, and write into the page."""
    options = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pictures = repeated(options.source, folder=folder, count=options.count)
        measured = measure(pictures, folder, options)
    text = table(measured, options)
    print(text)
    if options.write is not None:
        page = options.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        after = rest.partition(END)[2]
        options.write.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("source", nargs="?", type=Path, metavar="DIR", help="JPEG files; drawn if left out")
    add("--count", type=int, default=8192, help="pictures to measure with (default: 8192)")
    add("--part-size", type=int, default=16_384, help="of the large run (default: 16384)")
    add("--model", default="small", help="default: small")
    add("--cores", type=int, nargs="+", default=[64, 256, 1024], help="default: 64 256 1024")
    add("--core-hour", type=float, default=0.04, help="price, in dollars (default: 0.04)")
    add("--terabyte-month", type=float, default=23.0, help="price of storage (default: 23)")
    add("--million-reads", type=float, default=0.4, help="price of GET requests (default: 0.4)")
    add("--node-hours", type=float, default=2000.0, help="between failures (default: 2000)")
    add("--node-cores", type=int, default=32, help="cores of a node (default: 32)")
    add("--write", type=Path, metavar="FILE", help="the page to put the table into")
    return parser.parse_args()


def measure(pictures: Path, folder: Path, options: argparse.Namespace) -> Measured:
    """Three runs of the same pictures."""
    friendly = run(pictures, folder / "friendly", options, schema="friendly")
    full = run(pictures, folder / "full", options, schema="full")
    run(pictures, folder / "embeddings", options, schema="friendly", embeddings=True)
    files = [p.stat().st_size for p in pictures.rglob("*.jpg")]
    count = len(files)
    plan = folder / "friendly" / ".skyform" / "plan.jsonl"
    return Measured(
        different=len({p.stat().st_ino for p in pictures.rglob("*.jpg")}),
        rate=(friendly["steady"] + full["steady"]) / 2,
        start_seconds=friendly["start"],
        listing_rate=count / friendly["planning"],
        picture_bytes=sum(files) / count,
        plan_bytes=plan.stat().st_size / count,
        friendly_bytes=size_of(folder / "friendly" / "parts") / count,
        full_bytes=size_of(folder / "full" / "parts") / count,
        embedding_bytes=size_of(folder / "embeddings" / "embeddings") / count,
    )


def run(pictures: Path, to: Path, options: argparse.Namespace, **how: Any) -> dict[str, float]:
    """One run of one process: its rate once it works, the seconds before that, those of planning."""
    from skyform.batch.local import LocalEngine
    from skyform.batch.progress import Pulse
    from skyform.batch.run import Settings, run_batch
    from skyform.batch.sources import open_source

    seen: list[Pulse] = []
    size = max(16, options.count // 4)
    run_batch(
        open_source(str(pictures)),
        to=str(to),
        engine=LocalEngine(workers=1),
        settings=Settings(model=options.model, part_size=size, **how),
        said=seen.append,
    )
    work = [p for p in seen if p.stage == "classifying" and p.done]
    steady = (work[-1].done - work[0].done) / (work[-1].seconds - work[0].seconds)
    planning = max(p.seconds for p in seen if p.stage == "planning")
    return {
        "steady": steady,
        "start": work[0].seconds - work[0].done / steady,
        "planning": max(planning, 1e-3),
    }


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(p.stat().st_size for p in folder.iterdir())


def table(m: Measured, options: argparse.Namespace) -> str:
    """The figures as Markdown."""
    hours = BILLION / m.rate / 3600
    part_seconds = options.part_size / m.rate
    lines = [
        f"Measured on {time.strftime('%Y-%m-%d')} with {options.count:,} pictures ({m.different:,} different ones; tables of repeated ones are smaller) and the model `{options.model}`, on "
        f"{machine()['processor'] or 'an unnamed processor'}, one process:",
        "",
        "| measured | |",
        "|---|---:|",
        f"| pictures a second and core | {m.rate:,.0f} |",
        f"| start of a process, s | {m.start_seconds:.1f} |",
        f"| files listed a second | {m.listing_rate:,.0f} |",
        f"| bytes of a picture | {m.picture_bytes:,.0f} |",
        f"| bytes of a row, friendly, full, embedding | {m.friendly_bytes:,.0f}, {m.full_bytes:,.0f}, {m.embedding_bytes:,.0f} |",
        "",
        "| for 10^9 pictures | |",
        "|---|---:|",
        f"| core hours | {hours:,.0f} |",
        *(f"| hours on {c:,} cores | {hours / c:,.1f} |" for c in options.cores),
        f"| read, TB | {BILLION * m.picture_bytes / 1e12:,.1f} |",
        *(
            f"| read a second by {c:,} cores, GB | {c * m.rate * m.picture_bytes / 1e9:,.2f} |"
            for c in options.cores
        ),
        f"| written, TB: friendly, full, embeddings | {', '.join(f'{b / 1e3:,.2f}' for b in (m.friendly_bytes, m.full_bytes, m.embedding_bytes))} |",
        f"| plan, GB | {m.plan_bytes:,.1f} |",
        f"| hours to list them from one folder tree by one process | {BILLION / m.listing_rate / 3600:,.1f} |",
        f"| parts of {options.part_size:,} | {-(-BILLION // options.part_size):,} |",
        f"| seconds of one core in a part | {part_seconds:,.0f} |",
        f"| dollars for cores, at {options.core_hour} an hour (assumed) | {hours * options.core_hour:,.0f} |",
        f"| dollars for reading single files from a bucket, at {options.million_reads} for a million (assumed) | {1000 * options.million_reads:,.0f} |",
        f"| dollars a month for keeping the full table, at {options.terabyte_month} a TB (assumed) | {m.full_bytes / 1e3 * options.terabyte_month:,.0f} |",
        *failures(hours, part_seconds, options),
    ]
    return "\n".join(lines)


def failures(hours: float, part_seconds: float, options: argparse.Namespace) -> list[str]:
    """What failing nodes cost: on average half a part on each core of the node."""
    lost = hours / options.node_cores / options.node_hours
    seconds = lost * options.node_cores * part_seconds / 2
    return [
        f"| nodes that fail, at one in {options.node_hours:,.0f} node hours (assumed), with {options.node_cores} cores | {lost:,.1f} |",
        f"| core hours done twice because of them | {seconds / 3600:,.2f} |",
    ]


if __name__ == "__main__":
    main()
