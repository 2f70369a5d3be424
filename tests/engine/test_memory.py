"""Memory: a summary takes no more for more draws, and what would not fit is refused before anything is simulated."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from simmodel.engine import memory_need as memory
from simmodel.engine.keep_plan import KeepPlan
from simmodel.engine.moments import MomentTree
from simmodel.engine.monte_carlo import simulate
from simmodel.errors import ScenarioError
from simmodel.inputs.model_inputs import ModelInputs
from tests.parity.generated_networks import generate_inputs


@pytest.fixture(scope="module")
def inputs() -> ModelInputs:
    return generate_inputs(0, links=4, regions=3, years=1)


def peak_bytes(inputs: ModelInputs, keep: KeepPlan, draws: int) -> int:
    """Return the smallest of three peaks: one simulation in twenty has 0.15 MB more than the others."""
    peaks = []
    for _ in range(3):
        tracemalloc.start()
        simulate(inputs, draws=draws, keep=keep, threads=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return min(peaks)


def test_a_summary_takes_the_same_memory_for_any_number_of_draws(inputs: ModelInputs) -> None:
    plan = KeepPlan.default(inputs.network)
    cell = np.full_like(plan.link_row, -1)
    cell[-1, 0] = np.arange(cell.shape[2])
    summary = replace(plan, link_cell=cell, most_draws=256)
    simulate(inputs, draws=1, keep=summary, threads=1)  # compiled, imported
    few, many = (peak_bytes(inputs, summary, draws) for draws in (512, 4_096))
    assert many < 1.1 * few  # eight times the draws are three more levels of the tree, one node each
    assert peak_bytes(inputs, plan, 4_096) > 1.5 * many


def test_the_tree_of_moments_holds_one_node_a_level() -> None:
    tree, rng, values = MomentTree(), np.random.default_rng(1), []
    for block in range(100):
        values.append(rng.normal(5.0, 2.0, size=10))
        one = np.array([[values[-1].mean()], [values[-1].var() * 10]])
        tree.add(0, block, 10, [one])
        assert len(tree.nodes) == (block + 1).bit_count()
    draws, (moments,) = tree.total()
    assert draws == 1000
    assert moments[0, 0] == pytest.approx(np.mean(values), rel=1e-14)
    assert moments[1, 0] == pytest.approx(np.var(values) * 1000, rel=1e-13)
    with pytest.raises(ValueError, match="twice"):
        tree.add(5, 2, 320, [one])
    with pytest.raises(ValueError, match="no draw"):
        MomentTree().total()


def test_what_would_not_fit_is_refused_with_the_sizes_and_what_to_do(
    inputs: ModelInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: 4.0 * memory.GIB)
    plan = KeepPlan.full(inputs.network)
    need = memory.memory_need(inputs, plan, 10_000)
    assert need.per_draw > plan.size_bytes(years=1, draws=1)
    memory.refuse_if_too_large(need, draws=10_000, keep="full", sampling="monte_carlo")
    large = memory.memory_need(inputs, plan, 10_000_000)
    with pytest.raises(ScenarioError, match=r"GiB are free; --keep summary.*--draws at most ([\d,]+)") as caught:
        memory.refuse_if_too_large(large, draws=10_000_000, keep="full", sampling="monte_carlo")
    assert caught.value.exit_code == 2
    fits = int(str(caught.value).rsplit(" ", 1)[1].replace(",", ""))
    assert memory.memory_need(inputs, plan, fits).total <= 4.0 * memory.GIB
    summary = replace(plan, most_draws=10_000)
    memory.refuse_if_too_large(
        memory.memory_need(inputs, summary, 10_000_000), draws=10_000_000, keep="summary", sampling="sobol"
    )
    design = inputs._replace(sampling="latin_hypercube")
    with pytest.raises(ScenarioError, match="at once: take sobol"):
        memory.refuse_if_too_large(
            memory.memory_need(design, summary, 10_000_000),
            draws=10_000_000,
            keep="summary",
            sampling="latin_hypercube",
        )


def test_free_memory_is_known_here() -> None:
    free = memory.free_memory()
    assert free is None or free > 1e6
