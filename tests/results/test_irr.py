"""Internal rates of return: every real root, none invented, one code for one and for many rows."""

import numpy as np
import numpy_financial
import pytest
import pyxirr
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simmodel.results.metrics import (
    internal_rate_of_return,
    internal_rates_of_return,
    internal_rates_of_return_dated,
    modified_internal_rate_of_return,
    npv,
    real_roots_reported,
)


def random_projects(rows: int, years: int = 26) -> np.ndarray:
    rng = np.random.default_rng(11)
    flows = np.abs(rng.normal(10, 4, (rows, years)))
    flows[:, :3] *= -rng.uniform(0.5, 6, (rows, 1))
    return flows


def flow_with_rates(rates: list[float], scale: float = 1.0) -> np.ndarray:
    """Cash flow whose internal rates are the given ones and no others."""
    polynomial = np.array([scale])
    for rate in rates:
        polynomial = np.convolve(polynomial, [1.0, -1.0 / (1.0 + rate)])
    return polynomial[::-1]


def test_one_change_of_sign_agrees_with_peers() -> None:
    flows = random_projects(300)
    result = internal_rate_of_return(cash_flow=flows)
    assert np.all(result.root_count == 1)
    np.testing.assert_allclose(result.rate, [numpy_financial.irr(flow) for flow in flows], atol=1e-10)
    np.testing.assert_allclose(result.rate, [pyxirr.irr(flow) for flow in flows], atol=1e-9)


def test_rate_makes_the_present_value_zero() -> None:
    flows = random_projects(5000)
    rate = internal_rate_of_return(cash_flow=flows).rate
    assert np.max(np.abs(npv(rate=rate, cash_flow=flows)) / np.abs(flows).sum(axis=1)) < 1e-13


@given(arrays(np.float64, st.integers(2, 20), elements=st.floats(-100, 100).map(lambda value: round(value, 2))))
def test_every_root_is_a_root_and_the_count_agrees_with_the_fast_form(flow: np.ndarray) -> None:
    roots = internal_rates_of_return(cash_flow=flow)
    for root in roots:
        terms = flow * (1 + root) ** -np.arange(flow.size)
        assert abs(terms.sum()) <= 1e-7 * np.abs(terms).sum()
    fast = internal_rate_of_return(cash_flow=flow)
    assert fast.root_count == roots.size
    if roots.size == 1:
        assert fast.rate == pytest.approx(roots[0], abs=1e-10)
    else:
        assert np.isnan(fast.rate)


@given(st.lists(st.floats(-0.6, 3.0), min_size=1, max_size=5, unique=True), st.sampled_from([1.0, -30.0]))
def test_all_roots_are_found(rates: list[float], scale: float) -> None:
    wanted = np.sort(rates)
    assume(wanted.size == 1 or np.min(np.diff(wanted)) > 0.02)
    found = internal_rates_of_return(cash_flow=flow_with_rates(rates, scale))
    assert found.size == wanted.size
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_count_agrees_with_companion_matrix_on_rows_that_change_sign_often() -> None:
    rng = np.random.default_rng(3)
    flows = rng.normal(5, 10, (400, 26))
    flows[:, :3] -= 40

    def companion_count(flow: np.ndarray) -> int:
        roots = np.roots(flow[::-1])
        real = roots[np.abs(roots.imag) < 1e-9].real
        return int(((real > 1 / 11) & (real < 100)).sum())

    counts = internal_rate_of_return(cash_flow=flows).root_count
    assert counts.max() >= 3
    assert counts.tolist() == [companion_count(flow) for flow in flows]


@pytest.mark.parametrize(
    ("flow", "rates"),
    [
        ([-100, 50, 50], [0.0]),
        ([100, -50, -50], [0.0]),
        ([-4000, 25000, -25000], [0.25, 4.0]),
        ([-100, -10, -5], []),
        ([0, 0, 0], []),
        ([-1, 0, 0], []),
        ([0, -100, 110], [0.1]),
        ([-100, 110, 0, 0], [0.1]),
        ([-1, 1200], []),
        ([-1000, 1], []),
        ([-100], []),
    ],
)
def test_special_flows(flow: list[float], rates: list[float]) -> None:
    np.testing.assert_allclose(internal_rates_of_return(cash_flow=flow), rates, atol=1e-12)
    assert internal_rate_of_return(cash_flow=[flow, flow]).root_count.tolist() == [len(rates)] * 2


def test_a_double_root_appears_once() -> None:
    np.testing.assert_allclose(internal_rates_of_return(cash_flow=[-1, 2.2, -1.21]), [0.1], atol=1e-6)


def test_a_triple_root_appears_and_nothing_away_from_it() -> None:
    roots = internal_rates_of_return(cash_flow=[-1, 3.3, -3.63, 1.331])
    assert 1 <= roots.size <= 3
    np.testing.assert_allclose(roots, 0.1, atol=2e-4)


@given(st.floats(1e-6, 1e9))
def test_rate_does_not_depend_on_the_unit_of_money(scale: float) -> None:
    flow = random_projects(1)[0]
    base = internal_rates_of_return(cash_flow=flow)
    np.testing.assert_allclose(internal_rates_of_return(cash_flow=flow * scale), base, atol=1e-12)


def test_shapes_and_refusals() -> None:
    flows = random_projects(6).reshape(2, 3, 26)
    assert internal_rate_of_return(cash_flow=flows).rate.shape == (2, 3)
    assert internal_rate_of_return(cash_flow=flows[0, 0]).rate.shape == ()
    with pytest.raises(ValueError, match="one cash flow"):
        internal_rates_of_return(cash_flow=flows)
    with pytest.raises(ValueError, match="not finite"):
        internal_rate_of_return(cash_flow=[[-1.0, np.nan]])
    with pytest.raises(ValueError, match="lowest_rate"):
        internal_rates_of_return(cash_flow=[-1.0, 2.0], lowest_rate=-1.0)


def test_words() -> None:
    assert real_roots_reported(cash_flow=[1, 2]) == "none"
    assert real_roots_reported(cash_flow=[-100, 110]) == "10.00 %"
    assert real_roots_reported(cash_flow=[-100, 230, -132]) == "several (10.00 %, 20.00 %)"


def test_dated_flows_agree_with_peer_on_random_flows() -> None:
    import datetime

    rng = np.random.default_rng(5)
    for _ in range(30):
        days = np.concatenate([[0], np.sort(rng.choice(np.arange(20, 3000), 7, replace=False))])
        flow = np.concatenate([[-100.0], rng.uniform(5, 40, 7)])
        dates = [datetime.date(2020, 1, 1) + datetime.timedelta(days=int(day)) for day in days]
        found = internal_rates_of_return_dated(cash_flow=flow, days_from_first=days)
        np.testing.assert_allclose(found, [pyxirr.xirr(dates, list(flow))], atol=1e-8)


def test_modified_rate_agrees_with_peer_and_needs_both_signs() -> None:
    flows = random_projects(20)
    ours = modified_internal_rate_of_return(cash_flow=flows, finance_rate=0.1, reinvestment_rate=0.06)
    np.testing.assert_allclose(ours, [numpy_financial.mirr(flow, 0.1, 0.06) for flow in flows], rtol=1e-12)
    only_costs = modified_internal_rate_of_return(cash_flow=[-1.0, -2.0], finance_rate=0.1, reinvestment_rate=0.1)
    assert np.isnan(only_costs)
