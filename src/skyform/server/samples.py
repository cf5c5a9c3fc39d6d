"""The pictures that a visitor can try without having one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from skyform.server.contract import Sample

__all__ = ["Samples"]

_FIELDS = ("file", "title", "credit", "licence")


@dataclass(frozen=True)
class Samples:
    """Sample pictures in a folder, each named in its `credits.json`.

    What `credits.json` does not name is not served; a folder or file that is missing is no error, only less to try.
    """

    folder: Path
    entries: tuple[Sample, ...]

    @classmethod
    def read(cls, folder: str | None = None) -> "Samples":
        """The samples of `folder`, by default those bundled with the package."""
        where = Path(folder) if folder else Path(str(files("skyform"))) / "samples"
        try:
            listed = json.loads((where / "credits.json").read_text("utf-8"))
        except (OSError, ValueError):
            listed = []
        kept = [_entry(item) for item in listed if isinstance(item, dict) and "file" in item]
        return cls(where, tuple(s for s in kept if (where / s.file).is_file()))

    def path(self, name: str) -> Path | None:
        """File of a listed sample; None for any other name."""
        listed = any(s.file == name for s in self.entries)
        return self.folder / name if listed else None


def _entry(item: Mapping[str, Any]) -> Sample:
    fields = {f: str(item.get(f, "")) for f in _FIELDS}
    # Only the name: whatever credits.json says, nothing outside of its folder is a sample.
    fields["file"] = Path(fields["file"]).name
    return Sample(**fields, url=f"samples/{quote(fields['file'])}")
