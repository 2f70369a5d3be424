"""What is minimised, one level after the other."""

from __future__ import annotations

from typing import Any

from pyomo.environ import Expression, Objective

from solvers.blocks.linear_rows import LinearSum
from solvers.financing_problem import FinancingProblem
from solvers.model_sets import ModelSets
from solvers.risk import RiskMeasure

LEVELS = ("gap", "subsidy", "private_mobilisation", "commitment")


def add_objectives(model: Any, problem: FinancingProblem, sets: ModelSets, risk: RiskMeasure | None = None) -> None:
    """Add the four levels; the first is the model's objective, the others are named expressions.

    gap                   min sum w[tau] funding_gap[l,tau] + sum w[t] operating_support[l,t]
      over draws          min (1 - lambda) sum expected_gap[l] + lambda tail_gap
    subsidy               min sum subsidy share[i] commitment[k,i]
    private_mobilisation  min - sum over private i of commitment[k,i]
    commitment            min sum commitment[k,i]: of equal plans the smallest

    The gap carries no price: any price below the cost of money would be borrowed against.
    """
    weight = problem.rules.constant_usd_weight
    gap, subsidy, private, commitment = LinearSum(), LinearSum(), LinearSum(), LinearSum()
    if risk is None:
        for index in model.funding_gap:
            gap.add(float(weight[index[1]]), model.funding_gap[index])
    else:
        for link in model.expected_gap:
            gap.add(1.0 - risk.tail_weight, model.expected_gap[link])
        gap.add(risk.tail_weight, model.tail_gap)
    for index in model.operating_support:
        gap.add(float(weight[index[1]]), model.operating_support[index])
    for use in sets.draw_years:
        instrument = problem.instruments[use[1]]
        subsidy.add(instrument.subsidy_share, model.commitment[use])
        private.add(-float(instrument.is_private), model.commitment[use])
        commitment.add(1.0, model.commitment[use])
    model.minimum_gap = Objective(expr=gap.expression())
    model.level_expressions = Expression(list(LEVELS))
    for name, total in zip(LEVELS, (gap, subsidy, private, commitment), strict=True):
        model.level_expressions[name] = total.expression()
