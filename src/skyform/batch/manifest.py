"""What a run was begun with. Another run in the same destination goes on only if it would make the same rows."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import skyform
from skyform.batch.items import Source
from skyform.batch.places import Place
from skyform.errors import BatchError
from skyform.inference.modelfile import ModelInfo
from skyform.inference.tables import Column

__all__ = ["MANIFEST", "Manifest", "differences", "read_manifest", "sha256_of"]

MANIFEST = "manifest.json"
_FORMAT = 1
_CHUNK = 2**20
# What may change without the rows that are done being wrong, if the user says so.
_TOLERABLE = ("source.fingerprint", "skyform")


@dataclass(frozen=True)
class Manifest:
    """The record of a run.

    Attributes
    ----------
    skyform : str
        Version that began it.
    source, model, parameters : mapping
        What decides on the rows: address and fingerprint; id, checksum and preprocessing; schema and sizes.
    columns : tuple of Column
        Of the catalogue, that are carried into the table.
    parts, items : int
        Of the plan; items are an upper bound where the source knows no better.
    """

    source: Mapping[str, Any]
    model: Mapping[str, Any]
    parameters: Mapping[str, Any]
    columns: tuple[Column, ...] = ()
    parts: int = 0
    items: int = 0
    skyform: str = field(default_factory=lambda: skyform.__version__)

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with anything that decides on the rows."""
        values = [self.skyform, self.source, self.model, self.parameters]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]

    def write(self, place: Place) -> None:
        """Put it into its place."""
        values = {"format": _FORMAT, "fingerprint": self.fingerprint, **asdict(self)}
        text = json.dumps(values, indent=2, ensure_ascii=True) + "\n"
        place.write(MANIFEST, text.encode("ascii"))


def read_manifest(place: Place) -> Manifest | None:
    """The manifest in a destination; None if there is none.

    Raises
    ------
    BatchError
        If it cannot be understood.
    """
    if not place.exists(MANIFEST):
        return None
    path = place.path(MANIFEST)
    try:
        values = json.loads(place.read(MANIFEST))
        if values.pop("format") != _FORMAT:
            raise BatchError(
                f"{path!r} was written by Skyform {values.get('skyform')}, in a format that this one does not read.",
                remedy="Use that version, another --to, or --restart to begin anew.",
            )
        del values["fingerprint"]
        columns = tuple(Column(**c) for c in values.pop("columns"))
        return Manifest(columns=columns, **values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BatchError(
            f"{path!r} is no manifest of a run ({error!r}).",
            remedy="Choose another --to, or --restart to begin anew.",
        ) from error


def described_model(path: Path, info: ModelInfo) -> dict[str, str]:
    """What the manifest says of a model file."""
    return {
        "id": info.id,
        "file": path.name,
        "precision": info.precision,
        "sha256": sha256_of(path),
        "preprocessing": info.preprocess.fingerprint,
    }


def described_source(source: Source) -> dict[str, str]:
    """What the manifest says of a source."""
    return {"address": source.address, "fingerprint": source.fingerprint}


def sha256_of(path: Path) -> str:
    """Checksum of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def differences(then: Manifest, now: Manifest, *, tolerant: bool = False) -> list[str]:
    """What differs, in words, one line each: nothing where a run can go on.

    Parameters
    ----------
    then, now : Manifest
    tolerant : bool
        Leave out a source that has changed under the same address, and another version of Skyform.
    """
    old, new = _flat(then), _flat(now)
    out: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name) and not (tolerant and name in _TOLERABLE):
            out.append(f"{name}: {_shown(old.get(name))} then, {_shown(new.get(name))} now")
    return out


def _flat(manifest: Manifest) -> dict[str, Any]:
    values: dict[str, Any] = {"skyform": manifest.skyform}
    for group in ("source", "model", "parameters"):
        values |= {f"{group}.{k}": v for k, v in getattr(manifest, group).items()}
    return values


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 70 else f"{text[:67]}…"
