"""Catalogues of paths: CSV, Parquet, FITS and VOTable, and what they carry along."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.io.votable import from_table
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st
from source_makers import all_items, cold_items, opened, pictures_in

from skyform.batch.sources.angles import declination, right_ascension
from skyform.batch.sources.catalogues import CatalogueSource
from skyform.batch.sources.values import carried, guess, plain, type_of_texts
from skyform.errors import DataError

NAMES = [f"stamps/{i}.png" for i in range(7)]
IDS = [587722981742084000 + i for i in range(7)]
COLUMNS = {
    "objID": IDS,
    "RA": [10.5 + i for i in range(7)],
    "DEC": [-3.25 - i for i in range(7)],
    "file_name": NAMES,
    "z": [0.125 * i for i in range(7)],
    "n": list(range(7)),
}


def csv(path: Path, *, separator: str = ",") -> None:
    lines = [separator.join(COLUMNS)]
    lines += [separator.join(map(str, row)) for row in zip(*COLUMNS.values(), strict=True)]
    path.write_text("\n".join(lines) + "\n")


def parquet(path: Path) -> None:
    pq.write_table(pa.table(COLUMNS), path, row_group_size=3)


def fits_table(path: Path) -> None:
    Table(COLUMNS).write(path, format="fits")


def votable(path: Path) -> None:
    table = Table(COLUMNS)
    table["z"].description, table["n"].unit = "Redshift", "mag"
    from_table(table).to_xml(str(path))


WRITERS: dict[str, Callable[[Path], None]] = {
    "cat.csv": csv,
    "cat.tsv": lambda p: csv(p, separator="\t"),
    "cat.parquet": parquet,
    "cat.fits": fits_table,
    "cat.xml": votable,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_says_the_same(tmp_path: Path, name: str):
    made = pictures_in(tmp_path, *NAMES)
    WRITERS[name](tmp_path / name)
    source = opened(tmp_path / name, keep=("z", "n"))
    assert isinstance(source, CatalogueSource)
    items = all_items(source)
    assert [i.id for i in items] == [str(n) for n in IDS]
    assert [i.image for i in items] == list(made.values())
    assert [i.path for i in items] == [f"{tmp_path}/{n}" for n in NAMES]
    assert [(i.ra, i.dec) for i in items] == list(zip(COLUMNS["RA"], COLUMNS["DEC"], strict=True))
    assert [dict(i.extra) for i in items] == [{"z": 0.125 * i, "n": i} for i in range(7)]
    assert [(c.name, c.type) for c in source.columns] == [("z", "number"), ("n", "integer")]
    assert cold_items(source) == items
    assert cold_items(source, size=100) == items


def test_totals_where_they_are_known(tmp_path: Path):
    pictures_in(tmp_path, *NAMES)
    totals = {}
    for name, write in WRITERS.items():
        write(tmp_path / name)
        totals[name] = opened(tmp_path / name).total
    assert totals == {
        "cat.csv": None,
        "cat.tsv": None,
        "cat.parquet": 7,
        "cat.fits": 7,
        "cat.xml": 7,
    }


def test_descriptions_come_along(tmp_path: Path):
    pictures_in(tmp_path, *NAMES)
    votable(tmp_path / "cat.xml")
    source = opened(tmp_path / "cat.xml", keep=("z", "n"))
    assert source.columns[0].description == "Redshift"
    assert [c.unit for c in source.columns] == ["", "mag"]


def test_images_from_another_folder(tmp_path: Path):
    made = pictures_in(tmp_path / "disk", *NAMES)
    csv(tmp_path / "cat.csv")
    items = all_items(opened(tmp_path / "cat.csv", images=str(tmp_path / "disk")))
    assert [i.image for i in items] == list(made.values())


def test_rows_that_are_wrong_are_items_with_an_error(tmp_path: Path):
    pictures_in(tmp_path, "a.png", "b.png")
    (tmp_path / "cat.csv").write_text(
        "path,ra,dec\na.png,10,20\n,11,21\ngone.png,12,22\nnan,13,23\nb.png\nb.png,-999,95\n"
    )
    items = all_items(opened(tmp_path / "cat.csv"))
    assert [bool(i.error) for i in items] == [False, True, True, True, False, False]
    assert items[1].error.startswith("unreadable-file: Row 1 of ")
    assert (items[1].id, items[1].ra) == ("cat.csv#1", 11.0)
    assert "no such file" in items[2].error
    assert items[4].ra is None
    assert (items[5].ra, items[5].dec) == (None, None)


def test_missing_paths_in_other_formats(tmp_path: Path):
    pictures_in(tmp_path, "a.png")
    pq.write_table(pa.table({"path": ["a.png", None]}), tmp_path / "cat.parquet")
    table = Table({"path": MaskedColumn(["a.png", "x"], mask=[False, True])})
    table.write(tmp_path / "cat.fits")
    from_table(table).to_xml(str(tmp_path / "cat.xml"))
    for name in ("cat.parquet", "cat.fits", "cat.xml"):
        good, bad = all_items(opened(tmp_path / name))
        assert good.error == ""
        assert "has no path" in bad.error


def test_missing_whole_numbers_in_fits_are_missing(tmp_path: Path):
    pictures_in(tmp_path, "a.png")
    columns = [
        fits.Column("path", "5A", array=["a.png"] * 2),
        fits.Column("n", "J", null=-99, array=np.array([4, -99])),
    ]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "cat.fits")
    items = all_items(opened(tmp_path / "cat.fits", keep=("n",)))
    assert [i.extra["n"] for i in items] == [4, None]


def test_quotes_may_hold_separators_and_line_ends(tmp_path: Path):
    pictures_in(tmp_path, "a, b.png", "c.png")
    (tmp_path / "cat.csv").write_text(
        'path,note\n"a, b.png","two\nlines"\nc.png,"say ""hi"""\n', encoding="utf-8-sig"
    )
    source = opened(tmp_path / "cat.csv", keep=("note",))
    items = cold_items(source, size=1)
    assert [i.extra["note"] for i in items] == ["two\nlines", 'say "hi"']
    assert {i.error for i in items} == {""}


