"""Solve a financing problem, level by level, and say why a gap remains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from solvers.explain import FinancingConflictError, conflicts_in_words, measure_relaxations, price_rows
from solvers.financing_plan import Conflict, ConstraintPrice, FinancingPlan
from solvers.financing_problem import FinancingProblem
from solvers.model_sets import ModelSets, build_model_sets
from solvers.read_plan import read_plan, read_variable
from solvers.resimulate import operating_deficit_musd

if TYPE_CHECKING:
    from solvers.linear_program import LinearProgram

LEVEL_SLACK_MUSD = 1e-9


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """How to solve.

    Attributes
    ----------
    level_slack_relative : [-] part of a level's optimum given up to the later levels
    levels : how many levels to solve, 1 (the gap only) to 4
    relaxations : rows whose realistic relaxation is solved for, dearest first
    """

    level_slack_relative: float = 1e-4
    levels: int = 4
    relaxations: int = 0


def solve_financing(problem: FinancingProblem, options: SolveOptions | None = None) -> FinancingPlan:
    """Find the plan with the smallest gap; among those the least subsidy, the most private money, the least money.

    Parameters
    ----------
    problem : what to finance and with what
    options : how; by default four levels with a slack of 1e-4 of the level's optimum

    Returns
    -------
    FinancingPlan

    Raises
    ------
    FinancingConflictError
        If amounts already agreed cannot be met together with the other rows; it names the rows.
    SolverError
        If HiGHS gives no answer.
    """
    options = options or SolveOptions()
    sets = build_model_sets(problem)
    model, program = _translate(problem, sets)
    if np.any(problem.eligibility.minimum_commitment_musd > 0.0):
        _require_feasible(problem, program)
    expressions = [model.level_expressions[name].expr for name in model.level_expressions]
    optima = [program.minimise(expressions[0])]
    priced = price_rows(problem, program)
    prices = tuple(entry.price for entry in priced)
    if options.relaxations > 0:
        prices = measure_relaxations(
            program, lambda: program.minimise(expressions[0]), optima[0], priced, options.relaxations
        )
        program.minimise(expressions[0])
    for level in range(1, options.levels):
        slack = options.level_slack_relative * abs(optima[-1]) + LEVEL_SLACK_MUSD
        program.limit(expressions[level - 1], optima[-1] + slack)
        optima.append(program.minimise(expressions[level]))
    program.read_solution()
    return _read_plan(problem, model, program, tuple(optima), prices)


def explain_gap(problem: FinancingProblem, *, link: int | None = None) -> tuple[Conflict, ...]:
    """Say which rows cannot all hold if the gap is to be zero; empty if the links can be paid for in full.

    Parameters
    ----------
    link : position of the one link to pay for in full, whatever becomes of the others; by default all of them

    Returns
    -------
    tuple of Conflict
        The set is irreducible and may be one of several: without any one of its rows the others could hold.

    Raises
    ------
    SolverError
        If HiGHS gives no answer.
    """
    model, program = _translate(problem, build_model_sets(problem))
    gaps = [*model.funding_gap.items(), *model.operating_support.items()]
    program.close([variable for index, variable in gaps if link is None or index[0] == link])
    return () if program.is_feasible() else conflicts_in_words(problem, program.conflicting_rows())


def _translate(problem: FinancingProblem, sets: ModelSets) -> tuple[Any, LinearProgram]:
    from solvers.build_model import build_model
    from solvers.linear_program import LinearProgram

    model = build_model(problem, sets)
    return model, LinearProgram(model)


def _require_feasible(problem: FinancingProblem, program: LinearProgram) -> None:
    if not program.is_feasible():
        raise FinancingConflictError(conflicts_in_words(problem, program.conflicting_rows()))


def _read_plan(
    problem: FinancingProblem,
    model: Any,
    program: LinearProgram,
    optima: tuple[float, ...],
    prices: tuple[ConstraintPrice, ...],
) -> FinancingPlan:
    weight = problem.rules.constant_usd_weight
    gap = read_variable(program, model.funding_gap, problem.links.planned_cost_musd.shape)
    support = read_variable(program, model.operating_support, gap.shape)
    deficit = float(np.sum(operating_deficit_musd(problem) @ weight))
    gap_musd = float(np.sum((gap + support) @ weight)) + deficit
    best = (optima[0] + deficit, *optima[1:])
    return read_plan(
        problem,
        model,
        program,
        funding_gap_musd=gap,
        gap_musd=gap_musd,
        level_gap_musd=gap_musd,
        best=best,
        prices=prices,
    )
