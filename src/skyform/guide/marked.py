"""YAML that remembers on which line each thing stands, so that an error can say so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from skyform.errors import DataError

__all__ = ["Marked"]


@dataclass(frozen=True, slots=True)
class Marked:
    """What a text says, and the line of every field and item in the file called `name`."""

    name: str
    data: Any
    lines: Mapping[str, int]

    @classmethod
    def read(cls, text: str, *, name: str, first: int = 1) -> "Marked":
        """Read a text.

        Parameters
        ----------
        name : str
            Of the file, for errors.
        first : int
            Line of the file on which the text begins.

        Raises
        ------
        DataError
            If it is not YAML.
        """
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            data = None if node is None else loader.construct_document(node)
        except yaml.YAMLError as e:
            mark = getattr(e, "problem_mark", None)
            line = first + (mark.line if mark else 0)
            problem = getattr(e, "problem", None) or "it is not YAML"
            raise DataError(
                f"{name}, line {line}: {problem}.", remedy="Correct the YAML."
            ) from None
        return cls(name, data, dict(_lines(node, "", first)))

    def line(self, *path: str | int) -> int:
        """Line of a field, or of an item in it; of the nearest thing above it that is known."""
        for end in range(len(path), 0, -1):
            found = self.lines.get(".".join(map(str, path[:end])))
            if found:
                return found
        return 1

    def error(self, what: str, *, line: int, remedy: str) -> DataError:
        """A mistake in this file."""
        return DataError(f"{self.name}, line {line}: {what}", remedy=remedy)


def _lines(node: Any, path: str, first: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    if isinstance(node, yaml.MappingNode):
        below = [(str(key.value), key.start_mark.line, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        below = [(str(i), value.start_mark.line, value) for i, value in enumerate(node.value)]
    else:
        below = []
    for name, line, value in below:
        full = f"{path}.{name}" if path else name
        found += [(full, first + line), *_lines(value, full, first)]
    return found
