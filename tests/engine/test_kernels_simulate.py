"""What `simulate` promises whatever the economics: same bits for threads and shards, exact moments, named errors."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simmodel.engine.block import B
from simmodel.engine.draw_block import BLOCK_KERNELS
from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.monte_carlo import EngineOutput, simulate
from simmodel.errors import SimulationError
from simmodel.inputs.model_inputs import LINK_VARIABLES, RUNS, ModelInputs
from tests.parity.generated_networks import generate_inputs

DRAWS = 2 * B + 40
KEPT = ("links", "regions", "countries", "markets", "open_t", "works_start", "completed")


@pytest.fixture(scope="module")
def inputs() -> ModelInputs:
    return generate_inputs(3, links=6, regions=4, years=6)


@pytest.fixture(scope="module")
def output(inputs: ModelInputs) -> EngineOutput:
    return simulate(inputs, draws=DRAWS, keep=KeepPlan.full(inputs.network), threads=1)


def test_a_draw_does_not_depend_on_the_range_asked_for(inputs: ModelInputs, output: EngineOutput) -> None:
    part = simulate(inputs, draws=B, first_draw=70, keep=KeepPlan.full(inputs.network), threads=1)
    for name in KEPT:
        whole = getattr(output, name)
        np.testing.assert_array_equal(getattr(part, name), whole[..., 70 : 70 + B], err_msg=name)


def test_moments_are_those_of_the_wanted_draws(output: EngineOutput) -> None:
    tables = (
        (output.links, output.keep.link_row, output.link_mean, output.link_m2),
        (output.regions, output.keep.region_row, output.region_mean, output.region_m2),
        (output.countries, output.keep.country_row, output.country_mean, output.country_m2),
        (output.markets, output.keep.market_row, output.market_mean, output.market_m2),
    )
    for kept, row, mean, squares in tables:
        values = kept[row]
        scale = 1e-12 + np.abs(values).max(axis=-1)
        np.testing.assert_allclose(mean / scale, values.mean(axis=-1) / scale, atol=1e-12)
        wanted = values.var(axis=-1) * values.shape[-1]
        np.testing.assert_allclose(squares / scale**2, wanted / scale**2, atol=1e-9)


def test_default_plan_keeps_what_financing_reads(inputs: ModelInputs, output: EngineOutput) -> None:
    plan = KeepPlan.default(inputs.network)
    candidates = inputs.network.links["candidate"] == 1
    full, cfads = RUNS.index("with"), LINK_VARIABLES.index("cfads")
    assert (plan.link_row[full][:, candidates] >= 0).all()
    assert (plan.link_row[:, :, ~candidates] == -1).all()
    assert (plan.link_row[RUNS.index("without")] == -1).all()
    assert (plan.region_row == -1).all()
    small = simulate(inputs, draws=5, keep=plan, threads=1)
    assert sum(array.nbytes for array in (small.links, small.countries, small.markets)) == plan.size_bytes(
        years=len(inputs.network.years), draws=5
    )
    one = int(np.flatnonzero(candidates)[0])
    np.testing.assert_array_equal(
        small.links[plan.link_row[full, cfads, one]], output.links[output.keep.link_row[full, cfads, one]][:, :5]
    )


def test_one_compilation_serves_every_network(inputs: ModelInputs, output: EngineOutput) -> None:
    other = generate_inputs(5)
    simulate(other, draws=1, keep=KeepPlan.nothing(other.network), threads=1)
    assert [len(getattr(kernel, "signatures", [1])) for kernel in BLOCK_KERNELS] == [1, 1]


def test_a_number_that_is_not_finite_is_named(inputs: ModelInputs) -> None:
    network = inputs.network._replace(segments=inputs.network.segments.copy())
    link = int(np.flatnonzero(network.links["candidate"] == 0)[0])
    network.segments["opex_fixed_musd"][network.links["first_segment"][link]] = np.nan
    with pytest.raises(SimulationError, match="not finite") as caught:
        simulate(inputs._replace(network=network), draws=3, keep=KeepPlan.nothing(network), threads=1)
    assert caught.value.year == inputs.first_year
    assert caught.value.draw == 0
    assert caught.value.kernel


def test_deterministic_is_one_draw_without_chance(inputs: ModelInputs) -> None:
    plan = KeepPlan.full(inputs.network)
    first = simulate(inputs, draws=50, keep=plan, deterministic=True, seed=1)
    second = simulate(inputs, draws=1, keep=plan, deterministic=True, seed=2)
    assert first.links.shape[-1] == 1
    np.testing.assert_array_equal(first.links, second.links)
    np.testing.assert_array_equal(first.link_m2, np.zeros_like(first.link_m2))


@pytest.mark.slow
def test_plain_python_gives_the_same_numbers(tmp_path: Path, repository_root: Path) -> None:
    program = (
        "import sys, numpy as np\n"
        "from tests.parity.generated_networks import generate_inputs\n"
        "from simmodel.engine.keep_plan import KeepPlan\n"
        "from simmodel.engine.monte_carlo import simulate\n"
        "inputs = generate_inputs(0, links=4, regions=3, years=1)\n"
        "output = simulate(inputs, draws=2, keep=KeepPlan.full(inputs.network), threads=1)\n"
        "np.save(sys.argv[1], output.links)\n"
    )
    results = []
    for disabled in ("0", "1"):
        target = tmp_path / f"links{disabled}.npy"
        environment = {**os.environ, "NUMBA_DISABLE_JIT": disabled, "PYTHONPATH": str(repository_root)}
        command = [sys.executable, "-c", program, str(target)]
        subprocess.run(command, check=True, cwd=repository_root, env=environment, capture_output=True)
        results.append(np.load(target))
    np.testing.assert_allclose(results[1], results[0], rtol=1e-12, atol=1e-12 * np.abs(results[0]).max())
