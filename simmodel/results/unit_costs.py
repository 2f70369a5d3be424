"""Cost per unit over a life: annuities, economic depreciation, levelised prices, regulated asset base."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats, as_years, broadcast_years, divide_or_nan
from simmodel.results.debt_profiles import annuity_factor
from simmodel.results.discounting import discount_factors

MONTHS_PER_YEAR = 12.0
MBPS_PER_GBPS = 1000.0
USD_PER_MUSD = 1e6


@dataclass(frozen=True, slots=True)
class RegulatedRevenue:
    """Revenue a regulated asset base allows each year; (..., years), money in the unit of the asset base.

    asset_base_start : asset base at the start of the year;  depreciation : of the year
    allowed_revenue : opex + depreciation + return + tax + correction
    asset_base_end : (...)   left at the end of the last year
    """

    asset_base_start: FloatArray
    depreciation: FloatArray
    allowed_revenue: FloatArray
    asset_base_end: FloatArray


def tilted_annuity(*, capital: Numeric, wacc: Numeric, years: int, price_trend: Numeric = 0.0) -> FloatArray:
    """Yearly charges that follow the price trend of the asset and have the capital as their present value.

    A_1 = C (w - p) / (1 - ((1+p)/(1+w))^N),  A_t = A_1 (1+p)^(t-1)

    Parameters
    ----------
    capital : (...)   invested at the start of year 1
    wacc : (...) [fraction per year];  price_trend : (...) [fraction per year] of the modern equivalent asset
    years : N, life of the asset

    Returns
    -------
    (..., years)   in the unit of `capital`; level when the trend is 0

    References
    ----------
    European Commission, Recommendation 2013/466/EU; ITU, Regulatory accounting guide (tilted annuity).
    """
    amount, rate, trend = np.broadcast_arrays(as_floats(capital), as_floats(wacc), as_floats(price_trend))
    growth_free_rate = (1.0 + rate) / (1.0 + trend) - 1.0
    first = amount * (1.0 + trend) / annuity_factor(rate=growth_free_rate, years=years)
    charges: FloatArray = first[..., None] * (1.0 + trend[..., None]) ** np.arange(years)
    return charges


def economic_depreciation_price(
    *, capital: Numeric, opex: Numeric, quantity: Numeric, wacc: Numeric, price_trend: Numeric
) -> FloatArray:
    """Unit prices that follow a trend and recover capital and opex over the volumes sold.

    P_1 = [C + PV(opex)] / sum(q_t (1+p)^(t-1) / (1+w)^t),  P_t = P_1 (1+p)^(t-1)

    Parameters
    ----------
    capital : (...)   invested at the start of year 1
    opex, quantity : (..., years)   quantity sold, at least one year positive
    wacc, price_trend : (...) [fraction per year]

    Returns
    -------
    (..., years)   money per unit of quantity; NaN when nothing is sold
    """
    running, sold = broadcast_years(opex, quantity)
    years = sold.shape[-1]
    factor = discount_factors(rate=wacc, years=years)
    tilt = (1.0 + as_floats(price_trend)[..., None]) ** np.arange(years)
    cost = as_floats(capital) + (running * factor).sum(axis=-1)
    first = divide_or_nan(cost, (sold * tilt * factor).sum(axis=-1))
    return as_floats(first[..., None] * tilt)


def lric_plus_price(
    *,
    capital_charge: Numeric,
    opex: Numeric,
    quantity: Numeric,
    lit_capacity: Numeric,
    common_cost_share: float,
    utilisation_floor: float,
) -> FloatArray:
    """Long-run incremental cost plus a mark-up for common costs, per unit of effective demand.

    (charge + opex)(1 + common) / max(forecast quantity, floor x lit capacity)

    Parameters
    ----------
    capital_charge : (..., years)   sum of the assets' annuities, on gross investment by vintage
    opex, quantity, lit_capacity : (..., years)   quantity and capacity in the same unit
    common_cost_share : fraction;  utilisation_floor : share of lit capacity below which the unit cost no longer rises

    Returns
    -------
    (..., years)   money per unit; NaN where neither demand nor lit capacity exists
    """
    effective = np.maximum(as_years(quantity), utilisation_floor * as_years(lit_capacity))
    return divide_or_nan((as_years(capital_charge) + as_years(opex)) * (1.0 + common_cost_share), effective)


def regulated_asset_base_revenue(
    *,
    opening_asset_base: Numeric,
    capex: Numeric,
    depreciation: Numeric,
    opex: Numeric,
    wacc: Numeric,
    tax: Numeric = 0.0,
    correction: Numeric = 0.0,
    inflation: Numeric = 0.0,
) -> RegulatedRevenue:
    """Revenue allowed by a regulated asset base, and the base itself, year by year.

    RAB_(t+1) = RAB_t (1 + inflation) + capex_t - dep_t;  revenue_t = opex + dep + WACC x RAB_t + tax + correction

    Parameters
    ----------
    opening_asset_base : (...)   at the start of year 1
    capex : (..., years)   efficient investment of the year, enters the base at the end of the year
    depreciation, opex, tax : (..., years)
    wacc : scalar or (...) [fraction per year]   real when the base is indexed by `inflation`, nominal when it is not
    correction : (..., years)   signed true-up of earlier years
    inflation : scalar or (..., years)   indexation of the base; depreciation must be given in money of the year

    Returns
    -------
    RegulatedRevenue

    Notes
    -----
    Without indexation, the present value at the WACC of revenue less opex, tax, correction and capex, plus the final
    base, equals the opening base whatever the depreciation (NPV = 0).
    """
    spent, written, running, taxes, true_up, index = broadcast_years(
        capex, depreciation, opex, tax, correction, inflation
    )
    rate = as_floats(wacc)
    shape = np.broadcast_shapes(spent.shape[:-1], rate.shape, as_floats(opening_asset_base).shape)
    base = np.broadcast_to(as_floats(opening_asset_base), shape).astype(np.float64)
    start, allowed = np.empty((*shape, spent.shape[-1])), np.empty((*shape, spent.shape[-1]))
    for year in range(spent.shape[-1]):
        start[..., year] = base
        pass_through = running[..., year] + taxes[..., year] + true_up[..., year]
        allowed[..., year] = pass_through + written[..., year] + rate * base
        base = base * (1.0 + index[..., year]) + spent[..., year] - written[..., year]
    return RegulatedRevenue(start, np.broadcast_to(written, start.shape).copy(), allowed, base)


def levelised_cost_of_capacity(
    *, cost_musd: Numeric, capacity_sold_gbps: Numeric, discount_rate: Numeric
) -> FloatArray:
    """LCOC: present value of all costs per Mbps-month sold.

    Parameters
    ----------
    cost_musd : (..., years) [million USD]   capex, opex and tax of years 1..T, in constant or nominal money as the rate
    capacity_sold_gbps : (..., years) [Gbps]   average of the year
    discount_rate : scalar or leading shape   fraction per year, real with constant money

    Returns
    -------
    (...) [USD per Mbps per month]   NaN when nothing is sold
    """
    cost, sold = broadcast_years(cost_musd, capacity_sold_gbps)
    factor = discount_factors(rate=discount_rate, years=cost.shape[-1])
    mbps_months = (sold * factor).sum(axis=-1) * MBPS_PER_GBPS * MONTHS_PER_YEAR
    return divide_or_nan((cost * factor).sum(axis=-1) * USD_PER_MUSD, mbps_months)


def break_even_price(
    *,
    capital: Numeric,
    depreciation: Numeric,
    opex: Numeric,
    quantity: Numeric,
    tax_rate: float,
    discount_rate: float,
    price_escalation: float = 0.0,
) -> FloatArray:
    """First-year unit price at which an all-equity project earns its discount rate after tax.

    P_1 = [C - tax PV(dep) + (1 - tax) PV(opex)] / [(1 - tax) PV(q (1+g)^(t-1))], losses being worth the tax rate

    Parameters
    ----------
    capital : (...)   invested at the start of year 1
    depreciation, opex, quantity : (..., years)
    tax_rate : fraction;  discount_rate, price_escalation : fraction per year

    Returns
    -------
    (...)   money per unit, of year 1; NaN when nothing is sold
    """
    written, running, sold = broadcast_years(depreciation, opex, quantity)
    factor = discount_factors(rate=discount_rate, years=sold.shape[-1])
    kept = 1.0 - tax_rate
    cost = as_floats(capital) - tax_rate * (written * factor).sum(axis=-1) + kept * (running * factor).sum(axis=-1)
    growth = (1.0 + price_escalation) ** np.arange(sold.shape[-1])
    return divide_or_nan(cost, kept * (sold * growth * factor).sum(axis=-1))
