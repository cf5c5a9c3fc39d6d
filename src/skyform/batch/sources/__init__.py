"""Where the pictures of a run come from: folders, lists, catalogues, HDF5, Parquet, tar, zip and FITS, here or far away."""

from skyform.batch.sources.opening import open_source
from skyform.batch.sources.options import SourceOptions

__all__ = ["SourceOptions", "open_source"]
