"""Grant element of loans and the subsidy in concessional prices.

Two different numbers: the grant element at 5 % serves the tests on public borrowing, the reference-price subsidy the
tests on blending with private money. Both are reported.

References
----------
International Monetary Fund, grant element calculator (unified discount rate 5 %); OECD DAC (10 % before the 2018
rules).
"""

from __future__ import annotations

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats, as_years, divide_or_nan

UNIFIED_DISCOUNT_RATE = 0.05


def grant_element_equal_principal(
    *,
    interest_rate: Numeric,
    maturity_years: Numeric,
    grace_years: Numeric,
    discount_rate: float = UNIFIED_DISCOUNT_RATE,
    payments_per_year: int = 2,
    upfront_fee: Numeric = 0.0,
) -> FloatArray:
    """Grant element of a loan repaid in equal principal payments, in closed form.

    GE = [1 - (r/a)/d] [1 - ((1+d)^-aG - (1+d)^-aM) / (d (aM - aG))] - fee,  d = (1+D)^(1/a) - 1

    Parameters
    ----------
    interest_rate : (...) [fraction per year]
    maturity_years : (...) [years]   M, signing to last payment
    grace_years : (...) [years]   G, interval to the first principal payment less one payment interval
    discount_rate : D, fraction per year, > 0
    payments_per_year : a
    upfront_fee : (...) share of the principal paid at signing

    Returns
    -------
    (...)   share of the principal; negative when the loan costs more than the discount rate

    Raises
    ------
    ValueError   when the discount rate is not positive or the grace is not shorter than the maturity
    """
    grace, maturity = as_floats(grace_years), as_floats(maturity_years)
    if discount_rate <= 0.0 or np.any(grace >= maturity):
        raise ValueError("the discount rate must be positive and the grace shorter than the maturity")
    periodic = (1.0 + discount_rate) ** (1.0 / payments_per_year) - 1.0
    first, last = payments_per_year * grace, payments_per_year * maturity
    repaid = ((1.0 + periodic) ** -first - (1.0 + periodic) ** -last) / (periodic * (last - first))
    rate_gap = 1.0 - as_floats(interest_rate) / payments_per_year / periodic
    return as_floats(rate_gap * (1.0 - repaid) - as_floats(upfront_fee))


def loan_payments(*, interest_rate: Numeric, principal_shares: Numeric, payments_per_year: int = 2) -> FloatArray:
    """Payments of a loan of 1, interest each period on the balance plus the share of principal due.

    Parameters
    ----------
    interest_rate : scalar or (payments,) [fraction per year]   may step, e.g. after the grace period
    principal_shares : (payments,) [-]   0 in the grace period; sums to 1
    payments_per_year : a

    Returns
    -------
    (payments,) [-]
    """
    share = as_years(principal_shares)
    balance = 1.0 - (np.cumsum(share) - share)
    return as_floats(share + balance * as_floats(interest_rate) / payments_per_year)


def grant_element_of_payments(
    *,
    payments: Numeric,
    discount_rate: float = UNIFIED_DISCOUNT_RATE,
    payments_per_year: int = 2,
    upfront_fee: Numeric = 0.0,
) -> FloatArray:
    """Grant element of any payments per unit of principal, 1 - present value.

    Parameters
    ----------
    payments : (..., payments) [-]   debt service per unit borrowed, from one interval after signing
    discount_rate : fraction per year, > -1;  payments_per_year : a
    upfront_fee : (...)   share of the principal paid at signing

    Returns
    -------
    (...)   share of the principal
    """
    service = as_years(payments)
    periodic = (1.0 + discount_rate) ** (1.0 / payments_per_year)
    factor = periodic ** -np.arange(1, service.shape[-1] + 1)
    return as_floats(1.0 - (service * factor).sum(axis=-1) - as_floats(upfront_fee))


def package_grant_element(*, amount_musd: Numeric, grant_element: Numeric) -> FloatArray:
    """Grant element of a package of loans and grants, weighted by amount (a grant has 1).

    Parameters
    ----------
    amount_musd : (..., instruments) [million USD] >= 0;  grant_element : (..., instruments)

    Returns
    -------
    (...)   share; NaN for an empty package
    """
    amount = as_years(amount_musd)
    return divide_or_nan((amount * as_floats(grant_element)).sum(axis=-1), amount.sum(axis=-1))


def reference_price_subsidy(
    *, payments: Numeric, reference_rate: float, payments_per_year: int = 1, upfront_fee: Numeric = 0.0
) -> FloatArray:
    """Subsidy per unit lent against what the market would charge: the loan's shortfall of value at the reference rate.

    Parameters
    ----------
    payments : (..., payments) [-]   debt service per unit lent;  reference_rate : fraction per year of a market loan
    payments_per_year : a;  upfront_fee : (...) share of the principal

    Returns
    -------
    (...)   share of the amount lent; multiply by amount over project cost for the share of total project cost
    """
    return grant_element_of_payments(
        payments=payments,
        discount_rate=reference_rate,
        payments_per_year=payments_per_year,
        upfront_fee=upfront_fee,
    )
