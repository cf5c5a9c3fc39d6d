"""Tar shards in WebDataset's layout: files of one sample share their name up to the first dot.

Pictures of a sample are items; its `.json`, where there is one, holds the position and what is carried along. A plain tar on this
machine is cut at the places of its members. A compressed one is cut by counting, and read by going through it once. A remote
shard is one part: finding out how many pictures are in it would mean reading it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any

from skyform.batch.items import Item, Part
from skyform.batch.sources.addresses import is_remote
from skyform.batch.sources.files import Files
from skyform.batch.sources.options import SourceOptions
from skyform.batch.sources.perprocess import PerProcess, Streams
from skyform.batch.sources.pieces import Located, digest, failed, numbered, stamp
from skyform.batch.sources.roles import Roles, roles_of
from skyform.batch.sources.tables import catalogue_column
from skyform.batch.sources.tarmembers import Sample, samples
from skyform.batch.sources.texts import compression_of, unpacked
from skyform.batch.sources.values import ColumnType
from skyform.errors import CorruptImageError, DataError, ImageTooLargeError, TruncatedImageError
from skyform.inference.tables import Column

__all__ = ["TarSource"]

_KEY = "key"
# A header and a block of content: no sample of a plain tar is smaller.
_LEAST = 1024


@dataclass(frozen=True)
class TarSource:
    """Pictures in tar shards.

    Parameters
    ----------
    address : str
        What the user gave.
    located : tuple of Located
        The shards.
    files : Files
    roles : Roles
        Fields of the samples' JSON.
    key_is_id : bool
        Whether a sample's key is its id; otherwise the shard's name stands before it.
    """

    address: str
    located: tuple[Located, ...]
    files: Files
    roles: Roles
    key_is_id: bool = False
    _streams: PerProcess[Streams[Item]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_streams", PerProcess[Streams[Item]](Streams))

    @classmethod
    def open(
        cls, address: str, located: Sequence[Located], files: Files, *, options: SourceOptions
    ) -> "TarSource":
        """Look at the first sample.

        Raises
        ------
        DataError
            If the first shard is damaged from the start or has no pictures, or its first sample's JSON lacks a field that was
            named.
        """
        first = located[0]
        with unpacked(first, files, compression_of(first, files)) as stream:
            sample = next(samples(stream, load=True, most_bytes=files.limits.max_bytes), None)
        if sample is None or sample.cut:
            why = f"is no readable tar file: {sample.cut}" if sample else "holds no pictures"
            raise DataError(
                f"{first.path} {why}.",
                remedy="Give a tar with pictures in it, whole and not encrypted.",
            )
        columns = tuple(catalogue_column(n, _type(v)) for n, v in sample.about.items())
        key_is_id = options.id_column == _KEY
        # A shard's samples are named by its key unless a field is asked for.
        id_column = "" if key_is_id else options.id_column or ""
        roles = roles_of(columns, replace(options, id_column=id_column), where=first.path, path="")
        return cls(address, tuple(located), files, roles, key_is_id)

    @property
    def total(self) -> int | None:
        """None: a tar has no table of what is in it."""
        return None

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is carried into the results."""
        return self.roles.keep

    @property
    def fingerprint(self) -> str:
        """Of the shards' names, sizes and times, and of the fields used."""
        return digest("tar", stamp(self.located, self.files), self.roles.names, self.key_is_id)

    def parts(self, size: int) -> Iterator[Part]:
        """Slices of a shard; a remote shard is one part, whatever `size`."""
        each = (p for s in range(len(self.located)) for p in self._pieces(s, size))
        return numbered(each, size=size)

    def read(self, part: Part) -> Iterator[Item]:
        """The pictures of one part."""
        payload = part.payload
        shard, first, items = payload["shard"], payload["first"], payload["items"]
        if not payload["in_order"]:
            yield from islice(self._items(shard, payload["at"]), items)
            return
        opened = partial(self._items, shard, 0)
        yield from self._streams.get().slice(shard, first, first + items, opened=opened)

    def _pieces(self, shard: int, size: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
        file = self.located[shard]
        if is_remote(file.address):
            yield self._whole(shard)
            return
        first, at, count, in_order = 0, 0, 0, self._is_compressed(shard)
        for sample in self._samples(shard, 0, load=False):
            if count and count + sample.items > size:
                yield count, _payload(shard, at, first, count, in_order)
                first, count = first + count, 0
            if not count:
                at = sample.at
            count += sample.items
        if count:
            yield count, _payload(shard, at, first, count, in_order)

    def _whole(self, shard: int) -> tuple[int, Mapping[str, Any]]:
        status = self.files.status(self.located[shard].address)
        most = max(1, (status.size or 0) // _LEAST) if status else 1
        return most, _payload(shard, 0, 0, None, False)

    def _is_compressed(self, shard: int) -> bool:
        try:
            return bool(compression_of(self.located[shard], self.files))
        except DataError:
            return False

    def _samples(self, shard: int, at: int, *, load: bool) -> Iterator[Sample]:
        file = self.located[shard]
        try:
            compression = compression_of(file, self.files)
            with unpacked(file, self.files, compression) as stream:
                most = self.files.limits.max_bytes
                yield from samples(stream, at=at, load=load, most_bytes=most)
        except DataError as error:
            yield Sample(at, "", cut=str(error).rstrip("."))

    def _items(self, shard: int, at: int) -> Iterator[Item]:
        for sample in self._samples(shard, at, load=True):
            if sample.cut:
                yield self._broken(shard, sample)
            for name, data in sample.pictures.items():
                yield self._item(shard, sample, name, data)

    def _item(self, shard: int, sample: Sample, name: str, data: bytes | None) -> Item:
        file, roles = self.located[shard], self.roles
        own = sample.key if len(sample.pictures) == 1 else name
        id = roles.id_of(sample.about, otherwise=own if self.key_is_id else f"{file.name}#{own}")
        path = f"{file.path}#{name}"
        place, extra = roles.place_of(sample.about), roles.extra_of(sample.about)
        if data:
            return Item(id, path, data, **place, extra=extra)
        if data is None:
            error = ImageTooLargeError(f"{path}: it is over the limit of bytes of a picture.")
        else:
            error = CorruptImageError(f"{path}: it is empty (0 bytes).")
        return failed(id, path, error, **place, extra=extra)

    def _broken(self, shard: int, sample: Sample) -> Item:
        file = self.located[shard]
        error = TruncatedImageError(
            f"{file.path} cannot be read from byte {sample.at} on: {sample.cut}.",
            remedy="What lies before was read. Fetch the file again, or write it anew.",
        )
        place = f"#byte-{sample.at}"
        return failed(file.name + place, file.path + place, error)


def _payload(
    shard: int, at: int, first: int, items: int | None, in_order: bool
) -> Mapping[str, Any]:
    return {"shard": shard, "at": at, "first": first, "items": items, "in_order": in_order}


def _type(value: Any) -> ColumnType:
    if isinstance(value, bool | int):
        return "integer"
    return "number" if isinstance(value, float) else "text"
