"""Single-market formulas of wholesale pricing: access prices, conduct, caps, squeeze tests, concentration, dispersion.

The simulation sets prices in its kernels; these formulas serve analysis, checks and tests.
"""

from __future__ import annotations

import numpy as np

from simmodel.results.array_types import BoolArray, FloatArray, Numeric, as_floats, as_years, divide_or_nan


def retail_minus_price(*, retail_price: Numeric, margin: Numeric) -> FloatArray:
    """Access price as the retail price less a margin, P (1 - m).

    Parameters
    ----------
    retail_price : (...);  margin : (...) in [0, 1], at least the avoidable share of retail cost

    Returns
    -------
    (...)   unit of `retail_price`
    """
    return as_floats(retail_price) * (1.0 - as_floats(margin))


def efficient_component_price(
    *, wholesale_cost: Numeric, retail_price: Numeric, downstream_cost: Numeric, displacement_ratio: Numeric = 1.0
) -> FloatArray:
    """Access price of the efficient component pricing rule, c_w + delta (P - c_down - c_w).

    Parameters
    ----------
    wholesale_cost, retail_price, downstream_cost : (...)   one unit of money per unit sold
    displacement_ratio : (...)   delta, retail sales lost per unit of access sold; 1 equals retail-minus at m = c_down/P

    Returns
    -------
    (...)

    References
    ----------
    Armstrong, M., Doyle, C. and Vickers, J., The access pricing problem: a synthesis, J. Industrial Economics 44
    (1996).
    """
    lost_margin = as_floats(retail_price) - as_floats(downstream_cost) - as_floats(wholesale_cost)
    return as_floats(wholesale_cost) + as_floats(displacement_ratio) * lost_margin


def margin_squeeze_headroom(*, retail_price: Numeric, access_price: Numeric, downstream_cost: Numeric) -> FloatArray:
    """What an equally efficient rival has left, retail price - access price - downstream cost.

    Parameters
    ----------
    retail_price, access_price, downstream_cost : (..., years)

    Returns
    -------
    (..., years)   negative = squeeze

    References
    ----------
    BEREC, Guidance on the regulatory accounting approach to the economic replicability test, BoR (14) 190, 2014.
    """
    return as_floats(retail_price) - as_floats(access_price) - as_floats(downstream_cost)


def price_cap_path(
    *, initial_price: Numeric, inflation: Numeric, x_factor: Numeric, pass_through: Numeric = 0.0
) -> FloatArray:
    """Highest price of each year under a cap, P_t = P_(t-1)(1 + inflation - X + Z).

    Parameters
    ----------
    initial_price : (...)   of year 0;  inflation, x_factor, pass_through : (..., years) [fraction per year]

    Returns
    -------
    (..., years)
    """
    step = 1.0 + as_years(inflation) - as_floats(x_factor) + as_floats(pass_through)
    path: FloatArray = as_floats(initial_price)[..., None] * np.cumprod(np.maximum(step, 0.0), axis=-1)
    return path


def conduct_price(
    *, marginal_cost: Numeric, elasticity: Numeric, concentration: Numeric, conduct: Numeric, price_limit: Numeric
) -> FloatArray:
    """Price of an oligopoly facing constant elasticity, bounded by the buyers' outside option.

    P = c / (1 - theta HHI / |e|) where theta HHI < |e|, and never above `price_limit`

    Parameters
    ----------
    marginal_cost, price_limit : (...);  elasticity : (...) [-], its size is used
    concentration : (...) [-]   sum of squared shares, 1/n for n equal sellers
    conduct : (...) in [0, 1]   theta, 0 competitive, 1 Cournot

    Returns
    -------
    (...)   unit of `marginal_cost`
    """
    power = as_floats(conduct) * as_floats(concentration)
    size = np.abs(as_floats(elasticity))
    power, size, cost, limit = np.broadcast_arrays(power, size, as_floats(marginal_cost), as_floats(price_limit))
    price = np.full(power.shape, np.inf)
    np.divide(cost * size, size - power, out=price, where=power < size)
    return as_floats(np.minimum(price, limit))


