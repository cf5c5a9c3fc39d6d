"""Every data set of the field behind one interface: records, labels in the terms of the tree, splits, and where the pictures are."""

from skyform.datasets.alike import find_copies, near_identical
from skyform.datasets.catalogue import SOURCES, Row, Source, read_source
from skyform.datasets.collect import (
    PROVENANCE,
    Collected,
    Provenance,
    Skipped,
    read_provenance,
)
from skyform.datasets.convert import LAYOUTS, Converted
from skyform.datasets.dataset import DataSet, ImageStore, Problem, Record, Stored
from skyform.datasets.derive import derive_labels, fractions_of, relabel
from skyform.datasets.everyday import HELD_OUT_PHOTOGRAPHS, everyday_rows
from skyform.datasets.galaxy_zoo import read_gz2
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
from skyform.datasets.manifest import (
    Manifest,
    ManifestRow,
    apply_manifest,
    read_manifest,
    write_manifest,
)
from skyform.datasets.opening import FORMATS, open_dataset
from skyform.datasets.published import PUBLISHED, Published, PublishedFile, find_published
from skyform.datasets.splits import (
    RATIOS,
    cap_classes,
    class_weights,
    fold_dataset,
    group_records,
    split_dataset,
)
from skyform.datasets.stores import ArrayStore, FileStore, Hdf5Store, ParquetStore, ZipStore
from skyform.datasets.strangers import STRANGERS, Stranger, stranger_pictures
from skyform.datasets.summary import Summary, summarise
from skyform.datasets.synthetic import SyntheticStore, synthetic_dataset
from skyform.datasets.synthetic_clusters import cluster_rows
from skyform.datasets.synthetic_draw import draw_galaxy
from skyform.datasets.synthetic_galaxy import Galaxy
from skyform.datasets.synthetic_labels import true_answers
from skyform.datasets.synthetic_nebulae import nebula_rows
from skyform.datasets.synthetic_rows import spiral_rows, synthetic_rows
from skyform.datasets.synthetic_sky import SURVEYS
from skyform.datasets.web import Visitor

__all__ = [
    "FORMATS",
    "HELD_OUT_PHOTOGRAPHS",
    "LAYOUTS",
    "PROVENANCE",
    "PUBLISHED",
    "RATIOS",
    "SOURCES",
    "STRANGERS",
    "SURVEYS",
    "ArrayStore",
    "Collected",
    "Converted",
    "DataSet",
    "FileStore",
    "Galaxy",
    "Hdf5Store",
    "ImageStore",
    "Labels",
    "Manifest",
    "ManifestRow",
    "ParquetStore",
    "Problem",
    "Provenance",
    "Published",
    "PublishedFile",
    "Record",
    "Row",
    "Skipped",
    "Source",
    "Stored",
    "Stranger",
    "Summary",
    "SyntheticStore",
    "Visitor",
    "ZipStore",
    "apply_manifest",
    "cap_classes",
    "class_weights",
    "clean5_rule",
    "cluster_rows",
    "derive_labels",
    "draw_galaxy",
    "edge_on_rule",
    "everyday_rows",
    "example_rules",
    "find_copies",
    "find_published",
    "fold_dataset",
    "fractions_of",
    "galaxy_zoo_1_rule",
    "group_records",
    "gz2_votes",
    "near_identical",
    "nebula_rows",
    "open_dataset",
    "read_gz2",
    "read_manifest",
    "read_provenance",
    "read_source",
    "relabel",
    "spiral_rows",
    "spiral_rule",
    "split_dataset",
    "star_rule",
    "stranger_pictures",
    "summarise",
    "synthetic_dataset",
    "synthetic_rows",
    "true_answers",
    "write_manifest",
]
