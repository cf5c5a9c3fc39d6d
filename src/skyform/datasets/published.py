"""The published data sets: what they hold, where their files are, how to check them, and how to cite them.

Nothing here is downloaded by itself: `skyform.datasets.download` does it when asked to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from skyform.errors import DataError

__all__ = ["PUBLISHED", "Published", "PublishedFile", "find_published"]


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file of a published set.

    Attributes
    ----------
    name : str
        What it is called on disk.
    url : str
        Where it is.
    checksum : str
        As published, with its algorithm: `sha256:…` or `md5:…`, in lower case. Empty where none is known: see
        `Published.record`.
    bytes : int or None
        Its size, where published to the byte.
    """

    name: str
    url: str
    checksum: str = ""
    bytes: int | None = None

    @property
    def sha256(self) -> str:
        """The published SHA-256; empty where another kind of checksum is published, or none."""
        algorithm, _, digits = self.checksum.partition(":")
        return digits if algorithm == "sha256" else ""


@dataclass(frozen=True, slots=True)
class Published:
    """One published set.

    Attributes
    ----------
    id, title : str
    files : tuple of PublishedFile
        Empty where the set can only be downloaded with an account of one's own.
    page : str
        Where people read about it.
    licence, citation, note : str
        Under what terms, what to cite, and what is inside, checked how.
    record : str
        Address at which the archive states its files' checksums, fetched at download time for files without one here; empty
        where there is none.
    """

    id: str
    title: str
    files: tuple[PublishedFile, ...]
    page: str
    licence: str
    citation: str
    note: str
    record: str = ""


_LEUNG_BOVY = "Leung and Bovy 2019, MNRAS 483, 3255 (astroNN), from which the set comes"
_GALAXY_ZOO_2 = "Willett et al. 2013, MNRAS 435, 2835; Hart et al. 2016, MNRAS 461, 3663"
_DECALS_VOTES = "Walmsley et al. 2022, MNRAS 509, 3966"
_SDSS_THANKS = "SDSS asks for an acknowledgement: https://www.sdss.org/collaboration/citing-sdss/"

_GALAXY10_SDSS = Published(
    id="galaxy10_sdss",
    title="Galaxy10 SDSS",
    files=(
        PublishedFile(
            "Galaxy10.h5",
            "https://zenodo.org/records/10844811/files/Galaxy10.h5",
            "sha256:969a6b1cefcc36e09fffa86febd2f699a4aa19b837ba0427f01b0bc6ded458af",
            210_234_548,
        ),
    ),
    page="https://zenodo.org/records/10844811",
    licence="see the page; the images are SDSS's",
    citation=f"{_LEUNG_BOVY}; Lintott et al. 2008, MNRAS 389, 1179; Lintott et al. 2011, MNRAS 410, 166",
    note=f"21,785 images of 69x69 pixels in 10 classes, one HDF5 file (`images`, `ans`). SHA-256 as in the set's documentation. "
    f"{_SDSS_THANKS}",
)

_GALAXY10_DECALS = Published(
    id="galaxy10_decals",
    title="Galaxy10 DECaLS",
    files=(
        PublishedFile(
            "Galaxy10_DECals.h5",
            "https://zenodo.org/records/10845026/files/Galaxy10_DECals.h5",
            "sha256:19aefc477c41bb7f77ff07599a6b82a038dc042f889a111b0d4d98bb755c1571",
        ),
    ),
    page="https://zenodo.org/records/10845026",
    licence="see the page; the images are the DESI Legacy Imaging Surveys'",
    citation=f"{_LEUNG_BOVY}; {_DECALS_VOTES}; Dey et al. 2019, AJ 157, 168",
    note="17,736 images of 256x256 pixels in 10 classes, one HDF5 file of 2.5 GB (`images`, `ans`, `ra`, `dec`, `redshift`, "
    "`pxscale`). SHA-256 as in the set's documentation.",
)

