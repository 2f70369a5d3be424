"""The C version of the benchmarks simulates what the engine does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.c.build import load_run_block
from benchmarks.cases import build_flagship
from benchmarks.versions import needs_gcc
from simmodel.engine import monte_carlo
from simmodel.engine.block import B
from simmodel.engine.keep_plan import KeepPlan
from simmodel.inputs.model_inputs import ModelInputs
from tests.parity.agreement import differences, simulate_everything
from tests.parity.generated_networks import generate_inputs

pytestmark = pytest.mark.skipif(bool(needs_gcc()), reason=needs_gcc())
DRAWS = B + 2  # a whole block, and one of which a part is wanted


def compare(
    inputs: ModelInputs, monkeypatch: pytest.MonkeyPatch, *, draws: int = DRAWS, deterministic: bool = False
) -> None:
    kernel = simulate_everything(inputs, draws=draws, first_draw=1000, deterministic=deterministic)
    moments = simulate_moments(inputs, draws)
    monkeypatch.setattr(monte_carlo, "run_block", load_run_block())
    in_c = simulate_everything(inputs, draws=draws, first_draw=1000, deterministic=deterministic)
    del kernel["sections", "profit"], in_c["sections", "profit"]  # the benchmark keeps no profits behind the tax
    found = list(differences(kernel, in_c))
    assert not found, "\n".join(found)
    for mine, other in zip(simulate_moments(inputs, draws), moments, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-7, atol=1e-9)


def simulate_moments(inputs: ModelInputs, draws: int) -> tuple[NDArray[np.float64], ...]:
    """Means and squared deviations of a run that keeps nothing else."""
    output = monte_carlo.simulate(inputs, draws=draws, threads=1, keep=KeepPlan.nothing(inputs.network))
    return output.link_mean, output.link_m2, output.region_mean, output.country_m2, output.path_flow_mean


@pytest.mark.parametrize("number", range(6))
def test_c_and_engine_agree_on_a_generated_network(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(generate_inputs(number), monkeypatch)


def test_c_and_engine_agree_where_every_uncertainty_is_at_its_median(monkeypatch: pytest.MonkeyPatch) -> None:
    compare(generate_inputs(2), monkeypatch, deterministic=True)


@pytest.mark.slow
def test_c_and_engine_agree_on_the_flagship(monkeypatch: pytest.MonkeyPatch, repository_root: Path) -> None:
    compare(build_flagship(), monkeypatch, draws=16)


def test_loading_c_leaves_the_arithmetic_of_the_process_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    compare(generate_inputs(0), monkeypatch)
    smallest = np.nextafter(np.zeros(1), 1.0)
    assert smallest[0] * 1.0 > 0.0  # a subnormal number, which -ffast-math would flush to zero
