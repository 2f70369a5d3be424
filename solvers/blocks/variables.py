"""The variables of the financing model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pyomo.environ import Binary, NonNegativeReals, Reals, Var

from solvers.blocks.linear_rows import LinearSum
from solvers.financing_problem import FinancingProblem, Floats
from solvers.model_sets import ModelSets, Use


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


class DrawTerms:
    """The draws of some uses side by side, with what each unit drawn brings or costs in every year.

    Parameters
    ----------
    variables : the draws
    factors : (draws, T) [-]
    """

    def __init__(self, variables: list[Any], factors: Floats) -> None:
        years, places = np.nonzero(factors.T)
        self._ends = np.searchsorted(years, np.arange(factors.shape[1] + 1)).tolist()
        self._coefficients = factors.T[years, places]
        self._variables = [variables[place] for place in places.tolist()]

    def add_to(self, total: LinearSum, year: int, *, factor: float = 1.0) -> None:
        """Add factor times the factors of a year times the draws to a row."""
        if factor != 0.0:
            own = slice(self._ends[year], self._ends[year + 1])
            total.add_all((factor * self._coefficients[own]).tolist(), self._variables[own])


def draw_terms(model: Any, sets: ModelSets, uses: Iterable[Use], factors_per_draw: Floats) -> DrawTerms:
    """Gather the draws of some uses.

    Parameters
    ----------
    uses : in the order of the terms
    factors_per_draw : (I, T, T) [-] index [instrument, draw year, year]
    """
    variables: list[Any] = []
    factors = [np.empty((0, factors_per_draw.shape[2]))]
    for use in uses:
        variables += model.draws_of_use[use]
        factors.append(factors_per_draw[use[1], list(sets.draw_years[use])])
    return DrawTerms(variables, np.concatenate(factors))
