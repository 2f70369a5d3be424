"""Present values, discount factors, deflators and real or local-currency rates.

Valuation date: start of year 1. A net cash flow array starts with the flow of that date (year 0, undiscounted),
followed
by the flows of years 1..T; a row of simulated years has no flow at year 0, so prepend a zero (`at_valuation_date`).
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats, as_years


class Timing(Enum):
    """When inside a year its flow is taken to occur."""

    END = "end"
    MID = "mid"


def at_valuation_date(*, yearly_flow: Numeric) -> FloatArray:
    """Prepend a zero flow at the valuation date to yearly flows.

    Parameters
    ----------
    yearly_flow : (..., years)   flows of years 1..T

    Returns
    -------
    (..., years + 1)   the same flows with a leading 0
    """
    flow = as_years(yearly_flow)
    return np.concatenate([np.zeros((*flow.shape[:-1], 1)), flow], axis=-1)


def discount_factors(*, rate: Numeric, years: int, timing: Timing = Timing.END) -> FloatArray:
    """Discount factors of years 1..T at a constant rate.

    Parameters
    ----------
    rate : scalar or (...)   fraction per year, > -1
    years : number of years T
    timing : END gives (1+r)^-t, MID gives (1+r)^-(t-1/2)

    Returns
    -------
    (..., years) [-]

    Raises
    ------
    ValueError   when a rate is -1 or lower
    """
    rates = as_floats(rate)
    if np.any(rates <= -1.0):
        raise ValueError("a discount rate must be above -1")
    exponents = np.arange(1, years + 1) - (0.5 if timing is Timing.MID else 0.0)
    factors: FloatArray = (1.0 + rates[..., None]) ** -exponents
    return factors


def discount_factors_of_path(*, rate_path: Numeric) -> FloatArray:
    """Discount factors of years 0..T when the rate differs by year.

    Parameters
    ----------
    rate_path : (..., years)   rate of each year 1..T, fraction

    Returns
    -------
    (..., years + 1) [-]   first element 1 (valuation date), then 1 / prod(1 + r_u)
    """
    growth = np.cumprod(1.0 + as_years(rate_path), axis=-1)
    return np.concatenate([np.ones((*growth.shape[:-1], 1)), 1.0 / growth], axis=-1)


def npv(*, rate: Numeric, cash_flow: Numeric) -> FloatArray:
    """Net present value; the first flow is at the valuation date and is not discounted.

    Parameters
    ----------
    rate : scalar or the leading shape of `cash_flow`   fraction per year, > -1
    cash_flow : (..., years + 1)   signed, + = to the holder; element 0 at the valuation date

    Returns
    -------
    (...)   in the unit of `cash_flow`

    Notes
    -----
    Same convention as ``numpy_financial.npv``, and as a spreadsheet's ``cf0 + NPV(rate, cf1..)``.
    """
    flow = as_years(cash_flow)
    rates = as_floats(rate)
    if np.any(rates <= -1.0):
        raise ValueError("a discount rate must be above -1")
    discount = 1.0 / (1.0 + rates)
    value: FloatArray = np.zeros(np.broadcast_shapes(flow.shape[:-1], discount.shape))
    for year in range(flow.shape[-1] - 1, -1, -1):
        value = value * discount + flow[..., year]
    return value


def present_value(*, cash_flow: Numeric, discount_factor: Numeric) -> FloatArray:
    """Sum of flows times their discount factors over the last axis.

    Parameters
    ----------
    cash_flow : (..., years)   signed
    discount_factor : (..., years) [-]   as given by `discount_factors` or `discount_factors_of_path`

    Returns
    -------
    (...)   in the unit of `cash_flow`
    """
    total: FloatArray = np.sum(as_years(cash_flow) * as_years(discount_factor), axis=-1)
    return total


def price_index(*, inflation: Numeric) -> FloatArray:
    """Price level of years 1..T relative to the valuation date, prod(1 + inflation).

    Parameters
    ----------
    inflation : (..., years)   fraction per year

    Returns
    -------
    (..., years) [-]
    """
    return as_floats(np.cumprod(1.0 + as_years(inflation), axis=-1))


def deflate(*, nominal: Numeric, inflation: Numeric) -> FloatArray:
    """Express nominal flows of years 1..T in constant prices of the valuation date.

    Parameters
    ----------
    nominal : (..., years)   nominal money
    inflation : (..., years)   fraction per year, of the same currency

    Returns
    -------
    (..., years)   constant money
    """
    return as_years(nominal) / price_index(inflation=inflation)


def real_rate(*, nominal_rate: Numeric, inflation: Numeric) -> FloatArray:
    """Real rate of a nominal one (Fisher), (1 + r) / (1 + inflation) - 1.

    Parameters
    ----------
    nominal_rate, inflation : (...)   fraction per year

    Returns
    -------
    (...)   fraction per year
    """
    return (1.0 + as_floats(nominal_rate)) / (1.0 + as_floats(inflation)) - 1.0


def nominal_rate(*, real_rate: Numeric, inflation: Numeric) -> FloatArray:
    """Nominal rate of a real one (Fisher), (1 + r)(1 + inflation) - 1."""
    return (1.0 + as_floats(real_rate)) * (1.0 + as_floats(inflation)) - 1.0


def local_currency_rate(*, usd_rate: Numeric, domestic_inflation: Numeric, usd_inflation: Numeric) -> FloatArray:
    """Local-currency nominal rate that relative purchasing power parity makes equal to a USD nominal rate.

    Parameters
    ----------
    usd_rate, domestic_inflation, usd_inflation : (...)   fraction per year

    Returns
    -------
    (...)   fraction per year, (1 + r)(1 + pi_dom)/(1 + pi_usd) - 1
    """
    relative = (1.0 + as_floats(domestic_inflation)) / (1.0 + as_floats(usd_inflation))
    return (1.0 + as_floats(usd_rate)) * relative - 1.0


def net_present_value_real(*, nominal_flow: Numeric, inflation: Numeric, real_discount_rate: Numeric) -> FloatArray:
    """NPV at a real rate of flows deflated to constant prices.

    Parameters
    ----------
    nominal_flow : (..., years + 1)   signed; element 0 at the valuation date
    inflation : (..., years)   fraction per year, years 1..T
    real_discount_rate : scalar or leading shape   fraction per year

    Returns
    -------
    (...)   constant money of the valuation date; equals `net_present_value_nominal` up to rounding
    """
    flow = as_years(nominal_flow)
    index = price_index(inflation=inflation)
    level = np.concatenate([np.ones((*index.shape[:-1], 1)), index], axis=-1)
    return npv(rate=real_discount_rate, cash_flow=flow / level)


def net_present_value_nominal(*, nominal_flow: Numeric, inflation: Numeric, real_discount_rate: Numeric) -> FloatArray:
    """NPV of nominal flows at the nominal rate path that the real rate and inflation imply (Fisher, year by year).

    Parameters and return value as `net_present_value_real`.
    """
    rates = nominal_rate(real_rate=as_floats(real_discount_rate)[..., None], inflation=as_years(inflation))
    return present_value(cash_flow=nominal_flow, discount_factor=discount_factors_of_path(rate_path=rates))
