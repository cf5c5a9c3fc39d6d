"""Picture files named one by one, and several sources read as one."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from skyform.batch.items import Item, Part, Source
from skyform.batch.sources.fetching import Wanted, fetch
from skyform.batch.sources.files import Files
from skyform.batch.sources.pieces import Located, cut, digest, numbered, slices_of, stamp
from skyform.inference.tables import Column

__all__ = ["ManySources", "NamedFiles"]


@dataclass(frozen=True)
class NamedFiles:
    """Picture files, in the order given; an id is the path or address as given."""

    address: str
    located: tuple[Located, ...] = field(repr=False)
    files: Files
    connections: int = 8

    @property
    def total(self) -> int | None:
        """All of them."""
        return len(self.located)

    @property
    def columns(self) -> tuple[Column, ...]:
        """None of a catalogue's."""
        return ()

    @property
    def fingerprint(self) -> str:
        """Of the files' names, sizes and times."""
        return digest("files", stamp(self.located, self.files))

    def parts(self, size: int) -> Iterator[Part]:
        """So many files each."""
        return numbered(cut([((), len(self.located))], size=size), size=size)

    def read(self, part: Part) -> Iterator[Item]:
        """The files of one part."""
        wanted = (
            Wanted(file.name, file.path, file.address)
            for start, stop in slices_of(part)
            for file in self.located[start:stop]
        )
        return fetch(wanted, files=self.files, connections=self.connections)


@dataclass(frozen=True)
class ManySources:
    """Several sources, one after the other. Each id begins with the address of its source, unless ids come from a column."""

    sources: tuple[Source, ...]
    own_ids: bool = False

    @property
    def address(self) -> str:
        """All addresses."""
        return " ".join(s.address for s in self.sources)

    @property
    def total(self) -> int | None:
        """The sum, where all are known."""
        totals = [s.total for s in self.sources]
        known = [t for t in totals if t is not None]
        return sum(known) if len(known) == len(totals) else None

    @property
    def columns(self) -> tuple[Column, ...]:
        """What any of them carries into the results."""
        each = (c for s in self.sources for c in getattr(s, "columns", ()))
        return tuple({c.name: c for c in each}.values())

    @property
    def fingerprint(self) -> str:
        """Of all of theirs."""
        return digest("many", [[s.address, s.fingerprint] for s in self.sources])

    def parts(self, size: int) -> Iterator[Part]:
        """Their parts, each with the number of its source."""
        each = (
            (p.count, {"source": i, "number": p.number, "part": dict(p.payload)})
            for i, source in enumerate(self.sources)
            for p in source.parts(size)
        )
        return numbered(each, size=size)

    def read(self, part: Part) -> Iterator[Item]:
        """The items of one part."""
        payload = part.payload
        source = self.sources[payload["source"]]
        inner = Part(payload["number"], part.count, payload["part"])
        before = "" if self.own_ids else f"{source.address.rstrip('/')}/"
        for item in source.read(inner):
            yield replace(item, id=before + item.id)
