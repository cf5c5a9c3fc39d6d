"""Cut-outs from a made-up survey image: the right pixels, the right way round, in the catalogue's order, and honest at the edges."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st
from made_up_sky import (
    COLOURS,
    SCALE,
    SHAPE,
    Sky,
    centroid,
    draw,
    made_up_sky,
    sky_header,
    write_csv,
)

from skyform.batch.cutouts.bands import blue_to_red, wavelength
from skyform.batch.cutouts.geometry import SkyGrid, box_around
from skyform.batch.cutouts.opening import CutoutOptions, open_cutouts
from skyform.batch.items import Item, Source
from skyform.batch.pixels import decodable
from skyform.batch.sources.options import SourceOptions
from skyform.errors import DataError
from skyform.images import decode
from skyform.schema import Flag

SIDE = 18.0  # arcsec: about 60 px


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> Sky:
    """The distorted image in three bands, and the catalogue."""
    folder = tmp_path_factory.mktemp("sky")
    found = made_up_sky(sky_header())
    grey = draw(found)
    for i, (band, factor) in enumerate(COLOURS.items()):
        noise = np.random.default_rng(i).normal(0, 0.3, SHAPE)
        header = found.header.copy()
        header["FILTER"] = f"{band} made up"
        file = folder / f"tile-{band}.fits"
        fits.PrimaryHDU((grey * factor + noise).astype(np.float32), header).writeto(file)
        found.files[band] = file
    found.files["catalogue"] = write_csv(folder / "c.csv", {"ra": found.ra, "dec": found.dec})
    return found


def cut(
    catalogue: Path,
    *images: Path | str,
    size: int = 7,
    side: float | None = SIDE,
    **options: object,
) -> list[Item]:
    source = open_cutouts(
        str(catalogue),
        images=[str(i) for i in images],
        options=CutoutOptions(side_arcsec=side, **options),  # type: ignore[arg-type]
    )
    return [item for part in source.parts(size) for item in source.read(part)]


def pixels(item: Item) -> np.ndarray:
    assert item.error == ""
    assert isinstance(item.image, np.ndarray)
    return item.image


def corner(item: Item) -> tuple[int, int]:
    """Column and row of a cut-out's first pixel, from its path."""
    columns, rows = item.path.rpartition("[")[2].rstrip("]").split(",")
    return int(columns.split(":")[0]) - 1, int(rows.split(":")[0]) - 1


def one_image(folder: Path, header: fits.Header, **keywords: float) -> tuple[Sky, Path, Path]:
    found = made_up_sky(header, **keywords)  # type: ignore[arg-type]
    image = folder / "image.fits"
    fits.PrimaryHDU(draw(found), header).writeto(image)
    return found, image, write_csv(folder / "c.csv", {"ra": found.ra, "dec": found.dec})


def test_the_image_is_distorted_enough_to_matter(sky: Sky):
    straight = np.array(sky.wcs.wcs_world2pix(sky.ra, sky.dec, 0))
    off = np.hypot(*(straight - [sky.x, sky.y]))
    assert off.max() > 5


def test_each_object_is_within_half_a_pixel_of_the_centre(sky: Sky):
    items = cut(sky.files["catalogue"], sky.files["r"])
    assert len(items) == len(sky.x)
    for item, x, y in zip(items, sky.x, sky.y, strict=True):
        left, bottom = corner(item)
        middle = (pixels(item).shape[1] - 1) / 2
        assert abs(x - left - middle) <= 0.5
        assert abs(y - bottom - middle) <= 0.5
        assert centroid(pixels(item)) == pytest.approx((x - left, y - bottom), abs=0.12)


@pytest.mark.parametrize("frame", ["ICRS", "galactic"])
@pytest.mark.parametrize("mirrored", [False, True])
def test_other_coordinates_give_the_same_places(tmp_path: Path, frame: str, mirrored: bool):
    header = sky_header(sip=False, frame=frame, mirrored=mirrored)
    found, image, catalogue = one_image(tmp_path, header, step=200)
    for item, ra in zip(cut(catalogue, image), found.ra, strict=True):
        middle = (pixels(item).shape[0] - 1) / 2
        assert centroid(pixels(item)) == pytest.approx((middle, middle), abs=0.6)
        assert item.ra == pytest.approx(ra)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_picture_shows_the_sky_the_right_way_round(tmp_path: Path, mirrored: bool):
    _, image, catalogue = one_image(tmp_path, sky_header(sip=False, mirrored=mirrored), step=300)
    rgb = decode(decodable(pixels(cut(catalogue, image)[0]))).rgb
    middle = len(rgb) // 2
    # In the image the companion lies 8 px to the right and 5 px up.
    seen = {(dx, dy): int(rgb[middle - dy, middle + dx, 0]) for dx in (-8, 8) for dy in (-5, 5)}
    assert max(seen, key=lambda k: seen[k]) == ((-8, 5) if mirrored else (8, 5))


