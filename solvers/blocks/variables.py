"""The variables of the financing model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np
from pyomo.environ import Binary, NonNegativeReals, Reals, Var

from solvers.blocks.linear_rows import LinearSum
from solvers.financing_problem import FinancingProblem, Floats, Integers
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
    drawn = iter(model.draw.values())
    model.draws_of_use = {use: list(islice(drawn, len(years))) for use, years in sets.draw_years.items()}
    model.planned_sources = Var(construction, domain=Reals)
    model.debt_service = Var(operation, domain=NonNegativeReals)
    model.opening_reserve = Var(financed, domain=NonNegativeReals)
    model.operating_support = Var(operation if with_support else [], domain=NonNegativeReals)


def size_of(model: Any, link: int) -> Any | None:
    """Return the variable that says whether a link is built; None where it is built anyway."""
    return model.built[link] if link in model.built else None


class DrawTerms:
    """Draws with what each unit drawn brings or costs in every year, for the rows of every group and year.

    Parameters
    ----------
    variables : the draws
    factors : (draws, T) [-]
    group : (draws,) link or country of each
    groups : how many of them there are
    """

    def __init__(self, variables: list[Any], factors: Floats, group: Integers, groups: int) -> None:
        places, years = np.nonzero(factors)
        self._horizon = factors.shape[1]
        row = group[places] * self._horizon + years
        order = np.argsort(row, kind="stable")
        places, years = places[order], years[order]
        self._ends = np.searchsorted(row[order], np.arange(self._horizon * groups + 1)).tolist()
        self._coefficients: list[float] = factors[places, years].tolist()
        self._variables = [variables[place] for place in places.tolist()]

    def add_to(self, total: LinearSum, group: int, year: int, *, factor: float = 1.0) -> None:
        """Add factor times the factors of a year times the draws of a group to a row."""
        if factor != 0.0:
            row = group * self._horizon + year
            own = slice(self._ends[row], self._ends[row + 1])
            coefficients = self._coefficients[own]
            if factor != 1.0:
                coefficients = [factor * each for each in coefficients]
            total.add_all(coefficients, self._variables[own])


def draw_terms(model: Any, sets: ModelSets, uses: Sequence[Iterable[Use]], factors_per_draw: Floats) -> DrawTerms:
    """Gather the draws of some uses.

    Parameters
    ----------
    uses : by link or by country
    factors_per_draw : (I, T, T) [-] index [instrument, draw year, year]; or with the link or country as first index
    """
    variables: list[Any] = []
    groups: list[int] = []
    instruments: list[int] = []
    years: list[int] = []
    for group, members in enumerate(uses):
        for use in members:
            draw_years = sets.draw_years[use]
            variables += model.draws_of_use[use]
            years += draw_years
            instruments += [use[1]] * len(draw_years)
            groups += [group] * len(draw_years)
    group_of = np.array(groups, dtype=np.int64)
    is_by_group = factors_per_draw.ndim == 4
    factors = factors_per_draw[group_of, instruments, years] if is_by_group else factors_per_draw[instruments, years]
    return DrawTerms(variables, factors, group_of, len(uses))
