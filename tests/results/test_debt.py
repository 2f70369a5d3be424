"""Debt: profiles, sculpting, cover ratios, payments per USD drawn, construction funding."""

import numpy as np
import numpy_financial
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simmodel.results.metrics import (
    LoanTerms,
    RepaymentProfile,
    annuity_debt_at_minimum_cover,
    annuity_factor,
    annuity_payment,
    blended_dscr,
    commitment_fees,
    debt_schedule,
    debt_service_cover_ratio,
    debt_service_factors,
    fund_at_fixed_gearing,
    gearing,
    interest_during_construction,
    loan_life_cover_ratio,
    minimum_and_average_cover,
    planned_capex,
    principal_shares,
    project_life_cover_ratio,
    repayment_window,
    sculpted_debt,
)

CFADS = np.array([10.0, 11, 12, 13, 14, 13, 12, 11, 10, 9])
CASH = arrays(np.float64, st.integers(1, 15), elements=st.floats(-20, 100))


def present_value_of_service(service: np.ndarray, rate: float) -> float:
    return float((service * (1 + rate) ** -np.arange(1.0, service.size + 1)).sum())


def test_vector_sculpted_debt() -> None:
    schedule = sculpted_debt(cfads=CFADS, target_dscr=1.35, rate=0.08)
    assert schedule.debt == pytest.approx(57.4872627450902, abs=1e-12)
    assert schedule.debt_service[0] == pytest.approx(7.407407, abs=1e-6)
    assert schedule.interest[0] == pytest.approx(4.598981, abs=1e-6)
    assert schedule.principal[0] == pytest.approx(2.808426, abs=1e-6)
    assert schedule.balance_end[-1] == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(CFADS / schedule.debt_service, 1.35)
    balance = np.append(schedule.debt, schedule.balance_end)
    llcr = loan_life_cover_ratio(cfads_musd=CFADS, balance_end_musd=balance, rate=0.08, maturity_year=10)
    np.testing.assert_allclose(llcr, 1.35)


def test_vector_same_debt_as_annuity() -> None:
    debt = 57.4872627450902
    payment = annuity_payment(debt=debt, rate=0.08, years=10)
    assert payment == pytest.approx(8.56729737, abs=1e-8)
    lowest, average = minimum_and_average_cover(cfads_musd=CFADS, debt_service_musd=np.full(10, payment))
    assert lowest == pytest.approx(1.050506, abs=1e-6)
    assert average == pytest.approx(1.342314, abs=1e-6)
    assert annuity_debt_at_minimum_cover(cfads=CFADS, minimum_dscr=1.35, rate=0.08) == pytest.approx(44.73387599)


def test_annuity_agrees_with_peer_and_zero_rate() -> None:
    for rate, years in [(0.03, 7), (0.17, 25), (0.08, 1)]:
        ours = annuity_payment(debt=100.0, rate=rate, years=years)
        assert ours == pytest.approx(-numpy_financial.pmt(rate, years, 100.0), rel=1e-12)
    assert annuity_factor(rate=0.0, years=8) == 8.0


@given(st.sampled_from(list(RepaymentProfile)), st.integers(1, 30), st.floats(0.0, 0.25), st.floats(0.1, 500))
def test_discounted_service_of_every_profile_is_the_debt(
    profile: RepaymentProfile, payments: int, rate: float, debt: float
) -> None:
    custom = np.linspace(1, 3, payments) if profile is RepaymentProfile.CUSTOM else None
    shares = principal_shares(profile=profile, payments=payments, rate=rate, custom_shares=custom)
    schedule = debt_schedule(debt=debt, rate=rate, shares=np.concatenate([np.zeros(3), shares]))
    assert present_value_of_service(schedule.debt_service, rate) == pytest.approx(debt, rel=1e-10)
    assert schedule.balance_end[-1] == pytest.approx(0.0, abs=1e-9 * debt)
    if profile is RepaymentProfile.ANNUITY:
        np.testing.assert_allclose(schedule.debt_service[3:], schedule.debt_service[3], rtol=1e-9)


