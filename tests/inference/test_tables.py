import csv
import io
import json
import math
import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.io.votable import parse_single_table
from astropy.io.votable.ucd import check_ucd
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import MODEL, failed, prediction

from skyform.errors import OutputError
from skyform.inference.tables import COLUMNS, KAGGLE_COLUMNS, kaggle_row, plain_text, row
from skyform.inference.writers import FORMATS, TableWriter, format_of, open_writer
from skyform.schema import KAGGLE, KINDS, SKYFORM, Flag, Prediction

TABLES = ["csv", "json", "jsonl", "parquet", "fits", "vot"]
KAGGLE_NAMES = [a.column for a in KAGGLE.answers]

names = st.text(min_size=1, max_size=12)
good = st.fixed_dictionaries(
    {
        "id": names,
        "seed": st.integers(0, 2**32 - 1),
        "path": names,
        "kind": st.sampled_from([k.id for k in KINDS]),
        "confidence": st.floats(0.2, 1),
        "flags": st.lists(st.sampled_from(list(Flag)), max_size=3, unique=True),
    }
)
bad = st.fixed_dictionaries({"id": names, "path": names, "message": names, "remedy": names})
many = st.lists(good | bad, max_size=8)
Recipe = dict[str, Any]


def made(recipes: list[Recipe]) -> list[Prediction]:
    # Not within the strategy: the run-time type checks draw random numbers, which Hypothesis forbids there.
    return [failed(**r) if "message" in r else prediction(**r) for r in recipes]


def write(path: Path, predictions: list[Prediction], format: str | None = None) -> Path:
    with open_writer(path, format=format) as writer:
        for p in predictions:
            writer.write(p)
    return path


def interrupt(writer: TableWriter, predictions: list[Prediction]) -> None:
    for p in predictions:
        writer.write(p)
    raise KeyboardInterrupt


def value_of(text: str, type: str) -> str | int | float | None:
    if type == "text":
        return text
    if text == "":
        return None
    return int(text) if type == "integer" else float(text)


def read(path: Path) -> list[dict[str, object]]:
    """Rows as plain values, null as None, whatever the format."""
    match path.suffix:
        case ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                types = {c.name: c.type for c in (*COLUMNS, *KAGGLE_COLUMNS)}
                return [
                    {k: value_of(v, types[k]) for k, v in r.items()} for r in csv.DictReader(file)
                ]
        case ".json":
            return json.loads(path.read_text(encoding="utf-8"))
        case ".jsonl":
            return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        case ".parquet":
            return pq.read_table(path).to_pylist()
        case ".fits":
            return from_astropy(Table.read(path, mask_invalid=False))
        case _:
            return from_astropy(parse_single_table(path, verify="exception").to_table())


def from_astropy(table: Table) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for record in table:
        values: dict[str, object] = {}
        for column in COLUMNS:
            value = record[column.name]
            if column.type == "text":
                values[column.name] = value.decode() if isinstance(value, bytes) else str(value)
            elif value is np.ma.masked or math.isnan(value):
                values[column.name] = None
            else:
                values[column.name] = value.item()
        rows.append(values)
    return rows


def comparable(
    rows: list[dict[str, object]], *, ascii: bool = False, blanks: bool = True
) -> list[dict[str, object]]:
    """Null text is empty text where a format has no other; FITS escapes what is not ASCII and drops spaces at the end; XML
    readers drop the blanks around a VOTable's text."""
    out: list[dict[str, object]] = []
    for r in rows:
        text = {c.name: str(r[c.name] or "") for c in COLUMNS if c.type == "text"}
        if ascii:
            text = {
                k: v.encode("ascii", "backslashreplace").decode().rstrip(" ")
                for k, v in text.items()
            }
        if not blanks:
            text = {k: v.strip() for k, v in text.items()}
        out.append({**r, **text})
    return out


def test_columns_are_those_of_the_specification_in_order():
    expected = ["id", "path", "kind", "kind_confidence"]
    for taxonomy in ("galaxy10_sdss", "galaxy10_decals", "hubble", "galaxy_zoo_1"):
        expected += [taxonomy, f"{taxonomy}_confidence"]
    expected += [*KAGGLE_NAMES, "rolled_up", "kind_set"]
    for taxonomy in ("galaxy10_sdss", "galaxy10_decals", "hubble", "galaxy_zoo_1"):
        expected += [f"{taxonomy}_set"]
    expected += ["strangeness", "flags", "error", "model"]
    assert [c.name for c in COLUMNS] == expected
    assert len(KAGGLE_NAMES) == 37
    assert list(row(prediction())) == expected
    assert list(row(failed())) == expected


def test_every_column_says_what_it_is():
    assert all(c.description and len(c.name) < 40 for c in COLUMNS)
    for column in COLUMNS:
        assert check_ucd(column.ucd, check_controlled_vocabulary=True), column


