"""Networks, heads and losses. Needs the `train` extra."""

from skyform.models.losses import (
    RuleProbability,
    kind_loss,
    log_fractions,
    rule_loss,
    vote_loss,
)
from skyform.models.network import GalaxyNetwork, Portable, with_static_padding

__all__ = [
    "GalaxyNetwork",
    "Portable",
    "RuleProbability",
    "kind_loss",
    "log_fractions",
    "rule_loss",
    "vote_loss",
    "with_static_padding",
]
