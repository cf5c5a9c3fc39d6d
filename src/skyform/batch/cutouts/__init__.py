"""Cut-outs: from positions on the sky to pictures, out of a large image or from a public service."""

from skyform.batch.cutouts.cache import CacheReport, CutoutCache, default_cache
from skyform.batch.cutouts.client import Cutout, CutoutClient, fetch_cutout
from skyform.batch.cutouts.opening import CutoutOptions, open_cutouts
from skyform.batch.cutouts.service_cutouts import ServiceCutouts
from skyform.batch.cutouts.services import (
    DESI,
    PANSTARRS,
    SDSS,
    SERVICES,
    CutoutService,
    View,
    service_named,
)
from skyform.batch.cutouts.survey_image import SurveyImage

__all__ = [
    "DESI",
    "PANSTARRS",
    "SDSS",
    "SERVICES",
    "CacheReport",
    "Cutout",
    "CutoutCache",
    "CutoutClient",
    "CutoutOptions",
    "CutoutService",
    "ServiceCutouts",
    "SurveyImage",
    "View",
    "default_cache",
    "fetch_cutout",
    "open_cutouts",
    "service_named",
]
