"""FITS files: the right planes, the right way up, in the right colours."""

import numpy as np
import pytest
from astropy.io import fits
from makers import fits_file, galaxy, galaxy_flux, make, upwards

from skyform.errors import (
    CorruptImageError,
    ImageTooLargeError,
    NoImageDataError,
    TruncatedImageError,
    UnknownFormatError,
    UnsupportedImageError,
)
from skyform.images import fits as decoder
from skyform.images.decode import decode
from skyform.images.limits import Limits
from skyform.images.stretch import auto_stretch, bytes_from_unit
from skyform.schema import Flag


def grey(flux: np.ndarray) -> np.ndarray:
    return np.stack([bytes_from_unit(auto_stretch(flux))] * 3, axis=-1)


def ramp(*, level: float = 0.0) -> np.ndarray:
    """Sky with one bright source of that level in a corner that tells up from down."""
    plane = np.random.default_rng(3).normal(0, 1, (40, 50)).astype(np.float32)
    plane[5:12, 5:12] += level
    return plane


def test_one_plane_is_stretched_and_turned_up() -> None:
    flux = galaxy_flux()
    assert np.array_equal(decode(fits_file(flux)).rgb, grey(flux))


def test_sky_and_noise_look_like_a_survey_picture() -> None:
    rgb = decode(fits_file(galaxy_flux(200, 200))).rgb
    assert 2 < np.median(rgb) < 16
    assert rgb.max() == 255


@pytest.mark.parametrize("dtype", ["int16", "int32", "int64", "float32", "float64", "uint16"])
def test_every_type_of_number(dtype: str) -> None:
    flux = galaxy_flux()
    shown = decode(fits_file(flux.astype(dtype))).rgb
    assert np.abs(shown.astype(int) - grey(flux)).mean() < 2


def test_scaled_integers() -> None:
    hdu = fits.PrimaryHDU(upwards(galaxy_flux()))
    hdu.scale("int16", bscale=0.1, bzero=500)
    shown = decode(fits_file(hdu)).rgb
    assert np.abs(shown.astype(int) - grey(galaxy_flux())).mean() < 1


def test_units_do_not_matter() -> None:
    flux = galaxy_flux().astype(np.float64)
    one = decode(fits_file(flux)).rgb.astype(int)
    for factor in (1e-29, 1e12):
        assert np.abs(decode(fits_file(flux * factor)).rgb - one).max() <= 1


def test_blank_integers_are_missing() -> None:
    values = upwards(galaxy_flux()).astype(np.int16)
    values[:9, :9] = -999
    hdu = fits.PrimaryHDU(values)
    hdu.header["BLANK"] = -999
    picture = decode(fits_file(hdu))
    assert picture.flags == (Flag.MISSING_PIXELS,)
    assert picture.rgb[-9:, :9].max() < 20


def test_missing_pixels_become_sky() -> None:
    flux = galaxy_flux()
    flux[:10] = np.nan
    flux[50:, :20] = -np.inf
    flux[50:, 60:] = np.finfo(np.float32).max
    picture = decode(fits_file(flux))
    assert picture.flags == (Flag.MISSING_PIXELS,)
    for part in (picture.rgb[:10], picture.rgb[50:, :20], picture.rgb[50:, 60:]):
        assert part.max() < 20
    assert picture.rgb[24, 44].min() > 150


def test_nothing_but_nan() -> None:
    with pytest.raises(NoImageDataError, match="every pixel is NaN"):
        decode(fits_file(np.full((9, 9), np.nan, np.float32)))


def test_an_empty_plane_is_left_out() -> None:
    cube = np.stack([ramp(level=300), np.full((40, 50), np.nan), ramp(level=300)])
    picture = decode(fits_file(cube))
    assert picture.flags == (Flag.MISSING_PIXELS,)
    assert picture.rgb[8, 8].min() > 100


def source_colours(*levels: float) -> np.ndarray:
    """A cube of planes whose source has these brightnesses."""
    return np.stack([ramp(level=level) for level in levels])


def test_three_planes_run_from_blue_to_red() -> None:
    red, green, blue = decode(fits_file(source_colours(100, 200, 400))).rgb[8, 8].astype(int)
    assert red > green > blue


@pytest.mark.parametrize(
    ("levels", "order"),
    [
        # g, r, z of griz
        ((100, 200, 9, 400), (2, 1, 0)),
        # g, r, i of ugriz
        ((9, 100, 200, 400, 9), (2, 1, 0)),
        # two: the mean is green
        ((100, 400), (2, 1, 0)),
    ],
)
def test_other_numbers_of_planes(levels: tuple[float, ...], order: tuple[int, ...]) -> None:
    pixel = decode(fits_file(source_colours(*levels))).rgb[8, 8]
    assert tuple(np.argsort(pixel)) == order


