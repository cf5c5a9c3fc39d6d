"""What can be said of a picture: trees, taxonomies, vote algebra, and the `Prediction`."""

from skyform.schema.prediction import (
    AnswerEstimate,
    ClassEstimate,
    Failure,
    Flag,
    Frame,
    KindEstimate,
    Prediction,
)
from skyform.schema.schemes import ClassName, Scheme
from skyform.schema.suffixes import PICTURE_SUFFIXES
from skyform.schema.taxonomies import (
    CLEAN5,
    FIVE_WAY,
    GALAXY10_DECALS,
    GALAXY10_SDSS,
    GALAXY_ZOO_1,
    HUBBLE,
    KINDS,
    TAXONOMIES,
    Kind,
    Rule,
    Taxonomy,
    TaxonomyClass,
    probability,
)
from skyform.schema.trees import DECALS, GZ2, KAGGLE, SKYFORM, TREES, Answer, Question, Tree
from skyform.schema.votes import (
    conditional,
    cumulative,
    most_probable_path,
    probability_asked,
    rolled_up,
)
from skyform.schema.words import chance, sentence

__all__ = [
    "CLEAN5",
    "DECALS",
    "FIVE_WAY",
    "GALAXY10_DECALS",
    "GALAXY10_SDSS",
    "GALAXY_ZOO_1",
    "GZ2",
    "HUBBLE",
    "KAGGLE",
    "KINDS",
    "PICTURE_SUFFIXES",
    "SKYFORM",
    "TAXONOMIES",
    "TREES",
    "Answer",
    "AnswerEstimate",
    "ClassEstimate",
    "ClassName",
    "Failure",
    "Flag",
    "Frame",
    "Kind",
    "KindEstimate",
    "Prediction",
    "Question",
    "Rule",
    "Scheme",
    "Taxonomy",
    "TaxonomyClass",
    "Tree",
    "chance",
    "conditional",
    "cumulative",
    "most_probable_path",
    "probability",
    "probability_asked",
    "rolled_up",
    "sentence",
]
