"""Networks, heads, losses and classical models, in one registry. Networks need the `train` extra."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skyform.models.assembly import FromPixels, Network
    from skyform.models.encoders import load_weights
    from skyform.models.losses import (
        RuleProbability,
        kind_loss,
        log_fractions,
        rule_loss,
        vote_loss,
    )
    from skyform.models.morphology import MEASUREMENTS, Measurement, Morphology, measure_morphology
    from skyform.models.network import GalaxyNetwork, Portable, with_static_padding
    from skyform.models.registry import (
        MODELS,
        ModelEntry,
        build_classical,
        build_network,
        find_model,
    )
    from skyform.models.votes import (
        concentrations,
        dirichlet_multinomial_loss,
        expected_fractions,
        fraction_interval,
    )

__all__ = [
    "MEASUREMENTS",
    "MODELS",
    "FromPixels",
    "GalaxyNetwork",
    "Measurement",
    "ModelEntry",
    "Morphology",
    "Network",
    "Portable",
    "RuleProbability",
    "build_classical",
    "build_network",
    "concentrations",
    "dirichlet_multinomial_loss",
    "expected_fractions",
    "find_model",
    "fraction_interval",
    "kind_loss",
    "load_weights",
    "log_fractions",
    "measure_morphology",
    "rule_loss",
    "vote_loss",
    "with_static_padding",
]

# A part without torch must not wait for torch: each name is imported when it is first asked for.
_HOMES = {
    "MEASUREMENTS": "morphology",
    "MODELS": "registry",
    "FromPixels": "assembly",
    "GalaxyNetwork": "network",
    "Measurement": "morphology",
    "ModelEntry": "registry",
    "Morphology": "morphology",
    "Network": "assembly",
    "Portable": "network",
    "RuleProbability": "losses",
    "build_classical": "registry",
    "build_network": "registry",
    "concentrations": "votes",
    "dirichlet_multinomial_loss": "votes",
    "expected_fractions": "votes",
    "find_model": "registry",
    "fraction_interval": "votes",
    "kind_loss": "losses",
    "load_weights": "encoders",
    "log_fractions": "losses",
    "measure_morphology": "morphology",
    "rule_loss": "losses",
    "vote_loss": "losses",
    "with_static_padding": "network",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