def test_colours_follow_the_ratio_of_the_planes() -> None:
    red, green, blue = decode(fits_file(source_colours(100, 200, 400))).rgb[8, 8] / 255
    assert red / blue == pytest.approx(4, rel=0.15)
    assert green / blue == pytest.approx(2, rel=0.15)


def test_named_bands_need_no_order() -> None:
    hdu = fits.PrimaryHDU(source_colours(400, 200, 100))
    hdu.header["BANDS"] = "zrg"
    named = decode(fits_file(hdu)).rgb
    assert np.array_equal(named[31, 8], decode(fits_file(source_colours(100, 200, 400))).rgb[8, 8])


def test_three_extensions_make_a_colour_picture() -> None:
    planes = source_colours(100, 200, 400)
    together = decode(fits_file(planes)).rgb
    assert np.array_equal(decode(fits_file(*planes)).rgb, together)
    named = [
        fits.ImageHDU(upwards(planes[i]), name=name)
        for i, name in ((2, "IMAGE_Z"), (0, "IMAGE_G"), (1, "IMAGE_R"))
    ]
    assert np.array_equal(decode(fits_file(*named)).rgb, together)
    for hdu, band in zip(named, "zgr", strict=True):
        hdu.name = ""
        hdu.header["FILTER"] = f"{band} DECam SDSS"
    assert np.array_equal(decode(fits_file(*named)).rgb, together)


def test_colour_along_the_fastest_axis_is_rgb() -> None:
    data = np.moveaxis(upwards(source_colours(400, 200, 100)), 0, 2).copy()
    red, green, blue = decode(fits_file(fits.PrimaryHDU(data))).rgb[8, 8].astype(int)
    assert red > green > blue


def test_8_bit_images_are_pictures_already() -> None:
    planes = np.moveaxis(galaxy(), 2, 0)
    assert np.array_equal(decode(fits_file(planes)).rgb, galaxy())
    last = fits.PrimaryHDU(galaxy()[::-1].copy())
    assert np.array_equal(decode(fits_file(last)).rgb, galaxy())
    assert np.array_equal(decode(fits_file(planes[0])).rgb[..., 2], planes[0])


def test_science_comes_first() -> None:
    flux, other = galaxy_flux(), galaxy_flux(50, 50, seed=9)
    for hdus in (
        [fits.ImageHDU(other, name="REF"), fits.ImageHDU(upwards(flux), name="SCI")],
        [fits.ImageHDU(upwards(flux)), fits.ImageHDU(other), fits.ImageHDU(other)],
        [fits.ImageHDU(other, name="WHT"), fits.ImageHDU(upwards(flux), name="PHOTO")],
        [fits.ImageHDU(other, name="IVAR_R"), fits.ImageHDU(upwards(flux), name="IMAGE")],
        [fits.ImageHDU(other, name="MASK1"), fits.ImageHDU(upwards(flux), name="MODEL")],
        [fits.ImageHDU(np.arange(9.0)), fits.ImageHDU(upwards(flux))],
    ):
        assert np.array_equal(decode(fits_file(*hdus)).rgb, grey(flux))


def test_nothing_but_weights() -> None:
    hdus = [fits.ImageHDU(galaxy_flux(), name=name) for name in ("WHT", "ERR")]
    with pytest.raises(NoImageDataError, match=r"only weights.*WHT, ERR"):
        decode(fits_file(*hdus))


def test_nothing_but_tables_or_headers() -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("flux", "E", array=np.arange(3.0))])
    with pytest.raises(NoImageDataError, match="only tables"):
        decode(fits_file(table))
    with pytest.raises(NoImageDataError, match="headers without data"):
        decode(fits_file())


def test_axes_of_length_1_are_ignored() -> None:
    flux = galaxy_flux()
    assert np.array_equal(decode(fits_file(flux[None, None])).rgb, grey(flux))
    cube = source_colours(100, 200, 400)
    assert np.array_equal(decode(fits_file(cube[:, None])).rgb, decode(fits_file(cube)).rgb)
    assert decode(fits_file(np.ones((1, 1), np.float32))).rgb.shape == (1, 1, 3)


def test_spectra_and_large_cubes_have_no_picture() -> None:
    with pytest.raises(UnsupportedImageError, match="one axis of 900 pixels"):
        decode(fits_file(fits.PrimaryHDU(np.arange(900.0))))
    with pytest.raises(UnsupportedImageError, match="a cube of 7 × 8 × 30 pixels"):
        decode(fits_file(np.zeros((30, 8, 7))))
    with pytest.raises(UnsupportedImageError, match="2 × 8 × 3 × 2"):
        decode(fits_file(np.zeros((2, 3, 8, 2))))


