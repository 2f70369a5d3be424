"""The variables of the financing model."""

from __future__ import annotations

from typing import Any

from pyomo.environ import Binary, NonNegativeReals, Reals, Var

from solvers.financing_problem import FinancingProblem
from solvers.model_sets import ModelSets


def add_variables(model: Any, problem: FinancingProblem, sets: ModelSets, *, with_support: bool) -> None:
    """Add the decisions and the amounts that follow from them.

    built[l] in {0, 1}                                of the start options of a link
    commitment[k,i] >= 0, draw[k,i,u] >= 0            what is agreed, what is paid out and when
    planned_sources[l,tau] free                       money left for the works
    debt_service[l,t] >= 0, opening_reserve[l] >= 0   of the links that use any money
    operating_support[l,t] >= 0                       cash the covenants lack, in a plan that meets no draws

    `model.draws_of_use` maps each (section, instrument) to its draw variables in the order of the draw years: a plain
    dictionary, because rows look draws up a hundred thousand times.
    """
    financed = [link for link in range(len(problem.links.ids)) if sets.link_uses[link]]
    construction = [(link, year) for link, span in enumerate(sets.construction_years) for year in span]
    operation = [(link, year) for link in financed for year in sets.operation_years[link]]
    draws = [(*use, year) for use, years in sets.draw_years.items() for year in years]
    model.built = Var([link for group in problem.rules.start_options for link in group], domain=Binary)
    model.commitment = Var(list(sets.draw_years), domain=NonNegativeReals)
    model.draw = Var(draws, domain=NonNegativeReals)
    model.draws_of_use = {use: [model.draw[(*use, year)] for year in years] for use, years in sets.draw_years.items()}
    model.planned_sources = Var(construction, domain=Reals)
    model.debt_service = Var(operation, domain=NonNegativeReals)
    model.opening_reserve = Var(financed, domain=NonNegativeReals)
    model.operating_support = Var(operation if with_support else [], domain=NonNegativeReals)


def size_of(model: Any, link: int) -> Any | None:
    """Return the variable that says whether a link is built; None where it is built anyway."""
    return model.built[link] if link in model.built else None
