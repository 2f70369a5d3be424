"""Economic appraisal: buyers' surplus, resource cost, net benefits by stakeholder and country, ENPV, EIRR, BCR."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from simmodel.results.array_types import (
    BoolArray,
    FloatArray,
    Numeric,
    as_floats,
    as_years,
    broadcast_years,
    divide_or_nan,
)
from simmodel.results.discounting import npv

MINIMUM_PRICE_CHANGE = 1e-6


class SurplusChange(NamedTuple):
    """Change in buyers' surplus and whether the trapezoid had to be used.

    value : (...)   money per unit of time of the quantities
    used_trapezoid : (...)   True where demand shifted or the price did not change, so that no demand curve passes
        through both points
    """

    value: FloatArray
    used_trapezoid: BoolArray


class Stakeholder(IntEnum):
    """Row of the stakeholder matrix."""

    CONSUMERS = 0
    INCUMBENT = 1
    LINK_OWNERS = 2
    LENDERS = 3
    GOVERNMENT = 4
    NON_RESIDENTS = 5


@dataclass(frozen=True, slots=True)
class ResourceFlow:
    """A benefit (+) or a cost (-) to the economy, as it falls on one stakeholder of one country.

    yearly_musd : (years + 1,) [constant million USD, economic prices]   element 0 at the valuation date
    """

    stakeholder: Stakeholder
    country: int
    yearly_musd: FloatArray


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money that moves between two stakeholders and costs the economy nothing: tariffs, taxes, grants, loans.

    yearly_musd : (years + 1,) [constant million USD]   >= 0 from payer to receiver; element 0 at the valuation date
    """

    payer: Stakeholder
    payer_country: int
    receiver: Stakeholder
    receiver_country: int
    yearly_musd: FloatArray


def isoelastic_quantity(
    *, initial_quantity: Numeric, initial_price: Numeric, price: Numeric, elasticity: Numeric
) -> FloatArray:
    """Quantity demanded at a new price with constant elasticity, Q0 (P1/P0)^e.

    Parameters
    ----------
    initial_quantity, initial_price, price : (...) > 0;  elasticity : (...) [-], negative

    Returns
    -------
    (...)   unit of `initial_quantity`
    """
    return as_floats(initial_quantity) * (as_floats(price) / as_floats(initial_price)) ** as_floats(elasticity)


def consumer_surplus_change(
    *, initial_price: Numeric, price: Numeric, initial_quantity: Numeric, elasticity: Numeric
) -> FloatArray:
    """Exact change in buyers' surplus along a demand curve of constant elasticity.

    Q0 P0^-e (P0^(1+e) - P1^(1+e)) / (1+e), and P0 Q0 ln(P0/P1) at e = -1

    Parameters
    ----------
    initial_price, price, initial_quantity : (...) > 0;  elasticity : (...) [-], negative

    Returns
    -------
    (...)   price x quantity; + when the price falls

    Notes
    -----
    The rule of half, (P0 - P1)(Q0 + Q1)/2, overstates the gain; by 22 % for a fall from 20 to 8 at e = -1.3.
    """
    first, last, demand, slope = np.broadcast_arrays(
        as_floats(initial_price), as_floats(price), as_floats(initial_quantity), as_floats(elasticity)
    )
    log_fall = np.log(last / first) * (1.0 + slope)
    # -expm1(k x)/k with k = 1 + e, and its limit -x at k = 0
    ratio = np.full(first.shape, 1.0)
    np.divide(np.expm1(log_fall), log_fall, out=ratio, where=np.abs(log_fall) > 1e-300)
    return as_floats(-demand * first * np.log(last / first) * ratio)


def surplus_change_between_runs(
    *, initial_price: Numeric, price: Numeric, initial_quantity: Numeric, quantity: Numeric
) -> SurplusChange:
    """Change in buyers' surplus between two simulated points, on the isoelastic curve through both.

    e = ln(Q1/Q0)/ln(P1/P0); (P0 Q0 - P1 Q1)/(1+e). Where e > 0 or the prices are the same, (P0 - P1)(Q0 + Q1)/2.

    Parameters
    ----------
    initial_price, price, initial_quantity, quantity : (...) > 0

    Returns
    -------
    SurplusChange
    """
    first, last, before, after = np.broadcast_arrays(
        as_floats(initial_price), as_floats(price), as_floats(initial_quantity), as_floats(quantity)
    )
    log_price, log_quantity = np.log(last / first), np.log(after / before)
    flat = np.abs(last - first) <= MINIMUM_PRICE_CHANGE * first
    elasticity = np.zeros(first.shape)
    np.divide(log_quantity, log_price, out=elasticity, where=~flat)
    used_trapezoid: BoolArray = flat | (elasticity > 0.0)
    exact = consumer_surplus_change(
        initial_price=first,
        price=np.where(used_trapezoid, first, last),
        initial_quantity=before,
        elasticity=np.where(used_trapezoid, -0.5, elasticity),
    )
    trapezoid = 0.5 * (first - last) * (before + after)
    return SurplusChange(np.where(used_trapezoid, trapezoid, exact), used_trapezoid)


