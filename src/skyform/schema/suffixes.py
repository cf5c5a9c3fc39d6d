"""Names that picture files have: what counts as a picture inside a folder or an archive."""

__all__ = ["PICTURE_SUFFIXES"]

# Ends of names that count as pictures inside a folder; compressed FITS has two parts.
PICTURE_SUFFIXES: tuple[str, ...] = (
    ".bmp",
    ".fit",
    ".fit.gz",
    ".fits",
    ".fits.bz2",
    ".fits.fz",
    ".fits.gz",
    ".fts",
    ".gif",
    ".jfif",
    ".jpe",
    ".jpeg",
    ".jpg",
    ".png",
    ".tif",
    ".tiff",
    ".webp",
)
