"""The gap of the draws, as variables that cuts hold up from below."""

from __future__ import annotations

from typing import Any

from pyomo.environ import NonNegativeReals, Reals, Var

from solvers.blocks.linear_rows import LinearSum, add_row, new_rows
from solvers.financing_problem import FinancingProblem
from solvers.risk import RiskMeasure


def add_recourse(model: Any, problem: FinancingProblem, worlds: int) -> None:
    """Stand-ins for the gap of the draws of each world p: by link for its mean, and for the portfolio's worst draws.

    expected_gap[p,l] >= mean of the gap of link l ;  tail_gap[p] >= mean gap of the portfolio in its worst draws

    The rows that say so are cuts, added while the plan is searched: the model has no component per draw.
    """
    model.expected_gap = Var(range(worlds), range(len(problem.links.ids)), domain=NonNegativeReals)
    model.tail_gap = Var(range(worlds), domain=NonNegativeReals)


def risk_of_world(model: Any, risk: RiskMeasure, world: int) -> LinearSum:
    """Return (1 - lambda) sum over links of expected_gap[p,l] + lambda tail_gap[p]."""
    total = LinearSum()
    for index in model.expected_gap:
        if index[0] == world:
            total.add(1.0 - risk.tail_weight, model.expected_gap[index])
    total.add(risk.tail_weight, model.tail_gap[world])
    return total


def add_regret(model: Any, risk: RiskMeasure, best_musd: tuple[float, ...]) -> None:
    """The largest regret over the worlds: what a plan leaves beyond the best plan for the world.

    risk of world p - regret <= best[p]
    """
    model.regret = Var(domain=Reals)
    model.regret_of_world = new_rows()
    for world, best in enumerate(best_musd):
        total = risk_of_world(model, risk, world)
        total.add(-1.0, model.regret)
        add_row(model.regret_of_world, (world,), total, upper=best)
