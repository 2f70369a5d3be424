"""The financing optimiser: cuts against the extensive form, more draws, the oracle, Pyomo's share, frontier, tickets.

Seconds are of the processor: every part runs on one thread, and ratios of them do not feel what else the machine does.
Pieces that are compared with each other are timed in turns.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.financing_flagship import measure_flagship, time_pyomo
from benchmarks.financing_memory import measure_memory
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
PLAN = TwoStageOptions(risk=RISK)


def take_turns(works: dict[str, Callable[[], Any]], rounds: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Median processor time of pieces of work that alternate, and the last answer of each."""
    times: dict[str, list[float]] = {name: [] for name in works}
    answers: dict[str, Any] = {}
    for _ in range(rounds):
        for name, work in works.items():
            started = time.process_time()
            answers[name] = work()
            times[name].append(time.process_time() - started)
    return {name: statistics.median(each) for name, each in times.items()}, answers


def search_gap(problem: FinancingProblem, draws: Draws) -> CutSearch:
    """One search of the gap alone."""
    search = CutSearch(problem, (World(draws),), RISK, Limits())
    search.minimise_gap()
    return search


def measure(effort: Effort) -> Outcome:
    """Ratios on a portfolio of 10 links, 12 instruments and 20 years (fewer links where the effort is tiny)."""
    links, rounds = effort.choose((3, 1), (10, 5), (10, 11))
    some, many = effort.choose((50, 200), (1000, 20_000), (1000, 20_000))
    problem = build_portfolio(links=links, instruments=12, seed=1, years=20)
    outcome = Outcome(
        f"Financing {links} links, 12 instruments, 20 years: processor seconds of the optimiser and of its parts",
        ("what", "draws", "processor [s]"),
    )
    draws = random_draws(problem, some, 1)
    solve_two_stage(problem, draws, PLAN)  # compiled, imported
    compare_draws(outcome, problem, draws, random_draws(problem, many, 3), rounds)
    compare_oracle(outcome, problem, draws, 20 * rounds)
    compare_questions(outcome, problem, draws, effort.choose(3, 15, 15), rounds)
    count, seconds = effort.choose((8, 30.0), (300, 60.0), (1000, 300.0))
    compare_extensive(outcome, problem, random_draws(problem, count, 2), seconds)
    measure_memory(outcome, problem, random_draws(problem, many, 3), RISK)
    total, points = effort.choose((100, 3), (10_000, 15), (21_024, 15))
    measure_flagship(outcome, draws=total, points=points, rounds=effort.choose(1, 3, 3))
    return outcome


def compare_draws(outcome: Outcome, problem: FinancingProblem, few: Draws, many: Draws, rounds: int) -> None:
    """A plan with its four levels: many draws against few, and what Pyomo takes of it."""
    plans = [time_pyomo(lambda: solve_two_stage(problem, few, PLAN)) for _ in range(rounds)]
    plan, pyomo = (statistics.median(each) for each in zip(*plans, strict=True))
    seconds, _ = take_turns(
        {"gap": lambda: search_gap(problem, few), "many": lambda: search_gap(problem, many)}, rounds
    )
    outcome.rows += [
        ("plan with four levels", few.count, plan),
        ("of it: Pyomo model and its translation", few.count, pyomo),
        ("gap alone", few.count, seconds["gap"]),
        ("gap alone", many.count, seconds["many"]),
    ]
    outcome.targets += [
        Target(f"{many.count} draws over {few.count}", seconds["many"] / seconds["gap"], 8.0, at_least=False),
        Target("Pyomo's share of a plan", pyomo / plan, 0.15, at_least=False),
    ]


def compare_oracle(outcome: Outcome, problem: FinancingProblem, draws: Draws, rounds: int) -> None:
    """The oracle against a pass for the value alone."""
    search = search_gap(problem, draws)
    exposure = search.exposure(search.minimise_gap().columns)
    seconds, _ = take_turns(
        {
            "value": lambda: [search.recourses[0].gap_by_link_musd(exposure) for _ in range(20)],
            "slopes": lambda: [search.recourses[0].respond(exposure, RISK) for _ in range(20)],
        },
        rounds,
    )
    value, slopes = seconds["value"] / 20, seconds["slopes"] / 20
    outcome.rows += [
        ("oracle: value alone", draws.count, value),
        ("oracle: value and slopes", draws.count, slopes),
    ]
    each = slopes / draws.cost_musd.size * 1e9
    outcome.targets += [
        Target("oracle over a pass for the value alone", slopes / value, 2.0, at_least=False),
        Target("oracle, ns per draw, link and year", each, 25.0, at_least=False),
    ]


def compare_questions(outcome: Outcome, problem: FinancingProblem, draws: Draws, points: int, rounds: int) -> None:
    """Frontier and whole numbers against one plan."""
    ticketed = with_tickets(problem, 1, largest_musd=4.0)
    whole = replace(GAP_ONLY, whole_numbers=WholeNumbers(tolerance=0.01))
    seconds, answers = take_turns(
        {
            "plan": lambda: solve_two_stage(problem, draws, PLAN),
            "frontier": lambda: solve_frontier(problem, draws, GAP_ONLY, points=points),
            "broken": lambda: solve_two_stage(ticketed, draws, GAP_ONLY),
            "whole": lambda: solve_two_stage(ticketed, draws, whole),
        },
        (rounds + 1) // 2,
    )
    found, record = len(answers["frontier"]), answers["whole"].search
    outcome.rows += [
        (f"frontier of {found} points", draws.count, seconds["frontier"]),
        ("gap alone, tickets broken", draws.count, seconds["broken"]),
        ("gap alone, tickets whole to 1 %", draws.count, seconds["whole"]),
    ]
    outcome.notes.append(f"whole numbers: {record.relative_gap:.2%} from the bound, {record.ended}")
    outcome.targets += [
        Target(
            f"frontier of {found} points over one plan", seconds["frontier"] / seconds["plan"], 10.0, at_least=False
        ),
        Target("whole numbers over broken ones", seconds["whole"] / seconds["broken"], 15.0, at_least=False),
    ]


def compare_extensive(outcome: Outcome, problem: FinancingProblem, draws: Draws, limit_s: float) -> None:
    """The same programme written out in full, by interior point, with an end; both on the same draws."""
    programme = extensive_programme(problem, draws, RISK)
    seconds, searches = take_turns({"cuts": lambda: search_gap(problem, draws)}, 3)
    risk_musd = searches["cuts"].minimise_gap().risk_musd
    started = time.process_time()
    try:
        value, _ = programme.solve("highs-ipm", seconds=limit_s)
        ended = f"cuts find {risk_musd:.6f}, the extensive form {value:.6f}"
    except TimeoutError:
        ended = f"the extensive form has no answer after {limit_s:.0f} s: its time is a lower bound"
    full = time.process_time() - started
    outcome.rows += [
        ("gap alone", draws.count, seconds["cuts"]),
        ("extensive form, interior point, solving alone", draws.count, full),
    ]
    outcome.notes.append(f"at {draws.count} draws {ended}")
    what = f"extensive form over cuts at {draws.count} draws"
    outcome.targets.append(Target(what, full / seconds["cuts"], 50.0, at_least=True))