def test_the_scale_is_that_of_the_place(sky: Sky):
    grid = SkyGrid(sky.wcs)
    scales = [float(i.extra["pixel_scale"]) for i in cut(sky.files["catalogue"], sky.files["r"])]
    assert min(scales) < 0.97 * SCALE < 0.99 * SCALE < max(scales)
    x, y = sky.x[:1], sky.y[:1]
    here, right, up = (grid.sky(x + dx, y + dy) for dx, dy in ((0, 0), (1, 0), (0, 1)))
    steps = [
        np.hypot((p[0] - here[0]) * np.cos(np.radians(here[1])), p[1] - here[1]) * 3600
        for p in (right, up)
    ]
    assert scales[0] == pytest.approx(float(np.sqrt(steps[0] * steps[1])[0]), rel=1e-3)


def test_bands_come_from_blue_to_red_whatever_their_order(sky: Sky):
    files = sky.files
    items = cut(files["catalogue"], files["z"], files["g"], files["r"])
    alone = {b: cut(files["catalogue"], files[b]) for b in COLOURS}
    for i, item in enumerate(items):
        for plane, band in zip(pixels(item), "grz", strict=True):
            np.testing.assert_array_equal(plane, alone[band][i].image)


def test_bands_without_a_filter_are_known_by_their_files_names_or_taken_as_given(
    sky: Sky, tmp_path: Path
):
    for name in ("a-z.fits", "b-g.fits", "one.fits", "two.fits"):
        with fits.open(sky.files[name[2] if "-" in name else "r"]) as hdus:
            del hdus[0].header["FILTER"]
            hdus.writeto(tmp_path / name)
    named = cut(sky.files["catalogue"], tmp_path / "a-z.fits", tmp_path / "b-g.fits")[0]
    assert np.median(pixels(named)[0]) == pytest.approx(20 * COLOURS["g"], abs=1)
    given = cut(sky.files["catalogue"], tmp_path / "two.fits", tmp_path / "a-z.fits")[0]
    assert np.median(pixels(given)[1]) == pytest.approx(20 * COLOURS["z"], abs=1)


def test_a_cube_is_cut_in_all_its_bands(sky: Sky, tmp_path: Path):
    planes = [fits.getdata(sky.files[b]) for b in "zrg"]
    header = sky.header.copy()
    header["BANDS"] = "zrg"
    fits.PrimaryHDU(np.stack(planes), header).writeto(tmp_path / "cube.fits")
    item = cut(sky.files["catalogue"], tmp_path / "cube.fits")[3]
    left, bottom = corner(item)
    side = pixels(item).shape[1]
    expected = [p[bottom : bottom + side, left : left + side] for p in planes[::-1]]
    np.testing.assert_array_equal(pixels(item), np.stack(expected))


@pytest.mark.parametrize("tiles", [None, (100, 100), (64, 760)])
def test_tile_compressed_images_give_the_same(
    sky: Sky, tmp_path: Path, tiles: tuple[int, int] | None
):
    data = np.rint(fits.getdata(sky.files["r"]) * 10).astype(np.int32)
    plain, packed = tmp_path / "plain.fits", tmp_path / "packed.fits.fz"
    fits.PrimaryHDU(data, sky.header).writeto(plain)
    hdu = fits.CompImageHDU(data, sky.header, compression_type="RICE_1", tile_shape=tiles)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(packed)
    for one, other in zip(
        cut(sky.files["catalogue"], plain), cut(sky.files["catalogue"], packed), strict=True
    ):
        np.testing.assert_array_equal(pixels(one), pixels(other))