_GZ2 = Published(
    id="gz2",
    title="Galaxy Zoo 2",
    files=(
        PublishedFile("gz2_hart16.csv.gz", "https://gz2hart.s3.amazonaws.com/gz2_hart16.csv.gz"),
        PublishedFile(
            "gz2_filename_mapping.csv",
            "https://zenodo.org/records/3565489/files/gz2_filename_mapping.csv",
            "md5:7e28465e6dfbf96c0d828c595a5bbd80",
        ),
        PublishedFile(
            "images_gz2.zip",
            "https://zenodo.org/records/3565489/files/images_gz2.zip",
            "md5:bc647032d31e50c798770cf4430525c7",
        ),
    ),
    page="https://data.galaxyzoo.org",
    licence="see the page and https://zenodo.org/records/3565489; the images are SDSS's",
    citation=f"{_GALAXY_ZOO_2}; the images: doi:10.5281/zenodo.3565489",
    note="Votes on 239,695 galaxies (`gz2_hart16.csv.gz`), 243,434 images (`images_gz2.zip`, 3.4 GB), and which image shows which "
    "galaxy. MD5 of the images and the mapping as the archive states them; for the votes nobody publishes a checksum, so a download "
    f"of them is only as good as the connection. {_SDSS_THANKS}",
)

_GZ_DECALS = Published(
    id="gz_decals",
    title="Galaxy Zoo DECaLS votes",
    files=tuple(
        PublishedFile(name, f"https://zenodo.org/records/4573248/files/{name}")
        for name in ("gz_decals_volunteers_1_and_2.csv", "gz_decals_volunteers_5.csv")
    ),
    page="https://zenodo.org/records/4573248",
    licence="CC BY 4.0",
    citation=_DECALS_VOTES,
    note="Volunteers' votes of the campaigns on DECaLS DR1 and DR2 (`…_1_and_2`, 81 MB) and DR5 (`…_5`, 146 MB), as released with the "
    "paper. The images are four archives of about 26 GB each on the same page, and are left to you. MD5 as the archive states it at "
    "the time of the download.",
    record="https://zenodo.org/api/records/4573248",
)

_GZ_DECALS_FIRST = Published(
    id="gz_decals_first",
    title="Galaxy Zoo DECaLS votes, first release",
    files=tuple(
        PublishedFile(name, f"https://zenodo.org/records/4196267/files/{name}")
        for name in ("gz_decals_volunteers_ab.csv", "gz_decals_volunteers_c.csv")
    ),
    page="https://zenodo.org/records/4196267",
    licence="CC BY 4.0",
    citation=_DECALS_VOTES,
    note="The same votes under the campaigns' working names, from which Galaxy10 DECaLS was compiled. MD5 as the archive states it at "
    "the time of the download.",
    record="https://zenodo.org/api/records/4196267",
)

_KAGGLE = Published(
    id="kaggle",
    title="Kaggle Galaxy Zoo",
    files=(),
    page="https://www.kaggle.com/c/galaxy-zoo-the-galaxy-challenge/data",
    licence="the competition's rules, which you accept with your own account",
    citation="Dieleman, Willett and Dambre 2015, MNRAS 450, 1441, on the challenge; Willett et al. 2013, MNRAS 435, 2835",
    note="61,578 training images of 424x424 pixels (`images_training_rev1.zip`) with 37 vote fractions each "
    "(`training_solutions_rev1.zip`), and 79,975 test images. To download it, sign in on the page, accept the rules, and put the "
    f"files into one folder as they are. {_SDSS_THANKS}",
)

PUBLISHED: Mapping[str, Published] = MappingProxyType(
    {
        p.id: p
        for p in (_GALAXY10_SDSS, _GALAXY10_DECALS, _GZ2, _GZ_DECALS, _GZ_DECALS_FIRST, _KAGGLE)
    }
)
"""The published sets by id."""


def find_published(id: str) -> Published:
    """The published set of this id.

    Raises
    ------
    DataError
        If there is none.
    """
    if id not in PUBLISHED:
        raise DataError(
            f"There is no published data set {id!r}.", remedy=f"There are {', '.join(PUBLISHED)}."
        )
    return PUBLISHED[id]