def linear_demand_price(*, choke_price: Numeric, marginal_cost: Numeric, sellers: Numeric) -> FloatArray:
    """Cournot price with linear demand, (a + n c) / (n + 1).

    Parameters
    ----------
    choke_price, marginal_cost : (...);  sellers : (...), n >= 1

    Returns
    -------
    (...)
    """
    count = as_floats(sellers)
    return (as_floats(choke_price) + count * as_floats(marginal_cost)) / (count + 1.0)


def ramsey_prices(
    *, marginal_cost: Numeric, elasticity: Numeric, quantity_at_cost: Numeric, fixed_cost: float, subsidy: float = 0.0
) -> FloatArray:
    """Prices whose mark-ups are inverse to elasticities and just cover the fixed cost not subsidised.

    (P - c)/P = kappa/|e|, demand of constant elasticity q = q_c (P/c)^-|e|; kappa by bisection on [0, min(1, |e|))

    Parameters
    ----------
    marginal_cost, elasticity, quantity_at_cost : (services,)   quantity demanded when the price is the marginal cost
    fixed_cost, subsidy : money

    Returns
    -------
    (services,)

    Raises
    ------
    ValueError   when no mark-up up to the monopoly level covers the cost
    """
    cost, size, demand = as_years(marginal_cost), np.abs(as_years(elasticity)), as_years(quantity_at_cost)
    needed = fixed_cost - subsidy

    def prices(kappa: float) -> FloatArray:
        return as_floats(cost / (1.0 - kappa / size))

    def contribution(kappa: float) -> float:
        price = prices(kappa)
        return float(np.sum((price - cost) * demand * (price / cost) ** -size))

    low, high = 0.0, float(min(1.0, size.min() * (1.0 - 1e-9)))
    if needed <= 0.0:
        return prices(0.0)
    if contribution(high) < needed:
        raise ValueError("no mark-up up to the monopoly level covers the fixed cost")
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if contribution(middle) < needed else (low, middle)
    return prices(high)


def herfindahl_index(*, share: Numeric) -> FloatArray:
    """Concentration, the sum of squared market shares.

    Parameters
    ----------
    share : (..., sellers)   sums to 1

    Returns
    -------
    (...) in (0, 1]
    """
    return as_floats((as_years(share) ** 2).sum(axis=-1))


def lerner_index(*, price: Numeric, marginal_cost: Numeric) -> FloatArray:
    """Market power, (P - c)/P.

    Parameters
    ----------
    price, marginal_cost : (...)

    Returns
    -------
    (...) [-]   NaN where the price is not positive
    """
    return divide_or_nan(as_floats(price) - as_floats(marginal_cost), price)


def price_dispersion_gini(*, price: Numeric) -> FloatArray:
    """Gini coefficient of the prices paid by buyers; 0 when all pay the same.

    Parameters
    ----------
    price : (..., buyers)   >= 0

    Returns
    -------
    (...) in [0, 1)   NaN where all prices are zero
    """
    ordered = np.sort(as_years(price), axis=-1)
    buyers = ordered.shape[-1]
    weight = 2.0 * np.arange(1, buyers + 1) - buyers - 1.0
    return divide_or_nan((ordered * weight).sum(axis=-1), buyers * ordered.sum(axis=-1))


def discount_tiers_are_open(
    *, tier_volume: Numeric, tier_discount: Numeric, second_buyer_volume: float, largest_discount: float
) -> BoolArray:
    """Whether each tier of a tariff menu can be reached by the second-largest buyer and respects the discount limit.

    Parameters
    ----------
    tier_volume : (tiers,)   volume that opens the tier;  tier_discount : (tiers,) fraction off the list price
    second_buyer_volume : volume the second-largest buyer takes;  largest_discount : fraction allowed

    Returns
    -------
    (tiers,)   True = non-discriminatory
    """
    reachable = as_years(tier_volume) <= second_buyer_volume
    allowed: BoolArray = reachable & (as_years(tier_discount) <= largest_discount)
    return allowed
