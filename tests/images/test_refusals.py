"""What cannot or may not be decoded is refused: at once, by its own error, with the file's name and what to do."""

import gzip
import os
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from makers import FILES, galaxy, image_file, make

from skyform.errors import (
    CorruptImageError,
    EmptyFileError,
    ImageTooLargeError,
    TruncatedImageError,
    UnknownFormatError,
    UnreadableFileError,
)
from skyform.images import files
from skyform.images.decode import decode
from skyform.images.limits import Limits


@pytest.mark.parametrize("name", FILES)
def test_cut_files_are_truncated(name: str) -> None:
    data = make(name)
    # A second frame, or padding behind the data, may be lost without harm.
    spare = (
        "animated",
        "pages",
        "one",
        "nan",
        "integer",
        "display",
        "rice",
        "gzip",
        "hcompress",
        "plio",
    )
    for share in (0.3, 0.6, 0.97):
        cut = data[: int(len(data) * share)]
        if name.startswith(spare) and share > 0.5:
            continue
        with pytest.raises(TruncatedImageError, match=r"end|short"):
            decode(cut)


@pytest.mark.parametrize("name", ["rgb.jpg", "rgb.png", "rgb.webp", "rgb.tif", "rgb.bmp"])
def test_a_file_that_lacks_a_single_byte_is_truncated(name: str) -> None:
    data = make(name)
    end = data.rstrip(b"\0") if name == "rgb.tif" else data
    with pytest.raises(TruncatedImageError):
        decode(end[:-1])


def test_truncation_counts_even_where_pillow_is_told_to_ignore_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(TruncatedImageError, match="JPEG"):
        decode(make("rgb.jpg")[:-100])
    with pytest.raises(TruncatedImageError, match="PNG"):
        decode(make("rgb.png")[:-100])


def test_png_checksums_are_compared() -> None:
    data = bytearray(make("rgb.png"))
    at = data.index(b"IDAT") + 500
    data[at] ^= 4
    with pytest.raises(CorruptImageError, match="IDAT data do not match their checksum"):
        decode(bytes(data))


def test_damage_names_the_file_and_keeps_the_cause(tmp_path: Path) -> None:
    data = bytearray(make("rgb.jpg"))
    data[30:300] = bytes(270)
    path = tmp_path / "hit.jpg"
    path.write_bytes(data)
    with pytest.raises(CorruptImageError, match=r"hit\.jpg: the JPEG is damaged") as caught:
        decode(path)
    assert caught.value.__cause__ is not None
    assert "again" in caught.value.remedy


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"<!DOCTYPE html><html><head><title>404</title></head></html>", "an HTML page"),
        (b"\xef\xbb\xbf\n  <HTML lang='en'><body>Not found</body></HTML>", "web page instead"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<?xml version='1.0'?><VOTABLE version='1.4'></VOTABLE>", "VOTable"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "server's error"),
        (b'{"error": "no such object", "code": 404}', "JSON"),
        (b"id,ra,dec\n1,180.0,2.5\n2,181.0,3.5\n", "CSV"),
        (b"A galaxy was here, once upon a time.", "table|plain text"),
        ("Une galaxie spirale barrée".encode(), "plain text"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3 and so on", "PDF"),
        (b"PK\x03\x04\x14\0\0\0\x08\0 and so on", "zip archive"),
        (b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0", "HDF5"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "AVIF"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2", "video"),
        (b"\x1aE\xdf\xa3\x93B\x82\x88matroska", "video"),
        (b"8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0", "Photoshop"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        (b"\x93NUMPY\x01\0v\0{'descr': '<f4'}", "numpy.load"),
        (b"XISF0100\x99\x01\0\0\0\0\0\0", "XISF"),
        (b"PAR1\x15\x04\x15\x80\x12\x15\xb4\x12", "Parquet"),
        (b"II*\0\x10\0\0\0CR\x02\0\0\0\0\0", "Canon raw"),
        (b"XTENSION= 'IMAGE   '           ", "without the primary header"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (bytes(5000), "filled with zeros"),
        (bytes(range(128, 256)), "no picture in a format that we know"),
    ],
)
def test_other_things_are_named(content: bytes, match: str) -> None:
    with pytest.raises(UnknownFormatError, match=match) as caught:
        decode(content)
    assert caught.value.message.startswith("the given bytes: this is ")
    assert caught.value.remedy


def test_formats_that_nobody_asked_for_stay_closed() -> None:
    for format in ("PPM", "TGA", "PCX", "ICO", "JPEG2000", "PDF", "EPS"):
        with pytest.raises(UnknownFormatError):
            decode(image_file(galaxy(), format))


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableFileError, match=r"m51\.jpg: there is no such file"):
        decode(tmp_path / "m51.jpg")
    with pytest.raises(UnreadableFileError, match="this is a folder"):
        decode(tmp_path)
    with pytest.raises(UnreadableFileError, match="An empty path"):
        decode("")
    with pytest.raises(UnreadableFileError, match="no valid path"):
        decode("a\0b")
    with pytest.raises(UnreadableFileError, match="web address"):
        decode("https://example.org/m51.jpg")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableFileError, match="a pipe or a device"):
        decode(tmp_path / "pipe")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "locked.jpg").write_bytes(make("rgb.jpg"))
    monkeypatch.setattr(files, "open", refuse, raising=False)
    with pytest.raises(UnreadableFileError, match=r"locked\.jpg: you have no permission"):
        decode(tmp_path / "locked.jpg")


