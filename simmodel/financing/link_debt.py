"""What lenders and sponsors of a link see: cover of its debt and return on equity, over the fresh draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simmodel.financing.financing_tables import FinancingTable
from simmodel.financing.funding_need import PresoldLeases
from simmodel.financing.portfolio_cash import Floats, RunCash
from simmodel.results.cover_ratios import debt_service_cover_ratio, minimum_and_average_cover
from simmodel.results.irr import internal_rates_of_return_dated
from simmodel.results.reserve_waterfall import run_reserve_waterfall
from solvers import FinancingPlan, FinancingProblem, InstrumentKind

DUE = 1e-6  # musd of service a year from which a ratio is worth the name


@dataclass(frozen=True, slots=True)
class LinkDebt:
    """Debt and equity of one link.

    Attributes
    ----------
    link : name
    debt_musd : project-serviced debt committed [nominal musd]
    service_musd : (T,) [nominal musd]
    dscr_mean, dscr_p10, dscr_minimum : (T,) over the fresh draws; NaN where nothing is due
    dscr_average : mean over draws of the average over years
    dscr_lender_minimum : smallest on the lenders' path
    llcr : present value of the expected CFADS of the years with service over that of the service, at the debt's rate
    equity_musd : committed [nominal musd]
    equity_irr : of the mean flows over the fresh draws [per year, nominal USD]; NaN without equity or without one root
    """

    link: str
    debt_musd: float
    service_musd: Floats
    dscr_mean: Floats
    dscr_p10: Floats
    dscr_minimum: Floats
    dscr_average: float
    dscr_lender_minimum: float
    llcr: float
    equity_musd: float
    equity_irr: float


def links_debt(
    problem: FinancingProblem, plan: FinancingPlan, run: RunCash, leases: PresoldLeases, fresh: slice
) -> tuple[LinkDebt, ...]:
    """Return cover and return of every link with debt or equity."""
    kinds = [each.kind for each in problem.instruments]
    is_debt = [
        kind is InstrumentKind.DEBT and each.is_project_serviced
        for kind, each in zip(kinds, problem.instruments, strict=True)
    ]
    found = []
    for link in range(len(problem.links.ids)):
        own = problem.sections.link == link
        debt = float(plan.commitment_musd[own][:, is_debt].sum())
        equity = plan.draw_musd[own][:, [kind is InstrumentKind.EQUITY for kind in kinds]].sum(axis=(0, 1))
        if debt > DUE or equity.sum() > DUE:
            presold = float(plan.commitment_musd[own][:, [kind is InstrumentKind.IRU for kind in kinds]].sum())
            cash = run.cfads_musd[link][:, fresh]
            if presold > 0.0:
                cash = cash - presold * leases.lost(link, run.revenue_musd[link][:, fresh])
            found.append(_link_debt(problem, plan, link, debt, equity, cash))
    return tuple(found)


def _link_debt(
    problem: FinancingProblem, plan: FinancingPlan, link: int, debt: float, equity: Floats, cash: Floats
) -> LinkDebt:
    service = plan.debt_service_musd[link]
    due = np.where(service > DUE, service, 0.0)
    ratio = debt_service_cover_ratio(cfads_musd=cash.T, debt_service_musd=due)
    has_service = due > 0.0
    mean, low, least = (np.full(len(due), np.nan) for _ in range(3))
    if has_service.any():
        owed = ratio[:, has_service]
        mean[has_service], least[has_service] = owed.mean(axis=0), owed.min(axis=0)
        low[has_service] = np.quantile(owed, 0.1, axis=0)
    lowest, _ = minimum_and_average_cover(cfads_musd=problem.links.lender_cfads_musd[link], debt_service_musd=due)
    _, average = minimum_and_average_cover(cfads_musd=cash.T, debt_service_musd=due)
    return LinkDebt(
        link=problem.links.ids[link],
        debt_musd=debt,
        service_musd=service,
        dscr_mean=mean,
        dscr_p10=low,
        dscr_minimum=least,
        dscr_average=float(np.mean(average)),
        dscr_lender_minimum=float(lowest),
        llcr=_loan_life_cover(problem, plan, link, due),
        equity_musd=float(equity.sum()),
        equity_irr=_equity_irr(problem, plan, link, equity, cash),
    )


def _loan_life_cover(problem: FinancingProblem, plan: FinancingPlan, link: int, due: Floats) -> float:
    """Cover of the debt at the opening. Its balance there is the present value of its service at its own rate."""
    rate = debt_rate(problem, plan, link)
    last = int(problem.links.last_construction_year[link])
    discount = (1.0 + rate) ** -(np.arange(len(due)) - last)
    counted = due > 0.0
    owed = float(due[counted] @ discount[counted])
    return float(problem.links.expected_cfads_musd[link][counted] @ discount[counted]) / owed if owed > 0.0 else np.nan


def debt_rate(problem: FinancingProblem, plan: FinancingPlan, link: int) -> float:
    """Return the mean rate of the debt the link services, weighted by what is drawn [per year]."""
    drawn = interest = 0.0
    own = problem.sections.link == link
    for position, each in enumerate(problem.instruments):
        amount = float(plan.draw_musd[own, position].sum())
        if each.kind is InstrumentKind.DEBT and each.is_project_serviced and amount > 0.0:
            year = int(problem.links.first_construction_year[link])
            full_year = problem.interest_per_draw[position, year, min(year + 1, len(problem.years) - 1)]
            drawn += amount
            interest += amount * (each.sculpted_rate if each.sculpted_rate is not None else float(full_year))
    return interest / drawn if drawn > 0.0 else 0.0


def _equity_irr(problem: FinancingProblem, plan: FinancingPlan, link: int, equity: Floats, cash: Floats) -> float:
    """Rate of the mean flows: equity paid in at mid-year, distributions at the end of the year."""
    if equity.sum() <= DUE:
        return np.nan
    last = int(problem.links.last_construction_year[link])
    target = plan.reserve_target_musd[link]
    flows = run_reserve_waterfall(
        cfads_musd=cash.T[:, last + 1 :],
        debt_service_musd=plan.debt_service_musd[link, last + 1 :],
        reserve_target_musd=target[last + 1 :],
        opening_reserve_musd=target[last],
    )
    paid_out = flows.distribution.mean(axis=0)
    paid_in_days = 365.0 * (np.flatnonzero(equity > DUE) + 0.5)
    paid_out_days = 365.0 * (np.arange(last + 1, len(problem.years)) + 1.0)
    days = np.concatenate([paid_in_days, paid_out_days])
    flow = np.concatenate([-equity[equity > DUE], paid_out])
    if paid_out.sum() <= 0.0:
        return np.nan
    roots = internal_rates_of_return_dated(cash_flow=flow, days_from_first=days - days[0])
    return float(roots[0]) if len(roots) == 1 else np.nan


def cover_table(years: tuple[int, ...], links: tuple[LinkDebt, ...]) -> FinancingTable:
    """Cover of debt service by link and year."""
    header = (
        "link [id]",
        "year [calendar year]",
        "debt service [nominal musd]",
        "DSCR mean over fresh draws [ratio]",
        "DSCR P10 over fresh draws [ratio]",
        "DSCR smallest of fresh draws [ratio]",
    )
    rows = [
        (each.link, year, float(each.service_musd[t]), *map(float, (each.dscr_mean[t], each.dscr_p10[t], least)))
        for each in links
        for t, (year, least) in enumerate(zip(years, each.dscr_minimum, strict=True))
        if each.service_musd[t] > DUE
    ]
    return FinancingTable("debt_cover", header, tuple(rows))


def link_debt_table(links: tuple[LinkDebt, ...]) -> FinancingTable:
    """Debt and equity of every link that has any."""
    header = (
        "link [id]",
        "debt serviced by the link [nominal musd]",
        "DSCR average over years, mean over fresh draws [ratio]",
        "DSCR smallest on the lenders' path [ratio]",
        "LLCR at the opening [ratio]",
        "equity [nominal musd]",
        "equity IRR of mean flows [fraction per year, nominal USD]",
    )
    rows = [
        (
            each.link,
            each.debt_musd,
            each.dscr_average,
            each.dscr_lender_minimum,
            each.llcr,
            each.equity_musd,
            each.equity_irr,
        )
        for each in links
    ]
    return FinancingTable("link_debt", header, tuple(rows))
