"""The guide that travels with the package, read once."""

import pytest

from skyform.guide import Guide


@pytest.fixture(scope="session")
def guide() -> Guide:
    return Guide.load()
