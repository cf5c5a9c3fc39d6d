"""The turbo decoder gives what Pillow gives, pixel for pixel and error for error, and leaves to Pillow what it should."""

import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import galaxy, image_file, make, mutate
from PIL import Image

from skyform.errors import ImageError, ImageTooLargeError
from skyform.images import jpeg
from skyform.images.decode import decode
from skyform.images.jpeg import PlainJpeg, plain_jpeg, reduced_scale
from skyform.images.limits import DEFAULT_LIMITS, Limits
from skyform.images.structure import outline_jpeg

pytest.importorskip("simplejpeg")

SIZES = ((60, 80), (333, 221), (424, 424), (17, 500))
# Chroma at full resolution, at half of it across, and at half of it both ways.
SUBSAMPLING = (0, 1, 2)


def opened(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> PlainJpeg | None:
    return plain_jpeg(data, outline_jpeg(data, name="it"), name="it", limits=limits)


@pytest.fixture
def by_pillow(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Calls a function as if there were no turbo decoder."""

    def call(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(jpeg, "_turbo", lambda: None)
            return function(*args, **options)

    return call


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("subsampling", SUBSAMPLING)
def test_pixels_are_pillows_at_every_scale(
    size: tuple[int, int], subsampling: int, by_pillow: Callable[..., Any]
) -> None:
    data = image_file(galaxy(*size), "JPEG", quality=90, subsampling=subsampling)
    for min_side in (None, *(max(1, min(size) // scale) for scale in (2, 3, 4, 8))):
        fast = decode(data, min_side=min_side)
        slow = by_pillow(decode, data, min_side=min_side)
        assert np.array_equal(fast.rgb, slow.rgb), min_side
        assert (fast.width, fast.height, fast.flags) == (size[1], size[0], ())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_pictures_are_pillows(orientation: int, by_pillow: Callable[..., Any]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = image_file(galaxy(), "JPEG", exif=exif)
    plain = opened(data)
    assert plain is not None
    assert plain.orientation == orientation
    fast, slow = decode(data), by_pillow(decode, data)
    assert np.array_equal(fast.rgb, slow.rgb)
    assert (fast.width, fast.height) == (slow.width, slow.height)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("rgb.jpg", True),
        ("grey.jpg", True),
        ("turned.jpg", True),
        ("progressive.jpg", False),
        ("cmyk.jpg", False),
    ],
)
def test_what_is_plain(name: str, plain: bool) -> None:
    assert (opened(make(name)) is not None) == plain


def test_rgb_without_conversion_is_left_to_pillow(by_pillow: Callable[..., Any]) -> None:
    data = image_file(galaxy(), "JPEG", quality=95, keep_rgb=True)
    assert opened(data) is None
    assert np.array_equal(decode(data).rgb, by_pillow(decode, data).rgb)


def test_two_exif_blocks_are_left_to_pillow() -> None:
    data = make("turned.jpg")
    (length,) = struct.unpack_from(">H", data, data.index(b"\xff\xe1") + 2)
    at = data.index(b"\xff\xe1")
    block = data[at : at + 2 + length]
    assert opened(data[:at] + block + data[at:]) is None
    assert opened(data) is not None


def test_pixels_are_counted_before_decoding() -> None:
    with pytest.raises(ImageTooLargeError, match="80 × 60"):
        opened(make("rgb.jpg"), limits=Limits(max_pixels=4799))


def test_a_large_picture_is_left_to_pillow() -> None:
    data = with_size(make("rgb.jpg"), width=60_000, height=3_000)
    plain = opened(data)
    assert plain is not None
    assert plain.decode() is None
    assert plain.room(scale=8) == 3 * 7_500 * 375
    # There is nothing like as much in the file.
    assert plain.decode(scale=8) is None


def with_size(data: bytes, *, width: int, height: int) -> bytes:
    """A JPEG whose header states another size."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def test_decoding_into_given_memory() -> None:
    plain = opened(make("rgb.jpg"))
    assert plain is not None
    memory = np.zeros(plain.room(scale=1) + 100, np.uint8)
    rgb = plain.decode(buffer=memory)
    assert rgb is not None
    assert np.shares_memory(rgb, memory)
    assert np.array_equal(rgb, decode(make("rgb.jpg")).rgb)
    assert not memory[-100:].any()
    assert plain.decode(buffer=memory[:100]) is None


def test_damaged_files_end_as_with_pillow(by_pillow: Callable[..., Any]) -> None:
    whole = [make(n) for n in ("rgb.jpg", "grey.jpg", "turned.jpg")]
    whole += [image_file(galaxy(133, 121), "JPEG", subsampling=s) for s in SUBSAMPLING]
    limits = Limits(max_pixels=1_000_000)
    ends: Counter[str] = Counter()
    for i in range(600):
        data = mutate(whole[i % len(whole)], rng=np.random.default_rng([31, i]))
        options = {"limits": limits, "min_side": (None, 20)[i % 2]}
        fast, slow = end(data, **options), by_pillow(end, data, **options)
        assert fast == slow, i
        ends[fast[0]] += 1
    for kind in ("picture", "CorruptImageError", "TruncatedImageError"):
        assert ends[kind] > 30, ends


def end(data: bytes, **options: Any) -> tuple[Any, ...]:
    try:
        picture = decode(data, **options)
    except ImageError as error:
        return type(error).__name__, error.message
    return "picture", picture.rgb.shape, picture.rgb.tobytes(), picture.width, picture.height


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 600))
def test_the_reduced_scale_leaves_what_is_needed(width: int, height: int, least: int) -> None:
    scale = reduced_scale(width, height, min_side=least)
    assert scale == 1 or -(-min(width, height) // scale) >= least
    assert scale == 8 or min(width, height) // (2 * scale) < least
    assert reduced_scale(width, height, min_side=None) == 1