def test_row_of_a_good_prediction():
    p = prediction("m51", path="a/m51.jpg", flags=[Flag.TINY, Flag.UNSURE])
    values = row(p)
    assert values["id"] == "m51"
    assert values["path"] == "a/m51.jpg"
    assert values["kind"] == "galaxy"
    assert values["kind_confidence"] == 0.97
    assert values["hubble"] == p.classes["hubble"].number
    assert values["Class4.1"] == pytest.approx(p.answer("spiral.yes").cumulative, abs=1e-6)
    assert values["flags"] == "tiny;unsure"
    assert values["error"] == ""
    assert values["model"] == MODEL


def test_row_of_a_failure_has_nulls_and_one_line_of_error():
    values = row(failed(message="Ends\nearly.", remedy="Copy  it\tagain."))
    assert values["error"] == "truncated-image: Ends early. Copy it again."
    filled = {k for k, v in values.items() if v is not None}
    assert filled == {"id", "path", "flags", "error", "model"}


@given(st.text())
def test_plain_text_is_one_printable_line(text: str):
    out = plain_text(text)
    assert len(f"|{out}|".splitlines()) == 1
    out.encode("utf-8")


def test_plain_text_keeps_letters_and_shows_bytes():
    name = os.fsdecode(b"caf\xe9\n") + "_été_星.jpg"
    assert plain_text(name) == "caf\\xe9\\x0a_été_星.jpg"


@given(many)
def test_csv_round_trip(recipes: list[Recipe]):
    predictions = made(recipes)
    with Scratch() as folder:
        path = write(folder / "r.csv", predictions)
        assert comparable(read(path)) == comparable([row(p) for p in predictions])


@pytest.mark.parametrize("suffix", TABLES)
@given(recipes=many)
@settings(max_examples=40)
def test_every_format_holds_the_same_values(suffix: str, recipes: list[Recipe]):
    predictions = made(recipes)
    with Scratch() as folder:
        path = write(folder / f"r.{suffix}", predictions)
        keeps = {"ascii": suffix == "fits", "blanks": suffix != "vot"}
        expected = comparable([row(p) for p in predictions], **keeps)
        assert comparable(read(path), **keeps) == expected


@pytest.mark.parametrize("suffix", TABLES)
def test_order_is_kept_and_failures_have_rows(suffix: str, tmp_path: Path):
    predictions = [
        failed(f"n{i}") if i % 3 == 0 else prediction(f"n{i}", seed=i) for i in range(40)
    ]
    rows = read(write(tmp_path / f"r.{suffix}", predictions))
    assert [r["id"] for r in rows] == [f"n{i}" for i in range(40)]
    assert [bool(r["error"]) for r in rows] == [i % 3 == 0 for i in range(40)]
    assert [r["hubble"] is None for r in rows] == [i % 3 == 0 for i in range(40)]


@pytest.mark.parametrize("suffix", TABLES)
def test_nothing_but_failures_and_nothing_at_all(suffix: str, tmp_path: Path):
    assert len(read(write(tmp_path / f"bad.{suffix}", [failed(), failed()]))) == 2
    assert read(write(tmp_path / f"none.{suffix}", [])) == []


def test_numbers_that_are_not_finite_are_null():
    answers = prediction().answers
    p = replace(prediction(), answers=(replace(answers[0], cumulative=math.nan), *answers[1:]))
    assert row(p)["Class1.1"] is None


def test_csv_has_plain_decimals(tmp_path: Path):
    path = write(tmp_path / "r.csv", [prediction(seed=i) for i in range(30)])
    cells = [c for line in path.read_text().splitlines()[1:] for c in line.split(",")[12:49]]
    assert len(cells) == 30 * 37
    assert all(c.replace(".", "", 1).isdigit() for c in cells)


def test_parquet_has_row_groups_descriptions_and_zstd(tmp_path: Path):
    one = prediction()
    file = pq.ParquetFile(write(tmp_path / "r.parquet", [one] * 5_003))
    assert file.metadata.num_row_groups == 2
    assert file.metadata.row_group(0).num_rows == 5_000
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    field = file.schema_arrow.field("hubble")
    assert b"0 elliptical" in field.metadata[b"description"]


def test_fits_and_votable_carry_descriptions_and_ucds(tmp_path: Path):
    with fits.open(write(tmp_path / "r.fits", [prediction(), failed()])) as hdus:
        header = hdus["PREDICTIONS"].header
        assert header["TTYPE5"] == "galaxy10_sdss"
        assert header["TNULL5"] == -1
        assert header["TUCD5"] == "meta.code.class;src.morph.type"
        assert header["TCOMM1"].startswith("Name of the input")
        hdus.verify("exception")
    table = parse_single_table(write(tmp_path / "r.vot", [prediction()]), verify="exception")
    field = table.get_field_by_id_or_name("galaxy10_sdss")
    assert field.ucd == "meta.code.class;src.morph.type"
    assert "Galaxy10 SDSS" in field.description


def test_text_that_xml_and_csv_must_escape(tmp_path: Path):
    name = 'a<b>&"c", d; é'
    for suffix in ("csv", "vot", "json"):
        rows = read(write(tmp_path / f"r.{suffix}", [prediction(name, path=name)]))
        assert rows[0]["id"] == name


