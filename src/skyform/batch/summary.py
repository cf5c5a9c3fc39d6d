"""What a run found, as `summary.json` for programs and `summary.md` for people."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyarrow import parquet

from skyform.batch.drift import Drift, drift_of
from skyform.batch.manifest import Manifest
from skyform.batch.places import Place
from skyform.batch.tally import DISTANCE_STEP, Tally
from skyform.batch.work import part_name
from skyform.evaluation.wording import counted, duration_text
from skyform.inference.modelfile import ModelInfo
from skyform.schema import KINDS, TAXONOMIES, Flag

__all__ = [
    "SUMMARY",
    "LastProcess",
    "Summary",
    "part_tally",
    "repeats_text",
    "total_tally",
    "write_summary",
]

SUMMARY = "summary.md"
_SUMMARY_JSON = "summary.json"
_MOST_CLASSES = 40


@dataclass(frozen=True, slots=True)
class LastProcess:
    """What the command that finished a run did of it: rows, the seconds they took, its engine's processes."""

    rows: int
    seconds: float
    workers: int

    @property
    def rate(self) -> float:
        """Images per second; 0 where it classified none."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Summary:
    """All that the report says: what the run was begun with, the counts over all parts, and how fast it was at the end.

    `repeated` is the number of rows with the id of an earlier one; None where that was not looked for.
    """

    manifest: Manifest
    tally: Tally
    last: LastProcess
    repeated: int | None = 0


def total_tally(place: Place, numbers: Iterable[int]) -> Tally:
    """The counts of all parts, from their files."""
    total = Tally()
    for number in numbers:
        total.add(part_tally(place, number))
    return total


def part_tally(place: Place, number: int) -> Tally:
    """The counts of one part, from its file."""
    with place.open(part_name(number)) as file:
        metadata = parquet.read_schema(file).metadata
    return Tally.from_json(metadata[b"tally"])


def write_summary(summary: Summary, *, place: Place, info: ModelInfo) -> None:
    """Write both files."""
    drift = drift_of(summary.tally, info)
    values = _values(summary, drift)
    place.write(_SUMMARY_JSON, (json.dumps(values, indent=2) + "\n").encode("ascii"))
    place.write(SUMMARY, _text(summary, drift, info).encode("utf-8"))


def _values(summary: Summary, drift: Drift) -> dict[str, Any]:
    tally = summary.tally
    counts = json.loads(tally.to_json())
    del counts["beyond"]
    return {
        "skyform": summary.manifest.skyform,
        "source": dict(summary.manifest.source),
        "model": dict(summary.manifest.model),
        "parameters": dict(summary.manifest.parameters),
        "rows": counts.pop("rows"),
        "classified": tally.rows - tally.failed,
        "failed": tally.failed,
        "misplaced": counts.pop("misplaced"),
        "repeated_ids": summary.repeated,
        "parts": summary.manifest.parts,
        "last_process": {
            "rows": summary.last.rows,
            "seconds": round(summary.last.seconds, 3),
            "images_per_second": round(summary.last.rate, 2),
            "workers": summary.last.workers,
        },
        **counts,
        "distance_step": DISTANCE_STEP,
        "drift": drift.to_dict(),
    }


def _text(summary: Summary, drift: Drift, info: ModelInfo) -> str:
    manifest, tally = summary.manifest, summary.tally
    classified = tally.rows - tally.failed
    lines = [
        f"# {_escaped(str(manifest.source['address']))}",
        "",
        f"{counted(tally.rows, 'row')} in {counted(manifest.parts, 'part')}: {classified:,} classified, {tally.failed:,} failed. "
        f"Model {manifest.model['id']}, preprocessing {manifest.model['preprocessing']}, Skyform {manifest.skyform}.",
        "",
    ]
    last = summary.last
    if last.rows:
        lines += [
            f"The command that finished the run classified {last.rows:,} in {duration_text(last.seconds)}: {last.rate:,.0f} images "
            f"per second, {last.rate / last.workers:,.0f} on each of {last.workers} processes.",
            "",
        ]
    lines += _remarks(summary)
    lines += _errors(tally)
    if tally.kinds:
        names = {k.id: k.name for k in KINDS}
        lines += _counts("Kinds of object", tally.kinds, names)
    for id, counts in tally.classes.items():
        title, names = _class_names(id, info)
        lines += _counts(title, counts, names)
    flags = {f.value: f.text for f in Flag}
    lines += _counts("Flags", tally.flags, flags, of=classified) if tally.flags else []
    return "\n".join([*lines, *drift.lines()]) + "\n"


def _remarks(summary: Summary) -> list[str]:
    """What a reader has to know of the rows before using them."""
    lines: list[str] = []
    if summary.tally.misplaced:
        lines += [
            f"The position of {counted(summary.tally.misplaced, 'row')} could not be read: no angle, only half of one, or outside the sky, "
            "such as -999. `ra` and `dec` are empty there.",
            "",
        ]
    if summary.repeated:
        lines += [f"{repeats_text(summary.repeated)} Join tables by `path`, or by row.", ""]
    if summary.repeated is None:
        lines += [
            "Whether ids come more than once was not looked for: there are too many rows.",
            "",
        ]
    return lines


def repeats_text(repeated: int) -> str:
    """That ids come more than once, as a sentence."""
    return (
        f"{counted(repeated, 'row')} {'has' if repeated == 1 else 'have'} the id of an earlier row."
    )


def _errors(tally: Tally) -> list[str]:
    if not tally.errors:
        return []
    lines = ["## Errors", "", "| error | rows | for example |", "|---|---:|---|"]
    for code, kind in sorted(tally.errors.items(), key=lambda e: -e[1].count):
        examples = "<br>".join(f"`{_escaped(id)}`: {_escaped(text)}" for id, text in kind.examples)
        lines.append(f"| {_escaped(code)} | {kind.count:,} | {examples} |")
    return [*lines, ""]


def _counts(
    title: str, counts: Counter[str], names: Mapping[str, str], *, of: int | None = None
) -> list[str]:
    total = sum(counts.values()) if of is None else of
    lines = [f"## {title}", "", "| | rows | share |", "|---|---:|---:|"]
    for id, count in counts.most_common(_MOST_CLASSES):
        share = 100 * count / total if total else 0.0
        lines.append(f"| {_escaped(names.get(id, id))} | {count:,} | {share:.1f} % |")
    return [*lines, ""]


def _class_names(id: str, info: ModelInfo) -> tuple[str, dict[str, str]]:
    if info.scheme is not None and info.scheme.id == id:
        return info.scheme.name, {c.id: c.name for c in info.scheme.classes}
    taxonomy = TAXONOMIES[id]
    names = {c.id: c.name for c in taxonomy.classes}
    return f"{taxonomy.name}, of what is not probably something else than a galaxy", names


def _escaped(text: str) -> str:
    """Text that stays in its table cell."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
