"""Present values: linearity, conventions, real against nominal, exchange rates."""

import numpy as np
import numpy_financial
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simmodel.results.metrics import (
    Timing,
    at_valuation_date,
    deflate,
    discount_factors,
    discount_factors_of_path,
    exchange_rate_path,
    hard_currency_cover,
    local_currency_rate,
    local_revenue_in_usd,
    net_present_value_nominal,
    net_present_value_real,
    nominal_rate,
    npv,
    present_value,
    real_rate,
    total_in_usd,
)

FLOWS = arrays(np.float64, 12, elements=st.floats(-1e3, 1e3))
RATES = st.floats(-0.5, 2.0)


@given(FLOWS, FLOWS, RATES, st.floats(-5, 5))
def test_npv_is_linear_in_the_cash_flow(one: np.ndarray, other: np.ndarray, rate: float, factor: float) -> None:
    together = npv(rate=rate, cash_flow=one + factor * other)
    apart = npv(rate=rate, cash_flow=one) + factor * npv(rate=rate, cash_flow=other)
    scale = 1.0 + np.sum((np.abs(one) + np.abs(factor * other)) * (1 + rate) ** -np.arange(12.0))
    assert abs(together - apart) <= 1e-13 * scale


def test_npv_agrees_with_peers_on_random_flows() -> None:
    rng = np.random.default_rng(7)
    flows, rates = rng.normal(0, 50, (200, 26)), rng.uniform(-0.2, 0.5, 200)
    ours = npv(rate=rates, cash_flow=flows)
    np.testing.assert_allclose(ours, [numpy_financial.npv(r, f) for r, f in zip(rates, flows, strict=True)], rtol=1e-9)
    np.testing.assert_allclose(ours, [pyxirr.npv(r, f) for r, f in zip(rates, flows, strict=True)], rtol=1e-9)


def test_npv_first_flow_undiscounted_and_engine_rows() -> None:
    row = np.array([[-250.0, 100.0, 200.0]])
    assert npv(rate=0.08, cash_flow=at_valuation_date(yearly_flow=row))[0] == pytest.approx(
        (row[0] * 1.08 ** -np.arange(1, 4)).sum()
    )


def test_npv_of_the_reference_project() -> None:
    flow = [-250e3, 100e3, 150e3, 200e3, 250e3, 300e3]
    assert npv(rate=0.08, cash_flow=flow) == pytest.approx(517892.2861511331, rel=1e-13)
    assert npv(rate=0.08, cash_flow=[0, *flow]) == pytest.approx(479529.8945843826, rel=1e-13)


def test_rates_that_cannot_discount_are_refused() -> None:
    with pytest.raises(ValueError, match="above -1"):
        npv(rate=-1.0, cash_flow=[1.0])
    with pytest.raises(ValueError, match="above -1"):
        discount_factors(rate=-1.5, years=3)


def test_factors_by_timing_and_by_path() -> None:
    end = discount_factors(rate=0.1, years=3)
    np.testing.assert_allclose(end, 1.1 ** -np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(discount_factors(rate=0.1, years=3, timing=Timing.MID), end * 1.1**0.5)
    np.testing.assert_allclose(discount_factors_of_path(rate_path=[0.1, 0.1, 0.1]), [1.0, *end])
    assert discount_factors(rate=[0.1, 0.2], years=3).shape == (2, 3)
    assert present_value(cash_flow=[1, 1, 1], discount_factor=end) == pytest.approx(2.48685199)


@given(FLOWS, arrays(np.float64, 11, elements=st.floats(-0.05, 0.4)), st.floats(-0.03, 0.3))
def test_real_value_equals_nominal_value(flow: np.ndarray, inflation: np.ndarray, rate: float) -> None:
    real = net_present_value_real(nominal_flow=flow, inflation=inflation, real_discount_rate=rate)
    nominal = net_present_value_nominal(nominal_flow=flow, inflation=inflation, real_discount_rate=rate)
    assert abs(real - nominal) <= 1e-10 * max(1.0, np.abs(flow).sum())


def test_fisher_there_and_back() -> None:
    assert real_rate(nominal_rate=nominal_rate(real_rate=0.07, inflation=0.021), inflation=0.021) == pytest.approx(0.07)
    assert local_currency_rate(usd_rate=0.09, domestic_inflation=0.03, usd_inflation=0.03) == pytest.approx(0.09)
    np.testing.assert_allclose(deflate(nominal=[1.02, 1.0404], inflation=[0.02, 0.02]), [1.0, 1.0])


def test_local_revenue_two_ways() -> None:
    """Converting the local tariff at the year's rate equals the closed form in USD."""
    domestic, usd = np.array([0.09, 0.07, 0.12]), np.array([0.02, 0.025, 0.03])
    shock, psi, rate0, quantity, tariff = np.array([1.0, 1.4, 1.2]), 0.3, 88.0, np.array([3.0, 4.0, 5.0]), 500.0
    rate = exchange_rate_path(
        initial_rate_lcu_per_usd=rate0, domestic_inflation=domestic, usd_inflation=usd, real_shock=shock
    )
    local = quantity * tariff * np.cumprod(1 + domestic) * shock**psi
    converted = total_in_usd(usd_part=0.0, lcu_part=local, exchange_rate_lcu_per_usd=rate)
    closed = local_revenue_in_usd(
        base_revenue_usd=quantity * tariff / rate0, usd_inflation=usd, real_shock=shock, indexation_to_real_rate=psi
    )
    np.testing.assert_allclose(converted, closed, rtol=1e-13)


def test_full_indexation_removes_the_exchange_risk_and_bad_psi_is_refused() -> None:
    common = {"base_revenue_usd": [10.0, 10.0], "usd_inflation": [0.0, 0.0], "real_shock": [1.0, 2.0]}
    np.testing.assert_allclose(local_revenue_in_usd(**common, indexation_to_real_rate=1.0), [10, 10])
    np.testing.assert_allclose(local_revenue_in_usd(**common, indexation_to_real_rate=0.0), [10, 5])
    with pytest.raises(ValueError, match="between 0 and 1"):
        local_revenue_in_usd(**common, indexation_to_real_rate=1.1)


def test_hard_currency_cover_has_no_value_without_debt() -> None:
    cover = hard_currency_cover(usd_revenue=[4.0, 4.0], hard_currency_debt_service=[2.0, 0.0])
    assert cover[0] == 2.0
    assert np.isnan(cover[1])
