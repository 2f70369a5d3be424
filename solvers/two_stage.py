"""Plan for many futures: commitments now, whatever the draws then cost and earn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from solvers.draws import Draws, World
from solvers.explain import FinancingConflictError, PricedRows, conflicts_in_words, measure_relaxations, price_rows
from solvers.financing_plan import ConstraintPrice, FinancingPlan, SearchRecord
from solvers.financing_problem import FinancingProblem, Floats
from solvers.search_settings import Limits, TwoStageOptions, WholeNumbers
from solvers.solve_model import LEVEL_SLACK_MUSD

if TYPE_CHECKING:
    from solvers.cut_search import CutSearch, Found

LEVEL_ROUNDS = 60  # most rounds of a level after the first


def solve_two_stage(
    problem: FinancingProblem,
    draws: Draws,
    options: TwoStageOptions | None = None,
    *,
    near_musd: Floats | None = None,
) -> FinancingPlan:
    """Find the plan with the smallest risk of the gap over the draws; among those as in `solve_financing`.

    What is committed, drawn and promised is the same in every draw; each draw then decides what the works cost and what
    the link earns, and the gap is what account, cash and reserve leave unpaid. Lenders and sponsors still look at their
    own paths, which are part of the problem.

    Parameters
    ----------
    problem : what to finance and with what
    draws : the futures the plan is fitted to; read its gap on others
    options : how
    near_musd : as in `solve_worlds`

    Returns
    -------
    FinancingPlan   with `search`

    Raises
    ------
    FinancingConflictError   amounts already agreed cannot be met together with the other rows; it names the rows
    SolverError   HiGHS gives no answer
    """
    return solve_worlds(problem, (World(draws),), options or TwoStageOptions(), near_musd=near_musd)


def solve_worlds(
    problem: FinancingProblem, worlds: Sequence[World], options: TwoStageOptions, *, near_musd: Floats | None = None
) -> FinancingPlan:
    """Find the plan of `solve_two_stage` for one world; for several the one whose largest regret is smallest.

    Parameters
    ----------
    near_musd : (K, I, T) draws of another plan; of equal plans the one that leaves out least of them, as second level

    Raises
    ------
    as `solve_two_stage`
    """
    from solvers.cut_search import CutSearch

    if problem.rules.start_options and options.whole_numbers is None:
        raise ValueError("start_options: choosing start years needs whole numbers")
    limits = Limits(gap_tolerance=options.gap_tolerance, seconds=options.seconds, memory_mb=options.memory_mb)
    has_whole_numbers = options.whole_numbers is not None
    search = CutSearch(problem, worlds, options.risk, limits, whole_numbers=has_whole_numbers, near_musd=near_musd)
    if np.any(problem.eligibility.minimum_commitment_musd > 0.0) and not search.program.is_feasible():
        raise FinancingConflictError(conflicts_in_words(problem, search.program.conflicting_rows()))
    found = search.minimise_gap()
    if options.whole_numbers is not None:
        found = _settle(search, found, options)
    prices = () if search.minimises_regret else _price(problem, search, found, options)
    best, columns = _solve_levels(search, found, options)
    return read_found(search, found, columns, best, prices)


def _settle(search: CutSearch, relaxed: Found, options: TwoStageOptions) -> Found:
    """Settle the whole numbers, among agreements that leave the same gap those that ask for less subsidy.

    Later levels keep the agreements, so the choice between equal ones is made here: a price on the second level
    (subsidy, or departure from another plan), worth no more than the slack of a level, breaks the ties of the plan that
    is rounded.
    """
    from solvers.whole_numbers import settle_whole_numbers

    second = list(search.model.level_expressions.values())[1].expr
    asked = float(search.program.costs(second) @ relaxed.columns)
    if asked > 0.0:
        search.charge(second, options.level_slack_relative * search.scale(relaxed.risk_musd) / asked)
        cheaper = search.minimise_gap()
        relaxed = replace(relaxed, columns=cheaper.columns, risk_musd=search.respond(cheaper.columns)[0])
    settings = options.whole_numbers or WholeNumbers()
    return settle_whole_numbers(search, relaxed, settings, charged_to_the_end=False)


def _price(
    problem: FinancingProblem, search: CutSearch, found: Found, options: TwoStageOptions
) -> tuple[ConstraintPrice, ...]:
    priced: tuple[PricedRows, ...] = price_rows(problem, search.program)
    if options.relaxations == 0 or found.ended != "proven":
        return tuple(entry.price for entry in priced)
    return measure_relaxations(
        search.program, lambda: search.minimise_gap(found).risk_musd, found.risk_musd, priced, options.relaxations
    )


def _solve_levels(search: CutSearch, found: Found, options: TwoStageOptions) -> tuple[list[float], Floats]:
    """Improve each later level while holding the ones before; the risk is held as the draws have it, not as cuts do."""
    names = list(search.model.level_expressions)[: options.levels]
    expressions = [search.model.level_expressions[name].expr for name in names]
    best, columns = [found.risk_musd], found.columns
    step = 0.25 * (options.level_slack_relative * search.scale(found.risk_musd) + LEVEL_SLACK_MUSD)
    held = found.risk_musd + step
    for level in range(1, len(names)):
        slack = options.level_slack_relative * abs(best[-1]) + LEVEL_SLACK_MUSD
        search.program.limit(expressions[level - 1], held if level == 1 else best[-1] + slack)
        better = minimise_holding_risk(search, expressions[level], held + step)
        if better is None:
            break
        value, columns, risk = better
        best.append(value)
        held = max(held, risk)  # the plan found must stay possible whatever cuts come later
        search.program.move_limit(0, held)
    return best, columns


def minimise_holding_risk(
    search: CutSearch, expression: object, allowed_musd: float
) -> tuple[float, Floats, float] | None:
    """Return the optimum of a level, its plan and the risk; None if a limit comes before a plan keeps to the risk."""
    for _ in range(LEVEL_ROUNDS):
        if search.limit_reached():
            return None
        value = search.program.minimise(expression)
        columns = search.program.solution()
        risk, responses = search.respond(columns)
        if risk <= allowed_musd:
            return value, columns, risk
        search.add_cuts(columns, responses)
    return None


def read_found(
    search: CutSearch,
    found: Found,
    columns: Floats,
    best: list[float],
    prices: tuple[ConstraintPrice, ...],
) -> FinancingPlan:
    """Return the plan in some columns of a search, with the record of the search.

    Parameters
    ----------
    found : the best plan for the gap alone, and its bound
    columns : the plan to read
    best : optimum of each level that was solved
    prices : rows that hold the gap up
    """
    from solvers.read_plan import read_plan
    from solvers.resimulate import operating_deficit_musd, run_planned_account

    problem, risk = search.problem, search.risk
    cuts = search.program.purge_cuts(np.inf)
    risk_musd, responses = search.respond(columns)
    worst = int(np.argmax(search.regrets(responses)))
    total = responses[worst].gap_by_link_musd.sum(axis=0)
    search.program.keep_solution(columns)
    exposure = search.exposure(columns)
    sources, size = exposure.planned_sources_musd, exposure.size
    gap, _ = run_planned_account(problem, sources, size)
    plan = read_plan(
        problem,
        search.model,
        search.program,
        funding_gap_musd=gap,
        gap_musd=0.0,
        level_gap_musd=risk_musd,
        best=tuple(best),
        prices=prices,
    )
    owed = gap + plan.operating_support_musd + operating_deficit_musd(problem) * size[:, None]
    record = SearchRecord(
        draws=search.worlds[worst].draws.count,
        tail_weight=risk.tail_weight,
        tail_level=risk.tail_level,
        risk_musd=risk_musd,
        best_musd=found.risk_musd,
        bound_musd=found.bound_musd,
        mean_musd=float(total.mean()),
        tail_musd=float(risk.tail_weights(total) @ total),
        rounds=search.rounds,
        cuts=cuts,
        whole_numbers=found.whole_numbers,
        ended=found.ended,
    )
    return replace(plan, gap_musd=float(np.sum(owed @ problem.rules.constant_usd_weight)), search=record)
