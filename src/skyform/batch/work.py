"""What an engine's processes are told: the work that all parts share, and the job that one part is."""

from dataclasses import dataclass, field

from skyform.batch.fields import Schema
from skyform.batch.items import Part, Source
from skyform.batch.places import Place
from skyform.images import Limits
from skyform.inference.tables import Column

__all__ = ["PARTS", "Job", "Work", "embedding_name", "part_name"]

PARTS, EMBEDDINGS = "parts", "embeddings"


@dataclass(frozen=True, slots=True)
class Work:
    """All that decides on the rows of a run, and where they go. Picklable.

    Attributes
    ----------
    fingerprint : str
        Tells one run from another; equal works are the same.
    source : Source
    place : Place
    model : str
        Path of the model file.
    schema : "friendly" or "full"
    columns : tuple of Column
        Of the catalogue, to be carried into the table.
    embeddings : bool
        Whether to write the network's features beside the table.
    batch_size : int
        Pictures that go through the network together.
    limits : Limits
        Largest picture that is opened.
    patience : float
        Seconds after which a picture that is still being decoded counts as one that kills its process.
    """

    fingerprint: str
    source: Source = field(compare=False)
    place: Place = field(compare=False)
    model: str
    schema: Schema = "friendly"
    columns: tuple[Column, ...] = ()
    embeddings: bool = False
    batch_size: int = 16
    limits: Limits = field(default_factory=Limits)
    patience: float = 120.0


@dataclass(frozen=True, slots=True)
class Job:
    """One part to classify.

    Attributes
    ----------
    part : Part
    skip : tuple of int
        Positions of items that killed the process that touched them: they get a row with an error.
    within : (int, int) or None
        Try only the items from the first position up to the second, and write nothing.
    stop : int or None
        Position from which on the part cannot even be read.
    """

    part: Part
    skip: tuple[int, ...] = ()
    within: tuple[int, int] | None = None
    stop: int | None = None


def part_name(number: int) -> str:
    """Name of a part's table."""
    return f"{PARTS}/part-{number:06d}.parquet"


def embedding_name(number: int) -> str:
    """Name of a part's embeddings."""
    return f"{EMBEDDINGS}/part-{number:06d}.parquet"
