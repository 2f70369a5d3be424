"""The flagship scenario and its arrays, made once for all tests of this folder."""

from pathlib import Path

import pytest

from simmodel.inputs.build import BuiltInputs, build_inputs
from simmodel.scenario.load import load_scenario
from simmodel.scenario.schema import Scenario


@pytest.fixture(scope="session")
def scenario(repository_root: Path) -> Scenario:
    return load_scenario(repository_root / "scenarios" / "almaty.yaml")


@pytest.fixture(scope="session")
def built(scenario: Scenario) -> BuiltInputs:
    return build_inputs(scenario)
