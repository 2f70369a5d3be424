"""Tail means of counted draws: within one bin of the exact ones, whatever the shape of what was counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simmodel.engine.collect import BINS
from simmodel.engine.histograms import PILOT_DRAWS, Histograms, range_of_pilot
from simmodel.results.spread import TAIL_SHARE, tails_over_draws

SHAPES = ("normal", "lognormal", "mostly nothing", "nothing until late", "two points", "far away", "constant")


def draw(shape: str, seed: int, draws: int) -> np.ndarray:
    """Numbers of one shape; `nothing until late` is zero in the draws that the range is made from."""
    rng = np.random.default_rng(seed)
    normal, chance = rng.normal(size=draws), rng.random(draws)
    return {
        "normal": normal,
        "lognormal": np.exp(1.5 * normal),
        "mostly nothing": np.where(chance < 0.07, np.exp(normal), 0.0),
        "nothing until late": np.where((chance < 0.04) & (np.arange(draws) >= PILOT_DRAWS), -np.exp(normal), 0.0),
        "two points": np.where(chance < 0.5, -3.0, 1e4),
        "far away": 1e9 + normal,
        "constant": np.full(draws, 7.25),
    }[shape]


def count(values: np.ndarray) -> Histograms:
    """Count as the kernels do, in NumPy; one cell, one year."""
    pilot = values[:PILOT_DRAWS]
    squares = np.array(np.square(pilot - pilot.mean()).sum())
    low, high, per_unit = ranges = range_of_pilot(np.array(pilot.mean()), squares, len(pilot))
    places = np.clip((values - low) * per_unit, 0.0, BINS - 1.0).astype(np.int64)
    counts = np.bincount(places, minlength=BINS).astype(np.uint32)
    tails = [np.maximum(beyond, 0.0).mean() for beyond in (low - values, values - high)]
    return Histograms(
        np.zeros(1, np.int64), ranges[None, None], counts[None, None], *(np.full((1, 1), t) for t in tails)
    )


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), draws=st.integers(600, 4000))
@pytest.mark.parametrize("shape", SHAPES)
def test_tail_means_of_counts_are_within_a_bin_of_the_exact(shape: str, seed: int, draws: int) -> None:
    values = draw(shape, seed, draws)
    counted, exact = count(values), tails_over_draws(values)
    width = 1.0 / float(counted.ranges[0, 0, 2])
    rounding = 1e-12 * np.abs(values).max()
    assert abs(float(counted.tail_mean(TAIL_SHARE, lowest=True)[0, 0]) - exact.lowest) <= width + rounding
    assert abs(float(counted.tail_mean(TAIL_SHARE)[0, 0]) - exact.highest) <= width + rounding
    assert width <= 0.004 * values[:PILOT_DRAWS].std(ddof=1) or values[:PILOT_DRAWS].std() <= 1e-9 * abs(values).max()
