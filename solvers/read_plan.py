"""From the columns of a solved programme back to the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from solvers.financing_plan import ConstraintPrice, FinancingPlan, ObjectiveLevel
from solvers.financing_problem import FinancingProblem, Floats
from solvers.resimulate import funding_need_musd, operating_deficit_musd, reserve_targets_musd

if TYPE_CHECKING:
    from solvers.linear_program import LinearProgram


def read_plan(
    problem: FinancingProblem,
    model: Any,
    program: LinearProgram,
    *,
    funding_gap_musd: Floats,
    gap_musd: float,
    level_gap_musd: float,
    best: tuple[float, ...],
    prices: tuple[ConstraintPrice, ...],
) -> FinancingPlan:
    """Return the plan in the columns that the programme keeps.

    Parameters
    ----------
    funding_gap_musd : (L, T) planned cost without a source
    gap_musd : [constant musd] gap of the plan on its own path
    level_gap_musd : [constant musd] what the first level is worth in this plan
    best : optimum of each level that was solved, in the order of the model's levels, as minimised
    prices : rows that hold the smallest gap up
    """
    links, years = len(problem.links.ids), len(problem.years)
    sections, instruments = len(problem.sections.ids), len(problem.instruments)
    commitment = read_variable(program, model.commitment, (sections, instruments))
    service = read_variable(program, model.debt_service, (links, years))
    subsidy = sum(each.subsidy_share * float(commitment[:, i].sum()) for i, each in enumerate(problem.instruments))
    private = sum(float(commitment[:, i].sum()) for i, each in enumerate(problem.instruments) if each.is_private)
    achieved = {"subsidy": subsidy, "private_mobilisation": private, "commitment": float(commitment.sum())}
    if model.component("departure") is not None:
        achieved["departure"] = sum(program.value(variable) for variable in model.departure.values())
    return FinancingPlan(
        commitment_musd=commitment,
        draw_musd=read_variable(program, model.draw, (sections, instruments, years)),
        planned_sources_musd=read_variable(program, model.planned_sources, (links, years), signed=True),
        funding_gap_musd=funding_gap_musd,
        operating_support_musd=read_variable(program, model.operating_support, (links, years)),
        operating_deficit_musd=operating_deficit_musd(problem),
        debt_service_musd=service,
        sculpted_service_musd=_read_sculpted_service(problem, model, program),
        reserve_target_musd=reserve_targets_musd(problem, service),
        gap_musd=gap_musd,
        minimum_gap_musd=best[0],
        need_musd=funding_need_musd(problem),
        prices=prices,
        size=np.array([1.0 if link not in model.built else program.value(model.built[link]) for link in range(links)]),
        levels=tuple(
            ObjectiveLevel(
                name=name,
                optimum_musd=-optimum if name == "private_mobilisation" else optimum,
                achieved_musd=achieved.get(name, level_gap_musd),
            )
            for name, optimum in zip(tuple(model.level_expressions), best, strict=False)
        ),
    )


def _read_sculpted_service(problem: FinancingProblem, model: Any, program: LinearProgram) -> Floats:
    shape = (len(problem.links.ids), len(problem.instruments), len(problem.years))
    service = read_variable(program, model.sculpted_principal, shape)
    balance = read_variable(program, model.sculpted_balance, shape)
    rates = np.array([each.sculpted_rate or 0.0 for each in problem.instruments])
    service[:, :, 1:] += rates[:, None] * balance[:, :, :-1]
    return service


def read_variable(program: LinearProgram, variables: Any, shape: tuple[int, ...], *, signed: bool = False) -> Floats:
    """Return the values of an indexed variable as an array, zero where it has no index."""
    values = np.zeros(shape)
    for index, variable in variables.items():
        value = program.value(variable)
        values[index] = value if signed else max(value, 0.0)
    return values
