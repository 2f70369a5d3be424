"""Cash flows to the project and to its owners, payback, terminal value, viability gap at a hurdle rate."""

from __future__ import annotations

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats, as_years, broadcast_years
from simmodel.results.discounting import npv


def project_cash_flow(
    *,
    capex_musd: Numeric,
    ebitda_musd: Numeric,
    unlevered_tax_musd: Numeric,
    working_capital_increase_musd: Numeric = 0.0,
    terminal_value_musd: Numeric = 0.0,
) -> FloatArray:
    """Cash flow of a project after tax and before finance, basis of FIRR and FNPV.

    Parameters
    ----------
    capex_musd, unlevered_tax_musd : (..., years) [nominal million USD]   >= 0; tax computed without interest
    ebitda_musd, working_capital_increase_musd : (..., years)   signed
    terminal_value_musd : scalar or (...)   received at the end of the last year; 0 by default

    Returns
    -------
    (..., years) [nominal million USD]   + = to the project
    """
    capex, ebitda, tax, working = broadcast_years(
        capex_musd, ebitda_musd, unlevered_tax_musd, working_capital_increase_musd
    )
    flow = as_floats(ebitda - capex - tax - working)
    flow[..., -1] += as_floats(terminal_value_musd)
    return flow


def equity_cash_flow(
    *,
    equity_musd: Numeric,
    distribution_musd: Numeric,
    released_musd: Numeric = 0.0,
    terminal_value_musd: Numeric = 0.0,
) -> FloatArray:
    """Cash flow of the owners: what they pay in, less what they receive, with the sign of the owners.

    Parameters
    ----------
    equity_musd : (..., years) [nominal million USD]   paid in, at the date of the draw
    distribution_musd : (..., years)   distributions of the waterfall (they include a reserve released to the owners)
    released_musd : (..., years)   working capital or reserves released outside the waterfall
    terminal_value_musd : scalar or (...)   received at the end of the last year

    Returns
    -------
    (..., years) [nominal million USD]   + = to the owners
    """
    equity, distribution, released = broadcast_years(equity_musd, distribution_musd, released_musd)
    flow = as_floats(distribution + released - equity)
    flow[..., -1] += as_floats(terminal_value_musd)
    return flow


def payback_years(*, cash_flow: Numeric, rate: Numeric = 0.0) -> FloatArray:
    """Years until the cumulated (discounted) cash flow stays at or above zero for good.

    Parameters
    ----------
    cash_flow : (..., years + 1)   signed; element 0 at the valuation date
    rate : scalar or leading shape   0 for the simple payback

    Returns
    -------
    (...) [years]   interpolated within the year; 0 if never negative; NaN if the total is negative
    """
    flow = as_years(cash_flow)
    factor = (1.0 + as_floats(rate))[..., None] ** -np.arange(flow.shape[-1])
    cumulated = np.cumsum(flow * factor, axis=-1)
    below = cumulated < 0.0
    last_below = flow.shape[-1] - 1 - np.argmax(below[..., ::-1], axis=-1)
    ever_below, recovered = below.any(axis=-1), ~below[..., -1]
    following = np.minimum(last_below + 1, flow.shape[-1] - 1)
    before = np.take_along_axis(cumulated, last_below[..., None], axis=-1)[..., 0]
    after = np.take_along_axis(cumulated, following[..., None], axis=-1)[..., 0]
    part = np.zeros(before.shape)
    np.divide(-before, after - before, out=part, where=after > before)
    return np.where(recovered, np.where(ever_below, last_below + part, 0.0), np.nan)


def remaining_asset_value(*, additions_musd: Numeric, life_years: Numeric) -> FloatArray:
    """Straight-line book value left at the end of the last year, an optional terminal value of civil works.

    Parameters
    ----------
    additions_musd : (classes, ..., years) [nominal million USD]   put in service in each year
    life_years : (classes,)   physical life of each class

    Returns
    -------
    (...) [nominal million USD]   >= 0; never part of the cash that debt is sized on
    """
    additions = as_floats(additions_musd)
    age = additions.shape[-1] - np.arange(additions.shape[-1])
    left = np.maximum(1.0 - age / as_years(life_years)[:, None], 0.0)
    value: FloatArray = np.einsum("c...t,ct->...", additions, left)
    return value


def grant_that_reaches_hurdle(*, cash_flow: Numeric, hurdle_rate: Numeric) -> FloatArray:
    """Capital grant at the valuation date that lifts the NPV at the hurdle rate to zero (viability gap).

    Parameters
    ----------
    cash_flow : (..., years + 1)   signed; element 0 at the valuation date
    hurdle_rate : scalar or leading shape   fraction per year

    Returns
    -------
    (...)   >= 0; 0 where the cash flow already earns the hurdle
    """
    return np.maximum(-npv(rate=hurdle_rate, cash_flow=cash_flow), 0.0)
