"""Operation: working capital, tax depreciation, deductible interest, losses carried forward, income tax, CFADS."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats, as_years, broadcast_years

DAYS_PER_YEAR = 365.0


class DepreciationMethod(Enum):
    """How tax law writes an asset class down."""

    STRAIGHT_LINE = "straight_line"
    DECLINING_BALANCE = "declining_balance"


@dataclass(frozen=True, slots=True)
class IncomeTax:
    """Income tax of every year and the losses behind it; (..., years), money in the unit of the profit.

    tax : paid, >= 0 (negative only where losses are paid out)
    loss_used, loss_expired : taken off the stock in the year
    loss_stock : carried out of the year
    """

    tax: FloatArray
    loss_used: FloatArray
    loss_expired: FloatArray
    loss_stock: FloatArray


def earnings_before_interest_tax_depreciation(
    *,
    revenue_musd: Numeric,
    opex_musd: Numeric,
    universal_service_levy_musd: Numeric = 0.0,
    spectrum_and_right_of_way_fees_musd: Numeric = 0.0,
) -> FloatArray:
    """EBITDA = revenue - opex - universal service levy - spectrum and right-of-way fees.

    Parameters
    ----------
    all : (..., years) [nominal million USD]   magnitudes, >= 0

    Returns
    -------
    (..., years) [nominal million USD]   signed
    """
    revenue, opex, levy, fees = broadcast_years(
        revenue_musd, opex_musd, universal_service_levy_musd, spectrum_and_right_of_way_fees_musd
    )
    return as_floats(revenue - opex - levy - fees)


def working_capital_increase(
    *,
    revenue_musd: Numeric,
    opex_musd: Numeric,
    receivable_days: float,
    payable_days: float,
    inventory_musd: Numeric = 0.0,
) -> FloatArray:
    """Yearly increase of net working capital, all of it released in the last year.

    NWC = revenue x receivable days / 365 + inventory - opex x payable days / 365

    Parameters
    ----------
    revenue_musd, opex_musd, inventory_musd : (..., years) [nominal million USD]   >= 0
    receivable_days, payable_days : days

    Returns
    -------
    (..., years) [nominal million USD]   + = cash tied up; sums to zero over the years
    """
    revenue, opex, inventory = broadcast_years(revenue_musd, opex_musd, inventory_musd)
    stock = (revenue * receivable_days - opex * payable_days) / DAYS_PER_YEAR + inventory
    stock[..., -1] = 0.0
    increase: FloatArray = np.diff(stock, axis=-1, prepend=0.0)
    return increase


def tax_depreciation(
    *,
    additions_musd: Numeric,
    method: DepreciationMethod,
    life_years: int | None = None,
    declining_rate: float | None = None,
    half_first_year: bool = False,
) -> FloatArray:
    """Depreciation allowed by tax law on what is added to one class each year.

    Parameters
    ----------
    additions_musd : (..., years) [nominal million USD]   put in service in each year
    method : STRAIGHT_LINE over `life_years`, or DECLINING_BALANCE at `declining_rate` of the pooled value
    half_first_year : the year of addition counts half (straight line: the other half falls after the last year of life)

    Returns
    -------
    (..., years) [nominal million USD]   >= 0; what is not written down within the years is lost

    Raises
    ------
    ValueError   when the life or rate the method needs is missing or out of range
    """
    additions = as_years(additions_musd)
    years = additions.shape[-1]
    allowed = np.zeros(additions.shape)
    if method is DepreciationMethod.STRAIGHT_LINE:
        if life_years is None or life_years < 1:
            raise ValueError("straight-line depreciation needs a life of at least one year")
        weights = np.full(life_years, 1.0 / life_years)
        if half_first_year:
            weights = np.append(weights, 0.5 / life_years)
            weights[0] *= 0.5
        for year in range(years):
            last = min(years, year + weights.size)
            allowed[..., year:last] += additions[..., year, None] * weights[: last - year]
        return allowed
    if declining_rate is None or not 0.0 < declining_rate <= 1.0:
        raise ValueError("declining-balance depreciation needs a rate above 0 and at most 1")
    pool = np.zeros(additions.shape[:-1])
    for year in range(years):
        base = pool + additions[..., year] * (0.5 if half_first_year else 1.0)
        allowed[..., year] = declining_rate * base
        pool = pool + additions[..., year] - allowed[..., year]
    return allowed


def deductible_interest(
    *, interest_musd: Numeric, debt_musd: Numeric, equity_musd: Numeric, debt_to_equity_cap: float | None
) -> FloatArray:
    """Interest that thin-capitalisation rules allow as a cost: interest x min(1, cap x equity / debt).

    Parameters
    ----------
    interest_musd, debt_musd, equity_musd : (..., years) [nominal million USD]   >= 0
    debt_to_equity_cap : ratio above which interest is not deductible; None = no rule

    Returns
    -------
    (..., years) [nominal million USD]   between 0 and `interest_musd`
    """
    interest, debt, equity = broadcast_years(interest_musd, debt_musd, equity_musd)
    if debt_to_equity_cap is None:
        return interest.copy()
    share = np.ones(debt.shape)
    np.divide(debt_to_equity_cap * equity, debt, out=share, where=debt > 0.0)
    allowed: FloatArray = interest * np.minimum(share, 1.0)
    return allowed


def taxable_iru_income(*, upfront_musd: Numeric, right_years: int, deferred: bool = True) -> FloatArray:
    """Income from indefeasible rights of use as tax law sees it.

    Parameters
    ----------
    upfront_musd : (..., years) [nominal million USD]   cash received in each year
    right_years : life of the right
    deferred : True spreads the receipt in equal parts over the life of the right, from the year of receipt; False taxes
        it when received

    Returns
    -------
    (..., years) [nominal million USD]   parts that fall after the last year are taxed in the last year
    """
    cash = as_years(upfront_musd)
    if not deferred:
        return cash.copy()
    if right_years < 1:
        raise ValueError("right_years must be at least 1")
    income = tax_depreciation(additions_musd=cash, method=DepreciationMethod.STRAIGHT_LINE, life_years=right_years)
    income[..., -1] += cash.sum(axis=-1) - income.sum(axis=-1)
    return income


def income_tax(
    *,
    profit_before_tax_musd: Numeric,
    tax_rate: Numeric,
    carry_forward_years: int | None = None,
    loss_offset_cap: float = 1.0,
    tax_losses_monetized: bool = False,
) -> IncomeTax:
    """Tax on profit with losses carried forward first in, first out.

    Parameters
    ----------
    profit_before_tax_musd : (..., years) [nominal million USD]   signed
    tax_rate : scalar or (..., years)   fraction
    carry_forward_years : a loss of year v can be used in years v+1 .. v+this; None = without limit
    loss_offset_cap : share of a year's profit that losses may offset, 0 to 1
    tax_losses_monetized : a loss is paid out at the tax rate at once (nothing is carried forward)

    Returns
    -------
    IncomeTax

    Raises
    ------
    ValueError   when the cap is outside [0, 1] or the years of carry-forward are negative
    """
    if not 0.0 <= loss_offset_cap <= 1.0 or (carry_forward_years is not None and carry_forward_years < 0):
        raise ValueError("loss_offset_cap must be in [0, 1] and carry_forward_years not negative")
    profit, rate = broadcast_years(profit_before_tax_musd, tax_rate)
    used, expired, stock = (np.zeros_like(profit) for _ in range(3))
    if tax_losses_monetized:
        return IncomeTax(profit * rate, used, expired, stock)
    made = np.cumsum(np.maximum(-profit, 0.0), axis=-1)
    gone = np.zeros(profit.shape[:-1])
    for year in range(profit.shape[-1]):
        before = made[..., year - 1] if year else np.zeros(profit.shape[:-1])
        if carry_forward_years is not None and year - 1 - carry_forward_years >= 0:
            too_old = made[..., year - 1 - carry_forward_years]
            expired[..., year] = np.maximum(too_old - gone, 0.0)
            gone = gone + expired[..., year]
        offset_limit = loss_offset_cap * np.maximum(profit[..., year], 0.0)
        used[..., year] = np.minimum(np.maximum(before - gone, 0.0), offset_limit)
        gone = gone + used[..., year]
        stock[..., year] = np.maximum(made[..., year] - gone, 0.0)
    return IncomeTax(rate * np.maximum(np.maximum(profit, 0.0) - used, 0.0), used, expired, stock)


def tax_over_countries(*, tax_by_country_musd: Numeric) -> FloatArray:
    """Tax of a link that crosses several countries: the sum of what each levies on its share of the profit.

    Parameters
    ----------
    tax_by_country_musd : (countries, ..., years) [nominal million USD]   each computed by `income_tax` on the link's
        profit times the country's share of the link's cost

    Returns
    -------
    (..., years) [nominal million USD]
    """
    total: FloatArray = as_floats(tax_by_country_musd).sum(axis=0)
    return total


def profit_before_tax(
    *,
    ebitda_musd: Numeric,
    depreciation_musd: Numeric,
    interest_musd: Numeric = 0.0,
    iru_adjustment_musd: Numeric = 0.0,
) -> FloatArray:
    """Profit that income tax is levied on.

    Parameters
    ----------
    ebitda_musd, depreciation_musd, interest_musd : (..., years) [nominal million USD]   interest already limited to
        what is deductible
    iru_adjustment_musd : (..., years)   IRU cash included in EBITDA less the IRU income taxed in the year

    Returns
    -------
    (..., years) [nominal million USD]   signed
    """
    ebitda, depreciation, interest, adjustment = broadcast_years(
        ebitda_musd, depreciation_musd, interest_musd, iru_adjustment_musd
    )
    return as_floats(ebitda - depreciation - interest - adjustment)


def cash_flow_available_for_debt_service(
    *,
    ebitda_musd: Numeric,
    tax_musd: Numeric,
    working_capital_increase_musd: Numeric = 0.0,
    maintenance_capex_musd: Numeric = 0.0,
    guarantee_fee_musd: Numeric = 0.0,
    interest_income_musd: Numeric = 0.0,
) -> FloatArray:
    """CFADS = EBITDA - tax - increase of working capital - maintenance capex - guarantee fees + interest income.

    Parameters
    ----------
    all : (..., years) [nominal million USD]   magnitudes; EBITDA and the working-capital increase are signed;
        maintenance capex is the transfer to a maintenance reserve in the lender case

    Returns
    -------
    (..., years) [nominal million USD]   signed
    """
    ebitda, tax, working, maintenance, guarantee, income = broadcast_years(
        ebitda_musd,
        tax_musd,
        working_capital_increase_musd,
        maintenance_capex_musd,
        guarantee_fee_musd,
        interest_income_musd,
    )
    return as_floats(ebitda - tax - working - maintenance - guarantee + income)
