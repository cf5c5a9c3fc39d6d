"""What a model comes from: the weights that it started from, and the networks that taught it.

A bundled model has another version in the next Skyform, and a file may be written over. Which teacher it was is therefore written into the
run's folder before training starts, and read from there ever after.
"""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from skyform.errors import RecipeError
from skyform.training.attach import read_description
from skyform.training.recipe import Recipe
from skyform.training.starting_weights import RUN
from skyform.training.teacher import BUNDLED_TEACHER, teacher_path

__all__ = [
    "TEACHER_FILE",
    "Origin",
    "Teacher",
    "check_teacher",
    "joined_origin",
    "origin_of_run",
    "read_teacher",
    "teacher_of",
    "write_teacher",
]

TEACHER_FILE = "teacher.json"
_AND = " + "


@dataclass(frozen=True, slots=True)
class Teacher:
    """The model file that teaches a run.

    Attributes
    ----------
    name, version : str
        What the file says of itself.
    sha256 : str
        Of the whole file, in hexadecimal digits.
    """

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What a model comes from, as its card may say it: without the folders of the machine that trained it.

    Attributes
    ----------
    weights : str
        As a recipe's `weights`, but of a path only its last part; empty for random ones. Those of several networks with ` + ` between.
    teacher : str
        Name and version; empty for none. Several with ` + ` between.
    """

    weights: str
    teacher: str


def teacher_of(recipe: Recipe) -> Teacher | None:
    """The recipe's teacher as it is today; None where there is none.

    Raises
    ------
    RecipeError
        If the file is not there.
    ModelError
        If it is no model of Skyform's.
    """
    if not recipe.teacher:
        return None
    path = teacher_path(recipe.teacher)
    described = read_description(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Teacher(described["name"], described["version"], digest)


def write_teacher(folder: Path, teacher: Teacher) -> None:
    """Keep in a run's folder who teaches it."""
    (folder / TEACHER_FILE).write_text(json.dumps(dataclasses.asdict(teacher), indent=2))


def read_teacher(folder: Path) -> Teacher | None:
    """Who taught a run; None where its folder does not say so."""
    path = folder / TEACHER_FILE
    return Teacher(**json.loads(path.read_text())) if path.is_file() else None


def check_teacher(folder: Path, recipe: Recipe, *, today: Teacher | None) -> None:
    """See that the file which would teach the rest of a run is the one that taught its beginning.

    Raises
    ------
    RecipeError
        If it is another. A folder that does not say who taught it passes.
    """
    before = read_teacher(folder)
    if today is None or before is None or before.sha256 == today.sha256:
        return
    raise RecipeError(
        f"The teacher {recipe.teacher} is {_words(today)} now; {folder} was started with {_words(before)}.",
        remedy="Put that file back (a bundled one comes with the Skyform of that time), or start anew in another folder with --out.",
    )


def origin_of_run(folder: Path, recipe: Recipe) -> Origin:
    """What the networks of one run come from. A folder that does not say who taught it leaves the teacher's version open."""
    return Origin(_without_folder(recipe.weights), _teacher_name(folder, recipe.teacher))


def joined_origin(origins: Sequence[Origin]) -> Origin:
    """What the networks of several runs come from together, each origin once."""
    teachers = dict.fromkeys(o.teacher for o in origins if o.teacher)
    # One that started from random weights has an empty name, which counts beside others.
    return Origin(_AND.join(dict.fromkeys(o.weights for o in origins)), _AND.join(teachers))


def _teacher_name(folder: Path, named: str) -> str:
    """`named` is the recipe's teacher."""
    if not named:
        return ""
    teacher = read_teacher(folder)
    if teacher is not None:
        return f"{teacher.name} {teacher.version}"
    return f"{Path(named.removeprefix(BUNDLED_TEACHER)).name} (version unknown)"


def _without_folder(weights: str) -> str:
    if weights.startswith(RUN):
        return RUN + Path(weights.removeprefix(RUN)).resolve().name
    return Path(weights).name


def _words(teacher: Teacher) -> str:
    return f"{teacher.name} {teacher.version} (SHA-256 {teacher.sha256[:12]}…)"