def test_an_unclosed_quote_costs_its_rows_only(tmp_path: Path):
    pictures_in(tmp_path, "a.png")
    long = "x" * 200_000
    (tmp_path / "cat.csv").write_text(f'path,note\na.png,1\n"{long}\na.png,2\na.png,3\n')
    source = opened(tmp_path / "cat.csv")
    items = all_items(source)
    assert items[0].error == ""
    assert any("cannot be read" in i.error for i in items)
    assert cold_items(source) == items


def test_headers_in_comments_and_columns_by_spaces(tmp_path: Path):
    pictures_in(tmp_path, "a.png", "b.png")
    (tmp_path / "cat.csv").write_text("# a survey\n# file ra dec\na.png 1.5   2.5\nb.png 3.5 4.5\n")
    items = all_items(opened(tmp_path / "cat.csv"))
    assert [(i.ra, i.dec, i.error) for i in items] == [(1.5, 2.5, ""), (3.5, 4.5, "")]


@pytest.mark.parametrize("packed", ["cat.csv.gz", "list.txt.gz"])
def test_compressed_text(tmp_path: Path, packed: str):
    made = pictures_in(tmp_path, *NAMES)
    head = "path,z\n" if "csv" in packed else ""
    text = head + "".join(f"{n},1\n" if head else f"{n}\n" for n in NAMES)
    (tmp_path / packed).write_bytes(gzip.compress(text.encode()))
    source = opened(tmp_path / packed)
    items = all_items(source, size=2)
    assert [i.image for i in items] == list(made.values())
    assert cold_items(source, size=2) == items


