"""Survey-scale runs: from a folder to a sky, in parts that are never lost and never repeated."""

from skyform.batch.engine import Engine
from skyform.batch.items import Item, Part, Source
from skyform.batch.local import LocalEngine
from skyform.batch.locks import Share
from skyform.batch.ray_engine import RayEngine
from skyform.batch.run import Outcome, Settings, run_batch
from skyform.batch.sources import SourceOptions, open_source

__all__ = [
    "Engine",
    "Item",
    "LocalEngine",
    "Outcome",
    "Part",
    "RayEngine",
    "Settings",
    "Share",
    "Source",
    "SourceOptions",
    "open_source",
    "run_batch",
]