@given(CASH, st.floats(1.0, 2.5), st.floats(0.0, 0.3))
def test_sculpted_debt_closes_and_never_grows(cash: np.ndarray, cover: float, rate: float) -> None:
    schedule = sculpted_debt(cfads=cash, target_dscr=cover, rate=rate)
    scale = 1.0 + float(schedule.debt)
    assert np.all(schedule.principal >= 0.0)
    assert np.all(schedule.debt_service <= np.maximum(cash, 0) / cover + 1e-9 * scale)
    assert abs(schedule.balance_end[-1]) <= 1e-9 * scale
    assert present_value_of_service(schedule.debt_service, rate) == pytest.approx(
        float(schedule.debt), abs=1e-8 * scale
    )


def test_sculpted_debt_is_the_largest() -> None:
    """Against a linear programme over the service of every year."""
    from scipy.optimize import linprog

    rng = np.random.default_rng(2)
    for _ in range(20):
        cash, rate, cover = rng.uniform(0.5, 20, 8), 0.11, 1.3
        discount = 1.11 ** -np.arange(1.0, 9)
        # balance before year t = PV of later service; principal_t = service_t - rate x balance >= 0
        rows = [
            [(-1.0 if later == year else 0.0) + rate * (1.11 ** -(later - year + 1.0) if later >= year else 0.0)
             for later in range(8)]
            for year in range(8)
        ]  # fmt: skip
        answer = linprog(-discount, A_ub=rows, b_ub=np.zeros(8), bounds=[(0, value / cover) for value in cash])
        assert sculpted_debt(cfads=cash, target_dscr=cover, rate=rate).debt == pytest.approx(-answer.fun, rel=1e-8)


def test_sculpting_follows_rates_and_covers_of_each_year() -> None:
    rates, covers = np.array([0.05, 0.09, 0.07]), np.array([1.3, 1.5, 1.2])
    schedule = sculpted_debt(cfads=[10.0, 12, 11], target_dscr=covers, rate=rates)
    service = np.array([10.0, 12, 11]) / covers
    assert schedule.debt == pytest.approx((service / np.cumprod(1 + rates)).sum())
    with pytest.raises(ValueError, match="target_dscr"):
        sculpted_debt(cfads=[1.0], target_dscr=0.0, rate=0.1)


def test_cover_ratios_where_no_debt_is_due() -> None:
    ratio = debt_service_cover_ratio(cfads_musd=[[12, 5.0]], debt_service_musd=[[10, 0.0]])
    assert ratio[0, 0] == 1.2
    assert np.isnan(ratio[0, 1])
    lowest, average = minimum_and_average_cover(cfads_musd=[1.0, 2.0], debt_service_musd=[0.0, 0.0])
    assert np.isnan(lowest)
    assert np.isnan(average)
    assert gearing(debt_musd=70.0, uses_musd=100.0) == 0.7


def test_life_cover_counts_to_maturity_or_to_the_end() -> None:
    cash, balance = np.array([10.0, 10, 10, 10]), np.array([15.0, 8, 0, 0, 0])
    loan = loan_life_cover_ratio(cfads_musd=cash, balance_end_musd=balance, rate=0.1, maturity_year=2, reserve_musd=1.0)
    project = project_life_cover_ratio(cfads_musd=cash, balance_end_musd=balance, rate=0.1)
    assert loan[0] == pytest.approx((10 / 1.1 + 10 / 1.21 + 1) / 15)
    assert project[1] == pytest.approx((10 / 1.1 + 10 / 1.21 + 10 / 1.331) / 8)
    assert np.isnan(loan[2])


def test_blended_cover() -> None:
    revenue = np.array([[5.0, 0.0], [15.0, 0.0]])
    np.testing.assert_allclose(blended_dscr(cover_by_revenue_kind=[1.3, 1.8], revenue_by_kind=revenue), [1.675, 1.8])


