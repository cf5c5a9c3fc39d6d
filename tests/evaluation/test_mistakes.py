import numpy as np
from made_up_runs import class_run, vote_run

from skyform.evaluation.mistakes import worst_rows, wrongness


def test_sure_and_wrong_comes_first():
    run = class_run(n=200).predictions
    worst = worst_rows(run, count=1000)
    assert (run.said[worst] != run.truth[worst]).all()
    assert len(worst) == (run.said != run.truth).sum()
    gap = run.p.max(axis=1) - run.p[np.arange(200), run.truth]
    assert (np.diff(gap[worst]) <= 0).all()
    assert (wrongness(run)[run.said == run.truth] == 0).all()


def test_fractions_are_wrong_by_their_error():
    run = vote_run(n=50).predictions
    run.truth[0] = 1 - run.p[0]
    run.truth[1, 3:] = np.nan
    run.truth[1, :3] = run.p[1, :3]
    error = wrongness(run)
    assert worst_rows(run, count=3)[0] == 0
    assert error[1] == 0
    assert 1 not in worst_rows(run, count=50)
    np.testing.assert_allclose(error[5], np.sqrt(np.mean((run.truth[5] - run.p[5]) ** 2)))
