"""Manifests: which record of a data set is in which split, as a file that can be published beside a paper's results."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from skyform.datasets.dataset import DataSet
from skyform.errors import DataError, OutputError

__all__ = ["Manifest", "ManifestRow", "apply_manifest", "read_manifest", "write_manifest"]

_FORMAT = 1
_KEYS = ("dataset", "title", "fingerprint", "seed", "ratios", "grouping", "rows")
_ROW_KEYS = ("id", "object", "label", "split")
_GROUPING = "sky object; near-identical pictures"
_NAMED = 3  # ids that an error gives as examples


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One record: its id, the object it shows ("" where the id stands for it), its label ("" where unknown) and its split."""

    id: str
    object: str
    label: str
    split: str


@dataclass(frozen=True)
class Manifest:
    """How one data set was split.

    Attributes
    ----------
    dataset, title, fingerprint : str
        Of the data set: see `DataSet`.
    seed : int
    ratios : mapping of str to float
        The shares that were asked for; empty where the split is the one that the set was published with.
    grouping : str
        What was kept on one side, in words.
    rows : tuple of ManifestRow
        In the data set's order.
    """

    dataset: str
    title: str
    fingerprint: str
    seed: int
    ratios: Mapping[str, float]
    grouping: str
    rows: tuple[ManifestRow, ...]

    @classmethod
    def of(
        cls,
        dataset: DataSet,
        *,
        splits: Sequence[str],
        seed: int = 0,
        ratios: Mapping[str, float] = MappingProxyType({}),
        grouping: str = _GROUPING,
    ) -> "Manifest":
        """The manifest of a data set and one split name for each record.

        Raises
        ------
        DataError
            If there is not one split for each record, or two records share an id.
        """
        if len(splits) != len(dataset):
            raise DataError(
                f"splits has {len(splits)} names, but {dataset.title} has {len(dataset)} records.",
                remedy="Give one split for each record, in their order.",
            )
        rows = tuple(
            ManifestRow(r.id, r.object, r.label, split)
            for r, split in zip(dataset.records, splits, strict=True)
        )
        _check_unique(rows, dataset.title)
        return cls(
            dataset.id, dataset.title, dataset.fingerprint, seed, dict(ratios), grouping, rows
        )

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many records of each label every split has; both sorted by name."""
        count = Counter((row.split, row.label) for row in self.rows)
        out: dict[str, dict[str, int]] = {}
        for (split, label), number in sorted(count.items()):
            out.setdefault(split, {})[label] = number
        return out

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of all of the manifest's content, independent of how its file is laid out."""
        digest = hashlib.sha256(_compact(self._head).encode())
        for row in self.rows:
            digest.update(_compact(_row_values(row)).encode())
        return digest.hexdigest()

    @property
    def _head(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "dataset": self.dataset,
            "title": self.title,
            "fingerprint": self.fingerprint,
            "seed": self.seed,
            "ratios": {name: float(share) for name, share in self.ratios.items()},
            "grouping": self.grouping,
        }


def write_manifest(manifest: Manifest, path: str | os.PathLike[str]) -> Path:
    """Write a manifest as JSON, one record a line.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        If it cannot be written there.
    """
    file = Path(path)
    head = json.dumps(
        {**manifest._head, "sha256": manifest.sha256},  # pyright: ignore[reportPrivateUsage]
        indent=1,
    )
    rows = ",\n".join(f"  {_compact(_row_values(row))}" for row in manifest.rows)
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(f'{head[:-2]},\n "rows": [\n{rows}\n ]\n}}\n', encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise OutputError(
            f"{file} cannot be written: {error.strerror}.",
            remedy="Choose another place, or make room.",
        ) from error
    return file


def read_manifest(path: str | os.PathLike[str]) -> Manifest:
    """Read a manifest, and check that it is whole.

    Raises
    ------
    DataError
        If the file is missing, is no manifest, is of a later format, or was changed after it was written.
    """
    file = Path(path)
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise _no_manifest(file, f"it is not JSON ({error})") from error
    if not isinstance(values, dict) or "format" not in values:
        raise _no_manifest(file, 'it has no "format"')
    if values["format"] != _FORMAT:
        raise DataError(
            f"{file} is a manifest of format {values['format']}; this Skyform reads format {_FORMAT}.",
            remedy="Update Skyform, or write the manifest again.",
        )
    missing = [key for key in (*_KEYS, "sha256") if key not in values]
    if missing:
        raise _no_manifest(file, f'it has no "{missing[0]}"')
    try:
        manifest = _parsed(values)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise _no_manifest(file, f"{type(error).__name__}: {error}") from error
    _check_unique(manifest.rows, str(file))
    if manifest.sha256 != values["sha256"]:
        raise DataError(
            f"{file} was changed after it was written: its content has the SHA-256 {manifest.sha256[:16]}…, "
            f"but it states {str(values['sha256'])[:16]}….",
            remedy="Take the original file.",
        )
    return manifest


def apply_manifest(
    dataset: DataSet, manifest: Manifest, *, partial: bool = False
) -> tuple[str, ...]:
    """The split of each record of a data set, according to a manifest.

    Parameters
    ----------
    dataset : DataSet
        Its order does not matter, and neither do its labels: only ids are compared.
    manifest : Manifest
    partial : bool
        Whether the data set may have records that the manifest does not list; they get the split "".

    Returns
    -------
    tuple of str, length n

    Raises
    ------
    DataError
        If the data set lacks records of the manifest, or has others.
    """
    split = {row.id: row.split for row in manifest.rows}
    ids = [r.id for r in dataset.records]
    missing = sorted(split.keys() - set(ids))
    new = [] if partial else sorted(set(ids) - split.keys())
    if missing or new:
        said = [f"{dataset.title} is not the data set of this manifest, {manifest.title}:"]
        if missing:
            said.append(f"it lacks {_some(missing)}")
        if new:
            said.append(("and " if missing else "") + f"it has {_some(new)} that are not listed")
        raise DataError(
            " ".join(said) + ".",
            remedy=f"The manifest was made for {manifest.dataset} with the fingerprint {manifest.fingerprint}; "
            f"this is {dataset.id} with {dataset.fingerprint}.",
        )
    return tuple(split.get(id, "") for id in ids)


def _parsed(values: Mapping[str, Any]) -> Manifest:
    return Manifest(
        dataset=str(values["dataset"]),
        title=str(values["title"]),
        fingerprint=str(values["fingerprint"]),
        seed=int(values["seed"]),
        ratios={str(name): float(share) for name, share in values["ratios"].items()},
        grouping=str(values["grouping"]),
        rows=tuple(ManifestRow(**{k: str(row[k]) for k in _ROW_KEYS}) for row in values["rows"]),
    )


def _some(ids: Sequence[str]) -> str:
    named = ", ".join(ids[:_NAMED]) + ("…" if len(ids) > _NAMED else "")
    return f"{len(ids):,} record{'s' if len(ids) > 1 else ''} ({named})"


def _check_unique(rows: Iterable[ManifestRow], where: str) -> None:
    twice = [id for id, count in Counter(row.id for row in rows).items() if count > 1]
    if twice:
        raise DataError(
            f"{where} has the id {twice[0]} more than once.",
            remedy="Give every record an id of its own.",
        )


def _no_manifest(file: Path, why: str) -> DataError:
    return DataError(
        f"{file} is no manifest of Skyform: {why}.",
        remedy="Give a file that Skyform wrote when it split a data set.",
    )


def _row_values(row: ManifestRow) -> dict[str, str]:
    return {key: getattr(row, key) for key in _ROW_KEYS}


def _compact(values: Mapping[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"))
