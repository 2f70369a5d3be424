"""The gap of the draws, as variables that cuts hold up from below."""

from __future__ import annotations

from typing import Any

from pyomo.environ import NonNegativeReals, Var

from solvers.financing_problem import FinancingProblem


def add_recourse(model: Any, problem: FinancingProblem) -> None:
    """Stand-ins for the gap of the draws: one per link for its mean, one for the worst draws of the portfolio.

    expected_gap[l] >= mean of the gap of link l ;  tail_gap >= mean gap of the portfolio in its worst draws

    The rows that say so are cuts, added while the plan is searched: the model has no component per draw.
    """
    model.expected_gap = Var(range(len(problem.links.ids)), domain=NonNegativeReals)
    model.tail_gap = Var(domain=NonNegativeReals)
