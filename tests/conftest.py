"""Test set-up for all rooms: array shapes and types are checked at run time, and Hypothesis runs the same way everywhere."""

import os

import jaxtyping
from hypothesis import HealthCheck, settings

# Must come before any import of skyform.
jaxtyping.install_import_hook("skyform", "beartype.beartype")

# What is printed does not depend on how wide the terminal of the one who tests is.
os.environ.pop("COLUMNS", None)

settings.register_profile(
    "skyform", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("skyform")
