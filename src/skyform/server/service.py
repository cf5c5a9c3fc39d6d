"""What the routes share: the settings, the classifier, the pool and the samples of one application."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast, runtime_checkable

from fastapi import Request

from skyform.images import Limits
from skyform.schema import Prediction, Scheme, Taxonomy, Tree
from skyform.server.pool import Pool
from skyform.server.samples import Samples
from skyform.server.settings import Settings

__all__ = ["Classifies", "Describes", "Service", "decoding_limits", "service"]


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
        evidence: bool = False,
        average: bool | None = None,
    ) -> Prediction:
        """The statement about one picture; a picture that cannot be used gives one with `failure` set."""
        ...


@dataclass(frozen=True)
class Service:
    """All that a route may use."""

    settings: Settings
    classifier: Classifies
    pool: Pool
    samples: Samples

    @property
    def limits(self) -> Limits:
        """What may be decoded."""
        return decoding_limits(self.settings)


def decoding_limits(settings: Settings) -> Limits:
    """What may be decoded. An upload's own bytes are limited before it gets there; here they may unpack to more."""
    unpacked = max(settings.max_upload_bytes, Limits().max_bytes)
    return Limits(max_bytes=unpacked, max_pixels=settings.max_pixels)


def service(request: Request) -> Service:
    """The application's own service, as a dependency."""
    return cast(Service, request.app.state.service)
