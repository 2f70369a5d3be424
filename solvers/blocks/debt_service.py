"""Debt service of the link, the reserve account and the lenders' cover."""

from __future__ import annotations

from typing import Any

import numpy as np

from solvers.blocks.linear_rows import LinearSum, add_row, add_sized_row, new_rows
from solvers.blocks.sculpted_debt import add_sculpted_interest, add_sculpted_service
from solvers.blocks.variables import draw_terms, size_of
from solvers.financing_problem import FinancingProblem
from solvers.instruments import InstrumentKind
from solvers.model_sets import ModelSets


def is_project_debt(problem: FinancingProblem, instrument: int) -> bool:
    """Tell whether the cash of the link services this instrument."""
    each = problem.instruments[instrument]
    return each.kind is InstrumentKind.DEBT and each.is_project_serviced


def has_fixed_profile(problem: FinancingProblem, instrument: int) -> bool:
    """Tell whether the link services this instrument by a profile known in advance."""
    return is_project_debt(problem, instrument) and problem.instruments[instrument].sculpted_rate is None


def add_debt_service(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Service after opening, and the reserve filled when the link opens.

    debt_service[l,t] = sum_k sum_{i serviced by the link} sum_u DS[i,u,t] draw[k,i,u]
                        + service of sculpted loans                                          t > last
    opening_reserve[l] = (months/12) debt_service[l,last+1]

    Later targets of the reserve follow the same rule and need no variable.
    """
    model.debt_service_due = new_rows(model.debt_service)
    model.reserve = new_rows()
    debts = [[use for use in uses if has_fixed_profile(problem, use[1])] for uses in sets.link_uses]
    service = draw_terms(model, sets, debts, problem.debt_service_per_draw)
    for link, uses in enumerate(sets.link_uses):
        if not uses:
            continue
        for year in sets.operation_years[link]:
            total = LinearSum()
            total.add(-1.0, model.debt_service[link, year])
            service.add_to(total, link, year)
            if sets.sculpted_loans[link]:
                add_sculpted_service(total, model, problem, sets, link, year)
            add_row(model.debt_service_due, (link, year), total, lower=0.0, upper=0.0)
        reserve = LinearSum()
        reserve.add(1.0, model.opening_reserve[link])
        if sets.operation_years[link]:
            opening_service = model.debt_service[link, sets.operation_years[link][0]]
            reserve.add(-problem.rules.reserve_months / 12.0, opening_service)
        add_row(model.reserve, (link,), reserve, lower=0.0, upper=0.0)


def add_lender_cover(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Debt service covered on the lenders' downside path.

    DSCR[l,t] debt_service[l,t] <= max(F[l,t], 0) + tax rate[l,t] interest[l,t]
                                   - lease lost[l,t] sum_k commitment[k,iru] + operating_support[l,t]     t > last

    with interest[l,t] = sum INT[i,u,t] draw[k,i,u] + interest of sculpted loans.
    The negative part of F is in the gap whatever the plan, so that the empty plan stays feasible. A plan that meets
    draws has no operating support: money for a deficit that every draw has would be cash for the lenders at no cost.
    """
    model.dscr = new_rows(model.debt_service)
    links = problem.links
    fixed = [[use for use in uses if has_fixed_profile(problem, use[1])] for uses in sets.link_uses]
    interest = draw_terms(model, sets, fixed, problem.interest_per_draw)
    for link, uses in enumerate(sets.link_uses):
        presales = [use for use in uses if problem.instruments[use[1]].kind is InstrumentKind.IRU]
        if not presales and not any(is_project_debt(problem, use[1]) for use in uses):
            continue
        presold = [model.commitment[use] for use in presales]
        cover, shield = links.dscr_target[link].tolist(), links.tax_shield_rate[link].tolist()
        lost = links.lease_income_lost_per_iru[link].tolist()
        cash = np.maximum(links.lender_cfads_musd[link], 0.0).tolist()
        for year in sets.operation_years[link]:
            total = LinearSum()
            total.add(cover[year], model.debt_service[link, year])
            interest.add_to(total, link, year, factor=-shield[year])
            if sets.sculpted_loans[link]:
                add_sculpted_interest(total, model, problem, sets, link, year, factor=-shield[year])
            for commitment in presold:
                total.add(lost[year], commitment)
            if (link, year) in model.operating_support:
                total.add(-1.0, model.operating_support[link, year])
            add_sized_row(model.dscr, (link, year), total, size=size_of(model, link), upper=cash[year])


def add_hard_currency_cover(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Hard-currency debt serviced from hard-currency cash.

    sum_k sum_{i hard, serviced by the link} sum_u DS[i,u,t] draw[k,i,u] <= cover max(hard-currency cash[l,t], 0)
    """
    model.hard_currency = new_rows(model.debt_service)
    cash = problem.rules.hard_currency_cover * np.maximum(problem.links.lender_hard_currency_cash_musd, 0.0)
    is_hard = [
        has_fixed_profile(problem, position) and each.is_hard_currency
        for position, each in enumerate(problem.instruments)
    ]
    hard = [[use for use in uses if is_hard[use[1]]] for uses in sets.link_uses]
    service = draw_terms(model, sets, hard, problem.debt_service_per_draw)
    for link in range(len(hard)):
        for year in sets.operation_years[link]:
            total = LinearSum()
            service.add_to(total, link, year)
            if sets.sculpted_loans[link]:
                add_sculpted_service(total, model, problem, sets, link, year, hard_currency_only=True)
            most = float(cash[link, year])
            add_sized_row(model.hard_currency, (link, year), total, size=size_of(model, link), upper=most)