def test_kaggle_file(tmp_path: Path):
    predictions = [prediction("100008", seed=1), failed("100023"), prediction("100053", seed=2)]
    with open_writer(tmp_path / "sub.csv", format="kaggle") as writer:
        for p in predictions:
            writer.write(p)
    assert (writer.rows, writer.skipped) == (2, 1)
    lines = (tmp_path / "sub.csv").read_text().splitlines()
    assert lines[0] == ",".join(["GalaxyID", *KAGGLE_NAMES])
    assert [line.split(",")[0] for line in lines[1:]] == ["100008", "100053"]
    for r in read(tmp_path / "sub.csv"):
        assert sum(r[f"Class1.{k}"] for k in (1, 2, 3)) == pytest.approx(1, abs=1e-7)
        assert r["Class6.1"] + r["Class6.2"] == pytest.approx(1, abs=1e-7)
        assert r["Class2.1"] + r["Class2.2"] == pytest.approx(r["Class1.2"], abs=1e-7)


@given(st.integers(0, 2**32 - 1))
def test_kaggle_shares_follow_the_tree(seed: int):
    values = kaggle_row(prediction(seed=seed))
    assert values is not None
    for q in KAGGLE.questions[1:]:
        parents = [KAGGLE.answers[i].column for i in KAGGLE.parents[q.id]]
        asked = 1.0 if q.id == "odd" else sum(values[p] for p in parents)
        assert sum(values[a.column] for a in q.answers) == pytest.approx(asked, abs=1e-6)


def test_kaggle_refuses_a_model_of_another_tree():
    p = prediction()
    other = replace(p, answers=p.answers[3:])
    with pytest.raises(OutputError, match="does not answer 3 of the challenge's 37 columns"):
        kaggle_row(other)


def test_unknown_extension_and_format_list_the_known_ones():
    with pytest.raises(OutputError, match=r"extension '\.doc'.*\.csv, \.json.*kaggle"):
        format_of("r.doc")
    with pytest.raises(
        OutputError, match=r"no format 'excel'.*csv, json, jsonl, parquet, fits, vot"
    ):
        format_of("r.csv", format="excel")
    assert format_of("R.CSV") is FORMATS["csv"]
    assert format_of("r.txt", format="vot") is FORMATS["vot"]


@pytest.mark.parametrize("suffix", TABLES)
def test_interruption_keeps_a_readable_part_file(suffix: str, tmp_path: Path):
    target = tmp_path / f"r.{suffix}"
    target.write_text("an older result")
    writer = open_writer(target)
    with pytest.raises(KeyboardInterrupt), writer:
        interrupt(writer, [prediction("one"), prediction("two")])
    assert writer.kept == tmp_path / f"r.{suffix}.part"
    assert target.read_text() == "an older result"
    kept = writer.kept.rename(tmp_path / f"kept.{suffix}")
    assert [r["id"] for r in read(kept)] == ["one", "two"]


def test_interruption_before_the_first_row_leaves_nothing(tmp_path: Path):
    writer = open_writer(tmp_path / "r.csv")
    with pytest.raises(KeyboardInterrupt), writer:
        interrupt(writer, [])
    assert writer.kept is None
    assert list(tmp_path.iterdir()) == []


def test_success_leaves_only_the_result(tmp_path: Path):
    write(tmp_path / "r.csv", [prediction()])
    assert [p.name for p in tmp_path.iterdir()] == ["r.csv"]


def test_places_that_cannot_be_written(tmp_path: Path):
    with pytest.raises(OutputError, match="is a folder"):
        open_writer(tmp_path, format="csv")
    with pytest.raises(OutputError, match=r"Cannot write .*missing.*No such file"):
        open_writer(tmp_path / "missing" / "r.csv")


def test_full_disk_is_an_output_error():
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(OutputError, match="No space left"):
        write(full, [prediction()] * 100, "csv")


def test_link_stays_a_link(tmp_path: Path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write(tmp_path / "link.csv", [prediction("new")])
    assert (tmp_path / "link.csv").is_symlink()
    assert read(tmp_path / "real.csv")[0]["id"] == "new"


def test_standard_output_takes_text_formats_only(capsysbinary: pytest.CaptureFixture[bytes]):
    write(Path("-"), [prediction("one")], "csv")
    text = io.StringIO(capsysbinary.readouterr().out.decode())
    assert next(csv.DictReader(text))["id"] == "one"
    with pytest.raises(OutputError, match="parquet is not a text format"):
        open_writer("-", format="parquet")


def test_the_senses_are_not_among_the_answers():
    extra = {a.column for a in SKYFORM.answers} - set(KAGGLE_NAMES)
    assert extra == {"GZ1.clockwise", "GZ1.anticlockwise"}
    assert not extra & set(row(prediction()))


class Scratch:
    """A folder of its own for each Hypothesis example."""

    def __enter__(self) -> Path:
        self._folder = TemporaryDirectory()
        return Path(self._folder.name)

    def __exit__(self, *args: object) -> None:
        self._folder.cleanup()
