"""The cash flow of a plan, worked out once more from its draws: account by account, without the optimiser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solvers.financing_plan import FinancingPlan
from solvers.financing_problem import FinancingProblem, Floats
from solvers.instruments import InstrumentKind
from solvers.sponsor_value import equity_asked_per_draw


@dataclass(frozen=True, slots=True)
class PlanCashFlow:
    """The cash flow of a plan.

    Attributes
    ----------
    planned_sources_musd : (L, T) draws less fees, service while building and the first filling of the reserve; signed
    debt_service_musd : (L, T) service paid by the link after opening
    reserve_target_musd : (L, T) target of the reserve account at the end of the year
    fees_and_interest_musd : (L, T) cost of the money while the link is built
    treasury_debt_service_musd : (C, T) fees and service the treasuries pay, for the fiscal table
    covenant_shortfall_musd : (L, T) cash the lenders' cover lacks
    operating_support_musd : (L, T) the plan's support, or the shortfall where that is larger
    funding_gap_musd : (L, T) planned cost not paid for
    overfunding_musd : [musd] most by which planned sources exceed the cost of a year; zero up to rounding
    sponsor_value_musd : (L,) value at the hurdle rate of the cash left to sponsors, less their equity; a plan keeps it
        >= 0 on links with equity
    unpaid_sculpted_musd : [musd] largest balance of a sculpted loan still open at the end; zero up to rounding
    gap_musd : [constant musd] weighted sum of funding gap, support and operating deficit
    """

    planned_sources_musd: Floats
    debt_service_musd: Floats
    reserve_target_musd: Floats
    fees_and_interest_musd: Floats
    treasury_debt_service_musd: Floats
    covenant_shortfall_musd: Floats
    operating_support_musd: Floats
    funding_gap_musd: Floats
    overfunding_musd: float
    sponsor_value_musd: Floats
    unpaid_sculpted_musd: float
    gap_musd: float


def operating_deficit_musd(problem: FinancingProblem) -> Floats:
    """Return the negative part of the lenders' cash flow, (L, T) [musd]: in the gap whatever the financing."""
    return np.maximum(-problem.links.lender_cfads_musd, 0.0)


def funding_need_musd(problem: FinancingProblem) -> float:
    """Return the gap of the empty plan [constant musd]: planned cost and operating deficits, no cost of money."""
    need = problem.links.planned_cost_musd + operating_deficit_musd(problem)
    return float(np.sum(need @ problem.rules.constant_usd_weight))


def reserve_targets_musd(problem: FinancingProblem, debt_service_musd: Floats) -> Floats:
    """Return the reserve target at the end of each year, (L, T) [musd]: months of next year's service, none at the end.

    Parameters
    ----------
    debt_service_musd : (L, T) service after opening; zero before
    """
    targets = np.zeros_like(debt_service_musd)
    targets[:, :-1] = problem.rules.reserve_months / 12.0 * debt_service_musd[:, 1:]
    return targets


def resimulate_plan(problem: FinancingProblem, plan: FinancingPlan) -> PlanCashFlow:
    """Work the cash flow of a plan out again from commitments, draws and operating support alone.

    Returns
    -------
    PlanCashFlow   its gap agrees with the plan's to rounding; a plan that cheats shows a larger one
    """
    cost_of_money, service, treasury = _pay_for_money(problem, plan)
    reserve = reserve_targets_musd(problem, service)
    sources = _sum_by_link(problem, plan.draw_musd.sum(axis=1)) - cost_of_money
    for link, last in enumerate(problem.links.last_construction_year):
        sources[link, int(last)] -= reserve[link, int(last)]
    sculpted_interest, unpaid = _run_sculpted_loans(problem, plan)
    shortfall = _covenant_shortfall(problem, plan, service, sculpted_interest)
    support = np.maximum(plan.operating_support_musd, shortfall)
    gap, left = run_planned_account(problem, sources, plan.size)
    total = gap + support + operating_deficit_musd(problem) * plan.size[:, None]
    return PlanCashFlow(
        planned_sources_musd=sources,
        debt_service_musd=service,
        reserve_target_musd=reserve,
        fees_and_interest_musd=cost_of_money,
        treasury_debt_service_musd=treasury,
        covenant_shortfall_musd=shortfall,
        operating_support_musd=support,
        funding_gap_musd=gap,
        overfunding_musd=float(np.max(left, initial=0.0)),
        sponsor_value_musd=_sponsor_value(problem, plan, service, support),
        unpaid_sculpted_musd=unpaid,
        gap_musd=float(np.sum(total @ problem.rules.constant_usd_weight)),
    )


