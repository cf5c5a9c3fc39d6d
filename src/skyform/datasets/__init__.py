"""Catalogues → rows: id, picture by reference, labels in the terms of the tree, split."""

from skyform.datasets.catalogue import SOURCES, Row, Source, read_source
from skyform.datasets.everyday import HELD_OUT_PHOTOGRAPHS, everyday_rows
from skyform.datasets.labels import (
    Labels,
    clean5_rule,
    edge_on_rule,
    example_rules,
    galaxy_zoo_1_rule,
    gz2_votes,
    spiral_rule,
    star_rule,
)

__all__ = [
    "HELD_OUT_PHOTOGRAPHS",
    "SOURCES",
    "Labels",
    "Row",
    "Source",
    "clean5_rule",
    "edge_on_rule",
    "everyday_rows",
    "example_rules",
    "galaxy_zoo_1_rule",
    "gz2_votes",
    "read_source",
    "spiral_rule",
    "star_rule",
]