@given(
    st.sampled_from(list(RepaymentProfile)),
    st.integers(0, 8),
    st.integers(1, 20),
    st.floats(0.0, 0.2),
    st.sampled_from([0.0, 0.5, 1.0]),
)
def test_factors_have_the_draw_as_their_value(
    profile: RepaymentProfile, grace: int, repayments: int, rate: float, theta: float
) -> None:
    """At the end of its draw year a USD is worth 1 + theta r: interest of the year, and all later payments."""
    draw_years = 3
    final = max(grace + repayments, draw_years + 2)
    custom = np.linspace(2, 1, final - grace) if profile is RepaymentProfile.CUSTOM else None
    terms = LoanTerms(rate, grace + 1, final, profile, custom, interest_share_in_draw_year=theta)
    factors = debt_service_factors(terms=terms, draw_years=draw_years, years=final + 2)
    years = np.arange(1, final + 3)
    for draw in range(1, draw_years + 1):
        value = (factors.debt_service[draw - 1] * (1 + rate) ** (draw - years.astype(float))).sum()
        assert value == pytest.approx(1 + theta * rate, rel=1e-10)
        assert np.all(factors.debt_service[draw - 1, : draw - 1] == 0.0)
        assert factors.principal[draw - 1, draw - 1] == 0.0
    np.testing.assert_allclose(factors.balance_end[:, -1], 0.0, atol=1e-12)
    np.testing.assert_allclose(factors.principal.sum(axis=1), 1.0, rtol=1e-12)


def test_factors_of_an_ida_blend_credit() -> None:
    first, final = repayment_window(signing_year=1, grace_years=5, tenor_years=25)
    assert (first, final) == (6, 25)
    terms = LoanTerms(0.0218, first, final, RepaymentProfile.CUSTOM, np.full(20, 0.05))
    factors = debt_service_factors(terms=terms, draw_years=2, years=30)
    np.testing.assert_allclose(factors.principal[0, 5:25], 0.05)
    assert factors.interest[1, 0] == 0.0
    assert factors.interest[1, 1] == pytest.approx(0.0109)
    assert factors.interest[1, 2] == pytest.approx(0.0218)


def test_capitalised_interest_is_repaid_with_interest() -> None:
    terms = LoanTerms(0.1, 4, 8, RepaymentProfile.ANNUITY, capitalise_until_year=3)
    factors = debt_service_factors(terms=terms, draw_years=2, years=8)
    assert np.all(factors.debt_service[:, :3] == 0.0)
    np.testing.assert_allclose(factors.balance_end[:, 2], [1.05 * 1.21, 1.05 * 1.1])
    np.testing.assert_allclose(
        factors.debt_service[0, 3:], annuity_payment(debt=1.05 * 1.21, rate=0.1, years=5), rtol=1e-12
    )


