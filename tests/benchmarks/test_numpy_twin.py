"""The NumPy version of the benchmarks simulates what the engine does."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.numpy_twin import simulate_chunk
from benchmarks.numpy_twin.collect import Everything, Moments
from tests.parity.agreement import simulate_everything
from tests.parity.drawing import drawn_parameters
from tests.parity.generated_networks import generate_inputs

DRAWS, FIRST = 4, 1000


@pytest.mark.parametrize("number", range(8))
def test_numpy_and_engine_agree_on_a_generated_network(number: int) -> None:
    inputs = generate_inputs(number)
    drawn = drawn_parameters(inputs, draws=DRAWS, first_draw=FIRST)
    twin = simulate_chunk(inputs, drawn, DRAWS, FIRST, Everything(inputs.network, DRAWS)).values
    for key, kernel in simulate_everything(inputs, draws=DRAWS, first_draw=FIRST).items():
        if key[0] == "sections":  # the benchmark's results do not hold the profits behind the tax
            continue
        scale = np.abs(kernel).max(axis=(0, 2, 3), keepdims=True)
        gap = np.abs(kernel - twin[key])
        assert (gap <= 1e-9 * scale + 1e-11).all(), (key, gap.max())


def test_moments_are_those_of_every_draw() -> None:
    inputs = generate_inputs(1)
    drawn = drawn_parameters(inputs, draws=DRAWS, first_draw=FIRST)
    every = simulate_chunk(inputs, drawn, DRAWS, FIRST, Everything(inputs.network, DRAWS)).values
    moments = simulate_chunk(inputs, drawn, DRAWS, FIRST, Moments(inputs.network)).values
    for key, rows in every.items():
        mean = rows.mean(axis=-1)
        np.testing.assert_allclose(moments[key][0], mean, rtol=1e-12, atol=1e-300)
        squares = ((rows - mean[..., None]) ** 2).sum(axis=-1)
        np.testing.assert_allclose(moments[key][1], squares, rtol=1e-9, atol=1e-12 * np.abs(rows).max() ** 2)
