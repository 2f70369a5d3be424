"""Repayment of a debt: annuity, equal principal, bullet, custom shares, sculpted to cash flow.

Interest is paid yearly in arrears on the balance at the start of the year. All magnitudes are >= 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats, as_years


class RepaymentProfile(Enum):
    """How the principal of a loan is paid back."""

    EQUAL_PRINCIPAL = "equal_principal"
    ANNUITY = "annuity"
    BULLET = "bullet"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class DebtSchedule:
    """Yearly payments of a debt; arrays are (..., years), money in the unit of the debt.

    debt : (...)   amount outstanding at the start of the first year
    principal, interest, debt_service : (..., years)   payments of the year; debt_service = principal + interest
    balance_end : (..., years)   outstanding after the payments of the year
    """

    debt: FloatArray
    principal: FloatArray
    interest: FloatArray
    debt_service: FloatArray
    balance_end: FloatArray


def annuity_factor(*, rate: Numeric, years: int) -> FloatArray:
    """Present value of 1 paid at the end of each of `years` years (the number of years itself at a zero rate).

    Parameters
    ----------
    rate : (...)   fraction per year, > -1
    years : number of payments

    Returns
    -------
    (...) [years]
    """
    rates = as_floats(rate)
    factor = np.full(rates.shape, float(years))
    np.divide(-np.expm1(-years * np.log1p(rates)), rates, out=factor, where=rates != 0.0)
    return factor


def annuity_payment(*, debt: Numeric, rate: Numeric, years: int) -> FloatArray:
    """Level yearly payment that repays a debt with interest, A = D r / (1 - (1+r)^-n).

    Parameters
    ----------
    debt : (...)   amount, >= 0;  rate : (...) fraction per year;  years : number of payments

    Returns
    -------
    (...)   same unit as `debt`, per year
    """
    return as_floats(debt) / annuity_factor(rate=rate, years=years)


def principal_shares(
    *, profile: RepaymentProfile, payments: int, rate: float = 0.0, custom_shares: Numeric | None = None
) -> FloatArray:
    """Share of the principal repaid in each payment year.

    Parameters
    ----------
    profile : repayment profile
    payments : number of payment years
    rate : fraction per year; used by the annuity only
    custom_shares : (payments,) >= 0; required by CUSTOM and scaled to sum to 1 (published percentages are rounded)

    Returns
    -------
    (payments,) [-]   >= 0, sums to 1

    Raises
    ------
    ValueError   when there is no payment, or custom shares are missing, negative, of another length or all zero
    """
    if payments < 1:
        raise ValueError("a loan needs at least one principal payment")
    if profile is RepaymentProfile.CUSTOM:
        shares = as_years(custom_shares if custom_shares is not None else [])
        if shares.shape != (payments,) or np.any(shares < 0.0) or shares.sum() <= 0.0:
            raise ValueError("custom_shares must give one non-negative share per payment year, not all zero")
    elif profile is RepaymentProfile.BULLET:
        shares = np.zeros(payments)
        shares[-1] = 1.0
    elif profile is RepaymentProfile.ANNUITY:
        shares = as_floats((1.0 + rate) ** np.arange(payments))
    else:
        shares = np.ones(payments)
    return as_floats(shares / shares.sum())


def debt_schedule(*, debt: Numeric, rate: Numeric, shares: Numeric) -> DebtSchedule:
    """Schedule of a debt repaid by given shares of its principal.

    Parameters
    ----------
    debt : (...)   outstanding at the start of year 1, >= 0
    rate : scalar, (...) with a trailing years axis, or (years,)   interest rate of each year, fraction
    shares : (years,) [-]   share of the principal repaid in each year, 0 in years of grace; sums to 1

    Returns
    -------
    DebtSchedule
    """
    amount, share = as_floats(debt), as_years(shares)
    principal = amount[..., None] * share
    balance_end = amount[..., None] - np.cumsum(principal, axis=-1)
    balance_start = np.concatenate([np.broadcast_to(amount[..., None], principal[..., :1].shape), balance_end], axis=-1)
    interest = balance_start[..., :-1] * as_floats(rate)
    return DebtSchedule(amount, principal, interest, principal + interest, balance_end)


def sculpted_debt(*, cfads: Numeric, target_dscr: Numeric, rate: Numeric) -> DebtSchedule:
    """Largest debt whose service never exceeds CFADS / DSCR* and whose balance never grows.

    Where the plain sculpted service CFADS / DSCR* covers the interest each year, the debt is its present value and the
    service equals it. Where it would not (a negative principal), the principal of that year is held at zero, the
    debt is
    reduced to what the year's cash can pay interest on, and later years repay at the full CFADS / DSCR* until the debt
    is cleared.

    Parameters
    ----------
    cfads : (..., years)   cash flow available for debt service of the years of the loan; negative counts as no cash
    target_dscr : scalar or (..., years) [-]   > 0, the cover required in each year
    rate : scalar or (years,)   interest rate of each year, fraction, >= 0

    Returns
    -------
    DebtSchedule   principal >= 0; the balance is 0 at the end of the last year

    Raises
    ------
    ValueError   when a target DSCR is not positive or a rate is negative

    Notes
    -----
    Backward: B_(t-1) = (min(B_t, cap_t / r_t) + cap_t) / (1 + r_t), B_T = 0, cap_t = max(CFADS_t, 0) / DSCR*_t.
    """
    cash, cover = as_years(cfads), as_floats(target_dscr)
    rates = np.broadcast_to(as_floats(rate), cash.shape[-1:])
    if np.any(cover <= 0.0) or np.any(rates < 0.0):
        raise ValueError("target_dscr must be positive and the rate must not be negative")
    cap = np.maximum(cash, 0.0) / cover
    years = cap.shape[-1]
    balance = np.zeros(cap.shape[:-1])
    for year in range(years - 1, -1, -1):
        if rates[year] > 0.0:
            with np.errstate(over="ignore"):  # a vanishing rate leaves the balance without a limit
                payable_on = cap[..., year] / rates[year]
            carried = np.minimum(balance, payable_on)
        else:
            carried = balance
        balance = (carried + cap[..., year]) / (1.0 + rates[year])
    debt = balance
    principal, interest, balance_end = np.zeros_like(cap), np.zeros_like(cap), np.zeros_like(cap)
    for year in range(years):
        interest[..., year] = rates[year] * balance
        owed_less_interest = cap[..., year] - interest[..., year]
        principal[..., year] = np.clip(owed_less_interest, 0.0, balance)
        balance = balance - principal[..., year]
        balance_end[..., year] = balance
    return DebtSchedule(debt, principal, interest, principal + interest, balance_end)


def blended_dscr(*, cover_by_revenue_kind: Numeric, revenue_by_kind: Numeric) -> FloatArray:
    """Cover required of a mixed revenue, the covers weighted by revenue share of each year.

    Parameters
    ----------
    cover_by_revenue_kind : (kinds,) [-]   e.g. contracted 1.30, merchant wholesale 1.80
    revenue_by_kind : (kinds, ..., years)   >= 0

    Returns
    -------
    (..., years) [-]   the largest of the covers where there is no revenue
    """
    covers, revenue = as_years(cover_by_revenue_kind), as_floats(revenue_by_kind)
    total = revenue.sum(axis=0)
    weighted = np.full(total.shape, float(covers.max()))
    np.divide(np.tensordot(covers, revenue, axes=(0, 0)), total, out=weighted, where=total > 0.0)
    return weighted


def annuity_debt_at_minimum_cover(*, cfads: Numeric, minimum_dscr: float, rate: float) -> FloatArray:
    """Largest annuity debt whose yearly cover never falls below the minimum.

    Parameters
    ----------
    cfads : (..., years);  minimum_dscr : > 0;  rate : fraction per year

    Returns
    -------
    (...)   same unit as `cfads`, >= 0
    """
    cash = as_years(cfads)
    level = np.maximum(cash.min(axis=-1), 0.0) / minimum_dscr
    return as_floats(level * annuity_factor(rate=rate, years=cash.shape[-1]))
