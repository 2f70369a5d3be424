"""Tax of each draw once the plan's interest is deducted.

The engine taxes every section of a link on its profit before interest. The interest of a plan is the same in every
draw, so the tax with it follows from the engine's profits by the engine's own recursion, without simulating again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simmodel.financing.lender_case import lender_case_weights, weighted_path
from simmodel.financing.portfolio_cash import Floats, PortfolioPlan, RunCash
from simmodel.results.operation_tax import DepreciationMethod, income_tax, tax_depreciation
from solvers import FinancingPlan, FinancingProblem, cost_of_debt_musd


@dataclass(frozen=True, slots=True)
class InterestRelief:
    """What the interest of a plan takes off the tax of the links, against the engine's tax without debt.

    Attributes
    ----------
    saved_musd : (L, T, S) [nominal musd]; None where no link pays both interest and tax
    lender_saved_musd, lender_tax_musd : (L, T) what is saved and what is left on the lenders' path [nominal musd]
    """

    saved_musd: Floats | None
    lender_saved_musd: Floats
    lender_tax_musd: Floats

    def of(self, run: RunCash) -> RunCash:
        """Return the run with the tax that is left."""
        return with_tax_saved(run, self.saved_musd)

    def difference(self, assumed: InterestRelief, run: RunCash) -> Floats:
        """(L,) [-] mean over draws and years of the change of CFADS against what was assumed, in units of its size."""
        return change_of_cash(self.of(run), assumed.of(run))


def with_tax_saved(run: RunCash, saved_musd: Floats | None) -> RunCash:
    """Return the run with some tax saved in each draw, (L, T, S) [nominal musd]."""
    return run if saved_musd is None else replace(run, cfads_musd=run.cfads_musd + saved_musd)


def change_of_cash(paid: RunCash, assumed: RunCash) -> Floats:
    """(L,) [-] sum over draws and years of the change of CFADS between a run at two taxes, in units of its size."""
    mine, other = paid.cfads_musd, assumed.cfads_musd
    if mine is other:
        return np.zeros(len(mine))
    change, size = (np.abs(flows).sum(axis=(1, 2)) for flows in (mine - other, mine))
    return np.asarray(np.divide(change, size, out=np.zeros_like(change), where=change > 0.0), dtype=np.float64)


def no_relief(run: RunCash) -> InterestRelief:
    """Return what is assumed before a plan is known: tax without debt."""
    nothing = np.zeros(run.cfads_musd.shape[:2])
    return InterestRelief(None, nothing, nothing)


def interest_relief(
    problem: FinancingProblem, plan: FinancingPlan, portfolio: PortfolioPlan, run: RunCash, percentile: float
) -> InterestRelief:
    """Work out the tax of every draw with the plan's interest deducted.

    Parameters
    ----------
    run : cash flows with the engine's tax
    percentile : of the lenders' path, from the worst; its draws are ranked without debt

    Returns
    -------
    InterestRelief   the tax of losses that the interest adds is saved in the years they are used
    """
    saved = tax_saved_musd(problem, plan, portfolio, run)
    if saved is None:
        return no_relief(run)
    weights = lender_case_weights(run=run, discount_rate=portfolio.discount_rate_nominal, percentile=percentile)
    lender_saved = weighted_path(weights, saved)
    return InterestRelief(saved, lender_saved, weighted_path(weights, run.tax_musd) - lender_saved)


def tax_saved_musd(
    problem: FinancingProblem, plan: FinancingPlan, portfolio: PortfolioPlan, run: RunCash
) -> Floats | None:
    """Return what the plan's interest takes off the tax of the links, (L, T, S) [nominal musd]; None: nothing."""
    deducted = deducted_cost_musd(problem, plan, portfolio)
    saved: Floats | None = None
    for section in np.flatnonzero(deducted.any(axis=1)):
        profit = run.section_profit_musd[section]
        if profit.max() <= 0.0:  # it never pays tax
            continue
        without, left = (
            section_tax_musd(portfolio, int(section), profit - cost[:, None])
            for cost in (np.zeros_like(deducted[section]), deducted[section])
        )
        if saved is None:
            saved = np.zeros(run.cfads_musd.shape)
        saved[portfolio.section_link[section]] += without - left
    return saved


def section_tax_musd(portfolio: PortfolioPlan, section: int, profit_musd: Floats) -> Floats:
    """Tax of a section on a profit, (T, S) [nominal musd], by the engine's rules."""
    books = income_tax(
        profit_before_tax_musd=profit_musd.T,
        tax_rate=float(portfolio.tax.rate[section]),
        carry_forward_years=int(portfolio.tax.loss_years[section]),
    )
    return books.tax.T


def deducted_cost_musd(problem: FinancingProblem, plan: FinancingPlan, portfolio: PortfolioPlan) -> Floats:
    """Cost of debt that each section deducts, (K, T) [nominal musd]: its share by cost of the link's.

    Interest after the opening is deducted in its year. Interest and fees while building are part of what the works
    cost: they are written off as civil works of the country are, from the year after the planned works on.
    """
    interest, last = interest_while_open_musd(problem, plan), problem.links.last_construction_year
    capitalised = np.zeros_like(interest)
    opens = np.flatnonzero(last + 1 < interest.shape[1])
    capitalised[opens, last[opens] + 1] = np.sum(cost_of_debt_musd(problem, plan) - interest, axis=1)[opens]
    deducted = np.zeros((len(portfolio.section_link), interest.shape[1]))
    for section, link in enumerate(portfolio.section_link):
        life, rate = int(portfolio.tax.civil_life_years[section]), float(portfolio.tax.civil_rate[section])
        straight = life > 0
        written_off = tax_depreciation(
            additions_musd=capitalised[link],
            method=DepreciationMethod.STRAIGHT_LINE if straight else DepreciationMethod.DECLINING_BALANCE,
            life_years=life if straight else None,
            declining_rate=None if straight else rate,
        )
        deducted[section] = portfolio.section_cost_share[section] * (interest[link] + written_off)
    return deducted


def at_tax_with_interest(
    problem: FinancingProblem, plan: FinancingPlan, portfolio: PortfolioPlan, relief: InterestRelief
) -> tuple[FinancingProblem, FinancingProblem]:
    """Return the problem as a plan is judged and as it is solved again, once the tax of the plan is known.

    Judged: lenders and sponsors see the tax that the plan pays. Solved again: the same, and interest above or below
    the plan's changes the lenders' cash at the tax rate where their path still pays tax.
    """
    if relief.saved_musd is None:
        return problem, problem
    links = problem.links
    shield = np.where(relief.lender_tax_musd > 1e-9, portfolio.tax_rate[:, None], 0.0)
    seen = links.lender_cfads_musd + relief.lender_saved_musd
    judged = replace(
        links,
        lender_cfads_musd=seen,
        expected_cfads_musd=links.expected_cfads_musd + relief.saved_musd.mean(axis=2),
        tax_shield_rate=np.zeros_like(shield),
    )
    again = replace(
        judged,
        lender_cfads_musd=seen - shield * interest_while_open_musd(problem, plan),
        tax_shield_rate=shield,
    )
    return replace(problem, links=judged), replace(problem, links=again)


def interest_while_open_musd(problem: FinancingProblem, plan: FinancingPlan) -> Floats:
    """(L, T) interest that the links pay after their planned works [nominal musd]."""
    cost = cost_of_debt_musd(problem, plan)
    return cost * (np.arange(cost.shape[1])[None, :] > problem.links.last_construction_year[:, None])
