"""The short way into a batch agrees with the long one, on every kind of file."""

import io
import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_up_data import drawn_galaxy
from makers import FILES, galaxy, galaxy_flux, image_file, make, mutate
from PIL import Image

from skyform.errors import ImageError, ImageTooLargeError
from skyform.images import Limits, Prepared, Preparer, Preprocess, decode, jpeg
from skyform.schema import Flag, Frame

SIDES = (424, 256, 80)


def drawn_jpeg(seed: int, *, side: int) -> bytes:
    out = io.BytesIO()
    drawn_galaxy(seed, side=side).save(out, "JPEG", quality=90)
    return out.getvalue()


def blob_jpeg(side: int, *, sigma: float, quality: int = 95) -> bytes:
    """A round object in the middle, as a JPEG."""
    y, x = np.mgrid[:side, :side] - side / 2
    noise = np.random.default_rng(0).normal(8, 2, (side, side))
    grey = np.clip(220 * np.exp(-(x**2 + y**2) / (2 * sigma**2)) + noise, 0, 255)
    rgb = np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)
    return image_file(rgb, "JPEG", quality=quality)


def short(data: bytes, preprocess: Preprocess, **options: Limits) -> Prepared:
    out = np.zeros((preprocess.size, preprocess.size, 3), np.uint8)
    frame, flags = Preparer(preprocess, **options).into(data, out=out)
    return Prepared(out, frame, flags)


def long(data: bytes, preprocess: Preprocess) -> Prepared:
    return preprocess(decode(data, min_side=preprocess.min_side))


def distance(one: Prepared, other: Prepared) -> float:
    """Mean difference in grey levels."""
    return float(np.abs(one.pixels.astype(int) - other.pixels).mean())


def shift(one: Frame, other: Frame) -> float:
    """Largest difference of the corner and the side, as a share of the side."""
    pairs = ((one.x, other.x), (one.y, other.y), (one.side, other.side))
    return max(abs(a - b) for a, b in pairs) / other.side


