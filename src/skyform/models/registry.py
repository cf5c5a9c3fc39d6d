"""From the name of a model to what it is, and to the model itself. Importing this needs no torch."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from skyform.errors import MissingExtraError, RecipeError
from skyform.models.entries import MODELS, ModelEntry

if TYPE_CHECKING:
    from skyform.models.assembly import Network
    from skyform.models.classical import Classical

__all__ = ["MODELS", "ModelEntry", "build_classical", "build_network", "find_model"]


_HUB = "hf-hub:"
_TIMM = "timm/"
_ORBIT = "orbit/"


def find_model(name: str) -> ModelEntry:
    """The entry of a model.

    Besides the names of `MODELS`: `timm/<backbone>` is any backbone of timm, `hf-hub:<owner>/<name>` a pretrained one in timm's format
    on the Hugging Face hub, and `orbit/<network>` any network whose features are averaged over the eight flips and rotations.

    Raises
    ------
    RecipeError
        If there is none; names that are close are named.
    MissingExtraError
        If a backbone is asked for and timm is not installed.
    """
    if name in MODELS:
        return MODELS[name]
    if name.startswith(_ORBIT):
        return _orbit_entry(name)
    if name.startswith(_TIMM):
        return _timm_entry(name)
    if name.startswith(_HUB):
        return _hub_entry(name)
    raise RecipeError(f"There is no model {name!r}.", remedy=_suggestion(name, list(MODELS)))


def build_network(
    name: str,
    *,
    outputs: int,
    size: int | None = None,
    weights: str | Path | None = None,
    freeze: Literal["none", "backbone"] = "none",
    **options: Any,
) -> "Network":
    """A network, ready to train.

    Parameters
    ----------
    name : str
        See `find_model`.
    outputs : int
        Number of logits.
    size : int, optional
        Side of the square input, px; the entry's by default.
    weights : path, optional
        Weights of the body to start from; see `skyform.models.encoders.load_weights`.
    freeze : str
        `backbone` lets only the head learn.
    **options
        The network's own settings.

    Raises
    ------
    RecipeError
        If the name, an option or a size cannot be.
    ModelError
        If the weights or the hub fail.
    MissingExtraError
        If torch or timm is not installed.
    """
    entry = find_model(name)
    if entry.family != "network":
        raise RecipeError(f"{name} is no network.", remedy="Build it with build_classical.")
    if outputs < 1 or freeze not in ("none", "backbone"):
        raise RecipeError(
            f"outputs is {outputs} and freeze {freeze!r}; a network has one output or more, and freezes none or backbone."
        )
    _need_torch()
    network = _built(name, options, outputs=outputs, size=size or entry.size, weights=weights)
    if freeze == "backbone":
        network.freeze_body()
    return network


def build_classical(name: str, *, seed: int = 0, **options: Any) -> "Classical":
    """A classical model, ready to fit.

    Parameters
    ----------
    name : str
    seed : int
    **options
        `features` (`pixels`, `pca`, `hog`, `morphology`, or a mapping of several to their settings) and scikit-learn's own settings
        of the estimator; for the ensembles `members` and `folds`.

    Raises
    ------
    RecipeError
        If the name or an option cannot be.
    """
    entry = find_model(name)
    if entry.family != "classical":
        raise RecipeError(f"{name} is a network.", remedy="Build it with build_network.")
    from skyform.models.classical import CLASSICAL

    try:
        return CLASSICAL[name](seed=seed, **options)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"The options of {name}, {options}, cannot be: {error}.") from error


def _built(
    name: str, options: Mapping[str, Any], *, outputs: int, size: int, weights: str | Path | None
) -> "Network":
    from skyform.models.encoders import load_weights

    if name.startswith(_ORBIT):
        from skyform.models.equivariant import GROUPS, in_orbit

        group = options.get("group", "d4")
        if group not in GROUPS:
            raise RecipeError(f"group is {group!r}; it is {' or '.join(GROUPS)}.")
        inner = {k: v for k, v in options.items() if k != "group"}
        network = _built(
            name.removeprefix(_ORBIT), inner, outputs=outputs, size=size, weights=weights
        )
        return in_orbit(network, group=group)
    builder = _builder(name)
    _check_options(name, builder, options)
    try:
        network = builder(outputs=outputs, size=size, **options)
    # A picture that is too small for the layers fails in torch, with a RuntimeError.
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        fault = str(error).strip().splitlines()[0]
        raise RecipeError(
            f"{name} cannot be built at {size} px with the options {dict(options)}: {fault}",
            remedy=f"Its size by default is {find_model(name).size} px.",
        ) from error
    if weights:
        load_weights(network, Path(weights))
    return network


def _builder(name: str) -> Callable[..., "Network"]:
    from functools import partial

    from skyform.models.encoders import ENCODERS, encoder, hub_encoder
    from skyform.models.equivariant import EQUIVARIANT
    from skyform.models.reference import REFERENCE

    if name.startswith(_TIMM):
        return partial(encoder, name.removeprefix(_TIMM))
    if name.startswith(_HUB):
        return partial(hub_encoder, name.removeprefix(_HUB))
    return {**REFERENCE, **ENCODERS, **EQUIVARIANT}[name]


def _check_options(
    name: str, builder: Callable[..., object], options: Mapping[str, object]
) -> None:
    parameters = inspect.signature(builder).parameters.values()
    known = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY} - {"outputs", "size"}
    if unknown := set(options) - known:
        raise RecipeError(
            f"{name} has no option {', '.join(sorted(unknown))}.",
            remedy=f"Its options are {', '.join(sorted(known))}." if known else "It has none.",
        )


def _orbit_entry(name: str) -> ModelEntry:
    inner = find_model(name.removeprefix(_ORBIT))
    if inner.family != "network":
        raise RecipeError(
            f"{name!r}: {inner.name} is no network.", remedy="Put orbit/ before a network."
        )
    return replace(
        inner,
        name=name,
        title=f"{inner.title}, averaged over the orientations",
        layers=f"{inner.layers}; features averaged over the eight flips and rotations",
    )


def _timm_entry(name: str) -> ModelEntry:
    _need_torch()
    import timm

    backbone = name.removeprefix(_TIMM)
    if not timm.is_model(backbone):
        raise RecipeError(
            f"timm has no backbone {backbone!r}.", remedy=_suggestion(backbone, timm.list_models())
        )
    config: Any = timm.get_pretrained_cfg(backbone, allow_unregistered=False)
    size = 224 if config is None else int(config.input_size[-1])
    return ModelEntry(name, backbone, "network", "timm", size, layers=f"timm's {backbone}")


def _hub_entry(name: str) -> ModelEntry:
    address = name.removeprefix(_HUB)
    if address.count("/") != 1 or not all(address.split("/")):
        raise RecipeError(
            f"{name!r} is no address on the hub.",
            remedy="Write hf-hub:owner/name, such as hf-hub:mwalmsley/zoobot-encoder-convnext_nano.",
        )
    layers = "pretrained backbone from the Hugging Face hub, in timm's format"
    return ModelEntry(name, address, "network", f"hub: {address}", 224, layers=layers)


def _suggestion(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=4, cutoff=0.5)
    if close:
        return f"Did you mean {', '.join(close)}?"
    return "See docs/models.md for all names, or write timm/<backbone>."


def _need_torch() -> None:
    missing = [m for m in ("torch", "timm") if find_spec(m) is None]
    if missing:
        raise MissingExtraError(
            f"Networks need {' and '.join(missing)}, which the base installation leaves out.",
            remedy="Install it: pip install 'skyform[train]'",
        )
