"""Unit costs, access prices, cost of capital, surplus, stakeholders, grant elements, Shapley values."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simmodel.results.metrics import (
    ResourceFlow,
    Stakeholder,
    Transfer,
    annuity_factor,
    benefit_cost_ratio,
    blended_cost_of_capital,
    carbon_cost,
    conduct_price,
    consumer_surplus_change,
    cost_of_equity,
    discount_factors,
    discount_tiers_are_open,
    economic_depreciation_price,
    efficient_component_price,
    grant_element_equal_principal,
    grant_element_of_payments,
    herfindahl_index,
    isoelastic_quantity,
    lerner_index,
    levelised_cost_of_capacity,
    loan_payments,
    lric_plus_price,
    margin_squeeze_headroom,
    net_economic_benefit,
    npv,
    package_grant_element,
    present_value,
    price_cap_path,
    price_dispersion_gini,
    ramsey_prices,
    reference_price_subsidy,
    regulated_asset_base_revenue,
    resource_cost,
    retail_minus_price,
    sequential_contributions,
    shapley_values,
    stakeholder_matrix,
    surplus_change_between_runs,
    switching_value,
    tilted_annuity,
)


@given(st.floats(1, 1e4), st.floats(0.01, 0.3), st.floats(-0.15, 0.1), st.integers(1, 40))
def test_tilted_annuity_recovers_the_capital(capital: float, wacc: float, trend: float, years: int) -> None:
    charges = tilted_annuity(capital=capital, wacc=wacc, years=years, price_trend=trend)
    value = present_value(cash_flow=charges, discount_factor=discount_factors(rate=wacc, years=years))
    assert value == pytest.approx(capital, rel=1e-9)
    np.testing.assert_allclose(charges[1:], charges[:-1] * (1 + trend), rtol=1e-12)


def test_tilted_annuity_where_the_trend_is_the_wacc() -> None:
    charges = tilted_annuity(capital=[100.0, 200.0], wacc=0.1, years=5, price_trend=0.1)
    np.testing.assert_allclose(charges[:, 0], [22.0, 44.0])


@given(
    arrays(np.float64, 10, elements=st.floats(1, 500)),
    arrays(np.float64, 10, elements=st.floats(0, 50)),
    st.floats(0.02, 0.25),
    st.floats(-0.1, 0.05),
)
def test_economic_depreciation_recovers_all_cost(
    volume: np.ndarray, opex: np.ndarray, wacc: float, trend: float
) -> None:
    prices = economic_depreciation_price(capital=1000.0, opex=opex, quantity=volume, wacc=wacc, price_trend=trend)
    factor = discount_factors(rate=wacc, years=10)
    assert (prices * volume * factor).sum() == pytest.approx(1000 + (opex * factor).sum(), rel=1e-9)


def test_vector_economic_depreciation_with_opex_and_over_charging_of_the_annuity() -> None:
    years = np.arange(15)
    volume = 100 * 1.25**years
    price = economic_depreciation_price(
        capital=1000.0, opex=20 * 1.03**years, quantity=volume, wacc=0.12, price_trend=-0.05
    )
    assert price[0] == pytest.approx(0.5565398037, abs=1e-10)
    assert tilted_annuity(capital=1000.0, wacc=0.12, years=15, price_trend=-0.05)[0] / 100 == pytest.approx(
        1.857, abs=5e-4
    )


@given(
    arrays(np.float64, 8, elements=st.floats(0, 50)),
    arrays(np.float64, 8, elements=st.floats(0, 30)),
    st.floats(0.01, 0.25),
)
def test_regulated_asset_base_has_no_net_present_value(capex: np.ndarray, written: np.ndarray, wacc: float) -> None:
    result = regulated_asset_base_revenue(
        opening_asset_base=100.0, capex=capex, depreciation=written, opex=7.0, wacc=wacc, tax=1.0, correction=-0.5
    )
    flow = result.allowed_revenue - 7.0 - 1.0 + 0.5 - capex
    flow[-1] += result.asset_base_end
    assert npv(rate=wacc, cash_flow=np.append(-100.0, flow)) == pytest.approx(0.0, abs=1e-9 * 100)


def test_vector_regulated_prices_and_indexation() -> None:
    result = regulated_asset_base_revenue(
        opening_asset_base=100.0, capex=np.zeros(5), depreciation=5.0, opex=5.0, wacc=0.11
    )
    prices = result.allowed_revenue / (50 * 1.2 ** np.arange(5))
    np.testing.assert_allclose(prices, [0.42, 0.340833, 0.276389, 0.223958, 0.181327], atol=5e-7)
    indexed = regulated_asset_base_revenue(
        opening_asset_base=100.0, capex=0.0, depreciation=[0.0, 0.0], opex=0.0, wacc=0.05, inflation=0.02
    )
    np.testing.assert_allclose(indexed.allowed_revenue, [5.0, 5.1])


def test_lric_price_has_a_floor_on_utilisation() -> None:
    price = lric_plus_price(
        capital_charge=[90.0, 90],
        opex=10.0,
        quantity=[5.0, 400],
        lit_capacity=1000.0,
        common_cost_share=0.1,
        utilisation_floor=0.2,
    )
    np.testing.assert_allclose(price, [110 / 200, 110 / 400])


def test_levelised_cost_of_capacity_in_its_unit() -> None:
    cost = levelised_cost_of_capacity(cost_musd=[12.0, 12.0], capacity_sold_gbps=[1000.0, 1000.0], discount_rate=0.1)
    assert cost == pytest.approx(1.0)
    assert np.isnan(levelised_cost_of_capacity(cost_musd=[1.0], capacity_sold_gbps=[0.0], discount_rate=0.1))


@given(st.floats(1, 100), st.floats(0, 0.9))
def test_full_displacement_is_retail_minus(price: float, down_share: float) -> None:
    down = down_share * price
    access = efficient_component_price(wholesale_cost=0.1 * price, retail_price=price, downstream_cost=down)
    assert access == pytest.approx(float(retail_minus_price(retail_price=price, margin=down / price)), rel=1e-12)
    headroom = margin_squeeze_headroom(retail_price=price, access_price=access, downstream_cost=down)
    assert headroom == pytest.approx(0.0, abs=1e-12 * price)


@given(st.integers(1, 8), st.floats(0.2, 3.0), st.floats(0, 1))
def test_more_sellers_never_raise_the_price(sellers: int, elasticity: float, conduct: float) -> None:
    prices = [
        float(
            conduct_price(
                marginal_cost=2.0, elasticity=-elasticity, concentration=1 / n, conduct=conduct, price_limit=50.0
            )
        )
        for n in (sellers, sellers + 1)
    ]
    assert prices[1] <= prices[0] <= 50.0
    assert conduct_price(
        marginal_cost=2.0, elasticity=-elasticity, concentration=1 / sellers, conduct=0.0, price_limit=50.0
    ) == pytest.approx(2.0)


def test_price_cap_and_concentration() -> None:
    np.testing.assert_allclose(price_cap_path(initial_price=10.0, inflation=[0.05, 0.05], x_factor=0.1), [9.5, 9.025])
    assert herfindahl_index(share=[0.5, 0.3, 0.2]) == pytest.approx(0.38)
    assert lerner_index(price=4.0, marginal_cost=1.0) == pytest.approx(0.75)
    assert price_dispersion_gini(price=[3.0, 3.0, 3.0]) == pytest.approx(0.0)
    assert price_dispersion_gini(price=[0.0, 0.0, 0.0, 1.0]) == pytest.approx(0.75)
    tiers = discount_tiers_are_open(
        tier_volume=[0.0, 50, 200], tier_discount=[0.0, 0.4, 0.2], second_buyer_volume=100.0, largest_discount=0.3
    )
    assert tiers.tolist() == [True, False, False]


def test_ramsey_prices_cover_the_cost_with_inverse_elasticities() -> None:
    cost, size, volume = np.array([1.0, 2.0]), np.array([0.5, 1.5]), np.array([100.0, 50.0])
    prices = ramsey_prices(marginal_cost=cost, elasticity=-size, quantity_at_cost=volume, fixed_cost=30.0, subsidy=5.0)
    margin = (prices - cost) / prices
    assert margin[0] * size[0] == pytest.approx(margin[1] * size[1])
    assert ((prices - cost) * volume * (prices / cost) ** -size).sum() == pytest.approx(25.0)
    with pytest.raises(ValueError, match="no mark-up"):
        ramsey_prices(marginal_cost=cost, elasticity=-size * 2, quantity_at_cost=volume, fixed_cost=1e9)
    np.testing.assert_allclose(
        ramsey_prices(marginal_cost=cost, elasticity=-size, quantity_at_cost=volume, fixed_cost=0.0), cost
    )


def test_country_risk_is_not_counted_twice() -> None:
    common = {"risk_free_rate": 0.04, "beta": 1.0, "equity_premium": 0.05, "country_premium": 0.03}
    assert cost_of_equity(**common, country_share=0.0) == pytest.approx(0.09)
    assert cost_of_equity(**common, country_share=1.0) == pytest.approx(0.12)
    with pytest.raises(ValueError, match="country_share"):
        cost_of_equity(**common, country_share=1.5)


def test_blended_cost_of_capital() -> None:
    blended = blended_cost_of_capital(
        amount_musd=[30.0, 50.0, 20.0], rate=[0.15, 0.08, 0.0], is_debt=[False, True, False], tax_rate=0.2
    )
    assert blended == pytest.approx(0.3 * 0.15 + 0.5 * 0.064)


@given(st.floats(1, 50), st.floats(1, 50), st.floats(-3, -0.05))
def test_surplus_is_the_integral_of_demand(first: float, last: float, elasticity: float) -> None:
    from scipy.integrate import quad

    area, _ = quad(lambda price: 100 * (price / first) ** elasticity, last, first, epsabs=1e-10, epsrel=1e-11)
    exact = consumer_surplus_change(initial_price=first, price=last, initial_quantity=100.0, elasticity=elasticity)
    assert exact == pytest.approx(area, rel=1e-7, abs=1e-7)


def test_surplus_at_unit_elasticity_is_continuous() -> None:
    elasticity = np.array([-1.0 - 1e-9, -1.0, -1.0 + 1e-9])
    change = consumer_surplus_change(initial_price=20.0, price=8.0, initial_quantity=100.0, elasticity=elasticity)
    np.testing.assert_allclose(change, 2000 * np.log(2.5), rtol=1e-8)


def test_surplus_between_two_runs() -> None:
    after = isoelastic_quantity(initial_quantity=100.0, initial_price=20.0, price=8.0, elasticity=-1.3)
    change = surplus_change_between_runs(
        initial_price=[20.0, 20, 20], price=[8.0, 20, 8], initial_quantity=100.0, quantity=[float(after), 130, 90]
    )
    np.testing.assert_allclose(change.value, [2109.2146955616, 0.0, 12 * 95], atol=1e-8)
    assert change.used_trapezoid.tolist() == [False, True, True]


def test_resource_cost_and_carbon() -> None:
    cost = resource_cost(
        financial_cost_musd=[100.0],
        tax_share=0.1,
        traded_share=0.5,
        unskilled_labour_share=0.2,
        shadow_exchange_rate_factor=1.06,
        shadow_wage_factor=0.7,
    )
    np.testing.assert_allclose(cost, [90 * (0.3 + 0.53 + 0.14)])
    with pytest.raises(ValueError, match="shares"):
        resource_cost(
            financial_cost_musd=[1.0],
            tax_share=0.0,
            traded_share=0.7,
            unskilled_labour_share=0.4,
            shadow_exchange_rate_factor=1.0,
            shadow_wage_factor=1.0,
        )
    carbon = carbon_cost(
        electricity_gwh=[1.0, 1.0],
        grid_tco2_per_mwh=0.5,
        carbon_price_usd_per_t=40.0,
        price_growth=0.02,
        years_since_price_year=0,
    )
    np.testing.assert_allclose(carbon, [0.02, 0.0204])


def test_a_lower_price_between_residents_leaves_only_the_triangle() -> None:
    """Price 20 to 8 on a fixed volume: buyers gain what operators lose."""
    buyers = surplus_change_between_runs(initial_price=20.0, price=8.0, initial_quantity=50.0, quantity=50.0)
    benefit = net_economic_benefit(
        surplus_change_musd=[float(buyers.value)], operator_revenue_change_musd=-600.0, resource_cost_change_musd=0.0
    )
    np.testing.assert_allclose(benefit, [0.0], atol=1e-10)


def test_ratio_and_switching_value() -> None:
    benefits, costs = np.array([0.0, 60, 60]), np.array([90.0, 0, 0])
    assert benefit_cost_ratio(benefits=benefits, costs=costs, rate=0.1) == pytest.approx(60 * 1.7355371901 / 90)
    change = float(switching_value(component=benefits, net_benefit=benefits - costs, rate=0.1))
    assert npv(rate=0.1, cash_flow=(1 + change) * benefits - costs) == pytest.approx(0.0, abs=1e-10)


def test_stakeholder_matrix_sums_to_the_economic_value() -> None:
    rng = np.random.default_rng(4)
    people = list(Stakeholder)
    flows = [ResourceFlow(people[rng.integers(6)], int(rng.integers(3)), rng.normal(0, 10, 8)) for _ in range(12)]
    transfers = [
        Transfer(
            people[rng.integers(6)],
            int(rng.integers(3)),
            people[rng.integers(6)],
            int(rng.integers(3)),
            rng.uniform(0, 9, 8),
        )
        for _ in range(20)
    ]
    matrix = stakeholder_matrix(resource_flows=flows, transfers=transfers, countries=3, rate=0.09)
    economic_value = npv(rate=0.09, cash_flow=np.sum([flow.yearly_musd for flow in flows], axis=0))
    assert matrix.sum() == pytest.approx(float(economic_value), abs=1e-10)


def test_lenders_lose_what_concessional_terms_give() -> None:
    service = np.append(
        -0.0, 100 * loan_payments(interest_rate=0.02, principal_shares=np.full(10, 0.1), payments_per_year=1)
    )
    loan = np.append(100.0, np.zeros(10))
    matrix = stakeholder_matrix(
        resource_flows=[],
        transfers=[
            Transfer(Stakeholder.LENDERS, 0, Stakeholder.LINK_OWNERS, 1, loan),
            Transfer(Stakeholder.LINK_OWNERS, 1, Stakeholder.LENDERS, 0, service),
        ],
        countries=2,
        rate=0.09,
    )
    subsidy = reference_price_subsidy(payments=service[1:] / 100, reference_rate=0.09)
    assert matrix[Stakeholder.LENDERS, 0] == pytest.approx(-100 * float(subsidy))
    assert matrix.sum() == pytest.approx(0.0, abs=1e-12)


@given(st.floats(0, 0.12), st.integers(0, 12), st.integers(1, 30), st.sampled_from([1, 2, 4]), st.floats(0.02, 0.12))
def test_closed_grant_element_is_the_discounted_cash_flow(
    rate: float, grace: int, repaid: int, per_year: int, discount: float
) -> None:
    maturity = grace + repaid
    closed = grant_element_equal_principal(
        interest_rate=rate,
        maturity_years=maturity,
        grace_years=grace,
        discount_rate=discount,
        payments_per_year=per_year,
        upfront_fee=0.01,
    )
    shares = np.concatenate([np.zeros(grace * per_year), np.full(repaid * per_year, 1 / (repaid * per_year))])
    payments = loan_payments(interest_rate=rate, principal_shares=shares, payments_per_year=per_year)
    general = grant_element_of_payments(
        payments=payments, discount_rate=discount, payments_per_year=per_year, upfront_fee=0.01
    )
    assert closed == pytest.approx(float(general), abs=1e-11)


def test_vector_loan_whose_rate_steps() -> None:
    """ADB concessional loan, group A: 32 years, 8 of grace at 1 %, then 1.5 %."""
    rates = np.where(np.arange(64) < 16, 0.01, 0.015)
    payments = loan_payments(interest_rate=rates, principal_shares=np.append(np.zeros(16), np.full(48, 1 / 48)))
    assert grant_element_of_payments(payments=payments) == pytest.approx(0.454706, abs=5e-7)


def test_vector_bullet_bond_costs_more_than_the_discount_rate() -> None:
    payments = loan_payments(interest_rate=0.0775, principal_shares=[0.0] * 9 + [1.0])
    assert grant_element_of_payments(payments=payments) == pytest.approx(-0.12, abs=0.005)


def test_package_and_refusals() -> None:
    assert package_grant_element(amount_musd=[25.0, 25.0], grant_element=[0.53, 1.0]) == pytest.approx(0.765)
    assert np.isnan(package_grant_element(amount_musd=[0.0], grant_element=[1.0]))
    with pytest.raises(ValueError, match="grace"):
        grant_element_equal_principal(interest_rate=0.01, maturity_years=5, grace_years=5)


@given(arrays(np.float64, (2, 16), elements=st.floats(-100, 100)))
def test_shapley_is_the_mean_over_orders_and_sums(values: np.ndarray) -> None:
    shapley = shapley_values(coalition_value=values)
    orders = [sequential_contributions(coalition_value=values, order=order) for order in permutations(range(4))]
    np.testing.assert_allclose(shapley, np.mean(orders, axis=0), atol=1e-9)
    np.testing.assert_allclose(shapley.sum(axis=1), values[:, -1] - values[:, 0], atol=1e-9)


def test_shapley_refuses_an_incomplete_game() -> None:
    with pytest.raises(ValueError, match="2\\^n"):
        shapley_values(coalition_value=[0.0, 1.0, 2.0])
    with pytest.raises(ValueError, match="every member once"):
        sequential_contributions(coalition_value=[0.0, 1, 2, 3], order=(0, 0))


def test_annuity_is_the_untilted_annuity() -> None:
    flat = tilted_annuity(capital=1000.0, wacc=0.12, years=15)
    assert flat[0] == pytest.approx(146.8242396463, abs=1e-10)
    assert flat[0] == pytest.approx(1000 / float(annuity_factor(rate=0.12, years=15)))
