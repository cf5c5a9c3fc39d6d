"""The merged files open in the field's tools, without a warning, with the values of the parts."""

import json
import math
from datetime import datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from listed import CATALOGUE, InlineEngine, ListedSource
from made_up_models import made_up_model

from skyform.batch.fields import field
from skyform.batch.run import Settings, run_batch
from skyform.batch.writing import CsvFile, FitsFile, Origin, VoTableFile

ROWS = 23


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the full schema, merged into all formats."""
    folder = tmp_path_factory.mktemp("run")
    model = made_up_model(folder / "m.onnx", tree="skyform", kinds=True)
    source = ListedSource(ROWS, str(folder), bad=(3,), columns=CATALOGUE)
    for format in ("fits", "votable", "csv"):
        settings = Settings(model=str(model), schema="full", part_size=10, format=format)
        run_batch(source, to=str(folder / "out"), engine=InlineEngine(), settings=settings)
    return folder / "out"


@pytest.fixture(scope="module")
def wanted(run_folder: Path) -> list[dict[str, Any]]:
    return pq.read_table(sorted((run_folder / "parts").iterdir())).to_pylist()


def assert_rows(
    found: list[dict[str, Any]], wanted: list[dict[str, Any]], *, decimals: int
) -> None:
    assert len(found) == len(wanted) == ROWS
    for f, w in zip(found, wanted, strict=True):
        assert f.keys() == w.keys()
        for name, value in w.items():
            if isinstance(value, float):
                assert f[name] == pytest.approx(value, abs=10**-decimals), name
            elif value is None or value == "":
                assert f[name] in (None, ""), name
            else:
                assert f[name] == value, name


def plain(table: Any) -> list[dict[str, Any]]:
    """An astropy table's rows with None for what is missing."""
    out: list[dict[str, Any]] = []
    for row in table:
        values = {n: row[n] for n in table.colnames}
        out.append({n: _plain(v) for n, v in values.items()})
    return out


def _plain(value: Any) -> Any:
    if value is np.ma.masked:
        return None
    item = value.item() if hasattr(value, "item") else value
    return None if isinstance(item, float) and math.isnan(item) else item


def test_fits_opens_in_astropy(run_folder: Path, wanted: list[dict[str, Any]]) -> None:
    from astropy.io import fits
    from astropy.table import Table

    path = run_folder / "predictions.fits"
    with fits.open(path) as hdus:
        hdus.verify("exception")
        header = hdus[1].header
        assert (header["NAXIS2"], header["EXTNAME"]) == (ROWS, "PREDICTIONS")
        assert (header["TTYPE3"], header["TUNIT3"], header["TUCD3"]) == (
            "ra",
            "deg",
            "pos.eq.ra;meta.main",
        )
        manifest = json.loads((run_folder / "manifest.json").read_text())
        assert header["RADESYS"] == "ICRS"
        assert header["MODEL"] == manifest["model"]["id"]
        assert header["PREPROC"] == manifest["model"]["preprocessing"]
        assert header["CREATOR"] == f"Skyform {manifest['skyform']}"
        assert datetime.fromisoformat(header["DATE"]).year >= 2025
        assert header["TCOMM1"] == "Identifier of the item"
        assert (header["TTYPE5"], header["TUNIT5"], header["TCOMM5"]) == ("mag", "mag", "Magnitude")
        assert "TUCD6" not in header
    assert path.stat().st_size % 2880 == 0
    # FITS text is ASCII.
    ascii = [
        {
            k: v.encode("ascii", "backslashreplace").decode() if isinstance(v, str) else v
            for k, v in w.items()
        }
        for w in wanted
    ]
    assert_rows(plain(Table.read(path, hdu=1)), ascii, decimals=6)


def test_parts_open_in_astropy(run_folder: Path) -> None:
    from astropy.table import Table

    for path in sorted((run_folder / "parts").iterdir()):
        ours = pq.read_table(path)
        theirs = Table.read(path, format="parquet")
        assert len(theirs) == ours.num_rows
        for name in ("sentence", "error", "id"):
            # A text that is missing becomes the word None: astropy's reader has no masked texts.
            assert list(theirs[name]) == [str(text) for text in ours[name].to_pylist()]


def test_votable_is_valid_and_opens_in_astropy(
    run_folder: Path, wanted: list[dict[str, Any]]
) -> None:
    from astropy.io.votable import parse, validate

    path = run_folder / "predictions.vot"
    report = StringIO()
    assert validate(str(path), output=report) is True, report.getvalue()
    file = parse(path, verify="exception")
    table = file.get_first_table()
    fields = {f.name: f for f in table.fields}
    assert fields["dec"].ucd == "pos.eq.dec;meta.main"
    assert str(fields["dec"].unit) == "deg"
    assert str(fields["mag"].unit) == "mag"
    manifest = json.loads((run_folder / "manifest.json").read_text())
    infos = {i.name: i.value for i in file.resources[0].infos}
    assert infos["model"] == manifest["model"]["id"]
    assert infos["preprocessing"] == manifest["model"]["preprocessing"]
    assert infos["skyform"] == manifest["skyform"]
    assert datetime.fromisoformat(infos["date"]).year >= 2025
    assert [c.system for c in file.iter_coosys()] == ["ICRS"]
    assert [n for n, f in fields.items() if f.ref == "icrs"] == ["ra", "dec"]
    assert "Shape" not in str(fields["kind"].description)
    assert_rows(plain(table.to_table()), wanted, decimals=6)


