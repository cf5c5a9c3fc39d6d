"""How large a picture may be, checked before anything is decoded."""

from dataclasses import dataclass

from skyform.errors import ImageTooLargeError

__all__ = ["DEFAULT_LIMITS", "Limits", "check_bytes", "check_pixels"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest input that is decoded.

    Parameters
    ----------
    max_bytes : int
        Bytes of a file, and bytes that a compressed FITS file may unpack to.
    max_pixels : int
        Width times height, as the header declares them; times the planes in FITS cubes.

    Raises
    ------
    ValueError
        If a limit is below 1.
    """

    max_bytes: int = 256 * 2**20
    max_pixels: int = 200_000_000

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_pixels"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give a number of at least 1.")


DEFAULT_LIMITS = Limits()


def check_bytes(count: int, *, name: str, limits: Limits) -> None:
    """Raise `ImageTooLargeError` where a file of `count` bytes is over the limit."""
    if count > limits.max_bytes:
        raise ImageTooLargeError(
            f"{name}: {count / 2**20:,.1f} MiB, over the limit of "
            f"{limits.max_bytes / 2**20:,.1f} MiB a file.",
            remedy="Cut out the part with the object, or raise the limit `max_bytes`.",
        )


def check_pixels(width: int, height: int, *, name: str, limits: Limits, planes: int = 1) -> None:
    """Raise `ImageTooLargeError` where a picture of this size is over the limit."""
    if width * height * planes > limits.max_pixels:
        size = f"{width:,} × {height:,}" + (f" × {planes:,}" if planes > 1 else "")
        raise ImageTooLargeError(
            f"{name}: {size} pixels, over the limit of {limits.max_pixels:,} pixels in all.",
            remedy="Cut out the part with the object, shrink the picture, or raise the limit `max_pixels`.",
        )
