import hashlib
import json
from dataclasses import replace
from pathlib import Path

import h5py
import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_up_data import drawn_galaxy, jpeg

import skyform.cli
import skyform.datasets.download
import skyform.datasets.published
from skyform.cli import main
from skyform.datasets.published import Published, PublishedFile
from skyform.schema import KAGGLE

Capture = pytest.CaptureFixture[str]


CONTENT = b"not much of a set" * 1000
TINY = Published(
    id="tiny",
    title="A tiny set",
    files=(
        PublishedFile(
            "tiny.h5",
            "https://example.org/tiny.h5",
            f"sha256:{hashlib.sha256(CONTENT).hexdigest()}",
            3_000_000,
        ),
    ),
    page="https://example.org",
    licence="CC BY 4.0",
    citation="Somebody et al.",
    note="Nothing in it.",
)
BY_HAND = replace(TINY, id="by_hand", title="One to fetch yourself", files=())


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch):
    """Two published sets in the place of the real ones, and a server that has the one file."""
    sets = {s.id: s for s in (TINY, BY_HAND)}
    serve = httpx.MockTransport(lambda _: httpx.Response(200, stream=httpx.ByteStream(CONTENT)))
    monkeypatch.setattr(skyform.datasets.published, "PUBLISHED", sets)
    monkeypatch.setattr(
        skyform.datasets.download, "open_client", lambda: httpx.Client(transport=serve)
    )
    monkeypatch.setitem(
        skyform.cli.COMMANDS, "datasets", "list, fetch, look at and convert data sets"
    )


@pytest.fixture
def sky(tmp_path: Path) -> Path:
    """A Parquet set of five pictures, one of them broken."""
    pictures = [jpeg(drawn_galaxy(k)) for k in range(5)]
    pictures[3] = pictures[3][: int(0.8 * len(pictures[3]))]
    table = {
        "image": [{"bytes": p, "path": f"{k}.jpg"} for k, p in enumerate(pictures)],
        "image_id": list("abcde"),
        "label": ["lens", "galaxy", "galaxy", "lens", None],
        "split": ["train", "train", "validation", "validation", "train"],
    }
    pq.write_table(pa.table(table), tmp_path / "sky.parquet")
    return tmp_path / "sky.parquet"


@pytest.fixture
def voted(tmp_path: Path) -> Path:
    """A Parquet set of two pictures with votes: one clearly smooth, one undecided."""
    votes = np.zeros((2, 37))
    votes[:, KAGGLE.index["smooth-or-features.smooth"]] = (0.9, 0.5)
    votes[:, KAGGLE.index["smooth-or-features.features"]] = (0.1, 0.5)
    columns = {a.column: votes[:, k] for k, a in enumerate(KAGGLE.answers)}
    pictures = [{"bytes": jpeg(drawn_galaxy(k)), "path": ""} for k in range(2)]
    pq.write_table(pa.table({"image": pictures, **columns}), tmp_path / "voted.parquet")
    return tmp_path / "voted.parquet"


