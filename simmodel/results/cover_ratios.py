"""Cover ratios of debt: DSCR, LLCR, PLCR and gearing."""

from __future__ import annotations

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats, as_years, broadcast_years, divide_or_nan


def debt_service_cover_ratio(*, cfads_musd: Numeric, debt_service_musd: Numeric) -> FloatArray:
    """Yearly cover of debt service by operating cash, DSCR = CFADS / debt service.

    Parameters
    ----------
    cfads_musd : (..., years) [nominal million USD]   cash flow available for debt service; may be negative
    debt_service_musd : (..., years) [nominal million USD]   interest plus principal; >= 0

    Returns
    -------
    (..., years) [-]   NaN where no debt is due

    References
    ----------
    Yescombe, E. R., Principles of Project Finance, 2nd ed., 2014, ch. 12 (definition).
    """
    return divide_or_nan(cfads_musd, debt_service_musd)


def life_cover_ratio(
    *, cfads_musd: Numeric, balance_end_musd: Numeric, rate: Numeric, final_year: int, reserve_musd: Numeric = 0.0
) -> FloatArray:
    """Present value of future CFADS over the debt outstanding, at the end of years 0..T-1.

    Parameters
    ----------
    cfads_musd : (..., years) [nominal million USD]   years 1..T
    balance_end_musd : (..., years + 1) [nominal million USD]   debt at the end of years 0..T (element 0 before year 1)
    rate : scalar or (years,)   rate of the debt in each year, fraction
    final_year : last year counted, 1..T: maturity for the LLCR, end of the project's life for the PLCR
    reserve_musd : scalar or (..., years)   reserve cash at the end of years 0..T-1, added to the numerator

    Returns
    -------
    (..., years) [-]   element t is the ratio at the end of year t (t = 0 is financial close); NaN without debt
    """
    cash = as_years(cfads_musd).copy()
    years = cash.shape[-1]
    if not 1 <= final_year <= years:
        raise ValueError("final_year must be one of the years of cfads_musd")
    cash[..., final_year:] = 0.0
    rates = np.broadcast_to(as_floats(rate), (years,))
    value = np.zeros(cash.shape)
    ahead = np.zeros(cash.shape[:-1])
    for year in range(years - 1, -1, -1):
        ahead = (ahead + cash[..., year]) / (1.0 + rates[year])
        value[..., year] = ahead
    return divide_or_nan(value + as_floats(reserve_musd), as_years(balance_end_musd)[..., :-1])


def loan_life_cover_ratio(
    *, cfads_musd: Numeric, balance_end_musd: Numeric, rate: Numeric, maturity_year: int, reserve_musd: Numeric = 0.0
) -> FloatArray:
    """LLCR: cover of the outstanding debt by CFADS up to its maturity; see `life_cover_ratio`."""
    return life_cover_ratio(
        cfads_musd=cfads_musd,
        balance_end_musd=balance_end_musd,
        rate=rate,
        final_year=maturity_year,
        reserve_musd=reserve_musd,
    )


def project_life_cover_ratio(
    *, cfads_musd: Numeric, balance_end_musd: Numeric, rate: Numeric, reserve_musd: Numeric = 0.0
) -> FloatArray:
    """PLCR: cover of the outstanding debt by CFADS up to the last year given; see `life_cover_ratio`."""
    return life_cover_ratio(
        cfads_musd=cfads_musd,
        balance_end_musd=balance_end_musd,
        rate=rate,
        final_year=as_years(cfads_musd).shape[-1],
        reserve_musd=reserve_musd,
    )


def gearing(*, debt_musd: Numeric, uses_musd: Numeric) -> FloatArray:
    """Debt as a share of total uses of funds.

    Parameters
    ----------
    debt_musd, uses_musd : (...) [nominal million USD]   >= 0

    Returns
    -------
    (...) [-]   NaN where there are no uses
    """
    return divide_or_nan(debt_musd, uses_musd)


def minimum_and_average_cover(*, cfads_musd: Numeric, debt_service_musd: Numeric) -> tuple[FloatArray, FloatArray]:
    """Smallest and mean DSCR over the years in which debt is due.

    Parameters
    ----------
    cfads_musd, debt_service_musd : (..., years) [nominal million USD]

    Returns
    -------
    minimum, average : (...) [-]   NaN for rows that never owe debt service
    """
    cash, service = broadcast_years(cfads_musd, debt_service_musd)
    ratio = divide_or_nan(cash, service)
    due = np.isfinite(ratio)
    count = due.sum(axis=-1)
    lowest = np.where(due, ratio, np.inf).min(axis=-1)
    minimum = np.where(count > 0, lowest, np.nan)
    average = divide_or_nan(np.where(due, ratio, 0.0).sum(axis=-1), count)
    return as_floats(minimum), average
