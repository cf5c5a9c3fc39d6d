"""The held-out galaxies of the gallery."""

from pydantic import Field

from skyform.server.contract.base import Exact
from skyform.server.contract.classification import Classification

__all__ = ["Exhibit", "ExhibitDetail", "ExhibitPage", "GalleryFilters", "NamedClass"]


class NamedClass(Exact):
    """A class of a scheme."""

    taxonomy: str
    number: int
    id: str
    name: str


class Exhibit(Exact):
    """A galaxy that the model never saw, with what people and the model say of it."""

    id: str
    title: str
    picture: str = Field(description="Address of the picture.")
    thumbnail: str = Field(description="Address of a small picture.")
    survey: str
    credit: str
    licence: str
    truth: NamedClass | None = Field(
        description="The class that people gave it, in its data set's scheme."
    )
    truth_text: str = Field(description="What people said of it, in plain words.")
    predicted: NamedClass | None = Field(description="The model's class in the same scheme.")
    confidence: float = Field(ge=0, le=1, description="Of the predicted class or answer.")
    chance: str
    right: bool | None = Field(description="Null where people gave no answer that can be compared.")
    sentence: str


class ExhibitDetail(Exhibit):
    """One exhibit with the whole statement of the model."""

    classification: Classification


class GalleryFilters(Exact):
    """What the gallery can be narrowed to, with the number of exhibits of each."""

    classes: dict[str, int] = Field(
        description="By `taxonomy:class` of the truth; only those that occur."
    )
    names: dict[str, str] = Field(description="By `taxonomy:class`, the name of the class.")
    surveys: dict[str, int]
    mistakes: int


class ExhibitPage(Exact):
    """Exhibits in the order asked for."""

    items: list[Exhibit]
    next: str | None
    total: int
    filters: GalleryFilters
