"""Every error that Skyform raises on purpose.

SkyformError
├── ImageError                an input picture cannot be used
│   ├── UnreadableFileError   missing, a folder, no permission, a failing disk
│   ├── EmptyFileError        zero bytes
│   ├── UnknownFormatError    not a picture in a format that we read
│   ├── TruncatedImageError   the file ends before the picture does
│   ├── CorruptImageError     the bytes contradict the format
│   ├── ImageTooLargeError    over the limit of bytes or pixels
│   ├── CropError             the chosen part is not on the picture
│   ├── NoImageDataError      a FITS file without an image, or with nothing but NaN
│   └── UnsupportedImageError valid, but of a shape or type without a meaning here
├── DataError                 a data set, table or label file cannot be used
├── RecipeError               a training recipe is wrong
├── ModelError                a model file is missing, damaged or of another version
├── OutputError               results cannot be written
├── BatchError                a survey-scale run cannot start, go on, or finish
├── StoreError                what the site keeps cannot be opened, read, saved or brought back
│   ├── AccountError          an account cannot be made, changed or used so
│   └── CursorError           a page of a list was asked for with a cursor that is none
└── MissingExtraError         the command needs an optional part that is not installed

Each error says what was wrong (`message`) and what to do (`remedy`); `code` is its stable name in tables and JSON.
"""

__all__ = [
    "AccountError",
    "BatchError",
    "CorruptImageError",
    "CropError",
    "CursorError",
    "DataError",
    "EmptyFileError",
    "ImageError",
    "ImageTooLargeError",
    "MissingExtraError",
    "ModelError",
    "NoImageDataError",
    "OutputError",
    "RecipeError",
    "SkyformError",
    "StoreError",
    "TruncatedImageError",
    "UnknownFormatError",
    "UnreadableFileError",
    "UnsupportedImageError",
]


class SkyformError(Exception):
    """Base of all errors that a user can act on.

    Parameters
    ----------
    message : str
        What was wrong, with the offending name and value.
    remedy : str
        What to do about it; may be empty where the message says it already.
    """

    code = "error"

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling, and errors cross process borders.
        return (_rebuild, (type(self), self.message, self.remedy))


def _rebuild(kind: type[SkyformError], message: str, remedy: str) -> SkyformError:
    return kind(message, remedy=remedy)


class ImageError(SkyformError):
    """An input picture cannot be used."""

    code = "image"


class UnreadableFileError(ImageError):
    """The file is missing, is a folder, or may not be read."""

    code = "unreadable-file"


class EmptyFileError(ImageError):
    """The file has zero bytes."""

    code = "empty-file"


class UnknownFormatError(ImageError):
    """The bytes are not a picture in a format that Skyform reads."""

    code = "unknown-format"


class TruncatedImageError(ImageError):
    """The file ends before the picture does."""

    code = "truncated-image"


class CorruptImageError(ImageError):
    """The bytes contradict the format that they claim."""

    code = "corrupt-image"


class ImageTooLargeError(ImageError):
    """The picture has more bytes or pixels than the limits allow."""

    code = "image-too-large"


class CropError(ImageError):
    """The part of the picture that was chosen is not on it, or is no sensible size."""

    code = "bad-crop"


class NoImageDataError(ImageError):
    """The container is fine, but there is no finite pixel in it."""

    code = "no-image-data"


class UnsupportedImageError(ImageError):
    """A valid picture of a shape or type that has no meaning here."""

    code = "unsupported-image"


class DataError(SkyformError):
    """A data set, table or label file cannot be used."""

    code = "data"


class RecipeError(SkyformError):
    """A training recipe is wrong."""

    code = "recipe"


class ModelError(SkyformError):
    """A model file is missing, damaged or of another version."""

    code = "model"


class OutputError(SkyformError):
    """Results cannot be written where or as asked."""

    code = "output"


class BatchError(SkyformError):
    """A survey-scale run cannot start, go on, or finish: what it was begun with has changed, or its workers keep dying."""

    code = "batch"


class StoreError(SkyformError):
    """The database or the kept pictures cannot be opened, read, saved or brought back."""

    code = "store"


class StoreAwayError(StoreError):
    """The database or the place for kept pictures gives no answer, for now."""

    code = "store-away"


class AccountError(StoreError):
    """An account cannot be made, changed or used so."""

    code = "account"


class CursorError(StoreError):
    """A page of a list was asked for with a cursor that does not come from that list."""

    code = "invalid-cursor"


class MissingExtraError(SkyformError):
    """The command needs an optional part of Skyform that is not installed."""

    code = "missing-extra"
