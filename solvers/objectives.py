"""What is minimised, one level after the other."""

from __future__ import annotations

from typing import Any

from pyomo.environ import Expression, Objective

from solvers.blocks.linear_rows import LinearSum
from solvers.blocks.recourse import risk_of_world
from solvers.financing_problem import FinancingProblem
from solvers.model_sets import ModelSets
from solvers.risk import RiskMeasure

LEVELS = ("gap", "subsidy", "private_mobilisation", "commitment")


def add_objectives(model: Any, problem: FinancingProblem, sets: ModelSets, risk: RiskMeasure | None = None) -> None:
    """Add the levels; the first is the model's objective, the others are named expressions.

    gap                   min sum w[tau] funding_gap[l,tau] + sum w[t] operating_support[l,t]
      over draws          min (1 - lambda) sum expected_gap[0,l] + lambda tail_gap[0]
      over worlds         min regret, the largest of all worlds
    departure             min sum departure[k,i,u], only where there is another plan to stay near to
    subsidy               min sum subsidy share[i] commitment[k,i]
    private_mobilisation  min - sum over private i of commitment[k,i]
    commitment            min sum commitment[k,i]: of equal plans the smallest

    The gap carries no price: any price below the cost of money would be borrowed against.
    """
    weight, has_regret = problem.rules.constant_usd_weight, model.component("regret") is not None
    gap, subsidy, private, commitment = (LinearSum() for _ in range(4))
    instruments = [(each.subsidy_share, -float(each.is_private)) for each in problem.instruments]
    if risk is None:
        for index in model.funding_gap:
            gap.add(float(weight[index[1]]), model.funding_gap[index])
    elif has_regret:
        gap.add(1.0, model.regret)
    else:
        gap = risk_of_world(model, risk, 0)
    for index in model.operating_support:
        gap.add(float(weight[index[1]]), model.operating_support[index])
    for (_, position), variable in model.commitment.items():
        subsidy_share, less_private = instruments[position]
        subsidy.add(subsidy_share, variable)
        private.add(less_private, variable)
        commitment.add(1.0, variable)
    model.minimum_gap = Objective(expr=gap)
    levels = {"regret" if has_regret else "gap": gap}
    if model.component("departure") is not None:
        levels["departure"] = LinearSum()
        levels["departure"].add_all([1.0] * len(model.departure), list(model.departure.values()))
    levels |= dict(zip(LEVELS[1:], (subsidy, private, commitment), strict=True))
    model.level_expressions = Expression(list(levels))
    for name, total in levels.items():
        model.level_expressions[name] = total
