"""The financing optimiser: cuts against the extensive form, more draws, the oracle, Pyomo's share, frontier, tickets.

Seconds are of the processor: every part runs on one thread, and ratios of them do not feel what else the machine does.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.outcome import Effort, Outcome, Target
from solvers import (
    Draws,
    FinancingProblem,
    RiskMeasure,
    TwoStageOptions,
    WholeNumbers,
    solve_frontier,
    solve_two_stage,
)
from solvers.cut_search import CutSearch
from solvers.draws import World
from solvers.search_settings import Limits
from tests.solvers.extensive_form import extensive_programme
from tests.solvers.portfolio import build_portfolio
from tests.solvers.random_draws import random_draws
from tests.solvers.test_whole_numbers import with_tickets

RISK = RiskMeasure(tail_weight=0.5, tail_level=0.9)
GAP_ONLY = TwoStageOptions(risk=RISK, levels=1)


def processor_seconds(work: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Median processor time of a piece of work, and its last answer."""
    times, answer = [], None
    for _ in range(repeats):
        started = time.process_time()
        answer = work()
        times.append(time.process_time() - started)
    return statistics.median(times), answer


def solve(problem: FinancingProblem, draws: Draws) -> CutSearch:
    """One search of the gap alone."""
    search = CutSearch(problem, (World(draws),), RISK, Limits())
    search.minimise_gap()
    return search


def measure(effort: Effort) -> Outcome:
    """Ratios on a portfolio of 10 links, 12 instruments and 25 years (fewer where the effort is tiny)."""
    links = effort.choose(3, 10, 10)
    extensive_draws, many, repeats = effort.choose((8, 200, 1), (150, 20_000, 3), (300, 20_000, 5))
    problem = build_portfolio(links=links, instruments=12, seed=1)
    outcome = Outcome(
        f"Financing {links} links, 12 instruments, 25 years: processor seconds of the optimiser and of its parts",
        ("what", "draws", "processor [s]"),
    )
    some = min(1000, many)
    draws = random_draws(problem, some, 1)
    solve(problem, draws)  # compiled, imported
    cuts, search = processor_seconds(lambda: solve(problem, draws), repeats)
    outcome.rows.append(("cuts", some, cuts))
    compare_extensive(outcome, problem, extensive_draws, repeats)
    compare_draws(outcome, problem, cuts, some, many)
    compare_parts(outcome, problem, draws, search, cuts, repeats)
    compare_questions(outcome, problem, draws, effort.choose(3, 15, 15), repeats)
    return outcome


def compare_extensive(outcome: Outcome, problem: FinancingProblem, count: int, repeats: int) -> None:
    """The same programme written out in full, by interior point; both on the same draws."""
    draws = random_draws(problem, count, 2)
    programme = extensive_programme(problem, draws, RISK)
    cuts, search = processor_seconds(lambda: solve(problem, draws), repeats)
    full, (value, _) = processor_seconds(lambda: programme.solve("highs-ipm"), 1)
    found = search.minimise_gap()
    outcome.rows += [("cuts", count, cuts), ("extensive form, interior point, solving alone", count, full)]
    outcome.notes.append(f"at {count} draws cuts find {found.risk_musd:.6f}, the extensive form {value:.6f}")
    outcome.targets.append(Target(f"extensive form over cuts at {count} draws", full / cuts, 50.0, at_least=True))


def compare_draws(outcome: Outcome, problem: FinancingProblem, few_seconds: float, few: int, many: int) -> None:
    """Many draws against few."""
    draws = random_draws(problem, many, 3)
    seconds, _ = processor_seconds(lambda: solve(problem, draws), 1)
    outcome.rows.append(("cuts", many, seconds))
    outcome.targets.append(Target(f"{many} draws over {few}", seconds / few_seconds, 8.0, at_least=False))


def compare_parts(
    outcome: Outcome, problem: FinancingProblem, draws: Draws, search: CutSearch, cuts: float, repeats: int
) -> None:
    """The oracle against a pass for the value alone, and what Pyomo takes of the whole."""
    columns = search.minimise_gap().columns
    exposure = search.exposure(columns)
    value, _ = processor_seconds(lambda: search.recourses[0].gap_by_link_musd(exposure), 10 * repeats)
    slopes, _ = processor_seconds(lambda: search.recourses[0].respond(exposure, RISK), 10 * repeats)
    build, _ = processor_seconds(lambda: CutSearch(problem, (World(draws),), RISK, Limits()), repeats)
    outcome.rows += [
        ("oracle: value alone", draws.count, value),
        ("oracle: value and slopes", draws.count, slopes),
        ("Pyomo model and its translation", draws.count, build),
    ]
    elements = draws.cost_musd.size
    outcome.targets += [
        Target("oracle over a pass for the value alone", slopes / value, 2.0, at_least=False),
        Target("oracle, ns per draw, link and year", slopes / elements * 1e9, 25.0, at_least=False),
        Target("Pyomo's share of a search", build / cuts, 0.15, at_least=False),
    ]


def compare_questions(outcome: Outcome, problem: FinancingProblem, draws: Draws, points: int, repeats: int) -> None:
    """Frontier and whole numbers against one plan with all its levels."""
    single, _ = processor_seconds(lambda: solve_two_stage(problem, draws, replace(GAP_ONLY, levels=4)), repeats)
    frontier, found = processor_seconds(lambda: solve_frontier(problem, draws, GAP_ONLY, points=points), 1)
    ticketed = with_tickets(problem, 1, largest_musd=4.0)
    whole = replace(GAP_ONLY, whole_numbers=WholeNumbers(tolerance=0.01))
    broken, _ = processor_seconds(lambda: solve_two_stage(ticketed, draws, GAP_ONLY), repeats)
    settled, plan = processor_seconds(lambda: solve_two_stage(ticketed, draws, whole), repeats)
    outcome.rows += [
        ("plan with four levels", draws.count, single),
        (f"frontier of {len(found)} points", draws.count, frontier),
        ("gap alone, tickets broken", draws.count, broken),
        ("gap alone, tickets whole to 1 %", draws.count, settled),
    ]
    if plan.search is not None:
        outcome.notes.append(f"whole numbers: {plan.search.relative_gap:.2%} from the bound, {plan.search.ended}")
    outcome.targets += [
        Target(f"frontier of {len(found)} points over one plan", frontier / single, 10.0, at_least=False),
        Target("whole numbers over broken ones", settled / broken, 15.0, at_least=False),
    ]