def test_a_truncated_compressed_catalogue_ends_with_an_error(tmp_path: Path):
    pictures_in(tmp_path, "a.png")
    rng = np.random.default_rng(0)
    rows = "".join(f"a.png,{rng.integers(0, 2**62)}\n" for _ in range(1000))
    packed = gzip.compress(f"path,n\n{rows}".encode())
    (tmp_path / "cat.csv.gz").write_bytes(packed[: len(packed) // 2])
    source = opened(tmp_path / "cat.csv.gz")
    items = all_items(source, size=200)
    assert 300 < len(items) < 700
    assert all(i.error == "" for i in items[:-2])
    assert "the file ends there" in items[-1].error
    assert cold_items(source, size=200) == items


def test_ids_keep_their_digits_and_zeros(tmp_path: Path):
    pictures_in(tmp_path, "a.png")
    (tmp_path / "cat.csv").write_text("id,path\n007,a.png\n123456789012345678901,a.png\n")
    assert [i.id for i in all_items(opened(tmp_path / "cat.csv"))] == [
        "007",
        "123456789012345678901",
    ]


def test_ids_from_no_column(tmp_path: Path):
    pictures_in(tmp_path, *NAMES)
    csv(tmp_path / "cat.csv")
    items = all_items(opened(tmp_path / "cat.csv", id_column=""))
    assert [i.id for i in items] == [f"cat.csv#{i}" for i in range(7)]


def test_floating_ids_are_refused(tmp_path: Path):
    (tmp_path / "cat.csv").write_text("id,path\n1.5,a.png\n2.5,b.png\n")
    with pytest.raises(DataError, match=r"floating-point .* --id-column"):
        opened(tmp_path / "cat.csv", id_column="id")
    assert [i.id for i in all_items(opened(tmp_path / "cat.csv"))] == ["cat.csv#0", "cat.csv#1"]


@pytest.mark.parametrize("option", ["path_column", "id_column", "ra_column", "dec_column", "keep"])
def test_columns_that_are_not_there(tmp_path: Path, option: str):
    csv(tmp_path / "cat.csv")
    given = ("colour",) if option == "keep" else "colour"
    dashed = option.replace("_", "-")
    with pytest.raises(
        DataError, match=rf"no column 'colour', which --{dashed} names.* It has objID, RA"
    ):
        opened(tmp_path / "cat.csv", **{option: given})


def test_a_table_without_paths_is_refused(tmp_path: Path):
    (tmp_path / "cat.csv").write_text("ra,dec\n1,2\n3,4\n")
    with pytest.raises(DataError, match=r"no column of paths.*columns are ra, dec.*--path-column"):
        opened(tmp_path / "cat.csv")


def test_everything_may_be_kept(tmp_path: Path):
    pictures_in(tmp_path, *NAMES)
    csv(tmp_path / "cat.csv")
    assert [c.name for c in opened(tmp_path / "cat.csv", keep=("*",)).columns] == ["z", "n"]
    both = opened(tmp_path / "cat.csv", keep=("*", "RA")).columns
    assert [c.name for c in both] == ["RA", "z", "n"]


def test_values_that_do_not_fit_their_column_are_empty(tmp_path: Path):
    pictures_in(tmp_path, "a.png")
    rows = "a.png,1\n" * 1000 + "a.png,many\n"
    (tmp_path / "cat.csv").write_text("path,n\n" + rows)
    items = all_items(opened(tmp_path / "cat.csv", keep=("n",)), size=600)
    assert (items[0].extra["n"], items[-1].extra["n"]) == (1, None)


def test_a_damaged_table_is_one_error(tmp_path: Path):
    for name in ("cat.parquet", "cat.fits", "cat.xml"):
        WRITERS[name](tmp_path / name)
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data[: len(data) // 3])
        with pytest.raises(DataError, match=name):
            opened(tmp_path / name)


def test_a_changed_catalogue_has_another_fingerprint(tmp_path: Path):
    csv(tmp_path / "cat.csv")
    before = opened(tmp_path / "cat.csv").fingerprint
    assert opened(tmp_path / "cat.csv").fingerprint == before
    assert opened(tmp_path / "cat.csv", keep=("z",)).fingerprint != before
    csv(tmp_path / "cat.csv", separator=";")
    assert opened(tmp_path / "cat.csv").fingerprint != before


def test_columns_are_guessed_by_their_names():
    assert guess("path", ["id", "image_URL", "file"]) == "file"
    assert guess("path", ["id", "image_URL"]) == "image_URL"
    assert guess("ra", ["_RAJ2000", "e_RA"]) == "_RAJ2000"
    assert guess("dec", ["DE_J2000"]) == "DE_J2000"
    assert guess("path", ["profile"]) == ""


@given(st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_survive_being_text(number: float):
    text = repr(number)
    type = type_of_texts([text])
    assert type == ("integer" if isinstance(number, int) and number != -(2**63) else type)
    assert carried(text, type) == (number if type != "text" else text)


@given(st.lists(st.text()))
def test_any_texts_have_a_type(texts: list[str]):
    type = type_of_texts(texts)
    for text in texts:
        value = carried(text, type)
        assert value is None or isinstance(
            value, {"text": str, "integer": int, "number": float}[type]
        )


def test_values_become_plain():
    assert plain(np.float32(1.5)) == 1.5
    assert plain(np.int64(3)) == 3
    assert plain(float("nan")) is None
    assert plain(np.ma.masked) is None
    assert plain(b"abc  ") == "abc"
    assert plain(2**64) == str(2**64)
    assert plain(True) == 1
    assert plain([1, 2]) == "[1, 2]"
    assert plain(np.array([1.5, 2.5])) == "[1.5, 2.5]"


@pytest.mark.parametrize(
    ("value", "unit", "degrees"),
    [
        ("12.5", "", 12.5),
        (-90.0, "", 270.0),
        (360.0, "deg", 0.0),
        (np.pi, "rad", 180.0),
        (12.5, "hourangle", 187.5),
        (12.5, "h", 187.5),
        ("12:30:00", "", 187.5),
        ("12h30m", "hourangle", 187.5),
        ("12 30 00.0", '"h:m:s"', 187.5),
        (10.0, "nonsense", 10.0),
        (-999.0, "", None),
        (361.0, "", None),
        ("unknown", "", None),
        (None, "rad", None),
        (np.ma.masked, "", None),
    ],
)
def test_right_ascensions(value: object, unit: str, degrees: float | None):
    assert right_ascension(value, unit=unit) == (
        degrees if degrees is None else pytest.approx(degrees)
    )


@pytest.mark.parametrize(
    ("value", "unit", "degrees"),
    [
        (-45.0, "", -45.0),
        (-np.pi / 4, "rad", -45.0),
        ("-45:30:00", "", -45.5),
        (-2700, "arcmin", -45.0),
        (91.0, "", None),
        ("--", "", None),
    ],
)
def test_declinations(value: object, unit: str, degrees: float | None):
    assert declination(value, unit=unit) == (degrees if degrees is None else pytest.approx(degrees))


@pytest.mark.parametrize("name", ["cat.fits", "cat.xml"])
def test_positions_are_read_in_the_unit_that_is_stated(tmp_path: Path, name: str):
    pictures_in(tmp_path, *NAMES)
    table = Table(COLUMNS)
    table["RA"], table["RA"].unit = np.array(COLUMNS["RA"]) / 15, "h"
    table["DEC"], table["DEC"].unit = np.deg2rad(COLUMNS["DEC"]), "rad"
    if name == "cat.fits":
        table.write(tmp_path / name, format="fits")
    else:
        from_table(table).to_xml(str(tmp_path / name))
    items = all_items(opened(tmp_path / name))
    assert [i.ra for i in items] == pytest.approx(COLUMNS["RA"])
    assert [i.dec for i in items] == pytest.approx(COLUMNS["DEC"])


def test_half_a_position_is_none(tmp_path: Path):
    pictures_in(tmp_path, "a.png", "b.png")
    (tmp_path / "cat.csv").write_text("path,ra,dec\na.png,400,5\nb.png,-10,5\na.png,,nan\n")
    items = all_items(opened(tmp_path / "cat.csv"))
    assert [(i.ra, i.dec) for i in items] == [(None, None), (350.0, 5.0), (None, None)]
    assert [i.misplaced for i in items] == [True, False, False]


def test_positions_in_text_are_found_where_there_are_none_in_numbers(tmp_path: Path):
    pictures_in(tmp_path, "a.png", "b.png")
    lines = "path,ra,dec\na.png,12:30:00,-45:30:00\nb.png,soon,-45:30:00\n"
    (tmp_path / "text.csv").write_text(lines)
    items = all_items(opened(tmp_path / "text.csv"))
    assert (items[0].ra, items[0].dec) == (pytest.approx(187.5), pytest.approx(-45.5))
    assert (items[1].ra, items[1].dec) == (None, None)
    assert [i.misplaced for i in items] == [False, True]
    (tmp_path / "both.csv").write_text("path,ra,dec,radeg,decdeg\na.png,12:30:00,-45:30:00,7,8\n")
    assert [(i.ra, i.dec) for i in all_items(opened(tmp_path / "both.csv"))] == [(7.0, 8.0)]
