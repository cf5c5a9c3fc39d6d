"""A training recipe: a YAML file, checked before anything is read or computed."""

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from skyform.datasets import SOURCES
from skyform.errors import RecipeError
from skyform.schema import SKYFORM
from skyform.schema.modelfile import LOOKS
from skyform.training.augment import Augment
from skyform.training.settings import read_values

__all__ = ["MADE_UP", "Phase", "Recipe", "read_recipe"]

# Sources that are made rather than read.
MADE_UP = ("everyday", "synthetic", "spirals", "clusters", "nebulae")


@dataclass(frozen=True, slots=True)
class Phase:
    """So many epochs at one input size (px): low resolution first is most of the learning at a part of the cost.

    A phase with `restart` begins a new cosine cycle of the learning rates, at this share of them (Loshchilov and Hutter 2017,
    arXiv:1608.03983); without, it goes on with the cycle before. `shares` replace the recipe's from this phase on, where they are given:
    many weak labels first, the few full ones last.
    """

    epochs: int
    size: int
    restart: float = 0.0
    shares: Mapping[str, float] = field(default_factory=dict[str, float])

    def __post_init__(self) -> None:
        for name in ("epochs", "size"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise RecipeError(
                    f"phases: {name} is {value!r}; it must be a whole number above 0."
                )
        for name, share in self.shares.items():
            if not share >= 0:
                raise RecipeError(f"phases: the share of {name} is {share}; it must be 0 or more.")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run gives.

    Attributes
    ----------
    name, version : str
        Of the model.
    backbone : str
        A timm model name.
    weights : str
        Weights to start from: the backbone's, as a safetensors file in timm's names, relative to the data folder, or as `package:NAME`; or
        all those of an earlier run, as `run:FOLDER` (see `skyform.training.starting_weights`). Empty: from scratch.
    shares : mapping of source id to float
        How often each source is drawn, relative to the others; only sources named here are read. `everyday` makes negatives,
        `synthetic` draws galaxies of which every answer is known, `spirals` some to count arms by, `clusters` and `nebulae` what the names say.
    balance : float
        0 draws the classes of a source as often as they occur; 1 draws all alike.
    emphasis : mapping of label to float
        Rows with this label of their catalogue are drawn so many times as often as they would be.
    agreements : mapping of source id to float
        Overrides for the share of visitors for whom a source's labels are taken to hold.
    assumed : mapping of answer to float
        The share of visitors who are taken to give this answer about a teaching example that was chosen for another question, see
        `skyform.training.assumed`.
    exclude_licences : sequence of str
        Rows whose licence contains one of these texts are left out.
    phases : sequence of Phase
        Run in order. The model is exported at the last one's size.
    samples_per_epoch, batch_size : int
    learning_rate, head_learning_rate, weight_decay : float
    ema : float
        Decay of the exponential moving average of the weights; 0 for none.
    kind_weight, vote_error_weight : float
        Weights of the kind loss and of the mean squared error of the cumulative fractions, beside the tree's cross-entropy.
    synthetic : int
        Number of galaxies that are drawn, in all looks of `skyform.datasets.synthetic_dataset`.
    spirals : int
        Number of spirals that are drawn, see `skyform.datasets.spiral_rows`.
    clusters : int
        Number of star clusters that are drawn, globular and open by turns.
    nebulae : int
        Number of nebulae that are drawn, of all sorts by turns.
    framing : float
        See `skyform.images.Preprocess`.
    augment : mapping
        Strengths for `skyform.training.augment.Augment`.
    restyled : mapping of source id to float
        Factors by which the augmentation of colour, grey and noise is stronger for a source: for pictures that everybody processes in a way
        of their own.
    freeze : int
        Stages of the backbone, from the input on, that keep their starting weights.
    members : int
        Networks, trained one after the other with the seeds `seed`, `seed + 1`…, whose answers the exported model averages.
    teacher : str
        A model file, or `bundled:NAME` for one that comes with Skyform, whose answers are taught beside the labels (Hinton et al. 2015,
        arXiv:1503.02531); empty for none.
    teacher_weight : float
        Weight of the teacher's answers; the labels have 1 minus that.
    heeded : sequence of str
        Sources whose single answers the teacher may be surer of, but not less sure, see `skyform.training.assumed.taught_with_labels`.
    looks : int
        Orientations (1, 2, 4 or 8 flips and quarter turns) over which the model averages its answers when nothing else is asked.
    """

    name: str
    version: str
    backbone: str
    shares: Mapping[str, float]
    phases: tuple[Phase, ...]
    title: str = ""
    weights: str = ""
    balance: float = 0.5
    emphasis: Mapping[str, float] = field(default_factory=dict[str, float])
    agreements: Mapping[str, float] = field(default_factory=dict)
    assumed: Mapping[str, float] = field(default_factory=dict[str, float])
    exclude_licences: Sequence[str] = ()
    samples_per_epoch: int = 12_000
    batch_size: int = 64
    learning_rate: float = 5e-4
    head_learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warmup: float = 0.05
    ema: float = 0.998
    dropout: float = 0.2
    drop_path: float = 0.1
    kind_weight: float = 0.5
    vote_error_weight: float = 2.0
    photographs: int = 0
    textures: int = 0
    synthetic: int = 0
    spirals: int = 0
    clusters: int = 0
    nebulae: int = 0
    framing: float = 3.0
    augment: Mapping[str, float] = field(default_factory=dict)
    restyled: Mapping[str, float] = field(default_factory=dict[str, float])
    precision: str = "bf16-mixed"
    seed: int = 0
    freeze: int = 0
    members: int = 1
    teacher: str = ""
    teacher_weight: float = 0.5
    heeded: Sequence[str] = ()
    looks: int = 1

    def __post_init__(self) -> None:
        known = {*SOURCES, *MADE_UP}
        named = {
            "shares": set(self.shares),
            "agreements": set(self.agreements),
            "heeded": set(self.heeded),
            "restyled": set(self.restyled),
        }
        for phase in self.phases:
            named.setdefault("phases", set()).update(phase.shares)
        for name, sources in named.items():
            if unknown := sources - known:
                raise RecipeError(
                    f"{name} names {', '.join(sorted(unknown))}, which is no data source.",
                    remedy=f"The sources are {', '.join(sorted(known))}.",
                )
        if unread := named.get("phases", set()) - set(self.shares):
            raise RecipeError(
                f"A phase draws from {', '.join(sorted(unread))}, which shares does not name.",
                remedy="Give it a share there; 0 reads it without drawing from it.",
            )
        if unknown := set(self.augment) - {f.name for f in dataclasses.fields(Augment)}:
            raise RecipeError(
                f"augment names {', '.join(sorted(unknown))}, which is no augmentation.",
                remedy=f"Those are {', '.join(f.name for f in dataclasses.fields(Augment))}.",
            )
        for answer, share in self.assumed.items():
            if answer not in SKYFORM.index or not 0 <= share <= 1:
                raise RecipeError(
                    f"assumed says {answer}: {share}.",
                    remedy="Name an answer of the tree, such as odd.no, and a share of 0 to 1.",
                )
        if not self.phases or not self.shares:
            raise RecipeError(
                "phases and shares must not be empty.", remedy="Give one of each at least."
            )
        for name in ("samples_per_epoch", "batch_size", "learning_rate", "members"):
            if not getattr(self, name) > 0:
                raise RecipeError(f"{name} is {getattr(self, name)}; it must be above 0.")
        if self.looks not in LOOKS:
            raise RecipeError(f"looks is {self.looks}; it must be one of {LOOKS}.")
        if not 0 <= self.teacher_weight <= 1:
            raise RecipeError(f"teacher_weight is {self.teacher_weight}; it must lie in 0 to 1.")

    @property
    def size(self) -> int:
        """Side of the exported network's input, px."""
        return self.phases[-1].size

    def phase_of(self, epoch: int) -> Phase:
        """The phase that an epoch, counted from 0, belongs to."""
        for phase in self.phases:
            if epoch < phase.epochs:
                return phase
            epoch -= phase.epochs
        return self.phases[-1]

    def shares_of(self, epoch: int) -> Mapping[str, float]:
        """The shares that an epoch, counted from 0, draws with: those of the last phase so far that has any."""
        shares = self.shares
        for phase in self.phases:
            shares = phase.shares or shares
            if epoch < phase.epochs:
                break
            epoch -= phase.epochs
        return shares

    @property
    def cycles(self) -> tuple[tuple[int, float], ...]:
        """(epochs, share of the learning rates) of each cosine cycle."""
        out: list[tuple[int, float]] = [(0, 1.0)]
        for phase in self.phases:
            if phase.restart:
                out.append((0, phase.restart))
            out[-1] = (out[-1][0] + phase.epochs, out[-1][1])
        return tuple(c for c in out if c[0])

    @property
    def epochs(self) -> int:
        """Epochs of all phases together."""
        return sum(p.epochs for p in self.phases)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for YAML and JSON."""
        return dataclasses.asdict(self)


def read_recipe(path: Path, *, overrides: Sequence[str] = ()) -> Recipe:
    """Read and check a recipe; `overrides` are `key=value` with a YAML value.

    Raises
    ------
    RecipeError
        If the file is missing or no YAML mapping, or a key is unknown, missing, or has a value of the wrong type.
    """
    return _build(read_values(path, overrides=overrides), path)


def _build(values: dict[Any, Any], path: Path) -> Recipe:
    fields = {f.name: f for f in dataclasses.fields(Recipe)}
    if unknown := set(values) - set(fields):
        raise RecipeError(
            f"The recipe {path} has the unknown setting {', '.join(sorted(map(str, unknown)))}.",
            remedy=f"The settings are {', '.join(fields)}.",
        )
    required = {n for n, f in fields.items() if _is_required(f)}
    if missing := required - set(values):
        raise RecipeError(f"The recipe {path} lacks {', '.join(sorted(missing))}.")
    for name, value in values.items():
        _check_type(name, value)
    values = {k: _as_declared(k, v) for k, v in values.items()}
    try:
        values["phases"] = tuple(_phase(**p) for p in values["phases"])
    except TypeError as error:
        raise RecipeError(
            f"phases is {values['phases']!r}.", remedy="Write a list of {epochs: n, size: px}."
        ) from error
    return Recipe(**values)


def _phase(*, shares: Any = None, restart: Any = 0.0, **settings: Any) -> Phase:
    """Whole numbers where fractions are meant become fractions."""
    if shares is not None and not isinstance(shares, dict):
        raise RecipeError(f"phases: shares is {shares!r}; it must map sources to numbers.")
    given = {str(k): _number(f"phases: the share of {k}", v) for k, v in (shares or {}).items()}
    return Phase(**settings, restart=_number("phases: restart", restart), shares=given)


def _is_required(f: "dataclasses.Field[Any]") -> bool:
    return f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING


def _check_type(name: str, value: object) -> None:
    hint = typing.get_type_hints(Recipe)[name]
    if hint is str:
        wanted: tuple[type, ...] = (str,)
    elif hint is int:
        wanted = (int,)
    elif hint is float:
        wanted = (int, float)
    elif typing.get_origin(hint) is Mapping:
        wanted = (dict,)
    else:
        wanted = (list,)
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise RecipeError(
            f"{name} is {value!r}; it must be of type {' or '.join(t.__name__ for t in wanted)}."
        )


def _as_declared(name: str, value: Any) -> Any:
    """Whole numbers where fractions are meant become fractions."""
    hint = typing.get_type_hints(Recipe)[name]
    if hint is float:
        return float(value)
    if typing.get_origin(hint) is Mapping:
        return {str(k): _number(f"{name}.{k}", v) for k, v in value.items()}
    return value


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RecipeError(f"{name} is {value!r}; it must be a number.")
    return float(value)