def test_scaled_and_wholly_compressed_images_give_the_same(sky: Sky, tmp_path: Path):
    data = np.rint(fits.getdata(sky.files["r"])[:150, :260])
    fits.PrimaryHDU(data, sky.header).writeto(tmp_path / "plain.fits")
    fits.PrimaryHDU(data, sky.header).writeto(tmp_path / "packed.fits.gz")
    scaled = fits.PrimaryHDU(data, sky.header)
    scaled.scale("int16", bzero=100.0, bscale=0.5)
    scaled.writeto(tmp_path / "scaled.fits")
    catalogue = at_pixels(tmp_path, (100, 100), (200, 60))
    plain = cut(catalogue, tmp_path / "plain.fits")
    for name in ("packed.fits.gz", "scaled.fits"):
        for one, other in zip(plain, cut(catalogue, tmp_path / name), strict=True):
            np.testing.assert_array_equal(pixels(one), pixels(other))


def test_a_small_signal_on_a_large_offset_survives(sky: Sky, tmp_path: Path):
    data = fits.getdata(sky.files["r"]).astype(np.float64) + 1e9
    fits.PrimaryHDU(data, sky.header).writeto(tmp_path / "deep.fits")
    one, other = (
        pixels(cut(sky.files["catalogue"], f)[0]) for f in (tmp_path / "deep.fits", sky.files["r"])
    )
    np.testing.assert_allclose(one - 1e9, other, atol=1e-5)


def test_neighbours_are_read_together_and_given_in_the_catalogues_order(sky: Sky, tmp_path: Path):
    order = np.random.default_rng(0).permutation(len(sky.ra))
    catalogue = write_csv(
        tmp_path / "c.csv",
        {"name": [f"g{i}" for i in order], "ra": sky.ra[order], "dec": sky.dec[order]},
    )
    source = open_cutouts(
        str(catalogue),
        images=[str(sky.files["r"])],
        options=CutoutOptions(side_arcsec=SIDE),
        source_options=SourceOptions(id_column="name"),
    )
    items = [i for part in source.parts(100) for i in source.read(part)]
    assert [i.id for i in items] == [f"g{i}" for i in order]
    straight = cut(sky.files["catalogue"], sky.files["r"])
    for item, i in zip(items, order, strict=True):
        np.testing.assert_array_equal(pixels(item), pixels(straight[i]))


def at_pixels(folder: Path, *places: tuple[object, object], names: tuple[str, str] = ("x", "y")):
    columns = dict(zip(names, ([p[i] for p in places] for i in (0, 1)), strict=True))
    return write_csv(folder / "places.csv", columns)


def test_a_cut_out_over_the_edge_is_filled_and_flagged(sky: Sky, tmp_path: Path):
    catalogue = at_pixels(tmp_path, (5, 300), (300, 300))
    over, whole = cut(catalogue, sky.files["r"], size_px=60)
    assert np.isnan(pixels(over)[:, :24]).all()
    assert np.isfinite(pixels(over)[:, 24:]).all()
    assert over.extra["coverage"] == pytest.approx(36 / 60)
    assert Flag.MISSING_PIXELS in decode(decodable(pixels(over))).flags
    assert whole.extra["coverage"] == 1
    assert decode(decodable(pixels(whole))).flags == ()


def test_mostly_or_wholly_off_the_image_is_an_error(sky: Sky, tmp_path: Path):
    items = cut(
        at_pixels(tmp_path, (-5, 300), (5000, 300), (300, -1e12)), sky.files["r"], size_px=60
    )
    assert [i.image for i in items] == [None] * 3
    assert "only 43% of its cut-out is" in items[0].error
    assert "it is off the edge" in items[1].error
    assert "it is off the edge" in items[2].error
    assert all(i.error.startswith("no-image-data: ") for i in items)


def test_positions_elsewhere_on_the_sky_are_never_led_back_onto_the_image(sky: Sky, tmp_path: Path):
    rng = np.random.default_rng(3)
    far_ra = np.concatenate([rng.uniform(0, 360, 300), sky.ra[0] + rng.uniform(-4, 4, 300)])
    far_dec = np.concatenate([rng.uniform(-90, 90, 300), sky.dec[0] + rng.uniform(1, 4, 300)])
    catalogue = write_csv(tmp_path / "c.csv", {"ra": far_ra, "dec": far_dec})
    assert all(i.image is None and "not on" in i.error for i in cut(catalogue, sky.files["r"]))