def test_csv_and_parquet_open_in_duckdb(run_folder: Path, wanted: list[dict[str, Any]]) -> None:
    duckdb = pytest.importorskip("duckdb")
    database = duckdb.connect()

    def rows(query: str) -> list[dict[str, Any]]:
        result = database.execute(query)
        names = [d[0] for d in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    parts = rows(f"SELECT * FROM '{run_folder}/parts/*.parquet' ORDER BY catalogue_id")
    assert_rows(parts, wanted, decimals=6)
    csv = rows(f"SELECT * FROM '{run_folder}/predictions.csv' ORDER BY catalogue_id")
    assert_rows(csv, wanted, decimals=6)
    count = f"SELECT count(*) AS n FROM '{run_folder}/parts/*.parquet' WHERE error <> ''"
    assert rows(count) == [{"n": 1}]


ORIGIN = Origin("made-up@1.0", "0123456789abcdef", "1.0")
SCHEMA = pa.schema(
    [
        field("name", pa.string(), description="Text & <marks>", ucd="meta.id"),
        field("n", pa.int32(), description="Whole numbers"),
        field("big", pa.int64(), description="Large ones"),
        field("x", pa.float32(), description="Numbers", unit="deg"),
        field("2mass", pa.float64(), description="A name that XML has no id for"),
    ]
)
TABLE = pa.table(
    [
        ['a,"b"', None, "<&>ü–", ""],
        [1, None, -5, 2**31 - 1],
        [2**62, None, -1, 0],
        [0.5, None, -0.25, 1e-12],
        [1.5, None, 2.5, 1e300],
    ],
    schema=SCHEMA,
)


def written(kind: Any, **known: Any) -> BytesIO:
    file = BytesIO()
    writer = kind(file, SCHEMA, origin=ORIGIN, rows=4, widths=known.get("widths", {}))
    writer.add(TABLE.slice(0, 3))
    writer.add(TABLE.slice(3))
    writer.finish()
    file.seek(0)
    return file


def test_odd_values_survive_in_votable() -> None:
    from astropy.io.votable import parse

    table = parse(written(VoTableFile), verify="exception").get_first_table().to_table()
    assert [v if v else "" for v in table["name"]] == ['a,"b"', "", "<&>ü–", ""]
    assert [_plain(v) for v in table["n"]] == [1, None, -5, 2**31 - 1]
    assert [_plain(v) for v in table["big"]] == [2**62, None, -1, 0]
    assert table["_2mass"][3] == 1e300


def test_odd_values_survive_in_fits() -> None:
    from astropy.table import Table

    width = FitsFile.width(pa.chunked_array([TABLE["name"].combine_chunks()]))
    assert width == len("<&>\\xfc\\u2013")
    table = Table.read(written(FitsFile, widths={"name": width}), hdu=1)
    assert [_plain(v) or "" for v in table["name"]] == ['a,"b"', "", "<&>\\xfc\\u2013", ""]
    assert [_plain(v) for v in table["n"]] == [1, None, -5, 2**31 - 1]
    assert [_plain(v) for v in table["big"]] == [2**62, None, -1, 0]
    assert table["x"][3] == np.float32(1e-12)


def test_odd_values_survive_in_csv() -> None:
    from pyarrow import csv

    options = csv.ConvertOptions(column_types=SCHEMA, strings_can_be_null=True)
    table = csv.read_csv(written(CsvFile), convert_options=options)
    assert table["name"].to_pylist()[:3] == ['a,"b"', None, "<&>ü–"]
    assert table["big"].to_pylist() == [2**62, None, -1, 0]
    assert table["2mass"].to_pylist() == [1.5, None, 2.5, 1e300]


@pytest.mark.parametrize(
    ("stated", "same"),
    [
        ("km / s", "km s-1"),
        ("10-17erg/s/cm2", None),
        ("hourangle", None),
        ("arcsec/pix", "arcsec pix-1"),
        ("nmgy", None),
        ("mag(AB)", None),
        ("größe", None),
    ],
)
def test_units_are_written_as_each_format_has_them(stated: str, same: str | None) -> None:
    from astropy import units
    from astropy.io.votable import parse, validate
    from astropy.table import Table

    x = field("x", pa.float64(), description="Numbers", unit=stated)
    schema = pa.schema([x])
    fits, votable = BytesIO(), BytesIO()
    for kind, file in ((FitsFile, fits), (VoTableFile, votable)):
        writer = kind(file, schema, origin=ORIGIN, rows=1, widths={})
        writer.add(pa.table([[1.5]], schema=schema))
        writer.finish()
        file.seek(0)
    assert validate(BytesIO(votable.getvalue()), output=StringIO()) is True
    of_votable = parse(votable, verify="exception").get_first_table()
    of_fits = Table.read(fits, hdu=1)
    wanted = None if same is None else units.Unit(same)
    assert of_fits["x"].unit == wanted
    assert of_votable.to_table()["x"].unit == wanted
    told = str(of_votable.fields[0].description)
    assert told == (f"Numbers [{stated}]" if same is None else "Numbers")
