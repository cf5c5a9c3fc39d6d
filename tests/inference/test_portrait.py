from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import failed, prediction
from PIL import Image

from skyform.errors import OutputError
from skyform.inference.ink import GROUND, WARNING, Ink
from skyform.inference.portrait import draw_portrait, heat, save_portrait
from skyform.schema import Flag, Frame, KindEstimate

PICTURE = np.random.default_rng(5).integers(0, 90, (120, 160, 3), dtype=np.uint8)
FRAME = Frame(40.0, 20.0, 80.0, 160, 120)


def evidence_at(row: int, column: int) -> np.ndarray:
    out = np.zeros((32, 32), np.float32)
    out[row - 3 : row + 4, column - 3 : column + 4] = 1
    return out


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def test_size_is_the_width_and_the_layout_scales_along():
    p = prediction(frame=FRAME, evidence=evidence_at(10, 10))
    large = draw_portrait(p, PICTURE)
    small = draw_portrait(p, PICTURE, size=860)
    assert large.mode == "RGB"
    assert large.width == 1720
    assert small.width == 860
    assert small.height == pytest.approx(large.height / 2, abs=15)


def test_evidence_shows_where_it_is():
    dark = np.zeros_like(PICTURE)
    plain = pixels(
        draw_portrait(prediction(frame=FRAME, evidence=np.zeros((32, 32), np.float32)), dark)
    )
    lit = pixels(draw_portrait(prediction(frame=FRAME, evidence=evidence_at(8, 24)), dark))
    # The middle panel: 520 units wide from 592 on, from 40 down.
    changed = np.abs(lit - plain).sum(axis=2)[40:560, 592:1112] > 60
    rows, columns = np.nonzero(changed)
    assert rows.mean() == pytest.approx(8.5 / 32 * 520, abs=8)
    assert columns.mean() == pytest.approx(24.5 / 32 * 520, abs=8)
    assert changed.mean() < 0.15


def test_frame_is_drawn_where_it_is():
    image = pixels(draw_portrait(prediction(frame=FRAME), np.zeros_like(PICTURE)))
    yellow = (image[40:560, 40:560] == (255, 213, 79)).all(axis=2)
    rows, columns = np.nonzero(yellow)
    # 160 x 120 px shown 520 wide, so 3.25 units a pixel and 65 units of ground above.
    assert (columns.min(), columns.max()) == (pytest.approx(130, abs=2), pytest.approx(390, abs=2))
    assert (rows.min(), rows.max()) == (pytest.approx(130, abs=2), pytest.approx(390, abs=2))


def test_picture_at_reduced_scale_gives_the_same_frame():
    full = np.zeros((240, 320, 3), np.uint8)
    p = prediction(frame=Frame(80.0, 40.0, 160.0, 320, 240))
    a = pixels(draw_portrait(p, full))
    b = pixels(draw_portrait(p, full[::2, ::2]))
    assert np.array_equal(a, b)


def test_what_is_no_galaxy_has_no_path_and_flags_stand_out():
    galaxy = draw_portrait(prediction(frame=FRAME), PICTURE)
    nebula = draw_portrait(
        prediction(kind="nebula", confidence=0.7, frame=FRAME, flags=[Flag.NOT_A_GALAXY]), PICTURE
    )
    text = pixels(nebula)[:, 1150:]
    assert (np.abs(text - WARNING).sum(axis=2) < 30).any()
    assert nebula.height <= galaxy.height


def test_lower_edge_is_empty_however_much_there_is_to_say():
    p = prediction("name " * 40, frame=FRAME, flags=list(Flag), seed=3, evidence=evidence_at(5, 5))
    image = pixels(draw_portrait(p, PICTURE))
    assert (image[-20:] == GROUND).all()
    assert (image[:, -10:] == GROUND).all()


@settings(max_examples=10)
@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.floats(-50, 80),
    st.floats(-50, 80),
    st.floats(0.5, 80),
)
def test_any_picture_and_any_frame(shape: tuple[int, int], x: float, y: float, side: float):
    picture = np.zeros((*shape, 3), np.uint8)
    frame = Frame(x, y, side, shape[1], shape[0])
    p = prediction(frame=frame, evidence=evidence_at(4, 4))
    assert draw_portrait(p, picture, size=800).width == 800


def test_failures_and_tiny_sizes_are_refused():
    with pytest.raises(ValueError, match="'broken' failed"):
        draw_portrait(failed("broken"), PICTURE)
    with pytest.raises(ValueError, match="size is 100; it must be at least 800"):
        draw_portrait(prediction(frame=FRAME), PICTURE, size=100)


@given(st.text(max_size=40))
def test_any_name_can_be_written(name: str):
    ink = Ink(Image.new("RGB", (4, 4)), scale=1.0)
    assert ink.text(0, 0, name, size=12, fill=WARNING) >= 0


def test_shortened_fits():
    ink = Ink(Image.new("RGB", (4, 4)), scale=2.0)
    for width in (10, 50, 200):
        text = ink.shortened("a long name of a galaxy that does not fit", size=14, width=width)
        assert text.endswith("…")
        assert ink.width_of(text, size=14) <= width or len(text) <= 1


def test_heat_is_transparent_where_weak_and_brighter_where_strong():
    ramp = heat(np.linspace(0, 1, 11, dtype=np.float32)[None])[0].astype(int)
    assert ramp[:2, 3].tolist() == [0, 0]
    assert (np.diff(ramp[:, 3]) >= 0).all()
    brightness = ramp[:, :3] @ (0.30, 0.59, 0.11)
    assert (np.diff(brightness) > 0).all()
    assert heat(np.full((1, 1), np.nan, np.float32))[0, 0, 3] == 0


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_save(tmp_path: Path, suffix: str):
    portrait = draw_portrait(prediction(frame=FRAME), PICTURE, size=800)
    save_portrait(portrait, tmp_path / f"out{suffix}")
    with Image.open(tmp_path / f"out{suffix}") as read:
        assert read.size == portrait.size
    assert [p.name for p in tmp_path.iterdir()] == [f"out{suffix}"]


def test_save_refuses_what_it_cannot(tmp_path: Path):
    portrait = Image.new("RGB", (8, 8))
    with pytest.raises(OutputError, match=r"extension '\.gif'.*\.png, \.jpg, \.jpeg, \.webp"):
        save_portrait(portrait, tmp_path / "out.gif")
    with pytest.raises(OutputError, match=r"Cannot write .*No such file"):
        save_portrait(portrait, tmp_path / "none" / "out.png")


def test_kind_that_is_not_clear_shows_the_next_ones():
    sure = prediction(frame=FRAME, kind="nebula", confidence=0.95)
    unsure = replace(
        sure,
        kind=KindEstimate("nebula", "nebula", 0.5, {"nebula": 0.5, "galaxy": 0.4, "cluster": 0.1}),
    )
    a, b = (pixels(draw_portrait(p, PICTURE)) for p in (sure, unsure))
    filled = (190, 148, 38)
    bars = [len(np.unique(np.nonzero((i == filled).all(axis=2))[0])) for i in (a, b)]
    assert bars == [10, 30]