@pytest.mark.parametrize(
    ("ra", "dec"), [("", "2.2"), ("150.1", "north"), ("150.1", "95"), ("1e9", "2"), ("nan", "nan")]
)
def test_a_row_without_a_usable_position_is_an_error(sky: Sky, tmp_path: Path, ra: str, dec: str):
    catalogue = write_csv(tmp_path / "c.csv", {"ra": [ra, sky.ra[0]], "dec": [dec, sky.dec[0]]})
    bad, good = cut(catalogue, sky.files["r"])
    assert "Row 0 of" in bad.error
    assert "no usable position" in bad.error
    assert (bad.image, bad.ra) == (None, None)
    assert pixels(good).shape == pixels(cut(sky.files["catalogue"], sky.files["r"])[0]).shape


def test_positions_in_hours_minutes_and_seconds_and_west_of_zero(sky: Sky, tmp_path: Path):
    from astropy.coordinates import SkyCoord

    texts = SkyCoord(sky.ra[:3], sky.dec[:3], unit="deg")
    catalogue = write_csv(
        tmp_path / "c.csv",
        {
            "RA": [*texts.ra.to_string("hourangle", sep=":", precision=4), sky.ra[3] - 360 + 180],
            "DEC": [*texts.dec.to_string("deg", sep=":", precision=3), sky.dec[3]],
        },
    )
    items = cut(catalogue, sky.files["r"])
    assert [i.ra for i in items[:3]] == pytest.approx(sky.ra[:3], abs=1e-6)
    assert items[3].ra == pytest.approx(sky.ra[3] + 180)


def test_sizes_become_sides(sky: Sky, tmp_path: Path):
    table = Table(
        {"RA": sky.ra[:4], "DEC": sky.dec[:4], "r90": [3.0, 6.0, np.nan, 1e5]},
        units={"RA": "deg", "DEC": "deg", "r90": "arcsec"},
    )
    table.write(tmp_path / "c.fits")
    small, large, none, huge = cut(
        tmp_path / "c.fits", sky.files["r"], side=None, size_column="r90", size_factor=4.0
    )
    assert len(pixels(small)) == pytest.approx(12 / small.extra["pixel_scale"], abs=0.5)
    assert len(pixels(large)) == pytest.approx(24 / large.extra["pixel_scale"], abs=0.5)
    assert "has no size" in none.error
    assert "over the limit of 4,096" in huge.error
    filled = cut(tmp_path / "c.fits", sky.files["r"], side=15.0, size_column="r90")[2]
    assert len(pixels(filled)) == pytest.approx(15 / filled.extra["pixel_scale"], abs=0.5)


def test_units_that_a_table_states_are_heeded(sky: Sky, tmp_path: Path):
    table = Table(
        {"RA": np.radians(sky.ra), "DEC": np.radians(sky.dec), "radius": np.full(len(sky.ra), 0.1)},
        units={"RA": "rad", "DEC": "rad", "radius": "arcmin"},
    )
    table.write(tmp_path / "c.fits")
    table.write(tmp_path / "c.vot", format="votable")
    for name in ("c.fits", "c.vot"):
        items = cut(
            tmp_path / name, sky.files["r"], side=None, size_column="radius", size_factor=3.0
        )
        assert [i.ra for i in items] == pytest.approx(sky.ra)
        assert len(pixels(items[0])) == pytest.approx(18 / items[0].extra["pixel_scale"], abs=0.5)


def test_parquet_and_ucds(sky: Sky, tmp_path: Path):
    table = Table({"alpha": sky.ra, "delta": sky.dec})
    table["alpha"].meta["ucd"], table["delta"].meta["ucd"] = "pos.eq.ra;meta.main", "pos.eq.dec"
    table.write(tmp_path / "c.vot", format="votable")
    Table({"RAJ2000": sky.ra, "DEJ2000": sky.dec}).write(tmp_path / "c.parquet", format="parquet")
    for name in ("c.vot", "c.parquet"):
        assert [i.ra for i in cut(tmp_path / name, sky.files["r"])] == pytest.approx(sky.ra)


def test_pixels_count_from_zero_but_for_sextractor(sky: Sky, tmp_path: Path):
    def first(names: tuple[str, str], **options: object) -> tuple[int, int]:
        catalogue = at_pixels(tmp_path, (300, 300), names=names)
        return corner(cut(catalogue, sky.files["r"], size_px=61, **options)[0])

    assert first(("x", "y")) == (270, 270)
    assert first(("X_IMAGE", "Y_IMAGE")) == (269, 269)
    assert first(("x", "y"), from_one=True) == (269, 269)


