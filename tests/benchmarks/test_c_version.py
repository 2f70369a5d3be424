"""The C version of the benchmarks simulates what the engine does."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.c.build import load_run_block
from benchmarks.cases import build_flagship
from benchmarks.versions import needs_gcc
from simmodel.engine import monte_carlo
from simmodel.engine.block import B
from simmodel.inputs.model_inputs import ModelInputs
from tests.parity.agreement import differences, simulate_everything
from tests.parity.generated_networks import generate_inputs

pytestmark = pytest.mark.skipif(bool(needs_gcc()), reason=needs_gcc())
DRAWS = B + 2  # a whole block, and one of which a part is wanted


def compare(
    inputs: ModelInputs, monkeypatch: pytest.MonkeyPatch, *, draws: int = DRAWS, deterministic: bool = False
) -> None:
    kernel = simulate_everything(inputs, draws=draws, first_draw=1000, deterministic=deterministic)
    monkeypatch.setattr(monte_carlo, "run_block", load_run_block())
    in_c = simulate_everything(inputs, draws=draws, first_draw=1000, deterministic=deterministic)
    found = list(differences(kernel, in_c))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("number", range(6))
def test_c_and_engine_agree_on_a_generated_network(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(generate_inputs(number), monkeypatch)


def test_c_and_engine_agree_where_every_uncertainty_is_at_its_median(monkeypatch: pytest.MonkeyPatch) -> None:
    compare(generate_inputs(2), monkeypatch, deterministic=True)


@pytest.mark.slow
def test_c_and_engine_agree_on_the_flagship(monkeypatch: pytest.MonkeyPatch, repository_root: Path) -> None:
    compare(build_flagship(), monkeypatch, draws=16)
