"""Principal components, and what is left of an embedding beside them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_embeddings import clusters

from skyform.errors import DataError
from skyform.search import ArrayEmbeddings
from skyform.search.embeddings import sampled
from skyform.search.projection import Projection, fit_projection, project


def test_axes_are_those_of_the_covariance():
    vectors = clusters(500) + 1000
    fitted = fit_projection(ArrayEmbeddings(vectors), dims=5)
    centred = vectors - vectors.mean(axis=0)
    expected = np.linalg.svd(centred, compute_uv=False)[:5] / np.sqrt(499)
    assert fitted.spread == pytest.approx(expected, rel=1e-3)
    assert fitted.axes @ fitted.axes.T == pytest.approx(np.eye(5), abs=1e-5)
    assert fitted.explained == pytest.approx(
        expected @ expected / centred.var(axis=0, ddof=1).sum(), rel=1e-3
    )
    assert fitted(vectors, whiten=True).std(axis=0, ddof=1) == pytest.approx(np.ones(5), rel=1e-3)


@settings(max_examples=20)
@given(dims=st.integers(1, 40), seed=st.integers(0, 5))
def test_axes_and_remainder_hold_all(dims: int, seed: int):
    vectors = clusters(60, seed=seed)
    fitted = fit_projection(ArrayEmbeddings(vectors), dims=dims)
    inside = fitted(vectors)
    whole = np.linalg.norm(vectors - fitted.mean, axis=1)
    together = np.hypot(np.linalg.norm(inside, axis=1), fitted.remainder(vectors, inside))
    assert fitted.dims == min(dims, 24)
    assert together == pytest.approx(whole, rel=1e-3)


def test_no_more_axes_than_the_set_has():
    flat = np.outer(np.linspace(0, 1, 50), np.ones(8)).astype(np.float32)
    assert fit_projection(ArrayEmbeddings(flat), dims=8).dims == 1
    same = np.ones((10, 8), np.float32)
    fitted = fit_projection(ArrayEmbeddings(same), dims=8)
    assert np.isfinite(fitted(same, whiten=True)).all()


def test_what_cannot_be_fitted():
    with pytest.raises(ValueError, match="dims is 0"):
        fit_projection(ArrayEmbeddings(clusters(5)), dims=0)
    nothing = ArrayEmbeddings(np.full((5, 3), np.nan, np.float32))
    with pytest.raises(DataError, match="no usable embedding"):
        fit_projection(nothing, dims=2)
    with pytest.raises(DataError, match="no usable embedding"):
        fit_projection(ArrayEmbeddings(np.zeros((0, 3), np.float32)), dims=2)


def test_it_survives_the_disk(tmp_path: Path):
    fitted = fit_projection(ArrayEmbeddings(clusters(100)), dims=7)
    fitted.save(tmp_path / "p.npz")
    again = Projection.load(tmp_path / "p.npz")
    assert np.array_equal(again(clusters(9)), fitted(clusters(9)))
    assert again.explained == fitted.explained


def test_a_set_is_projected_with_its_rows():
    vectors = clusters(400)
    vectors[5] = np.nan
    found = project(ArrayEmbeddings(vectors, ids=[f"x{i}" for i in range(400)]), dims=10)
    assert found.coordinates.shape == (399, 10)
    assert found.rows["id"][5].as_py() == "x6"
    assert project(ArrayEmbeddings(clusters(50)), dims=10).coordinates.shape == (50, 5)


@pytest.mark.parametrize("most", [10, 999, 20_000])
def test_a_sample_is_spread_evenly(most: int):
    numbers = np.arange(20_000, dtype=np.float32)[:, None]
    taken = np.concatenate(list(sampled(ArrayEmbeddings(numbers), most=most)))[:, 0]
    assert 0.8 * most < len(taken) <= most
    assert set(np.diff(taken)) == {taken[1] - taken[0]}
