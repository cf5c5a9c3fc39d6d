"""What measured figures mean, in plain words."""

from skyform.images import MeasuredShape
from skyform.server.contract import Shape

__all__ = ["shape_note"]

_ROUND = 0.1  # ellipticity
# Each: up to here, in these words; the last ones hold above, too.
_CONCENTRATIONS = (
    (2.6, "Its light is spread out evenly, as in thin discs and irregular galaxies."),
    (3.6, "Its light gathers gently towards the middle, as in most spirals."),
    (9.9, "Its light is crowded in the middle, as in ellipticals and large bulges."),
)
_ASYMMETRIES = (
    (0.1, "Both halves look alike, as in undisturbed ellipticals and lenticulars."),
    (0.35, "One half differs somewhat from the other, as spiral arms and patches make it."),
    (9.9, "One half differs greatly from the other, as in many mergers and irregular galaxies."),
)
_SHOWN = "Measured on the picture as it is shown: if its brightness was compressed for the eye, as surveys do, the concentration comes out too low."


def shape_note(measured: MeasuredShape, *, linear: bool) -> Shape:
    """The figures with phrases of meaning.

    Parameters
    ----------
    linear : bool
        Whether they were measured on brightness in proportion, and not on a picture for the eye.
    """
    phrases = [
        *_outline(measured.ellipticity),
        *_phrase(_CONCENTRATIONS, measured.concentration),
        *_phrase(_ASYMMETRIES, measured.asymmetry),
    ]
    if measured.concentration is not None and not linear:
        phrases.append(_SHOWN)
    return Shape(
        ellipticity=measured.ellipticity,
        position_angle=measured.position_angle,
        concentration=measured.concentration,
        asymmetry=measured.asymmetry,
        radius=measured.radius,
        phrases=phrases,
    )


def _outline(ellipticity: float | None) -> list[str]:
    if ellipticity is None:
        return []
    if ellipticity < _ROUND:
        return ["Nearly round in outline."]
    return [f"About {1 / max(1 - ellipticity, 0.05):.1f} times as long as it is wide."]


def _phrase(words: tuple[tuple[float, str], ...], value: float | None) -> list[str]:
    if value is None:
        return []
    return [next((text for most, text in words if value < most), words[-1][1])]
