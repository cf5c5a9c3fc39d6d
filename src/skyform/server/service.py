"""What the routes share: the settings, the classifier, the pool and the samples of one application."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from fastapi import Request
from platformdirs import user_data_dir

from skyform.guide import Guide
from skyform.images import Limits, Square, Stretch
from skyform.inference import Preparation, Ready
from skyform.schema import Prediction, Scheme, Taxonomy, Tree
from skyform.server.accounts import Accounts
from skyform.server.decoding import Decoders, is_exotic
from skyform.server.fetching import Fetcher
from skyform.server.gallery import Gallery
from skyform.server.metrics import Metrics
from skyform.server.pool import Places, Pool
from skyform.server.samples import Samples
from skyform.server.settings import Settings
from skyform.store import Store

__all__ = [
    "Classifies",
    "Describes",
    "Service",
    "decoding_limits",
    "opened_store",
    "service",
    "service_of",
]

T = TypeVar("T")


@runtime_checkable
class Describes(Protocol):
    """What the server reads of a model's description."""

    @property
    def id(self) -> str:
        """`name@version`."""
        ...

    @property
    def name(self) -> str:
        """Name."""
        ...

    @property
    def version(self) -> str:
        """Version."""
        ...

    @property
    def card(self) -> Mapping[str, Any]:
        """The model card, as plain JSON types."""
        ...

    @property
    def tree(self) -> Tree | None:
        """The questions that it answers; None where it knows only its own classes."""
        ...

    @property
    def scheme(self) -> Scheme | None:
        """The classes that it learnt of its own."""
        ...

    @property
    def taxonomies(self) -> Mapping[str, Taxonomy]:
        """The taxonomies that it gives classes in, by id."""
        ...

    @property
    def maps(self) -> tuple[str, ...]:
        """What it can draw evidence for."""
        ...


@runtime_checkable
class Classifies(Protocol):
    """What the server needs of a classifier; `skyform.inference.Classifier` is one."""

    @property
    def info(self) -> Describes:
        """The model's description."""
        ...

    def classify(
        self,
        image: bytes | str | os.PathLike[str],
        *,
        id: str | None = None,
        evidence: bool | str = False,
        average: bool | None = None,
    ) -> Prediction:
        """The statement about one picture; a picture that cannot be used gives one with `failure` set."""
        ...

    def prepare(
        self,
        image: bytes | str | os.PathLike[str],
        *,
        id: str | None = None,
        keep: bool = False,
        square: Square | None = None,
        stretch: Stretch | None = None,
    ) -> Ready:
        """The first half of `classify`: what the network will see of a picture."""
        ...

    def predict(
        self, ready: Sequence[Ready], *, evidence: bool | str = False, average: bool | None = None
    ) -> list[Prediction]:
        """The second half, for any number of pictures together."""
        ...


@dataclass(frozen=True)
class Service:
    """All that a route may use."""

    settings: Settings
    classifier: Classifies
    pool: Pool
    samples: Samples
    store: Store
    accounts: Accounts
    gallery: Gallery
    fetcher: Fetcher
    intake: Places
    streams: Places
    exports: Places
    catalogues: Places
    preparation: Preparation | None = None
    decoders: Decoders | None = None
    metrics: Metrics | None = None
    # Set when there is a new job, and when the server begins to close.
    job_news: asyncio.Event = field(default_factory=asyncio.Event)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cached_property
    def guide(self) -> Guide:
        """What people learn; read when it is first asked for."""
        return Guide.load()

    @property
    def limits(self) -> Limits:
        """What may be decoded."""
        return decoding_limits(self.settings)

    def prepare(
        self,
        data: bytes,
        *,
        id: str,
        keep: bool = False,
        square: Square | None = None,
        stretch: Stretch | None = None,
    ) -> Ready:
        """What the network will see of a picture, decoded where its format should be. To be called from a thread."""
        chosen: dict[str, Any] = {"id": id, "keep": keep, "square": square, "stretch": stretch}
        if self.decoders is None or self.preparation is None or not is_exotic(data):
            return self.classifier.prepare(data, **chosen)
        return self.decoders.run(partial(self.preparation, data, **chosen))

    def close(self) -> None:
        """Give everything back."""
        self.pool.close()
        if self.decoders is not None:
            self.decoders.close()
        self.store.close()

    def decoded(self, work: Callable[[], T], *, exotic: bool) -> T:
        """Do work on a picture's bytes where its format should be decoded. To be called from a thread."""
        return self.decoders.run(work) if exotic and self.decoders is not None else work()


def decoding_limits(settings: Settings) -> Limits:
    """What may be decoded. An upload's own bytes are limited before it gets there; here they may unpack to more."""
    unpacked = max(settings.max_upload_bytes, Limits().max_bytes)
    return Limits(max_bytes=unpacked, max_pixels=settings.max_pixels)


def service_of(request: Request) -> Service:
    """The application's own service."""
    return cast(Service, request.app.state.service)


async def service(request: Request) -> Service:
    """The application's own service, as a dependency; asynchronous, since FastAPI would run a plain function in another thread."""
    return service_of(request)


def opened_store(settings: Settings) -> Store:
    """Where the settings say; nothing is written before it is prepared."""
    folder = Path(settings.data) if settings.data else Path(user_data_dir("skyform", False))
    return Store(
        database=settings.database or f"sqlite:///{folder / 'skyform.db'}",
        objects=settings.objects or str(folder / "objects"),
    )