def resource_cost(
    *,
    financial_cost_musd: Numeric,
    tax_share: float,
    traded_share: float,
    unskilled_labour_share: float,
    shadow_exchange_rate_factor: float,
    shadow_wage_factor: float,
) -> FloatArray:
    """Cost to the economy of a financial cost, at the domestic price level.

    Taxes and duties are taken out; of the rest, the traded part is multiplied by the shadow exchange rate factor and
    unskilled labour by the shadow wage factor.

    Parameters
    ----------
    financial_cost_musd : (..., years) [constant million USD]
    tax_share : share of the cost that is tax or duty
    traded_share, unskilled_labour_share : shares of the cost net of tax; together at most 1
    shadow_exchange_rate_factor, shadow_wage_factor : [-]

    Returns
    -------
    (..., years) [constant million USD]

    Raises
    ------
    ValueError   when shares lie outside [0, 1] or the two shares of the net cost exceed 1

    References
    ----------
    Asian Development Bank, Guidelines for the Economic Analysis of Projects, 2017 (conversion factors).
    """
    shares = (tax_share, traded_share, unskilled_labour_share)
    if min(shares) < 0.0 or max(shares) > 1.0 or traded_share + unskilled_labour_share > 1.0 + 1e-12:
        raise ValueError("cost shares must lie in [0, 1], and traded plus unskilled labour must not exceed 1")
    other = 1.0 - traded_share - unskilled_labour_share
    factor = other + traded_share * shadow_exchange_rate_factor + unskilled_labour_share * shadow_wage_factor
    return as_years(financial_cost_musd) * (1.0 - tax_share) * factor


def carbon_cost(
    *,
    electricity_gwh: Numeric,
    grid_tco2_per_mwh: Numeric,
    carbon_price_usd_per_t: float,
    price_growth: float,
    years_since_price_year: int,
) -> FloatArray:
    """Cost of the carbon emitted by the electricity used.

    Parameters
    ----------
    electricity_gwh : (..., years);  grid_tco2_per_mwh : scalar or (..., years)
    carbon_price_usd_per_t : in the price year;  price_growth : real fraction per year
    years_since_price_year : years from the year of the carbon price to year 1

    Returns
    -------
    (..., years) [constant million USD]   >= 0
    """
    energy = as_years(electricity_gwh)
    path = carbon_price_usd_per_t * (1.0 + price_growth) ** (years_since_price_year + np.arange(energy.shape[-1]))
    return as_floats(energy * 1e3 * as_floats(grid_tco2_per_mwh) * path / 1e6)


def net_economic_benefit(
    *,
    surplus_change_musd: Numeric,
    operator_revenue_change_musd: Numeric,
    resource_cost_change_musd: Numeric,
    avoided_outage_value_musd: Numeric = 0.0,
    reform_cost_musd: Numeric = 0.0,
    carbon_cost_musd: Numeric = 0.0,
) -> FloatArray:
    """Net benefit by year: buyers' gain + change of operators' revenue less resource cost + avoided outages - costs.

    Parameters
    ----------
    all : (..., years) [constant million USD]   changes between the runs with and without; operators are all of them,
        incumbents included, so that a lower price between residents is a transfer and only its triangle remains

    Returns
    -------
    (..., years) [constant million USD]   signed
    """
    buyers, revenue, resources, outages, reform, carbon = broadcast_years(
        surplus_change_musd,
        operator_revenue_change_musd,
        resource_cost_change_musd,
        avoided_outage_value_musd,
        reform_cost_musd,
        carbon_cost_musd,
    )
    return as_floats(buyers + revenue - resources + outages - reform - carbon)


def benefit_cost_ratio(*, benefits: Numeric, costs: Numeric, rate: Numeric) -> FloatArray:
    """Present value of benefits over present value of costs.

    Parameters
    ----------
    benefits, costs : (..., years + 1) >= 0, element 0 at the valuation date;  rate : scalar or leading shape

    Returns
    -------
    (...) [-]   NaN without costs
    """
    return divide_or_nan(npv(rate=rate, cash_flow=benefits), npv(rate=rate, cash_flow=costs))


def switching_value(*, component: Numeric, net_benefit: Numeric, rate: Numeric) -> FloatArray:
    """Relative change of one component of the net benefit that brings the ENPV to zero, -ENPV / PV(component).

    Parameters
    ----------
    component, net_benefit : (..., years + 1), signed as they enter the net benefit (costs negative)

    Returns
    -------
    (...) [-]   e.g. -0.3: benefits may fall by 30 %; NaN when the component has no present value
    """
    value = npv(rate=rate, cash_flow=component)
    total = npv(rate=rate, cash_flow=net_benefit)
    total, value = np.broadcast_arrays(total, value)
    change = np.full(total.shape, np.nan)
    np.divide(-total, value, out=change, where=value != 0.0)
    return change


def stakeholder_matrix(
    *, resource_flows: Sequence[ResourceFlow], transfers: Sequence[Transfer], countries: int, rate: float
) -> FloatArray:
    """Present value of what each stakeholder of each country gains or loses.

    Every transfer is booked twice, minus at the payer and plus at the receiver, so the sum of the matrix is the present
    value of the resource flows alone: the ENPV.

    Parameters
    ----------
    resource_flows, transfers : as their classes say, all with the same number of years
    countries : number of countries
    rate : economic discount rate, fraction per year

    Returns
    -------
    (stakeholders, countries) [constant million USD]   + = gain
    """
    matrix = np.zeros((len(Stakeholder), countries))
    for flow in resource_flows:
        matrix[flow.stakeholder, flow.country] += npv(rate=rate, cash_flow=flow.yearly_musd)
    for transfer in transfers:
        value = npv(rate=rate, cash_flow=transfer.yearly_musd)
        matrix[transfer.payer, transfer.payer_country] -= value
        matrix[transfer.receiver, transfer.receiver_country] += value
    return matrix