@pytest.mark.parametrize("name", ["rice.fits", "gzip.fits", "hcompress.fits", "plio.fits"])
def test_tile_compression(name: str) -> None:
    shown = decode(make(name)).rgb
    assert np.abs(shown.astype(int) - grey(galaxy_flux())).mean() < 3


@pytest.mark.parametrize("name", ["one.fits.gz", "one.fits.bz2"])
def test_compressed_files(name: str) -> None:
    data = make(name)
    assert np.array_equal(decode(data).rgb, grey(galaxy_flux()))
    with pytest.raises(TruncatedImageError, match="ends early"):
        decode(data[: len(data) // 2])
    with pytest.raises(ImageTooLargeError, match="unpacked"):
        decode(data, limits=Limits(max_bytes=20_000))
    damaged = bytearray(data)
    damaged[len(data) // 2] ^= 255
    with pytest.raises(CorruptImageError, match="compression is damaged"):
        decode(bytes(damaged))


def test_compressed_files_in_several_members() -> None:
    import bz2
    import gzip

    data = make("one.fits")
    for pack in (gzip.compress, bz2.compress):
        parts = pack(data[:4000]) + pack(data[4000:]) + bytes(20)
        assert np.array_equal(decode(parts).rgb, grey(galaxy_flux()))


def test_compressed_files_in_small_blocks() -> None:
    import bz2
    import gzip

    data = make("cube3.fits")
    for pack in (gzip.compress, bz2.compress):
        parts = b"".join(pack(data[at : at + 100]) for at in range(0, len(data), 100))
        assert np.array_equal(decode(parts).rgb, decode(data).rgb)


@pytest.mark.parametrize("kind", ["gzip", "bzip2"])
def test_compressed_files_of_something_else(kind: str) -> None:
    import bz2
    import gzip

    pack = gzip.compress if kind == "gzip" else bz2.compress
    for content in (make("rgb.jpg"), b"id,ra,dec\n" * 40, b"", bytes(50 * 2**20)):
        with pytest.raises(UnknownFormatError, match=f"{kind}-compressed .* not FITS"):
            decode(pack(content))


def test_pixels_are_counted_by_the_header_alone() -> None:
    header = make("cube3.fits")[:2880]
    for axis, length in ((1, 80), (2, 60)):
        text = f"NAXIS{axis}  = {length:20d}".encode()
        assert text in header
        header = header.replace(text, f"NAXIS{axis}  = {30_000:20d}".encode())
    limits = Limits(max_pixels=10**9)
    # Only a file that is as long as its header says gets that far.
    with pytest.raises(TruncatedImageError):
        decode(header, limits=limits)
    with pytest.raises(ImageTooLargeError, match="80 × 60 × 3 pixels"):
        decode(make("cube3.fits"), limits=Limits(max_pixels=80 * 60 * 3 - 1))


def test_cut_and_damaged_files() -> None:
    data = make("bands.fits")
    for length in (100, 2879, 2880, 10_000, 25_000, len(data) - 4000):
        with pytest.raises(TruncatedImageError):
            decode(data[:length])
    # The padding of the last block may be missing.
    assert decode(make("one.fits")[: 2880 + 80 * 60 * 4]).width == 80
    with pytest.raises(CorruptImageError):
        decode(
            make("one.fits").replace(
                b"BITPIX  =                  -32", b"BITPIX  =                   31"
            )
        )


@pytest.mark.parametrize("planes", [1, 3])
def test_large_planes_are_shrunk(planes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cube = np.stack([galaxy_flux(121, 163, seed=i) for i in range(planes)])
    data = fits_file(cube)
    monkeypatch.setattr(decoder, "_MANY_PIXELS", 121 * 163 - 1)
    picture = decode(data)
    assert (picture.width, picture.height, picture.flags) == (163, 121, ())
    # The row that is left over is the top one as shown, the last in the file.
    expected = decode(fits_file(np.stack([block(plane) for plane in cube])))
    assert np.abs(picture.rgb.astype(int) - expected.rgb).max() <= 1
    cube[0, 40, 40] = np.nan
    holed = decode(fits_file(cube))
    assert holed.flags == (Flag.MISSING_PIXELS,)
    assert np.abs(holed.rgb.astype(int) - picture.rgb).max(axis=2).astype(bool).mean() < 0.2


def block(plane: np.ndarray) -> np.ndarray:
    """Means of two by two pixels, without the first row and the last column."""
    return plane[1:, :-1].reshape(60, 2, 81, 2).mean(axis=(1, 3))


def test_memory_stays_within_a_few_copies_of_the_file() -> None:
    import tracemalloc

    data = fits_file(np.random.default_rng(0).normal(0, 1, (6000, 6000)).astype(np.float32))
    tracemalloc.start()
    try:
        picture = decode(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (picture.width, picture.rgb.shape) == (6000, (3000, 3000, 3))
    assert peak < 2.5 * len(data)
