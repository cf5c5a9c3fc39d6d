"""For notebooks: classify in one call, and look at what comes out, as a gallery or as a table of the library of one's choice."""

import base64
import html
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np
from PIL import Image

from skyform.errors import MissingExtraError, SkyformError
from skyform.images import Picture, Source, decode
from skyform.inference.classifier import Classifier
from skyform.inference.modelfile import ModelInfo
from skyform.inference.sinks import arrow_schema
from skyform.inference.tables import columns_of, row
from skyform.schema import Prediction
from skyform.schema.words import percent

if TYPE_CHECKING:
    import pyarrow
    from astropy.table import Table

__all__ = ["Results", "classify"]

_SHOWN = 60  # pictures of a gallery
_SIDE = 112  # px


class Results(Sequence[Prediction]):
    """Predictions in the order of their pictures. A notebook shows them as a gallery.

    Parameters
    ----------
    predictions : sequence of Prediction
    sources : sequence
        The pictures as they were given, for thumbnails; paths are read again when they are shown.
    info : ModelInfo
        Of the model that made them.
    """

    def __init__(
        self, predictions: Sequence[Prediction], *, sources: Sequence[Source], info: ModelInfo
    ) -> None:
        self._predictions = list(predictions)
        self._sources = list(sources)
        self.info = info
        self._columns = columns_of(info)

    def __len__(self) -> int:
        return len(self._predictions)

    @overload
    def __getitem__(self, index: int) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice) -> "Results": ...
    def __getitem__(self, index: int | slice) -> "Prediction | Results":
        if isinstance(index, slice):
            return Results(self._predictions[index], sources=self._sources[index], info=self.info)
        return self._predictions[index]

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self._predictions)

    def to_arrow(self) -> "pyarrow.Table":
        """One row a picture, failed ones included; columns carry their description and UCD."""
        import pyarrow as pa

        rows = [row(p, columns=self._columns, scheme=self.info.scheme) for p in self]
        return pa.Table.from_pylist(rows, schema=arrow_schema(self._columns))

    def to_pandas(self) -> Any:
        """The same as a pandas data frame.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        try:
            return self.to_arrow().to_pandas()
        except ImportError as error:
            raise MissingExtraError(
                "A data frame needs pandas.", remedy="Install it: pip install pandas"
            ) from error

    def to_astropy(self) -> "Table":
        """The same as an astropy table; what is missing is masked in numbers and empty in text."""
        from astropy.table import Column, MaskedColumn, Table

        rows = [row(p, columns=self._columns, scheme=self.info.scheme) for p in self]
        made: list[Any] = []
        for column in self._columns:
            values = [r[column.name] for r in rows]
            about: dict[str, Any] = {
                "name": column.name,
                "description": column.description,
                "meta": {"ucd": column.ucd},
            }
            if column.type == "text":
                made.append(Column([v or "" for v in values], dtype=str, **about))
            else:
                filled = [0 if v is None else v for v in values]
                dtype = np.int32 if column.type == "integer" else np.float64
                missing = [v is None for v in values]
                made.append(MaskedColumn(filled, mask=missing, dtype=dtype, **about))
        return Table(made, meta={"model": self.info.id})

    def __repr__(self) -> str:
        failed = sum(not p.ok for p in self)
        return f"<Results of {self.info.id}: {len(self)} pictures, {failed} failed>"

    def _repr_html_(self) -> str:
        cards = [
            _card(p, s) for p, s in zip(self._predictions[:_SHOWN], self._sources, strict=False)
        ]
        more = len(self) - len(cards)
        rest = f"<p>and {more:,} more</p>" if more > 0 else ""
        style = "display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:12px"
        return (
            f'<div style="{style}">{"".join(cards)}</div>{rest}<p>{html.escape(self.info.id)}</p>'
        )


@overload
def classify(
    images: Source, *, model: str | None = None, average: bool | None = None
) -> Prediction: ...
@overload
def classify(
    images: Iterable[Source], *, model: str | None = None, average: bool | None = None
) -> Results: ...
def classify(
    images: Source | Iterable[Source], *, model: str | None = None, average: bool | None = None
) -> Prediction | Results:
    """Classify one picture, or many.

    Parameters
    ----------
    images : path, bytes, array or PIL image, or an iterable of them
        An array is one picture.
    model : str, optional
        "base", "small", or a model file.
    average : bool, optional
        See `Classifier.classify`.

    Returns
    -------
    Prediction or Results
        Results for an iterable, even of one.

    Examples
    --------
    >>> import skyform
    >>> skyform.classify("m51.jpg").sentence
    >>> skyform.classify(["m51.jpg", "ngc4565.fits"]).to_pandas()

    Raises
    ------
    ModelError
        If the model cannot be opened. A picture that cannot be used is a `Prediction` with `failure`.
    """
    classifier = Classifier.load(model)
    if _is_one(images):
        return classifier.classify(cast("Source", images), average=average)
    sources = list(cast("Iterable[Source]", images))
    return Results(
        list(classifier(sources, average=average)), sources=sources, info=classifier.info
    )


def _is_one(images: Any) -> bool:
    single = (str, bytes, bytearray, memoryview, PurePath, np.ndarray, Image.Image, Picture)
    return isinstance(images, single) or not isinstance(images, Iterable)


def _card(prediction: Prediction, source: Source) -> str:
    said = prediction.sentence
    if prediction.failure is not None:
        said = prediction.failure.message
    kind = prediction.kind
    sure = (
        f"{html.escape(kind.name)} {html.escape(percent(kind.confidence))}"
        if kind is not None
        else ""
    )
    return (
        f'<figure style="margin:0">{_thumbnail(source)}'
        f'<figcaption style="font-size:0.85em"><b>{html.escape(prediction.id)}</b><br>'
        f"{html.escape(said)}<br>{sure}</figcaption></figure>"
    )


def _thumbnail(source: Source) -> str:
    """The picture as an `img`; nothing where it cannot be read any more."""
    try:
        picture = Image.fromarray(decode(source, min_side=_SIDE).rgb)
    except (SkyformError, OSError):
        return ""
    picture.thumbnail((_SIDE, _SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="" src="data:image/jpeg;base64,{data}">'
