"""What networks in training answer about pictures, before anything is exported."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import UInt8
from numpy import ndarray

from skyform.models import GalaxyNetwork
from skyform.schema import SKYFORM
from skyform.schema.modelfile import ORIENTATIONS
from skyform.training.module import MEAN, STD

__all__ = ["network_outputs"]

_BATCH = 64


def network_outputs(
    network: GalaxyNetwork, pixels: UInt8[ndarray, "n size size 3"], *, looks: Sequence[int] = (1,)
) -> dict[int, dict[str, ndarray]]:
    """Outputs for all pictures, for each number of looks in turn.

    Parameters
    ----------
    network : GalaxyNetwork
        Put into evaluation mode.
    pixels : array of uint8, shape (n, size, size, 3)
    looks : sequence of int
        Numbers of orientations whose logits are averaged, the first of `skyform.schema.modelfile.ORIENTATIONS`.

    Returns
    -------
    dict of looks to {"answers", "kinds", "embedding"}
        The embedding is that of the first look.
    """
    network.eval()
    most = max(looks)
    parts: list[dict[str, list[ndarray]]] = []
    with torch.inference_mode():
        for i in range(0, len(pixels), _BATCH):
            x = torch.from_numpy(np.array(pixels[i : i + _BATCH])).permute(0, 3, 1, 2).float() / 255
            parts.append(_looked_at(network, (x - MEAN) / STD, most))
    out: dict[int, dict[str, ndarray]] = {}
    for count in looks:
        out[count] = {
            name: np.concatenate([np.mean(p[name][:count], axis=0) for p in parts])
            for name in ("answers", "kinds")
        }
        out[count]["embedding"] = np.concatenate([p["embedding"][0] for p in parts])
    return out


def _looked_at(network: GalaxyNetwork, x: torch.Tensor, most: int) -> dict[str, list[ndarray]]:
    sense = SKYFORM.slices["sense"]
    said: dict[str, list[ndarray]] = {"answers": [], "kinds": [], "embedding": []}
    for quarter, mirror in ORIENTATIONS[:most]:
        seen = torch.rot90(x.flip(3) if mirror else x, quarter, (2, 3))
        answers, kinds, pooled = network(seen.contiguous(memory_format=torch.channels_last))
        if mirror:
            answers[:, sense] = answers[:, sense].flip(1)
        for name, value in zip(said, (answers, kinds, pooled), strict=True):
            said[name].append(value.float().numpy())
    return said