def test_empty_files(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    with pytest.raises(EmptyFileError, match=r"empty\.png: the file is empty"):
        decode(tmp_path / "empty.png")
    with pytest.raises(EmptyFileError, match="the given bytes"):
        decode(b"")


def test_bytes_are_counted_before_reading(tmp_path: Path) -> None:
    limits = Limits(max_bytes=2000)
    path = tmp_path / "large.png"
    path.write_bytes(make("rgb.png"))
    with pytest.raises(ImageTooLargeError, match=r"large\.png: .* MiB, over the limit"):
        decode(path, limits=limits)
    with pytest.raises(ImageTooLargeError, match="the given bytes"):
        decode(make("rgb.png"), limits=limits)
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ImageTooLargeError, match="1,048,576"):
        decode(path)


@pytest.mark.parametrize(
    "name",
    ["rgb.jpg", "rgb.png", "rgb.webp", "rgb.tif", "rgb.gif", "rgb.bmp", "one.fits", "rice.fits"],
)
def test_pixels_are_counted_before_decoding(name: str) -> None:
    with pytest.raises(ImageTooLargeError, match=r"80 × 60 pixels.* 4,799 pixels .*`max_pixels`"):
        decode(make(name), limits=Limits(max_pixels=4799))
    assert decode(make(name), limits=Limits(max_pixels=4800)).width == 80


def test_limits_must_be_positive() -> None:
    with pytest.raises(ValueError, match="max_pixels is 0"):
        Limits(max_pixels=0)


def test_decompression_bombs_cost_nothing() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(10**6))), (b"IEND", b"")):
        bomb += struct.pack(">I", len(body)) + kind + body
        bomb += struct.pack(">I", zlib.crc32(kind + body))
    with pytest.raises(ImageTooLargeError, match="60,000 × 60,000"):
        decode(bomb)


def test_webp_canvas_is_checked_before_it_is_made() -> None:
    data = bytearray(make("animated.webp"))
    assert data[12:16] == b"VP8X"
    data[24:30] = b"\xff\xff\x00\xff\xff\x00"
    with pytest.raises(ImageTooLargeError, match="65,536 × 65,536"):
        decode(bytes(data))


def test_endless_scans_are_refused() -> None:
    data = make("progressive.jpg")
    scan = data.rindex(b"\xff\xda")
    many = data[:scan] + data[scan:-2] * 300 + b"\xff\xd9"
    with pytest.raises(CorruptImageError, match="times"):
        decode(many, limits=Limits(max_pixels=100_000))


FILM = b"\0\0\0\x18ftypmp42" + b"\xff\xda\0\x08moov" * 500 + b"\xff\xda and on"


@pytest.mark.parametrize("name", ["rgb.jpg", "progressive.jpg", "turned.jpg"])
def test_what_follows_a_jpeg_is_not_looked_at(name: str) -> None:
    alone = decode(make(name))
    # As phones do it, and so many "scans" that they would be refused if they counted.
    with_film = decode(make(name) + FILM, limits=Limits(max_pixels=100_000))
    assert np.array_equal(with_film.rgb, alone.rgb)


@pytest.mark.parametrize("name", ["rgb.jpg", "progressive.jpg"])
def test_a_film_does_not_complete_a_jpeg(name: str) -> None:
    data = make(name)
    for share in (0.4, 0.6, 0.97):
        with pytest.raises((TruncatedImageError, CorruptImageError), match=r"ends before|breaks"):
            decode(data[: int(len(data) * share)] + FILM)


def test_a_preview_in_the_header_does_not_end_a_jpeg() -> None:
    data = make("rgb.jpg")
    preview = b"\xff\xe1" + struct.pack(">H", 2 + len(data)) + data
    whole = data[:2] + preview + data[2:]
    assert decode(whole).width == 80
    with pytest.raises(TruncatedImageError, match="end marker"):
        decode(whole[:-2])


def test_countless_compressed_members_are_refused_at_once() -> None:
    # The processor's time: a busy machine must not fail this.
    started = time.process_time()
    with pytest.raises(CorruptImageError, match=r"more than 10,000 members") as caught:
        decode(gzip.compress(b"") * 200_000)
    assert time.process_time() - started < 1
    assert "compress it anew with gzip" in caught.value.remedy
