"""Ideas measured against the recipe without them."""

from pathlib import Path

import numpy as np
import pytest

from skyform.errors import DataError
from skyform.evaluation.ideas_page import IdeaRun, ideas_section, read_ideas, write_idea


def run(idea: str, right: float, *, seed: int = 0, n: int = 400) -> IdeaRun:
    rng = np.random.default_rng(seed)
    figures = {"examples_answer": (rng.random(n) < right).astype(float).tolist()}
    return IdeaRun(idea, f"the {idea}", "+0.1", [f"{idea}=1"], seed, 60.0, figures)


def test_runs_come_back_from_their_files(tmp_path: Path):
    made = [run("base", 0.5), run("light", 0.8, seed=1)]
    for one in made:
        write_idea(one, tmp_path)
    assert read_ideas(tmp_path) == made
    assert read_ideas(tmp_path / "none") == []


def test_a_damaged_file_is_named(tmp_path: Path):
    (tmp_path / "base.seed-0.json").write_text("{")
    with pytest.raises(DataError, match=r"base\.seed-0\.json is no result of an idea"):
        read_ideas(tmp_path)


def test_the_table_says_how_much_an_idea_brings():
    base = [run("base", 0.5, seed=s) for s in (0, 1)]
    light = [run("light", 0.8, seed=s) for s in (0, 1)]
    lines = ideas_section([*base, *light])
    first, second = (line for line in lines if line.startswith("| the "))
    assert "| 0.491 ± 0.048 |" in first
    assert "**+0.290 (+0.258 to +0.324)**" in second
    assert "- the light: `light=1`" in lines


def test_chance_is_not_bold():
    lines = ideas_section([run("base", 0.5), run("luck", 0.51)])
    row = next(line for line in lines if line.startswith("| the luck"))
    assert "**" not in row


def test_seeds_that_differ_are_not_compared():
    lines = ideas_section([run("base", 0.5), run("late", 0.9, seed=5)])
    row = next(line for line in lines if line.startswith("| the late"))
    assert row.endswith("| – |")


def test_nothing_to_compare_with():
    with pytest.raises(DataError, match="--only base"):
        ideas_section([run("light", 0.8)])
