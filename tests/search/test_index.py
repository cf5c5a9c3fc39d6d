"""An index finds what an exact search finds, knows what it was made from, and is never half there."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import failed, prediction
from made_up_embeddings import FEATURES, clusters, table, write

from skyform.errors import DataError, MissingExtraError, OutputError
from skyform.search import (
    ArrayEmbeddings,
    Index,
    Origin,
    ParquetEmbeddings,
    build_index,
)
from skyform.search.embeddings import Block
from skyform.search.graph import encoded

ORIGIN = Origin("made-up@1", "abc123")


def exact(vectors: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    mean = vectors.mean(axis=0)
    a, b = (x - mean for x in (queries, vectors))
    near = (a @ b.T) / np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1))
    return np.argsort(-near, axis=1)[:, :k]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root = tmp_path_factory.mktemp("index")
    write(root / "in" / "a.parquet", table(clusters(2000), failed=(17,)))
    build_index(ParquetEmbeddings(root / "in"), root / "out", threads=1)
    return Index(root / "out")


@pytest.mark.parametrize("storage", ["i8", "f16"])
def test_it_finds_the_nearest(tmp_path: Path, storage: str):
    vectors = clusters(3000, groups=30)
    queries = clusters(3200, groups=30)[3000:]
    build_index(ArrayEmbeddings(vectors), tmp_path / "i", storage=storage, threads=1)
    rows, distances = Index(tmp_path / "i").search(queries, k=10)
    truth = exact(vectors, queries, 10)
    hits = [len(set(a) & set(b)) for a, b in zip(rows.tolist(), truth.tolist(), strict=True)]
    assert sum(hits) / truth.size > (0.99 if storage == "f16" else 0.9)
    assert (np.diff(distances, axis=1) >= -1e-6).all()


def test_one_query_is_answered_as_many_are(index: Index):
    queries = clusters(5, seed=3)
    rows, distances = index.search(queries, k=4, threads=2)
    for i, query in enumerate(queries):
        one, far = index.search(query[None], k=4)
        assert one[0].tolist() == rows[i].tolist()
        assert far[0] == pytest.approx(distances[i])


def test_neighbours_come_with_what_is_known(index: Index):
    found = index.similar(clusters(2000)[100], k=3)
    assert found[0].id == "g00100"
    assert found[0].distance == pytest.approx(0, abs=1e-3)
    assert found[0].values == {
        "path": "night/g00100.jpg",
        "ra": pytest.approx(0.50025, abs=1e-3),
        "hubble": 1,
    }
    assert all(int(n.id[1:]) % 6 == 100 % 6 for n in found)


def test_a_row_is_not_its_own_neighbour(index: Index):
    found = index.similar_to_id("g01999", k=5)
    assert len(found) == 5
    assert "g01999" not in {n.id for n in found}
    assert {int(n.id[1:]) % 6 for n in found} == {1999 % 6}
    with pytest.raises(DataError, match="no row with the id 'm51'"):
        index.similar_to_id("m51")


def test_it_says_what_it_is(index: Index):
    info = index.info
    assert (info.count, info.skipped, len(index)) == (1999, 1, 1999)
    assert (info.features, info.dims, info.storage) == (FEATURES, FEATURES, "i8")
    assert info.columns == ("id", "path", "ra", "hubble")
    assert info.origin == ORIGIN
    assert info.explained == pytest.approx(1)
    assert not any(index.path.glob("progress*"))


def test_a_small_index_gives_what_it_has(tmp_path: Path):
    build_index(ArrayEmbeddings(clusters(3), ids=["a", "b", "c"]), tmp_path / "i")
    index = Index(tmp_path / "i")
    rows, distances = index.search(clusters(2), k=5)
    assert (rows[:, 3:] == -1).all()
    assert np.isnan(distances[:, 3:]).all()
    assert len(index.similar(clusters(1)[0], k=5)) == 3


def test_other_models_are_refused(index: Index):
    picture = replace(prediction("m51"), embedding=clusters(1)[0])
    assert len(index.similar(picture)) == 10
    with pytest.raises(DataError, match=r"m51 is of the model 'other@9'.*'made-up@1'"):
        index.similar(replace(picture, model="other@9"))
    with pytest.raises(DataError, match="preprocessing 'zzz'"):
        index.check(Origin("made-up@1", "zzz"))
    with pytest.raises(DataError, match="broken has no embedding"):
        index.similar(failed("broken"))
    index.check(Origin())


def test_what_cannot_be_searched_for(index: Index):
    with pytest.raises(ValueError, match="k is 0"):
        index.search(clusters(1), k=0)
    with pytest.raises(DataError, match=r"has 7 numbers.*made for 24"):
        index.search(clusters(1, features=7))
    with pytest.raises(DataError, match="not finite"):
        index.similar(np.full(FEATURES, np.nan, np.float32))


class Interrupted(ArrayEmbeddings):
    """Pieces of a hundred rows; `stop_at` a piece, the build is interrupted, as Ctrl-C does it."""

    stop_at = -1
    reads: tuple[int, ...] = ()

    @property
    def pieces(self) -> Sequence[int]:
        return [100] * (len(self._rows) // 100)

    def read(self, piece: int) -> Iterator[Block]:
        # The projection has read every piece once before the build does.
        if piece == self.stop_at and piece in self.reads:
            raise KeyboardInterrupt
        self.reads = (*self.reads, piece)
        yield Block(
            self._vectors[100 * piece : 100 * piece + 100], self._rows.slice(100 * piece, 100)
        )


@pytest.mark.parametrize(("stop", "kept"), [(0, 0), (1, 0), (2, 2), (5, 4), (9, 8)])
def test_an_interrupted_build_goes_on(tmp_path: Path, stop: int, kept: int):
    source = Interrupted(clusters(1000), origin=ORIGIN)
    build_index(source, tmp_path / "whole", threads=1, checkpoint=200)
    source.stop_at, source.reads = stop, ()
    with pytest.raises(KeyboardInterrupt):
        build_index(source, tmp_path / "i", threads=1, checkpoint=200)
    assert not (tmp_path / "i").exists()
    source.stop_at, source.reads = -1, ()
    info = build_index(source, tmp_path / "i", threads=1, checkpoint=200)
    # What was saved is not read again, not even for the projection.
    assert source.reads == (tuple(range(kept, 10)) if kept else (*range(10), *range(10)))
    assert info.count == 1000
    a, b = Index(tmp_path / "whole"), Index(tmp_path / "i")
    assert a.values(range(1000)) == b.values(range(1000))
    queries = clusters(50, seed=9)
    assert np.array_equal(a.search(queries)[0], b.search(queries)[0])
    assert not list(tmp_path.glob("*.part"))


def test_a_finished_build_that_was_not_moved_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def killed(part: Path, target: Path) -> None:
        raise KeyboardInterrupt

    source = Interrupted(clusters(300), origin=ORIGIN)
    with monkeypatch.context() as patch:
        patch.setattr("skyform.search.building._move", killed)
        with pytest.raises(KeyboardInterrupt):
            build_index(source, tmp_path / "i")
    source.reads = ()
    assert build_index(source, tmp_path / "i").columns == ("id",)
    assert source.reads == ()
    assert len(Index(tmp_path / "i")) == 300


def test_other_settings_begin_anew(tmp_path: Path):
    source = Interrupted(clusters(500))
    source.stop_at = 4
    with pytest.raises(KeyboardInterrupt):
        build_index(source, tmp_path / "i", threads=1, checkpoint=100)
    source.stop_at, source.reads = -1, ()
    assert build_index(source, tmp_path / "i", dims=5, threads=1).dims == 5
    assert len(Index(tmp_path / "i")) == 500


@pytest.mark.parametrize(
    "file", ["graph-*.usearch", "projection.npz", "progress.json", "rows-0.arrow"]
)
def test_a_damaged_state_is_not_resumed_from(tmp_path: Path, file: str):
    source = Interrupted(clusters(500), origin=ORIGIN)
    source.stop_at = 3
    with pytest.raises(KeyboardInterrupt):
        build_index(source, tmp_path / "i", threads=1, checkpoint=100)
    (broken,) = (tmp_path / "i.part").glob(file)
    broken.write_bytes(broken.read_bytes()[:-30])
    source.stop_at = -1
    build_index(source, tmp_path / "i", threads=1, checkpoint=100)
    assert len(Index(tmp_path / "i")) == 500
    assert Index(tmp_path / "i").values([0, 499]) == [{"id": "0"}, {"id": "499"}]


def test_an_index_is_not_overwritten_unasked(tmp_path: Path):
    source = ArrayEmbeddings(clusters(50))
    build_index(source, tmp_path / "i")
    with pytest.raises(OutputError, match=r"exists\. Give another name, or --force"):
        build_index(source, tmp_path / "i")
    build_index(ArrayEmbeddings(clusters(60)), tmp_path / "i", overwrite=True)
    assert len(Index(tmp_path / "i")) == 60
    assert [p.name for p in tmp_path.iterdir()] == ["i"]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"x")
    for path in (tmp_path / "photos", tmp_path / "photos" / "a.jpg"):
        with pytest.raises(OutputError, match="not an index"):
            build_index(ArrayEmbeddings(clusters(9)), path, overwrite=True)
    assert (tmp_path / "photos" / "a.jpg").read_bytes() == b"x"


def test_a_place_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        build_index(ArrayEmbeddings(clusters(9)), tmp_path / "file" / "i")


def test_nothing_to_index(tmp_path: Path):
    nothing = ArrayEmbeddings(np.full((4, 3), np.nan, np.float32))
    with pytest.raises(DataError, match="no usable embedding"):
        build_index(nothing, tmp_path / "i")
    assert not list(tmp_path.iterdir())


def test_columns_that_change_their_type_are_told(tmp_path: Path):
    write(tmp_path / "in" / "1.parquet", table(clusters(9)))
    other = table(clusters(9)).drop_columns(["hubble"]).append_column("hubble", pa.array(["S"] * 9))
    write(tmp_path / "in" / "2.parquet", other)
    with pytest.raises(DataError, match="disagree about the type of a column"):
        build_index(ParquetEmbeddings(tmp_path / "in"), tmp_path / "i")


@pytest.mark.parametrize(
    ("file", "damage", "said"),
    [
        ("graph-*.usearch", lambda b: b[:-100], "is not .* bytes long"),
        ("graph-*.usearch", lambda b: bytes(len(b)), "damaged"),
        ("projection.npz", lambda b: b[:100], "damaged"),
        ("rows-0.arrow", lambda b: b[:-40], "damaged"),
        ("index.json", lambda b: b[:-40], "cannot be read"),
        ("index.json", lambda b: b.replace(b'"format": 1', b'"format": 7'), "has the format 7"),
        ("index.json", lambda b: b'{"format": 1}', "cannot be read"),
        ("index.json", lambda b: b"[]", "cannot be read"),
    ],
)
def test_damage_is_told(tmp_path: Path, file: str, damage, said: str):
    build_index(ArrayEmbeddings(clusters(50)), tmp_path / "i")
    (broken,) = (tmp_path / "i").glob(file)
    broken.write_bytes(damage(broken.read_bytes()))
    with pytest.raises(DataError, match=said):
        Index(tmp_path / "i")


def test_what_is_no_index(tmp_path: Path):
    with pytest.raises(DataError, match="is not there"):
        Index(tmp_path / "gone")
    with pytest.raises(DataError, match=r"has no index\.json"):
        Index(tmp_path)


def test_without_usearch_it_says_what_to_install(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    source = ArrayEmbeddings(clusters(9))
    for needs in (lambda: Index(index.path), lambda: build_index(source, tmp_path / "i")):
        with pytest.raises(MissingExtraError, match=r"pip install 'skyform\[search\]'"):
            needs()
    assert not list(tmp_path.iterdir())


def test_rows_and_ids_must_match():
    with pytest.raises(DataError, match="5 embeddings but 1 ids"):
        ArrayEmbeddings(clusters(5), ids=["a"])
    with pytest.raises(DataError, match="5 embeddings but 2 rows"):
        ArrayEmbeddings(clusters(5), columns=pa.table({"x": [1, 2]}))


@settings(max_examples=20)
@given(scale=st.floats(1e-6, 1e6), seed=st.integers(0, 20))
def test_length_does_not_matter_to_what_is_stored(scale: float, seed: int):
    vectors = np.random.default_rng(seed).normal(size=(5, 12)).astype(np.float32)
    coded = encoded(vectors * np.float32(scale), storage="i8").astype(int)
    assert np.abs(coded).max(axis=1).tolist() == [127] * 5
    assert np.abs(coded - encoded(vectors, storage="i8")).max() <= 1
    assert encoded(np.zeros((1, 3), np.float32), storage="i8").tolist() == [[0, 0, 0]]


def test_index_json_is_readable(index: Index):
    values = json.loads((index.path / "index.json").read_text())
    assert values["model"] == "made-up@1"
    assert values["source"] == "in"
