"""The engine and its plain-NumPy twin give the same numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from simmodel.inputs.model_inputs import ModelInputs
from tests.parity.agreement import differences, simulate_everything
from tests.parity.drawing import drawn_parameters
from tests.parity.generated_networks import generate_inputs
from tests.parity.twin import simulate_twin

NETWORKS = range(50)
DRAWS = 4
FLAGSHIP_DRAWS = 16


def compare(inputs: ModelInputs, *, draws: int, first_draw: int = 0, deterministic: bool = False) -> None:
    drawn = drawn_parameters(inputs, draws=draws, first_draw=first_draw, deterministic=deterministic)
    twin = simulate_twin(inputs, drawn, draws, first_draw, inputs.seed, deterministic)
    kernel = simulate_everything(inputs, draws=draws, first_draw=first_draw, deterministic=deterministic)
    found = list(differences(kernel, twin))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("number", NETWORKS)
def test_kernel_and_twin_agree_on_a_generated_network(number: int) -> None:
    compare(generate_inputs(number), draws=DRAWS, first_draw=number % 3 * 1000)


@pytest.mark.parametrize("number", range(0, 50, 10))
def test_kernel_and_twin_agree_where_every_uncertainty_is_at_its_median(number: int) -> None:
    compare(generate_inputs(number), draws=1, deterministic=True)


@pytest.mark.slow
@pytest.mark.parametrize("deterministic", [False, True])
def test_kernel_and_twin_agree_on_the_flagship(repository_root: Path, deterministic: bool) -> None:
    from simmodel.inputs import build_model_inputs
    from simmodel.scenario import load_scenario

    inputs = build_model_inputs(load_scenario(repository_root / "scenarios" / "almaty.yaml"))
    compare(inputs, draws=1 if deterministic else FLAGSHIP_DRAWS, deterministic=deterministic)