def test_annuity_factors_stay_level_when_rates_differ() -> None:
    rates = np.array([0.05, 0.05, 0.06, 0.09, 0.04, 0.04])
    factors = debt_service_factors(terms=LoanTerms(rates, 3, 6, RepaymentProfile.ANNUITY), draw_years=1, years=6)
    np.testing.assert_allclose(factors.debt_service[0, 2:], factors.debt_service[0, 2])


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (LoanTerms(0.1, 5, 4), "repayment years"),
        (LoanTerms(0.1, 1, 2), "final repayment"),
        (LoanTerms(0.1, 3, 9, capitalise_until_year=4), "capitalised"),
        (LoanTerms(0.1, 4, 9, RepaymentProfile.CUSTOM), "custom_shares"),
    ],
)
def test_impossible_terms_are_refused(terms: LoanTerms, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        debt_service_factors(terms=terms, draw_years=2, years=10)
    with pytest.raises(ValueError, match="grace"):
        repayment_window(signing_year=1, grace_years=5, tenor_years=5)


def test_vector_fixed_gearing() -> None:
    funding = fund_at_fixed_gearing(
        capex_musd=[30.0, 45, 25], gearing=0.7, interest_rate=0.08, front_end_fee=0.015, commitment_fee=0.005
    )
    assert funding.commitment == pytest.approx(77.83697443965943, rel=1e-14)
    assert funding.uses.sum() == pytest.approx(111.1956777709, abs=1e-10)
    np.testing.assert_allclose(funding.draws, 0.7 * funding.uses, rtol=1e-13)
    np.testing.assert_allclose(funding.draws + funding.other_sources, funding.uses, rtol=1e-14)


@given(st.floats(0.0, 0.95), st.floats(0.0, 0.15), st.floats(0.0, 0.03), st.floats(0.0, 0.01), st.booleans())
def test_funding_closes_at_any_gearing(
    share: float, rate: float, upfront: float, fee: float, capitalised: bool
) -> None:
    capex = np.array([[10.0, 20, 5, 0], [0, 30, 30, 10]])
    funding = fund_at_fixed_gearing(
        capex_musd=capex,
        gearing=share,
        interest_rate=rate,
        front_end_fee=upfront,
        commitment_fee=fee,
        capitalised=capitalised,
    )
    np.testing.assert_allclose(funding.commitment, funding.draws.sum(axis=1), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(funding.draws, share * funding.uses, rtol=1e-9, atol=1e-10)
    known = capex + funding.fees + (0 if capitalised else funding.interest)
    np.testing.assert_allclose(funding.uses, known, rtol=1e-12)


def test_fixed_gearing_scales_with_cost_and_refuses_full_debt() -> None:
    common = {"interest_rate": 0.08, "front_end_fee": 0.015, "commitment_fee": 0.005}
    one = fund_at_fixed_gearing(capex_musd=[30.0, 45, 25], gearing=0.7, **common)
    ten = fund_at_fixed_gearing(capex_musd=[300.0, 450, 250], gearing=0.7, **common)
    np.testing.assert_allclose(ten.draws, 10 * one.draws, rtol=1e-13)
    with pytest.raises(ValueError, match="gearing"):
        fund_at_fixed_gearing(capex_musd=[1.0], gearing=1.0, interest_rate=0.1)


def test_interest_during_construction_paid_or_capitalised() -> None:
    paid, balance = interest_during_construction(draws=[10.0, 20.0], rate=0.1)
    np.testing.assert_allclose(paid, [0.5, 2.0])
    np.testing.assert_allclose(balance, [10, 30])
    accrued, owed = interest_during_construction(draws=[10.0, 20.0], rate=0.1, capitalised=True)
    np.testing.assert_allclose(owed, [10.5, 10.5 * 1.1 + 20 * 1.05])
    np.testing.assert_allclose(accrued.sum(), owed[-1] - 30)


def test_interest_agrees_with_the_factors_of_the_same_loan() -> None:
    draws = np.array([22.0, 33.0, 21.0])
    factors = debt_service_factors(terms=LoanTerms(0.08, 4, 12), draw_years=3, years=12)
    paid, _ = interest_during_construction(draws=draws, rate=0.08)
    np.testing.assert_allclose(draws @ factors.interest[:, :3], paid, rtol=1e-14)


def test_commitment_fee_on_what_is_not_drawn() -> None:
    np.testing.assert_allclose(commitment_fees(commitment=10.0, draws=[4.0, 6.0], fee_rate=0.01), [0.08, 0.03])


def test_planned_capex() -> None:
    cost = planned_capex(
        quantity=[[100.0, 100], [10, 0]],
        unit_cost_musd=[0.02, 0.5],
        co_deployment_saving=[0.4, 0.0],
        escalation=[0.03, 0.0],
        contingency=0.1,
    )
    np.testing.assert_allclose(cost, [1.1 * (100 * 0.02 * 0.6 * 1.03 + 5.0), 1.1 * 100 * 0.02 * 0.6 * 1.03**2])
