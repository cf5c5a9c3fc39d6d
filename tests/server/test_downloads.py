"""Answers as files, and back from the contract to what they were made from."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pyarrow.parquet as pq
import pytest
from fakes import FakeClassifier, picture
from hypothesis import given
from hypothesis import strategies as st

from skyform.schema import Prediction
from skyform.server.contract import Classification
from skyform.server.downloads import MEDIA_TYPES, attachment, prediction_of, table, write_table

CLASSIFIER = FakeClassifier()
GOOD = CLASSIFIER.classify(picture(), id="NGC 1", evidence=True)
BROKEN = CLASSIFIER.classify(b"no picture", id="broken")


@pytest.mark.parametrize("prediction", [GOOD, BROKEN], ids=["good", "broken"])
def test_there_and_back(prediction: Prediction):
    classification = Classification.of(prediction, request_id="x")
    again = prediction_of(Classification.model_validate_json(classification.model_dump_json()))
    assert again == prediction
    assert np.asarray(again.embedding).size == 0


def test_a_flag_that_is_no_more_is_left_out():
    classification = Classification.of(GOOD, request_id="x")
    classification.flags[0].code = "from-an-older-version"
    assert prediction_of(classification).flags == ()


@pytest.mark.parametrize("format", sorted(set(MEDIA_TYPES) - {"png"}))
def test_every_format_has_a_row_for_each(format: str, tmp_path: Path):
    path = tmp_path / "table"
    write_table([GOOD, BROKEN], path, format=format, model=CLASSIFIER.info)
    data = path.read_bytes()
    assert table([GOOD, BROKEN], format=format, model=CLASSIFIER.info) == data
    ids = {
        "csv": lambda: [r["id"] for r in csv.DictReader(io.StringIO(data.decode()))],
        "json": lambda: [r["id"] for r in json.loads(data)],
        "parquet": lambda: pq.read_table(path)["id"].to_pylist(),
    }
    if format in ids:
        assert ids[format]() == ["NGC 1", "broken"]
    else:
        assert b"NGC 1" in data
        assert b"unknown-format" in data


@given(st.text(max_size=120))
def test_any_name_makes_a_header(name: str):
    """One line of ASCII, no quote inside the quotes, and the whole name in its other form."""
    shown = attachment(name, suffix="csv")["Content-Disposition"]
    assert shown.isascii()
    assert shown.isprintable()
    quoted = shown.partition('filename="')[2].partition('"')[0]
    assert quoted.endswith(".csv")
    assert not set(quoted) & set('"\\/;%')
    assert not quoted.startswith(".")
    wanted = name.encode("utf-8", "replace").decode().strip() or "result"
    assert unquote(shown.partition("''")[2]) == f"{wanted}.csv"


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)"])
def test_spreadsheets_find_no_formulas_in_names(name: str):
    made = replace(GOOD, id=name)

    def text(format: str) -> str:
        return table([made], format=format, model=CLASSIFIER.info).decode()

    assert next(csv.DictReader(io.StringIO(text("csv"))))["id"] == f"'{name}"
    assert json.loads(text("json"))[0]["id"] == name
