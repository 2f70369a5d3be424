"""Debt whose repayment follows the cash: its profile is chosen with the plan."""

from __future__ import annotations

from typing import Any

from pyomo.environ import NonNegativeReals, Var

from solvers.blocks.linear_rows import LinearSum, add_row, new_rows
from solvers.financing_problem import FinancingProblem
from solvers.model_sets import ModelSets


def add_sculpted_debt(model: Any, problem: FinancingProblem, sets: ModelSets) -> None:
    """Balance of each sculpted loan of a link from its opening to its last instalment.

    balance[l,i,last] = sum_k sum_tau draw[k,i,tau]
    balance[l,i,t] = balance[l,i,t-1] - principal[l,i,t] ;  principal >= 0 ;  balance[l,i,end] = 0
    service[l,i,t] = principal[l,i,t] + rate[i] balance[l,i,t-1]

    The lender gets his rate whatever the profile; the rows of cover and hurdle choose the profile. Interest while
    building is in DS, as for any loan.
    """
    loans = {(link, each): years for link, own in enumerate(sets.sculpted_loans) for each, years in own.items()}
    index = [(*loan, year) for loan, years in loans.items() for year in years]
    model.sculpted_principal = Var(index, domain=NonNegativeReals)
    model.sculpted_balance = Var([(link, loan, year - 1) for link, loan, year in index], domain=NonNegativeReals)
    model.sculpted_opening = new_rows()
    model.sculpted_repayment = new_rows()
    for (link, instrument), years in loans.items():
        opening = LinearSum()
        opening.add(1.0, model.sculpted_balance[link, instrument, years.start - 1])
        for use in sets.link_uses[link]:
            if use[1] == instrument:
                for variable in model.draws_of_use[use]:
                    opening.add(-1.0, variable)
        add_row(model.sculpted_opening, (link, instrument), opening, lower=0.0, upper=0.0)
        for year in years:
            step = LinearSum()
            step.add(1.0, model.sculpted_balance[link, instrument, year - 1])
            step.add(-1.0, model.sculpted_principal[link, instrument, year])
            if year != years[-1]:
                step.add(-1.0, model.sculpted_balance[link, instrument, year])
            add_row(model.sculpted_repayment, (link, instrument, year), step, lower=0.0, upper=0.0)


def add_sculpted_service(
    total: LinearSum,
    model: Any,
    problem: FinancingProblem,
    sets: ModelSets,
    link: int,
    year: int,
    *,
    hard_currency_only: bool = False,
) -> None:
    """Add the service of the link's sculpted loans in a year to a row."""
    add_sculpted_interest(total, model, problem, sets, link, year, factor=1.0, hard_currency_only=hard_currency_only)
    for instrument, years in sets.sculpted_loans[link].items():
        if year in years and (problem.instruments[instrument].is_hard_currency or not hard_currency_only):
            total.add(1.0, model.sculpted_principal[link, instrument, year])


def add_sculpted_interest(
    total: LinearSum,
    model: Any,
    problem: FinancingProblem,
    sets: ModelSets,
    link: int,
    year: int,
    *,
    factor: float,
    hard_currency_only: bool = False,
) -> None:
    """Add factor times the interest of the link's sculpted loans in a year to a row."""
    for position, years in sets.sculpted_loans[link].items():
        instrument = problem.instruments[position]
        if year in years and (instrument.is_hard_currency or not hard_currency_only):
            rate = instrument.sculpted_rate or 0.0
            total.add(factor * rate, model.sculpted_balance[link, position, year - 1])
