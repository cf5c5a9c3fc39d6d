"""The Galaxy Zoo challenge on Kaggle: pictures named by GalaxyID, and `training_solutions_rev1.csv` with 37 cumulative fractions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.datasets.dataset import DataSet, Problem, Record
from skyform.datasets.joining import join_pictures, pictures_for
from skyform.datasets.pictures import find_pictures, first_five, is_zip
from skyform.datasets.tables import ids_of, numbers_of, read_table, require_unique
from skyform.errors import DataError
from skyform.schema import KAGGLE, conditional, probability_asked

__all__ = ["KAGGLE_COLUMNS", "KAGGLE_ID", "find_solutions", "read_kaggle"]

KAGGLE_COLUMNS: tuple[str, ...] = tuple(a.column for a in KAGGLE.answers)
KAGGLE_ID = "GalaxyID"
_SOLUTIONS = "training_solutions"
_TOLERANCE = 0.02
_RARE = 0.1
_FEW = 0.01


def find_solutions(folder: Path) -> Path | None:
    """The table of the training set in a folder or one level below it, unpacked before packed; None where there is none."""
    found = [*folder.glob(f"{_SOLUTIONS}*"), *folder.glob(f"*/{_SOLUTIONS}*")]
    tables = [
        f for f in found if f.is_file() and f.name.lower().endswith((".csv", ".csv.gz", ".zip"))
    ]
    return min(tables, key=lambda f: (f.suffix.lower() == ".zip", str(f)), default=None)


def read_kaggle(path: Path, *, images: Path | None = None, allow_missing: bool = False) -> DataSet:
    """Open the training set.

    Parameters
    ----------
    path : Path
        The folder or zip archive that holds both parts, or the table of solutions.
    images : Path, optional
        The folder or zip archive of the JPEGs, where they lie elsewhere. The test pictures (`images_test…`) are passed over.
    allow_missing : bool
        Leave out ids without a picture instead of refusing them.

    Raises
    ------
    DataError
        If the table lacks a column, holds a fraction outside 0..1 or sums that contradict the tree, or ids have no picture.
    """
    solutions = path
    if path.is_dir():
        solutions = find_solutions(path) or _no_solutions(path)
    # The table may lie in the same archive as the pictures, or in one of its own.
    together = is_zip(path) and bool(find_pictures(path).names)
    home = path if path.is_dir() or together else path.parent
    pictures = pictures_for(home, images, skip=("images_test",), archives="images_training*.zip")
    table = read_table(
        solutions, (KAGGLE_ID, *KAGGLE_COLUMNS), text=(KAGGLE_ID,), numbers=KAGGLE_COLUMNS
    )
    ids = ids_of(table, KAGGLE_ID, path=solutions)
    require_unique(ids, path=solutions)
    votes = numbers_of(table, KAGGLE_COLUMNS, path=solutions)
    doubts = check_votes(votes, ids, path=solutions)
    joined = join_pictures(
        [(i,) for i in ids], pictures, catalogue=solutions, allow_missing=allow_missing
    )
    doubtful = {p.id for p in doubts}
    rows = [
        (i, n) for i, n in zip(joined.rows, joined.names, strict=True) if ids[i] not in doubtful
    ]
    return DataSet(
        id="kaggle",
        title=f"Galaxy Zoo challenge (Kaggle), {len(rows)} images",
        records=[Record(ids[i], votes=votes[i], object=ids[i]) for i, _ in rows],
        store=pictures.store([n for _, n in rows]),
        problems=(*joined.problems, *doubts),
        source=str(path),
    )


def check_votes(
    votes: Float[ndarray, "n 37"], ids: Sequence[str], *, path: Path
) -> tuple[Problem, ...]:
    """Rows whose cumulative fractions contradict the tree: to be left out while they are few.

    The answers of a question should sum to the share of people who were asked it; those of question 6 sum to 1 in the
    published file, and `KAGGLE` says so.

    Raises
    ------
    DataError
        If a fraction is missing or outside 0..1, or if more than one row in a hundred has wrong sums.
    """
    wrong = ~((votes >= 0) & (votes <= 1))
    if wrong.any():
        row, column = (int(v) for v in np.argwhere(wrong)[0])
        raise DataError(
            f"{KAGGLE_COLUMNS[column]} of {ids[row]} in {path} is {votes[row, column]:g}; fractions lie between 0 and 1 "
            f"({int(wrong.any(axis=1).sum())} rows are wrong).",
            remedy="Give training_solutions_rev1.csv as Kaggle has it.",
        )
    asked = probability_asked(KAGGLE, conditional(KAGGLE, votes))
    sums = np.column_stack([votes[:, part].sum(axis=1) for part in KAGGLE.slices.values()])
    expected = np.column_stack([asked[q] for q in KAGGLE.slices])
    # Of the few who reach a rare question, all may leave before they answer it.
    unanswered = (sums == 0) & (expected < _RARE)
    off = (np.abs(sums - expected) > _TOLERANCE) & ~unanswered
    problems: list[Problem] = []
    for row in np.flatnonzero(off.any(axis=1)).tolist():
        q = int(np.argmax(off[row]))
        said = f"question {q + 1} sums to {sums[row, q]:.3f}, not to {expected[row, q]:.3f}"
        problems.append(Problem(ids[row], said))
    if len(problems) > max(1, _FEW * len(votes)):
        listed = first_five([f"{p.id} ({p.what})" for p in problems])
        raise DataError(
            f"The fractions in {path} contradict the tree: {listed}.",
            remedy="Give training_solutions_rev1.csv as Kaggle has it; a submission or benchmark file is no truth.",
        )
    return tuple(problems)


def _no_solutions(path: Path) -> Path:
    raise DataError(
        f"{path} holds no {_SOLUTIONS}_rev1.csv.",
        remedy="Download it from the Galaxy Zoo challenge on Kaggle and put it beside the pictures.",
    )
