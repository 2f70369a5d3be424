"""Statistics over draws: bounds, monotonicity, exact tails, error bars that hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simmodel.results.spread import tails_over_draws
from simmodel.results.statistics import (
    banded_path,
    conditional_value_at_risk,
    mean_standard_error,
    probability_at_most,
    quantile_interval,
    quantiles,
    rockafellar_uryasev_value,
    summarise_draws,
    tail_contributions,
    tail_mean_standard_error,
    tail_weights,
)

SAMPLE = arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e3, 1e3))
ALPHA = st.floats(0.0, 0.99)


@given(SAMPLE, st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_quantiles_are_monotone_and_within_the_sample(sample: np.ndarray, chances: list[float]) -> None:
    found = quantiles(values=sample, probabilities=np.sort(chances))
    assert np.all(np.diff(found) >= -1e-9)
    assert sample.min() <= found[0] <= found[-1] <= sample.max()


@given(SAMPLE, ALPHA)
def test_tail_mean_lies_between_its_bounds(sample: np.ndarray, alpha: float) -> None:
    tail = conditional_value_at_risk(losses=sample, alpha=alpha)
    assert sample.mean() - 1e-9 <= tail.cvar <= sample.max() + 1e-9
    assert tail.value_at_risk <= tail.cvar + 1e-9


@given(arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 60)), elements=st.floats(-1e3, 1e3)))
def test_tails_of_many_rows_are_the_conditional_values_at_risk_of_both_sides(rows: np.ndarray) -> None:
    tails = tails_over_draws(rows)
    for row, lowest, highest in zip(rows, tails.lowest, tails.highest, strict=True):
        assert highest == pytest.approx(float(conditional_value_at_risk(losses=row, alpha=0.9).cvar), abs=1e-9)
        assert lowest == pytest.approx(-float(conditional_value_at_risk(losses=-row, alpha=0.9).cvar), abs=1e-9)


@given(SAMPLE, ALPHA)
def test_tail_mean_is_the_minimum_over_thresholds(sample: np.ndarray, alpha: float) -> None:
    tail = conditional_value_at_risk(losses=sample, alpha=alpha)
    everywhere = [rockafellar_uryasev_value(losses=sample, threshold=edge, alpha=alpha) for edge in sample]
    assert tail.cvar == pytest.approx(float(np.min(everywhere)), abs=1e-8)
    at_edge = rockafellar_uryasev_value(losses=sample, threshold=tail.value_at_risk, alpha=alpha)
    assert tail.cvar == pytest.approx(float(at_edge), abs=1e-8)


@given(SAMPLE, ALPHA, st.floats(0.1, 10), st.floats(-100, 100))
def test_tail_mean_is_coherent(sample: np.ndarray, alpha: float, scale: float, shift: float) -> None:
    base = conditional_value_at_risk(losses=sample, alpha=alpha).cvar
    moved = conditional_value_at_risk(losses=scale * sample + shift, alpha=alpha).cvar
    assert moved == pytest.approx(scale * float(base) + shift, abs=1e-7)


def test_tail_with_unequal_probabilities() -> None:
    chance = np.array([0.7, 0.2, 0.1])
    tail = conditional_value_at_risk(losses=[1.0, 5.0, 20.0], alpha=0.8, probabilities=chance)
    assert tail.cvar == pytest.approx((0.1 * 20 + 0.1 * 5) / 0.2)
    assert tail.value_at_risk == 5.0
    ru = rockafellar_uryasev_value(losses=[1.0, 5.0, 20.0], threshold=5.0, alpha=0.8, probabilities=chance)
    assert ru == pytest.approx(12.5)
    with pytest.raises(ValueError, match="sum to 1"):
        conditional_value_at_risk(losses=[1.0, 2.0], alpha=0.5, probabilities=[0.5, 0.6])
    with pytest.raises(ValueError, match="alpha"):
        conditional_value_at_risk(losses=[1.0, 2.0], alpha=1.0)


def test_weights_are_a_distribution_within_its_bound() -> None:
    losses = np.random.default_rng(0).normal(size=(50, 3))
    weights = tail_weights(losses=losses, alpha=0.87)
    np.testing.assert_allclose(weights.sum(axis=0), 1.0)
    assert weights.min() >= 0.0
    assert weights.max() <= 1 / 50 / 0.13 + 1e-12


@given(arrays(np.float64, st.tuples(st.integers(1, 30), st.just(4)), elements=st.floats(0, 100)), ALPHA)
def test_contributions_add_up_to_the_tail_of_the_sum(parts: np.ndarray, alpha: float) -> None:
    contributions = tail_contributions(parts=parts, alpha=alpha)
    whole = conditional_value_at_risk(losses=parts.sum(axis=1), alpha=alpha).cvar
    assert contributions.sum() == pytest.approx(float(whole), abs=1e-8)


def test_error_bars_hold_what_they_promise() -> None:
    rng = np.random.default_rng(1)
    normal = rng.normal(size=(1000, 400))
    assert mean_standard_error(values=normal).mean() == pytest.approx(1 / np.sqrt(1000), rel=0.02)
    low, high = quantile_interval(values=normal, probability=0.9)
    covered = ((low <= 1.2815515655) & (high >= 1.2815515655)).mean()
    assert 0.92 <= covered <= 0.99
    tails = conditional_value_at_risk(losses=normal, alpha=0.9).cvar
    claimed = tail_mean_standard_error(losses=normal, alpha=0.9).mean()
    assert claimed == pytest.approx(tails.std(), rel=0.15)
    assert tails.mean() == pytest.approx(1.7549833, abs=0.02)


def test_banded_path_is_the_mean_of_the_ranks_asked_for() -> None:
    draws = np.arange(1000.0)
    paths = np.stack([draws, 2 * draws], axis=-1)[:, None, :]
    shuffled = np.random.default_rng(2).permutation(1000)
    path = banded_path(paths=paths[shuffled], ranking=draws[shuffled][:, None])
    np.testing.assert_allclose(path, [[99.5, 199.0]])


def test_banded_path_with_few_draws_and_an_empty_band() -> None:
    draws = np.arange(5.0)
    np.testing.assert_allclose(banded_path(paths=draws[:, None], ranking=draws), [0.0])
    np.testing.assert_allclose(banded_path(paths=[[7.0, 8.0]], ranking=[1.0]), [7.0, 8.0])
    with pytest.raises(ValueError, match="band"):
        banded_path(paths=draws[:, None], ranking=draws, lower_share=0.2, upper_share=0.1)


def test_summary_of_draws() -> None:
    summary = summarise_draws(values=np.arange(1.0, 11.0)[:, None])
    np.testing.assert_allclose(summary.mean, [5.5])
    np.testing.assert_allclose(summary.cvar90, [10.0])
    np.testing.assert_allclose([summary.p10, summary.p50, summary.p90], [[1.9], [5.5], [9.1]])
    single = summarise_draws(values=[[3.0]])
    assert single.standard_deviation == 0.0
    assert np.isnan(single.mean_standard_error)


def test_probability_and_refusals() -> None:
    share, error = probability_at_most(values=[0.0, 0.0, 1.0, 3.0], limit=0.5)
    assert share == 0.5
    assert error == 0.25
    with pytest.raises(ValueError, match="not a number"):
        quantiles(values=[np.nan], probabilities=[0.5])
    with pytest.raises(ValueError, match="at least one draw"):
        quantiles(values=[], probabilities=[0.5])
