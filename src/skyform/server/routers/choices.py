"""What can be chosen about classifying a picture, as parameters of a request."""

from typing import Annotated

from fastapi import Depends, Query

from skyform.images import Square, Stretch
from skyform.server.problems import RequestError
from skyform.server.working import Options

__all__ = ["Chosen", "ChosenStretch", "chosen", "chosen_stretch"]

Crop = Annotated[
    str,
    Query(
        max_length=80,
        pattern=r"^(-?\d+(\.\d+)?,-?\d+(\.\d+)?,\d+(\.\d+)?)?$",
        description="`x,y,side`: classify this square of the picture, in its pixels, instead of the object that is found.",
    ),
]
Black = Annotated[
    float | None,
    Query(
        ge=0,
        le=1,
        description="For measurements (FITS, 16 bits): what becomes black, from 0 to 1; see `Display`.",
    ),
]
White = Annotated[
    float | None,
    Query(ge=0, le=1, description="What becomes white, in the same way."),
]
Softening = Annotated[
    float | None,
    Query(
        ge=0.01,
        le=100,
        description="Of the asinh stretch, as a multiple of what the picture itself asks for.",
    ),
]


async def chosen_stretch(
    low: Black = None, high: White = None, softening: Softening = None
) -> Stretch | None:
    """The levels that were chosen; None where none was."""
    if low is None and high is None and softening is None:
        return None
    if low is not None and high is not None and low >= high:
        raise RequestError(
            f"low is {low:g}, which is not below high, {high:g}.",
            remedy="Choose a lower black or a higher white.",
            status=422,
            code="invalid-parameter",
        )
    return Stretch(low, high, softening)


ChosenStretch = Annotated[Stretch | None, Depends(chosen_stretch)]


async def chosen(
    stretch: ChosenStretch,
    evidence: Annotated[bool, Query(description="Add the evidence map.")] = False,
    evidence_of: Annotated[
        str,
        Query(
            max_length=80,
            description="Add the evidence map of this answer, kind or class, by id, instead of the decisive one.",
        ),
    ] = "",
    average: Annotated[
        bool, Query(description="Average over the eight flips and rotations; slower.")
    ] = False,
    embedding: Annotated[bool, Query(description="Add the embedding.")] = False,
    details: Annotated[
        bool,
        Query(
            description="Add the measured shape, look-alikes, the lesson and how it was stretched."
        ),
    ] = False,
    crop: Crop = "",
) -> Options:
    """All that was chosen."""
    return Options(
        evidence=evidence,
        evidence_of=evidence_of,
        average=average,
        embedding=embedding,
        details=details,
        square=Square(*map(float, crop.split(","))) if crop else None,
        stretch=stretch,
    )


Chosen = Annotated[Options, Depends(chosen)]
