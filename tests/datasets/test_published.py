"""The list of published sets is whole, and says what it does not know."""

import re

import pytest

from skyform.datasets.published import PUBLISHED, find_published
from skyform.errors import DataError


@pytest.mark.parametrize("id", PUBLISHED)
def test_every_set_says_what_one_needs_to_know(id: str):
    published = PUBLISHED[id]
    assert published.id == id
    for text in (published.title, published.licence, published.citation, published.note):
        assert text.strip() == text
        assert text
    assert published.page.startswith("https://")
    assert len({f.name for f in published.files}) == len(published.files)
    for file in published.files:
        assert file.url.startswith("https://")
        assert file.url.endswith(f"/{file.name}")
        assert re.fullmatch(r"(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})?", file.checksum)


@pytest.mark.parametrize("id", PUBLISHED)
def test_a_file_without_a_checksum_is_said_or_looked_up(id: str):
    published = PUBLISHED[id]
    bare = [f for f in published.files if not f.checksum]
    assert not bare or published.record or "nobody publishes a checksum" in published.note


def test_the_checksums_of_galaxy10():
    (sdss,), (decals,) = PUBLISHED["galaxy10_sdss"].files, PUBLISHED["galaxy10_decals"].files
    assert sdss.sha256.startswith("969a6b1cefcc36e0")
    assert sdss.bytes == 210_234_548
    assert decals.sha256.startswith("19aefc477c41bb7f")
    assert PUBLISHED["gz2"].files[-1].sha256 == ""


def test_kaggle_has_no_address():
    assert PUBLISHED["kaggle"].files == ()
    assert "sign in" in PUBLISHED["kaggle"].note


def test_finding_one():
    assert find_published("gz2") is PUBLISHED["gz2"]
    with pytest.raises(DataError, match=r"no published data set 'gz3'.*galaxy10_sdss"):
        find_published("gz3")