def test_an_image_without_coordinates_takes_pixels(tmp_path: Path, sky: Sky):
    fits.PrimaryHDU(fits.getdata(sky.files["r"])).writeto(tmp_path / "bare.fits")
    item = cut(at_pixels(tmp_path, (300, 200)), tmp_path / "bare.fits", side=None, size_px=40)[0]
    assert pixels(item).shape == (40, 40)
    assert (item.ra, item.extra["pixel_scale"]) == (None, None)
    with pytest.raises(DataError, match="no celestial coordinates"):
        cut(sky.files["catalogue"], tmp_path / "bare.fits")
    with pytest.raises(DataError, match="side of the cut-outs"):
        cut(at_pixels(tmp_path, (300, 200)), tmp_path / "bare.fits")


def test_the_extension_with_the_sky_in_it_is_found_or_named(sky: Sky, tmp_path: Path):
    data = fits.getdata(sky.files["r"])
    other = sky.header.copy()
    other["CRVAL1"] = 10.0
    fits.HDUList(
        [
            fits.PrimaryHDU(),
            fits.ImageHDU(np.ones_like(data), sky.header, name="WHT"),
            fits.ImageHDU(np.ones((5, 5)), name="PSFMODEL"),
            fits.ImageHDU(data, sky.header, name="SKY"),
            fits.ImageHDU(data, other, name="ELSEWHERE"),
        ]
    ).writeto(tmp_path / "many.fits")
    found = cut(sky.files["catalogue"], tmp_path / "many.fits")
    np.testing.assert_array_equal(
        pixels(found[0]), pixels(cut(sky.files["catalogue"], sky.files["r"])[0])
    )
    for name in ("[SKY]", "[3]"):
        assert cut(sky.files["catalogue"], f"{tmp_path}/many.fits{name}")[0].error == ""
    assert cut(sky.files["catalogue"], f"{tmp_path}/many.fits[ELSEWHERE]")[0].image is None
    with pytest.raises(DataError, match="not a readable FITS image"):
        cut(sky.files["catalogue"], f"{tmp_path}/many.fits[NOPE]")


def test_bands_must_share_their_grid(sky: Sky, tmp_path: Path):
    shifted = sky.header.copy()
    shifted["CRPIX1"] += 1
    fits.PrimaryHDU(fits.getdata(sky.files["r"]), shifted).writeto(tmp_path / "shifted.fits")
    with pytest.raises(DataError, match="not on the same grid"):
        cut(sky.files["catalogue"], sky.files["g"], tmp_path / "shifted.fits")
    with pytest.raises(DataError, match="6 bands"):
        cut(sky.files["catalogue"], *[sky.files["g"]] * 6)


def test_what_cannot_be_opened_says_so(sky: Sky, tmp_path: Path):
    (tmp_path / "text.fits").write_text("no image")
    fits.PrimaryHDU(np.zeros((20, 30, 40))).writeto(tmp_path / "cube.fits")
    whole = sky.files["r"].read_bytes()
    (tmp_path / "header.fits").write_bytes(whole[:2000])
    catalogue = sky.files["catalogue"]
    for name, match in (
        ("missing.fits", "missing.fits"),
        ("text.fits", "not a readable FITS image"),
        ("cube.fits", "no image with two axes"),
        ("header.fits", "header.fits"),
    ):
        with pytest.raises(DataError, match=match):
            cut(catalogue, tmp_path / name)
    with pytest.raises(DataError, match="either from an image or from a service"):
        open_cutouts(str(catalogue))
    nameless = write_csv(tmp_path / "n.csv", {"a": [1.0], "b": [2.0]})
    with pytest.raises(DataError, match="no columns that look like a position"):
        cut(nameless, sky.files["r"])
    with pytest.raises(DataError, match="no column 'nope'"):
        cut(catalogue, sky.files["r"], size_column="nope")
    for value in (-1.0, 0.0, float("nan")):
        with pytest.raises(DataError, match="side_arcsec is"):
            cut(catalogue, sky.files["r"], side=value)


def test_a_damaged_stretch_costs_only_the_cut_outs_in_it(sky: Sky, tmp_path: Path):
    packed = tmp_path / "packed.fits.fz"
    data = np.rint(fits.getdata(sky.files["r"])[:512, :400]).astype(np.int16)
    hdu = fits.CompImageHDU(data, sky.header, compression_type="GZIP_1", tile_shape=(256, 200))
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(packed)
    with fits.open(packed, disable_image_compression=True) as hdus:
        start = hdus[1].fileinfo()["datLoc"] + 4 * 8
    broken = bytearray(packed.read_bytes())
    broken[start + 2000 : start + 9000] = bytes(7000)
    packed.write_bytes(broken)
    items = cut(at_pixels(tmp_path, (60, 60), (300, 300), (340, 60), (60, 400)), packed, size_px=64)
    bad = [i for i in items if i.error]
    assert 0 < len(bad) < len(items)
    assert all("cannot be read at [" in i.error for i in bad)


