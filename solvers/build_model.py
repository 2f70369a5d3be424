"""The financing model, assembled block by block."""

from __future__ import annotations

from typing import Any

from pyomo.environ import ConcreteModel

from solvers.blocks.capital_structure import (
    add_gearing,
    add_presold_fibre,
    add_private_share,
    add_sponsor_hurdle,
)
from solvers.blocks.debt_service import add_debt_service, add_hard_currency_cover, add_lender_cover
from solvers.blocks.envelopes import add_guarantees, add_regional_windows, add_windows
from solvers.blocks.public_debt import add_concessionality, add_debt_sustainability, add_ppp_exposure
from solvers.blocks.recourse import add_recourse, add_regret
from solvers.blocks.sculpted_debt import add_sculpted_debt
from solvers.blocks.sources_and_uses import (
    add_commitments,
    add_departure,
    add_planned_gap,
    add_planned_sources,
    add_preparation_money,
    add_tied_money,
)
from solvers.blocks.variables import add_variables
from solvers.blocks.whole_numbers import (
    add_financier_limit,
    add_incompatible_lenders,
    add_start_years,
    add_tickets,
)
from solvers.draw_factors import net_sources_per_draw
from solvers.financing_problem import FinancingProblem, Floats
from solvers.model_sets import ModelSets
from solvers.objectives import add_objectives
from solvers.risk import RiskMeasure


def build_model(
    problem: FinancingProblem,
    sets: ModelSets,
    risk: RiskMeasure | None = None,
    *,
    whole_numbers: bool = False,
    best_musd: tuple[float, ...] = (0.0,),
    near_musd: Floats | None = None,
) -> Any:
    """Return the Pyomo model of a financing problem, without data of any draw: its size depends on the portfolio only.

    Parameters
    ----------
    problem : what to finance and with what
    sets : `build_model_sets(problem)`
    risk : how the gap of the draws is weighed; None: the gap of the plan on its own path
    whole_numbers : tickets, financiers and incompatible lenders are heeded
    best_musd : risk of the best plan for each world that the draws are of; other than (0,): regrets are minimised
    near_musd : (K, I, T) draws of another plan, which the second level stays near to

    Returns
    -------
    pyomo.environ.ConcreteModel   linear, with whole numbers where asked for; one active objective, the gap in constant
        million USD
    """
    model = ConcreteModel()
    add_variables(model, problem, sets, with_support=risk is None)
    net_sources = net_sources_per_draw(problem)
    add_planned_sources(model, problem, sets, net_sources)
    if risk is None:
        add_planned_gap(model, problem, sets)
    else:
        add_recourse(model, problem, len(best_musd))
        if best_musd != (0.0,):
            add_regret(model, risk, best_musd)
    add_commitments(model, problem, sets)
    add_tied_money(model, problem, sets, net_sources)
    add_preparation_money(model, problem, sets)
    add_sculpted_debt(model, problem, sets)
    add_debt_service(model, problem, sets)
    add_lender_cover(model, problem, sets)
    add_hard_currency_cover(model, problem, sets)
    add_windows(model, problem, sets)
    add_regional_windows(model, problem, sets)
    add_guarantees(model, problem, sets)
    add_gearing(model, problem, sets)
    add_private_share(model, problem, sets)
    add_sponsor_hurdle(model, problem, sets)
    add_presold_fibre(model, problem, sets)
    add_concessionality(model, problem, sets)
    add_debt_sustainability(model, problem, sets)
    add_ppp_exposure(model, problem, sets)
    add_start_years(model, problem)
    if whole_numbers:
        add_tickets(model, problem, sets)
        add_financier_limit(model, problem, sets)
        add_incompatible_lenders(model, problem, sets)
    if near_musd is not None:
        add_departure(model, sets, near_musd)
    add_objectives(model, problem, sets, risk)
    return model