@pytest.fixture
def scales(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collects the scales at which JPEGs are decoded."""
    pytest.importorskip("simplejpeg")
    seen: list[int] = []
    whole = Preparer._decoded

    def watched(self: Preparer, plain: jpeg.PlainJpeg, scale: int) -> np.ndarray | None:
        seen.append(scale)
        return whole(self, plain, scale)

    monkeypatch.setattr(Preparer, "_decoded", watched)
    return seen


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("size", [48, 96])
def test_short_and_long_way_agree(side: int, size: int) -> None:
    preprocess = Preprocess(size=size)
    made = [
        (short(data, preprocess), long(data, preprocess))
        for data in (drawn_jpeg(seed, side=side) for seed in range(10))
    ]
    assert np.mean([distance(*pair) for pair in made]) < 1.5
    assert np.mean([shift(a.frame, b.frame) < 0.02 for a, b in made]) >= 0.9
    assert sum(a.flags == b.flags for a, b in made) >= 9
    assert {(a.frame.width, a.frame.height) for a, _ in made} == {(side, side)}


@pytest.mark.parametrize("name", sorted(FILES))
def test_all_formats_are_prepared_alike(name: str) -> None:
    preprocess = Preprocess(size=40)
    one, other = short(make(name), preprocess), long(make(name), preprocess)
    assert np.array_equal(one.pixels, other.pixels)
    assert (one.frame, one.flags) == (other.frame, other.flags)


def test_what_is_given_may_be_a_file_an_array_or_a_picture(tmp_path: Path) -> None:
    preprocess = Preprocess(size=40)
    path = tmp_path / "one.jpg"
    path.write_bytes(make("rgb.jpg"))
    picture = decode(path)
    wanted = preprocess(picture)
    preparer = Preparer(preprocess)
    for source in (path, str(path), picture, picture.rgb, Image.fromarray(picture.rgb)):
        out = np.zeros((40, 40, 3), np.uint8)
        frame, flags = preparer.into(source, out=out)
        assert np.array_equal(out, wanted.pixels), type(source)
        assert (frame, flags) == (wanted.frame, wanted.flags)
    out = np.zeros((40, 40, 3), np.uint8)
    preparer.into(np.stack([galaxy_flux()] * 3), out=out)
    assert out.max() > 100


@pytest.mark.parametrize(
    ("side", "sigma", "size", "expected"),
    [
        # The crop is about half of the picture: half the pixels are enough for 96, a quarter for 48, and all are needed for 128.
        (424, 35, 96, [2]),
        (424, 35, 48, [4]),
        (424, 35, 128, [1]),
        # A small object: the crop would have too few pixels, and the picture is decoded again.
        (424, 14, 96, [2, 1]),
        # Reduced by 2, the picture would be searched on a coarser copy.
        (288, 24, 64, [1]),
        (900, 72, 48, [8]),
    ],
)
def test_no_more_is_decoded_than_needed(
    side: int, sigma: float, size: int, expected: list[int], scales: list[int]
) -> None:
    preprocess = Preprocess(size=size)
    data = blob_jpeg(side, sigma=sigma)
    one, other = short(data, preprocess), long(data, preprocess)
    assert scales == expected
    assert distance(one, other) < 1.5
    assert shift(one.frame, other.frame) < 0.02


def test_room_around_the_crop_is_part_of_it(scales: list[int]) -> None:
    preprocess = Preprocess(size=64).with_margin(1.5)
    data = blob_jpeg(424, sigma=35)
    one, other = short(data, preprocess), long(data, preprocess)
    assert scales == [2]
    assert shift(one.frame, other.frame) < 0.02
    assert distance(one, other) < 1.5


def test_a_place_in_a_batch_is_filled_and_no_other() -> None:
    batch = np.full((3, 40, 40, 3), 9, np.uint8)
    preprocess = Preprocess(size=40)
    Preparer(preprocess).into(make("rgb.jpg"), out=batch[1])
    assert np.array_equal(batch[1], long(make("rgb.jpg"), preprocess).pixels)
    assert (batch[[0, 2]] == 9).all()


def test_one_preparer_for_many_pictures() -> None:
    preprocess = Preprocess(size=48)
    preparer = Preparer(preprocess)
    out = np.zeros((48, 48, 3), np.uint8)
    for seed in range(3):
        # Larger and smaller ones in turn, in the same memory.
        for side in (424, 80, 300):
            data = drawn_jpeg(seed, side=side)
            frame, _ = preparer.into(data, out=out)
            fresh = short(data, preprocess)
            assert np.array_equal(out, fresh.pixels)
            assert frame == fresh.frame


def test_without_the_fast_decoder_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    preprocess = Preprocess(size=64)
    pictures = [drawn_jpeg(seed, side=200) for seed in range(4)]
    fast = [short(data, preprocess) for data in pictures]
    monkeypatch.setattr(jpeg, "_turbo", lambda: None)
    for data, one in zip(pictures, fast, strict=True):
        other = short(data, preprocess)
        assert (one.frame, one.flags) == (other.frame, other.flags)
        assert distance(one, other) < 0.5


def outcome(way: Callable[..., Prepared], data: bytes) -> tuple[str, str]:
    try:
        made = way(data, Preprocess(size=40))
    except ImageError as error:
        return error.code, error.message
    return "picture", f"{made.frame.width} x {made.frame.height}"


def test_damaged_files_end_as_they_do_in_decode() -> None:
    whole = [make("rgb.jpg"), drawn_jpeg(0, side=424), make("rgb.png")]
    ends: Counter[str] = Counter()
    for i in range(200):
        data = mutate(whole[i % 3], rng=np.random.default_rng([5, i]))
        made = outcome(short, data)
        assert made == outcome(long, data), i
        ends[made[0]] += 1
    assert min(ends[kind] for kind in ("picture", "corrupt-image", "truncated-image")) > 10, ends


def test_limits_hold(tmp_path: Path) -> None:
    data = blob_jpeg(424, sigma=30)
    preprocess = Preprocess(size=48)
    with pytest.raises(ImageTooLargeError, match="424 × 424 pixels"):
        short(data, preprocess, limits=Limits(max_pixels=424 * 424 - 1))
    with pytest.raises(ImageTooLargeError, match="MiB"):
        short(data, preprocess, limits=Limits(max_bytes=len(data) - 1))
    path = tmp_path / "large.jpg"
    path.write_bytes(data)
    with pytest.raises(ImageTooLargeError, match=r"large\.jpg"):
        Preparer(preprocess, limits=Limits(max_pixels=9)).into(
            path, out=np.zeros((48, 48, 3), np.uint8)
        )


def test_a_header_that_promises_too_much_takes_no_memory() -> None:
    preparer = Preparer(Preprocess(size=48))
    huge = jpeg.PlainJpeg(make("rgb.jpg"), width=60_000, height=3_000, orientation=1)
    assert preparer._decoded(huge, 1) is None
    assert preparer._memory.size < 2**20


@pytest.mark.parametrize(
    "out",
    [
        np.zeros((40, 41, 3), np.uint8),
        np.zeros((3, 40, 40), np.uint8),
        np.zeros((48, 48, 3), np.uint8),
        np.zeros((40, 40, 3), np.float32),
    ],
)
def test_a_place_of_another_shape_is_refused(out: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"give \(40, 40, 3\) and uint8"):
        Preparer(Preprocess(size=40)).into(galaxy(), out=out)


def test_it_travels_to_other_processes() -> None:
    preparer = pickle.loads(
        pickle.dumps(Preparer(Preprocess(size=40), limits=Limits(max_pixels=9)))
    )
    assert preparer.size == 40
    with pytest.raises(ImageTooLargeError):
        preparer.into(make("rgb.jpg"), out=np.zeros((40, 40, 3), np.uint8))


def test_quality_is_noticed_at_reduced_scale(scales: list[int]) -> None:
    black = image_file(np.zeros((424, 424, 3), np.uint8), "JPEG")
    assert {Flag.BLANK, Flag.NOTHING_FOUND} <= set(short(black, Preprocess(size=48)).flags)
    aside = np.zeros((424, 424, 3), np.uint8)
    aside[40:140, 0:90] = 255
    flags = short(image_file(aside, "JPEG"), Preprocess(size=48)).flags
    assert {Flag.OFF_CENTRE, Flag.CUT_BY_EDGE, Flag.SATURATED} <= set(flags)
    assert min(scales) > 1