def test_it_works_from_any_folder(sky: Sky, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(sky.files["r"].parent)
    source = open_cutouts("c.csv", images=["tile-r.fits"], options=CutoutOptions(side_arcsec=SIDE))
    copy = pickle.loads(pickle.dumps(source))
    monkeypatch.chdir(tmp_path)
    (part,) = copy.parts(100)
    item = next(copy.read(part))
    assert item.path.startswith("tile-r.fits[")
    assert pixels(item).ndim == 2


def test_it_is_a_source(sky: Sky):
    source = open_cutouts(
        str(sky.files["catalogue"]),
        images=[str(sky.files["r"])],
        options=CutoutOptions(side_arcsec=SIDE),
        source_options=SourceOptions(keep=("dec",)),
    )
    assert isinstance(source, Source)
    assert [c.name for c in source.columns] == ["pixel_scale", "coverage", "dec"]
    parts = list(source.parts(4))
    assert [p.number for p in parts] == list(range(len(parts)))
    assert sum(p.count for p in parts) == len(sky.ra)
    copy = pickle.loads(pickle.dumps(source))
    assert copy.fingerprint == source.fingerprint
    for part in parts:
        for one, other in zip(source.read(part), copy.read(part), strict=True):
            assert (one.id, one.path, one.extra) == (other.id, other.path, other.extra)
            np.testing.assert_array_equal(one.image, other.image)
    assert set(next(copy.read(parts[0])).extra) == {"pixel_scale", "coverage", "dec"}


def test_the_fingerprint_follows_what_is_cut(sky: Sky, tmp_path: Path):
    def fingerprint(*images: Path, **options: object) -> str:
        return open_cutouts(
            str(sky.files["catalogue"]),
            images=[str(i) for i in images],
            options=CutoutOptions(**options),  # type: ignore[arg-type]
        ).fingerprint

    base = fingerprint(sky.files["r"], side_arcsec=SIDE)
    assert base == fingerprint(sky.files["r"], side_arcsec=SIDE)
    others = [
        fingerprint(sky.files["r"], side_arcsec=SIDE + 1),
        fingerprint(sky.files["r"], size_px=60),
        fingerprint(sky.files["g"], side_arcsec=SIDE),
        fingerprint(sky.files["r"], sky.files["g"], side_arcsec=SIDE),
    ]
    assert len({base, *others}) == 5


@given(
    x=st.floats(-1e5, 1e5),
    y=st.floats(-1e5, 1e5),
    side=st.integers(1, 4096),
    rows=st.integers(1, 50_000),
    columns=st.integers(1, 50_000),
)
def test_a_box_is_centred_and_knows_how_much_of_it_is_there(
    x: float, y: float, side: int, rows: int, columns: int
):
    box = box_around(x, y, side=side)
    assert abs(box.left + (side - 1) / 2 - x) <= 0.5
    assert abs(box.bottom + (side - 1) / 2 - y) <= 0.5
    inside = box.inside((rows, columns))
    assert all(0 <= s.start <= s.stop <= n for s, n in zip(inside, (rows, columns), strict=True))
    assert 0 <= box.coverage((rows, columns)) <= 1
    whole = box.left >= 0 and box.bottom >= 0 and box.left + side <= columns
    assert (box.coverage((rows, columns)) == 1) == (whole and box.bottom + side <= rows)


def test_filters_by_wavelength():
    names = ("g DECam SDSS c0001 4720.0 1520.0", "NIR_J", "F606W", "r.00000", "F160W", "u'")
    values = [wavelength(n) for n in names]
    assert None not in values
    assert [names[i] for i in blue_to_red(values)] == [names[i] for i in (5, 0, 2, 3, 1, 4)]
    assert wavelength("F200W", instrument="NIRCAM") == 2000
    assert wavelength("clear") is None
    assert wavelength("") is None
    assert blue_to_red([wavelength("z"), None, wavelength("g")]) == (0, 1, 2)
    assert blue_to_red([622.0, 622.0]) == (0, 1)
