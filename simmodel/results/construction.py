"""Construction: cost of the plan and of a draw, interest during construction, fees, and debt at a fixed gearing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.results.array_types import FloatArray, Numeric, as_floats, as_years
from simmodel.results.debt_service_factors import commitment_fees


@dataclass(frozen=True, slots=True)
class ConstructionFunding:
    """Uses of funds of a construction period and the debt that pays its share of them; (..., years), million USD.

    commitment : (...)   debt committed, the sum of draws
    draws, interest, fees : (..., years)   debt drawn; interest during construction paid in cash (or, capitalised,
        accrued); front-end and commitment fees
    uses : (..., years)   capex plus cash interest plus fees
    other_sources : (..., years)   uses less draws: equity, grants, gap
    debt_at_completion : (...)   outstanding at the end of construction
    """

    commitment: FloatArray
    draws: FloatArray
    interest: FloatArray
    fees: FloatArray
    uses: FloatArray
    other_sources: FloatArray
    debt_at_completion: FloatArray


def planned_capex(
    *,
    quantity: Numeric,
    unit_cost_musd: Numeric,
    co_deployment_saving: Numeric,
    escalation: Numeric,
    contingency: float = 0.0,
) -> FloatArray:
    """Capex of each construction year from quantities, unit costs, co-deployment savings and escalation.

    sum over components of quantity x unit cost x (1 - saving) x (1 + escalation)^t x (1 + contingency)

    Parameters
    ----------
    quantity : (components, years)   built in each year, in the unit of the unit cost
    unit_cost_musd : (components,) [million USD per unit, prices of the valuation date]
    co_deployment_saving : (components,) in [0, 1]   share saved by sharing works with a host; 0 for optics
    escalation : (components,) [fraction per year]
    contingency : fraction; belongs to the plan, never to a simulated draw (whose overrun is relative to the estimate
        without contingency)

    Returns
    -------
    (years,) [nominal million USD]
    """
    built = as_floats(quantity)
    year = np.arange(1, built.shape[-1] + 1)
    unit = as_years(unit_cost_musd) * (1.0 - as_years(co_deployment_saving))
    cost = built * unit[:, None] * (1.0 + as_years(escalation)[:, None]) ** year
    total: FloatArray = cost.sum(axis=0) * (1.0 + contingency)
    return total


def interest_during_construction(
    *, draws: Numeric, rate: Numeric, share_in_draw_year: float = 0.5, capitalised: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Interest on money drawn during construction, and the balance it leaves.

    Parameters
    ----------
    draws : (..., years) [million USD]
    rate : scalar or (years,)   fraction per year
    share_in_draw_year : theta, share of a year's interest due on money drawn in that year
    capitalised : interest is added to the balance (payment in kind) instead of being paid

    Returns
    -------
    interest, balance_end : (..., years) [million USD]
    """
    drawn = as_years(draws)
    rates = np.broadcast_to(as_floats(rate), drawn.shape[-1:])
    interest, balance_end = np.empty_like(drawn), np.empty_like(drawn)
    balance = np.zeros(drawn.shape[:-1])
    for year in range(drawn.shape[-1]):
        interest[..., year] = rates[year] * (balance + share_in_draw_year * drawn[..., year])
        balance = balance + drawn[..., year] + (interest[..., year] if capitalised else 0.0)
        balance_end[..., year] = balance
    return interest, balance_end


def fund_at_fixed_gearing(
    *,
    capex_musd: Numeric,
    gearing: Numeric,
    interest_rate: float,
    front_end_fee: float = 0.0,
    commitment_fee: float = 0.0,
    share_in_draw_year: float = 0.5,
    capitalised: bool = False,
) -> ConstructionFunding:
    """Debt that pays a fixed share of every year's uses, its own interest and fees being among the uses.

    The draws are affine in the commitment X, and X is the sum of the draws: the circle closes by one division and needs
    no iteration.

    Parameters
    ----------
    capex_musd : (..., years) [nominal million USD]   other uses of each construction year (capex, development, reserve)
    gearing : scalar or (...) in [0, 1)   share of uses paid by debt
    interest_rate : fraction per year;  front_end_fee : share of the commitment, paid in year 1
    commitment_fee : fraction per year of the undrawn commitment
    share_in_draw_year : theta
    capitalised : interest accrues to the balance instead of being a use of funds

    Returns
    -------
    ConstructionFunding

    Raises
    ------
    ValueError   when the gearing is outside [0, 1) or fees and interest exceed what the debt brings
    """
    share = as_floats(gearing)
    if np.any((share < 0.0) | (share >= 1.0)):
        raise ValueError("gearing must be at least 0 and below 1")
    capex = as_years(capex_musd)

    def draws_for(commitment: FloatArray) -> FloatArray:
        return _draws_given_commitment(
            capex, share, commitment, interest_rate, front_end_fee, commitment_fee, share_in_draw_year, capitalised
        )

    leading = np.broadcast_shapes(capex.shape[:-1], share.shape)
    without = draws_for(np.zeros(leading)).sum(axis=-1)
    slope = draws_for(np.ones(leading)).sum(axis=-1) - without
    if np.any(slope >= 1.0):
        raise ValueError("fees and interest exceed the debt that should pay them")
    commitment = as_floats(without / (1.0 - slope))
    draws = draws_for(commitment)
    interest, balance = interest_during_construction(
        draws=draws, rate=interest_rate, share_in_draw_year=share_in_draw_year, capitalised=capitalised
    )
    fees = commitment_fees(
        commitment=commitment, draws=draws, fee_rate=commitment_fee, share_in_draw_year=share_in_draw_year
    )
    fees[..., 0] += front_end_fee * commitment
    uses = capex + fees + (0.0 if capitalised else interest)
    return ConstructionFunding(commitment, draws, interest, fees, uses, uses - draws, balance[..., -1])


def _draws_given_commitment(
    capex: FloatArray,
    gearing: FloatArray,
    commitment: FloatArray,
    interest_rate: float,
    front_end_fee: float,
    commitment_fee: float,
    share_in_draw_year: float,
    capitalised: bool,
) -> FloatArray:
    """Draws d_t = g k_t / (1 - g theta (r - c)), k_t the uses that do not depend on the year's own draw."""
    cash_rate = 0.0 if capitalised else interest_rate
    draws = np.zeros((*commitment.shape, capex.shape[-1]))
    balance, undrawn = np.zeros(commitment.shape), commitment.copy()
    own_cost = 1.0 - gearing * share_in_draw_year * (cash_rate - commitment_fee)
    for year in range(capex.shape[-1]):
        known = capex[..., year] + cash_rate * balance + commitment_fee * undrawn
        if year == 0:
            known = known + front_end_fee * commitment
        draws[..., year] = gearing * known / own_cost
        balance = balance + draws[..., year]
        undrawn = undrawn - draws[..., year]
    return draws