def test_list(capsys: Capture):
    assert main(["datasets", "list"]) == 0
    out = capsys.readouterr().out
    assert "tiny     A tiny set\n" in out
    assert "by_hand  One to fetch yourself (fetch it yourself: see `info`)" in out
    assert "read:    galaxy10_sdss, galaxy10_decals, kaggle" in out
    assert main(["datasets", "list", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["tiny"]["files"][0]["checksum"] == TINY.files[0].checksum


def test_info_of_a_published_set(capsys: Capture):
    assert main(["datasets", "info", "tiny"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "citation  Somebody et al." in lines
    assert "file      tiny.h5 (3 MB)" in lines
    assert "          https://example.org/tiny.h5" in lines
    assert f"          SHA256 {TINY.files[0].sha256}" in lines


def test_info_of_a_set(sky: Path, capsys: Capture):
    assert main(["datasets", "info", str(sky)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "sky, 5 images"
    assert "pictures     5 of 5 objects" in lines
    assert "sizes        64x64 (5) in a sample of 5" in lines
    assert "class            train  validation         all" in lines
    assert "galaxy               1           1           2" in lines
    assert "(no label)           1           0           1" in lines


def test_info_as_json(sky: Path, capsys: Capture):
    assert main(["datasets", "info", str(sky), "--json", "--sample", "1"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["counts"]["lens"] == {"train": 1, "validation": 1}
    assert said["sizes"] == {"64x64": 1}
    assert said["volunteers"] is None
    assert len(said["fingerprint"]) == 16


def test_info_with_classes_from_votes(voted: Path, capsys: Capture):
    assert main(["datasets", "info", str(voted), "--classes", "hubble", "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    assert counts == {
        "elliptical": {"": 1},
        "lenticular": {"": 0},
        "spiral": {"": 0},
        "": {"": 1},
    }


def test_info_says_what_makes_reading_slow(tmp_path: Path, capsys: Capture):
    with h5py.File(tmp_path / "g.h5", "w") as file:
        file.create_dataset("images", (6, 69, 69, 3), np.uint8, chunks=(3, 23, 23, 3))
        file["ans"] = np.zeros(6, dtype=np.uint8)
    assert main(["datasets", "info", str(tmp_path / "g.h5")]) == 0
    out = capsys.readouterr().out
    assert "pieces of 3 pictures in each chunk" in out
    face_on = next(line for line in out.splitlines() if line.startswith("face-on"))
    assert face_on.split(maxsplit=2) == ["face-on", "6", "Disk, Face-on, No Spiral"]


def test_info_lists_what_was_left_out_and_what_is_no_picture(tmp_path: Path, capsys: Capture):
    for name in ("a/1.jpg", "b/2.jpg", "b/3.jpg"):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(jpeg(drawn_galaxy(1)))
    (tmp_path / "set" / "a" / "empty.jpg").touch()
    (tmp_path / "set" / "a" / "text.jpg").write_text("not a picture")
    assert main(["datasets", "info", str(tmp_path / "set")]) == 0
    out = capsys.readouterr().out
    assert "left out (1)\n  a/empty.jpg: the file is empty" in out
    assert "unreadable (1)\n  a/text.jpg: not a picture that can be read" in out


def test_download_and_verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture):
    monkeypatch.chdir(tmp_path)
    assert main(["datasets", "verify", "tiny"]) == 1
    assert "tiny.h5 is not there" in capsys.readouterr().out
    assert main(["datasets", "download", "tiny"]) == 0
    # Each set has a folder of its own.
    assert capsys.readouterr().out == "data/tiny/tiny.h5\n"
    assert Path("data/tiny/tiny.h5").read_bytes() == CONTENT
    assert main(["datasets", "verify", "tiny"]) == 0
    assert "tiny in data/tiny: as published." in capsys.readouterr().out
    Path("data/tiny/tiny.h5").write_bytes(CONTENT[1:])
    assert main(["datasets", "verify", "tiny", "--json"]) == 1
    assert "not the published file" in json.loads(capsys.readouterr().out)["problems"][0]


def test_download_of_what_cannot_be(tmp_path: Path, capsys: Capture):
    assert main(["datasets", "download", "huge"]) == 3
    assert "no published data set 'huge'" in capsys.readouterr().err
    assert main(["datasets", "download", "by_hand", "--into", str(tmp_path)]) == 3
    assert "with your own account: https://example.org" in capsys.readouterr().err


def test_verify_finds_the_broken_picture_when_it_looks(sky: Path, capsys: Capture):
    assert main(["datasets", "verify", str(sky)]) == 0
    assert "sky, 5 images: no problems\nThe pictures were not decoded" in capsys.readouterr().out
    assert main(["datasets", "verify", str(sky), "--every-image"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("sky, 5 images: 1 problem\n  d: ")
    assert main(["datasets", "verify", str(sky), "--every-image", "--json"]) == 1
    assert list(json.loads(capsys.readouterr().out)["problems"]) == ["d"]


def test_convert(sky: Path, tmp_path: Path, capsys: Capture):
    out = tmp_path / "folders"
    command = ["datasets", "convert", str(sky), "--to", "folders", "--out", str(out)]
    assert main(command) == 0
    said = capsys.readouterr().err
    assert f"{out}: 4 pictures as folders." in said
    assert "Left out, having no place in this layout (1):\n  e: no label" in said
    assert sorted(p.name for p in out.rglob("*.jpg")) == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert main([*command, "--overwrite"]) == 3
    assert "is a folder with something in it" in capsys.readouterr().err


def test_what_was_not_understood(sky: Path, capsys: Capture):
    for arguments, said in (
        (["info"], "info what?"),
        (["convert", str(sky), "--to", "folders"], "convert needs --to LAYOUT and --out PATH"),
        (["forget", str(sky)], "invalid choice: 'forget'"),
    ):
        assert main(["datasets", *arguments]) == 2
        assert said in capsys.readouterr().err


def test_errors_are_one_clear_line(tmp_path: Path, capsys: Capture):
    assert main(["datasets", "info", str(tmp_path / "nothing")]) == 3
    assert "nothing does not exist." in capsys.readouterr().err
    assert main(["datasets", "info", str(tmp_path)]) == 3
    assert "holds no data set that Skyform knows" in capsys.readouterr().err


def test_a_path_goes_before_a_name(sky: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture):
    monkeypatch.chdir(sky.parent)
    sky.rename(sky.parent / "tiny")
    assert main(["datasets", "info", "tiny", "--format", "parquet"]) == 0
    assert "tiny, 5 images" in capsys.readouterr().out
