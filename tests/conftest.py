"""Settings every test runs under: repeatable examples, no display."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("MPLBACKEND", "Agg")

# `pytest --hypothesis-profile explore` looks for new examples; the default repeats the same ones on every machine.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", derandomize=False, deadline=None, max_examples=500, print_blob=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def repository_root() -> Path:
    """Folder that holds pyproject.toml, scenarios/ and the packages."""
    return Path(__file__).resolve().parent.parent
