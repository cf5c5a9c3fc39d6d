"""Backbones of timm, from scratch, from a file of weights, or from a hub such as the Galaxy Zoo encoders (Walmsley et al. 2023, JOSS 8, 5312)."""

import pickle
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import timm
import torch
from timm.data.config import resolve_data_config
from torch import Tensor

from skyform.errors import ModelError, RecipeError
from skyform.models.assembly import Network, feature_count, make_head

__all__ = ["ENCODERS", "encoder", "hub_encoder", "load_weights"]

# Beginnings of the names in files that hold more than the body: our own networks', and `GalaxyNetwork`'s.
_PREFIXES = ("body.", "backbone.", "network.body.", "network.backbone.")


def encoder(
    backbone: str,
    *,
    outputs: int,
    size: int,
    head: str = "linear",
    hidden: int = 256,
    dropout: float = 0.0,
    drop_path: float = 0.0,
) -> Network:
    """A timm backbone without its classifier, and a head of ours.

    Parameters
    ----------
    backbone : str
        A timm model name.
    head : str
        `linear`, or `mlp` with `hidden` units.
    dropout, drop_path : float
        Before each layer of the head; of whole residual branches (stochastic depth), where the backbone has them.
    """
    config: Any = timm.get_pretrained_cfg(backbone, allow_unregistered=False)
    given: dict[str, Any] = {"drop_path_rate": drop_path} if drop_path else {}
    if config is not None and config.fixed_input_size:
        given["img_size"] = size
    try:
        body: Any = timm.create_model(backbone, pretrained=False, num_classes=0, **given)
    except TypeError as error:
        raise RecipeError(
            f"drop_path is {drop_path}, but the backbone {backbone} has none.",
            remedy="Leave drop_path out.",
        ) from error
    return _assembled(body, outputs=outputs, size=size, head=head, hidden=hidden, dropout=dropout)


def hub_encoder(
    address: str,
    *,
    outputs: int,
    size: int,
    head: str = "linear",
    hidden: int = 256,
    dropout: float = 0.0,
    folder: Path | None = None,
) -> Network:
    """A pretrained backbone from the Hugging Face hub, in timm's format.

    Parameters
    ----------
    address : str
        `owner/name`, such as `mwalmsley/zoobot-encoder-convnext_nano`, and `@revision` where one is meant.
    folder : Path, optional
        Where downloads are kept; the hub's own cache by default. What is there is not fetched again.

    Raises
    ------
    ModelError
        If the hub cannot be reached, has no such model, or what it sent is damaged.
    """
    try:
        body: Any = timm.create_model(
            f"hf-hub:{address}", pretrained=True, num_classes=0, cache_dir=folder
        )
    # httpx's and the hub's own errors, broken JSON, missing keys, weights that do not fit: each library in the chain has its own.
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = " ".join(lines[:2]) or type(error).__name__
        raise ModelError(
            f"The encoder hf-hub:{address} could not be had: {reason[:300]}",
            remedy="Check the name and the connection; a model that was fetched before is used without one.",
        ) from error
    return _assembled(body, outputs=outputs, size=size, head=head, hidden=hidden, dropout=dropout)


def _assembled(
    body: Any, *, outputs: int, size: int, head: str, hidden: int, dropout: float
) -> Network:
    config: Any = resolve_data_config(model=body)
    channels = int(config["input_size"][0])
    features = feature_count(body, size=size, channels=channels)
    return Network(
        body,
        make_head(features, outputs, kind=head, hidden=hidden, dropout=dropout),
        grey=channels == 1,
        mean=(tuple(config["mean"]) * 3)[:3],
        std=(tuple(config["std"]) * 3)[:3],
    )


def load_weights(network: Network, path: Path) -> None:
    """Put weights from a file into the body; a classifier in the file is left aside.

    Parameters
    ----------
    path : Path
        Safetensors, or a torch file that holds nothing but tensors: in the body's own names (for timm backbones, timm's), or with
        one of our networks' names.

    Raises
    ------
    ModelError
        If the file is missing or damaged, or its weights are not this body's.
    """
    weights = _stripped(_tensors(path))
    try:
        missing, _ = network.body.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        fault = str(error).strip().splitlines()[-1].strip()
        raise ModelError(
            f"The weights in {path} do not fit: {fault}",
            remedy="Give weights of the same architecture, made for the same input size.",
        ) from error
    # A count of batches is bookkeeping, and older files lack it.
    lacking = [name for name in missing if not name.endswith("num_batches_tracked")]
    if lacking:
        raise ModelError(
            f"The weights in {path} lack {len(lacking)} of the network's tensors, the first {lacking[0]}.",
            remedy="Give weights of the same architecture.",
        )


def _tensors(path: Path) -> Mapping[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise ModelError(f"There is no file of weights at {path}.", remedy="Check the path.")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ModelError(
            f"The weights in {path} cannot be read: {error}.", remedy="Download them again."
        ) from error
    found = found.get("state_dict", found) if isinstance(found, dict) else {}
    return {k: v for k, v in found.items() if isinstance(v, Tensor)}


def _stripped(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    for prefix in _PREFIXES:
        own = {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
        if own:
            return own
    return dict(weights)


ENCODERS: Mapping[str, Callable[..., Network]] = {
    "r3-xception": partial(encoder, "legacy_xception"),
    "r5-resnet50": partial(encoder, "resnet50"),
}
