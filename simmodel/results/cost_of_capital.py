"""Cost of equity, of debt and of capital by country (capital asset pricing with country risk)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats
from simmodel.results.discounting import local_currency_rate, real_rate


@dataclass(frozen=True, slots=True)
class CostOfCapital:
    """Rates of one or many countries; (...), nominal USD fractions per year unless said otherwise.

    levered_beta : [-];  cost_of_equity, cost_of_debt : before tax;  wacc : after tax, nominal USD
    wacc_real : constant USD;  wacc_local : nominal local currency
    """

    levered_beta: FloatArray
    cost_of_equity: FloatArray
    cost_of_debt: FloatArray
    wacc: FloatArray
    wacc_real: FloatArray
    wacc_local: FloatArray


def country_risk_premium(*, default_spread: Numeric, equity_to_bond_volatility: Numeric) -> FloatArray:
    """Equity premium of a country over a mature market: sovereign default spread x relative volatility of its equity.

    Parameters
    ----------
    default_spread : (...) [fraction per year];  equity_to_bond_volatility : (...) [-]

    Returns
    -------
    (...) [fraction per year]

    References
    ----------
    Damodaran, A., Equity Risk Premiums (ERP): Determinants, Estimation and Implications, yearly editions.
    """
    return as_floats(default_spread) * as_floats(equity_to_bond_volatility)


def levered_beta(*, unlevered_beta: Numeric, tax_rate: Numeric, debt_to_equity: Numeric) -> FloatArray:
    """Beta of equity with debt, beta_U (1 + (1 - tax) D/E).

    Parameters
    ----------
    unlevered_beta, debt_to_equity : (...) [-];  tax_rate : (...) fraction

    Returns
    -------
    (...) [-]

    References
    ----------
    Hamada, R. S., The effect of the firm's capital structure on the systematic risk of common stocks, J. Finance 27
    (1972).
    """
    return as_floats(unlevered_beta) * (1.0 + (1.0 - as_floats(tax_rate)) * as_floats(debt_to_equity))


def cost_of_equity(
    *, risk_free_rate: Numeric, beta: Numeric, equity_premium: Numeric, country_premium: Numeric, country_share: Numeric
) -> FloatArray:
    """Cost of equity, rf + beta ERP + lambda CRP.

    Parameters
    ----------
    risk_free_rate, equity_premium, country_premium : (...) [fraction per year]   the equity premium is a mature
        market's
    beta : (...) [-]   levered
    country_share : (...) in [0, 1]   lambda, the share of country risk that the simulation does NOT draw; 1 when no
        devaluation, expropriation or border closure is simulated. Charging the whole premium on flows that already
        carry these events counts them twice.

    Returns
    -------
    (...) [fraction per year]

    Raises
    ------
    ValueError   when `country_share` lies outside [0, 1]
    """
    share = as_floats(country_share)
    if np.any((share < 0.0) | (share > 1.0)):
        raise ValueError("country_share must lie between 0 and 1")
    premium = as_floats(beta) * as_floats(equity_premium) + share * as_floats(country_premium)
    return as_floats(risk_free_rate) + premium


def weighted_cost_of_capital(
    *, cost_of_equity: Numeric, cost_of_debt: Numeric, debt_to_equity: Numeric, tax_rate: Numeric
) -> FloatArray:
    """After-tax WACC, E/V Ke + D/V Kd (1 - tax).

    Parameters
    ----------
    cost_of_equity, cost_of_debt : (...) [fraction per year]   the test of commercial viability uses the market cost of
        debt, not the cost of concessional loans
    debt_to_equity : (...) [-];  tax_rate : (...) fraction

    Returns
    -------
    (...) [fraction per year]
    """
    leverage = as_floats(debt_to_equity)
    debt_share = leverage / (1.0 + leverage)
    after_tax = as_floats(cost_of_debt) * (1.0 - as_floats(tax_rate))
    return (1.0 - debt_share) * as_floats(cost_of_equity) + debt_share * after_tax


def blended_cost_of_capital(*, amount_musd: Numeric, rate: Numeric, is_debt: Numeric, tax_rate: Numeric) -> FloatArray:
    """WACC of an actual financing mix, concessional money included, for comparison with the market WACC.

    Parameters
    ----------
    amount_musd : (..., sources) [million USD] >= 0;  rate : (..., sources) [fraction per year], 0 for grants
    is_debt : (..., sources)   True where interest is deductible;  tax_rate : scalar or (...)

    Returns
    -------
    (...) [fraction per year]   NaN where nothing is raised
    """
    amount, debt = as_floats(amount_musd), np.asarray(is_debt, dtype=np.bool_)
    cost = as_floats(rate) * np.where(debt, 1.0 - as_floats(tax_rate)[..., None], 1.0)
    total = amount.sum(axis=-1)
    weighted = (amount * cost).sum(axis=-1)
    blended = np.full(total.shape, np.nan)
    np.divide(weighted, total, out=blended, where=total > 0.0)
    return blended


def cost_of_capital_by_country(
    *,
    risk_free_rate: Numeric,
    equity_premium: Numeric,
    unlevered_beta: Numeric,
    debt_to_equity: Numeric,
    tax_rate: Numeric,
    country_premium: Numeric,
    country_share: Numeric,
    sovereign_spread: Numeric,
    project_spread: Numeric,
    usd_inflation: Numeric,
    domestic_inflation: Numeric,
) -> CostOfCapital:
    """Market cost of capital of each country, in nominal USD, constant USD and local currency.

    Parameters
    ----------
    all : scalar or (countries,), fractions per year except the betas and D/E [-]; `sovereign_spread` is 0 for debt
        that is guaranteed or lent by a multilateral bank; `country_share` is the share of country risk not simulated

    Returns
    -------
    CostOfCapital   arrays (countries,)
    """
    beta = levered_beta(unlevered_beta=unlevered_beta, tax_rate=tax_rate, debt_to_equity=debt_to_equity)
    equity = cost_of_equity(
        risk_free_rate=risk_free_rate,
        beta=beta,
        equity_premium=equity_premium,
        country_premium=country_premium,
        country_share=country_share,
    )
    debt = as_floats(risk_free_rate) + as_floats(sovereign_spread) + as_floats(project_spread)
    wacc = weighted_cost_of_capital(
        cost_of_equity=equity, cost_of_debt=debt, debt_to_equity=debt_to_equity, tax_rate=tax_rate
    )
    return CostOfCapital(
        levered_beta=beta,
        cost_of_equity=equity,
        cost_of_debt=debt,
        wacc=wacc,
        wacc_real=real_rate(nominal_rate=wacc, inflation=usd_inflation),
        wacc_local=local_currency_rate(
            usd_rate=wacc, domestic_inflation=domestic_inflation, usd_inflation=usd_inflation
        ),
    )