def run_planned_account(problem: FinancingProblem, sources_musd: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Pay the planned cost from the planned sources; money not spent in a year waits.

    Parameters
    ----------
    sources_musd : (L, T) signed
    size : (L,) [-] of the links

    Returns
    -------
    (L, T) cost without a source [nominal musd], (L, T) money waiting at the end of the year
    """
    gap, left = np.zeros_like(sources_musd), np.zeros_like(sources_musd)
    account = np.zeros(len(sources_musd))
    for year in range(sources_musd.shape[1]):
        account = account + sources_musd[:, year] - size * problem.links.planned_cost_musd[:, year]
        gap[:, year] = np.maximum(-account, 0.0)
        account = np.maximum(account, 0.0)
        left[:, year] = account
    return gap, left


def _pay_for_money(problem: FinancingProblem, plan: FinancingPlan) -> tuple[Floats, Floats, Floats]:
    """Return the link's cost of money while building, its service after opening and what treasuries pay."""
    links, years = len(problem.links.ids), len(problem.years)
    building, operating = np.zeros((links, years)), plan.sculpted_service_musd.sum(axis=1)
    treasury = np.zeros((len(problem.countries.ids), years))
    for section, link in enumerate(problem.sections.link):
        first = int(problem.links.first_construction_year[link])
        last = int(problem.links.last_construction_year[link])
        for position, instrument in enumerate(problem.instruments):
            service = plan.draw_musd[section, position] @ problem.debt_service_per_draw[position]
            fees = _fees_of_use(problem, plan, section, position, first, last)
            if instrument.is_project_serviced:
                building[link] += fees
                building[link, : last + 1] += service[: last + 1]
                if instrument.sculpted_rate is None:
                    operating[link, last + 1 :] += service[last + 1 :]
            else:
                treasury[int(problem.sections.country[section])] += fees + service
    return building, operating, treasury


def _fees_of_use(
    problem: FinancingProblem, plan: FinancingPlan, section: int, position: int, first: int, last: int
) -> Floats:
    """Front-end and commitment fees of one commitment, year by year, from its undrawn balance."""
    instrument = problem.instruments[position]
    fees = np.zeros(len(problem.years))
    undrawn = float(plan.commitment_musd[section, position])
    fees[first] += instrument.front_end_fee * undrawn
    for year in range(first, last + 1):
        drawn = float(plan.draw_musd[section, position, year])
        fees[year] += instrument.commitment_fee * (undrawn - problem.rules.mid_year_share * drawn)
        undrawn -= drawn
    return fees


def _run_sculpted_loans(problem: FinancingProblem, plan: FinancingPlan) -> tuple[Floats, float]:
    """Return the interest of the sculpted loans, (L, T), and the largest balance left after their last instalment."""
    interest = np.zeros((len(problem.links.ids), len(problem.years)))
    unpaid = 0.0
    for position, instrument in enumerate(problem.instruments):
        if instrument.sculpted_rate is None:
            continue
        balance = _sum_by_link(problem, plan.draw_musd[:, position]).sum(axis=1)
        for year in range(len(problem.years)):
            due = np.where(year > problem.links.last_construction_year, instrument.sculpted_rate * balance, 0.0)
            interest[:, year] += due
            balance = balance + due - plan.sculpted_service_musd[:, position, year]
        unpaid = max(unpaid, float(np.max(np.abs(balance), initial=0.0)))
    return interest, unpaid


def _interest_by_draw(problem: FinancingProblem, plan: FinancingPlan) -> Floats:
    """Interest that follows from the draws, (L, T): of sculpted loans that until the opening alone."""
    interest = np.zeros((len(problem.links.ids), len(problem.years)))
    building = 1.0 - _in_operation(problem)
    for position, instrument in enumerate(problem.instruments):
        if instrument.kind is InstrumentKind.DEBT and instrument.is_project_serviced:
            by_section = plan.draw_musd[:, position] @ problem.interest_per_draw[position]
            is_sculpted = instrument.sculpted_rate is not None
            interest += _sum_by_link(problem, by_section) * (building if is_sculpted else 1.0)
    return interest


def cost_of_debt_musd(problem: FinancingProblem, plan: FinancingPlan) -> Floats:
    """Return interest and fees of the debt that each link services, year by year, (L, T) [nominal musd]."""
    sculpted, _ = _run_sculpted_loans(problem, plan)
    cost = sculpted + _interest_by_draw(problem, plan)
    for section, link in enumerate(problem.sections.link):
        first = int(problem.links.first_construction_year[link])
        last = int(problem.links.last_construction_year[link])
        for position, instrument in enumerate(problem.instruments):
            if instrument.is_project_serviced and plan.commitment_musd[section, position] > 0.0:
                cost[link] += _fees_of_use(problem, plan, section, position, first, last)
    return cost


def _covenant_shortfall(
    problem: FinancingProblem, plan: FinancingPlan, service: Floats, sculpted_interest: Floats
) -> Floats:
    links = problem.links
    interest = sculpted_interest + _interest_by_draw(problem, plan)
    lease_lost = links.lease_income_lost_per_iru * _committed(problem, plan, InstrumentKind.IRU)[:, None]
    cash = plan.size[:, None] * np.maximum(links.lender_cfads_musd, 0.0) + links.tax_shield_rate * interest - lease_lost
    shortfall = np.maximum(links.dscr_target * service - cash, 0.0)
    return np.asarray(shortfall * _in_operation(problem), dtype=np.float64)


def _sponsor_value(problem: FinancingProblem, plan: FinancingPlan, service: Floats, support: Floats) -> Floats:
    links = problem.links
    lease_lost = links.lease_income_lost_per_iru * _committed(problem, plan, InstrumentKind.IRU)[:, None]
    left = plan.size[:, None] * np.maximum(links.expected_cfads_musd, 0.0) + support - service - lease_lost
    asked = np.sum(equity_asked_per_draw(problem) * plan.draw_musd, axis=1)
    growth = 1.0 + links.sponsor_hurdle_rate[:, None]
    elapsed = np.arange(len(problem.years)) + 1.0
    value = left * _in_operation(problem) * growth**-elapsed
    value -= _sum_by_link(problem, asked)
    return np.asarray(value.sum(axis=1), dtype=np.float64)


def _in_operation(problem: FinancingProblem) -> Floats:
    years = np.arange(len(problem.years))
    return (years[None, :] > problem.links.last_construction_year[:, None]).astype(np.float64)


def _committed(problem: FinancingProblem, plan: FinancingPlan, kind: InstrumentKind) -> Floats:
    chosen = [each.kind is kind for each in problem.instruments]
    return _sum_by_link(problem, plan.commitment_musd[:, chosen].sum(axis=1, keepdims=True))[:, 0]


def _sum_by_link(problem: FinancingProblem, by_section: Floats) -> Floats:
    totals = np.zeros((len(problem.links.ids), by_section.shape[1]))
    np.add.at(totals, problem.sections.link, by_section)
    return totals
